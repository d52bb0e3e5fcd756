"""What mailers do to diffs: format=flowed stuffing, and tabs that became spaces."""

import re
from collections import Counter
from collections.abc import Iterator

from reviewbot.series.model import FileDiff, Unread

_STUFFED = re.compile(rb"^  ", re.MULTILINE)
_UNSTUFFED = re.compile(rb"^ [^ \r\n]", re.MULTILINE)
_TABBED = re.compile(r".*(?:\.[chS]|Makefile|Kconfig)\Z", re.DOTALL)
_ENOUGH = 4
"""Lines indented by 8, 16 … blanks (or one less, where the marker took its part of the tab)
that tell of a mailer, in a patch without any tab."""
_RARE = 5
"""How many times fewer there are then by 4 or 12; else the file itself is indented by blanks."""


def is_stuffed(diff: bytes) -> bool:
    """Whether context lines carry the extra blank of RFC 3676; many senders only claim the format."""
    return bool(_STUFFED.search(diff)) and not _UNSTUFFED.search(diff)


def unstuffed(data: bytes, *, joined: bool = False) -> bytes:
    """The text without space-stuffing; `joined` also joins the lines that end in a blank."""
    lines = [line.removeprefix(b" ") for line in data.replace(b"\r\n", b"\n").split(b"\n")]
    if not joined:
        return b"\n".join(lines)
    return b"".join(_joints(lines))


def _joints(lines: list[bytes]) -> Iterator[bytes]:
    """The lines and what stands between them: nothing where a line goes on in the next."""
    for line, follower in zip(lines, [*lines[1:], b""], strict=True):
        yield line
        if not (line.endswith(b" ") and follower and line not in (b"-- ", b" ")):
            yield b"\n"


def untabbed(files: tuple[FileDiff, ...]) -> tuple[Unread, ...]:
    """Says where a mailer turned the tabs of kernel code into spaces."""
    tabbed = [file for file in files if _TABBED.match(file.path)]
    if any("\t" in line for line in _lines(tabbed)):
        return ()
    depths = Counter(len(line) - 1 - len(line[1:].lstrip(" ")) for line in _lines(tabbed) if line[1:].strip())
    eights = sum(count for depth, count in depths.items() if depth and depth % 8 in (0, 7))
    if eights < _ENOUGH or (depths[4] + depths[12]) * _RARE > eights:
        return ()
    reason = "tabs became spaces on the way: the patch will not apply as it is"
    return (Unread(tabbed[0].path, None, reason),)


def _lines(files: list[FileDiff]) -> Iterator[str]:
    return (line for file in files for hunk in file.hunks for line in hunk.lines)
