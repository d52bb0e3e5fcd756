"""Double-checked initialisation: a test outside the lock, repeated under it (lck-double-checked)."""

from collections.abc import Iterator

import msgspec

from reviewbot.analysis import wording
from reviewbot.analysis.evidence import Evidence, Overlap
from reviewbot.analysis.facts import DoubleCheck, Interleaving, SharedAccess, Step
from reviewbot.analysis.flow import bits
from reviewbot.analysis.ordering import Ordering
from reviewbot.analysis.scenario import Act, Doing, Scenario
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Story, tests_of
from reviewbot.analysis.threads import Point, fill_point
from reviewbot.syntax.model import Access, Kind, Root, ValueKind


class DoubleChecks:
    """The double-checked initialisations of one program."""

    def __init__(self, ordering: Ordering, evidence: Evidence, scenarios: Scenarios) -> None:
        self._ordering = ordering
        self._evidence = evidence
        self._scenarios = scenarios

    def facts(self, story: Story) -> Iterator[DoubleCheck]:
        """What is to be asked of the field's outer test: at most one fact."""
        for outer in story.reads:
            found = self._inner(story, outer) if not _locks(outer.access) else None
            if found is None:
                continue
            inner, store = found
            payload = _payload(outer, store)
            if payload is None or not any(s.access.is_new for s in (outer, inner, store)):
                continue
            is_loaded_first = self._ordering.orders_load(outer, payload.uses)
            if not (is_loaded_first and self._ordering.orders_store(store, payload.fills)):
                yield self._ask(story, (outer, inner, store), payload)
                return

    @staticmethod
    def _inner(story: Story, outer: Seen) -> tuple[Seen, Seen] | None:
        """The test repeated under a lock, and the store that it guards, in the same function."""
        locked = story.locked_in.get(outer.study)
        if not locked or not any(True for _ in tests_of(outer)):
            return None
        later = outer.study.flow.may_follow(outer.event)
        same = [s for s in locked if later >> s.event & 1]
        inner = next((s for s in same if s.access.kind is Kind.READ and any(True for _ in tests_of(s))), None)
        store = next((s for s in same if s.access.is_write and _sets(s)), None)
        return (inner, store) if inner is not None and store is not None else None

    def _ask(self, story: Story, ends: tuple[Seen, Seen, Seen], payload: "Payload") -> DoubleCheck:
        outer, inner, store = ends
        is_pointer = story.type is not None and bool(story.type.pointers)
        lock = _locks(inner.access)[0]
        name = wording.function(outer.access)
        overlap = Overlap(f"another caller of {name} can be between {lock} and its unlock", 2)
        anchor = outer if outer.access.is_new else store if store.access.is_new else inner
        return DoubleCheck(
            field=story.field,
            place=anchor.access.place,
            accesses=(store.access, outer.access, inner.access),
            confidence=self._evidence.confidence(overlap, (outer, inner, store)),
            store=store.access.line_text,
            target=store.access.text,
            **wording.sides(store.access, [outer.access], "check"),
            overlap=overlap.words,
            payload=payload.text,
            interleaving=_table(outer, store, payload.text),
            unseen=self._evidence.unseen((outer,)),
            outer_marking=outer.access.marking,
            inner_marking=store.access.marking,
            is_pointer=is_pointer,
            lock=lock,
            scenarios=(self._scenario(outer, store, payload),),
        )

    def _scenario(self, outer: Seen, store: Seen, payload: "Payload") -> Scenario:
        fill = fill_point(store, payload.fills, f"{payload.text} = ...")
        use = Point(
            Act(Doing.READ, text=f"    use {payload.text}"), outer.study, next(iter(bits(payload.uses)))
        )
        return self._scenarios.message(payload.text, (fill, store), (outer, use))


class Payload(msgspec.Struct, frozen=True):
    """Memory filled in under the lock before the store, and used after the outer test."""

    text: str
    fills: int
    uses: int
    """Sets of events: the stores, and the reads that no lock is taken before."""


def _payload(outer: Seen, store: Seen) -> Payload | None:
    """What is filled in before the store, and used on a path that skips the lock, not through the field."""
    study = outer.study
    after, before = study.flow.may_follow(outer.event), study.flow.may_precede(store.event)
    unset = {(number, False) for number, _ in tests_of(outer)}
    fills: dict[str, int] = {}
    uses: dict[str, int] = {}
    for index, access in study.accesses():
        text = access.path.text
        if not after >> index & 1 or not _is_shared(access) or text == store.access.text:
            continue
        if access.kind is Kind.WRITE and before >> index & 1:
            fills[text] = fills.get(text, 0) | 1 << index
        if access.kind is Kind.READ and not unset & set(study.flow.conditions(index)):
            uses[text] = uses.get(text, 0) | 1 << index
    text = next((text for text in sorted(fills) if text in uses), "")
    return Payload(text, fills[text], uses[text]) if text else None


def _is_shared(access: Access) -> bool:
    return bool(access.path.members) or access.path.root_kind in (Root.GLOBAL, Root.STATIC_LOCAL)


def _locks(access: SharedAccess) -> list[str]:
    return [lock.text for lock in access.held if not lock.is_hinted]


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
