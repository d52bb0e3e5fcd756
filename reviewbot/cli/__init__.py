"""The command line: what can be asked of reviewbot, and how a run ends.

Nothing heavy is imported before a command runs, so that --version and --help come at once.
"""

import gc
import sys

import click

from reviewbot import __version__
from reviewbot.cli import b4, bots, pages, reviews
from reviewbot.errors import ReaderGoneError, ReviewbotError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="reviewbot %(version)s")
def cli() -> None:
    """Ask of a kernel patch series what a good reviewer of lockless code asks.

    Exit status: 0, also where there are comments; 1 with --exit-code and comments, or when a
    rule's test fails; 2 for wrong input (what can be read of it is reviewed); 3 for a bug in
    reviewbot; 130 when interrupted.
    """


for command in (
    *(reviews.review, reviews.story, bots.bot, b4.b4),
    *(pages.litmus, pages.explain, pages.rules_, pages.cache_),
):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit; the only place that turns errors into exit statuses."""
    gc.set_threshold(100_000, 50, 100)  # what a run makes lives to its end: looking for waste is waste
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from reviewbot.commands.output import open_missing  # noqa: PLC0415 - see the package's docstring

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
        from reviewbot.commands.trouble import report_bug  # noqa: PLC0415 - see the package's docstring

        report_bug(error, arguments)
        return 3
    return status if isinstance(status, int) else 0


def _say(text: str) -> None:
    from reviewbot.commands.trouble import say  # noqa: PLC0415 - see the package's docstring

    say(text)


def _quiet_pipe() -> int:
    """Who read us has gone: say nothing, and let nothing be written when Python ends."""
    from reviewbot.commands.output import abandon  # noqa: PLC0415 - see the package's docstring

    abandon()
    return 141
