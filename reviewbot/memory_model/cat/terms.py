"""What a cat file says, as a tree."""

from __future__ import annotations

from dataclasses import dataclass

from reviewbot.memory_model.cat.lexer import Place


@dataclass(frozen=True, slots=True)
class Name:
    """A name; ``0`` and ``{}`` are the name "0", ``_`` is "_"."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Operation:
    r"""An operator and its operands: ``| ++ ; \ & *`` and ``~ ^+ ^* ? ^-1``, ``[]`` and ``{}``."""

    operator: str
    operands: tuple[Term, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Application:
    """A function applied to one argument."""

    function: Term
    argument: Term
    place: Place


@dataclass(frozen=True, slots=True)
class Pack:
    """``(a, b)``: several values as one argument."""

    items: tuple[Term, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Function:
    """``fun (a, b) -> body``; one name is bound to the whole argument."""

    parameters: tuple[str, ...]
    body: Term
    place: Place


@dataclass(frozen=True, slots=True)
class Binding:
    """``name = value``."""

    name: str
    value: Term
    place: Place


@dataclass(frozen=True, slots=True)
class Local:
    """``let [rec] bindings in body``."""

    bindings: tuple[Binding, ...]
    recursive: bool
    body: Term
    place: Place


@dataclass(frozen=True, slots=True)
class Attempt:
    """``try term with otherwise``: the second where the first speaks of an unknown name."""

    term: Term
    otherwise: Term
    place: Place


@dataclass(frozen=True, slots=True)
class Choice:
    """``if "variant" then yes else no``."""

    variant: str
    yes: Term
    no: Term
    place: Place


Term = Name | Operation | Application | Pack | Function | Local | Attempt | Choice


@dataclass(frozen=True, slots=True)
class Definition:
    """``let [rec] a = … and b = …``."""

    bindings: tuple[Binding, ...]
    recursive: bool


@dataclass(frozen=True, slots=True)
class Include:
    """``include "file"``."""

    file: str
    place: Place


@dataclass(frozen=True, slots=True)
class Check:
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


@dataclass(frozen=True, slots=True)
class With:
    """``with name from term``: one candidate for each element of the term."""

    name: str
    term: Term
    place: Place


@dataclass(frozen=True, slots=True)
class Tags:
    """``enum … = 'a || 'b``: the annotations that exist."""

    names: tuple[str, ...]


Statement = Definition | Include | Check | With | Tags


@dataclass(frozen=True, slots=True)
class File:
    """A parsed file.

    Attributes:
        title: The model's own name, "" where it has none.
        statements: In order; what only serves drawing is left out.
    """

    title: str
    statements: tuple[Statement, ...]
