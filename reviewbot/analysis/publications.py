"""Publications: stores that make an object reachable by readers without the writer's lock.

Gives `Publication` facts: a fresh object stored plainly where lockless readers look, and a
fresh object hung on one that readers can already see (rules plain-publication,
nested-publication, lazy-array, payload-beside-pointer).
"""

import itertools
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from reviewbot.analysis import wording
from reviewbot.analysis.beside import Beside, Payload
from reviewbot.analysis.evidence import Evidence, Overlap
from reviewbot.analysis.facts import GATED, Interleaving, Publication, Step
from reviewbot.analysis.followed import Followed
from reviewbot.analysis.freed import is_handed_to_free
from reviewbot.analysis.gates import Gate, Gates
from reviewbot.analysis.interleavings import message_passing
from reviewbot.analysis.objects import Objects
from reviewbot.analysis.ordering import Ordering
from reviewbot.analysis.provenance import Found, Provenance
from reviewbot.analysis.races import Races
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.scenario import Act, Doing, Scenario
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.threads import Point, fill_point, point
from reviewbot.syntax.model import Kind, Marking, Value, ValueKind

LOCKLESS = frozenset({Marking.ONCE, Marking.ACQUIRE, Marking.RCU, Marking.FULL})
"""Markings by which a reader says that it takes no lock."""

MOST_PROVED = 4
"""Readers of one pointer that are taken to a proof, at most."""


class Around(msgspec.Struct, frozen=True):
    """Why readers may be at a store, how they came to its object, and the flag that could cover them."""

    overlap: Overlap
    found: Found | None
    gate: Gate


class Publications:
    """The publication facts of one program."""

    def __init__(  # noqa: PLR0913, PLR0917  (one collaborator for each question)
        self,
        objects: Objects,
        provenance: Provenance,
        ordering: Ordering,
        evidence: Evidence,
        gates: Gates,
        beside: Beside,
        scenarios: Scenarios,
        followed: Followed,
        races: Races,
    ) -> None:
        self._races = races
        self._followed = followed
        self._objects = objects
        self._provenance = provenance
        self._ordering = ordering
        self._evidence = evidence
        self._gates = gates
        self._beside = beside
        self._scenarios = scenarios

    def facts(self, story: Story) -> Iterator[Publication]:
        """What is to be asked of the stores of fresh objects into this field: at most one fact."""
        for writer in story.seen:
            if not self._stores_fresh(writer) or writer.is_teardown or writer.access.is_fresh:
                continue
            if not writer.study.is_of_series(writer.source.line):
                continue
            found = self._provenance.found(writer.study, writer.event, writer.source.path.root)
            if self._is_ordered(writer):
                fact = self._with_payload_beside(story, writer)
            else:
                fact = self._nested(story, writer, found) if found else self._plain(story, writer)
            if fact is not None:
                yield fact
                return

    def _stores_fresh(self, seen: Seen) -> bool:
        """Whether the access stores a pointer to an object allocated here."""
        value = seen.source.value
        if seen.access.kind is not Kind.WRITE or value is None:
            return False
        return self._is_fresh_value(seen, value)

    def _is_fresh_value(self, seen: Seen, value: Value) -> bool:
        if value.kind is ValueKind.CALL:
            return self._objects.is_allocation(value.name, seen.study.file.path)
        return value.kind is ValueKind.VARIABLE and self._objects.is_fresh(seen.study, seen.event, value.name)

    def _nested(self, story: Story, writer: Seen, found: Found) -> Publication | None:
        """A new object hung on one that readers found through RCU (pub-nested-object)."""
        is_new = writer.access.is_new or found.is_new
        if not is_new or not found.flavour:
            return None
        readers = self._open_readers(story, writer)
        if not readers and (story.reads or found.is_updater):
            return None
        overlap = Overlap(f"{found.publisher}() found the object through {found.by}", 2)
        return self._fact(story, writer, readers, Around(overlap, found, self._gates.gate(writer, readers)))

    def _plain(self, story: Story, writer: Seen) -> Publication | None:
        """A fresh object stored where readers look without the lock (pub-pointer-plain)."""
        if not writer.is_live:
            return None
        if self._provenance.is_private(writer.study, writer.event, writer.source.path.root):
            return None
        readers = self._open_readers(story, writer)
        lockless = [r for r in readers if self._is_lockless(story, writer, r)]
        is_rcu = story.type is not None and "__rcu" in story.type.annotations
        if not (lockless or is_rcu) or not any(s.access.is_new for s in (writer, *lockless)):
            return None
        overlap = self._evidence.overlap(story, writer, lockless)
        if is_rcu and not overlap.words:
            overlap = Overlap(f"{story.field} is declared __rcu", 2)
        fact = self._fact(story, writer, lockless, Around(overlap, None, self._gates.gate(writer, lockless)))
        left = None if is_rcu else self._races.left(story, writer, lockless, "the object behind it", "read")
        return replace(fact, left=left)

    def _is_ordered(self, writer: Seen) -> bool:
        """Whether the store comes after all that filled the object."""
        return self._ordering.orders_store(writer, _filled(writer))

    def _with_payload_beside(self, story: Story, writer: Seen) -> Publication | None:
        """An ordered store, whose readers use more than what they reach through the pointer."""
        if not writer.is_live or self._provenance.is_private(
            writer.study, writer.event, writer.source.path.root
        ):
            return None
        open_readers = self._open_readers(story, writer)
        beside = self._beside.payload(writer, open_readers)
        if beside is None and open_readers:
            words = "it is stored in order, and its readers use what they reach through it"
            story.reasons.note(Quiet.DEPENDENT, words)
        if beside is None or not any(s.access.is_new for s in (writer, *beside.readers)):
            return None
        readers, payload = beside.readers, beside.fill.access.text
        overlap = self._evidence.overlap(story, writer, readers)
        fact = self._fact(story, writer, readers, Around(overlap, None, Gate()))
        table = message_passing(writer, readers[0], payload)
        return replace(
            fact,
            has_payload_beside=True,
            payload=payload,
            interleaving=table,
            scenarios=(self._beside_scenario(writer, beside),),
        )

    def _beside_scenario(self, writer: Seen, beside: Payload) -> Scenario:
        text = beside.fill.access.text
        fill = Act(Doing.WRITE, "", beside.fill.access.marking, value="1", text=f"{text} = ...")
        use = Act(Doing.READ, "", beside.use.access.marking, text=f"    use {text}")
        return self._scenarios.message(
            text,
            (point(beside.fill, fill), writer),
            (beside.readers[0], point(beside.use, use)),
        )

    def _scenarios_of(
        self, writer: Seen, readers: Sequence[Seen], found: Found | None
    ) -> tuple[Scenario, ...]:
        """The store and one reader; all readers where each takes a lock of the store before it follows."""
        reader = readers[0] if readers else None
        value = writer.source.value
        is_named = value is not None and value.kind is ValueKind.VARIABLE
        fill = _last_fill(writer, f"fill {writer.access.value_text}" if is_named else "clear the new memory")
        if found is None:
            locked = {r: self._followed.under_lock(writer, r) for r in readers}
            loose = next((r for r, use in locked.items() if use is None), None)
            if loose is not None or not readers:
                return (self._scenarios.pointer(fill, writer, loose),)
            uses = itertools.islice(locked.items(), MOST_PROVED)
            return tuple(self._scenarios.pointer(fill, writer, r, use) for r, use in uses)
        fill = replace(fill, act=replace(fill.act, text="alloc and fill"))
        finder = "srcu_dereference()" if found.flavour == "srcu" else "rcu_dereference()"
        return (self._scenarios.nested(fill, writer, reader, (writer.access.object_text, finder)),)

    def _is_lockless(self, story: Story, writer: Seen, reader: Seen) -> bool:
        """Whether a reader says that it takes no lock, or runs beside the writer and holds none.

        Under a lock of its own a plain read counts on the writer to hold it, and on no order.
        """
        if reader.access.marking in LOCKLESS:
            return True
        is_locked = any(lock.is_exclusive and not lock.is_hinted for lock in reader.access.held)
        return not is_locked and self._evidence.overlap(story, writer, (reader,)).strength == 2

    def _open_readers(self, story: Story, writer: Seen) -> list[Seen]:
        """The reads in other functions that no lock keeps apart from the store; a free is no read."""
        others = (r for r in story.reads if r.study is not writer.study)
        open_ = (reader for reader in others if not self._evidence.apart(story, writer, reader))
        return [reader for reader in open_ if not is_handed_to_free(reader)]

    def _fact(self, story: Story, writer: Seen, readers: Sequence[Seen], around: "Around") -> Publication:
        access, reading = writer.access, [r.access for r in readers]
        found, gate = around.found, around.gate
        held = wording.held(access) or (found.lock if found else "")
        if gate.covers_all:
            story.reasons.note(Quiet.GATED, f"{gate.name} is set behind it, and acquired before every use")
        return Publication(
            field=story.field,
            accesses=(access, *reading),
            confidence=self._evidence.confidence(around.overlap, (writer, *readers)),
            **wording.about(access),
            **wording.sides(access, reading, "read", outer=held),
            overlap=around.overlap.words,
            interleaving=_three_threads(writer, readers, found) if found else _two_threads(writer, readers),
            unseen=self._evidence.unseen((writer, *readers)) + (() if readers else ("the readers",)),
            reason=GATED if gate.covers_all else None,
            store_marking=access.marking,
            is_fresh=True,
            is_nested=found is not None,
            is_array=_is_one_of_many(writer),
            has_payload_beside=False,
            reader_marking=_weakest(readers),
            domain=found.domain if found else "",
            lock=held,
            object=access.text,
            container=_container(access.object_text, found),
            gate=gate.name.rpartition(".")[2],
            scenarios=self._scenarios_of(writer, readers, found),
        )


def _filled(writer: Seen) -> int:
    """The events that fill in the object whose address is stored."""
    value, study = writer.source.value, writer.study
    if value is None or value.kind is not ValueKind.VARIABLE:
        return 0
    before = study.flow.may_precede(writer.event)
    filled = sum(
        1 << index
        for index, access in study.accesses()
        if before >> index & 1 and access.kind is not Kind.READ and access.path.root == value.name
    )
    for index in study.definitions(value.name, writer.event):
        filled |= 1 << index
    return filled


def _last_fill(writer: Seen, text: str) -> Point:
    """The last store into the object, or the call that gave it."""
    return fill_point(writer, _filled(writer), text)


def _is_one_of_many(writer: Seen) -> bool:
    """Whether a loop makes the store for one object or element after the other."""
    flow, path = writer.study.flow, writer.source.path
    if not flow.may_precede(writer.event) >> writer.event & 1:
        return False
    again = flow.may_follow(writer.event)
    is_next = any(again >> index & 1 for index in writer.study.definitions(path.root, writer.event))
    return is_next or "[]" in {step.name for step in path.steps}


def _container(text: str, found: Found | None) -> str:
    """How readers came by the object; empty where only the updater's way to it was seen."""
    if found is None:
        return text
    return "" if found.is_updater else found.by


def _weakest(readers: Sequence[Seen]) -> Marking:
    order = (Marking.PLAIN, Marking.DATA_RACE, Marking.ONCE, Marking.RCU, Marking.ACQUIRE)
    markings = {reader.access.marking for reader in readers}
    return next((m for m in order if m in markings), Marking.PLAIN)


def _two_threads(writer: Seen, readers: Sequence[Seen]) -> Interleaving | None:
    if not readers:
        return None
    reader = readers[0]
    value = writer.source.value
    is_named = value is not None and value.kind is ValueKind.VARIABLE
    return Interleaving(
        (wording.function(writer.access), wording.function(reader.access)),
        (
            Step(0, f"fill {writer.access.value_text}" if is_named else "clear the new memory"),
            Step(0, writer.access.line_text, arrow="- ->"),
            Step(1, reader.access.line_text),
            Step(1, "    follow it", remark="<- may be old", arrow="?"),
        ),
    )


def _three_threads(writer: Seen, readers: Sequence[Seen], found: Found) -> Interleaving:
    """The outer object is older than the store, so its publication cannot order it."""
    outer, text = writer.access.object_text, writer.access.text
    reader = wording.function(readers[0].access) if readers else "a reader"
    load = "srcu_dereference()" if found.flavour == "srcu" else "rcu_dereference()"
    return Interleaving(
        (f"publisher of {outer}", reader, wording.function(writer.access)),
        (
            Step(0, f"init {outer}"),
            Step(0, "rcu_assign_pointer()", arrow="- ->"),
            Step(1, load),
            Step(2, "alloc and fill"),
            Step(2, f"{text} = ..."),
            Step(1, f"use {text}", remark="<- may be old", arrow="?"),
        ),
    )
