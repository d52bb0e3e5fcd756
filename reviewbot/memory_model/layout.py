"""Where everything in a picture stands: boxes in a grid, arcs in lanes between them, labels on the arcs.

Arcs run level and upright only. An upright run has a lane of its own in the gutter between two columns, a
level one that crosses a column its own in the gap between two rows, and each end its own height at the side
of its box, so that no two lie on each other and none runs through a box. All lengths are pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise, permutations

import msgspec

from reviewbot.memory_model.labels import CHAR, Area, Label, Obstacles, Point, label_width, place_labels
from reviewbot.memory_model.picture import Arc, Box, Picture

BIG_CHAR = 7.3
"""Width of one of the first line of a box."""
LINE = 15
HEADER = 28
"""Height of the line with the threads' names."""
_PORT = 15
"""Between two ends at the side of a box."""
_LANE = 27
"""Between two lanes; a short label fits."""
_WIDE_LANE = 44
_PAD = 20
"""Between a lane and a box: an arrow's head."""
_GAP, _LABEL_GAP = 26, 42
"""Between two rows: without and with a label."""
_LEVEL = 14
"""Between two level lanes."""
_TRIED = 5
"""Arcs of a gutter of which every order is tried."""
_LINES = 3
"""Of a statement."""
_LEAST, _MOST = 104, 236
"""Widths of a box."""
_PAGE = 668
"""For up to four threads: what a page has, without margins."""


class Route(msgspec.Struct, frozen=True):
    """An arc with its way.

    Attributes:
        arc: What is drawn.
        points: From source to target; the head is at the end of the last one.
        label: Where the label stands.
    """

    arc: Arc
    points: tuple[Point, ...]
    label: Label


class Layout(msgspec.Struct, frozen=True):
    """A picture with all places, below and right of 0.

    Attributes:
        width: Of the whole.
        height: Of the grid with the threads' names; the words above and below are not in it.
        columns: The middle of each column.
        boxes: As the boxes of the picture.
        steps: Lines from box to box in program order; none where a route does that.
        routes: The arcs.
    """

    width: float
    height: float
    columns: tuple[float, ...]
    boxes: tuple[Area, ...]
    steps: tuple[tuple[Point, Point], ...]
    routes: tuple[Route, ...]


class _Run(msgspec.Struct):
    """The upright part of an arc in one gutter: at each end a row of boxes, or a gap."""

    arc: int
    ends: list[_End] = msgspec.field(default_factory=list)


class _End(msgspec.Struct):
    """Where a run begins or ends: at a box beside the gutter, or in a gap above a row."""

    gutter: int
    row: int
    is_gap: bool
    is_right: bool
    """Whether the way goes on to the right of the lane."""
    y: float = 0


def lay(picture: Picture) -> Layout:
    """Find a place for everything; the same picture gets the same places."""
    return _Laying(picture).layout()


class _Laying:
    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._boxes = picture.boxes
        self._rows = max((box.row for box in self._boxes), default=-1) + 1
        self._at = {(box.thread, box.row): number for number, box in enumerate(self._boxes)}
        self._spines = {i: way for i, arc in enumerate(picture.arcs) if (way := self._spine(arc))}
        self._runs = self._all_runs()
        self._set_widths()
        self._set_heights()
        self._set_ports()
        self._order_lanes()

    def _spine(self, arc: Arc) -> tuple[int, ...]:
        """The boxes that an arc runs down through in the middle of a column, or nothing."""
        source, target = self._boxes[arc.source], self._boxes[arc.target]
        if source.thread != target.thread or source.row >= target.row:
            return ()
        way = tuple(self._at[source.thread, row] for row in range(source.row, target.row + 1))
        is_free = all(self._boxes[i].is_fence for i in way[1:-1])
        return way if len(way) == 2 or (is_free and arc.is_marked) else ()

    # ---- which gutters and gaps an arc takes

    def _all_runs(self) -> list[_Run]:
        runs: list[_Run] = []
        for number, arc in enumerate(self._picture.arcs):
            if number not in self._spines:
                runs += self._runs_of(number, self._boxes[arc.source], self._boxes[arc.target], runs)
        return runs

    def _runs_of(self, number: int, source: Box, target: Box, others: list[_Run]) -> Iterator[_Run]:
        a, b = source.thread, target.thread
        if a == b:
            gutter = self._side(a, others)
            is_right = gutter == a  # the box is right of the gutter
            ends = [_End(gutter, box.row, False, is_right) for box in (source, target)]
            yield _Run(number, ends)
            return
        forth = b > a
        out, back = (a + 1, b) if forth else (a, b + 1)
        first = _End(out, source.row, False, not forth)
        last = _End(back, target.row, False, forth)
        if out == back:
            yield _Run(number, [first, last])
            return
        gap = target.row + (source.row >= target.row)
        yield _Run(number, [first, _End(out, gap, True, forth)])
        yield _Run(number, [_End(back, gap, True, not forth), last])

    def _side(self, thread: int, others: list[_Run]) -> int:
        """The gutter for an arc that stays in its column: outside, or where fewer are."""
        outside = {0: 0, self._picture.threads - 1: self._picture.threads}
        count = [sum(run.ends[0].gutter == each for run in others) for each in (thread, thread + 1)]
        return outside.get(thread, thread + (count[1] < count[0]))

    # ---- sizes

    def _set_widths(self) -> None:
        gutters = range(self._picture.threads + 1)
        self._in = {gutter: [run for run in self._runs if run.ends[0].gutter == gutter] for gutter in gutters}
        least = [self._gutter_width(gutter) for gutter in gutters]
        room = (_PAGE - sum(least)) / max(1, self._picture.threads)
        wanted = max((_wanted(box) for box in self._boxes), default=_LEAST)
        self._box_width = max(_LEAST, min(wanted, room, _MOST))
        self._gutters = least
        spare = _PAGE - sum(least) - self._box_width * self._picture.threads
        for gutter in gutters:  # where there is room, labels are not turned
            if self._in[gutter] and spare > 0:
                more = min(spare, max(0.0, self._gutter_width(gutter, _WIDE_LANE) - least[gutter]))
                self._gutters[gutter] += more
                spare -= more
        x = 0.0
        self._left: list[float] = []
        for gutter in gutters:
            self._left.append(x)
            x += self._gutters[gutter] + self._box_width
        self._width = x - self._box_width

    def _gutter_width(self, gutter: int, lane: int = _LANE) -> float:
        runs = self._in[gutter]
        if not runs:
            return 8 if gutter in (0, self._picture.threads) else 26
        arcs = self._picture.arcs
        level = [label_width(arcs[run.arc].label) + 2 * _PAD for run in runs if self._is_level(run)]
        return max(2 * _PAD + (len(runs) - 1) * lane, *level, 0)

    @staticmethod
    def _is_level(run: _Run) -> bool:
        """Whether it needs no upright part: from box to box in one row."""
        first, last = run.ends
        is_side = first.is_right == last.is_right
        return first.row == last.row and not first.is_gap and not last.is_gap and not is_side

    def _set_heights(self) -> None:
        self._ports: dict[tuple[int, int], list[tuple[_Run, _End]]] = defaultdict(list)
        self._levels: dict[int, list[_Run]] = defaultdict(list)
        for run in self._runs:
            for end in run.ends[: 1 if self._is_level(run) else 2]:
                if not end.is_gap:
                    self._ports[end.gutter, end.row].append((run, end))
            if run.ends[1].is_gap:
                self._levels[run.ends[1].row].append(run)
        labelled = {self._boxes[way[0]].row + 1 for way in self._spines.values()}
        self._tall = [self._box_height(box) for box in self._boxes]
        y = float(HEADER)
        self._gap_tops: list[float] = []
        self._middles: list[float] = []
        for row in range(self._rows + 1):
            self._gap_tops.append(y)
            inner = _LABEL_GAP if row in labelled else _GAP if 0 < row < self._rows else 6
            y += _LEVEL * len(self._levels[row]) + inner
            tall = zip(self._boxes, self._tall, strict=True)
            height = max((height for box, height in tall if box.row == row), default=0)
            self._middles.append(y + height / 2)
            y += height
        self._height = y

    def _box_height(self, box: Box) -> float:
        lines = len(statement_lines(box, self._box_width))
        text = LINE * (lines + (not box.is_fence)) + 12
        sides = (self._ports.get((box.thread, box.row), []), self._ports.get((box.thread + 1, box.row), []))
        return max(text, *((len(side) - 1) * _PORT + 16 for side in sides))

    # ---- heights of ends, places of lanes

    def _set_ports(self) -> None:
        for (_, row), ends in self._ports.items():
            ends.sort(key=lambda each: (self._heads_to(each), each[0].arc))
            for number, (run, end) in enumerate(ends):
                end.y = self._middles[row] + (number - (len(ends) - 1) / 2) * _PORT
                if self._is_level(run):
                    run.ends[1].y = end.y
        for row, runs in self._levels.items():
            for number, run in enumerate(runs):
                y = self._gap_tops[row] + 8 + number * _LEVEL
                for each in (each for each in self._runs if each.arc == run.arc):
                    next(end for end in each.ends if end.is_gap).y = y

    @staticmethod
    def _heads_to(each: tuple[_Run, _End]) -> float:
        """Rows from here to the other end of a run, so that what goes up starts above what goes down."""
        run, end = each
        other = run.ends[1] if run.ends[0] is end else run.ends[0]
        return other.row - end.row - (0.5 if other.is_gap else 0)

    def _order_lanes(self) -> None:
        self._lanes: dict[tuple[int, int], float] = {}
        for gutter, runs in self._in.items():
            best = tuple(runs)
            if len(runs) <= _TRIED:
                best = min(permutations(runs), key=_crossings)
            space = (self._gutters[gutter] - 2 * _PAD) / max(1, len(best) - 1)
            start = self._left[gutter] + (_PAD if len(best) > 1 else self._gutters[gutter] / 2)
            for number, run in enumerate(best):
                self._lanes[run.arc, gutter] = round(start + number * space, 1)

    # ---- the result

    def layout(self) -> Layout:
        areas = tuple(self._area(number) for number in range(len(self._boxes)))
        ways = [self._way(number, areas) for number in range(len(self._picture.arcs))]
        through = {pair for way in self._spines.values() for pair in pairwise(way)}
        steps = tuple(
            (_bottom(areas[i]), _top(areas[j])) for i, j in self._neighbours() if (i, j) not in through
        )
        zones = {number: self._zone(way[0]) for number, way in self._spines.items()}
        obstacles = Obstacles(areas, steps, self._width)
        labels = place_labels(self._picture.arcs, ways, zones, obstacles)
        routes = tuple(map(Route, self._picture.arcs, ways, labels))
        middles = tuple(left + self._box_width / 2 for left in self._columns())
        return Layout(round(self._width, 1), round(self._height, 1), middles, areas, steps, routes)

    def _zone(self, number: int) -> float:
        """Where the label of an arc stands that runs down from a box."""
        row = self._boxes[number].row + 1
        return self._gap_tops[row] + _LEVEL * len(self._levels[row]) + _LABEL_GAP / 2 - 4

    def _columns(self) -> list[float]:
        return [self._left[i] + self._gutters[i] for i in range(self._picture.threads)]

    def _area(self, number: int) -> Area:
        box, height = self._boxes[number], self._tall[number]
        y = self._middles[box.row] - height / 2
        return Area(round(self._columns()[box.thread], 1), round(y, 1), round(self._box_width, 1), height)

    def _neighbours(self) -> Iterator[tuple[int, int]]:
        for (thread, row), number in self._at.items():
            below = self._at.get((thread, row + 1))
            if below is not None and not self._boxes[number].is_initial:
                yield number, below

    def _way(self, number: int, areas: tuple[Area, ...]) -> tuple[Point, ...]:
        arc = self._picture.arcs[number]
        if number in self._spines:
            return _bottom(areas[arc.source]), _top(areas[arc.target])
        runs = [run for run in self._runs if run.arc == number]
        ends = [end for run in runs for end in run.ends]
        points = [Point(_face(areas[arc.source], ends[0]), ends[0].y)]
        for run in runs:
            x = self._lanes[number, run.ends[0].gutter]
            points += [Point(x, end.y) for end in run.ends]
        points.append(Point(_face(areas[arc.target], ends[-1]), ends[-1].y))
        return tuple(_straight(points))


def statement_lines(box: Box, width: float) -> list[str]:
    """The statement of a box in at most three lines of a width in pixels."""
    room = max(4, int((width - 10) / CHAR))
    lines: list[str] = []
    rest = box.statement
    while rest and len(lines) < _LINES - 1:
        line, rest = _broken(rest, room)
        lines.append(line)
    if rest:
        lines.append(rest if len(rest) <= room else f"{rest[: room - 1]}…")
    return lines


def _broken(text: str, room: int) -> tuple[str, str]:
    """A line and the rest: parted at a blank, else behind a bracket or within a name, else anywhere."""
    if len(text) <= room:
        return text, ""
    at = text.rfind(" ", 1, room + 1)
    if at <= 0:
        at = text.rfind("(", 1, room) + 1 or text.rfind("_", 1, room) + 1 or room
    return text[:at].rstrip(), text[at:].lstrip()


def _wanted(box: Box) -> float:
    return len(box.statement) * CHAR + 16


def _bottom(area: Area) -> Point:
    return Point(round(area.x + area.width / 2, 1), area.y + area.height)


def _top(area: Area) -> Point:
    return Point(round(area.x + area.width / 2, 1), area.y)


def _face(area: Area, end: _End) -> float:
    return area.x if end.is_right else area.x + area.width


def _straight(points: list[Point]) -> Iterator[Point]:
    """The corners of a way, without points that lie on a straight line."""
    for number, point in enumerate(points):
        if 0 < number < len(points) - 1:
            before, after = points[number - 1], points[number + 1]
            if point in (before, after) or before.y == point.y == after.y or before.x == point.x == after.x:
                continue
        yield point


def _crossings(runs: tuple[_Run, ...]) -> int:
    """How often the arcs of a gutter cross when their lanes are in this order."""
    count = 0
    for i, one in enumerate(runs):
        for end in one.ends:
            passed = runs[i + 1 :] if end.is_right else runs[:i]
            count += sum(min(e.y for e in run.ends) < end.y < max(e.y for e in run.ends) for run in passed)
    return count
