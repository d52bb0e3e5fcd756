"""What one candidate execution is made of: events, the relations between them, and the model's verdict.

A set of events is an int of n bits (bit i: event i). A relation is an int of n * n bits, row by row:
bit ``i * n + j`` says that event i is related to event j. See "A Formal Analysis of the Linux-Kernel
Memory Model" (Alglave et al., ASPLOS 2018) and the herdtools7 manual for the base relations.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Protocol

import msgspec

EventSet = int
Relation = int

INITIAL = -1
"""The thread of the initial writes."""


class EventKind(StrEnum):
    """What an event does. The value is the name of its set in the cat language."""

    READ = "R"
    WRITE = "W"
    FENCE = "F"
    LOCK_READ = "LKR"
    LOCK_WRITE = "LKW"
    UNLOCK = "UL"
    LOCK_FAILED = "LF"
    SEEN_LOCKED = "RL"
    SEEN_UNLOCKED = "RU"
    SRCU = "SRCU"


class Event(msgspec.Struct, frozen=True):
    """One access or fence of one candidate execution.

    Attributes:
        index: Its number in the candidate, from 0. Initial writes come first.
        thread: The thread, from 0; ``INITIAL`` for the initial writes.
        kind: What it does.
        tag: The annotation of the .def file, in its spelling ("once", "acquire", "mb", "sync-rcu",
            "srcu-lock"...); None for a plain access. The cat set of a tag is the tag with its first letter
            in upper case ("Once", "Sync-rcu").
        location: The variable; None for a fence.
        value: What was read or written: an integer, or the name of a variable whose address it is. None for
            a fence.
        text: The statement of the test that it comes from, as written.
        line: Line of that statement in the test's text, from 1; 0 for an initial write.
        atomic: Whether it belongs to an atomic read-modify-write (the set ``RMW``). The lone read of one
            that failed does too, though no ``rmw`` edge says so.
    """

    index: int
    thread: int
    kind: EventKind
    tag: str | None = None
    location: str | None = None
    value: int | str | None = None
    text: str = ""
    line: int = 0
    atomic: bool = False


class Skeleton(msgspec.Struct, frozen=True):
    """The part of a candidate that control flow and the values read decide, before rf and co are chosen.

    The other base relations and sets (``loc int ext id po-loc``, ``R W M F IW FW RMW _``, one set a tag)
    follow from these.

    Attributes:
        events: All events, ``events[i].index == i``.
        po: Program order, transitive, within each thread; initial writes stand in no po.
        addr: Address dependencies.
        data: Data dependencies.
        ctrl: Control dependencies.
        rmw: The read of an atomic operation to its write (not those of locks: the model makes them).
        final: Locations whose final value the test's condition speaks of.
    """

    events: tuple[Event, ...]
    po: Relation
    addr: Relation
    data: Relation
    ctrl: Relation
    rmw: Relation
    final: frozenset[str] = frozenset()


class Execution(msgspec.Struct, frozen=True):
    """One candidate with rf and co chosen, as the model judged it.

    Attributes:
        skeleton: What it was built on.
        rf: Reads-from, the write to each read, lock events included.
        co: Coherence order, transitive, a total order of each location's writes.
        failed: The names of the axioms that it breaks, in the order of the model; empty when it may happen.
        flags: The flags raised ("data-race"...), empty for an execution that breaks an axiom.
    """

    skeleton: Skeleton
    rf: Relation
    co: Relation
    failed: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()

    @property
    def allowed(self) -> bool:
        """Whether the model lets it happen."""
        return not self.failed


class Judge(Protocol):
    """What the search needs of a memory model."""

    def executions(self, skeleton: Skeleton, rf: Relation) -> Iterator[Execution]:
        """The executions that the model allows on this skeleton with this rf, one for each co.

        Args:
            skeleton: The events and their dependencies.
            rf: Exactly one write for each event of kind READ (srcu reads included); the model adds the
                reads-from edges of lock events by itself.

        Yields:
            Allowed executions only (``failed`` is empty), in a fixed order. Several may share a co where the
            model itself chooses ("with ... from ..." in lock.cat).
        """
        ...

    def all_executions(self, skeleton: Skeleton, rf: Relation) -> Iterator[Execution]:
        """As ``executions``, with those that break axioms too, named in ``failed``."""
        ...
