"""Options that several commands have."""

from pathlib import Path
from typing import Any

import click

CONCERNS = click.Choice(["lifetime", "ordering", "race", "marking", "question"])
FOLDER = click.Path(path_type=Path)
FILE = click.Path(path_type=Path)
HERD = click.option("--check-with-herd", is_flag=True, help="Ask herd7 as well, and tell where it differs.")
RULES = click.option("--rules", type=FOLDER, metavar="DIR", help="Rule pages of your own as well.")
CONFIDENCE = click.option(
    "--min-confidence",
    type=click.Choice(["low", "medium", "high"]),
    default="medium",
    help="The least confidence to show (default: medium).",
)
PREVIEW = click.option("--preview", is_flag=True, help="Ask by rules in preview as well.")


def on_a_tree(command: Any) -> Any:
    """The options that say which series is meant, and on which tree."""
    options = (
        click.option(
            "--tree", type=FOLDER, metavar="DIR", help="The repository it applies to (default: this one)."
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


def said(command: Any) -> Any:
    """The options that say how much is told."""
    verbose = click.option("-v", "--verbose", is_flag=True, help="Tell all that is known, and the stages.")
    quiet = click.option("-q", "--quiet", is_flag=True, help="Nothing but errors on standard error.")
    return verbose(quiet(command))


def asking(command: Any) -> Any:
    """The options that say what is asked, of a command that b4 calls."""
    options = (
        click.option("--tree", type=FOLDER, metavar="DIR", help="The repository (default: this one)."),
        RULES,
        PREVIEW,
        CONFIDENCE,
    )
    for option in reversed(options):
        command = option(command)
    return command
