"""Objects taken away from RCU readers and freed on the same path, with no grace period between.

Gives `Free` facts (rule free-without-grace-period).
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from reviewbot.analysis import wording
from reviewbot.analysis.facts import Confidence, Free, Interleaving, SharedAccess, Step
from reviewbot.analysis.flow import bits
from reviewbot.analysis.list_uses import ListUse, ListUses
from reviewbot.analysis.locks import same_lock
from reviewbot.analysis.objects import Objects
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.scenario import Scenario
from reviewbot.analysis.scenarios import Scenarios, free, take_away
from reviewbot.analysis.sightings import Sightings
from reviewbot.analysis.stories import Stories
from reviewbot.analysis.threads import Point, word
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Assign, Call, Event, Kind, Marking, Path, Return, Value, ValueKind

DEPTH = 2

_WAITING = re.compile(r"(?:^|_)(?:synchroni[sz]e|sync|barrier|flush|drain|quiesce|rcu)(?:_|$)")
"""Names of functions out of sight that may wait for readers: enough to be silent."""

_FINAL = re.compile(r"(?:^|_)(?:exit|fini|destroy|cleanup|uninit|teardown|deinit)(?:_|$)")
"""Function names that say: nobody is left who could read (S05). A hint, only used for silence."""


class Unpublished(msgspec.Struct, frozen=True):
    """An object that readers can no longer find: `variable` points to it from `event` on."""

    event: int
    variable: str
    primitive: str
    path: Path
    """The link or the pointer by which readers found it."""
    use: ListUse | None = None


class Frees:
    """The free facts of one program."""

    def __init__(  # noqa: PLR0913, PLR0917  (one collaborator for each question)
        self,
        program: Program,
        objects: Objects,
        list_uses: ListUses,
        sightings: Sightings,
        stories: Stories,
        scenarios: Scenarios,
    ) -> None:
        self._stories = stories
        self._program = program
        self._scenarios = scenarios
        self._objects = objects
        self._list_uses = list_uses
        self._sightings = sightings
        self._memory = vocabulary().memory
        self._rcu = vocabulary().rcu
        self._waits: dict[Study, bool] = {}

    def facts(self, study: Study) -> Iterator[Free]:
        """What is to be asked of the frees in a function: one fact an object."""
        asked: set[str] = set()
        for gone in self._unpublished(study):
            if gone.variable in asked:
                continue
            self._note(study, gone)
            for index in bits(study.flow.may_follow(gone.event)):
                freed = self._freed(study, index, gone.variable)
                if freed is not None and self._is_early(study, gone, index):
                    asked.add(gone.variable)
                    yield self._fact(study, gone, index, freed)
                    break

    def _note(self, study: Study, gone: Unpublished) -> None:
        """What lets the readers of an object go before it is freed, where the series wrote that."""
        for index in bits(study.flow.may_follow(gone.event)):
            event = study.function.events[index]
            if not isinstance(event, Call) or not study.is_new(event.line):
                continue
            deferred, grace = self._rcu.deferred_free(event.function), self._rcu.grace_period(event.function)
            if deferred is not None and _is_part(event.arguments[deferred.object :][:1], gone.variable):
                words = f"{study.name}() leaves what {gone.primitive} takes away to {event.function}()"
            elif grace is not None and grace.way == "sync":
                words = f"{study.name}() waits for readers behind {gone.primitive}: {event.function}()"
            else:
                continue
            self._stories.note(self._sightings.field(gone.path), Quiet.DRAINED, words)
            return

    def _unpublished(self, study: Study) -> Iterator[Unpublished]:
        for use in self._list_uses.of(study):
            path = _removed(use)
            if use.primitive.is_rcu and path is not None and len(path.members) == 1:
                yield Unpublished(use.event, path.root, use.name, path, use)
        for index, access in study.accesses():
            if access.marking not in (Marking.RCU, Marking.RCU_INIT):
                continue
            if access.kind is Kind.RMW and access.result:
                yield Unpublished(index, access.result, f"{access.accessor}()", access.path)
            elif access.kind is Kind.WRITE:
                variable = self._loaded_before(study, index, access)
                if variable:
                    yield Unpublished(index, variable, f"{access.accessor}()", access.path)

    @staticmethod
    def _loaded_before(study: Study, index: int, store: Access) -> str | None:
        """The variable that has the pointer's old value when a new one is stored."""
        for before in bits(study.flow.must_precede(index)):
            event = study.function.events[before]
            if not isinstance(event, Access) or event.kind is not Kind.READ or not event.result:
                continue
            is_same = event.path.steps == store.path.steps and event.path.root == store.path.root
            if is_same and before in study.definitions(event.result, index):
                return event.result
        return None

    def _freed(self, study: Study, index: int, variable: str) -> str | None:
        """The function by which an event frees what the variable points to."""
        event = study.function.events[index]
        if not isinstance(event, Call):
            return None
        free = self._memory.free(event.function)
        if free is not None:
            is_it = free.object < len(event.arguments) and _is(event.arguments[free.object], variable)
            return event.function if is_it and not free.is_by_reference else None
        where = [i for i, value in enumerate(event.arguments) if _is(value, variable)]
        if where and any(self._frees_argument(study, event.function, i, DEPTH) for i in where):
            return event.function
        return None

    def _frees_argument(self, near: Study, function: str, position: int, depth: int) -> bool:
        """Whether a function at hand frees its argument at once, on every path."""
        for callee in self._program.studies(function, near.file.path) if depth else ():
            if position >= len(callee.function.parameters) or self._may_wait(callee):
                continue
            name = callee.function.parameters[position].name
            for index, call in callee.calls():
                free = self._memory.free(call.function)
                if free is None or free.is_by_reference or free.object >= len(call.arguments):
                    continue
                is_always = all((callee.flow.must_precede(i) | 1 << i) >> index & 1 for i in _ends(callee))
                if _is(call.arguments[free.object], name) and is_always:
                    return True
        return False

    def _is_early(self, study: Study, gone: Unpublished, index: int) -> bool:
        """Whether readers may still be there, as far as the code at hand tells."""
        line, free_line = (study.function.events[i].line for i in (gone.event, index))
        if not (study.is_new(line) or study.is_new(free_line)):
            return False
        stops = self._stops(study, gone.variable, gone.event, index)
        if not study.flow.reaches(gone.event, index, stops) or self._is_private(study, gone):
            return False
        if "__exit" in study.function.annotations or "__init" in study.function.annotations:
            return False
        readers = self._readers(gone)
        if _FINAL.search(study.name) and not readers:
            return False
        return not (readers and all(_same_locks(gone.use, reader) for reader in readers))

    def _stops(self, study: Study, variable: str, gone: int, freed: int) -> int:
        """The events behind which the object is another one, or a grace period has passed."""
        stops = 0
        for index, event in enumerate(study.function.events):
            if index in (gone, freed):
                continue
            is_new = isinstance(event, Assign) and event.variable == variable and index != gone + 1
            if is_new or (isinstance(event, Call) and self._waits_for_readers(study, event)):
                stops |= 1 << index
        return stops

    def _waits_for_readers(self, study: Study, call: Call) -> bool:
        if self._rcu.grace_period(call.function) is not None:
            return True
        callees = self._program.studies(call.function, study.file.path)
        if callees:
            return any(self._may_wait(callee) for callee in callees)
        is_list = call.function in self._rcu.lists or self._rcu.exit(call.function) is not None
        return not is_list and self._rcu.enter(call.function) is None and bool(_WAITING.search(call.function))

    def _may_wait(self, study: Study) -> bool:
        """Whether a function waits for readers, itself or in what it calls by name."""
        if study not in self._waits:
            self._waits[study] = False
            self._waits[study] = any(self._waits_for_readers(study, call) for _, call in study.calls())
        return self._waits[study]

    def _is_private(self, study: Study, gone: Unpublished) -> bool:
        """Whether the container is one that nobody else has (S01)."""
        if gone.use is not None:
            return False
        return self._objects.is_private(study, gone.event, gone.path)

    def _readers(self, gone: Unpublished) -> list[ListUse]:
        """The walks of the list that the object was on."""
        if gone.use is None:
            return []
        return [use for use in self._list_uses.partners(gone.use) if use.primitive.kind == "walk"]

    def _fact(self, study: Study, gone: Unpublished, index: int, freed: str) -> Free:
        first = self._sightings.access(study, gone.event, gone.path)
        last = self._sightings.access(study, index, gone.path)
        readers = [use.access for use in self._readers(gone) if not _same_locks(gone.use, use)]
        return Free(
            field=first.field,
            place=last.place,
            accesses=(first, last, *readers),
            confidence=self._confidence(study, freed),
            store=last.line_text,
            target=gone.variable,
            writer=f"{study.name}()",
            reader=wording.functions(readers) or "a reader",
            readers=wording.counted(readers, "walk") if readers else "",
            locks=wording.locks(first, readers) if readers else "",
            overlap=f"{wording.function(readers[0])} walks the list as an RCU reader" if readers else "",
            interleaving=_table(first, last, readers),
            unseen=() if readers else ("the readers",),
            primitive=f"{freed}()",
            unpublisher=gone.primitive,
            wanted=_wanted(freed, readers),
            scenarios=(self._scenario(study, gone, index, readers),),
        )

    def _scenario(
        self, study: Study, gone: Unpublished, index: int, readers: Sequence[SharedAccess]
    ) -> Scenario:
        slot = word(gone.path.text)
        text = study.line_text(study.function.events[gone.event].line)
        points = (
            Point(take_away(slot, Marking.RCU, text), study, gone.event),
            Point(free(study.line_text(study.function.events[index].line)), study, index),
        )
        updater = self._scenarios.of(self._sightings.access(study, index), points)
        return self._scenarios.reclaim(updater, None, slot, _flavour(readers))

    def _confidence(self, study: Study, freed: str) -> Confidence:
        if freed == "kmem_cache_free":
            # whether the cache is type-safe is said where it is made
            return Confidence.MEDIUM if self._program.has_tree else Confidence.LOW
        return Confidence.HIGH if self._program.has_tree and study.function.is_whole else Confidence.MEDIUM


def _removed(use: ListUse) -> Path | None:
    """The link of the entry that a primitive takes off its list."""
    if use.primitive.kind == "delete" and use.call.arguments:
        return use.call.arguments[use.primitive.object or 0].path
    if use.primitive.kind == "replace" and use.call.arguments:
        return use.call.arguments[0].path
    return None


def _is(value: Value, variable: str) -> bool:
    return value.kind is ValueKind.VARIABLE and value.name == variable


def _is_part(values: Sequence[Value], variable: str) -> bool:
    """Whether they are the object that the variable points to, or a member of it."""
    return any((value.path.root if value.path is not None else value.name) == variable for value in values)


def _ends(study: Study) -> list[int]:
    events: tuple[Event, ...] = study.function.events
    found = [i for i, event in enumerate(events) if isinstance(event, Return) and study.flow.is_reached(i)]
    return found or [len(events) - 1]


def _same_locks(gone: ListUse | None, reader: ListUse) -> bool:
    """Whether a reader holds a lock under which the object was taken away."""
    if gone is None:
        return False
    held, theirs = gone.access.held, reader.access.held
    return any(same_lock(one.identity, two.identity) for one in held for two in theirs)


def _flavour(readers: Sequence[SharedAccess]) -> str:
    sections = (section for reader in readers for section in reader.sections)
    return "srcu" if any(section.flavour == "srcu" for section in sections) else "rcu"


def _wanted(freed: str, readers: list[SharedAccess]) -> str:
    if _flavour(readers) == "srcu":
        return "call_srcu()"
    return "kfree_rcu()" if freed in ("kfree", "kfree_sensitive", "kvfree") else "call_rcu()"


def _table(first: SharedAccess, last: SharedAccess, readers: list[SharedAccess]) -> Interleaving:
    reader = wording.function(readers[0]) if readers else "a reader"
    load = readers[0].line_text if readers else "rcu_dereference()"
    return Interleaving(
        (wording.function(first), reader),
        (
            Step(1, load),
            Step(0, first.line_text),
            Step(0, last.line_text),
            Step(1, "    use it", remark="<- may be freed"),
        ),
    )
