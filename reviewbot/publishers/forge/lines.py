"""The lines that a forge shows of a request, and which of them a finding stands on.

Forges take comments only on lines of the diff, and their diff is that of the whole request: paths
and lines are those of the tip.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from reviewbot.analysis.facts import Place
from reviewbot.comments import at_tip
from reviewbot.findings import Finding
from reviewbot.series.diff import read_diff
from reviewbot.series.model import Hunk, Series


class ShownLine(NamedTuple):
    """A line on the right side: its number, that before the request (None for an added one), its text."""

    number: int
    before: int | None
    text: str


class ShownFile(msgspec.Struct, frozen=True):
    """A file of the request. Without lines where the forge shows none: too large, binary, deleted."""

    path: str
    before_path: str
    lines: Mapping[int, ShownLine]


Shown = Mapping[str, ShownFile]
"""By path after the request."""


class Spot(msgspec.Struct, frozen=True):
    """Where a comment stands: on a line of the request's diff."""

    path: str
    line: ShownLine
    before_path: str
    is_exact: bool
    """Whether it is the finding's own line rather than one near it."""


def shown_file(path: str, before_path: str, patch: str) -> ShownFile:
    """A file from the hunks that a forge gives without their heading; broken ones are left out."""
    data = f"--- a/file\n+++ b/file\n{patch}\n".encode("utf-8", "surrogateescape")
    files, _ = read_diff(data) if patch.startswith("@@ ") else ((), ())
    hunks = (hunk for file in files for hunk in file.hunks)
    return ShownFile(path, before_path, _right(hunks))


def _right(hunks: Iterable[Hunk]) -> dict[int, ShownLine]:
    lines = (line for hunk in hunks for line in hunk.numbered())
    return {
        line.after: ShownLine(line.after, line.before, line.text) for line in lines if line.after is not None
    }


def shown_by(series: Series) -> Shown:
    """What a forge would show of the series, told by its own patches: for a look without a forge.

    Lines that a later patch removes again are counted in; unlike a forge, lines that patches only show as
    context count as changed where their number before the series is not known.
    """
    found: dict[str, dict[int, ShownLine]] = {}
    for patch in series.patches:
        for file in patch.files:
            for hunk in file.hunks:
                for line in hunk.numbered():
                    if line.after is not None and file.after_path:
                        path, number = at_tip(series, Place(file.after_path, line.after, patch.index))
                        found.setdefault(path, {})[number] = ShownLine(number, line.before, line.text)
    return {path: ShownFile(path, path, lines) for path, lines in found.items()}


def spot(series: Series, finding: Finding, shown: Shown) -> Spot | None:
    """The finding's own line; else another access of it; else the nearest added line of its file.

    None where the diff shows nothing of it.
    """
    for number, place in enumerate((finding.place, *(access.place for access in finding.accesses))):
        path, line = at_tip(series, place)
        file = shown.get(path)
        if file is not None and line in file.lines:
            is_own = number == 0 or place == finding.place
            return Spot(path, file.lines[line], file.before_path, is_own)
    path, line = at_tip(series, finding.place)
    file = shown.get(path)
    added = [each for each in file.lines.values() if each.before is None] if file else []
    nearest = min(added, key=lambda each: (abs(each.number - line), each.number), default=None)
    return Spot(path, nearest, file.before_path, is_exact=False) if file and nearest else None
