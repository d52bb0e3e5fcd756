"""Mixed marking: a new plain access to a field that others access marked, or under a lock.

Rules mixed-marking and lockless-read. A mark says that its author believed in a concurrent
access; a lock that all writers hold says that they exclude each other, and nobody else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reviewbot.analysis import wording
from reviewbot.analysis.alternatives import Alternatives, is_marked_beside
from reviewbot.analysis.evidence import Evidence, Overlap, excludes
from reviewbot.analysis.facts import Confidence, HeldLock, Known, MixedMarking, SharedAccess, Side
from reviewbot.analysis.knobs import Handler
from reviewbot.analysis.scenario import Scenario
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.update_side import UpdateSide
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Kind, Marking

MARKED = frozenset({Marking.ONCE, Marking.ACQUIRE, Marking.RELEASE, Marking.FULL})
"""Marks that speak of lockless access to a plain word; RCU pointers have rules of their own."""

MAJORITY = 0.8
LEAST_LOCKED = 3
"""A lock counts as the field's when at least so many accesses, and this share, hold it (lck-inconsistent)."""


class Markings:
    """The marking facts of one program."""

    def __init__(self, evidence: Evidence, update_side: UpdateSide, scenarios: Scenarios) -> None:
        self._evidence = evidence
        self._update_side = update_side
        self._scenarios = scenarios
        self._waiting = vocabulary().waiting
        self._alternatives = Alternatives()

    def facts(self, story: Story) -> Iterator[MixedMarking]:
        """What is to be asked of the new plain accesses: at most one fact."""
        if story.type is not None and story.type.name in self._waiting.self_synchronised_types:
            return
        sides = _sides_of(story)
        for seen in story.seen:
            if self._is_candidate(seen) and not self._is_answered(story, seen):
                fact = self._against_marked(sides, seen) or self._against_locked(sides, seen)
                if fact is not None:
                    yield fact
                    return

    def _is_answered(self, story: Story, seen: Seen) -> bool:
        """Whether a marked access beside it, or in the other branch of an #if, answers for it."""
        return self._alternatives.is_marked_in_sibling(story, seen) or is_marked_beside(story, seen)

    def _is_candidate(self, seen: Seen) -> bool:
        """A new plain access that others may run into."""
        access = seen.access
        is_plain = access.marking is Marking.PLAIN and access.kind in (Kind.READ, Kind.WRITE, Kind.RMW)
        is_own = access.via is None and seen.is_live and not self._evidence.is_alone(seen.study)
        return access.is_new and is_plain and is_own

    def _against_marked(self, sides: "Sides", seen: Seen) -> MixedMarking | None:
        """Others mark the field, and no lock excludes them here (acc-one-side-once, acc-mixed-marking)."""
        marked = [s for s in sides.marked if s.study is not seen.study]
        if not marked or (not seen.access.is_write and self._update_side.reads(sides.story, seen)):
            return None
        live = [s for s in sides.live if s.study is not seen.study]
        if not seen.access.is_write and not self._speaks_for_reads(live, marked):
            return None
        writes = [s for s in sides.writes if s.study is not seen.study]
        if seen.access.is_write:
            opposite = [s for s in marked if not (excludes(seen, s) or self._update_side.is_retried(s))]
        elif any(self._may_exclude(s, seen) for s in writes):
            opposite = []
        elif writes:
            opposite = writes
        else:
            opposite = self._unwritten(seen, marked)
        if not opposite or (not seen.access.is_write and self._evidence.is_hinted(seen)):
            return None
        others = list(dict.fromkeys((*opposite, *marked)))
        fact = self._fact(sides.story, seen, others, marked)
        if not sides.story.is_new and self._update_side.is_likely_locked(seen, opposite):
            return replace(fact, confidence=Confidence.LOW)
        return fact

    def _speaks_for_reads(self, live: Sequence[Seen], marked: Sequence[Seen]) -> bool:
        """Whether the marks are near by, or in other folders the rule rather than the exception.

        A few marked reads of what every driver reads plainly speak for their own places only.
        """
        if any(not self._evidence.is_far(s.study) for s in marked):
            return True
        reads = [s for s in live if s.access.kind is Kind.READ]
        marks = [s for s in reads if s.access.marking in MARKED]
        has_store = any(s.access.is_write and s.access.marking in MARKED for s in live)
        return has_store and len(marks) * 2 >= len(reads)

    def _may_exclude(self, writer: Seen, reader: Seen) -> bool:
        """Whether a lock keeps the two apart, or the writer's caller may hold the reader's.

        A lock that one writer shares with the reader is taken for the update lock: the other
        writers then are of other kinds of object, or hold it where we cannot see.
        """
        return excludes(writer, reader) or (_real_locks(reader.access) and self._evidence.is_hinted(writer))

    def _unwritten(self, seen: Seen, marked: Sequence[Seen]) -> list[Seen]:
        """The marked reads that speak of a writer out of sight: two functions have to agree.

        Those of other folders speak for all objects of the kind, and for no writer of these.
        """
        functions = {s.study.name for s in marked if not self._evidence.is_far(s.study)}
        return list(marked) if len(functions) > 1 and not _real_locks(seen.access) else []

    def _fact(self, story: Story, seen: Seen, others: Sequence[Seen], marked: Sequence[Seen]) -> MixedMarking:
        example = marked[0].access
        overlap = Overlap(f"{wording.function(example)} already uses {example.accessor}() on it", 2)
        confidence = self._evidence.confidence(overlap, (seen,))
        is_write = seen.access.is_write
        return MixedMarking(
            field=story.field,
            place=seen.access.place,
            accesses=_writers_first([seen.access, *(s.access for s in others)]),
            confidence=confidence,
            store=seen.access.line_text,
            target=seen.access.text,
            writer=wording.functions([s.access for s in (seen, *others) if s.access.is_write]),
            reader=wording.functions([s.access for s in (seen, *others) if not s.access.is_write]),
            readers=wording.counted([s.access for s in others], "access"),
            locks=wording.locks(seen.access, [s.access for s in others]),
            overlap=overlap.words,
            payload="",
            interleaving=None,
            unseen=self._evidence.unseen((seen,)),
            reason=None,
            kind=seen.access.kind,
            wanted="WRITE_ONCE()" if is_write else "READ_ONCE()",
            marked_count=len(marked),
            other_side=_sides([s.access for s in marked]),
            is_new_reader=False,
            is_diagnostic=False,
            lock="",
            scenarios=self._races(seen, others),
        )

    def _races(self, seen: Seen, others: Sequence[Seen]) -> tuple[Scenario, ...]:
        """The access against one that conflicts with it: of two, one stores."""
        against = next((s for s in others if s.access.is_write or seen.access.is_write), None)
        if against is None:
            return ()
        ends = (seen, against) if seen.access.is_write else (against, seen)
        return (self._scenarios.race(*ends),)

    def _against_locked(self, sides: "Sides", seen: Seen) -> MixedMarking | None:
        """All others hold one lock, and this new read does not (acc-lock-writer-lockless-reader)."""
        if seen.access.is_write or _real_locks(seen.access) or self._evidence.is_hinted(seen):
            return None
        if not sides.writes or not self._evidence.is_entered_unlocked(seen.study):
            return None
        writes = [s for s in sides.writes if s.study is not seen.study]
        if not writes:
            return None
        others = [s for s in sides.others if s.study is not seen.study]
        lock = self._lock_of_all(writes)
        locked = [s for s in others if lock and any(h.identity == lock.identity for h in s.access.held)]
        if lock is None or not all(self._evidence.is_of_object(lock, w) for w in writes):
            return None
        if len(locked) < LEAST_LOCKED or len(locked) < MAJORITY * len(others):
            return None
        overlap = self._evidence.overlap(sides.story, writes[0], (seen,))
        fact = self._fact(sides.story, seen, writes, writes)
        return _as_new_reader(fact, overlap, lock.text, self._evidence.confidence(overlap, (seen, *writes)))

    @staticmethod
    def _lock_of_all(writes: Sequence[Seen]) -> HeldLock | None:
        """A lock that is known to be held at every one of the writes."""
        for lock in writes[0].access.held:
            if lock.known != Known.HINTED.value and all(
                any(h.identity == lock.identity for h in w.access.held) for w in writes
            ):
                return lock
        return None


@dataclass(frozen=True, slots=True)
class Sides:
    """The accesses of a story that each new one is held against, sorted out once."""

    story: Story
    live: tuple[Seen, ...]
    marked: tuple[Seen, ...]
    """But that a knob is set with a mark says nothing of the code that uses it."""
    writes: tuple[Seen, ...]
    others: tuple[Seen, ...]
    """The live ones that are more than an address taken."""


def _sides_of(story: Story) -> Sides:
    live = [s for s in story.seen if s.is_live]
    return Sides(
        story=story,
        live=tuple(live),
        marked=tuple(s for s in live if s.access.marking in MARKED and not isinstance(s.study, Handler)),
        writes=tuple(s for s in live if s.access.is_write),
        others=tuple(s for s in live if s.access.kind is not Kind.ADDRESS),
    )


def _real_locks(access: SharedAccess) -> bool:
    """Whether a lock is held that is more than a hint."""
    return any(lock.known != Known.HINTED.value for lock in access.held)


def _writers_first(accesses: Sequence[SharedAccess]) -> tuple[SharedAccess, ...]:
    return tuple(sorted(accesses, key=lambda access: not access.is_write))


def _sides(accesses: Sequence[SharedAccess]) -> Side:
    has_write, has_read = any(a.is_write for a in accesses), any(not a.is_write for a in accesses)
    if has_write and has_read:
        return Side.BOTH
    return Side.WRITE if has_write else Side.READ


def _as_new_reader(fact: MixedMarking, overlap: Overlap, lock: str, confidence: Confidence) -> MixedMarking:
    return replace(fact, overlap=overlap.words, lock=lock, confidence=confidence, is_new_reader=True)
