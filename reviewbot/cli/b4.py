"""Commands that b4 calls, or whose files it reads."""

import sys
from typing import Any

import click

from reviewbot.cli.options import CONCERNS, asking, said


@click.group()
def b4() -> None:
    """Work with b4: checks for its lists, comments for its reviews."""


@b4.command("review")
@click.argument("prompt", nargs=-1)
@click.option("--branch", metavar="NAME", help="The review branch, or the id of its change (default: HEAD).")
@click.option("--dry-run", is_flag=True, help="Print the files, write none.")
@asking
@said
def b4_review(prompt: tuple[str, ...], **options: Any) -> None:
    """Comment on the series of a review branch of b4.

    Writes review files that b4 review takes in. The PROMPT that b4 hands to a review agent is
    not read.
    """
    if any(not words.startswith("Read and execute the prompt from ") for words in prompt):
        raise click.UsageError("name the review branch with --branch")
    from reviewbot.commands.b4_review import Reviewing, run  # noqa: PLC0415 - see the package's docstring

    run(Reviewing(**options))


@b4.command("check")
@click.option("--series", is_flag=True, help="Check the whole series: b4.review-series-check-cmd.")
@click.option("--lines", is_flag=True, help="Print lines, not JSON: b4.prep-perpatch-check-cmd.")
@click.option("--fail-on", type=CONCERNS, help="Fail on questions of this concern or a graver one.")
@asking
def check(**options: Any) -> None:
    """Check the mail on standard input, as b4 asks for it.

    Prints a JSON array for b4 review. A patch is looked at within its series where that is on a
    branch here.
    """
    from reviewbot.commands.b4_check import Checking, run  # noqa: PLC0415 - see the package's docstring

    if options["series"] and options["lines"]:
        raise click.UsageError("--series and --lines exclude each other: b4 prep checks patches only")
    if sys.stdin.isatty():
        raise click.UsageError("give a mail on standard input, as b4 does")
    if status := run(Checking(**options)):
        raise click.exceptions.Exit(status)
