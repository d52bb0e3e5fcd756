"""How a run that cannot go on ends: one clean line, or the report of a bug in a file."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from reviewbot import __version__
from reviewbot.commands.folders import state_folder
from reviewbot.publishers import clean

_LIBRARIES = ("click", "GitPython", "unidiff", "tree-sitter", "tree-sitter-c", "markdown-it-py", "rich")


def say(text: str) -> None:
    """One line on stderr, whatever the text holds."""
    print(f"reviewbot: {clean.line(text)}", file=sys.stderr)


def report_bug(error: BaseException, arguments: list[str]) -> None:
    """Write down what happened, and tell where."""
    text = clean.block(_report(error, arguments))
    say(f"this is a bug in reviewbot: {type(error).__name__}: {clean.clip(clean.line(str(error)), 160)}")
    kept = _keep(text)
    if kept is None:
        print(text, file=sys.stderr)
    else:
        say(f"versions and traceback are in {kept}; please report it with the input that leads to it")


def _report(error: BaseException, arguments: list[str]) -> str:
    import platform  # noqa: PLC0415 - slow to import, and bugs are rare
    import traceback  # noqa: PLC0415 - as above

    lines = [
        f"reviewbot {__version__}, Python {platform.python_version()}, {platform.platform()}",
        *(f"{name} {_version(name)}" for name in _LIBRARIES),
        f"arguments: {arguments!r}",
        "",
        *traceback.format_exception(error),
    ]
    return "\n".join(line.rstrip("\n") for line in lines) + "\n"


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - as above

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _keep(text: str) -> Path | None:
    """The file that the text was written to: in the state folder, else among temporary files."""
    import tempfile  # noqa: PLC0415 - as above

    name = f"bug-{datetime.now(UTC):%Y%m%d-%H%M%S}-"
    for folder in (state_folder(), Path(tempfile.gettempdir())):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=folder, prefix=name, suffix=".txt", encoding="utf-8", delete=False
            ) as file:
                file.write(text)
            return Path(file.name)
        except OSError:
            continue
    return None
