"""New values of which one side is accessed under the object's lock, and the other side without.

Rules lockless-read and lockless-store, for a field that the series adds: nobody marks it, and
all of its accesses are the series' own. Flags have a question of their own.
"""

from collections.abc import Iterator, Sequence

from reviewbot.analysis import wording
from reviewbot.analysis.candidates import Candidates
from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.evidence import Evidence, Overlap
from reviewbot.analysis.facts import Confidence, HeldLock, MixedMarking, Side
from reviewbot.analysis.held import Holding
from reviewbot.analysis.locks import owner_text, same_lock
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Stories, Story
from reviewbot.syntax.model import Kind, Marking, ValueKind

DEPTH = 3
MOST_PAIRS = 400
"""A field with more pairs of a store and a read is generated code."""
FEW_EVENTS = 8
"""A function with so few events that stores a value is taken for a helper that does just that."""


class BareSides:
    """The facts of one program."""

    def __init__(  # noqa: PLR0913, PLR0917  (one collaborator for each question)
        self,
        program: Program,
        holding: Holding,
        contexts: Contexts,
        stories: Stories,
        evidence: Evidence,
        scenarios: Scenarios,
    ) -> None:
        self._stories = stories
        self._program = program
        self._holding = holding
        self._contexts = contexts
        self._evidence = evidence
        self._scenarios = scenarios
        self._candidates = Candidates(contexts)

    def facts(self, story: Story) -> Iterator[MixedMarking]:
        """What is to be asked of a new quantity: at most one fact."""
        if not self._is_quantity(story):
            return
        writes = [s for s in story.writes if not self._evidence.is_alone(s.study)]
        reads = [s for s in story.reads if s.access.is_new]
        if len(writes) * len(reads) > MOST_PAIRS:
            return
        found = self._bare_read(story, writes, reads) or self._bare_store(story, writes, reads)
        if found is not None:
            writer, reader, lock, words = found
            yield self._fact(story, (writer, reader), lock, Overlap(words, 2))

    def _is_quantity(self, story: Story) -> bool:
        """Whether a plain number that nobody marks takes values that are worked out."""
        known = story.type
        if not story.is_new or known is None or known.pointers or known.array or known.tag:
            return False
        if self._candidates.is_declared_safe(story):
            return False
        is_plain = all(s.access.marking is Marking.PLAIN for s in story.seen)
        return is_plain and any(_is_worked_out(s) for s in story.writes)

    def _is_settled(self, story: Story, writer: Seen, reader: Seen) -> bool:
        """Whether a lock keeps the two apart, or another field orders them."""
        if self._evidence.apart(story, writer, reader):
            return True
        is_announced = self._is_announced(writer, reader)
        if is_announced:
            words = f"{reader.study.name}() checks first what {writer.study.name}() stores next"
            story.reasons.note(Quiet.GATED, words)
        return is_announced

    def _is_announced(self, writer: Seen, reader: Seen) -> bool:
        """Whether the read stands behind a check of what the writer's function stores next (S13).

        Then all depends on the order of the two, which is asked of that flag.
        """
        later = writer.study.flow.may_follow(writer.event)
        stored = {
            access.path.members[-1:]
            for event, access in writer.study.accesses()
            if later >> event & 1 and access.kind is Kind.WRITE
        }
        flow = reader.study.flow
        return any(
            (flow.governed(number, True) | flow.governed(number, False)) >> reader.event & 1
            for event, access, _ in self._stories.expanded(reader.study)
            if access.path.members[-1:] in stored and access.path.members[-1:] != (reader.access.field.name,)
            for number, test in enumerate(reader.study.function.tests)
            if event in test.events or (access.result or "?") in (*test.operand.variables, test.operand.name)
        )

    # -- written under a lock, read without ---------------------------------------------------

    def _bare_read(
        self, story: Story, writes: Sequence[Seen], reads: Sequence[Seen]
    ) -> tuple[Seen, Seen, HeldLock, str] | None:
        """A read without the lock of the object that all stores are made under."""
        lock = self._lock_of_all(writes)
        if lock is None:
            return None
        for reader in reads:
            if self._may_hold(reader, lock) or any(
                self._is_settled(story, writer, reader) for writer in writes
            ):
                continue
            words = self._why_bare(reader)
            if words:
                return writes[0], reader, lock, words
        return None

    def _lock_of_all(self, writes: Sequence[Seen]) -> HeldLock | None:
        """A lock of the object that is known to be held at every store, in its function or around it."""
        common: list[HeldLock] | None = None
        for writer in writes:
            locks = self._locks_at(writer)
            if common is None:
                common = [lock for lock in locks if lock.is_exclusive]
            else:
                common = [lock for lock in common if any(same_lock(lock.identity, o.identity) for o in locks)]
        return next(iter(common or ()), None)

    def _locks_at(self, writer: Seen) -> list[HeldLock]:
        """The locks of its object at a store; of a helper those that its callers in sight hold."""
        own = _real(writer.access.held)
        if own or len(writer.study.function.events) > FEW_EVENTS:
            return [lock for lock in own if self._evidence.is_of_object(lock, writer) and owner_text(lock)]
        around = self._around(writer)
        return [
            lock
            for lock in (around[0] if len(around) > 1 else ())
            if lock.identity.partition(".")[0] == writer.access.field.struct
            and all(any(lock.identity == other.identity for other in locks) for locks in around)
        ]

    def _around(self, writer: Seen) -> list[tuple[HeldLock, ...]]:
        """What the callers of a helper hold; a part of a function that shows no lock tells nothing."""
        found = []
        for site in self._program.sites(writer.study):
            locks = _real(self._holding.at(site.caller, site.event).locks)
            if locks or site.caller.function.is_whole:
                found.append(locks)
        return found

    def _may_hold(self, reader: Seen, lock: HeldLock) -> bool:
        """Whether the lock, or one that cannot be told, may be held at the read."""
        return any(
            same_lock(held.identity, lock.identity) or held.identity == "?"
            for held in (*reader.access.held, *self._brought(reader.study, DEPTH))
        )

    def _brought(self, study: Study, depth: int) -> Iterator[HeldLock]:
        """The locks that any of the callers at hand holds at its call."""
        for site in self._program.sites(study) if depth else ():
            yield from self._holding.at(site.caller, site.event).locks
            yield from self._brought(site.caller, depth - 1)

    def _why_bare(self, reader: Seen) -> str:
        """Why the read can run at any time; empty where nothing says so."""
        access = reader.access
        if any(section.flavour for section in access.sections) and not _real(access.held):
            return f"{wording.function(access)} reads it as an RCU reader"
        entry = self._open_entry(reader.study, DEPTH)
        return f"{entry}() can be called at any time" if entry else ""

    def _open_entry(self, study: Study, depth: int) -> str:
        """The function called from outside with no lock that leads here."""
        if self._contexts.is_entered_unlocked(study):
            return study.name
        sites = self._program.sites(study) if depth else ()
        return next(filter(None, (self._open_entry(site.caller, depth - 1) for site in sites)), "")

    # -- read under a lock, written without ---------------------------------------------------

    def _bare_store(
        self, story: Story, writes: Sequence[Seen], reads: Sequence[Seen]
    ) -> tuple[Seen, Seen, HeldLock, str] | None:
        """A store without the lock of the object that a read is made under, in another context."""
        bare = [w for w in writes if w.access.kind is Kind.WRITE and w.access.is_new and not w.access.held]
        for writer in bare:
            for reader in reads:
                lock = self._lock_of_object(reader)
                if lock is None or reader.study is writer.study or self._is_brought(writer, lock):
                    continue
                words = self._contexts.overlap(writer.study, reader.study)
                if words and not (
                    self._is_guarded(writer.study, reader.study) or self._is_settled(story, writer, reader)
                ):
                    return writer, reader, lock, words
        return None

    def _lock_of_object(self, seen: Seen) -> HeldLock | None:
        own = (x for x in _real(seen.access.held) if self._evidence.is_of_object(x, seen) and owner_text(x))
        return next(own, None)

    def _is_brought(self, seen: Seen, lock: HeldLock) -> bool:
        return any(same_lock(held.identity, lock.identity) for held in self._brought(seen.study, DEPTH))

    def _is_guarded(self, *studies: Study) -> bool:
        """Whether a function only runs where its callers keep others out in ways of their own."""
        return any(self._contexts.is_guarded(study) for study in studies)

    def _fact(self, story: Story, ends: tuple[Seen, Seen], lock: HeldLock, overlap: Overlap) -> MixedMarking:
        writer, reader = ends
        is_bare_store = not _real(writer.access.held) and bool(_real(reader.access.held))
        anchor = writer if is_bare_store else reader
        return MixedMarking(
            field=story.field,
            accesses=(writer.access, reader.access),
            **wording.about(anchor.access),
            **wording.sides(writer.access, [reader.access], "read", place=anchor.access.place),
            **self._evidence.grounds(overlap, ends, Confidence.MEDIUM),
            kind=anchor.access.kind,
            wanted="WRITE_ONCE()" if is_bare_store else "READ_ONCE()",
            other_side=Side.NONE,
            is_new_reader=not is_bare_store,
            lock=lock.text,
            takeable=self._evidence.takeable(lock.text, anchor.study),
            is_bare_store=is_bare_store,
            scenarios=(self._scenarios.race(writer, reader),),
        )


def _is_worked_out(seen: Seen) -> bool:
    """Whether a store is of more than a constant."""
    value = seen.source.value
    return value is None or value.kind not in (ValueKind.CONSTANT, ValueKind.NULL)


def _real(locks: Sequence[HeldLock]) -> tuple[HeldLock, ...]:
    """The locks that are more than a hint."""
    return tuple(lock for lock in locks if not lock.is_hinted)
