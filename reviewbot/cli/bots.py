"""Commands for CI jobs: comments on pull and merge requests, checks in Patchwork."""

from pathlib import Path
from typing import Any

import click

from reviewbot.cli.options import CONCERNS, CONFIDENCE, FOLDER, PREVIEW, RULES, said


@click.group()
def bot() -> None:
    """Comment on pull and merge requests, from a CI job."""


def _posting(command: Any) -> Any:
    """The options of a bot, whichever forge it speaks to."""
    options = (
        click.option("--number", type=int, metavar="N", help="The request's number (default: the job's)."),
        click.option("--base-commit", "base_sha", metavar="SHA", help="The commit it starts from."),
        click.option("--head-commit", "head_sha", metavar="SHA", help="Its newest commit."),
        click.option("--tree", type=FOLDER, metavar="DIR", help="The repository (default: this one)."),
        click.option("--dry-run", is_flag=True, help="Print the requests, send none that changes anything."),
        click.option("--fail-on", type=CONCERNS, help="Fail on questions of this concern or a graver one."),
        RULES,
        PREVIEW,
        CONFIDENCE,
    )
    for option in reversed(options):
        command = option(command)
    return said(command)


def _errand(source: tuple[str, ...], repository: str | None, options: dict[str, Any]) -> Any:
    """What a bot is to do; takes the options that name the request out of the others."""
    from reviewbot.commands.bot import Errand  # noqa: PLC0415 - see the package's docstring
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
    from reviewbot.commands.bot import run_github  # noqa: PLC0415 - see the package's docstring

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
    from reviewbot.commands.bot import run_gitlab  # noqa: PLC0415 - see the package's docstring

    if status := run_gitlab(_errand(source, project, {**options, "no_check": True})):
        raise click.exceptions.Exit(status)


@bot.command("patchwork")
@click.argument("source", nargs=-1, required=True)
@click.option("--address", required=True, metavar="URL", help="Of the API: https://HOST/api/1.3.")
@click.option("--project", metavar="NAME", help="One project, for mail that went to several lists.")
@click.option("--target-url", metavar="URL", help="Where more is to be read; shown with the check.")
@click.option("--tree", type=FOLDER, metavar="DIR", help="The repository (default: this one).")
@click.option("--dry-run", is_flag=True, help="Print the requests, send none that changes anything.")
@click.option("--fail-on", type=CONCERNS, help="Fail on questions of this concern or a graver one.")
@RULES
@said
def patchwork(source: tuple[str, ...], tree: Path | None, **options: Any) -> None:
    """Set a check on each patch of a series in Patchwork.

    SOURCE is mail, as for review. The token is read from PATCHWORK_TOKEN.
    """
    from reviewbot.commands.patchwork import Checking, run  # noqa: PLC0415 - see the package's docstring
    from reviewbot.commands.place import Wish  # noqa: PLC0415 - as above

    if status := run(Checking(sources=source, wish=Wish(tree, True, None), **options)):
        raise click.exceptions.Exit(status)
