"""Mixed marking: a new plain access to a field that others access marked, or under a lock.

Rules mixed-marking and lockless-read. A mark says that its author believed in a concurrent
access; a lock that all writers hold says that they exclude each other, and nobody else.
"""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from reviewbot.analysis import wording
from reviewbot.analysis.alternatives import Alternatives, is_marked_beside
from reviewbot.analysis.candidates import Candidates
from reviewbot.analysis.evidence import Evidence, Overlap
from reviewbot.analysis.facts import Confidence, HeldLock, MixedMarking, SharedAccess, Side
from reviewbot.analysis.knobs import Handler
from reviewbot.analysis.locks import owner_text
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.scenario import Scenario
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.update_side import UpdateSide
from reviewbot.syntax.model import Kind, Marking

MARKED = frozenset({Marking.ONCE, Marking.ACQUIRE, Marking.RELEASE, Marking.FULL})
"""Marks that speak of lockless access to a plain word; RCU pointers have rules of their own."""

AGREEING = 2
"""So many functions that are said to run under a lock, and mark their reads, show that it does not help."""

MAJORITY = 0.8
LEAST_LOCKED = 3
"""A lock counts as the field's when at least so many accesses, and this share, hold it (lck-inconsistent)."""


class Markings:
    """The marking facts of one program."""

    def __init__(
        self, evidence: Evidence, candidates: Candidates, update_side: UpdateSide, scenarios: Scenarios
    ) -> None:
        self._evidence = evidence
        self._candidates = candidates
        self._update_side = update_side
        self._scenarios = scenarios
        self._alternatives = Alternatives()

    def facts(self, story: Story) -> Iterator[MixedMarking]:
        """What is to be asked of the new plain accesses: at most one fact."""
        if self._candidates.is_declared_safe(story):
            return
        if self._evidence.is_all_locked(story):
            return
        sides = _sides_of(story)
        for seen in story.seen:
            if self._candidates.is_candidate(story, seen) and not self._is_answered(story, seen):
                fact = self._against_marked(sides, seen) or self._against_locked(sides, seen)
                if fact is not None:
                    yield fact
                    return

    def _is_answered(self, story: Story, seen: Seen) -> bool:
        """Whether a marked access beside it, or in the other branch of an #if, answers for it."""
        if self._alternatives.is_marked_in_sibling(story, seen):
            words = f"the other branch of an #if in {seen.study.name}() marks it"
        elif is_marked_beside(story, seen):
            words = f"the same line of {seen.study.name}() marks it, of another object"
        else:
            return False
        story.reasons.note(Quiet.ANSWERED, words)
        return True

    def _against_marked(self, sides: "Sides", seen: Seen) -> MixedMarking | None:
        """Others mark the field, and no lock excludes them here (acc-one-side-once, acc-mixed-marking)."""
        marked = [s for s in sides.marked if s.study is not seen.study]
        reasons = sides.story.reasons
        if not marked:
            return None
        opposite = (
            self._opposite_write(sides, seen, marked)
            if seen.access.is_write
            else self._opposite(sides, seen, marked)
        )
        if not opposite:
            return None
        if not seen.access.is_write and self._is_said_to_be_locked(sides, seen):
            reasons.note(
                Quiet.BROUGHT,
                f"a name, a comment or another hunk says that {seen.study.name}() runs under a lock",
            )
            return None
        others = list(dict.fromkeys((*opposite, *marked)))
        fact = self._fact(sides.story, seen, others, marked)
        if not sides.story.is_new and self._update_side.is_likely_locked(seen, opposite):
            words = f"some callers of {seen.study.name}() hold a lock that the other side holds"
            reasons.note(Quiet.BROUGHT, words)
            return replace(fact, confidence=Confidence.LOW)
        return fact

    def _is_said_to_be_locked(self, sides: "Sides", seen: Seen) -> bool:
        """Whether a hint says that a lock is held, and means one that helps with this field.

        Where functions of such names mark their reads of it as well, they do not count on that lock.
        """
        marked = {s.study.name for s in sides.marked if s.study is not seen.study and not s.access.is_write}
        alike = {s.study.name for s in sides.marked if s.study.name in marked and self._evidence.is_hinted(s)}
        return self._evidence.is_hinted(seen) and len(alike) < AGREEING

    def _opposite_write(self, sides: "Sides", seen: Seen, marked: Sequence[Seen]) -> list[Seen]:
        """The marked accesses that a plain store may run into."""
        story = sides.story
        apart = [s for s in marked if self._evidence.apart(story, seen, s)]
        retried = [s for s in marked if s not in apart and self._update_side.is_retried(s)]
        for reader in retried:
            story.reasons.note(
                Quiet.RECHECKED, f"{reader.study.name}() reads it again until no store came between"
            )
        return [s for s in marked if not (s in apart or s in retried)]

    def _opposite(self, sides: "Sides", seen: Seen, marked: Sequence[Seen]) -> list[Seen]:
        """The stores that a plain read may run into; the marks of others where none is at hand."""
        story, name = sides.story, f"{seen.study.name}()"
        if self._update_side.reads(story, seen):
            story.reasons.note(Quiet.BROUGHT, f"{name} is on the side of those who store it")
            return []
        live = [s for s in sides.live if s.study is not seen.study]
        if not self._speaks_for_reads(live, marked):
            story.reasons.note(Quiet.UNMARKED, "only some reads in other folders are marked")
            return []
        writes = [s for s in sides.writes if s.study is not seen.study]
        if any(self._may_exclude(story, s, seen) for s in writes):
            return []
        if self._is_under_own_lock(seen) and not any(s.access.marking in MARKED for s in writes):
            story.reasons.note(Quiet.LOCKED, f"{name} holds a lock of the object, and no store is marked")
            return []
        return writes or self._unwritten(story, seen, marked)

    def _is_under_own_lock(self, seen: Seen) -> bool:
        """Whether a lock of the very object is seen to be held: then unmarked stores are at fault, if any."""
        return any(
            not lock.is_hinted and owner_text(lock) and self._evidence.is_of_object(lock, seen)
            for lock in seen.access.held
        )

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

    def _may_exclude(self, story: Story, writer: Seen, reader: Seen) -> bool:
        """Whether a lock keeps the two apart, or the writer's caller may hold the reader's.

        A lock that one writer shares with the reader is taken for the update lock: the other
        writers then are of other kinds of object, or hold it where we cannot see.
        """
        if self._evidence.apart(story, writer, reader):
            return True
        is_hinted = _real_locks(reader.access) and self._evidence.is_hinted(writer)
        if is_hinted:
            words = f"a name, a comment or another hunk says that {writer.study.name}() runs under a lock"
            story.reasons.note(Quiet.BROUGHT, words)
        return is_hinted

    def _unwritten(self, story: Story, seen: Seen, marked: Sequence[Seen]) -> list[Seen]:
        """The marked reads that speak of a writer out of sight: two functions have to agree.

        Those of other folders speak for all objects of the kind, and for no writer of these.
        """
        functions = {s.study.name for s in marked if not self._evidence.is_far(s.study)}
        is_built = story.is_new and any(s.access.is_write for s in story.seen)
        if is_built:
            words = "each store at hand is made before the object is shared, or after"
            story.reasons.note(Quiet.CONSTANT, words)
        elif len(functions) < 2 or _real_locks(seen.access):
            story.reasons.note(Quiet.ONE_SIDED, "no store of it is at hand")
        else:
            return list(marked)
        return []

    def _fact(self, story: Story, seen: Seen, others: Sequence[Seen], marked: Sequence[Seen]) -> MixedMarking:
        example = marked[0].access
        overlap = Overlap(f"{wording.function(example)} already uses {example.accessor}() on it", 2)
        accesses = [s.access for s in others]
        return MixedMarking(
            field=story.field,
            accesses=_writers_first([seen.access, *accesses]),
            **wording.about(seen.access),
            **wording.sides_of_any(seen.access, accesses),
            **self._evidence.grounds(overlap, (seen,)),
            kind=seen.access.kind,
            wanted="WRITE_ONCE()" if seen.access.is_write else "READ_ONCE()",
            marked_count=len(marked),
            other_side=_sides([s.access for s in marked]),
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
        if seen.access.is_write or self._is_under_lock(sides.story, seen):
            return None
        writes = [s for s in sides.writes if s.study is not seen.study]
        if not writes or not self._evidence.is_entered_unlocked(seen.study):
            words = "no store in another function is at hand"
            if writes:
                words = f"nothing says that {seen.study.name}() is called from outside with no lock held"
            sides.story.reasons.note(Quiet.UNSEEN if writes else Quiet.ONE_SIDED, words)
            return None
        others = [s for s in sides.others if s.study is not seen.study]
        lock = self._lock_of_all(writes)
        locked = [s for s in others if lock and any(h.identity == lock.identity for h in s.access.held)]
        is_rule = lock is not None and len(locked) >= max(LEAST_LOCKED, MAJORITY * len(others))
        if lock is None or not is_rule or not all(self._evidence.is_of_object(lock, w) for w in writes):
            words = "no other function marks it, and no lock is held at four in five accesses"
            sides.story.reasons.note(Quiet.UNMARKED, words)
            return None
        if self._is_apart_from_all(sides.story, seen, writes):
            return None
        overlap = self._evidence.overlap(sides.story, writes[0], (seen,))
        confidence = self._evidence.confidence(overlap, (seen, *writes))
        return replace(
            self._fact(sides.story, seen, writes, writes),
            overlap=overlap.words,
            lock=lock.text,
            takeable=self._evidence.takeable(lock.text, seen.study),
            confidence=confidence,
            is_new_reader=True,
        )

    def _is_under_lock(self, story: Story, seen: Seen) -> bool:
        """Whether a lock is held at an access, or a hint says so."""
        is_hinted = self._evidence.is_hinted(seen)
        locks = [lock.text for lock in seen.access.held]
        if locks:
            how = " (a name, a comment or another hunk says)" if is_hinted else ""
            story.reasons.note(
                Quiet.BROUGHT if is_hinted else Quiet.LOCKED, f"{seen.study.name}() holds {locks[0]}{how}"
            )
        return bool(locks)

    def _is_apart_from_all(self, story: Story, seen: Seen, writes: Sequence[Seen]) -> bool:
        """Whether none of the stores can run while the access does."""
        return all(self._evidence.apart(story, writer, seen) for writer in writes)

    @staticmethod
    def _lock_of_all(writes: Sequence[Seen]) -> HeldLock | None:
        """A lock that is known to be held at every one of the writes."""
        for lock in writes[0].access.held:
            if not lock.is_hinted and all(
                any(h.identity == lock.identity for h in w.access.held) for w in writes
            ):
                return lock
        return None


class Sides(msgspec.Struct, frozen=True):
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
    return any(not lock.is_hinted for lock in access.held)


def _writers_first(accesses: Sequence[SharedAccess]) -> tuple[SharedAccess, ...]:
    return tuple(sorted(accesses, key=lambda access: not access.is_write))


def _sides(accesses: Sequence[SharedAccess]) -> Side:
    has_write, has_read = any(a.is_write for a in accesses), any(not a.is_write for a in accesses)
    if has_write and has_read:
        return Side.BOTH
    return Side.WRITE if has_write else Side.READ
