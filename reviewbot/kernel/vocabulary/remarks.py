"""The words by which a remark in a mail is known to speak of a concern, or to answer one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary.read import Section

_CONCERNS = frozenset({"lifetime", "ordering", "race", "marking"})
_BEFORE = 4
"""Words before an ill among which one denies it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What speaks of one concern; `near` are those whose words will do under the very line."""

    near: tuple[str, ...]
    names: re.Pattern[str]
    cures: re.Pattern[str]
    ills: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class RemarkWords:
    """The tables of `remarks.yaml`."""

    concerns: Mapping[str, Words]
    denials: frozenset[str]
    reasons: re.Pattern[str]

    def spoken_of(self, text: str) -> frozenset[str]:
        """The concerns that a text raises."""
        return frozenset(name for name, words in self.concerns.items() if self._raises(words, text))

    def mentions(self, concern: str, text: str) -> bool:
        """Whether a text has a word of the concern, even to deny it."""
        words = self.concerns[concern]
        return any(pattern.search(text) for pattern in (words.names, words.cures, words.ills))

    def gives_reason(self, text: str) -> bool:
        """Whether a text explains, rather than promises."""
        return bool(self.reasons.search(text))

    def _raises(self, words: Words, text: str) -> bool:
        if words.names.search(text) or words.cures.search(text):
            return True
        return any(not self._is_denied(text, match.start()) for match in words.ills.finditer(text))

    def _is_denied(self, text: str, place: int) -> bool:
        """Whether the word at `place` is said not to be so; a question denies nothing."""
        start = max(text.rfind(mark, 0, place) for mark in (". ", ".\n", "? ", "?\n", "\n\n", "! ")) + 1
        end = re.search(r"[.?!](?=\s|$)|\n\s*\n", text[place:])
        if end and end[0] == "?":
            return False
        before = re.findall(r"[\w'’]+", text[start:place])[-_BEFORE:]
        return any(word.lower().replace("’", "'") in self.denials for word in before)


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


def _phrases(phrases: Iterable[str]) -> re.Pattern[str]:
    found = "|".join(r"[\s-]+".join(map(re.escape, phrase.split())) for phrase in phrases)
    return re.compile(rf"(?<![\w-])(?:{found})(?![\w])", re.IGNORECASE)
