"""Writes a litmus test in the form that herd7 reads: its C, nothing that only other tools know."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.memory_model.litmus.model import (
    And,
    Assign,
    Binary,
    Call,
    Declare,
    Deref,
    Equal,
    Evaluate,
    Expression,
    If,
    Initial,
    Name,
    Not,
    Number,
    Operator,
    Or,
    Proposition,
    Statement,
    Store,
    Test,
    Thread,
    While,
)

_RANK = {"|": 0, "^": 1, "&": 2, "+": 4, "-": 4, "*": 5, "/": 5}
_COMPARISON = 3
_UNARY = 6


def write(test: Test) -> str:
    """The text of a test; reading it gives an equal test, but for lines, columns and comments' form."""
    return "\n".join(_lines(test)) + "\n"


def _lines(test: Test) -> Iterator[str]:
    yield f"C {test.name}"
    yield ""
    for comment in test.comments:
        yield f"(*{comment}*)"
        yield ""
    yield from _initial(test.initial)
    for number, thread in enumerate(test.threads):
        yield ""
        yield from _thread(number, thread)
    yield ""
    if test.locations:
        yield f"locations [{'; '.join(map(str, test.locations))};]"
    if test.filter is not None:
        yield f"filter {_outermost(test.filter)}"
    yield f"{test.condition.quantifier} {_outermost(test.condition.proposition)}"


def _initial(initial: tuple[Initial, ...]) -> Iterator[str]:
    if not initial:
        yield "{}"
        return
    yield "{"
    for each in initial:
        value = "" if each.value is None else f" = {_address(each)}"
        yield f"\t{_declared(each.type, str(each.place)) if each.type else each.place}{value};"
    yield "}"


def _address(initial: Initial) -> str:
    """With a type C's rules hold, so that an address takes its '&'."""
    is_address = isinstance(initial.value, str) and initial.type
    return f"&{initial.value}" if is_address else str(initial.value)


def _thread(number: int, thread: Thread) -> Iterator[str]:
    parameters = ", ".join(_declared(each.type, each.name) for each in thread.parameters)
    yield f"P{number}({parameters})"
    yield "{"
    yield from _block(thread.body, 1)
    yield "}"


def _declared(type_: str, name: str) -> str:
    return f"{type_}{'' if type_.endswith('*') else ' '}{name}"


def _block(body: tuple[Statement, ...], depth: int) -> Iterator[str]:
    for statement in body:
        yield from _statement(statement, depth)


def _statement(statement: Statement, depth: int) -> Iterator[str]:
    tabs = "\t" * depth
    match statement:
        case Declare(type_, name, None):
            yield f"{tabs}{_declared(type_, name)};"
        case Declare(type_, name, value) if value is not None:
            yield f"{tabs}{_declared(type_, name)} = {expression_text(value)};"
        case Assign(name, value):
            yield f"{tabs}{name} = {expression_text(value)};"
        case Store(pointer, value):
            yield f"{tabs}*{expression_text(pointer, _UNARY)} = {expression_text(value)};"
        case Evaluate(call):
            yield f"{tabs}{expression_text(call)};"
        case If(condition, then, otherwise):
            yield from _if(condition, then, otherwise, depth)
        case While(condition, body):
            yield f"{tabs}while ({expression_text(condition)}) {{"
            yield from _block(body, depth + 1)
            yield f"{tabs}}}"


def _if(
    condition: Expression, then: tuple[Statement, ...], otherwise: tuple[Statement, ...], depth: int
) -> Iterator[str]:
    """With braces always; herd has no empty ones, so an empty branch turns the question round."""
    tabs = "\t" * depth
    if not then:
        if not otherwise:
            # what the condition reads is read all the same
            yield f"{tabs}int unused = {expression_text(condition)};"
            return
        condition, then, otherwise = Binary("==", condition, Number(0)), otherwise, ()
    yield f"{tabs}if ({expression_text(condition)}) {{"
    yield from _block(then, depth + 1)
    if otherwise:
        yield f"{tabs}}} else {{"
        yield from _block(otherwise, depth + 1)
    yield f"{tabs}}}"


def expression_text(value: Expression, rank: int = 0) -> str:
    """An expression of C; in parentheses where it binds looser than `rank`."""
    match value:
        case Number(number):
            return str(number)
        case Name(name):
            return name
        case Operator(text):
            return text
        case Deref(pointer):
            return f"*{expression_text(pointer, _UNARY)}"
        case Call(name, arguments, tags):
            braces = f"{{{','.join(tags)}}}" if tags else ""
            return f"{name}{braces}({', '.join(map(expression_text, arguments))})"
        case Binary(operator, left, right):
            own = _RANK.get(operator, _COMPARISON)
            text = f"{expression_text(left, own)} {operator} {expression_text(right, own + 1)}"
            return f"({text})" if own < rank else text


def proposition_text(proposition: Proposition) -> str:
    r"""A proposition as herd prints it: ``0:r0=1 /\ x=2``."""
    match proposition:
        case Equal(place, value, negated):
            return f"not ({place}={value})" if negated else f"{place}={value}"
        case Not(of):
            return f"not ({proposition_text(of)})"
        case And(()):
            return "true"
        case Or(()):
            return "false"
        case And(of):
            return " /\\ ".join(_grouped(each) for each in of)
        case Or(of):
            return " \\/ ".join(_grouped(each) for each in of)


def _grouped(proposition: Proposition) -> str:
    text = proposition_text(proposition)
    return f"({text})" if isinstance(proposition, And | Or) and proposition.of else text


def _outermost(proposition: Proposition) -> str:
    return f"({proposition_text(proposition)})"
