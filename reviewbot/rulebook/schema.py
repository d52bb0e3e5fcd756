"""What a rule page may name: the facts, their closed attributes and their slots.

All of it is read from the fact classes, so that a new attribute is known here at once.
"""

import re
from enum import Enum
from functools import cache

import msgspec
from msgspec.structs import fields

from reviewbot.analysis import facts, unprotected
from reviewbot.analysis.facts import Fact, Field


class FactForm(msgspec.Struct, frozen=True):
    """A kind of fact, as rule pages see it."""

    name: str
    """Snake case of the class: `late_store`."""
    type: type[Fact]
    choices: dict[str, tuple[str | bool, ...]]
    """Attribute → the values that `[when]` may ask for."""
    slots: frozenset[str]
    """Attributes with a text or a number, and `field` for the field's name."""


@cache
def fact_forms() -> dict[str, FactForm]:
    """Every kind of fact, by the name that pages use."""
    found = {**vars(facts), **vars(unprotected)}.values()
    kinds = [kind for kind in found if isinstance(kind, type) and issubclass(kind, Fact)]
    return {form.name: form for form in map(_form, kinds) if form.type is not Fact}


def form_of(kind: type[Fact]) -> FactForm:
    """The form of one class of facts."""
    return fact_forms()[_snake(kind.__name__)]


def _form(kind: type[Fact]) -> FactForm:
    choices: dict[str, tuple[str | bool, ...]] = {}
    slots = set()
    for field in fields(kind):
        if field.type is bool:
            choices[field.name] = (True, False)
        elif isinstance(field.type, type) and issubclass(field.type, Enum):
            choices[field.name] = tuple(str(member.value) for member in field.type)
        elif field.type in (str, int, Field):
            slots.add(field.name)
    return FactForm(_snake(kind.__name__), kind, choices, frozenset(slots))


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
