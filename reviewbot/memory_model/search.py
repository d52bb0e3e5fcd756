"""Lists the candidate executions of a program: one trace a thread, and a write for each read.

Reads are given their writes one after the other, those first that decide something; what the choice makes
impossible is given up at once. That keeps counters and long tests small where a product of traces with all
values of all reads would not be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

from reviewbot.memory_model.events import INITIAL, Event, EventKind, Relation, Skeleton
from reviewbot.memory_model.litmus.model import Equal, Place, Proposition, places
from reviewbot.memory_model.outcome import holds
from reviewbot.memory_model.program import Program
from reviewbot.memory_model.traces import Trace, bits
from reviewbot.memory_model.values import NoValueError, ReadValue, Term, Value, evaluate, reads_of

_LOCK_WRITES = frozenset((EventKind.LOCK_WRITE, EventKind.UNLOCK))


class Candidate(NamedTuple):
    """A choice of traces and rf whose values fit.

    Attributes:
        skeleton: The events with their values.
        rf: The write to each read.
        registers: The value of each register at the end of its thread.
        stopped: Why a thread goes no further, if one does: then this is no whole execution.
    """

    skeleton: Skeleton
    rf: Relation
    registers: dict[Place, Value]
    stopped: str | None


class _Write(NamedTuple):
    """A write that reads may be given: its event, and the term that it writes."""

    event: int
    term: Term


def candidates(
    program: Program,
    wanted: tuple[Proposition, ...],
    tick: Callable[[], None],
    is_coherent: Callable[[], bool] = lambda: False,
) -> Iterator[Candidate]:
    """The candidates in which the propositions may hold, in a fixed order.

    Args:
        program: What to search.
        wanted: What rules a candidate out as soon as it cannot hold. A proposition that hangs on a variable
            rules out only those in which nobody writes such a value.
        tick: Called for each choice of traces and of a write; it may raise to end the search.
        is_coherent: Whether to leave out those in which a read sees what its own thread has overwritten by
            then, or writes only later; asked only where that makes a difference.

    Raises:
        Exception: what `tick` raises.
    """
    for chosen in product(*program.threads):
        tick()
        yield from _Combination(program, chosen, wanted, tick, is_coherent).candidates()


class _Combination:
    """One trace a thread."""

    def __init__(
        self,
        program: Program,
        chosen: tuple[Trace, ...],
        wanted: tuple[Proposition, ...],
        tick: Callable[[], None],
        is_coherent: Callable[[], bool],
    ) -> None:
        self._program = program
        self._is_coherent = is_coherent
        self._chosen = chosen
        self._tick = tick
        self._offsets: list[int] = []
        self._stopped = next((each.stopped for each in chosen if each.stopped), None)
        # an execution that is not whole has no final state to ask about
        self._wanted = () if self._stopped else wanted
        self._constraints = [each for trace in chosen for each in trace.constraints]
        self._open_reads: dict[ReadValue, Term] = {}
        self._values: dict[ReadValue, Value] = {}
        count = len(program.initial)
        for trace in chosen:
            self._offsets.append(count)
            count += len(trace.steps)
        self._count = count
        self._writes = self._writes_by_location()
        self._reads = self._reads_in_order()
        self._locks = frozenset(
            step.location for trace in chosen for step in trace.steps if step.kind in _LOCK_WRITES
        )

    def candidates(self) -> Iterator[Candidate]:
        """Those with these traces."""
        if self._is_possible():
            base = self._relations()
            self._prepare_events()
            yield from self._assign(0, 0, base)

    def _writes_by_location(self) -> dict[str, list[_Write]]:
        found = {name: [_Write(i, value)] for i, (name, value) in enumerate(self._program.initial)}
        for offset, trace in zip(self._offsets, self._chosen, strict=True):
            for index, step in enumerate(trace.steps):
                if step.kind is EventKind.WRITE and step.location is not None and step.term is not None:
                    found[step.location].append(_Write(offset + index, step.term))
        return found

    def _reads_in_order(self) -> list[tuple[ReadValue, int, str]]:
        """The reads, with event and location; those first that constraints and propositions look at."""
        deciding: set[ReadValue] = set()
        for term, _ in self._constraints:
            deciding |= reads_of(term)
        for place in (place for each in self._wanted for place in places(each)):
            if place.thread is not None:
                deciding |= reads_of(self._chosen[place.thread].registers.get(place.name, 0))
        found = []
        for thread, trace in enumerate(self._chosen):
            for index, step in enumerate(trace.steps):
                if step.kind is EventKind.READ and step.location is not None:
                    read = ReadValue(thread, index)
                    found.append((read not in deciding, read, self._offsets[thread] + index, step.location))
        found.sort(key=lambda each: each[0])
        return [each[1:] for each in found]

    def _relations(self) -> Skeleton:
        """The skeleton but for the values."""
        n = self._count
        po = addr = data = ctrl = rmw = 0
        for offset, trace in zip(self._offsets, self._chosen, strict=True):
            end = (1 << (offset + len(trace.steps))) - 1
            for index, step in enumerate(trace.steps):
                event = offset + index
                po |= (end & (-1 << (event + 1))) << (event * n)
                if step.addr:
                    addr |= _column(step.addr, offset, event, n)
                if step.data:
                    data |= _column(step.data, offset, event, n)
                if step.ctrl:
                    ctrl |= _column(step.ctrl, offset, event, n)
                if step.rmw >= 0:
                    rmw |= 1 << ((offset + step.rmw) * n + event)
        return Skeleton((), po, addr, data, ctrl, rmw, self._program.final)

    def _assign(self, position: int, rf: Relation, base: Skeleton) -> Iterator[Candidate]:
        if position == len(self._reads):
            candidate = self._finished(rf, base)
            if candidate is not None:
                yield candidate
            return
        read, event, location = self._reads[position]
        for write in self._choices(read, event, location):
            self._tick()
            self._open_reads[read] = write.term
            settled = self._settle()
            if self._is_possible():
                yield from self._assign(position + 1, rf | 1 << (write.event * self._count + event), base)
            for each, term in settled:
                self._open_reads[each] = term
                del self._values[each]
            del self._open_reads[read]

    def _settle(self) -> list[tuple[ReadValue, Term]]:
        """Gives values to the reads that can have one now; those reads, with the terms that they read."""
        settled: list[tuple[ReadValue, Term]] = []
        while found := [
            (read, value)
            for read, term in self._open_reads.items()
            if (value := self._value(term)) is not None
        ]:
            for read, value in found:
                self._values[read] = value
                settled.append((read, self._open_reads.pop(read)))
        return settled

    def _choices(self, read: ReadValue, event: int, location: str) -> list[_Write]:
        """The writes for a read; first the last one of its own thread before it, if there is one."""
        writes = self._writes[location]
        start = self._offsets[read.thread]
        end = start + len(self._chosen[read.thread].steps)
        others = [each for each in writes if each.event < start or each.event >= end]
        if len(others) == len(writes):
            return writes
        own = [each for each in writes if start <= each.event < event]
        if self._is_coherent():
            # the first write is the initial one
            return [own[-1], *others[1:]] if own else others
        return [own[-1], *(each for each in writes if each is not own[-1])] if own else writes

    def _is_possible(self) -> bool:
        """Whether constraints and propositions can still hold."""
        for term, is_true in self._constraints:
            value = self._value(term)
            if value is not None and (value != 0) is not is_true:
                return False
        return all(holds(each, self._can_be) is not False for each in self._wanted)

    def _value(self, term: Term) -> Value | None:
        """The value of a term; None if it has none yet, or none at all."""
        try:
            return evaluate(term, self._values.get)
        except NoValueError:
            return None

    def _can_be(self, asked: Equal) -> bool | None:
        """Whether a place ends with a value, as far as that is settled."""
        name, thread = asked.place.name, asked.place.thread
        if thread is not None:
            value = self._value(self._chosen[thread].registers.get(name, 0))
            return None if value is None else value == asked.value
        if name in self._locks:
            return None
        values = {self._value(write.term) for write in self._writes.get(name, ())}
        if values == {asked.value}:
            return True
        return None if None in values or asked.value in values else False

    def _finished(self, rf: Relation, base: Skeleton) -> Candidate | None:
        """The candidate; None where a value is its own cause, as herd sees it too."""
        stopped = self._stopped
        try:
            for term in self._open_reads.values():
                # past the last choice only a value that is its own cause is still open, or one that is none
                evaluate(term, self._values.get)
            if self._open_reads or any(
                evaluate(term, self._values.get) is None for term, _ in self._constraints
            ):
                return None
            events, registers = self._events(), self._registers()
        except NoValueError as error:
            return Candidate(base, rf, {}, f"{error} has no value")
        if events is None or registers is None:
            return None
        skeleton = Skeleton(events, base.po, base.addr, base.data, base.ctrl, base.rmw, base.final)
        return Candidate(skeleton, rf, registers, stopped)

    def _registers(self) -> dict[Place, Value] | None:
        found = {}
        for thread, trace in enumerate(self._chosen):
            for name, term in trace.registers.items():
                value = evaluate(term, self._values.get)
                if value is None:
                    return None
                found[Place(name, thread)] = value
        return found

    def _events(self) -> tuple[Event, ...] | None:
        """The events with the values that rf gives them."""
        found = list(self._known)
        for number, event, term in self._open:
            value = evaluate(term, self._values.get)
            if value is None:
                return None
            found[number] = Event(
                number,
                event.thread,
                event.kind,
                event.tag,
                event.location,
                value,
                event.text,
                event.line,
                event.atomic,
            )
        return tuple(found)

    def _prepare_events(self) -> None:
        """The events, and those of them of which the value hangs on rf."""
        self._known = [
            Event(i, INITIAL, EventKind.WRITE, None, name, value)
            for i, (name, value) in enumerate(self._program.initial)
        ]
        self._open: list[tuple[int, Event, Term]] = []
        for thread, trace in enumerate(self._chosen):
            for step in trace.steps:
                number, term = len(self._known), step.term
                is_known = term is None or isinstance(term, int | str)
                value = term if isinstance(term, int | str) else None
                place = step.location
                event = Event(
                    number, thread, step.kind, step.tag, place, value, step.text, step.line, step.atomic
                )
                self._known.append(event)
                if not is_known and term is not None:
                    self._open.append((number, event, term))


def _column(sources: int, offset: int, event: int, n: int) -> Relation:
    """The relation from each of a trace's steps (a bit each) to an event."""
    relation = 0
    for source in bits(sources):
        relation |= 1 << ((offset + source) * n + event)
    return relation
