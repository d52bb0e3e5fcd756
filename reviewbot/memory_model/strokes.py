"""Lines, bends and arrows' heads, as the data of SVG paths."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.memory_model.labels import Point

HEAD = 9
"""Length of an arrow's head, in pixels."""
_BEND = 6


def number(value: float) -> str:
    """A length, to a tenth of a pixel and without needless digits."""
    return f"{round(value, 1):g}"


def stroke(points: tuple[Point, ...]) -> str:
    """A line through the points, its corners rounded."""
    return "".join(_parts(points))


def _parts(points: tuple[Point, ...]) -> Iterator[str]:
    yield f"M{_shown(points[0])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_BEND, _length(before, corner) / 2, _length(corner, after) / 2)
        start, end = back(before, corner, radius), back(after, corner, radius)
        yield f"L{_shown(start)}Q{_shown(corner)} {_shown(end)}"
    yield f"L{_shown(points[-1])}"


def back(before: Point, tip: Point, length: float) -> Point:
    """The point so far before the tip, on the level or upright line that leads to it."""
    whole = _length(before, tip)
    part = length / whole if whole else 0
    return Point(tip.x + (before.x - tip.x) * part, tip.y + (before.y - tip.y) * part)


def chevron(before: Point, tip: Point, size: float) -> str:
    """A head of two strokes; a triangle when closed."""
    one, other = _sides(before, tip, size, size / 2)
    return f"M{_shown(one)}L{_shown(tip)}L{_shown(other)}"


def diamond(before: Point, tip: Point, size: float) -> str:
    """A head with four corners."""
    one, other = _sides(before, tip, size / 2, size / 2)
    return f"M{_shown(tip)}L{_shown(one)}L{_shown(back(before, tip, size))}L{_shown(other)}Z"


def _sides(before: Point, tip: Point, length: float, side: float) -> tuple[Point, Point]:
    """The points so far before the tip and to both sides of the line."""
    middle = back(before, tip, length)
    across = Point(0, side) if before.y == tip.y else Point(side, 0)
    return (
        Point(middle.x + across.x, middle.y + across.y),
        Point(middle.x - across.x, middle.y - across.y),
    )


def _length(start: Point, end: Point) -> float:
    return abs(end.x - start.x) + abs(end.y - start.y)


def _shown(point: Point) -> str:
    return f"{number(point.x)} {number(point.y)}"
