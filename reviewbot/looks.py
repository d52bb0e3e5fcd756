"""What a look at a series gave, kept for the next run on the same series and tree.

A bot runs again, another output is wanted, a rule page was worded anew: the facts are the same.
They are kept by all that they follow from: the diffs, the tree at the base, our own code.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from reviewbot.analysis import facts as kinds
from reviewbot.analysis.facts import Fact, Field
from reviewbot.analysis.reasons import Account
from reviewbot.analysis.unmarked import says_held
from reviewbot.analysis.unprotected import ForeignRead, RemovedLock
from reviewbot.cache import Cache
from reviewbot.rulebook.allow import Answers
from reviewbot.series.model import Series, Unread
from reviewbot.stamp import stamp
from reviewbot.syntax.codec import Codec

_SOURCES = (
    "analysis",
    "kernel",
    "looks.py",
    "rulebook/allow.py",
    "series",
    "sources",
    "surroundings.py",
    "syntax",
    "understood.py",
)
"""What decides the facts of a series, below the package."""
_PART = "look"


class Look(msgspec.Struct, frozen=True):
    """What a look at one part of a series gave."""

    facts: tuple[Fact, ...]
    answers: Answers
    unread: tuple[Unread, ...]
    applied: tuple[int, ...]
    notes: tuple[str, ...]
    accounts: tuple[Account, ...]
    """Of the fields that the series declares."""


class _Allowed(msgspec.Struct, frozen=True):
    """A rule that the author answers at the declaration of a field."""

    rule: str
    field: Field


_AnyFact = (
    kinds.Flag
    | kinds.Publication
    | kinds.Pairing
    | kinds.LateStore
    | kinds.Dereference
    | kinds.ListMismatch
    | kinds.Free
    | kinds.StructCopy
    | kinds.GraceWait
    | kinds.DoubleCheck
    | kinds.Crossing
    | kinds.MixedMarking
    | kinds.NewField
    | ForeignRead
    | RemovedLock
)


class _Kept(msgspec.Struct, frozen=True):
    """A look in the form that it is kept in."""

    facts: tuple[_AnyFact, ...]
    lines: tuple[tuple[str, str, int | None, int], ...]
    fields: tuple[_Allowed, ...]
    answer_notes: tuple[str, ...]
    unread: tuple[Unread, ...]
    applied: tuple[int, ...]
    notes: tuple[str, ...]
    accounts: tuple[Account, ...]


_CODEC = Codec(_Kept)


class Looks:
    """The looks of earlier runs; `tree` names the tree and how far was looked, `rules` all rules.

    Without a cache or a tree none is known and none is kept: a diff alone is looked at quickly.
    """

    def __init__(self, kept: Cache | None, tree: str | None, rules: Iterable[str]) -> None:
        self._kept = kept if kept is not None and kept.is_open and tree is not None else None
        self._under = f"{tree} {' '.join(sorted(rules))}"

    def find(self, series: Series) -> Look | None:
        """The look at this series; None where there was none."""
        text = self._kept.find(self._name(series), _PART) if self._kept is not None else None
        if text is None:
            return None
        try:
            return _read(_CODEC.decode(text))
        except ValueError:
            return None  # what cannot be read back is made anew

    def keep(self, series: Series, look: Look) -> None:
        """Remember a look, for it follows from nothing but the series and the tree."""
        if self._kept is not None and (text := _CODEC.encode(_written(look))) is not None:
            self._kept.keep(self._name(series), _PART, text)

    def _name(self, series: Series) -> bytes:
        """Of the diffs and their order: people, dates and most words have no part in the facts."""
        made = hashlib.blake2b(stamp(*_SOURCES), digest_size=20)
        diffs = repr(
            [(patch.index, patch.files, says_held(patch.subject, patch.body)) for patch in series.patches]
        )
        for text in (self._under, diffs):
            made.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
        return made.digest()


def _written(look: Look) -> _Kept:
    answers = look.answers
    return _Kept(
        facts=look.facts,  # type: ignore[arg-type]  # every class of facts is in the union: see the tests
        lines=tuple(sorted(answers.lines, key=repr)),
        fields=tuple(_Allowed(rule, field) for rule, field in sorted(answers.fields, key=repr)),
        answer_notes=answers.notes,
        unread=look.unread,
        applied=look.applied,
        notes=look.notes,
        accounts=look.accounts,
    )


def _read(kept: _Kept) -> Look:
    return Look(
        facts=kept.facts,
        answers=Answers(
            frozenset(kept.lines),
            frozenset((allowed.rule, allowed.field) for allowed in kept.fields),
            kept.answer_notes,
        ),
        unread=kept.unread,
        applied=kept.applied,
        notes=kept.notes,
        accounts=kept.accounts,
    )
