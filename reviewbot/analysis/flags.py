"""Flags: a scalar stored here and tested there, and whether it announces other memory.

Rule catalogue 1.1: what is written before the store (P), what is used only after the test
(D), and whether the two meet. Gives `Flag` facts, and a `Pairing` where one side is ordered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewbot.analysis import wording
from reviewbot.analysis.evidence import Evidence, excludes
from reviewbot.analysis.facts import Confidence, Field, Flag, Interleaving, Pairing, Side, Step
from reviewbot.analysis.ordering import ORDERING_LOADS, ORDERING_STORES, Ordering
from reviewbot.analysis.payload import Payloads, Touched
from reviewbot.analysis.stories import Seen, Story, tests_of
from reviewbot.syntax.model import Kind, Marking, Sense, Test, ValueKind

ORDERED = ORDERING_LOADS | ORDERING_STORES

STRENGTH = (Marking.DATA_RACE, Marking.PLAIN, Marking.PLAIN_BITOP, Marking.VOLATILE, Marking.RELAXED, Marking.ONCE)
"""Markings that do not order, the weakest first."""


@dataclass(frozen=True, slots=True)
class Check:
    """A test of the flag, and the outcome on which it is set."""

    seen: Seen
    test: int
    taken: bool


class Flags:
    """The flag facts of one program."""

    def __init__(self, payloads: Payloads, ordering: Ordering, evidence: Evidence) -> None:
        self._payloads = payloads
        self._ordering = ordering
        self._evidence = evidence

    def facts(self, story: Story) -> Iterator[Flag | Pairing]:
        """What is to be asked of a field that is set and tested: at most one fact."""
        if story.type is not None and (story.type.pointers or story.type.array or story.type.tag):
            return
        for writer in _setting_stores(story):
            checks = _checks(story, writer)
            if not any(s.access.is_new for s in (writer, *(c.seen for c in checks))):
                continue
            open_checks = [c for c in checks if not excludes(writer, c.seen)]
            if open_checks:
                yield from self._ask(story, writer, open_checks)
                return

    def _ask(self, story: Story, writer: Seen, checks: list[Check]) -> Iterator[Flag | Pairing]:
        readers = [check.seen for check in checks]
        matched = self._payload(story, writer, checks)
        store_orders = self._ordering.orders_store(writer)
        checks_order = [self._ordering.orders_load(reader) for reader in readers]
        if matched and store_orders and all(checks_order):
            return
        if matched and (store_orders or all(checks_order)):
            yield self._pairing(story, writer, readers, matched, is_store_ordered=store_orders)
            return
        unordered = [c for c, orders in zip(checks, checks_order, strict=True) if not orders]
        if not matched and (store_orders or not unordered or not story.is_new):
            return
        yield self._flag(story, writer, [c.seen for c in unordered] or readers, matched)

    def _payload(self, story: Story, writer: Seen, checks: Sequence[Check]) -> "Payload | None":
        """P ∩ D; or what was allocated, where the code behind the check cannot be seen."""
        before = self._payloads.before(writer.study, writer.event)
        opaque = False
        for check in checks:
            behind = self._payloads.behind(check.seen.study, check.test, check.taken)
            common = _common(before, behind, story.field)
            if common:
                return Payload(tuple(common), False)
            opaque = opaque or bool(behind.opaque)
        allocated = [text for field, text in before.allocations.items() if field != story.field]
        if allocated and opaque and story.is_new:
            return Payload(tuple(allocated), True)
        return None

    def _flag(self, story: Story, writer: Seen, readers: list[Seen], matched: "Payload | None") -> Flag:
        overlap = self._evidence.overlap(story, writer, readers)
        confidence = self._evidence.confidence(overlap, (writer, *readers))
        if not story.is_new and not self._evidence.has_tree:
            confidence = Confidence.LOW
        elif matched is not None and matched.is_guess:
            confidence = min(confidence, Confidence.MEDIUM, key=_order)
        anchor = writer if writer.access.is_new else next(r for r in readers if r.access.is_new)
        payload = matched.text if matched else ""
        return Flag(
            field=story.field,
            place=anchor.access.place,
            accesses=tuple(s.access for s in (writer, *readers)),
            confidence=confidence,
            store=writer.access.line_text,
            target=writer.access.text,
            writer=wording.function(writer.access),
            reader=wording.functions([r.access for r in readers]),
            readers=wording.counted([r.access for r in readers], "check"),
            locks=wording.locks(writer.access, [r.access for r in readers]),
            overlap=overlap.words,
            payload=payload,
            interleaving=message_passing(writer, readers[0], payload) if matched else None,
            unseen=self._evidence.unseen((writer, *readers)),
            reason=None,
            store_marking=writer.access.marking,
            check_marking=_weakest(readers),
            has_payload=matched is not None,
            is_clearing=False,
            is_wait=False,
        )

    def _pairing(
        self, story: Story, writer: Seen, readers: list[Seen], matched: "Payload", *, is_store_ordered: bool
    ) -> Pairing:
        overlap = self._evidence.overlap(story, writer, readers)
        loose = [r for r in readers if not self._ordering.orders_load(r)] if is_store_ordered else [writer]
        anchor = next((s for s in (*loose, writer, *readers) if s.access.is_new), writer)
        present = writer if is_store_ordered else readers[0]
        return Pairing(
            field=story.field,
            place=anchor.access.place,
            accesses=tuple(s.access for s in (writer, *readers)),
            confidence=self._evidence.confidence(overlap, (writer, *readers)),
            store=writer.access.line_text,
            target=writer.access.text,
            writer=wording.function(writer.access),
            reader=wording.functions([r.access for r in readers]),
            readers=wording.counted([r.access for r in readers], "check"),
            locks=wording.locks(writer.access, [r.access for r in readers]),
            overlap=overlap.words,
            payload=matched.text,
            interleaving=message_passing(writer, readers[0], matched.text),
            unseen=self._evidence.unseen((writer, *readers)),
            reason=None,
            present=Side.WRITE if is_store_ordered else Side.READ,
            primitive=f"{self._primitive(present)}()",
            partner="smp_load_acquire()" if is_store_ordered else "smp_store_release()",
            is_barrier=present.access.accessor is None,
            write_primitive=self._primitive(writer) if is_store_ordered else "smp_store_release",
            read_primitive="smp_load_acquire" if is_store_ordered else self._primitive(readers[0]),
        )


    def _primitive(self, seen: Seen) -> str:
        """What orders this side: its accessor, or the barrier beside it."""
        if seen.access.marking in ORDERED:
            return seen.access.accessor or ""
        return self._ordering.barrier_name(seen)


@dataclass(frozen=True, slots=True)
class Payload:
    """What a flag announces; `is_guess` when the uses behind the check could not be seen."""

    texts: tuple[str, ...]
    is_guess: bool

    @property
    def text(self) -> str:
        """The payload in words, at most two items named."""
        if len(self.texts) <= 2:
            return " and ".join(self.texts)
        return f"{self.texts[0]}, {self.texts[1]} and {len(self.texts) - 2} more"


def _order(confidence: Confidence) -> int:
    return (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH).index(confidence)


def _common(before: Touched, behind: Touched, flag: Field) -> list[str]:
    """The memory written before the store and used after the check, by field."""
    used = behind.reads.keys() | behind.writes.keys()
    return [text for field, text in before.writes.items() if field in used and field != flag and not field.weak]


def _setting_stores(story: Story) -> Iterator[Seen]:
    """The stores of a constant other than zero, new ones first."""
    stores = [
        s
        for s in story.writes
        if s.source.value is not None and s.source.value.kind is ValueKind.CONSTANT and s.access.kind is Kind.WRITE
    ]
    yield from sorted(stores, key=lambda s: not s.access.is_new)


def _checks(story: Story, writer: Seen) -> list[Check]:
    """The tests whose outcome tells that this value was stored."""
    value = writer.source.value.text if writer.source.value else ""
    found = []
    for seen in story.reads:
        if seen.study is writer.study:
            continue
        for number, test in tests_of(seen):
            if (test.sense is Sense.NONZERO and _is_direct(test, seen)) or (test.sense is Sense.EQUAL and test.against == value):
                found.append(Check(seen, number, True))
    return found


def _is_direct(test: Test, seen: Seen) -> bool:
    """Whether the test is of the value itself, not of something computed from it."""
    return test.operand.kind in (ValueKind.LOAD, ValueKind.VARIABLE) or seen.access.via is not None


def _weakest(readers: Sequence[Seen]) -> Marking:
    markings = {reader.access.marking for reader in readers}
    return next((m for m in STRENGTH if m in markings), next(iter(sorted(markings, key=lambda m: m.value))))


def message_passing(writer: Seen, reader: Seen, payload: str) -> Interleaving:
    """Data, then flag; flag, then data: the read of the data may still give the old value."""
    return Interleaving(
        (wording.function(writer.access), wording.function(reader.access)),
        (
            Step(0, f"{payload} = ..."),
            Step(0, writer.access.line_text, arrow="- ->"),
            Step(1, reader.access.line_text),
            Step(1, f"    use {payload}", remark="<- may be old", arrow="?"),
        ),
    )
