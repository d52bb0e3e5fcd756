"""Where text goes: standard output as it can be shown there, or a file that is never half written."""

import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from reviewbot.errors import ReaderGoneError, ReviewbotError

_WIDTHS = (60, 100)
"""A terminal narrower or wider than this gets lines of that many columns."""
_PIPED_WIDTH = 80
_PATIENCE = 1.0
"""Seconds before a run on a terminal says what it is at."""


def wants_color(choice: str, stream: TextIO) -> bool:
    """`always`, `never`, or whether a person looks at the stream and did not ask for no colour.

    NO_COLOR: https://no-color.org (set and not empty).
    """
    if choice != "auto":
        return choice == "always"
    is_dumb = os.environ.get("TERM", "") in ("", "dumb")
    return stream.isatty() and not os.environ.get("NO_COLOR") and not is_dumb


def width(stream: TextIO) -> int:
    """Columns to write in: the terminal's, within reason; always the same where piped."""
    if not stream.isatty():
        return _PIPED_WIDTH
    import shutil  # noqa: PLC0415 - slow to import, and only a terminal needs it

    least, most = _WIDTHS
    return min(max(shutil.get_terminal_size().columns, least), most)


def check_target(path: Path | None) -> None:
    """Refuse a file that cannot be made, before the work rather than after it.

    Raises:
        ReviewbotError: it is a folder, or its folder is not there.
    """
    if path is None:
        return
    if path.is_dir():
        raise ReviewbotError(f"cannot write {path}: it is a folder; name a file")
    if not path.absolute().parent.is_dir():
        raise ReviewbotError(f"cannot write {path}: there is no folder {path.parent}; make it first")


def emit(text: str, path: Path | None) -> None:
    """Write to the file, or to standard output without one.

    Raises:
        ReviewbotError: the file, or standard output, cannot be written.
        ReaderGoneError: nobody reads standard output any more.
    """
    if path is None:
        try:
            _print(text)
        except BrokenPipeError:
            raise ReaderGoneError from None
        except OSError as error:
            abandon()
            raise ReviewbotError(f"cannot write to standard output: {error.strerror or error}") from error
        return
    try:
        _put(text.encode("utf-8", "backslashreplace"), path)
    except OSError as error:
        raise ReviewbotError(f"cannot write {path}: {error.strerror or error}") from error


def abandon() -> None:
    """Lets nothing more be written to standard output, not even when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def open_missing() -> None:
    """Stands in for standard streams that the caller has closed.

    Else the next file opened would get their number, and what git complains would end in it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        descriptor = os.open(os.devnull, os.O_RDWR)
        if descriptor != number:
            os.dup2(descriptor, number)
        os.set_inheritable(number, True)
        stream = open(number, "w" if number else "r", encoding="utf-8")  # noqa: PTH123, SIM115
        setattr(sys, name, stream)


def _print(text: str) -> None:
    """In the encoding of standard output; what that does not have shows as an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def _put(content: bytes, path: Path) -> None:
    """Beside its place and then renamed; straight into what is no plain file (a pipe, a device)."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    import tempfile  # noqa: PLC0415 - slow to import, and only a file needs it

    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".reviewbot-", delete=False) as half:
        try:
            half.write(content)
            half.close()
            Path(half.name).chmod(_mode(target))
            Path(half.name).replace(target)
        finally:
            Path(half.name).unlink(missing_ok=True)  # gone already where all went well


def _mode(target: Path) -> int:
    """The mode of the file that is replaced, or of one made in the usual way."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


class Progress:
    """Says on stderr which stage a run is at, once it takes long and if a person looks on.

    `is_told` (-v) says every stage, with the seconds since the start.
    """

    def __init__(self, stream: TextIO, is_told: bool, is_quiet: bool) -> None:
        self._stream = stream
        self._is_told = is_told and not is_quiet
        self._is_shown = stream.isatty() and not is_quiet and not is_told
        self._start = time.monotonic()
        self._stage = ""
        self._timer: threading.Timer | None = None

    def __call__(self, stage: str) -> None:
        """Tells the name of the stage that begins."""
        self._stage = stage
        if self._is_told:
            print(f"{time.monotonic() - self._start:6.1f} s  {stage}", file=self._stream)
        elif self._is_shown and self._timer is None:
            self._timer = threading.Timer(_PATIENCE, self._show)
            self._timer.daemon = True
            self._timer.start()
        elif self._is_shown and time.monotonic() - self._start > _PATIENCE:
            self._show()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        """Takes the line away again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            if time.monotonic() - self._start > _PATIENCE:
                self._write("\r\x1b[K")

    def _show(self) -> None:
        self._write(f"\r\x1b[K{self._stage} ...")

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()
