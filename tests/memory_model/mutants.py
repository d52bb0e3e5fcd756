"""Drops or weakens each clause of a model in turn; `gate` looks whether any recorded test notices."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from reviewbot.memory_model.cat.lexer import Place
from reviewbot.memory_model.cat.library import NATIVE_FILES
from reviewbot.memory_model.cat.terms import (
    Application,
    Attempt,
    Binding,
    Check,
    Choice,
    Definition,
    Function,
    Local,
    Name,
    Operation,
    Pack,
    Statement,
    Term,
    With,
)
from reviewbot.memory_model.model import Model, Text

_ROWS = frozenset({"|", "++", "&", ";"})
_WEAKER = {"^*": "?", "?": "", "^+": "", "^-1": ""}


class Mutant(NamedTuple):
    """A model with one clause less.

    Attributes:
        name: File, place and what was done.
        number: Which statement of the model is changed.
        changed: What stands there instead.
    """

    name: str
    number: int
    changed: tuple[Statement, ...]


def mutants(model: Model) -> Iterator[Mutant]:
    """All mutants of a model, in the order of its text."""
    for number, statement in enumerate(text_of(model).statements):
        for name, changed in _of_statement(statement):
            yield Mutant(name, number, changed)


def text_of(model: Model) -> Text:
    """What a model consists of."""
    return model._text


def mutated(model: Model, mutant: Mutant) -> Model:
    """The mutant as a model.

    Raises:
        ModelError: it is none any more.
    """
    text = text_of(model)
    before, after = text.statements[: mutant.number], text.statements[mutant.number + 1 :]
    return Model(replace(text, statements=(*before, *mutant.changed, *after)))


def _of_statement(statement: Statement) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    match statement:
        case Check(place=place) if _is_ours(place):
            yield f"{place}: drop {statement.name}", ()
            for name, term in _of_term(statement.term):
                yield f"{name} of {statement.name}", (replace(statement, term=term),)
        case With(place=place) if _is_ours(place):
            for name, term in _of_term(statement.term):
                yield f"{name} of {statement.name}", (replace(statement, term=term),)
        case Definition(bindings) if _is_ours(bindings[0].place):
            for name, changed in _of_bindings(bindings):
                yield name, (replace(statement, bindings=changed),)


def _is_ours(place: Place) -> bool:
    return place.source.name not in NATIVE_FILES


def _of_bindings(bindings: tuple[Binding, ...]) -> Iterator[tuple[str, tuple[Binding, ...]]]:
    for i, binding in enumerate(bindings):
        for name, value in _of_term(binding.value):
            changed = replace(binding, value=value)
            yield f"{name} of {binding.name}", (*bindings[:i], changed, *bindings[i + 1 :])


def _of_term(term: Term) -> Iterator[tuple[str, Term]]:
    """All terms with one part less; the name says which part."""
    match term:
        case Operation(operator, _, place) if operator in _ROWS:
            yield from _of_row(operator, _row(operator, term), place)
        case Operation(operator, operands, place):
            if operator == "\\":
                yield f"{operands[1].place}: subtract nothing", operands[0]
            if operator in _WEAKER:
                weaker = _WEAKER[operator]
                changed = Operation(weaker, operands, place) if weaker else operands[0]
                yield f"{place}: {operator} is {weaker or 'once'}", changed
            for i, operand in enumerate(operands):
                for name, value in _of_term(operand):
                    yield name, replace(term, operands=(*operands[:i], value, *operands[i + 1 :]))
        case _:
            yield from _of_parts(term)


def _row(operator: str, term: Term) -> list[Term]:
    if isinstance(term, Operation) and term.operator == operator:
        return [part for operand in term.operands for part in _row(operator, operand)]
    return [term]


def _of_row(operator: str, row: list[Term], place: Place) -> Iterator[tuple[str, Term]]:
    for i, part in enumerate(row):
        yield f"{part.place}: drop one of {operator}", _joined(operator, row[:i] + row[i + 1 :], place)
        for name, value in _of_term(part):
            yield name, _joined(operator, [*row[:i], value, *row[i + 1 :]], place)


def _joined(operator: str, row: list[Term], place: Place) -> Term:
    joined = row[0]
    for part in row[1:]:
        joined = Operation(operator, (joined, part), place)
    return joined


def _of_parts(term: Term) -> Iterator[tuple[str, Term]]:
    """The terms that are no operations, with one of their own terms changed."""
    if isinstance(term, Local):
        for name, bindings in _of_bindings(term.bindings):
            yield name, replace(term, bindings=bindings)
    parts = {
        Local: ("body",),
        Function: ("body",),
        Application: ("function", "argument"),
        Choice: ("yes", "no"),
    }
    parts |= {Attempt: ("term", "otherwise"), Name: (), Pack: ()}
    for field in parts[type(term)]:
        for name, value in _of_term(getattr(term, field)):
            yield name, replace(term, **{field: value})
    if isinstance(term, Pack):
        for i, item in enumerate(term.items):
            for name, value in _of_term(item):
                yield name, replace(term, items=(*term.items[:i], value, *term.items[i + 1 :]))
