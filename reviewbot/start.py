"""Where the command begins: until the rest is imported, an interrupt ends it without a word.

Importing takes a tenth of a second; Ctrl-C would show the traceback of some import.
"""

import signal


def main() -> None:
    """Run the command line; an interrupt is told by its exit status alone, however early it comes."""
    is_wanted = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else somebody ignores it
    if is_wanted:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from reviewbot import cli  # noqa: PLC0415 - see the module's docstring

    if is_wanted:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()
