"""The words by which a remark in a mail is known to speak of a concern, or to answer one."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType

import msgspec

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary.read import Section

_CONCERNS = frozenset({"lifetime", "ordering", "race", "marking"})
_WORD = re.compile(r"[\w'’]+")
_BEGIN = re.compile(r".*(?:[.?!]\s|\n\s*\n)", re.DOTALL)
_END = re.compile(r"[.?!](?=\s|\Z)|\n\s*\n")
_BEFORE = 4
"""Words before an ill among which one denies it."""
_SENTENCE, _MOST = 300, 20
"""Characters on each side in which a sentence ends, and ills of a text that are looked at."""


class Phrases(msgspec.Struct, frozen=True):
    """A pattern, and the words that its matches begin with: most texts have none of them."""

    pattern: re.Pattern[str]
    first: frozenset[str]

    def matches(self, text: str, words: frozenset[str]) -> Iterator[re.Match[str]]:
        """Where the text, of these words in lower case, has one of the phrases."""
        return iter(()) if self.first.isdisjoint(words) else self.pattern.finditer(text)

    def stand_in(self, text: str, words: frozenset[str]) -> bool:
        """Whether the text has one of the phrases."""
        return any(True for _ in self.matches(text, words))


class Words(msgspec.Struct, frozen=True):
    """What speaks of one concern; `near` are those whose words will do under the very line."""

    near: tuple[str, ...]
    names: re.Pattern[str]
    cures: Phrases
    ills: Phrases

    def has_name(self, words: Iterable[str]) -> bool:
        """Whether one of the words is the name of a primitive."""
        return any(self.names.fullmatch(word) for word in words)


class RemarkWords(msgspec.Struct, frozen=True):
    """The tables of `remarks.yaml`."""

    concerns: Mapping[str, Words]
    denials: frozenset[str]
    reasons: Phrases

    def spoken_of(self, text: str) -> frozenset[str]:
        """The concerns that a text raises."""
        words = frozenset(_WORD.findall(text))
        low = _lower(words)
        return frozenset(
            name
            for name, table in self.concerns.items()
            if table.has_name(words) or table.cures.stand_in(text, low) or self._has_ill(table, text, low)
        )

    def mentions(self, concern: str, text: str) -> bool:
        """Whether a text has a word of the concern, even to deny it."""
        words, table = frozenset(_WORD.findall(text)), self.concerns[concern]
        low = _lower(words)
        return table.has_name(words) or table.cures.stand_in(text, low) or table.ills.stand_in(text, low)

    def gives_reason(self, text: str) -> bool:
        """Whether a text explains, rather than promises."""
        return self.reasons.stand_in(text, _lower(_WORD.findall(text)))

    def _has_ill(self, table: Words, text: str, low: frozenset[str]) -> bool:
        found = islice(table.ills.matches(text, low), _MOST)
        return any(not self._is_denied(text, match.start()) for match in found)

    def _is_denied(self, text: str, place: int) -> bool:
        """Whether the word at `place` is said not to be so; a question denies nothing."""
        end = _END.search(text, place, place + _SENTENCE)
        if end and end[0] == "?":
            return False
        begin = max(place - _SENTENCE, 0)
        sentence = _BEGIN.sub("", text[begin:place])
        return not self.denials.isdisjoint(_last_words(sentence))


def _last_words(sentence: str) -> list[str]:
    """The last words of a sentence that was cut off, in lower case."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(sentence)[-_BEFORE:]]


def _lower(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.lower() for word in words)


def read_remark_words(top: Section) -> RemarkWords:
    """The tables of `remarks.yaml`.

    Raises:
        VocabularyError: A key, a word or a pattern is wrong; the text names the key.
    """
    concerns: dict[str, Words] = {}
    for row in top.rows("concerns"):
        name = row.word("concern", _CONCERNS)
        if name in concerns:
            raise VocabularyError(f"{row.path}.concern: {name} stands twice")
        near = row.names("near", _CONCERNS)
        names = _names(row.path, row.text("names"))
        concerns[name] = Words(near, names, _phrases(row.texts("cures")), _phrases(row.texts("ills")))
    found = RemarkWords(
        MappingProxyType(concerns), frozenset(top.names("denials")), _phrases(top.texts("reasons"))
    )
    top.close()
    return found


def _names(path: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(rf"(?<!\w)(?:{text})(?!\w)")
    except re.error as error:
        raise VocabularyError(f"{path}.names: {error}") from None


def _phrases(phrases: Iterable[str]) -> Phrases:
    split = [phrase.split() for phrase in phrases]
    found = "|".join(r"[\s-]+".join(map(re.escape, words)) for words in split)
    pattern = re.compile(rf"(?<![\w-])(?:{found})(?!\w)", re.IGNORECASE)
    return Phrases(pattern, frozenset(words[0] for words in split))
