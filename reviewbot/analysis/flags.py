"""Flags: a scalar stored here and tested there, and whether it announces other memory.

Rule catalogue 1.1. Gives `Flag` facts, and a `Pairing` where one side is ordered.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from reviewbot.analysis import wording
from reviewbot.analysis.announcements import Announced, Announcements
from reviewbot.analysis.checks import Check, checks_of, known_checks
from reviewbot.analysis.evidence import Evidence
from reviewbot.analysis.facts import Confidence, Field, Flag, Pairing, Place, Side
from reviewbot.analysis.handoffs import Handoffs
from reviewbot.analysis.interleavings import message_passing
from reviewbot.analysis.ordering import Ordering, has_own_acquire, is_acquire, is_release
from reviewbot.analysis.processors import keep_order
from reviewbot.analysis.purposes import is_looked_at_again
from reviewbot.analysis.races import Races, weakest
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.types import is_text
from reviewbot.analysis.update_side import UpdateSide
from reviewbot.syntax.model import Call, Kind, ValueKind


class Flags:
    """The flag facts of one program."""

    def __init__(  # noqa: PLR0913, PLR0917  (one collaborator for each question)
        self,
        announcements: Announcements,
        ordering: Ordering,
        evidence: Evidence,
        handoffs: Handoffs,
        update_side: UpdateSide,
        scenarios: Scenarios,
        races: Races,
    ) -> None:
        self._races = races
        self._update_side = update_side
        self._scenarios = scenarios
        self._announcements = announcements
        self._handoffs = handoffs
        self._ordering = ordering
        self._evidence = evidence

    def facts(self, story: Story) -> Iterator[Flag | Pairing]:
        """What is to be asked of a field that is set and tested: at most one fact."""
        if story.type is not None and (story.type.pointers or story.type.tag or is_text(story.type)):
            return
        if not all(_is_state(writer) for writer in story.writes):
            return
        known = known_checks(story)
        for writer in _setting_stores(story):
            # against an older store only new checks count: of the others nothing is new
            checks = [c for c in checks_of(known, writer) if writer.access.is_new or c.seen.access.is_new]
            open_checks = [c for c in checks if not self._is_excluded(story, writer, c.seen)]
            if open_checks:
                yield from self._ask(story, writer, open_checks)
                return

    def _is_excluded(self, story: Story, writer: Seen, reader: Seen) -> bool:
        """Whether a lock keeps the two apart, or the store is handed over to the check (S03, S12)."""
        if self._evidence.apart(story, writer, reader):
            return True
        is_handed_over = self._handoffs.hands_over(writer, reader)
        if is_handed_over:
            words = f"{writer.study.name}() stores it before it starts {reader.study.name}()"
            story.reasons.note(Quiet.HANDED_OVER, words)
        return is_handed_over

    def _ask(self, story: Story, writer: Seen, checks: list[Check]) -> Iterator[Flag | Pairing]:
        matched = self._announcements.by(story, writer, checks)
        fields = matched.fields if matched else ()
        readers = [check.seen for check in checks]
        store = self._store_order(writer, fields)
        loads = [self._load_order(check, fields) for check in checks]
        loose = [check.seen for check, load in zip(checks, loads, strict=True) if load is None]
        if store is not None and (not loose or has_own_acquire(story, writer)):
            story.reasons.note(Quiet.ORDERED, _pair_words(store, readers))
            return
        if fields and self._is_kept(story, writer, checks, fields):
            return
        if matched is None:
            yield from self._lone(story, writer, checks, [] if store is not None else loose)
            return
        facts: Iterable[Flag | Pairing] = ()
        if store is not None:
            facts = self._pairing(story, writer, readers, matched, (store, loose))
        elif not loose:
            order = next(load for load in loads if load is not None)
            facts = self._pairing(story, writer, readers, matched, (order, [writer]))
        elif any(s.access.is_new for s in (writer, *loose)):
            facts = (self._flag(story, writer, loose, matched),)
        check = next(check for check in checks if check.seen is loose[0]) if loose else checks[0]
        for fact in facts:
            scenarios = self._announcements.messages(writer, check, matched, _missing(fact))
            left = (
                None if matched.is_guess else self._races.left(story, writer, readers, matched.text, "check")
            )
            yield replace(fact, scenarios=scenarios, left=left)

    def _lone(self, story: Story, writer: Seen, checks: Sequence[Check], loose: list[Seen]) -> Iterator[Flag]:
        """A new flag of which it can be seen that it announces nothing, and is not ordered either.

        What only leads to a second look under the lock of all stores may be stale (S14).
        """
        loose = [seen for seen in loose if not _is_hint(story, seen)]
        is_new = story.is_new and any(s.access.is_new for s in (writer, *loose))
        if loose and is_new and not self._announcements.may_announce(story, writer, checks):
            fact = self._flag(story, writer, loose, None)
            yield replace(fact, scenarios=(self._scenarios.race(writer, loose[0]),))

    def _is_kept(self, story: Story, writer: Seen, checks: Sequence[Check], fields: Sequence[Field]) -> bool:
        """Whether the one processor that the code is for keeps the order of what is all marked (S21)."""
        names = set(fields)
        before = writer.study.flow.may_precede(writer.event)
        touching = [(writer.study, self._announcements.touching(writer.study, before, names))]
        for check in checks:
            behind = check.seen.study.flow.governed(check.test, check.taken)
            touching.append((check.seen.study, self._announcements.touching(check.seen.study, behind, names)))
        folder = keep_order([writer, *(check.seen for check in checks)], touching)
        if folder:
            words = f"all of it is marked, and processors of {folder} keep the order"
            story.reasons.note(Quiet.KEPT_BY_PROCESSOR, words)
        return bool(folder)

    def _store_order(self, writer: Seen, fields: Sequence[Field]) -> "Order | None":
        """What orders the payload before the store."""
        if is_release(writer):
            return Order(writer, None)
        before = writer.study.flow.may_precede(writer.event)
        return self._barrier(writer, fields, before, self._ordering.store_barrier)

    def _load_order(self, check: Check, fields: Sequence[Field]) -> "Order | None":
        """What orders the check before the uses of the payload."""
        if is_acquire(check.seen):
            return Order(check.seen, None)
        behind = check.seen.study.flow.governed(check.test, check.taken)
        return self._barrier(check.seen, fields, behind, self._ordering.load_barrier)

    def _barrier(
        self, seen: Seen, fields: Sequence[Field], events: int, find: Callable[[Seen, int], int | None]
    ) -> "Order | None":
        if find(seen, 0) is None:
            return None
        barrier = find(seen, self._announcements.touching(seen.study, events, set(fields)))
        return Order(seen, barrier) if barrier is not None else None

    def _flag(self, story: Story, writer: Seen, readers: list[Seen], matched: Announced | None) -> Flag:
        overlap = self._evidence.overlap(story, writer, readers)
        most = Confidence.MEDIUM if matched is not None and matched.is_guess else Confidence.HIGH
        if not story.is_new and (
            not self._evidence.has_tree
            or any(self._update_side.is_likely_locked(r, (writer,)) for r in readers)
        ):
            most = Confidence.LOW
        checking = [r.access for r in readers]
        anchor = writer if writer.access.is_new else next(r for r in readers if r.access.is_new)
        payload = matched.text if matched else ""
        return Flag(
            field=story.field,
            place=anchor.access.place,
            accesses=(writer.access, *checking),
            store=writer.access.line_text,
            target=writer.access.text,
            **wording.sides(writer.access, checking, "check", place=anchor.access.place),
            **self._evidence.grounds(overlap, (writer, *readers), most),
            payload=payload,
            interleaving=message_passing(writer, readers[0], payload) if matched else None,
            store_marking=writer.access.marking,
            check_marking=weakest(readers),
            has_payload=matched is not None,
        )

    def _pairing(
        self,
        story: Story,
        writer: Seen,
        readers: list[Seen],
        matched: Announced,
        sides: "tuple[Order, list[Seen]]",
    ) -> Iterator[Pairing]:
        """One side orders (the first of `sides`), the accesses of the other do not."""
        order, loose = sides
        name = self._primitive(order)
        new = [s.access.place for s in (*loose, writer, *readers) if s.access.is_new]
        place = _place(order) or next(iter(new), None)
        if not name or place is None:
            return
        overlap = self._evidence.overlap(story, writer, readers)
        is_write = order.seen is writer
        partner = _partner(name, order.barrier is not None, is_write)
        barrier = f"{name}()" if order.barrier is not None else ""
        barriers = (barrier, "") if is_write else ("", barrier)
        yield Pairing(
            field=story.field,
            place=place,
            accesses=tuple(s.access for s in (writer, *readers)),
            **self._evidence.grounds(overlap, (writer, *readers)),
            store=_line(order),
            target=writer.access.text,
            writer=wording.function(writer.access),
            reader=wording.functions([r.access for r in readers]),
            readers=wording.counted([s.access for s in loose], "check") if is_write else "",
            locks=wording.locks(writer.access, [r.access for r in readers], place),
            payload=matched.text,
            interleaving=message_passing(writer, (loose if is_write else readers)[0], matched.text, barriers),
            present=Side.WRITE if is_write else Side.READ,
            primitive=f"{name}()",
            partner=f"{partner}()",
            is_barrier=order.barrier is not None,
            write_primitive=name if is_write else partner,
            read_primitive=partner if is_write else name,
        )

    def _primitive(self, order: "Order") -> str:
        """What orders: the accessor, or the barrier beside it; empty where a call merely implies one."""
        if order.barrier is None:
            return order.seen.access.accessor or ""
        event = order.seen.study.function.events[order.barrier]
        name = event.function if isinstance(event, Call) else ""
        return name if self._ordering.is_explicit(name) else ""


class Order(msgspec.Struct, frozen=True):
    """What orders one side: the access itself, or the event of a barrier beside it."""

    seen: Seen
    barrier: int | None

    @property
    def line(self) -> int:
        """The line of its function that it stands on."""
        study = self.seen.study
        return self.seen.source.line if self.barrier is None else study.function.events[self.barrier].line


def _is_hint(story: Story, seen: Seen) -> bool:
    """Whether a flag is tested again under the lock; noted."""
    is_hint = is_looked_at_again(story, seen)
    if is_hint:
        story.reasons.note(Quiet.RECHECKED, f"{seen.study.name}() takes it for a hint, and looks again")
    return is_hint


def _missing(fact: Flag | Pairing) -> tuple[int, str] | None:
    """The thread that lacks its half of a pair, and the primitive that would complete it."""
    if isinstance(fact, Flag):
        return None
    return int(fact.present is Side.WRITE), fact.partner.removesuffix("()")


def _pair_words(store: Order, readers: Sequence[Seen]) -> str:
    """What orders the two sides, in words."""
    events = store.seen.study.function.events
    barrier = events[store.barrier] if store.barrier is not None else None
    name = barrier.function if isinstance(barrier, Call) else store.seen.access.accessor
    checking = wording.functions([reader.access for reader in readers])
    return f"{name or 'an ordered store'}() in {store.seen.study.name}() pairs with the checks in {checking}"


def _place(order: Order) -> Place | None:
    """Where the order stands, if the series wrote that line."""
    study = order.seen.study
    return study.place(order.line) if study.is_new(order.line) else None


def _line(order: Order) -> str:
    return order.seen.study.line_text(order.line)


def _partner(primitive: str, is_barrier: bool, is_write: bool) -> str:
    """What the other side needs: `smp_rmb` for `smp_wmb`, `smp_load_acquire` for `smp_store_release`."""
    if is_barrier:
        family = re.match(r"(?:smp|dma|virt)_|", primitive)
        return f"{family[0] if family else ''}{'rmb' if is_write else 'wmb'}"
    if primitive.startswith("atomic"):
        return "atomic_read_acquire" if is_write else "atomic_set_release"
    return "smp_load_acquire" if is_write else "smp_store_release"


def _is_state(writer: Seen) -> bool:
    """Whether the store is of a constant: what takes computed values is a quantity, not a flag."""
    value = writer.source.value
    return value is not None and value.kind in (ValueKind.CONSTANT, ValueKind.NULL)


def _setting_stores(story: Story) -> Iterator[Seen]:
    """The stores of a constant other than zero, new ones first."""
    stores = [
        s
        for s in story.writes
        if s.access.kind is Kind.WRITE
        and s.source.value is not None
        and s.source.value.kind is ValueKind.CONSTANT
    ]
    yield from sorted(stores, key=lambda s: not s.access.is_new)
