"""Reads a table file strictly: every key is asked for, or it is an error that names the key.

YAML's own types are not used: each scalar is a string until a table asks for something else,
which is faster and leaves no surprise such as `no` read as False. The parser's events are
turned into values here because PyYAML's loaders let a repeated key pass in silence.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import yaml

from reviewbot.errors import VocabularyError

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_FOLDER = Path(__file__).parent

Entry = TypeVar("Entry")


class Section:
    """A mapping of the file; what is taken from it is known, what is left over is an error."""

    __slots__ = ("_values", "path")

    def __init__(self, path: str, values: Any) -> None:
        if type(values) is not dict:
            raise VocabularyError(f"{path}: a mapping is wanted here")
        self.path = path
        self._values: dict[str, Any] = values

    def text(self, key: str, default: str | None = None) -> str:
        """The string under `key`; without a default it must be there."""
        value = self._values.pop(key, default)
        if value is None:
            raise VocabularyError(f"{self.path}.{key}: missing")
        if type(value) is not str:
            raise VocabularyError(f"{self.path}.{key}: text is wanted here")
        return value

    def word(self, key: str, known: frozenset[str], default: str | None = None) -> str:
        """A string that is one of `known`, or the default."""
        value = self.text(key, default)
        if value != default and value not in known:
            raise VocabularyError(f"{self.path}.{key}: unknown word {value!r}")
        return value

    def names(self, key: str, known: frozenset[str] | None = None) -> tuple[str, ...]:
        """The blank-separated names under `key`, or none; each one of `known` where that is given."""
        if key not in self._values:
            return ()
        found = tuple(self.text(key).split())
        if known is not None and not known.issuperset(found):
            strange = ", ".join(sorted(set(found) - known))
            raise VocabularyError(f"{self.path}.{key}: unknown word {strange}")
        if len(set(found)) < len(found):
            raise VocabularyError(f"{self.path}.{key}: a name stands twice")
        return found

    def flag(self, key: str) -> bool:
        """`true` or `false`; false where it is not there."""
        return self.word(key, frozenset({"true", "false"}), "false") == "true"

    def number(self, key: str) -> int | None:
        """The argument number under `key`, or None."""
        if key not in self._values:
            return None
        return self._number(key, self.text(key))

    def numbers(self, key: str) -> tuple[int, ...]:
        """The blank-separated argument numbers under `key`, or none."""
        return tuple(self._number(key, text) for text in self.names(key))

    def _number(self, key: str, text: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise VocabularyError(f"{self.path}.{key}: a number is wanted here, not {text!r}")
        return int(text)

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of strings under `key`, each as it stands."""
        values = self._values.pop(key, None)
        if type(values) is not list or any(type(value) is not str for value in values):
            raise VocabularyError(f"{self.path}.{key}: a list of texts is wanted here")
        return tuple(values)

    def rows(self, key: str) -> "Iterator[Section]":
        """Each mapping of the list under `key`; closed when the next one is asked for."""
        values = self._values.pop(key, None)
        if type(values) is not list:
            raise VocabularyError(f"{self.path}.{key}: a list is wanted here")
        for index, value in enumerate(values):
            row = Section(f"{self.path}.{key}[{index}]", value)
            yield row
            row.close()

    def section(self, key: str) -> "Section":
        """The mapping under `key`; the caller closes it."""
        if key not in self._values:
            raise VocabularyError(f"{self.path}.{key}: missing")
        return Section(f"{self.path}.{key}", self._values.pop(key))

    def sections(self) -> "Iterator[Section]":
        """Each mapping that is left, in the order of the file; closed when the next is asked for."""
        for key in self.left():
            section = self.section(key)
            yield section
            section.close()

    def groups(self) -> Mapping[str, str]:
        """All that is left as `group: names`, turned round: name -> group."""
        table: Table[str] = Table()
        for key in self.left():
            table.add(f"{self.path}.{key}", self.names(key), key)
        return table.frozen()

    @property
    def name(self) -> str:
        """The last key of the path."""
        return self.path.rpartition(".")[2]

    def left(self) -> tuple[str, ...]:
        """The keys that nobody has taken yet, in the order of the file."""
        return tuple(self._values)

    def close(self) -> None:
        """Refuse what was not taken.

        Raises:
            VocabularyError: A key is unknown.
        """
        if self._values:
            raise VocabularyError(f"{self.path}.{next(iter(self._values))}: unknown key")


class Table(Generic[Entry]):
    """A table while it is filled; a name may come once."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def add(self, path: str, names: tuple[str, ...], entry: Entry) -> None:
        """Enter the same entry under each of the names."""
        for name in names:
            if name in self._entries:
                raise VocabularyError(f"{path}: {name} stands in this table already")
            self._entries[name] = entry

    def frozen(self) -> Mapping[str, Entry]:
        """The table, which nobody can change any more."""
        return MappingProxyType(self._entries)


def read_table(name: str) -> Section:
    """The whole of `name.yaml` of this folder, under the path `name`."""
    return parse_table(name, (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def parse_table(name: str, text: str) -> Section:
    """The top mapping of a table's text.

    Raises:
        VocabularyError: It is not YAML, a key stands twice, or it holds more than mappings,
            lists and plain text.
    """
    try:
        # not yaml.parse(): its generator takes a third of the time
        events = iter(_LOADER(text).get_event, None)
        next(events)
        next(events)
        return Section(name, _value(next(events), events, name))
    except (yaml.YAMLError, StopIteration) as error:
        raise VocabularyError(f"{name}: not YAML: {error}") from error


def _value(event: Any, events: Iterator[Any], path: str) -> Any:
    kind = type(event)
    if kind is yaml.ScalarEvent:
        return event.value
    if kind is yaml.SequenceStartEvent:
        return _sequence(events, path)
    if kind is yaml.MappingStartEvent:
        return _mapping(events, path)
    raise VocabularyError(f"{path}: only mappings, lists and text are read")


def _sequence(events: Iterator[Any], path: str) -> list[Any]:
    values: list[Any] = []
    for event in events:
        if type(event) is yaml.SequenceEndEvent:
            break
        values.append(_value(event, events, f"{path}[{len(values)}]"))
    return values


def _mapping(events: Iterator[Any], path: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for event in events:
        kind = type(event)
        if kind is yaml.MappingEndEvent:
            break
        if kind is not yaml.ScalarEvent:
            raise VocabularyError(f"{path}: a key must be text")
        key = event.value
        if key in values:
            raise VocabularyError(f"{path}.{key}: stands twice")
        following = next(events)
        values[key] = (
            following.value
            if type(following) is yaml.ScalarEvent
            else _value(following, events, f"{path}.{key}")
        )
    return values


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled when first needed and never again."""
    return re.compile(pattern)
