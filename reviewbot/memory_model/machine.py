"""What a thread does as it runs: events come one after the other, and where the way is open it chooses."""

from __future__ import annotations

from typing import NamedTuple

from reviewbot.memory_model.events import EventKind
from reviewbot.memory_model.litmus.model import Statement
from reviewbot.memory_model.traces import Choices, Step
from reviewbot.memory_model.values import Combined, ReadValue, Term, combine


class Operand(NamedTuple):
    """A term with the reads that it depends on: as data, and as what decided its assignment."""

    term: Term
    data: int = 0
    ctrl: int = 0


NOTHING = Operand(0)


class LimitError(Exception):
    """A limit is reached; the text names it."""


class StoppedError(Exception):
    """This way goes no further; the text says why."""


class Setting(NamedTuple):
    """What all runs of a thread share.

    Attributes:
        number: The thread's.
        body: Its statements, primitives alone.
        registers: Those with a value at the start, parameters (their addresses) among them.
        addresses: The variables whose address can be the value of something.
        tags_both: Whether a tag stands on both events of an atomic operation, and the model says what it
            means (herd's variant lkmmv2).
        unroll: How often a loop goes round at most.
        steps: How many events a trace has at most.
        file: The test's, for complaints.
    """

    number: int
    body: tuple[Statement, ...]
    registers: dict[str, Term]
    addresses: tuple[str, ...]
    tags_both: bool = False
    unroll: int = 2
    steps: int = 100
    file: str = "litmus"


class Machine:
    """The events and constraints of one way through a thread, as they come."""

    def __init__(self, setting: Setting, choices: Choices) -> None:
        self.setting = setting
        self.choices = choices
        self.steps: list[Step] = []
        self.constraints: list[tuple[Term, bool]] = []
        self.ctrl = 0
        """The reads that decided that we are here."""
        self.text = ""
        self.line = 0
        self._decided: dict[Term, bool] = {}
        self._addresses: dict[Term, str] = {}

    def is_true(self, term: Term) -> bool:
        """Whether a term is not 0; where that is open, both are tried."""
        if isinstance(term, int | str):
            return term != 0
        if term not in self._decided:
            self._decided[term] = self.choices.choose(2) == 0
            self.constraints.append((term, self._decided[term]))
        return self._decided[term]

    def location(self, term: Term) -> str:
        """The variable that an address is of; where that is open, all are tried.

        Raises:
            StoppedError: it is no address.
        """
        if isinstance(term, str):
            return term
        if isinstance(term, int):
            raise StoppedError(f"{term} is used as an address in line {self.line}")
        if term not in self._addresses:
            options = self.setting.addresses
            choice = self.choices.choose(len(options) + 1)
            if choice == len(options):
                self.constraints += ((Combined("==", term, each), False) for each in options)
                raise StoppedError(f"what is no address is used as one in line {self.line}")
            self.constraints.append((Combined("==", term, options[choice]), True))
            self._addresses[term] = options[choice]
        return self._addresses[term]

    def emit(
        self,
        kind: EventKind,
        tag: str | None,
        pointer: Operand | None = None,
        value: Operand = NOTHING,
        rmw: int | None = None,
    ) -> Operand:
        """Adds an event.

        Args:
            kind: What it does.
            tag: As in `events.Event`.
            pointer: The address; None for a fence.
            value: What is read or written, with what that depends on.
            rmw: For an event of an atomic operation: the step that is its read, or -1 for that read itself.

        Returns:
            The value, as something that depends on the event.

        Raises:
            LimitError: there are too many events.
            StoppedError: the address is none.
        """
        location = None if pointer is None else self.location(pointer.term)
        addr, ctrl = (0, 0) if pointer is None else (pointer.data, pointer.ctrl)
        number = len(self.steps)
        if number >= self.setting.steps:
            raise LimitError(f"P{self.setting.number} has more than {self.setting.steps} events")
        term = None if pointer is None else value.term
        control = self.ctrl | ctrl | value.ctrl
        partner, is_atomic = (-1, False) if rmw is None else (rmw, True)
        step = Step(
            kind, tag, location, term, self.text, self.line, addr, value.data, control, partner, is_atomic
        )
        self.steps.append(step)
        return Operand(value.term, 1 << number)

    def load(self, tag: str | None, pointer: Operand, *, atomic: bool = False) -> Operand:
        """Adds a read; its value, whatever that will be."""
        term = ReadValue(self.setting.number, len(self.steps))
        return self.emit(EventKind.READ, tag, pointer, Operand(term), -1 if atomic else None)

    def store(self, tag: str | None, pointer: Operand, value: Operand, rmw: int | None = None) -> None:
        """Adds a write."""
        self.emit(EventKind.WRITE, tag, pointer, value, rmw)


def combined(operator: str, left: Operand, right: Operand) -> Operand:
    """The result of an operator, which depends on what both operands depend on.

    Raises:
        NoValueError: as `values.apply` does.
    """
    return Operand(combine(operator, left.term, right.term), left.data | right.data, left.ctrl | right.ctrl)
