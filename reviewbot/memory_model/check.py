"""What the model says of a test: whether the bad outcome may happen, all outcomes, data races."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple, Protocol

import msgspec

from reviewbot.memory_model.coherence import is_coherent
from reviewbot.memory_model.events import Execution, Relation, Skeleton
from reviewbot.memory_model.litmus.model import Place, Proposition, Quantifier, Test
from reviewbot.memory_model.machine import LimitError
from reviewbot.memory_model.outcome import State, is_so, shown_places
from reviewbot.memory_model.program import Limits, Program, prepare
from reviewbot.memory_model.search import Candidate, candidates
from reviewbot.memory_model.values import Value
from reviewbot.memory_model.witness import Witness, make_witness

Clock = Callable[[], float]
"""Seconds that only grow."""

_DEFAULTS = Limits()
RACE = "data-race"
"""The flag of the model that says that plain accesses race."""
_TOLD = 16
"""Forbidden candidates that are looked at for the reasons."""


class MemoryModel(Protocol):
    """A model with the macros of its tests; see `events.Judge`."""

    def executions(
        self, skeleton: Skeleton, rf: Relation, tick: Callable[[], None] | None = None
    ) -> Iterator[Execution]:
        """As `events.Judge.executions`; `tick` is called for each co tried, and may raise to end that."""
        ...

    def all_executions(
        self, skeleton: Skeleton, rf: Relation, tick: Callable[[], None] | None = None
    ) -> Iterator[Execution]:
        """As `events.Judge.all_executions`, with `tick` as above."""
        ...

    @property
    def name(self) -> str:
        """What it calls itself."""
        ...

    @property
    def definitions(self) -> str:
        """The text of its .def file."""
        ...

    @property
    def variants(self) -> frozenset[str]:
        """Herd's variants that it asks for."""
        ...


class Allowed(msgspec.Struct, frozen=True):
    """It may happen: here is how."""

    witness: Witness


class Never(msgspec.Struct, frozen=True):
    """The model forbids it.

    Attributes:
        reasons: The axioms in its way, in the model's order: of the candidates of the outcome one that breaks
            the fewest. Empty where no choice of values comes to the outcome at all.
        witness: That candidate, told; None where there is none.
    """

    reasons: tuple[str, ...] = ()
    witness: Witness | None = None


class Unknown(msgspec.Struct, frozen=True):
    """It was not found, but not everything was looked at.

    Attributes:
        limit: Why, in words that follow "unknown: ".
    """

    limit: str


Verdict = Allowed | Never | Unknown


class Outcomes(msgspec.Struct, frozen=True):
    """Everything that may happen.

    Attributes:
        test: What was asked.
        states: The final states with the number of executions that lead there, sorted.
        holding: Executions in which the proposition of the condition holds.
        others: Executions in which it does not.
        flags: What the model warns of in any execution, sorted.
        unknown: Why this is not everything; None if it is.
    """

    test: Test
    states: tuple[tuple[State, int], ...]
    holding: int
    others: int
    flags: tuple[str, ...]
    unknown: str | None = None

    @property
    def word(self) -> str:
        """How often the proposition holds, in herd's words: Always, Sometimes or Never."""
        if not self.holding:
            return "Never"
        return "Sometimes" if self.others else "Always"

    @property
    def is_ok(self) -> bool:
        """Whether the condition is as its quantifier wants it."""
        match self.test.condition.quantifier:
            case Quantifier.EXISTS:
                return self.holding > 0
            case Quantifier.NOT_EXISTS:
                return self.holding == 0
            case Quantifier.FORALL:
                return self.others == 0


def check(
    test: Test, model: MemoryModel, limits: Limits = _DEFAULTS, clock: Clock = time.monotonic
) -> Verdict:
    """Whether the bad outcome may happen: what ``exists`` asks for, or what would break ``forall``.

    Args:
        test: As read.
        model: Who judges.
        limits: How far to look.
        clock: For `Limits.seconds`.

    Raises:
        LitmusError: the test calls what the model does not know.
    """
    return _search(_Question(test, model, limits, clock), lambda _: True, test.condition.bad)


def races(
    test: Test, model: MemoryModel, limits: Limits = _DEFAULTS, clock: Clock = time.monotonic
) -> Verdict:
    """Whether plain accesses race: `Allowed` with an execution in which they do.

    Arguments and errors are those of `check`.
    """
    return _search(_Question(test, model, limits, clock), lambda each: RACE in each.flags, None)


def outcomes(
    test: Test, model: MemoryModel, limits: Limits = _DEFAULTS, clock: Clock = time.monotonic
) -> Outcomes:
    """Every final state, with counts and flags.

    Arguments and errors are those of `check`.
    """
    found = _Found(Counter(), set())
    unknown = None
    try:
        looked = _Looking(_Question(test, model, limits, clock))
        for candidate, execution in looked.executions(()):
            found.add(looked.state(candidate, execution.co), execution)
        unknown = looked.stopped
    except LimitError as limit:
        unknown = str(limit)
    proposition = test.condition.proposition
    holding = sum(n for state, n in found.states.items() if is_so(proposition, dict(state)))
    states = sorted(found.states.items(), key=_state_order)
    others = found.states.total() - holding
    return Outcomes(test, tuple(states), holding, others, tuple(sorted(found.flags)), unknown)


def _state_order(entry: tuple[State, int]) -> list[tuple[int, int, str]]:
    """Numbers by size, before addresses."""
    return [(0, v, "") if isinstance(v, int) else (1, 0, v) for _, v in entry[0]]


class _Found(NamedTuple):
    states: Counter[State]
    flags: set[str]

    def add(self, state: State, execution: Execution) -> None:
        self.states[state] += 1
        self.flags.update(execution.flags)


class _Question(NamedTuple):
    test: Test
    model: MemoryModel
    limits: Limits
    clock: Clock


def _search(
    question: _Question, is_wanted: Callable[[Execution], bool], proposition: Proposition | None
) -> Verdict:
    """Whether there is a wanted execution in which the proposition holds."""
    wanted = () if proposition is None else (proposition,)
    try:
        looked = _Looking(question)
        for candidate, execution in looked.executions(wanted):
            if is_wanted(execution) and looked.holds(proposition, candidate, execution.co):
                return Allowed(looked.witness(candidate, execution))
        if looked.stopped is not None:
            return Unknown(looked.stopped)
        return Never() if proposition is None else looked.refusal(proposition)
    except LimitError as limit:
        return Unknown(str(limit))


class _Looking:
    """One search, with its limits."""

    def __init__(self, question: _Question) -> None:
        test, model, limits = question.test, question.model, question.limits
        self._test, self._model, self._limits, self._clock = test, model, limits, question.clock
        self._end = question.clock() + limits.seconds
        self._ticks = 0
        tags_both = "lkmmv2" in model.variants
        self._program: Program = prepare(test, model.definitions, limits, self._tick, tags_both=tags_both)
        self._places = shown_places(test)
        self.stopped: str | None = None
        """Why not everything was looked at, as far as is known by now."""

    def executions(self, wanted: tuple[Proposition, ...]) -> Iterator[tuple[Candidate, Execution]]:
        """Allowed executions of candidates in which all that is wanted may hold, and the filter does."""
        for candidate in self._candidates(wanted, lambda: is_coherent(self._model)):
            if candidate.stopped is not None:
                if self.stopped is None and self._may_be(candidate):
                    self.stopped = candidate.stopped
                continue
            for execution in self._model.executions(candidate.skeleton, candidate.rf, self._tick):
                if self.holds(self._test.filter, candidate, execution.co):
                    yield candidate, execution

    def _candidates(
        self, wanted: tuple[Proposition, ...], is_short: Callable[[], bool] = lambda: False
    ) -> Iterator[Candidate]:
        if self._test.filter is not None:
            wanted = (*wanted, self._test.filter)
        return candidates(self._program, wanted, self._tick, is_short)

    def _may_be(self, candidate: Candidate) -> bool:
        """Whether a thread may really come to where it was given up."""
        if not candidate.skeleton.events:
            return True
        return any(True for _ in self._model.executions(candidate.skeleton, candidate.rf, self._tick))

    def holds(self, proposition: Proposition | None, candidate: Candidate, co: Relation) -> bool:
        """Whether a proposition holds at the end of an execution."""
        if proposition is None:
            return True
        return is_so(proposition, candidate.registers | self._finals(candidate, co))

    def state(self, candidate: Candidate, co: Relation) -> State:
        """What the test shows of an execution's end."""
        values = candidate.registers | self._finals(candidate, co)
        return tuple((place, values.get(place, 0)) for place in self._places)

    def _finals(self, candidate: Candidate, co: Relation) -> dict[Place, Value]:
        """The last values of the variables that are asked about: of the writes that none comes after."""
        events, found = candidate.skeleton.events, {}
        row = (1 << len(events)) - 1
        for event in events:
            if event.location not in self._program.final or event.value is None:
                continue
            is_write = event.kind.value in _WRITES
            if is_write and not (co >> (event.index * len(events))) & row:
                found[Place(event.location)] = event.value
        return found

    def refusal(self, proposition: Proposition) -> Never:
        """Why the outcome cannot be: the candidate that breaks the fewest axioms, of the first few.

        That it cannot be is known; where a limit is reached now, only the reason is left out.
        """
        best: tuple[Candidate, Execution] | None = None
        with suppress(LimitError):
            for candidate, execution in islice(self._refused(proposition), _TOLD):
                if best is None or len(execution.failed) < len(best[1].failed):
                    best = candidate, execution
                if len(execution.failed) == 1:
                    break
        return Never() if best is None else Never(best[1].failed, self.witness(*best))

    def _refused(self, proposition: Proposition) -> Iterator[tuple[Candidate, Execution]]:
        """The executions with this outcome, all of which break axioms."""
        for candidate in self._candidates((proposition,)):
            if candidate.stopped is not None:
                continue
            for execution in self._model.all_executions(candidate.skeleton, candidate.rf, self._tick):
                if all(
                    self.holds(each, candidate, execution.co) for each in (proposition, self._test.filter)
                ):
                    yield candidate, execution

    def witness(self, candidate: Candidate, execution: Execution) -> Witness:
        """An execution of a candidate, told."""
        state = self.state(candidate, execution.co)
        return make_witness(self._test.name, len(self._test.threads), execution, state)

    def _tick(self) -> None:
        """Counts a choice.

        Raises:
            LimitError: too many, or too late.
        """
        self._ticks += 1
        if self._ticks > self._limits.candidates:
            raise LimitError(f"more than {self._limits.candidates} candidates")
        if self._clock() > self._end:
            raise LimitError(f"more than {self._limits.seconds:g} seconds")


_WRITES = frozenset(("W", "LKW", "UL"))
