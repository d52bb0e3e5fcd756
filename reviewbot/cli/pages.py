"""Commands about rule pages, the cache of facts, and litmus tests."""

from pathlib import Path

import click

from reviewbot.cli.options import FILE, FOLDER, HERD, RULES


@click.command()
@click.argument("file", nargs=-1, required=True, type=FILE)
@click.option(
    "--model",
    type=FOLDER,
    metavar="DIR",
    help="The memory model, or a tree with one (default: our own).",
)
@click.option("--explain", is_flag=True, help="Show how it happens, or what forbids it.")
@click.option("--svg", type=FILE, metavar="FILE", help="Draw that; for several tests name a folder.")
@HERD
def litmus(
    file: tuple[Path, ...], model: Path | None, explain: bool, svg: Path | None, check_with_herd: bool
) -> None:
    """Ask the kernel's memory model about litmus tests.

    FILE is a test, a folder of *.litmus files, or - for standard input. Prints what herd7
    does. Exits with 1 where a test is not as its Result header (or herd7) says.
    """
    from reviewbot.commands.litmus import Request, run  # noqa: PLC0415 - see the package's docstring

    if status := run(Request(file, model, explain, svg, check_with_herd)):
        raise click.exceptions.Exit(status)


@click.command()
@click.argument("rule")
@RULES
def explain(rule: str, rules: Path | None) -> None:
    """Print the page of a RULE: why it asks, and when to disagree."""
    from reviewbot.commands.pages import run_explain  # noqa: PLC0415 - see the package's docstring

    run_explain(rule, rules)


@click.group("cache")
def cache_() -> None:
    """See or clear what was learnt of files in earlier runs."""


@cache_.command("info")
def info() -> None:
    """Tell where the cache is, and how much it holds."""
    from reviewbot.commands.cache import run_info  # noqa: PLC0415 - see the package's docstring

    run_info()


@cache_.command("clear")
def clear() -> None:
    """Forget all that earlier runs learnt."""
    from reviewbot.commands.cache import run_clear  # noqa: PLC0415 - see the package's docstring

    run_clear()


@click.group("rules")
def rules_() -> None:
    """List the rules, begin a page, test pages."""


@rules_.command("list")
@RULES
def list_(rules: Path | None) -> None:
    """List every rule: its name, what is at stake, its status, its title."""
    from reviewbot.commands.pages import run_list  # noqa: PLC0415 - see the package's docstring

    run_list(rules)


@rules_.command()
@click.argument("name")
@click.option("--folder", type=FOLDER, metavar="DIR", default=Path(), help="Where to write it.")
def new(name: str, folder: Path) -> None:
    """Write the page NAME.md to fill in."""
    from reviewbot.commands.pages import run_new  # noqa: PLC0415 - see the package's docstring

    run_new(name, folder)


@rules_.command()
@click.argument("page", nargs=-1, type=FILE)
def test(page: tuple[Path, ...]) -> None:
    """Check rule pages and review their examples.

    A PAGE may be a folder of pages; without one all bundled pages are tested. What is
    marked //~ in a Bad example must be asked there, and nothing in a Good one.
    """
    from reviewbot.commands.pages import run_test  # noqa: PLC0415 - see the package's docstring

    if not run_test(page):
        raise click.exceptions.Exit(1)
