"""Runs the C of a thread: from statements to traces."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.errors import LitmusError
from reviewbot.memory_model.litmus import model
from reviewbot.memory_model.litmus.model import Binary, Call, Deref, Expression, Name, Number, Statement
from reviewbot.memory_model.machine import (
    NOTHING,
    LimitError,
    Machine,
    Operand,
    Setting,
    StoppedError,
    combined,
)
from reviewbot.memory_model.primitives import Primitive
from reviewbot.memory_model.traces import Choices, Trace
from reviewbot.memory_model.values import NoValueError

_MAX_STATEMENTS = 10_000


def traces(setting: Setting) -> Iterator[Trace]:
    """All ways through a thread, in a fixed order.

    Raises:
        LitmusError: a primitive with operands that it cannot have.
        LimitError: too many events or statements.
    """
    choices = Choices()
    while True:
        yield _Run(setting, choices).trace()
        if not choices.advance():
            return


class _Run:
    """One run of a thread."""

    def __init__(self, setting: Setting, choices: Choices) -> None:
        self._setting = setting
        self._machine = Machine(setting, choices)
        self._count = 0
        self._registers = {name: Operand(term) for name, term in setting.registers.items()}

    def trace(self) -> Trace:
        """Runs to the end, or to where it stops."""
        stopped = None
        try:
            self._block(self._setting.body)
        except StoppedError as reason:
            stopped = f"P{self._setting.number}: {reason}"
        except NoValueError as error:
            stopped = f"P{self._setting.number}: {error} in line {self._machine.line} has no value"
        registers = {name: operand.term for name, operand in self._registers.items()}
        return Trace(tuple(self._machine.steps), tuple(self._machine.constraints), registers, stopped)

    def _block(self, body: tuple[Statement, ...]) -> None:
        for statement in body:
            self._count += 1
            if self._count > _MAX_STATEMENTS:
                raise LimitError(f"P{self._setting.number} runs more than {_MAX_STATEMENTS} statements")
            self._machine.text, self._machine.line = statement.text, statement.line
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        match statement:
            case model.Assign(name, value) | model.Declare(_, name, value):
                if value is not None:
                    operand = self._value(value)
                    self._registers[name] = operand._replace(ctrl=operand.ctrl | self._machine.ctrl)
            case model.Store(pointer, value):
                self._machine.store(None, self._value(pointer), self._value(value))
            case model.Evaluate(call):
                self._value(call)
            case model.If():
                self._if(statement)
            case model.While():
                self._while(statement)

    def _if(self, statement: model.If) -> None:
        """Control dependencies end with the branches."""
        saved = self._machine.ctrl
        body = statement.then if self._is_true(statement.condition) else statement.otherwise
        self._block(body)
        self._machine.ctrl = saved

    def _while(self, statement: model.While) -> None:
        saved, turns = self._machine.ctrl, 0
        while self._is_true(statement.condition):
            if turns == self._setting.unroll:
                raise StoppedError(f"the loop in line {statement.line} goes round more than {turns} times")
            turns += 1
            self._block(statement.body)
            self._machine.text, self._machine.line = statement.text, statement.line
        self._machine.ctrl = saved

    def _is_true(self, condition: Expression) -> bool:
        """Whether the condition holds; what follows depends on what it depends on."""
        operand = self._value(condition)
        is_true = self._machine.is_true(operand.term)
        self._machine.ctrl |= operand.data | operand.ctrl
        return is_true

    def _value(self, expression: Expression) -> Operand:
        match expression:
            case Number(number):
                return Operand(number)
            case Name(name):
                # what nobody gave a value is 0
                return self._registers.get(name, NOTHING)
            case Deref(pointer):
                return self._machine.load(None, self._value(pointer))
            case Binary(operator, left, right):
                return combined(operator, self._value(left), self._value(right))
            case Call():
                return Primitive(self._machine, expression, self._value).run()
        raise LitmusError(f"{self._setting.file}: an operator stands where a value is wanted")
