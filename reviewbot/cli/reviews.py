"""Reviews and stories: commands about one series."""

import re
import sys
from typing import Any

import click

from reviewbot.cli.options import CONFIDENCE, FILE, FOLDER, HERD, PREVIEW, RULES, on_a_tree, said

_COUNT = re.compile(r"-\d{1,4}")
_FORMATS = ("terminal", "html", "json", "sarif", "rdjson", "gitlab-codequality")


class _Reviewing(click.Command):
    """Takes `-3` for the last three commits, as git does, not for an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Sets the counts aside, wherever they stand before `--`."""
        end = args.index("--") if "--" in args else len(args)
        counts = [arg for arg in args[:end] if _COUNT.fullmatch(arg)]
        rest = [arg for arg in args[:end] if not _COUNT.fullmatch(arg)] + args[end:]
        left = super().parse_args(ctx, rest)
        ctx.params["source"] = (*counts, *ctx.params.get("source", ()))
        return left


@click.command(cls=_Reviewing)
@click.argument("source", nargs=-1)
@on_a_tree
@click.option("--format", "form", type=click.Choice(_FORMATS), default="terminal", help="What to print.")
@click.option("--since", metavar="SOURCE", help="The revision before, to tell what became of its comments.")
@click.option("--no-earlier", is_flag=True, help="Compare with no revision found beside it.")
@click.option("--output", type=FILE, metavar="FILE", help="Write it there, whole or not at all.")
@click.option("--reply", type=FILE, metavar="PATH", help="Write reply drafts: .eml folder, .mbox, Maildir.")
@click.option("--litmus", type=FOLDER, metavar="DIR", help="Write the litmus tests of the comments there.")
@RULES
@PREVIEW
@click.option("--pedantic", is_flag=True, help="Show what has little evidence as well.")
@click.option("--whole-tree", is_flag=True, help="Look for other accesses in all of the tree: slower.")
@CONFIDENCE
@HERD
@click.option("--exit-code", is_flag=True, help="Exit with 1 when comments are shown.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour on the terminal; NO_COLOR is honoured.",
)
@said
def review(source: tuple[str, ...], exit_code: bool, **options: Any) -> None:
    """Review a patch series and print comments.

    SOURCE is a range of commits (main..topic), the last commits (-3), one commit, an mbox, a
    maildir, patch files or a folder of them, - for standard input, or a Message-ID or address
    of a mail in lore or another public-inbox.
    """
    from reviewbot.commands.review import Request, run  # noqa: PLC0415 - see the package's docstring

    if not source and sys.stdin.isatty():
        raise click.UsageError("name a SOURCE: an mbox, patch files, a range, or - for standard input")
    outcome = run(Request(sources=source or ("-",), wish=_wish(options), **options))
    if not outcome.is_whole:
        raise click.exceptions.Exit(2)
    if exit_code and outcome.shown:
        raise click.exceptions.Exit(1)


@click.command(cls=_Reviewing)
@click.argument("field", metavar="STRUCT.FIELD")
@click.argument("source", nargs=-1)
@on_a_tree
@said
def story(field: str, source: tuple[str, ...], **options: Any) -> None:
    """Tell who touches a field, under which locks, since which patch.

    STRUCT.FIELD is the struct's tag and the member (kvm_arch.indirect_shadow_pages), or the
    name of a global. With SOURCE, as for review, the series and the files near by are looked
    at; without it the tree.
    """
    from reviewbot.commands.story import Question, run  # noqa: PLC0415 - see the package's docstring

    run(Question(field=field, sources=source, wish=_wish(options), **options))


def _wish(options: dict[str, Any]) -> Any:
    """The tree that is wished for; takes its options out of the others."""
    from reviewbot.commands.place import Wish  # noqa: PLC0415 - see the package's docstring

    tree, no_tree = options.pop("tree"), options.pop("no_tree")
    if tree is not None and no_tree:
        raise click.UsageError("--tree and --no-tree exclude each other")
    base = options.pop("base")
    if base is not None and no_tree:
        raise click.UsageError("--base and --no-tree exclude each other")
    return Wish(tree, not no_tree, base)
