"""The TOML at the head of a rule page: closed keys, checked against the facts."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from reviewbot.analysis.facts import Confidence
from reviewbot.errors import RuleError
from reviewbot.findings import Concern
from reviewbot.rulebook.outline import Block
from reviewbot.rulebook.rule import Pair, Status, When
from reviewbot.rulebook.schema import FactForm, fact_forms
from reviewbot.rulebook.template import Paragraph, read_choice, stray_brace

_KEYS = ("id", "status", "since", "concern", "confidence", "when", "suggest")


class Declaration(msgspec.Struct, frozen=True):
    """What the head of a page says."""

    id: str
    status: Status
    since: str
    concern: Concern
    confidence: Confidence
    when: When
    pair: Pair
    form: FactForm


class Spot(msgspec.Struct, frozen=True):
    """Where in a page something is wrong."""

    path: Path
    line: int

    def error(self, what: str) -> RuleError:
        """The error to raise; `what` says what is wrong and what to do."""
        return RuleError(f"{self.path}:{self.line}: {what}")


def listed(words: Iterable[object]) -> str:
    """`a, b or c`."""
    *most, last = map(str, words)
    return f"{', '.join(most)} or {last}" if most else last


def read_declaration(path: Path, fence: Block) -> Declaration:
    """The declaration in `fence`; RuleError names the line of the key that is wrong."""
    return _Reader(path, fence).read()


class _Reader:
    def __init__(self, path: Path, fence: Block) -> None:
        self._path = path
        self._fence = fence

    def read(self) -> Declaration:
        table = self._table()
        self._only(table, _KEYS)
        name = self._text(table, "id")
        if not name or name.strip("abcdefghijklmnopqrstuvwxyz0123456789-"):
            raise self._at("id").error(f"id {name!r}: use small letters, digits and dashes")
        form = self._form(self._part(table, "when"))
        return Declaration(
            id=name,
            status=Status(self._word(table, "status", [each.value for each in Status])),
            since=self._text(table, "since"),
            concern=Concern[self._word(table, "concern", [each.word for each in Concern]).upper()],
            confidence=Confidence(self._word(table, "confidence", [each.value for each in Confidence])),
            when=self._when(self._part(table, "when"), form),
            pair=self._pair(self._part(table, "suggest"), form),
            form=form,
        )

    def _table(self) -> dict[str, object]:
        try:
            return tomllib.loads(self._fence.text)
        except tomllib.TOMLDecodeError as problem:
            raise self._at().error(f"the declaration is no TOML: {problem}") from problem
        except RecursionError as problem:
            raise self._at().error("the declaration nests too deeply") from problem

    def _at(self, key: str = "", table: str = "") -> Spot:
        """The line of a key, in the table named or at the top; else the first line."""
        current = ""
        for row, text in enumerate(self._fence.text.split("\n")):
            word = text.partition("=")[0].strip()
            current = word.strip("[]") if word.startswith("[") else current
            if word and word in (key, f"[{key}]") and (current == table or word.startswith("[")):
                return Spot(self._path, self._fence.line + row)
        return Spot(self._path, self._fence.line)

    def _only(
        self, part: Mapping[str, object], known: Iterable[str], table: str = "", where: str = ""
    ) -> None:
        for key in part:
            if key not in known:
                what = f"unknown key {key!r}{where}; known are {listed(sorted(known))}"
                raise self._at(key, table).error(what)

    def _text(self, part: Mapping[str, object], key: str, table: str = "") -> str:
        if key not in part:
            raise self._at(table).error(f"the declaration has no {key!r}; add it")
        value = part[key]
        if not isinstance(value, str):
            raise self._at(key, table).error(f"{key} must be a text in quotes")
        return value

    def _word(self, part: Mapping[str, object], key: str, known: Iterable[str], table: str = "") -> str:
        value = self._text(part, key, table)
        if value not in known:
            raise self._at(key, table).error(f"{key} {value!r} is not known; write {listed(known)}")
        return value

    def _part(self, table: Mapping[str, object], key: str) -> dict[str, object]:
        part = table.get(key, {} if key == "suggest" else None)
        if not isinstance(part, dict):
            raise self._at().error(f"the declaration has no [{key}] table; add it")
        return part

    def _form(self, part: Mapping[str, object]) -> FactForm:
        return fact_forms()[self._word(part, "fact", sorted(fact_forms()), "when")]

    def _when(self, part: Mapping[str, object], form: FactForm) -> When:
        self._only(part, ["fact", *form.choices], "when", f" for fact {form.name!r}")
        wanted = ((key, self._values(key, part[key], form)) for key in part if key != "fact")
        return When(form.name, form.type, tuple(wanted))

    def _values(self, key: str, value: object, form: FactForm) -> tuple[str | bool, ...]:
        values = value if isinstance(value, list) else [value]
        known = form.choices[key]
        for each in values:
            if not any(each is one or (isinstance(each, str) and each == one) for one in known):
                words = listed(str(one).lower() if isinstance(one, bool) else f'"{one}"' for one in known)
                raise self._at(key, "when").error(f"{key} cannot be {each!r}; write {words}")
        return tuple(values)

    def _pair(self, part: Mapping[str, object], form: FactForm) -> Pair:
        self._only(part, ("write", "read"), "suggest", " in [suggest]")
        return Pair(self._side(part, "write", form), self._side(part, "read", form))

    def _side(self, part: Mapping[str, object], key: str, form: FactForm) -> Paragraph:
        value = part.get(key, [])
        texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
        if (isinstance(value, list) and len(texts) != len(value)) or not isinstance(value, (list, str)):
            raise self._at(key, "suggest").error(f"{key} must be the name of a primitive, or a list of names")
        side = read_choice(texts)
        for slot in (slot for each in side.sentences for slot in each.slots):
            if slot not in form.slots:
                raise self._at(key, "suggest").error(unknown_slot(slot, form))
        if any(map(stray_brace, texts)):
            raise self._at(key, "suggest").error("a brace that belongs to no slot; take it out")
        return side


def unknown_slot(slot: str, form: FactForm) -> str:
    """What to say of a slot that the fact does not have."""
    return f"fact {form.name!r} has no slot {{{slot}}}; it has {listed(sorted(form.slots))}"
