"""Texts with slots, such as `{writer} stores it {locks}`.

A slot is the plain name of an attribute of the fact. A sentence of which a slot is empty is
left out, so that nothing is said of what is not known. Of numbered alternatives the first
whose slots are all known is taken.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

import msgspec

from reviewbot.analysis.facts import Fact, Field
from reviewbot.rulebook.schema import form_of

LONGEST = 160
"""Characters of a slot's text: code may be as long as its author (or attacker) likes."""

_SLOT = re.compile(r"\{([A-Za-z_]\w*)\}")
_SENTENCE_END = re.compile(r"(?<=[.?])\s+(?=[A-Z{])")


class Sentence(msgspec.Struct, frozen=True):
    """A piece of text that is said whole or not at all."""

    text: str
    slots: tuple[str, ...]

    def fill(self, values: Mapping[str, str], empty: str = "") -> str:
        """The text with its slots filled, `empty` where nothing is known."""
        return _SLOT.sub(lambda slot: values[slot[1]] or empty, self.text)

    def is_known(self, values: Mapping[str, str]) -> bool:
        """Whether there is something to fill each slot with."""
        return all(values[slot] for slot in self.slots)


class Paragraph(msgspec.Struct, frozen=True):
    """Sentences, or the alternatives of which one is said."""

    sentences: tuple[Sentence, ...]
    is_choice: bool = False

    def fill(self, values: Mapping[str, str]) -> str:
        """What can be said with these values; empty where that is nothing."""
        known = [sentence.fill(values) for sentence in self.sentences if sentence.is_known(values)]
        return " ".join(known[:1] if self.is_choice else known)


class Template(msgspec.Struct, frozen=True):
    """The paragraphs of a Comment or a Suggest section."""

    paragraphs: tuple[Paragraph, ...]

    def fill(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """The paragraphs that have something to say."""
        return tuple(text for text in (each.fill(values) for each in self.paragraphs) if text)

    def ask(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """As `fill`, but the first sentence, which is the question, is always said.

        Where it is a choice, the evidence of the next paragraph follows on the same line.
        """
        first, *others = self.paragraphs
        if first.is_choice:
            question = first.fill(values) or first.sentences[-1].fill(values, empty=values["field"])
            rest = others.pop(0).fill(values) if others else ""
        else:
            question = first.sentences[0].fill(values, empty=values["field"])
            rest = Paragraph(first.sentences[1:]).fill(values)
        return (f"{question} {rest}".strip(), *Template(tuple(others)).fill(values))

    @property
    def slots(self) -> frozenset[str]:
        """Every slot named."""
        return frozenset(slot for each in self.paragraphs for said in each.sentences for slot in said.slots)


def read_sentence(text: str) -> Sentence:
    """One sentence; Markdown's backquotes are for the page, not for the mail."""
    return Sentence(text.replace("`", ""), tuple(_SLOT.findall(text)))


def read_paragraph(text: str) -> Paragraph:
    """A paragraph of plain sentences."""
    return Paragraph(tuple(map(read_sentence, _SENTENCE_END.split(text))))


def read_choice(texts: Iterable[str]) -> Paragraph:
    """The alternatives of a numbered list."""
    return Paragraph(tuple(map(read_sentence, texts)), is_choice=True)


def stray_brace(text: str) -> bool:
    """Whether a brace is left that belongs to no slot."""
    rest = _SLOT.sub("", text)
    return "{" in rest or "}" in rest


def slot_values(fact: Fact) -> dict[str, str]:
    """The text of each slot of a fact, harmless and on one line."""
    return {name: _text(getattr(fact, name)) for name in sorted(form_of(type(fact)).slots)}


def _text(value: object) -> str:
    said = value.name if isinstance(value, Field) else str(value)
    folded = clean(said)
    return folded if len(folded) <= LONGEST else folded[: LONGEST - 1].rstrip() + "…"


def clean(text: str) -> str:
    """The text without control and format characters, white space folded.

    It comes from the code under review, which may hold escape sequences, bidirectional
    overrides and bytes that are no UTF-8.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(map(_harmless, text)).split())


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cs", "Co", "Cn"):
        return "\N{REPLACEMENT CHARACTER}"
    return " " if category[0] == "C" or category in ("Zl", "Zp") else character
