"""One execution, told: what each thread does in order, what each read reads, what depends on what."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from reviewbot.memory_model.events import INITIAL, Event, EventKind, Execution, Relation
from reviewbot.memory_model.outcome import State

Pairs = tuple[tuple[int, int], ...]
"""Events that are related, by index, in order."""


class Witness(msgspec.Struct, frozen=True):
    """An execution that shows an outcome.

    Attributes:
        test: The test's name.
        threads: The events of each thread in program order.
        initial: The initial writes.
        rf: From the write to each read, lock events included.
        co: From each write to the next one of its variable.
        fr: From each read to the first write that comes after what it read.
        addr: Address dependencies within a thread.
        data: Data dependencies.
        ctrl: Control dependencies.
        rmw: From the read of an atomic operation to its write.
        state: The final values that the test shows.
        execution: What all this was taken from.
    """

    test: str
    threads: tuple[tuple[Event, ...], ...]
    initial: tuple[Event, ...]
    rf: Pairs
    co: Pairs
    fr: Pairs
    addr: Pairs
    data: Pairs
    ctrl: Pairs
    rmw: Pairs
    state: State
    execution: Execution

    @property
    def fences(self) -> tuple[Event, ...]:
        """The fences, by thread and order."""
        return tuple(e for thread in self.threads for e in thread if e.kind is EventKind.FENCE)

    @property
    def events(self) -> tuple[Event, ...]:
        """All events; ``events[i].index == i``."""
        return self.execution.skeleton.events


def make_witness(test: str, threads: int, execution: Execution, state: State) -> Witness:
    """Tell an execution.

    Args:
        test: The test's name.
        threads: How many threads it has; one without events is told too.
        execution: As the model judged it.
        state: The final values.
    """
    skeleton = execution.skeleton
    events = skeleton.events
    n = len(events)
    by_thread: list[list[Event]] = [[] for _ in range(threads)]
    initial: list[Event] = []
    for event in events:
        (initial if event.thread == INITIAL else by_thread[event.thread]).append(event)
    rf, co = tuple(pairs(execution.rf, n)), tuple(_immediate(execution.co, n))
    return Witness(
        test,
        tuple(map(tuple, by_thread)),
        tuple(initial),
        rf,
        co,
        tuple(_from_reads(rf, co, events)),
        tuple(pairs(skeleton.addr, n)),
        tuple(pairs(skeleton.data, n)),
        tuple(pairs(skeleton.ctrl, n)),
        tuple(pairs(skeleton.rmw, n)),
        state,
        execution,
    )


def pairs(relation: Relation, n: int) -> Iterator[tuple[int, int]]:
    """The pairs of a relation over n events, in order."""
    while relation:
        low = relation & -relation
        yield divmod(low.bit_length() - 1, n)
        relation ^= low


def _immediate(order: Relation, n: int) -> Iterator[tuple[int, int]]:
    """The pairs of a transitive order that have nothing between them."""
    rows = [(order >> (i * n)) & ((1 << n) - 1) for i in range(n)]
    for first, second in pairs(order, n):
        if not any(rows[i] >> second & 1 for _, i in pairs(rows[first], n)):
            yield first, second


def _from_reads(rf: Pairs, co: Pairs, events: tuple[Event, ...]) -> Iterator[tuple[int, int]]:
    """From each read to the write next to the one it read from; not to that of its own atomic operation."""
    following = dict(co)
    for write, read in rf:
        after = following.get(write)
        if after is not None and not _are_one(events[read], events[after]):
            yield read, after


def _are_one(read: Event, write: Event) -> bool:
    is_lock = read.kind is EventKind.LOCK_READ and write.kind is EventKind.LOCK_WRITE
    return read.thread == write.thread and write.index == read.index + 1 and (is_lock or write.atomic)
