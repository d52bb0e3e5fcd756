"""How the cost of a review grows with patches and with fields: measured, and a line laid through it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from invented import make_fields, make_rounds
from measure import REVIEWBOT, measured

ROUNDS = (1, 2, 3, 4)
"""Rounds over the seven files, a patch for each."""
FIELDS = (1, 4, 8, 12, 16)
_WIDTH = 40


class Line(NamedTuple):
    """A straight line through points, by least squares."""

    slope: float
    start: float

    def at(self, x: float) -> float:
        return self.start + self.slope * x


def fitted(points: Mapping[int, float]) -> Line:
    """The line with the least squares of the distances."""
    x_mean = sum(points) / len(points)
    y_mean = sum(points.values()) / len(points)
    spread = sum((x - x_mean) ** 2 for x in points)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in points.items()) / spread
    return Line(slope, y_mean - slope * x_mean)


def farthest(points: Mapping[int, float], line: Line) -> float:
    """How far a point is from the line at most, as a part of what was measured there."""
    return max(abs(line.at(x) - y) / y for x, y in points.items())


def growth(tree: Path, folder: Path, rounds: int) -> None:
    """Prints what an extra patch and an extra field cost."""
    patches = {count * 7: make_rounds(tree, folder / f"rounds-{count}", count) for count in ROUNDS}
    fields = {count * 2: make_fields(tree, folder / f"fields-{count}", count) for count in FIELDS}
    for word, mailboxes in (("patch", patches), ("field", fields)):
        print()
        for text in told(word, _least(tree, mailboxes, rounds, folder / "cache")):
            print(text, flush=True)


def told(word: str, points: Mapping[int, float]) -> Sequence[str]:
    """The points as a table with bars, below what the line through them says."""
    line = fitted(points)
    each = f"an extra {word}: {line.slope * 1000:.0f} ms of processor time"
    off = farthest(points, line) * 100
    most = max(points.values())
    bars = (f"{x:>8} {y:8.2f} {line.at(x):8.2f}  {'#' * round(y / most * _WIDTH)}" for x, y in points.items())
    heading = f"{word + ('es' if word == 'patch' else 's'):>8} {'s':>8} {'line, s':>8}"
    return f"{each}; no point is off the line by more than {off:.1f} %", heading, *bars


def _least(tree: Path, mailboxes: Mapping[int, Path], rounds: int, cache: Path) -> dict[int, float]:
    """The least seconds of processor time for each mailbox, of runs in turns; the first does not count."""
    review = (*REVIEWBOT, "review", "--quiet", "--no-cache", "--tree", str(tree))
    measured((*review, str(next(iter(mailboxes.values())))), cache)
    found: dict[int, list[float]] = {size: [] for size in mailboxes}
    for _ in range(rounds):
        for size, mailbox in mailboxes.items():
            found[size].append(measured((*review, str(mailbox)), cache).busy)
    return {size: min(times) for size, times in found.items()}
