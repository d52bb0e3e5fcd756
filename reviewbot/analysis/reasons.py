"""Why nothing is asked of a field: noted where the analysis decides it, and told to people.

A reason carries the suppressor that it belongs to (S01 to S26, docs/silence.md). Of several
the one that says most of the field is told first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Quiet(Enum):
    """What kind of reason it is, those that say most of a field first. The value is the suppressor's name."""

    FOREIGN = "S23"
    DEVICE = "S22"
    SYNCHRONISED = "S07"
    DECLARED_RACY = "S08"
    CONSTANT = "S09"
    STATED = "S26"
    GATED = "S13"
    LOCKED = "S03"
    BROUGHT = "S04"
    TURNS = "S11"
    HANDED_OVER = "S12"
    DRAINED = "S05"
    ORDERED = "S15"
    DEPENDENT = "S16"
    KEPT_BY_PROCESSOR = "S21"
    RECHECKED = "S14"
    TOLD = "S10"
    ONE_BIT = "S17"
    BESIDE_KERNEL = "S24"
    MARKED = "marked"
    """The access has its mark."""
    ANSWERED = "answered"
    """A marked access beside it answers for it."""
    UNSEEN = "unseen"
    """Nothing seen says that two sides run at the same time."""
    ONE_SIDED = "one-sided"
    """There is no store, or nobody else."""
    UNMARKED = "unmarked"
    """Nobody marks the field, and no lock is the rule."""
    PRIVATE = "S06"
    FRESH = "S01"
    START_UP = "S02"
    MOVED = "S20"
    OLD = "S18"

    @property
    def rank(self) -> int:
        """Its place among the others: the smaller, the more it says."""
        return list(Quiet).index(self)

    @property
    def is_suppressor(self) -> bool:
        """Whether it is one of S01 to S26."""
        return self.value.startswith("S")


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: `words` are a clause, with the names of the code."""

    kind: Quiet
    words: str

    @property
    def text(self) -> str:
        """The clause with the suppressor's name behind it."""
        return f"{self.words} ({self.kind.value})" if self.kind.is_suppressor else self.words


class Reasons:
    """The reasons noted for one field."""

    def __init__(self) -> None:
        self._noted: dict[Reason, None] = {}

    def note(self, kind: Quiet, words: str) -> None:
        """Remember a reason; the same one again says nothing new."""
        self._noted[Reason(kind, words)] = None

    @property
    def kinds(self) -> frozenset[Quiet]:
        """The kinds noted."""
        return frozenset(reason.kind for reason in self._noted)

    def told(self) -> tuple[Reason, ...]:
        """All reasons, those that say most first, each kind in the order of its words."""
        return tuple(sorted(self._noted, key=lambda reason: (reason.kind.rank, reason.words)))


MOST_NAMED = 2
"""Reasons of one kind that are told; the others are counted."""


def one_line(reasons: Iterable[Reason]) -> str:
    """The reasons of the kind that says most, in one clause; empty without any."""
    sorted_ = sorted(reasons, key=lambda reason: (reason.kind.rank, reason.words))
    best = [reason for reason in sorted_ if reason.kind is sorted_[0].kind]
    if not best:
        return ""
    more = len(best) - MOST_NAMED
    words = "; ".join(reason.words for reason in best[:MOST_NAMED])
    words += f"; and {more} more like this" if more > 0 else ""
    return f"{words} ({best[0].kind.value})" if best[0].kind.is_suppressor else words
