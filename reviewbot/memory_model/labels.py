"""Puts the labels of arcs where they hide nothing: on their own line, clear of boxes and other lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from reviewbot.memory_model.picture import Arc

CHAR = 6.7
"""Width of a character of the small text."""
_HEIGHT = 14
_STEP = 4
"""Between two places that are tried."""
_HEAD = 14
"""Length of a line's end that its arrow's head needs."""
_BLOCKED, _CROSSED, _STEPPED, _TURNED = 1000, 100, 40, 4
"""What it costs to lie on a box or label, on another arc, on a line of program order; to be turned."""


class Point(NamedTuple):
    """A place; y counts down."""

    x: float
    y: float


class Area(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Area) -> bool:
        """Whether two have a point in common that is not on the edge."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


class Label(NamedTuple):
    """A label's place; turned by a quarter where it is to be read from below."""

    area: Area
    is_turned: bool


class Obstacles(msgspec.Struct, frozen=True):
    """What labels keep clear of.

    Attributes:
        boxes: The boxes.
        steps: Lines of program order.
        width: Labels stand between 0 and this.
    """

    boxes: tuple[Area, ...]
    steps: tuple[tuple[Point, Point], ...]
    width: float


Way = tuple[Point, ...]


def label_width(label: str) -> float:
    """Pixels that a label takes, with a little room beside it."""
    return len(label) * CHAR + 6


def place_labels(
    arcs: Sequence[Arc], ways: Sequence[Way], fixed: Mapping[int, float], obstacles: Obstacles
) -> tuple[Label, ...]:
    """A place for the label of every arc.

    Args:
        arcs: With the labels.
        ways: Of each arc the corners.
        fixed: For arcs that run straight down a column, the height at which the label stands.
        obstacles: What else there is.
    """
    found: dict[int, Label] = {}
    for number, y in fixed.items():
        middle = Point(ways[number][0].x, y)
        found[number] = Label(_around(middle, label_width(arcs[number].label), _HEIGHT), False)
    for number, way in enumerate(ways):
        if number not in fixed:
            others = [each for i, each in enumerate(ways) if i != number]
            tried = _Placing(way, others, [label.area for label in found.values()], obstacles)
            found[number] = min(_candidates(way, label_width(arcs[number].label)), key=tried.cost)
    return tuple(found[number] for number in range(len(ways)))


def _candidates(way: Way, width: float) -> Iterator[Label]:
    """On each part of the way, from its middle outwards."""
    for start, end in pairwise(way):
        is_level = start.y == end.y
        length = abs(end.x - start.x) + abs(end.y - start.y)
        for shift in range(0, int(length / 2) + 1, _STEP):
            for sign in (1, -1) if shift else (1,):
                part = 0.5 + sign * shift / max(length, 1)
                middle = Point(start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part)
                yield Label(_around(middle, width, _HEIGHT), False)
                if not is_level:
                    yield Label(_around(middle, _HEIGHT, width), True)


def _around(middle: Point, width: float, height: float) -> Area:
    x, y = middle.x - width / 2, middle.y - height / 2
    return Area(round(x, 1), round(y, 1), round(width, 1), round(height, 1))


class _Placing(msgspec.Struct, frozen=True):
    way: Way
    others: list[Way]
    labels: list[Area]
    obstacles: Obstacles

    def cost(self, label: Label) -> float:
        """How bad a place is; among equal ones the first is taken."""
        area = _grown(label.area, 2)
        blocked = sum(map(area.overlaps, (*self.obstacles.boxes, *self.labels)))
        is_outside = area.x < 0 or area.x + area.width > self.obstacles.width
        crossed = sum(area.overlaps(_line(*part)) for way in self.others for part in pairwise(way))
        stepped = sum(area.overlaps(_line(*step)) for step in self.obstacles.steps)
        bends = sum(area.overlaps(_grown(Area(*point, 0, 0), 3)) for point in self.way[1:-1])
        tip, start = Area(*self.way[-1], 0, 0), Area(*self.way[0], 0, 0)
        ends = area.overlaps(_grown(tip, _HEAD)) + area.overlaps(_grown(start, 5))
        return (
            _BLOCKED * (blocked + is_outside)
            + _CROSSED * crossed
            + _STEPPED * (stepped + bends + ends)
            + _TURNED * label.is_turned
        )


def _grown(area: Area, by: float) -> Area:
    return Area(area.x - by, area.y - by, area.width + 2 * by, area.height + 2 * by)


def _line(start: Point, end: Point) -> Area:
    """A level or upright line with its thickness."""
    x, y = min(start.x, end.x), min(start.y, end.y)
    return Area(x - 1, y - 1, abs(end.x - start.x) + 2, abs(end.y - start.y) + 2)
