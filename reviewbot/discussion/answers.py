"""Where an author explained: in the cover letter, under the `---`, in a message, in the thread."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from reviewbot.discussion.naming import naming
from reviewbot.discussion.remarks import Remark, talk
from reviewbot.findings import Concern, Finding
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.series.model import Series

_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*[-*] )")
_SENTENCE_END = re.compile(r"[.?!;](?=\s|\Z)")
_LONGEST, _LONGEST_PARAGRAPH = 100_000, 4000
"""Characters of a text, and of a paragraph of it, that are looked at."""


class Answer(NamedTuple):
    """A paragraph of an author, and where it stands: `the cover letter`, `the notes of patch 2`."""

    where: str
    text: str


def answers(series: Series, before: Series) -> tuple[Answer, ...]:
    """All that the authors wrote: with this revision, and in the threads of both."""
    found = [*_told(series), *_replied(talk(series).authors), *_replied(talk(before).authors)]
    return tuple(
        Answer(where, part[:_LONGEST_PARAGRAPH])
        for where, text in found
        for part in _PARAGRAPH.split(text[:_LONGEST])
        if part.strip()
    )


def answer(finding: Finding, said: tuple[Answer, ...]) -> str:
    """Where an author explained why nothing is needed; empty where that is nowhere.

    A paragraph does that names the field, speaks of the concern and gives a reason. One that
    names what was suggested, without denying that it is needed, tells of a repair instead.
    """
    named = naming(finding.field)
    fitting = (each for each in said if named.search(each.text) and _explains(finding, each.text))
    return next((each.where for each in fitting), "")


def _explains(finding: Finding, text: str) -> bool:
    words = vocabulary().remarks
    if not words.gives_reason(text) or _claims_repair(finding, text):
        return False
    near = words.concerns[finding.concern.word].near if finding.concern is not Concern.QUESTION else ()
    concerns = {finding.concern.word, *near} & set(words.concerns)
    return finding.concern is Concern.QUESTION or any(words.mentions(name, text) for name in concerns)


def _claims_repair(finding: Finding, text: str) -> bool:
    """Whether the text says of a primitive that was suggested anything but that it is not needed."""
    names = [name.removesuffix("()") for name in (finding.suggestion.write, finding.suggestion.read) if name]
    if not names:
        return False
    used = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")
    denials = vocabulary().remarks.denials
    for match in used.finditer(text):
        start = max((end.end() for end in _SENTENCE_END.finditer(text, 0, match.start())), default=0)
        after = _SENTENCE_END.search(text, match.end())
        sentence = text[start : after.start() if after else len(text)].lower()
        if denials.isdisjoint(re.findall(r"[\w']+", sentence)) and "unnecessary" not in sentence:
            return True
    return False


def _told(series: Series) -> Iterator[tuple[str, str]]:
    if series.cover:
        yield "the cover letter", series.cover.body
    for patch in series.patches:
        yield f"the notes of patch {patch.index}", patch.notes
        yield f"the message of patch {patch.index}", patch.body


def _replied(remarks: tuple[Remark, ...]) -> Iterator[tuple[str, str]]:
    for remark in remarks:
        # the quote says what is spoken of
        quote = " ".join(line.strip() for line in remark.quoted[-3:])
        yield (
            f"<{remark.message_id}>",
            f"{quote}\n{remark.text}" if "\n\n" not in remark.text else remark.text,
        )
