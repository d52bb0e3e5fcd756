"""Double-checked initialisation: a test outside the lock, repeated under it (lck-double-checked)."""

from collections.abc import Iterator

from reviewbot.analysis import wording
from reviewbot.analysis.evidence import Evidence, Overlap
from reviewbot.analysis.facts import DoubleCheck, Interleaving, Known, SharedAccess, Step
from reviewbot.analysis.flow import bits
from reviewbot.analysis.ordering import Ordering
from reviewbot.analysis.stories import Seen, Story, tests_of
from reviewbot.syntax.model import Access, Kind, ValueKind


class DoubleChecks:
    """The double-checked initialisations of one program."""

    def __init__(self, ordering: Ordering, evidence: Evidence) -> None:
        self._ordering = ordering
        self._evidence = evidence

    def facts(self, story: Story) -> Iterator[DoubleCheck]:
        """What is to be asked of the field's outer test: at most one fact."""
        for outer in story.reads:
            found = self._inner(story, outer) if not _locks(outer.access) else None
            if found is None:
                continue
            inner, store = found
            is_new = any(s.access.is_new for s in (outer, inner, store))
            if is_new and not (self._ordering.orders_load(outer) and self._ordering.orders_store(store)):
                fact = self._ask(story, outer, inner, store)
                if fact is not None:
                    yield fact
                    return

    @staticmethod
    def _inner(story: Story, outer: Seen) -> tuple[Seen, Seen] | None:
        """The test repeated under a lock, and the store that it guards, in the same function."""
        if not any(True for _ in tests_of(outer)):
            return None
        later = outer.study.flow.may_follow(outer.event)
        same = [s for s in story.seen if s.study is outer.study and later >> s.event & 1 and _locks(s.access)]
        inner = next((s for s in same if s.access.kind is Kind.READ and any(True for _ in tests_of(s))), None)
        store = next((s for s in same if s.access.is_write and _sets(s)), None)
        return (inner, store) if inner is not None and store is not None else None

    def _ask(self, story: Story, outer: Seen, inner: Seen, store: Seen) -> DoubleCheck | None:
        payload = self._payload(story, outer, store)
        is_pointer = story.type is not None and bool(story.type.pointers)
        if not payload:
            return None
        lock = _locks(inner.access)[0]
        overlap = Overlap(f"another caller of {wording.function(outer.access)} can be between {lock} and its unlock", 2)
        anchor = outer if outer.access.is_new else store if store.access.is_new else inner
        return DoubleCheck(
            field=story.field,
            place=anchor.access.place,
            accesses=(store.access, outer.access, inner.access),
            confidence=self._evidence.confidence(overlap, (outer, inner, store)),
            store=store.access.line_text,
            target=store.access.text,
            writer=wording.function(store.access),
            reader=wording.function(outer.access),
            readers=wording.counted([outer.access], "check"),
            locks=wording.locks(store.access, [outer.access]),
            overlap=overlap.words,
            payload=payload,
            interleaving=_table(outer, store, payload),
            unseen=self._evidence.unseen((outer,)),
            reason=None,
            outer_marking=outer.access.marking,
            inner_marking=store.access.marking,
            is_pointer=is_pointer,
            lock=lock,
        )

    @staticmethod
    def _payload(story: Story, outer: Seen, store: Seen) -> str:
        """Memory written under the lock before the store, and used after the outer test, not through it."""
        study = outer.study
        written = {
            event.path.text
            for index in bits(study.flow.may_precede(store.event) & study.flow.may_follow(outer.event))
            if isinstance(event := study.function.events[index], Access)
            and event.kind is Kind.WRITE
            and event.path.text != store.access.text
            and event.path.members
        }
        skipped = _used_when_set(outer)
        return next((text for text in sorted(written) if text in skipped), "")


def _used_when_set(outer: Seen) -> set[str]:
    """What is read on a path from the outer test that does not go through the lock."""
    study = outer.study
    return {
        event.path.text
        for index in bits(study.flow.may_follow(outer.event))
        if isinstance(event := study.function.events[index], Access) and event.kind is Kind.READ
        and not any(test in {t for t, _ in tests_of(outer)} for test, _ in study.flow.conditions(index))
    }


def _locks(access: SharedAccess) -> list[str]:
    return [lock.text for lock in access.held if lock.known != Known.HINTED.value]


def _sets(seen: Seen) -> bool:
    return seen.source.value is not None and seen.source.value.kind is not ValueKind.NULL


def _table(outer: Seen, store: Seen, payload: str) -> Interleaving:
    name = wording.function(outer.access)
    return Interleaving(
        (f"{name}, first", f"{name}, second"),
        (
            Step(0, f"{payload} = ..."),
            Step(0, store.access.line_text, arrow="- ->"),
            Step(1, outer.access.line_text),
            Step(1, f"    use {payload}", remark="<- may be old", arrow="?"),
        ),
    )
