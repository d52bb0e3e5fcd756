"""A file diff as the page shows it: what is near comments open, the rest folded, too much left out."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec
from markupsafe import Markup, escape

from reviewbot.publishers import clean
from reviewbot.publishers.counts import counted
from reviewbot.publishers.html.card import Anchors, Card
from reviewbot.publishers.quote import hunk_line
from reviewbot.series.model import FileDiff, Hunk, Patch

ALL_OPEN = 2_000
"""A series of no more lines than this is shown as it is."""
MOST_FOLDED = 12_000
"""Lines that are folded in one page; what goes beyond is counted and left out."""
NEAR = 20
"""Lines either side of a comment that stay open in a large series; of those it speaks of, a quarter."""
MANY = 100
"""Comments from which on only a third of that stays open."""
_GAP = 8
"""Fewer lines than this are not worth folding."""

_KINDS = {"+": "add", "-": "del", " ": "same"}
_MARKERS = {"add": "+", "del": "-"}


class Part(NamedTuple):
    """A stretch of a file diff: `open` or `folded` rows, `cards`, or lines that are `left` out."""

    kind: str
    rows: Markup = Markup()
    cards: tuple[Card, ...] = ()
    label: str = ""


class _Line(NamedTuple):
    kind: str
    hunk: int
    before: int | None
    after: int | None
    text: str
    anchor: str
    cards: tuple[Card, ...]


class Room(msgspec.Struct):
    """How much of the series may still be put into the page."""

    is_all_open: bool
    near: int = NEAR
    folded: int = MOST_FOLDED


Talks = Mapping[tuple[int, int], tuple[Card, ...]]
"""The comments of a file, by the indices of hunk and line."""


def room(patches: Sequence[Patch], comments: int) -> Room:
    """The room for a series with so many comments."""
    lines = sum(len(hunk.lines) for patch in patches for file in patch.files for hunk in file.hunks)
    return Room(lines <= ALL_OPEN, NEAR if comments < MANY else NEAR // 3)


def parts(patch: int, file: FileDiff, talks: Talks, anchors: Anchors, left: Room) -> Iterator[Part]:
    """The file diff in stretches, its comments between them. `patch` is the index of the patch."""
    lines = [line for number, hunk in enumerate(file.hunks) for line in _lines(number, hunk, talks)]
    lines = [_anchored(line, patch, file, anchors) for line in lines]
    flags = [True] * len(lines) if left.is_all_open else _open(lines, left.near)
    at = 0
    for is_open, group in groupby(flags):
        end = at + sum(1 for _ in group)
        yield from _shown(lines[at:end]) if is_open else [_folded(lines[at:end], left)]
        at = end


def _lines(number: int, hunk: Hunk, talks: Talks) -> Iterator[_Line]:
    yield _Line("hunk", number, None, None, hunk_line(hunk), "", ())
    numbered = hunk.numbered()
    for index, text in enumerate(hunk.lines):
        cards = talks.get((number, index), ())
        if text[:1] == "\\":
            yield _Line("note", number, None, None, text[1:].strip(), "", cards)
            continue
        line = next(numbered)
        yield _Line(_KINDS[line.marker], number, line.before, line.after, line.text, "", cards)


def _anchored(line: _Line, patch: int, file: FileDiff, anchors: Anchors) -> _Line:
    if line.after is None:
        return line
    anchor = anchors.get((patch, file.path, line.after))
    return line._replace(anchor=anchor) if anchor else line


def _open(lines: Sequence[_Line], most: int) -> list[bool]:
    """Which lines stay open: those near a comment, with the head of their hunk."""
    flags = [False] * len(lines)
    heads: dict[int, int] = {}
    for number, line in enumerate(lines):
        heads.setdefault(line.hunk, number)
        reach = most if line.cards else most // 4 if line.anchor else 0
        if reach:
            flags[heads[line.hunk]] = True
            for near in range(max(heads[line.hunk], number - reach), min(len(lines), number + reach + 1)):
                flags[near] = flags[near] or lines[near].hunk == line.hunk
    return _without_gaps(flags, lines)


def _without_gaps(flags: Sequence[bool], lines: Sequence[_Line]) -> list[bool]:
    found: list[bool] = []
    for is_open, group in groupby(flags):
        size = sum(1 for _ in group)
        here = lines[len(found) : len(found) + size]
        is_gap = size < _GAP and bool(found) and len(found) + size < len(lines)
        is_one_hunk = all(line.kind != "hunk" for line in here)
        found += [is_open or (is_gap and is_one_hunk)] * size
    return found


def _shown(lines: Sequence[_Line]) -> Iterator[Part]:
    rows: list[_Line] = []
    for line in lines:
        rows.append(line)
        if line.cards:
            yield Part("open", _rows(rows))
            yield Part("cards", cards=line.cards)
            rows = []
    if rows:
        yield Part("open", _rows(rows))


def _folded(lines: Sequence[_Line], left: Room) -> Part:
    hunks = sum(line.kind == "hunk" for line in lines)
    count = counted(len(lines) - hunks, "line")
    label = f"{counted(hunks, 'hunk')}, {count}" if hunks else count
    if len(lines) > left.folded:
        return Part("left", label=label)
    left.folded -= len(lines)
    return Part("folded", _rows(lines), label=label)


def _rows(lines: Sequence[_Line]) -> Markup:
    """Table rows; built here rather than in the template, for there may be many thousands."""
    return Markup("\n".join(map(_row, lines)))  # noqa: S704 - the text of each is escaped


def _row(line: _Line) -> str:
    text = escape(clean.code(line.text))
    if line.kind in ("hunk", "note"):
        return f'<tr class="{line.kind}"><td colspan="4">{text}</td></tr>'
    marks = " talked" if line.cards else ""
    name = f' id="{line.anchor}"' if line.anchor else ""
    before, after = (f'<td class="n">{number or ""}</td>' for number in (line.before, line.after))
    marker = f'<td class="m">{_MARKERS.get(line.kind, "")}</td>'
    return f'<tr class="{line.kind}{marks}"{name}>{before}{after}{marker}<td class="c">{text}</td></tr>'
