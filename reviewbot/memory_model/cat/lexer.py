"""The words of a cat file."""

from __future__ import annotations

import re

import msgspec

from reviewbot.errors import ModelError

# fmt: off
KEYWORDS = frozenset({
    "let", "rec", "and", "in", "fun", "include", "enum", "instructions", "flag", "empty", "acyclic",
    "irreflexive", "as", "with", "from", "try", "if", "then", "else", "not", "show", "unshow", "procedure",
    "call", "end", "match", "forall", "do", "default", "scopes", "undefined_unless", "assert",
})
# fmt: on

_WORD = re.compile(
    r"""(?P<space>[ \t\r\n]+|//[^\n]*)
      | (?P<comment>\(\*)
      | (?P<string>"[^"\n]*")
      | (?P<tag>'[A-Za-z][\w.-]*)
      | (?P<name>[A-Za-z][\w.'-]*|_\w[\w.'-]*)
      | (?P<op>\^-1|\^\+|\^\*|\|\||\+\+|->|[][(){}|;\\&*+?~=,_0])
    """,
    re.VERBOSE,
)
_COMMENT = re.compile(r"\(\*|\*\)")


class Source(msgspec.Struct, frozen=True):
    """A file of a model: its name for messages, and its text."""

    name: str
    text: str


class Place(msgspec.Struct, frozen=True):
    """Where a word stands; line and column are counted from 1 when asked for."""

    source: Source
    offset: int

    def __str__(self) -> str:
        before = self.source.text[: self.offset]
        return f"{self.source.name}:{before.count(chr(10)) + 1}:{self.offset - before.rfind(chr(10))}"

    def error(self, text: str) -> ModelError:
        """The error that begins with this place."""
        return ModelError(f"{self}: {text}")


class Word(msgspec.Struct, frozen=True):
    """One word.

    Attributes:
        kind: ``name``, ``string`` (text without its quotes), ``tag`` (without its quote), ``end`` of file;
            a keyword or an operator is its own kind.
        text: As written.
        place: Where it begins.
    """

    kind: str
    text: str
    place: Place


def words(source: Source) -> list[Word]:
    """All words of a file, the last one of kind ``end``.

    Raises:
        ModelError: A character or a comment that has no place in the language.
    """
    found: list[Word] = []
    offset = 0
    text = source.text
    while offset < len(text):
        match = _WORD.match(text, offset)
        if match is None:
            raise Place(source, offset).error(f"{text[offset]!r} is no part of the cat language")
        if match.lastgroup == "comment":
            offset = _after_comment(source, offset)
            continue
        if match.lastgroup != "space":
            found.append(_word(match, Place(source, offset)))
        offset = match.end()
    found.append(Word("end", "the end of the file", Place(source, offset)))
    return found


def _word(match: re.Match[str], place: Place) -> Word:
    text = match.group()
    if match.lastgroup == "string":
        return Word("string", text[1:-1], place)
    if match.lastgroup == "tag":
        return Word("tag", text[1:], place)
    if match.lastgroup == "name" and text not in KEYWORDS:
        return Word("name", text, place)
    return Word(text, text, place)


def _after_comment(source: Source, start: int) -> int:
    """Comments nest."""
    depth = 0
    for match in _COMMENT.finditer(source.text, start):
        depth += 1 if match.group() == "(*" else -1
        if not depth:
            return match.end()
    raise Place(source, start).error("this comment has no end")
