"""Reads a .def file and replaces the calls of its macros until only primitives are left."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import replace

from reviewbot.errors import LitmusError
from reviewbot.memory_model.litmus import model
from reviewbot.memory_model.litmus.code import CodeReader
from reviewbot.memory_model.litmus.model import (
    Assign,
    Binary,
    Call,
    Declare,
    Deref,
    Evaluate,
    Expression,
    If,
    Name,
    Statement,
    Store,
    While,
)
from reviewbot.memory_model.litmus.scan import Kind, Scanner

_SAID = frozenset(("__store", "__fence", "__lock", "__unlock", "__atomic_op"))
"""Primitives without a value."""
_VALUED = frozenset(("__load", "__xchg", "__cmpxchg", "__atomic_op_return", "__atomic_fetch_op", "__srcu"))
_TESTS = frozenset(("__atomic_add_unless", "__trylock", "__islocked", "atomic_add_unless"))
PRIMITIVES = _SAID | _VALUED | _TESTS
"""What the model itself knows. ``atomic_add_unless`` is one unless the .def file defines it."""
_MAX_DEPTH = 20
"""Macros inside macros; a definition that names itself goes past it."""
_MAX_CALLS = 20_000
"""Macros of one test."""


class Macro(NamedTuple):
    """A definition: an expression, or statements where it has no value (None)."""

    name: str
    parameters: tuple[str, ...]
    value: Expression | None
    statements: tuple[Statement, ...]


@lru_cache(maxsize=8)
def read_definitions(text: str, file: str = "linux-kernel.def") -> dict[str, Macro]:
    """The macros of a .def file by name; of several with one name the last.

    Raises:
        LitmusError: naming file, line and column of what cannot be read.
    """
    scanner = Scanner(text, file)
    scanner.is_code = True
    found = {}
    while not scanner.at_kind(Kind.END):
        macro = _macro(scanner)
        found[macro.name] = macro
    return found


def _macro(scanner: Scanner) -> Macro:
    name = scanner.name("the name of a macro").text
    scanner.expect("(")
    parameters: list[str] = []
    while not scanner.accept(")"):
        if parameters:
            scanner.expect(",")
        parameters.append(scanner.name("a parameter").text)
    reader = CodeReader(scanner)
    if scanner.at("{"):
        return Macro(name, tuple(parameters), None, reader.block())
    return Macro(name, tuple(parameters), reader.expression(), ())


class Expander:
    """Replaces macro calls in the statements of a test.

    Args:
        macros: As `read_definitions` gives them.
        file: The test's, for complaints.

    Raises:
        LitmusError: a call that neither the macros nor the model know, or with too few or many operands.
    """

    def __init__(self, macros: dict[str, Macro], file: str) -> None:
        self._macros = macros
        self._file = file
        self._depth = 0
        self._calls = 0

    def statements(self, body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        """The same with primitives alone."""
        return tuple(new for old in body for new in self._statement(old))

    def _statement(self, old: Statement) -> tuple[Statement, ...]:
        if isinstance(old, Evaluate):
            return self._called(old.call, old)
        return (self._same(old),)

    def _same(self, old: Statement) -> Statement:
        """A statement that stays one."""
        match old:
            case Declare(value=value) | Assign(value=value) if value is not None:
                return replace(old, value=self._expression(value))
            case Store(pointer=pointer, value=value):
                return replace(old, pointer=self._expression(pointer), value=self._expression(value))
            case If(condition=condition):
                then, otherwise = self.statements(old.then), self.statements(old.otherwise)
                return replace(old, condition=self._expression(condition), then=then, otherwise=otherwise)
            case While(condition=condition):
                return replace(old, condition=self._expression(condition), body=self.statements(old.body))
            case _:
                return old

    def _called(self, call: Expression, old: Evaluate) -> tuple[Statement, ...]:
        """A call as a statement: the statements of its macro, with the text of the call."""
        macro = self._macros.get(call.name) if isinstance(call, Call) else None
        if not isinstance(call, Call) or macro is None or macro.value is not None:
            return (replace(old, call=self._expression(call, is_statement=True)),)
        values = self._bound(macro, call)
        body = tuple(_relabelled(_with(each, values, call), old) for each in macro.statements)
        self._enter(call)
        expanded = self.statements(body)
        self._depth -= 1
        return expanded

    def _expression(self, value: Expression, is_statement: bool = False) -> Expression:
        match value:
            case Deref(pointer):
                return Deref(self._expression(pointer))
            case Binary(operator, left, right):
                return Binary(operator, self._expression(left), self._expression(right))
            case Call():
                return self._call(value, is_statement)
            case _:
                return value

    def _call(self, call: Call, is_statement: bool) -> Expression:
        macro = self._macros.get(call.name)
        if macro is None:
            return self._primitive(call, is_statement)
        if macro.value is None:
            raise self._error(call, f"{call.name}() has no value")
        values = self._bound(macro, call)
        self._enter(call)
        expanded = self._expression(_substituted(macro.value, values, call), is_statement)
        self._depth -= 1
        return expanded

    def _primitive(self, call: Call, is_statement: bool) -> Expression:
        if call.name not in PRIMITIVES:
            raise self._error(call, f"the memory model does not know {call.name}()")
        if call.name in _SAID and not is_statement:
            raise self._error(call, f"{call.name} has no value")
        return replace(call, arguments=tuple(self._expression(each) for each in call.arguments))

    def _bound(self, macro: Macro, call: Call) -> dict[str, Expression]:
        if len(macro.parameters) != len(call.arguments):
            expected, found = len(macro.parameters), len(call.arguments)
            raise self._error(call, f"{call.name}() takes {expected} operands, not {found}")
        return dict(zip(macro.parameters, call.arguments, strict=True))

    def _enter(self, call: Call) -> None:
        self._depth += 1
        self._calls += 1
        if self._depth > _MAX_DEPTH or self._calls > _MAX_CALLS:
            raise self._error(call, f"{call.name}() is defined by itself, or by too much")

    def _error(self, call: Call, message: str) -> LitmusError:
        return LitmusError(f"{self._file}:{call.line}:{call.column}: {message}")


def _relabelled(statement: Statement, old: Evaluate) -> Statement:
    return replace(statement, text=old.text, line=old.line)


def _with(statement: Statement, values: dict[str, Expression], at: Call) -> Statement:
    """A macro's statement with its parameters replaced; macros hold calls alone."""
    if not isinstance(statement, Evaluate):
        raise LitmusError(f"linux-kernel.def: a macro may hold calls, not '{statement.text}'")
    return replace(statement, call=_substituted(statement.call, values, at))


def _substituted(value: Expression, values: dict[str, Expression], at: Call) -> Expression:
    """The expression with names replaced; calls get the place of the call that they come from."""
    match value:
        case Name(name):
            return values.get(name, value)
        case Deref(pointer):
            return Deref(_substituted(pointer, values, at))
        case Binary(operator, left, right):
            return Binary(operator, _substituted(left, values, at), _substituted(right, values, at))
        case Call(name, arguments, tags):
            inner = tuple(_substituted(each, values, at) for each in arguments)
            return Call(name, inner, tags, at.line, at.column)
        case _:
            return value


def expand(test: model.Test, definitions: str, file: str) -> tuple[tuple[Statement, ...], ...]:
    """The threads' statements with primitives alone.

    Args:
        test: As read.
        definitions: The text of the .def file.
        file: What to call the test in a complaint.

    Raises:
        LitmusError: as `Expander` and `read_definitions` do.
    """
    expander = Expander(read_definitions(definitions), file)
    return tuple(expander.statements(thread.body) for thread in test.threads)
