"""Facts to bytes and back: plain JSON, made from the annotations of the dataclasses.

Reading it can make nothing but objects of the classes that the root type names, whatever the
bytes are. Each distinct object is written once, as a row of its fields; fields name other
objects by the number of their row, so that what is read back is as shared as it can be.
"""

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

Root = TypeVar("Root")
_Made = list[Any]
_Read = Callable[[Any, _Made], Any]
_Write = Callable[[Any, "_Rows"], Any]

_WRITTEN = json.JSONEncoder(separators=(",", ":"), check_circular=False)
_PLAIN = frozenset({str, int, bool, type(None)})


class _Form(NamedTuple):
    """How the values of one type are written and read; None for those that JSON has as they are."""

    write: _Write | None
    read: _Read | None


class _Plan(NamedTuple):
    """A dataclass: its number, its fields, and those of them that are not plain, by position."""

    number: int
    fetch: Callable[[Any], tuple[Any, ...]]
    """Gives the fields of an object."""
    writes: tuple[tuple[int, _Write], ...]
    reads: tuple[tuple[int, _Read], ...]


class Codec(Generic[Root]):
    """Writes and reads values of one type: a dataclass, or a tuple of them.

    Known are str, int, bool, None, enums, frozen dataclasses, tuples, and sets of strings.
    """

    def __init__(self, root: type[Root]) -> None:
        self._plans: dict[type, _Plan] = {}
        self._classes: list[type] = []
        self._named = root

    @cached_property
    def _root(self) -> _Form:
        return self._form(self._named)

    @cached_property
    def _by_number(self) -> list[tuple[Callable[..., Any], tuple[tuple[int, _Read], ...]]]:
        _ = self._root
        return [(_maker(cls), self._plans[cls].reads) for cls in self._classes]

    def encode(self, value: Root) -> bytes:
        """The value as bytes; the same for equal values that are shared alike."""
        rows = _Rows(self._plans)
        root = self._root.write(value, rows) if self._root.write else value
        return _WRITTEN.encode([rows.found, root]).encode("ascii")

    def decode(self, text: bytes) -> Root:
        """The value that `encode` wrote.

        Raises:
            ValueError: these bytes are nothing that `encode` wrote.
        """
        try:
            rows, root = json.loads(text)
            made: _Made = []
            for row in rows:
                make, reads = self._by_number[row.pop()]
                for at, read in reads:
                    row[at] = read(row[at], made)
                made.append(make(*row))
            found: Root = self._root.read(root, made) if self._root.read else root
        except (AttributeError, IndexError, KeyError, RecursionError, TypeError) as error:
            message = f"not written by this codec: {error}"
            raise ValueError(message) from None
        return found

    def _form(self, hint: Any) -> _Form:
        if hint in _PLAIN:
            return _Form(None, None)
        if typing.get_origin(hint) in (types.UnionType, typing.Union):
            return self._choice(typing.get_args(hint))
        if typing.get_origin(hint) is tuple:
            return self._sequence(typing.get_args(hint))
        if hint == frozenset[str]:
            return _Form(lambda value, _: tuple(sorted(value)), lambda value, _: frozenset(value))
        if isinstance(hint, type) and issubclass(hint, Enum):
            members: Mapping[str, Enum] = {member.value: member for member in hint}
            return _Form(lambda value, _: value.value, lambda value, _: members[value])
        if isinstance(hint, type) and is_dataclass(hint):
            self._enter(hint)
            return _REFERENCE
        message = f"no form for {hint!r}"
        raise TypeError(message)

    def _choice(self, hints: tuple[Any, ...]) -> _Form:
        """Any of several dataclasses, or any of the plain types; or one of either, or None."""
        forms = {self._form(hint) for hint in hints if hint is not type(None)}
        if len(forms) != 1:
            message = f"cannot tell apart {hints!r}"
            raise TypeError(message)
        (form,) = forms
        write, read = form
        if write is None or read is None or type(None) not in hints:
            return form
        return _Form(
            lambda value, rows: None if value is None else write(value, rows),
            lambda value, made: None if value is None else read(value, made),
        )

    def _sequence(self, hints: tuple[Any, ...]) -> _Form:
        if len(hints) != 2 or hints[1] is not Ellipsis:
            if any(self._form(hint).write for hint in hints):
                message = f"a tuple of fixed length holds plain values only, not {hints!r}"
                raise TypeError(message)
            return _Form(lambda value, _: value, lambda value, _: tuple(value))
        write, read = self._form(hints[0])
        if write is None or read is None:
            return _Form(lambda value, _: value, lambda value, _: tuple(value))
        return _Form(
            lambda value, rows: tuple([write(one, rows) for one in value]),
            lambda value, made: tuple([read(one, made) for one in value]),
        )

    def _enter(self, cls: type) -> None:
        """Plan a dataclass and what its fields hold, once."""
        if cls in self._plans:
            return
        number = len(self._classes)
        self._classes.append(cls)
        self._plans[cls] = _Plan(number, tuple, (), ())
        hints = typing.get_type_hints(cls)
        names = tuple(one.name for one in fields(cls) if one.init)
        forms = [self._form(hints[name]) for name in names]
        reads = tuple((at, form.read) for at, form in enumerate(forms) if form.read is not None)
        writes = tuple((at, form.write) for at, form in enumerate(forms) if form.write is not None)
        self._plans[cls] = _Plan(number, _fetcher(names), writes, reads)


def _fetcher(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _maker(cls: type) -> Callable[..., Any]:
    """Makes an object of its fields in their order, those too that it takes by name only."""
    held = [one for one in fields(cls) if one.init]
    named = [(one.name, at) for at, one in enumerate(held) if one.kw_only]
    order = [at for at, one in enumerate(held) if not one.kw_only]
    if not named:
        return cls

    def make(*row: Any) -> Any:
        return cls(*[row[at] for at in order], **{name: row[at] for name, at in named})

    return make


class _Rows:
    """The rows written so far, each distinct one once."""

    def __init__(self, plans: Mapping[type, _Plan]) -> None:
        self._plans = plans
        self._by_id: dict[int, int] = {}
        self._by_row: dict[tuple[Any, ...], int] = {}
        self.found: list[tuple[Any, ...]] = []

    def reference(self, value: Any) -> int:
        """The number of the row of an object."""
        known = self._by_id.get(id(value))
        if known is not None:
            return known
        plan = self._plans[type(value)]
        fields_ = list(plan.fetch(value))
        for at, write in plan.writes:
            fields_[at] = write(fields_[at], self)
        row = (*fields_, plan.number)
        found = self.found
        number = self._by_id[id(value)] = self._by_row.setdefault(row, len(found))
        if number == len(found):
            found.append(row)
        return number


_REFERENCE = _Form(lambda value, rows: rows.reference(value), lambda value, made: made[value])
