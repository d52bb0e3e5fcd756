"""Why two accesses may run at the same time, and how sure that is.

The levels E0 to E4 of the rule catalogue. E0, nothing known, never carries more than a low
confidence.
"""

from collections.abc import Sequence
from typing import TypedDict

import msgspec

from reviewbot.analysis import wording
from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.drains import Drains
from reviewbot.analysis.effects import Effects
from reviewbot.analysis.facts import Confidence, HeldLock, Known
from reviewbot.analysis.handoffs import Handoffs
from reviewbot.analysis.locks import common_locks, owner_text
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.reasons import Quiet, Reason
from reviewbot.analysis.serialised import Serialised
from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.turns import Turns
from reviewbot.syntax.model import Access, Kind, Marking, Root


class Overlap(msgspec.Struct, frozen=True):
    """Why accesses can overlap. `strength`: 2 seen in the code, 1 likely, 0 nothing known."""

    words: str
    strength: int


NOTHING = Overlap("", 0)

_RISING = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


class Grounds(TypedDict):
    """The attributes of a fact that say how far the evidence carries."""

    overlap: str
    confidence: Confidence
    unseen: tuple[str, ...]


class Evidence:
    """What speaks for two sides of a field running at the same time."""

    def __init__(self, program: Program, contexts: Contexts, effects: Effects) -> None:
        self._program = program
        self._contexts = contexts
        self._effects = effects
        self._serialised = Serialised(program, contexts)
        self._drains = Drains(program, Handoffs(program))
        self._turns = Turns(program, contexts)

    @property
    def has_tree(self) -> bool:
        """Whether more than the series can be seen."""
        return self._program.has_tree

    @staticmethod
    def is_all_locked(story: Story) -> bool:
        """Whether one lock is held at all accesses that others may run into; noted."""
        if story.common_locks:
            kind, words = _all_locked(story)
            story.reasons.note(kind, words)
        return bool(story.common_locks)

    def apart(self, story: Story, one: Seen, other: Seen) -> bool:
        """Whether something keeps two accesses of a field from running at the same time; noted."""
        reason = _by_lock(story, one, other) or _by_cpu(one, other) or self._by_order(one, other)
        if reason is not None:
            story.reasons.note(reason.kind, reason.words)
        return reason is not None

    def _by_order(self, one: Seen, other: Seen) -> Reason | None:
        """One callback taking turns with itself (S11), or a wait until the other has ended (S05)."""
        callback = self._turns.one_callback(one, other)
        if callback:
            return Reason(Quiet.TURNS, f"all of it runs in {callback}, once at a time")
        for first, last in ((one, other), (other, one)):
            wait = self._drains.waits_for(first, last)
            if wait:
                return Reason(
                    Quiet.DRAINED, f"{first.study.name}() has waited for {last.study.name}(): {wait}"
                )
        return None

    def overlap(self, story: Story, writer: Seen, readers: Sequence[Seen]) -> Overlap:
        """Why the writer can run while one of the readers does."""
        found = self._overlap(story, writer, readers)
        if found.strength == 0:
            story.reasons.note(
                Quiet.UNSEEN, "nothing seen tells that two of its accesses run at the same time"
            )
        return found

    def _overlap(self, story: Story, writer: Seen, readers: Sequence[Seen]) -> Overlap:
        apart = [reader for reader in readers if self._serialised.apart(writer, reader)]
        readers = [reader for reader in readers if reader not in apart]
        if apart and not readers:
            words = "one open file or one walk has it to itself, and its callers run one after the other"
            story.reasons.note(Quiet.TURNS, words)
            return NOTHING
        for reader in readers:
            if reader.study is not writer.study and (
                words := self._contexts.overlap(writer.study, reader.study, (_locks(writer), _locks(reader)))
            ):
                return Overlap(words, 2)
        for reader in readers:
            if any(section.flavour for section in reader.access.sections) and not reader.access.held:
                return Overlap(f"{wording.function(reader.access)} reads it as an RCU reader", 2)
        marked = story.first_marked
        if marked is not None:
            how = marked.access.accessor or marked.access.marking.value
            return Overlap(f"{wording.function(marked.access)} already uses {how}() on it", 2)
        return self._locked_by_some(writer, readers) or self._object_has_lock(writer, readers) or NOTHING

    @staticmethod
    def _locked_by_some(writer: Seen, readers: Sequence[Seen]) -> Overlap | None:
        """A lock of the same object around some of the accesses: so the object is shared."""
        for seen in (*readers, writer):
            for lock in seen.access.held:
                if not lock.is_hinted and _is_of_object(lock, seen):
                    return Overlap(f"{wording.function(seen.access)} takes {lock.text} around its access", 2)
        return None

    def _object_has_lock(self, writer: Seen, readers: Sequence[Seen]) -> Overlap | None:
        for seen in (writer, *readers):
            lock = self._lock_of_object(seen)
            if lock:
                return Overlap(f"{wording.function(seen.access)} takes {lock} for the same object", 1)
        return None

    def _lock_of_object(self, seen: Seen) -> str:
        for changes in self._effects.changes(seen.study).values():
            for change in changes:
                hold = change.hold
                lock = HeldLock(hold.text, hold.identity, hold.is_exclusive, hold.known.value)
                if not hold.is_section and hold.known is Known.SEEN and _is_of_object(lock, seen):
                    return hold.text
        return ""

    def grounds(self, overlap: Overlap, seen: Sequence[Seen], most: Confidence = Confidence.HIGH) -> Grounds:
        """Why the accesses overlap, how sure that is, `most` at the most, and what could not be seen."""
        confidence = min(self.confidence(overlap, seen), most, key=_RISING.index)
        return Grounds(overlap=overlap.words, confidence=confidence, unseen=self.unseen(seen))

    def confidence(self, overlap: Overlap, seen: Sequence[Seen]) -> Confidence:
        """High only with the whole functions in sight and both ends of a strong struct."""
        if overlap.strength == 0:
            return Confidence.LOW
        is_whole = self._program.has_tree and all(s.study.function.is_whole for s in seen)
        is_sure = is_whole and overlap.strength == 2 and not any(s.access.field.weak for s in seen)
        return Confidence.HIGH if is_sure else Confidence.MEDIUM

    def unseen(self, seen: Sequence[Seen]) -> tuple[str, ...]:
        """What could not be seen and might answer the question."""
        if self._program.has_tree:
            return ()
        parts = sorted({s.study.name for s in seen if not s.study.function.is_whole})
        names = ", ".join(f"{name}()" for name in parts[:3]) + (" and more" if len(parts) > 3 else "")
        return (f"the rest of {names}",) if parts else ()

    def is_hinted(self, seen: Seen) -> bool:
        """Whether only a name, a comment or another hunk says that some lock is held."""
        return any(lock.is_hinted for lock in seen.access.held)

    def is_open_entry(self, study: Study) -> bool:
        """Whether the function is called from outside with no lock and in no read-side section."""
        return self._contexts.is_open_entry(study)

    def is_entered_unlocked(self, study: Study) -> bool:
        """Whether the function is called from outside, with no lock that we cannot see."""
        return self._contexts.is_entered_unlocked(study)

    def takeable(self, lock: str, study: Study) -> str:
        """The lock, where the function may well take it; empty else."""
        return "" if self._contexts.interrupts(study) else lock

    @staticmethod
    def is_of_object(lock: HeldLock, seen: Seen) -> bool:
        """Whether the lock belongs to the object of the access, or is a global one."""
        return _is_of_object(lock, seen) or not owner_text(lock)

    def is_far(self, study: Study) -> bool:
        """Whether a function is of a folder that was looked at for marks only."""
        return self._program.is_far(study)

    def is_alone(self, study: Study) -> bool:
        """Whether the function runs where nobody else can be (S02)."""
        return self._contexts.is_single_threaded(study)


def _is_of_object(lock: HeldLock, seen: Seen) -> bool:
    """Whether the lock belongs to the object of the access, or to what that hangs on."""
    owner, target = owner_text(lock), seen.access.object_text
    if not owner or not target:
        return False
    return (
        owner == target or target.startswith((owner + "->", owner + ".")) or owner.startswith(target + "->")
    )


def _by_lock(story: Story, one: Seen, other: Seen) -> Reason | None:
    """The lock that keeps two accesses apart (S03), or that their callers hold (S04)."""
    locks = common_locks(one.access, other.access)
    if not locks:
        return None
    surest = next((lock for lock in locks if lock.known == Known.SEEN.value), locks[0])
    if surest.known == Known.SEEN.value:
        if story.common_locks:
            return Reason(*_all_locked(story))
        return Reason(Quiet.LOCKED, f"{surest.text} is held at both {_ends(one, other)}")
    how = "a name, a comment or another hunk says" if surest.is_hinted else f"{surest.known} held"
    return Reason(Quiet.BROUGHT, f"{surest.text} is held around both {_ends(one, other)} ({how})")


def _by_cpu(one: Seen, other: Seen) -> Reason | None:
    """Both are at their own CPU's memory (S06): others, interrupts among them, see one CPU's own order."""
    if _is_own_cpu(one) and _is_own_cpu(other):
        return Reason(Quiet.PRIVATE, f"{_ends(one, other)} access what is their CPU's own")
    return None


def _is_own_cpu(seen: Seen) -> bool:
    """Whether the object was reached through this_cpu_ptr() or its like."""
    path, study = seen.source.path, seen.study
    given = study.definitions(path.root, seen.event) if path.root_kind is Root.LOCAL else ()
    return bool(given) and all(
        isinstance(event := study.function.events[d], Access)
        and event.marking is Marking.PERCPU
        and event.accessor != "per_cpu_ptr"
        for d in given
    )


def _locks(seen: Seen) -> frozenset[str]:
    """The global locks known to be held at an access."""
    return frozenset(
        lock.identity for lock in seen.access.held if not lock.is_hinted and not owner_text(lock)
    )


def _all_locked(story: Story) -> tuple[Quiet, str]:
    lock = story.common_locks[0]
    held = (next((h for h in s.access.held if h.text == lock), None) for s in story.seen if s.is_live)
    unseen = sorted({each.known for each in held if each is not None and each.known != Known.SEEN.value})
    but = (
        ""
        if all(s.is_live or s.access.kind is Kind.ADDRESS for s in story.seen)
        else " but those in setup and teardown"
    )
    words = f"all accesses{but} hold {lock}"
    return (Quiet.BROUGHT, f"{words}, known by: {', '.join(unseen)}") if unseen else (Quiet.LOCKED, words)


def _ends(one: Seen, other: Seen) -> str:
    first, last = sorted((one.study.name, other.study.name))
    return f"{first}() and {last}()"


def excludes(writer: Seen, reader: Seen) -> bool:
    """Whether a lock in common keeps the two apart (S03), or only a hint says so (S04)."""
    return bool(common_locks(writer.access, reader.access))
