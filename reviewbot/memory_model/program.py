"""A litmus test made ready for the search: variables, initial values, the traces of each thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from reviewbot.memory_model.litmus import model
from reviewbot.memory_model.litmus.macros import expand
from reviewbot.memory_model.litmus.model import Binary, Call, Deref, Expression, Name, Place, Statement, Test
from reviewbot.memory_model.machine import LimitError, Setting
from reviewbot.memory_model.outcome import shown_places
from reviewbot.memory_model.threads import traces
from reviewbot.memory_model.traces import Trace
from reviewbot.memory_model.values import Term, Value


class Limits(NamedTuple):
    """How far a test is looked into; past one of them the answer is Unknown, naming it.

    Attributes:
        threads: How many threads a test may have.
        events: How many events a thread may have.
        ways: How many ways there may be through one thread.
        candidates: How many choices of rf are looked at.
        unroll: How often a loop goes round.
        seconds: Of the clock handed in.
    """

    threads: int = 16
    events: int = 40
    ways: int = 2000
    candidates: int = 200_000
    unroll: int = 2
    seconds: float = 10.0


class Program(NamedTuple):
    """What the search works on.

    Attributes:
        test: Where it comes from.
        threads: The traces of each thread.
        initial: The variables that matter, sorted, with their values at the start.
        final: Variables whose final value is asked for.
    """

    test: Test
    threads: tuple[tuple[Trace, ...], ...]
    initial: tuple[tuple[str, Value], ...]
    final: frozenset[str]


def prepare(
    test: Test,
    definitions: str,
    limits: Limits,
    tick: Callable[[], None] = lambda: None,
    *,
    tags_both: bool = False,
) -> Program:
    """Run the threads of a test.

    Args:
        test: As read.
        definitions: The text of the model's .def file.
        limits: How far to go.
        tick: Called for each way through a thread; it may raise to end this.
        tags_both: See `machine.Setting`.

    Raises:
        LimitError: too many threads, events or ways.
        LitmusError: a call that the model does not know.
    """
    if len(test.threads) > limits.threads:
        raise LimitError(f"more than {limits.threads} threads")
    bodies = expand(test, definitions, test.file)
    addresses = _addresses(test, bodies)
    threads = []
    for number, body in enumerate(bodies):
        registers = _registers(test, number)
        setting = Setting(
            number, body, registers, addresses, tags_both, limits.unroll, limits.events, test.file
        )
        threads.append(_ways(setting, limits.ways, tick))
    final = _variables(shown_places(test)) | _variables(model.places(test.filter) if test.filter else ())
    used = {step.location for ways in threads for each in ways for step in each.steps if step.location}
    values = {each.place.name: each.value or 0 for each in test.initial if each.place.thread is None}
    initial = tuple((name, values.get(name, 0)) for name in sorted(used | final))
    return Program(test, tuple(threads), initial, final)


def _ways(setting: Setting, most: int, tick: Callable[[], None]) -> tuple[Trace, ...]:
    found: list[Trace] = []
    for trace in traces(setting):
        tick()
        if len(found) == most:
            raise LimitError(f"P{setting.number} has more than {most} ways through it")
        found.append(trace)
    return tuple(found)


def _registers(test: Test, number: int) -> dict[str, Term]:
    """A parameter's name stands for the address of the variable."""
    registers: dict[str, Term] = {each.name: each.name for each in test.threads[number].parameters}
    for each in test.initial:
        if each.place.thread == number:
            registers[each.place.name] = each.value or 0
    return registers


def _variables(places: Iterable[Place]) -> frozenset[str]:
    return frozenset(place.name for place in places if place.thread is None)


def _addresses(test: Test, bodies: tuple[tuple[Statement, ...], ...]) -> tuple[str, ...]:
    """The variables whose address is used as a value: only they can be behind a pointer that was read."""
    found = {each.value for each in test.initial if isinstance(each.value, str)}
    for thread, body in zip(test.threads, bodies, strict=True):
        names = {each.name for each in thread.parameters}
        found |= names & set(_taken(body))
    return tuple(sorted(found))


def _taken(body: tuple[Statement, ...]) -> Iterator[str]:
    """The names that stand for themselves, not for what they point to."""
    for statement in body:
        match statement:
            case model.Assign(_, value) | model.Declare(_, _, value):
                yield from _valued(value) if value is not None else ()
            case model.Store(pointer, value):
                yield from _pointed(pointer)
                yield from _valued(value)
            case model.Evaluate(call):
                yield from _valued(call)
            case model.If(condition, then, otherwise):
                yield from _valued(condition)
                yield from _taken((*then, *otherwise))
            case model.While(condition, inner):
                yield from _valued(condition)
                yield from _taken(inner)


def _valued(value: Expression) -> Iterator[str]:
    match value:
        case Name(name):
            yield name
        case Deref(pointer):
            yield from _pointed(pointer)
        case Binary(_, left, right):
            yield from _valued(left)
            yield from _valued(right)
        case Call(_, arguments) if arguments:
            # the first operand of every primitive is a place
            yield from _pointed(arguments[0])
            for each in arguments[1:]:
                yield from _valued(each)


def _pointed(pointer: Expression) -> Iterator[str]:
    if not isinstance(pointer, Name):
        yield from _valued(pointer)
