"""Why nothing is asked of a field: noted where the analysis decides it, and told to people.

A reason carries the suppressor that it belongs to (S01 to S26, docs/silence.md). Of several
the one that decided most is told first.
"""

from collections import Counter
from collections.abc import Sequence
from enum import Enum

import msgspec

from reviewbot.analysis.facts import Field


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
    KEPT_ALIVE = "kept-alive"
    """A read-side section, a lock or a reference keeps what the pointer leads to."""
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
    UNUSED = "unused"
    """It is declared, and that is all."""

    @property
    def rank(self) -> int:
        """Its place among the others: the smaller, the more it says."""
        return list(Quiet).index(self)

    @property
    def weight(self) -> int:
        """What one decision of this kind counts: protection most, what is not new nothing."""
        if self in (Quiet.OLD, Quiet.MOVED, Quiet.UNUSED):
            return 0
        if self in (Quiet.FRESH, Quiet.START_UP, Quiet.PRIVATE):
            return 2
        return 4 if self.is_suppressor else 1

    @property
    def is_suppressor(self) -> bool:
        """Whether it is one of S01 to S26."""
        return self.value.startswith("S")


class Reason(msgspec.Struct, frozen=True):
    """One reason: `words` are a clause, with the names of the code."""

    kind: Quiet
    words: str

    @property
    def text(self) -> str:
        """The clause with the suppressor's name behind it."""
        return f"{self.words} ({self.kind.value})" if self.kind.is_suppressor else self.words


UNUSED = Reason(Quiet.UNUSED, "no access of it in what was looked at")


class Account(msgspec.Struct, frozen=True):
    """Why nothing more is asked of a field, those reasons first that say most."""

    field: Field
    reasons: tuple[Reason, ...]


class Reasons:
    """The reasons noted for one field."""

    def __init__(self) -> None:
        self._noted: Counter[Reason] = Counter()
        self._of_kind: Counter[Quiet] = Counter()

    def note(self, kind: Quiet, words: str) -> None:
        """Remember a reason, for one decision more."""
        self._noted[Reason(kind, words)] += 1
        self._of_kind[kind] += 1

    @property
    def kinds(self) -> frozenset[Quiet]:
        """The kinds noted."""
        return frozenset(self._of_kind)

    def told(self) -> tuple[Reason, ...]:
        """All reasons: the kind that decided most comes first; that it is not new is told alone."""
        found = sorted(self._noted, key=self._order)
        weighty = [reason for reason in found if reason.kind.weight]
        return tuple(weighty or found)

    def _order(self, reason: Reason) -> tuple[int, int, int, str]:
        kind = reason.kind
        return -self._of_kind[kind] * kind.weight, kind.rank, -self._noted[reason], reason.words


MOST_NAMED = 1
"""Reasons of one kind that are told; the others are counted."""
MOST_KINDS = 2


def one_line(reasons: Sequence[Reason]) -> str:
    """The reasons of the first two kinds, in one clause; empty without any."""
    kinds = list(dict.fromkeys(reason.kind for reason in reasons))[:MOST_KINDS]
    groups = ([reason for reason in reasons if reason.kind is kind] for kind in kinds)
    return "; ".join(map(_of_one_kind, groups))


def _of_one_kind(reasons: Sequence[Reason]) -> str:
    more = len(reasons) - MOST_NAMED
    words = " and ".join(reason.words for reason in reasons[:MOST_NAMED])
    words += f", and {more} more like this" if more > 0 else ""
    return f"{words} ({reasons[0].kind.value})" if reasons[0].kind.is_suppressor else words
