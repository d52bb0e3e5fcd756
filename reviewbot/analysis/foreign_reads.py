"""Plain reads of memory that user space, a device or another system writes (suppressor S23).

No lock keeps such a writer out, and nobody proves that it is there: each member is to be read
once, with a mark, and that value used.
"""

from collections.abc import Iterator, Sequence

from reviewbot.analysis import wording
from reviewbot.analysis.evidence import Evidence, Overlap
from reviewbot.analysis.facts import Confidence
from reviewbot.analysis.foreign import Foreign
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.unprotected import ForeignRead
from reviewbot.syntax.model import Kind, Marking


class ForeignReads:
    """The facts of one program."""

    def __init__(self, foreign: Foreign, evidence: Evidence) -> None:
        self._foreign = foreign
        self._evidence = evidence

    def facts(self, story: Story) -> Iterator[ForeignRead]:
        """The new plain reads of one member: at most one fact."""
        found = [(seen, owner) for seen in story.seen if (owner := self._foreign.owner(seen))]
        plain = [entry for entry in found if _is_plain_read(entry[0]) and entry[0].access.is_new]
        if plain:
            seen, owner = plain[0]
            others = [s for s, _ in found if s.study is seen.study and s.access.text == seen.access.text]
            yield self._fact(story, seen, owner, [s for s, _ in plain], _is_repeated(seen, others))
            return
        for seen, _ in found:
            if seen.access.is_new and seen.access.kind is Kind.READ:
                how = seen.access.accessor or seen.access.marking.value
                story.reasons.note(Quiet.MARKED, f"{seen.study.name}() marks its read: {how}()")

    def _fact(
        self, story: Story, seen: Seen, owner: str, reads: Sequence[Seen], is_repeated: bool
    ) -> ForeignRead:
        return ForeignRead(
            field=story.field,
            accesses=tuple(s.access for s in reads),
            confidence=Confidence.MEDIUM,
            **wording.about(seen.access),
            writer=owner,
            reader=wording.functions([s.access for s in reads]),
            readers=wording.counted([s.access for s in reads], "read"),
            locks="",
            overlap=Overlap(f"{owner} may write {seen.access.text} at any time", 2).words,
            unseen=self._evidence.unseen((seen,)),
            owner=owner,
            is_repeated=is_repeated,
        )


def _is_plain_read(seen: Seen) -> bool:
    return seen.access.marking is Marking.PLAIN and seen.access.kind is Kind.READ


def _is_repeated(seen: Seen, found: Sequence[Seen]) -> bool:
    """Whether one path of the function reads the same place twice, with no store of its own."""
    same = [s for s in found if s.study is seen.study and s.access.text == seen.access.text]
    if any(s.access.is_write for s in same):
        return False
    apart = seen.study.flow.may_follow(seen.event) | seen.study.flow.may_precede(seen.event)
    return any(apart >> s.event & 1 for s in same if s.event != seen.event)
