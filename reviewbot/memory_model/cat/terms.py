"""What a cat file says, as a tree."""

from __future__ import annotations

import msgspec

from reviewbot.memory_model.cat.lexer import Place


class Name(msgspec.Struct, frozen=True):
    """A name; ``0`` and ``{}`` are the name "0", ``_`` is "_"."""

    text: str
    place: Place


class Operation(msgspec.Struct, frozen=True):
    r"""An operator and its operands: ``| ++ ; \ & *`` and ``~ ^+ ^* ? ^-1``, ``[]`` and ``{}``."""

    operator: str
    operands: tuple[Term, ...]
    place: Place


class Application(msgspec.Struct, frozen=True):
    """A function applied to one argument."""

    function: Term
    argument: Term
    place: Place


class Pack(msgspec.Struct, frozen=True):
    """``(a, b)``: several values as one argument."""

    items: tuple[Term, ...]
    place: Place


class Function(msgspec.Struct, frozen=True):
    """``fun (a, b) -> body``; one name is bound to the whole argument."""

    parameters: tuple[str, ...]
    body: Term
    place: Place


class Binding(msgspec.Struct, frozen=True):
    """``name = value``."""

    name: str
    value: Term
    place: Place


class Local(msgspec.Struct, frozen=True):
    """``let [rec] bindings in body``."""

    bindings: tuple[Binding, ...]
    recursive: bool
    body: Term
    place: Place


class Attempt(msgspec.Struct, frozen=True):
    """``try term with otherwise``: the second where the first speaks of an unknown name."""

    term: Term
    otherwise: Term
    place: Place


class Choice(msgspec.Struct, frozen=True):
    """``if "variant" then yes else no``."""

    variant: str
    yes: Term
    no: Term
    place: Place


Term = Name | Operation | Application | Pack | Function | Local | Attempt | Choice


class Definition(msgspec.Struct, frozen=True):
    """``let [rec] a = … and b = …``."""

    bindings: tuple[Binding, ...]
    recursive: bool


class Include(msgspec.Struct, frozen=True):
    """``include "file"``."""

    file: str
    place: Place


class Check(msgspec.Struct, frozen=True):
    """``[flag] [~]empty|acyclic|irreflexive term as name``.

    Attributes:
        kind: ``empty``, ``acyclic`` or ``irreflexive``.
        negated: Whether a ``~`` stands before it.
        flag: Whether it only raises a flag.
        name: What it is called; the place for one without a name.
        term: What is tested.
        place: Where it stands.
    """

    kind: str
    negated: bool
    flag: bool
    name: str
    term: Term
    place: Place


class With(msgspec.Struct, frozen=True):
    """``with name from term``: one candidate for each element of the term."""

    name: str
    term: Term
    place: Place


class Tags(msgspec.Struct, frozen=True):
    """``enum … = 'a || 'b``: the annotations that exist."""

    names: tuple[str, ...]


Statement = Definition | Include | Check | With | Tags


class File(msgspec.Struct, frozen=True):
    """A parsed file.

    Attributes:
        title: The model's own name, "" where it has none.
        statements: In order; what only serves drawing is left out.
    """

    title: str
    statements: tuple[Statement, ...]
