"""New fields: written by the series, and not yet read by it; a question at most."""

import re
from collections.abc import Iterator

from reviewbot.analysis import wording
from reviewbot.analysis.evidence import Evidence, Overlap
from reviewbot.analysis.facts import DOCUMENTED, Confidence, NewField
from reviewbot.analysis.stories import Seen, Story
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Kind, Marking

PROTECTION = re.compile(
    r"protect|(?:\b|_)lock(?:ed|s)?\b|mutex|seriali[sz]|\brcu\b|\batomic"
    r"|\b(?:written|set|changed|updated) by\b"
    r"|\bonly (?:written|read|accessed|touched|used|set|changed) (?:by|in|from|under|with)\b",
    re.IGNORECASE,
)
"""How comments at a declaration say who may touch a field, and under what."""


class NewFields:
    """The fields that the series adds and stores without saying what protects them."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._waiting = vocabulary().waiting

    def facts(self, story: Story) -> Iterator[NewField]:
        """A new member with a plain store that others may see, and no reader."""
        if not story.is_new or story.field.struct is None or story.member is None:
            return
        if story.type is not None and story.type.name in self._waiting.self_synchronised_types:
            return
        writers = [w for w in story.writes if w.access.kind is Kind.WRITE]
        is_plain = all(w.access.marking is Marking.PLAIN for w in story.writes)
        if not writers or any(not s.access.is_write for s in story.seen) or len(writers) != len(story.writes):
            return
        if not is_plain or any(not lock.is_hinted for w in writers for lock in w.access.held):
            return
        yield self._fact(story, writers)

    def _overlap(self, story: Story, writers: list[Seen]) -> Overlap:
        """Two writers that can overlap, or one that is called from outside with no lock held."""
        overlap = self._evidence.overlap(story, writers[0], writers[1:])
        entry = next((w for w in writers if self._evidence.is_open_entry(w.study)), None)
        if overlap.strength or entry is None:
            return overlap
        return Overlap(f"{wording.function(entry.access)} is called with no lock held", 1)

    def _fact(self, story: Story, writers: list[Seen]) -> NewField:
        writer = writers[0]
        overlap = self._overlap(story, writers)
        confidence = Confidence.MEDIUM if overlap.strength else Confidence.LOW
        comment = story.member.comment if story.member else ""
        return NewField(
            field=story.field,
            accesses=tuple(w.access for w in writers),
            confidence=confidence,
            **wording.about(writer.access),
            writer=wording.functions([w.access for w in writers]),
            reader="",
            readers="",
            locks="with no lock that I can see",
            overlap=overlap.words,
            unseen=self._evidence.unseen(writers),
            reason=DOCUMENTED if _names_protection(comment) else None,
        )


def _names_protection(comment: str) -> bool:
    """Whether the comment at a declaration says how the field is protected (S26)."""
    return PROTECTION.search(comment) is not None
