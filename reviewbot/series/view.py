"""What the series makes of each file: its text at the tip, and where every line came from.

A `FileView` is what the syntax stage reads. With a tree it is one complete fragment; from
a diff alone it is the pieces that the hunks show.
"""

from typing import NamedTuple

import msgspec


class Origin(NamedTuple):
    """Where a line came from.

    `patch` is the index of the patch that added it, None for a line older than the series.
    `line` counts in the file after that patch (or in the tip for an older line).
    `moved` tells that the same text, but for white space, was removed by the series too.
    """

    patch: int | None
    line: int
    moved: bool = False


_OLDER: list[Origin] = []
"""The origins of lines older than the series, by number from 1: files share them."""


def older_lines(count: int) -> tuple[Origin, ...]:
    """The origins of the lines of a file that the series does not touch."""
    if len(_OLDER) < count:
        _OLDER.extend(Origin(None, number) for number in range(len(_OLDER) + 1, count + 1))
    return tuple(_OLDER[:count])


class Fragment(msgspec.Struct, frozen=True):
    """Consecutive lines of a file; `origins` holds one entry a line of `text`.

    `section` is the heading of the function that the fragment starts inside of, as git
    printed it after @@; None where the fragment starts at top level or the file is complete.
    """

    text: bytes
    origins: tuple[Origin, ...]
    section: str | None = None


class FileView(msgspec.Struct, frozen=True):
    """A file at one end of the series; `complete` when the whole text is known."""

    path: str
    fragments: tuple[Fragment, ...]
    complete: bool
