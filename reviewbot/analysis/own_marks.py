"""A function that reads a field marked and plainly, with no more locks for the plain read.

Who wrote the mark believed in a concurrent store; the plain read beside it may see another
value, or several.
"""

from collections.abc import Iterator

from reviewbot.analysis import wording
from reviewbot.analysis.alternatives import Alternatives
from reviewbot.analysis.evidence import Evidence, Overlap
from reviewbot.analysis.facts import MixedMarking, SharedAccess, Side
from reviewbot.analysis.markings import MARKED
from reviewbot.analysis.stories import Seen, Story
from reviewbot.syntax.model import Kind, Marking

READS = frozenset({Marking.ONCE, Marking.ACQUIRE})


class OwnMarks:
    """The facts about functions of one program that mark some of their reads."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._alternatives = Alternatives()

    def facts(self, story: Story) -> Iterator[MixedMarking]:
        """A new plain read in a function that also reads the field marked: at most one fact.

        Where other functions mark it too, the question is about them (rule mixed-marking).
        """
        marking = {s.study for s in story.seen if s.is_live and s.access.marking in MARKED}
        if len(marking) != 1:
            return
        for seen in story.seen:
            marked = self._marked_beside(story, seen)
            if marked is not None and not self._alternatives.is_marked_in_sibling(story, seen):
                yield self._fact(story, seen, marked)
                return

    def _marked_beside(self, story: Story, seen: Seen) -> Seen | None:
        """A marked read of the same lvalue in the same function, under all the locks of this one."""
        access = seen.access
        is_plain = access.marking is Marking.PLAIN and access.kind is Kind.READ and access.via is None
        if not (is_plain and access.is_new and seen.is_live) or self._evidence.is_alone(seen.study):
            return None
        own = [s for s in story.seen_in.get(seen.study, ()) if s.access.text == access.text]
        if any(s.access.is_write for s in own):
            return None
        held = _locks(access)
        return next(
            (
                s
                for s in own
                if s.access.kind is Kind.READ and s.access.marking in READS and held <= _locks(s.access)
            ),
            None,
        )

    def _fact(self, story: Story, seen: Seen, marked: Seen) -> MixedMarking:
        how = f"{wording.function(marked.access)} already uses {marked.access.accessor}() on it"
        overlap = Overlap(how, 2)
        return MixedMarking(
            field=story.field,
            accesses=(seen.access, marked.access),
            **wording.about(seen.access),
            **wording.sides_of_any(seen.access, [marked.access]),
            **self._evidence.grounds(overlap, (seen,)),
            kind=Kind.READ,
            wanted="READ_ONCE()",
            marked_count=1,
            other_side=Side.READ,
        )


def _locks(access: SharedAccess) -> set[str]:
    """The locks that are surely held."""
    return {lock.identity for lock in access.held if not lock.is_hinted}
