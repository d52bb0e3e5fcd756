"""The command line: what can be asked of reviewbot, and how a run ends.

Nothing heavy is imported before a command runs, so that --version and --help come at once.
"""

import gc
import re
import sys
from pathlib import Path
from typing import Any

import click

from reviewbot import __version__
from reviewbot.errors import ReaderGoneError, ReviewbotError

_COUNT = re.compile(r"-\d{1,4}")
_FORMATS = ("terminal", "html", "json", "sarif", "rdjson", "gitlab-codequality")
_CONCERNS = click.Choice(["lifetime", "ordering", "race", "marking", "question"])
_FOLDER = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path)


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


def _on_a_tree(command: Any) -> Any:
    """The options that say which series is meant, and on which tree."""
    options = (
        click.option(
            "--tree", type=_FOLDER, metavar="DIR", help="The repository it applies to (default: this one)."
        ),
        click.option("--no-tree", is_flag=True, help="Look at the diff alone, also inside a repository."),
        click.option("--base", metavar="REV", help="The commit it applies to, if nothing tells."),
        click.option("--revision", type=int, metavar="N", help="This revision of it, not the newest."),
        click.option("--archive", metavar="URL", help="Where Message-IDs are looked up (default: lore)."),
        click.option("--no-cache", is_flag=True, help="Use nothing learnt of files by earlier runs."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _said(command: Any) -> Any:
    """The options that say how much is told."""
    verbose = click.option("-v", "--verbose", is_flag=True, help="Tell all that is known, and the stages.")
    quiet = click.option("-q", "--quiet", is_flag=True, help="Nothing but errors on standard error.")
    return verbose(quiet(command))


_HERD = click.option("--check-with-herd", is_flag=True, help="Ask herd7 as well, and tell where it differs.")
_RULES = click.option("--rules", type=_FOLDER, metavar="DIR", help="Rule pages of your own as well.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="reviewbot %(version)s")
def cli() -> None:
    """Ask of a kernel patch series what a good reviewer of lockless code asks.

    Exit status: 0, also where there are comments; 1 with --exit-code and comments, or when a
    rule's test fails; 2 for wrong input (what can be read of it is reviewed); 3 for a bug in
    reviewbot; 130 when interrupted.
    """


@cli.command(cls=_Reviewing)
@click.argument("source", nargs=-1)
@_on_a_tree
@click.option("--format", "form", type=click.Choice(_FORMATS), default="terminal", help="What to print.")
@click.option("--since", metavar="SOURCE", help="The revision before, to tell what became of its comments.")
@click.option("--no-earlier", is_flag=True, help="Compare with no revision found beside it.")
@click.option("--output", type=_FILE, metavar="FILE", help="Write it there, whole or not at all.")
@click.option("--reply", type=_FILE, metavar="PATH", help="Write reply drafts: .eml folder, .mbox, Maildir.")
@click.option("--litmus", type=_FOLDER, metavar="DIR", help="Write the litmus tests of the comments there.")
@_RULES
@click.option("--preview", is_flag=True, help="Ask by rules in preview as well.")
@click.option("--pedantic", is_flag=True, help="Show what has little evidence as well.")
@click.option("--whole-tree", is_flag=True, help="Look for other accesses in all of the tree: slower.")
@click.option(
    "--min-confidence",
    type=click.Choice(["low", "medium", "high"]),
    default="medium",
    help="The least confidence to show (default: medium).",
)
@_HERD
@click.option("--exit-code", is_flag=True, help="Exit with 1 when comments are shown.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour on the terminal; NO_COLOR is honoured.",
)
@_said
def review(source: tuple[str, ...], exit_code: bool, **options: Any) -> None:
    """Review a patch series and print comments.

    SOURCE is a range of commits (main..topic), the last commits (-3), one commit, an mbox, a
    maildir, patch files or a folder of them, - for standard input, or a Message-ID or address
    of a mail in lore or another public-inbox.
    """
    from reviewbot.commands.review import Request, run  # noqa: PLC0415 - see the module's docstring

    if not source and sys.stdin.isatty():
        raise click.UsageError("name a SOURCE: an mbox, patch files, a range, or - for standard input")
    outcome = run(Request(sources=source or ("-",), wish=_wish(options), **options))
    if not outcome.is_whole:
        raise click.exceptions.Exit(2)
    if exit_code and outcome.shown:
        raise click.exceptions.Exit(1)


@cli.command(cls=_Reviewing)
@click.argument("field", metavar="STRUCT.FIELD")
@click.argument("source", nargs=-1)
@_on_a_tree
@_said
def story(field: str, source: tuple[str, ...], **options: Any) -> None:
    """Tell who touches a field, under which locks, since which patch.

    STRUCT.FIELD is the struct's tag and the member (kvm_arch.indirect_shadow_pages), or the
    name of a global. With SOURCE, as for review, the series and the files near by are looked
    at; without it the tree.
    """
    from reviewbot.commands.story import Question, run  # noqa: PLC0415 - see the module's docstring

    run(Question(field=field, sources=source, wish=_wish(options), **options))


@cli.command()
@click.argument("file", nargs=-1, required=True, type=_FILE)
@click.option(
    "--model",
    type=_FOLDER,
    metavar="DIR",
    help="The memory model, or a tree with one (default: our own).",
)
@click.option("--explain", is_flag=True, help="Show how it happens, or what forbids it.")
@click.option("--svg", type=_FILE, metavar="FILE", help="Draw that; for several tests name a folder.")
@_HERD
def litmus(
    file: tuple[Path, ...], model: Path | None, explain: bool, svg: Path | None, check_with_herd: bool
) -> None:
    """Ask the kernel's memory model about litmus tests, each a FILE, in a folder, or - for standard input.

    Prints what herd7 does. Exits with 1 where a test is not as its Result header (or herd7) says.
    """
    from reviewbot.commands.litmus import Request, run  # noqa: PLC0415 - see the module's docstring

    if status := run(Request(file, model, explain, svg, check_with_herd)):
        raise click.exceptions.Exit(status)


@cli.group()
def bot() -> None:
    """Comment on pull and merge requests, from a CI job."""


def _posting(command: Any) -> Any:
    """The options of a bot, whichever forge it speaks to."""
    options = (
        click.option("--number", type=int, metavar="N", help="The request's number (default: the job's)."),
        click.option("--base-commit", "base_sha", metavar="SHA", help="The commit it starts from."),
        click.option("--head-commit", "head_sha", metavar="SHA", help="Its newest commit."),
        click.option("--tree", type=_FOLDER, metavar="DIR", help="The repository (default: this one)."),
        click.option("--dry-run", is_flag=True, help="Print the requests, send none that changes anything."),
        click.option("--fail-on", type=_CONCERNS, help="Fail on questions of this concern or a graver one."),
        _RULES,
        click.option("--preview", is_flag=True, help="Ask by rules in preview as well."),
        click.option(
            "--min-confidence",
            type=click.Choice(["low", "medium", "high"]),
            default="medium",
            help="The least confidence to show (default: medium).",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return _said(command)


def _errand(source: tuple[str, ...], repository: str | None, options: dict[str, Any]) -> Any:
    """What a bot is to do; takes the options that name the request out of the others."""
    from reviewbot.commands.bot import Errand  # noqa: PLC0415 - see the module's docstring
    from reviewbot.commands.event import Named  # noqa: PLC0415 - as above
    from reviewbot.commands.place import Wish  # noqa: PLC0415 - as above

    named = Named(repository, options.pop("number"), options.pop("base_sha"), options.pop("head_sha"))
    return Errand(sources=source, wish=Wish(options.pop("tree"), True, None), named=named, **options)


@bot.command("github")
@click.argument("source", nargs=-1)
@click.option("--repository", metavar="OWNER/NAME", help="The repository (default: the job's).")
@click.option("--no-check", is_flag=True, help="Set no check on the head commit.")
@_posting
def github_(source: tuple[str, ...], repository: str | None, **options: Any) -> None:
    """Comment on a pull request of GitHub.

    The request is that of the workflow; SOURCE, as for review, its commits unless named. The
    token is read from GITHUB_TOKEN. Without one, or without permission, notices are printed.
    """
    from reviewbot.commands.bot import run_github  # noqa: PLC0415 - see the module's docstring

    if status := run_github(_errand(source, repository, options)):
        raise click.exceptions.Exit(status)


@bot.command("gitlab")
@click.argument("source", nargs=-1)
@click.option("--project", metavar="ID", help="The project: its number or GROUP/NAME (default: the job's).")
@_posting
def gitlab_(source: tuple[str, ...], project: str | None, **options: Any) -> None:
    """Comment on a merge request of GitLab.

    The request is that of the pipeline; SOURCE, as for review, its commits unless named. The
    token is read from GITLAB_TOKEN.
    """
    from reviewbot.commands.bot import run_gitlab  # noqa: PLC0415 - see the module's docstring

    if status := run_gitlab(_errand(source, project, {**options, "no_check": True})):
        raise click.exceptions.Exit(status)


@bot.command("patchwork")
@click.argument("source", nargs=-1, required=True)
@click.option("--address", required=True, metavar="URL", help="Of the API: https://HOST/api/1.3.")
@click.option("--project", metavar="NAME", help="One project, for mail that went to several lists.")
@click.option("--target-url", metavar="URL", help="Where more is to be read; shown with the check.")
@click.option("--tree", type=_FOLDER, metavar="DIR", help="The repository (default: this one).")
@click.option("--dry-run", is_flag=True, help="Print the requests, send none that changes anything.")
@click.option("--fail-on", type=_CONCERNS, help="Fail on questions of this concern or a graver one.")
@_RULES
@_said
def patchwork(source: tuple[str, ...], tree: Path | None, **options: Any) -> None:
    """Set a check on each patch of a series in Patchwork.

    SOURCE is mail, as for review. The token is read from PATCHWORK_TOKEN.
    """
    from reviewbot.commands.patchwork import Checking, run  # noqa: PLC0415 - see the module's docstring
    from reviewbot.commands.place import Wish  # noqa: PLC0415 - as above

    if status := run(Checking(sources=source, wish=Wish(tree, True, None), **options)):
        raise click.exceptions.Exit(status)


@cli.group()
def b4() -> None:
    """Work with b4: checks for its lists, comments for its reviews."""


def _asking(command: Any) -> Any:
    """The options that say what is asked, of a command that b4 calls."""
    options = (
        click.option("--tree", type=_FOLDER, metavar="DIR", help="The repository (default: this one)."),
        _RULES,
        click.option("--preview", is_flag=True, help="Ask by rules in preview as well."),
        click.option(
            "--min-confidence",
            type=click.Choice(["low", "medium", "high"]),
            default="medium",
            help="The least confidence to show (default: medium).",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@b4.command("review")
@click.argument("prompt", nargs=-1)
@click.option("--branch", metavar="NAME", help="The review branch, or the id of its change (default: HEAD).")
@click.option("--dry-run", is_flag=True, help="Print the files, write none.")
@_asking
@_said
def b4_review(prompt: tuple[str, ...], **options: Any) -> None:
    """Comment on the series of a review branch of b4.

    Writes review files that b4 review takes in. The PROMPT that b4 hands to a review agent is
    not read.
    """
    if any(not words.startswith("Read and execute the prompt from ") for words in prompt):
        raise click.UsageError("name the review branch with --branch")
    from reviewbot.commands.b4_review import Reviewing, run  # noqa: PLC0415 - see the module's docstring

    run(Reviewing(**options))


@b4.command("check")
@click.option("--series", is_flag=True, help="Check the whole series: b4.review-series-check-cmd.")
@click.option("--lines", is_flag=True, help="Print lines, not JSON: b4.prep-perpatch-check-cmd.")
@click.option("--fail-on", type=_CONCERNS, help="Fail on questions of this concern or a graver one.")
@_asking
def check(**options: Any) -> None:
    """Check the one mail on standard input, as b4 asks its check commands to.

    Prints a JSON array for b4 review. A patch is looked at within its series where that is on a
    branch here.
    """
    from reviewbot.commands.b4_check import Checking, run  # noqa: PLC0415 - see the module's docstring

    if options["series"] and options["lines"]:
        raise click.UsageError("--series and --lines exclude each other: b4 prep checks patches only")
    if sys.stdin.isatty():
        raise click.UsageError("give a mail on standard input, as b4 does")
    if status := run(Checking(**options)):
        raise click.exceptions.Exit(status)


@cli.command()
@click.argument("rule")
@_RULES
def explain(rule: str, rules: Path | None) -> None:
    """Print the page of a RULE: why it asks, and when to disagree."""
    from reviewbot.commands.pages import run_explain  # noqa: PLC0415 - see the module's docstring

    run_explain(rule, rules)


@cli.group("cache")
def cache_() -> None:
    """See or clear what was learnt of files in earlier runs."""


@cache_.command("info")
def info() -> None:
    """Tell where the cache is, and how much it holds."""
    from reviewbot.commands.cache import run_info  # noqa: PLC0415 - see the module's docstring

    run_info()


@cache_.command("clear")
def clear() -> None:
    """Forget all that earlier runs learnt."""
    from reviewbot.commands.cache import run_clear  # noqa: PLC0415 - see the module's docstring

    run_clear()


@cli.group("rules")
def rules_() -> None:
    """List the rules, begin a page, test pages."""


@rules_.command("list")
@_RULES
def list_(rules: Path | None) -> None:
    """List every rule: its name, what is at stake, its status, its title."""
    from reviewbot.commands.pages import run_list  # noqa: PLC0415 - see the module's docstring

    run_list(rules)


@rules_.command()
@click.argument("name")
@click.option("--folder", type=_FOLDER, metavar="DIR", default=Path(), help="Where to write it.")
def new(name: str, folder: Path) -> None:
    """Write the page NAME.md to fill in."""
    from reviewbot.commands.pages import run_new  # noqa: PLC0415 - see the module's docstring

    run_new(name, folder)


@rules_.command()
@click.argument("page", nargs=-1, type=_FILE)
def test(page: tuple[Path, ...]) -> None:
    """Check each PAGE (or folder of pages) and review its examples; all bundled pages without one.

    What is marked //~ in a Bad example must be asked there, and nothing in a Good one.
    """
    from reviewbot.commands.pages import run_test  # noqa: PLC0415 - see the module's docstring

    if not run_test(page):
        raise click.exceptions.Exit(1)


def _wish(options: dict[str, Any]) -> Any:
    """The tree that is wished for; takes its options out of the others."""
    from reviewbot.commands.place import Wish  # noqa: PLC0415 - see the module's docstring

    tree, no_tree = options.pop("tree"), options.pop("no_tree")
    if tree is not None and no_tree:
        raise click.UsageError("--tree and --no-tree exclude each other")
    base = options.pop("base")
    if base is not None and no_tree:
        raise click.UsageError("--base and --no-tree exclude each other")
    return Wish(tree, not no_tree, base)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit; the only place that turns errors into exit statuses."""
    gc.set_threshold(100_000, 50, 100)
    gc.disable()  # what a run makes lives to its end: looking for waste is waste, unless there is much of it
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from reviewbot.commands.output import open_missing  # noqa: PLC0415 - see the module's docstring

        open_missing()
    sys.exit(_status(sys.argv[1:] if arguments is None else arguments))


def _status(arguments: list[str]) -> int:
    try:
        status = cli.main(arguments, prog_name="reviewbot", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, ReaderGoneError):
        return _quiet_pipe()
    except (click.Abort, KeyboardInterrupt):
        return 130
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        _say(f"{error.format_message()} (see '{context.command_path if context else 'reviewbot'} --help')")
        return 2
    except (ReviewbotError, MemoryError) as error:
        _say(str(error) or "not enough memory for this input; review fewer patches at a time")
        return 2
    except Exception as error:  # the one place: whatever else comes up is a bug, and is told as one
        from reviewbot.commands.trouble import report_bug  # noqa: PLC0415 - see the module's docstring

        report_bug(error, arguments)
        return 3
    return status if isinstance(status, int) else 0


def _say(text: str) -> None:
    from reviewbot.commands.trouble import say  # noqa: PLC0415 - see the module's docstring

    say(text)


def _quiet_pipe() -> int:
    """Who read us has gone: say nothing, and let nothing be written when Python ends."""
    from reviewbot.commands.output import abandon  # noqa: PLC0415 - see the module's docstring

    abandon()
    return 141
