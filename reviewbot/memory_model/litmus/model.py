"""A litmus test as written: names, initial values, threads of statements, and the question at its end."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import ClassVar

import msgspec

Value = int | str
"""An integer, or the name of a variable whose address it is."""


class Number(msgspec.Struct, frozen=True):
    """An integer constant."""

    value: int


class Name(msgspec.Struct, frozen=True):
    """A register, or a parameter (which denotes the address of the variable of that name)."""

    name: str


class Deref(msgspec.Struct, frozen=True):
    """What a pointer points to."""

    pointer: Expression


class Binary(msgspec.Struct, frozen=True):
    """Two operands and an operator of C; comparisons give 0 or 1."""

    operator: str
    left: Expression
    right: Expression


class Operator(msgspec.Struct, frozen=True):
    """An operator handed to a primitive: the ``+`` of ``__atomic_op(X,+,V)``."""

    text: str


class Call(msgspec.Struct, frozen=True):
    """A call of a macro of the .def file, or of a primitive.

    Attributes:
        name: As written.
        arguments: The operands.
        tags: What stands in braces after a primitive's name; empty for a macro.
        line: Where it stands, from 1.
        column: As above.
    """

    name: str
    arguments: tuple[Expression, ...]
    tags: tuple[str, ...] = ()
    line: int = 0
    column: int = 0


Expression = Number | Name | Deref | Binary | Operator | Call


class Declare(msgspec.Struct, frozen=True):
    """A local variable with the type as written, perhaps with a value."""

    type: str
    name: str
    value: Expression | None
    text: str
    line: int


class Assign(msgspec.Struct, frozen=True):
    """``r0 = e;``."""

    name: str
    value: Expression
    text: str
    line: int


class Store(msgspec.Struct, frozen=True):
    """``*p = e;``, a plain store."""

    pointer: Expression
    value: Expression
    text: str
    line: int


class Evaluate(msgspec.Struct, frozen=True):
    """A call as a statement, its value (if there is one) unused."""

    call: Expression
    text: str
    line: int


class If(msgspec.Struct, frozen=True):
    """``if (c) ... else ...``; ``otherwise`` is empty without an else."""

    condition: Expression
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    text: str
    line: int


class While(msgspec.Struct, frozen=True):
    """A loop; threads unroll it to a bound."""

    condition: Expression
    body: tuple[Statement, ...]
    text: str
    line: int


Statement = Declare | Assign | Store | Evaluate | If | While


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a thread: the type with its stars, as written, and the variable's name."""

    type: str
    name: str


class Thread(msgspec.Struct, frozen=True):
    """``P0(...) { ... }``; its number is its place in the test."""

    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    line: int = 0


class Place(msgspec.Struct, frozen=True):
    """A variable (``thread`` is None) or a register of a thread, of which the final value is asked."""

    name: str
    thread: int | None = None

    def __str__(self) -> str:
        """As a litmus test writes it: ``0:r1`` or ``x``."""
        return self.name if self.thread is None else f"{self.thread}:{self.name}"


class Equal(msgspec.Struct, frozen=True):
    """``0:r0=1`` or, negated, ``0:r0!=1``."""

    place: Place
    value: Value
    negated: bool = False


class Not(msgspec.Struct, frozen=True):
    """``~p``."""

    of: Proposition


class And(msgspec.Struct, frozen=True):
    r"""``p /\ q``; true when empty."""

    of: tuple[Proposition, ...]


class Or(msgspec.Struct, frozen=True):
    r"""``p \/ q``; false when empty."""

    of: tuple[Proposition, ...]


Proposition = Equal | Not | And | Or


class Quantifier(StrEnum):
    """How the states are asked for; the value is the keyword."""

    EXISTS = "exists"
    NOT_EXISTS = "~exists"
    FORALL = "forall"


class Condition(msgspec.Struct, frozen=True):
    """The question at the end of a test."""

    quantifier: Quantifier
    proposition: Proposition

    @property
    def bad(self) -> Proposition:
        """The outcome to look for: what exists asks for, or what would break forall."""
        if self.quantifier is Quantifier.FORALL:
            return Not(self.proposition)
        return self.proposition


class Initial(msgspec.Struct, frozen=True):
    """A value (None: 0) of a variable or register before the threads start, with the type if written."""

    place: Place
    value: Value | None
    type: str = ""


class Test(msgspec.Struct, frozen=True):
    """One litmus test.

    Attributes:
        name: As on its first line.
        initial: In the order written.
        threads: P0, P1, ...
        condition: The question; ``forall true`` where none is written.
        locations: What is shown of each state besides what the condition names.
        filter: Executions without it are left aside.
        comments: The comments before the initial values, without their marks.
        file: What complaints call it.
    """

    __test__: ClassVar[bool] = False  # pytest must not take it for a test

    name: str
    initial: tuple[Initial, ...]
    threads: tuple[Thread, ...]
    condition: Condition
    locations: tuple[Place, ...] = ()
    filter: Proposition | None = None
    comments: tuple[str, ...] = ()
    file: str = "litmus"

    @property
    def result(self) -> str | None:
        """What the ``Result:`` header in the comments says, or None without one."""
        for comment in self.comments:
            if found := _RESULT.search(comment):
                return found[1]
        return None


_RESULT = re.compile(r"^[ \t*]*Result:[ \t]*(\w+)", re.MULTILINE)


def places(proposition: Proposition) -> tuple[Place, ...]:
    """The places that a proposition speaks of, each once, in the order written."""
    match proposition:
        case Equal(place):
            return (place,)
        case Not(of):
            return places(of)
        case And(of) | Or(of):
            return tuple(dict.fromkeys(place for each in of for place in places(each)))
