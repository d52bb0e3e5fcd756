"""A file of which only hunks are known: segments, joined where later hunks show the same lines.

Line numbers of different patches do not agree when patches of the series are missing, so a
hunk is laid over a segment where its lines match, and numbers only break ties.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

import msgspec

from reviewbot.series.apply import has_words
from reviewbot.series.model import Hunk
from reviewbot.series.paths import encoded

_TELLING = 4
"""Word characters that make a line worth searching for; `}` and `break;` stand everywhere."""
_COMMON = 40
"""A line that stands at more places than this is not searched for."""


class SparseLine(msgspec.Struct, eq=False):
    """A known line. `line` counts after `patch`, or before the series as far as its numbers tell."""

    text: bytes
    patch: int | None
    line: int
    home: "Segment"
    is_removed: bool = False


class Segment(msgspec.Struct, eq=False):
    """Known consecutive lines; `start` is the number of the first after the last patch seen."""

    start: int
    section: str
    lines: list[SparseLine] = msgspec.field(default_factory=list)

    def live(self) -> list[SparseLine]:
        """The lines at the tip."""
        return [line for line in self.lines if not line.is_removed]

    def older(self) -> list[SparseLine]:
        """The lines that were there before the series."""
        return [line for line in self.lines if line.patch is None]


class _Match(msgspec.Struct, frozen=True):
    """A segment that shows lines of a hunk: `offset` is the hunk's first line, counted in it."""

    segment: Segment
    offset: int
    size: int


class _Step(msgspec.Struct, frozen=True):
    """The last line of each hunk of a patch, counted after it, and what they added up to there."""

    ends: tuple[int, ...]
    sums: tuple[int, ...]

    @classmethod
    def of(cls, hunks: list[Hunk]) -> "_Step":
        ends = (hunk.after_start + max(hunk.after_count - 1, 0) for hunk in hunks)
        return cls(tuple(ends), (0, *accumulate(hunk.after_count - hunk.before_count for hunk in hunks)))

    def growth(self, number: int) -> int:
        """How many lines more there are above line `number`, which no hunk shows."""
        return self.sums[bisect_left(self.ends, number)]


class SparseFile:
    """The segments of one file, in order."""

    def __init__(self) -> None:
        self._known: dict[Segment, None] = {}
        self._steps: list[_Step] = []

    @property
    def segments(self) -> list[Segment]:
        """In the order of the file, as far as that is known."""
        return list(self._known)

    def add(self, hunks: Iterable[Hunk], patch: int) -> list[SparseLine]:
        """Lays a patch's hunks over what is known; gives the older lines that it removed."""
        table = self._table()
        touched: set[Segment] = set()
        removed: list[SparseLine] = []
        shown = [hunk for hunk in hunks if hunk.lines]
        for hunk in shown:
            before = [encoded(line[1:]) for line in hunk.lines if line[:1] in (" ", "-")]
            matches = _matches(hunk, before, table, touched)
            segment = _joined(hunk, before, matches, self._first_number)
            touched.difference_update(match.segment for match in matches)
            touched.add(segment)
            for match in matches:
                del self._known[match.segment]
            self._known[segment] = None
            first = max(matches[0].offset, 0) if matches else 0
            removed += _lay(hunk, segment, first, patch)
        self._shift(shown, touched)
        self._steps.append(_Step.of(shown))
        return removed

    def _first_number(self, number: int) -> int:
        """The number before the series of a line that the patch at hand is the first to show."""
        for step in reversed(self._steps):
            number -= step.growth(number)
        return number

    def _table(self) -> dict[bytes, list[SparseLine]]:
        table: dict[bytes, list[SparseLine]] = {}
        for segment in self.segments:
            for line in segment.lines:
                if not line.is_removed and has_words(line.text, _TELLING):
                    table.setdefault(line.text, []).append(line)
        return table

    def _shift(self, hunks: list[Hunk], touched: set[Segment]) -> None:
        """Numbers the untouched segments as the patch leaves them, and sorts."""
        starts = [hunk.before_start for hunk in hunks]
        sums = [0, *accumulate(hunk.after_count - hunk.before_count for hunk in hunks)]
        for segment in self.segments:
            if segment not in touched:
                segment.start += sums[bisect_left(starts, segment.start)]
        self._known = dict.fromkeys(sorted(self._known, key=lambda segment: segment.start))


def _matches(
    hunk: Hunk, before: list[bytes], table: dict[bytes, list[SparseLine]], touched: set[Segment]
) -> list[_Match]:
    """The segments that show lines of this hunk, in order, none overlapping another."""
    votes: Counter[tuple[Segment, int]] = Counter()
    places: dict[Segment, dict[int, int]] = {}
    for number, text in enumerate(before):
        known = table.get(text, ())
        for line in known if len(known) <= _COMMON else ():
            if line.is_removed:
                continue
            home = line.home
            if home not in places:
                places[home] = {id(entry): index for index, entry in enumerate(home.live())}
            votes[home, places[home][id(line)] - number] += 1
    best: dict[Segment, _Match] = {}
    for match in _fitting(hunk, before, votes, touched):
        best.setdefault(match.segment, match)
    ordered = sorted(best.values(), key=lambda match: -match.offset)
    return list(_apart(ordered))


def _fitting(
    hunk: Hunk, before: list[bytes], votes: Counter[tuple[Segment, int]], touched: set[Segment]
) -> Iterator[_Match]:
    """The alignments at which all lines in common agree: most votes first, then nearest."""

    def distance(segment: Segment, offset: int) -> int:
        start = hunk.after_start if segment in touched else hunk.before_start
        return abs(start - segment.start - offset)

    ranked = sorted(votes.items(), key=lambda item: (-item[1], distance(*item[0])))
    for (segment, offset), count in ranked:
        live = [line.text for line in segment.live()]
        first, last = max(offset, 0), min(offset + len(before), len(live))
        shared = live[first:last]
        if shared != before[first - offset : last - offset]:
            continue
        is_whole = len(shared) in (len(before), len(live))
        if count > 1 or is_whole or distance(segment, offset) == 0:
            yield _Match(segment, offset, len(live))


def _apart(matches: list[_Match]) -> Iterator[_Match]:
    """The matches without those that overlap an earlier one."""
    end: int | None = None
    for match in matches:
        if end is None or -match.offset >= end:
            yield match
            end = match.size - match.offset


def _joined(
    hunk: Hunk, before: list[bytes], matches: list[_Match], first_number: Callable[[int], int]
) -> Segment:
    """One segment of the matching ones and of what the hunk shows between and around them."""
    first = matches[0] if matches else None
    if first is not None and first.offset >= 0:
        joined = Segment(hunk.after_start - first.offset, first.segment.section)
    else:
        joined = Segment(max(hunk.after_start, 1), hunk.section)

    def fill(start: int, end: int) -> None:
        for number in range(max(start, 0), end):
            line = first_number(hunk.before_start + number)
            joined.lines.append(SparseLine(before[number], None, line, joined))

    position = 0
    for match in matches:
        fill(position, -match.offset)
        for line in match.segment.lines:
            line.home = joined
        joined.lines += match.segment.lines
        position = match.size - match.offset
    fill(position, len(before))
    return joined


def _lay(hunk: Hunk, segment: Segment, first: int, patch: int) -> list[SparseLine]:
    """Carries out the hunk in a segment that shows all its lines from live line `first` on."""
    known = iter(segment.lines)
    out: list[SparseLine] = []
    _pass(known, out, first)
    removed: list[SparseLine] = []
    for line in hunk.numbered():
        if line.before is None and line.after is not None:
            out.append(SparseLine(encoded(line.text), patch, line.after, segment))
            continue
        found = _pass(known, out, 1)
        if line.after is None and found is not None:
            found.is_removed = True
            if found.patch is None:
                removed.append(found)
    out.extend(known)
    segment.lines = out
    return removed


def _pass(known: Iterator[SparseLine], out: list[SparseLine], count: int) -> SparseLine | None:
    """Copies lines up to and with the next `count` live ones; gives the last."""
    line: SparseLine | None = None
    while count and (line := next(known, None)) is not None:
        out.append(line)
        count -= not line.is_removed
    return line
