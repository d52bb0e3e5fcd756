"""What mailers do to diffs: format=flowed stuffing, and tabs that became spaces."""

import re
from collections.abc import Iterator

from reviewbot.series.model import FileDiff, Unread

_STUFFED = re.compile(rb"^  ", re.MULTILINE)
_UNSTUFFED = re.compile(rb"^ [^ \r\n]", re.MULTILINE)
_TABBED = re.compile(r".*(?:\.[chS]|Makefile|Kconfig)\Z", re.DOTALL)
_INDENTED = re.compile(r"[ +-] {8}")
_ENOUGH = 4
"""Indented lines without any tab that tell a mangled patch from a file indented by blanks."""


def is_stuffed(diff: bytes) -> bool:
    """Whether context lines carry the extra blank of RFC 3676; many senders only claim the format."""
    return bool(_STUFFED.search(diff)) and not _UNSTUFFED.search(diff)


def unstuffed(data: bytes, *, joined: bool = False) -> bytes:
    """The text without space-stuffing; `joined` also joins the lines that end in a blank."""
    lines = [line.removeprefix(b" ") for line in data.replace(b"\r\n", b"\n").split(b"\n")]
    if not joined:
        return b"\n".join(lines)
    out: list[bytes] = []
    for line in lines:
        if out and out[-1].endswith(b" ") and out[-1] not in (b"-- ", b" ") and line:
            out[-1] += line
        else:
            out.append(line)
    return b"\n".join(out)


def untabbed(files: tuple[FileDiff, ...]) -> tuple[Unread, ...]:
    """Says where a mailer turned the tabs of kernel code into spaces."""
    tabbed = [file for file in files if _TABBED.match(file.path)]
    if any("\t" in line for line in _lines(tabbed)):
        return ()
    if sum(bool(_INDENTED.match(line)) for line in _lines(tabbed)) < _ENOUGH:
        return ()
    reason = "tabs became spaces on the way: the patch will not apply as it is"
    return (Unread(tabbed[0].path, None, reason),)


def _lines(files: list[FileDiff]) -> Iterator[str]:
    return (line for file in files for hunk in file.hunks for line in hunk.lines)
