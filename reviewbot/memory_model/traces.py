"""The ways through one thread: its events with their dependencies, in terms of what its reads read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reviewbot.memory_model.events import EventKind
from reviewbot.memory_model.values import Term


class Step(NamedTuple):
    """One event of a trace.

    Attributes:
        kind: What it does.
        tag: As in `events.Event`.
        location: The variable; None for a fence.
        term: What it reads or writes; None for a fence.
        text: The statement it comes from.
        line: That statement's line.
        addr: The steps that its address depends on, a bit each (bit i: step i of the trace).
        data: As above, for the value written.
        ctrl: As above, for whether it happens.
        rmw: The step that is the read of the same atomic operation; -1 without one.
        atomic: Whether it belongs to an atomic operation, also to one that failed.
    """

    kind: EventKind
    tag: str | None
    location: str | None
    term: Term | None
    text: str
    line: int
    addr: int = 0
    data: int = 0
    ctrl: int = 0
    rmw: int = -1
    atomic: bool = False


class Trace(NamedTuple):
    """One way through a thread.

    Attributes:
        steps: The events in program order.
        constraints: What must be so for it to be taken: each term is not 0 (True), or is 0 (False).
        registers: Their terms at the end.
        stopped: Why it goes no further (a loop that goes round more often than is looked at, an address that
            is none); None for a trace that reaches the thread's end.
    """

    steps: tuple[Step, ...]
    constraints: tuple[tuple[Term, bool], ...]
    registers: dict[str, Term]
    stopped: str | None = None


class Choices:
    """Leads a run through every combination of its choices, the last one varying fastest.

    A run asks `choose` wherever it may go several ways; run again after each `advance` until that is False.
    Running anew from the start keeps the runs free of state to be copied and put back.
    """

    def __init__(self) -> None:
        self._taken: list[int] = []
        self._widths: list[int] = []
        self._at = 0

    def choose(self, width: int) -> int:
        """A number below `width`."""
        if self._at == len(self._taken):
            self._taken.append(0)
            self._widths.append(width)
        choice = self._taken[self._at]
        self._at += 1
        return choice

    def advance(self) -> bool:
        """Whether there is another combination; it is the one that the next run takes."""
        del self._taken[self._at :], self._widths[self._at :]
        self._at = 0
        while self._taken and self._taken[-1] + 1 == self._widths[-1]:
            self._taken.pop()
            self._widths.pop()
        if not self._taken:
            return False
        self._taken[-1] += 1
        return True


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, from the lowest."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
