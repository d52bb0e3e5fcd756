"""Umbrella gates (suppressor S13): a flag released after the store and acquired before every use.

A release is a release store, or a store with a barrier above it; an acquire is an acquire load,
an atomic operation that orders by itself, or a load with a barrier below it.
"""

from collections.abc import Sequence
from enum import Enum

import msgspec

from reviewbot.analysis.facts import Field
from reviewbot.analysis.flow import bits
from reviewbot.analysis.ordering import Ordering
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.stories import Seen, Stories
from reviewbot.syntax.model import Access, Call, Event, Kind, Marking, ValueKind

DEPTH = 3

MOST_EVENTS = 12
"""A helper that looks at a flag for its callers has no more events."""

UNSET = ("0", "false")


class Release(Enum):
    """How a flag set after a store lets go of what stands before it, the surest first."""

    BY_BARRIER = "barrier"
    """A barrier stands between the two: it was put there for just this."""
    BY_ITSELF = "release"
    NONE = "none"


class Gate(msgspec.Struct, frozen=True):
    """A flag that could cover a store; `covers_all`: every reader at hand is behind its acquire."""

    name: str = ""
    covers_all: bool = False


class Gates:
    """The gates of one program."""

    def __init__(self, program: Program, stories: Stories, ordering: Ordering) -> None:
        self._program = program
        self._ordering = ordering
        self._stories = stories
        self._behind: dict[tuple[Study, Field], bool] = {}
        self._looks: dict[tuple[Study, Field], int] = {}
        self._is_behind_at: dict[tuple[Study, int, Field, int], bool] = {}
        self._later: dict[tuple[Study, int, int], list[tuple[Field, Release]]] = {}

    def gate(self, writer: Seen, readers: Sequence[Seen]) -> Gate:
        """The flag set after this store on its way out, and whether its acquire covers the readers.

        Where no reader is at hand, an acquire of the flag in some other function speaks for them.
        """
        flags = self._set_later(writer.study, writer.event, DEPTH)
        for field, release in flags:
            if release is not Release.NONE and self._covers(field, writer, readers, release):
                return Gate(str(field), True)
        return Gate(str(flags[0][0])) if flags else Gate()

    def _covers(self, field: Field, writer: Seen, readers: Sequence[Seen], release: Release) -> bool:
        """Whether the readers are behind an acquire of the flag.

        A barrier between the store and the flag says that its author knows the gate: then one
        reader that is seen behind it answers for those that own a reference from there.
        """
        if not readers:
            return self._is_acquired(field, writer)
        behind = (self._is_behind(reader.study, reader.event, field, DEPTH) for reader in readers)
        return any(behind) if release is Release.BY_BARRIER else all(behind)

    def _is_acquired(self, field: Field, writer: Seen) -> bool:
        story = self._stories.story(field)
        reads = story.reads if story else ()
        return any(r.access.marking is Marking.ACQUIRE and r.study is not writer.study for r in reads)

    def _set_later(self, study: Study, event: int, depth: int) -> list[tuple[Field, Release]]:
        """The flags set after an event, here or in the callers, those that are released first.

        A release that the event may follow, in a loop or from above it, does not come after all.
        """
        key = (study, event, depth)
        if key in self._later:
            return self._later[key]
        found = []
        for index in bits(study.flow.may_follow(event)):
            later = study.function.events[index]
            if isinstance(later, Access) and later.kind is Kind.WRITE and later.value is not None:
                field = self._program.types.field(later.path)
                is_set = later.value.kind is ValueKind.CONSTANT and later.value.text not in UNSET
                if field is not None and is_set and not field.weak:
                    found.append((field, self._release(study, event, index)))
        if not found and depth:
            for site in self._program.sites(study):
                found += self._set_later(site.caller, site.event, depth - 1)
        self._later[key] = sorted(dict.fromkeys(found), key=lambda entry: entry[1] is Release.NONE)
        return self._later[key]

    def _release(self, study: Study, event: int, index: int) -> Release:
        """How the later store, `index`, releases what stands at `event`."""
        if study.flow.may_precede(event) >> index & 1:
            return Release.NONE
        later = study.function.events[index]
        if isinstance(later, Access) and later.marking in (Marking.RELEASE, Marking.FULL):
            return Release.BY_ITSELF
        between = study.flow.may_follow(event) & study.flow.must_precede(index)
        is_ordered = self._ordering.has_barrier(study, between, "store")
        return Release.BY_BARRIER if is_ordered else Release.NONE

    def _is_behind(self, study: Study, event: int, field: Field, depth: int) -> bool:
        """Whether an acquire of the flag comes before the event on every path, callers included."""
        key = (study, event, field, depth)
        if key not in self._is_behind_at:
            is_here = self._is_acquired_before(study, event, field)
            self._is_behind_at[key] = is_here or (depth > 0 and self._are_callers(study, field, depth - 1))
        return self._is_behind_at[key]

    def _is_acquired_before(self, study: Study, event: int, field: Field) -> bool:
        before = study.flow.must_precede(event)
        looked = self._looking(study, field)
        asked = (study.function.tests[test].events for test, _ in study.flow.conditions(event))
        indexes = (index for events in asked for index in events if looked >> index & 1)
        if any(self._acquires(study, index, field, before) for index in indexes):
            return True
        return any(self._acquires(study, index, field, before) for index in bits(before & looked))

    def _looking(self, study: Study, field: Field) -> int:
        """The events of a function that read the flag, or call what may."""
        key = (study, field)
        if key not in self._looks:
            events = enumerate(study.function.events)
            self._looks[key] = sum(1 << index for index, event in events if self._may_look(event, field))
        return self._looks[key]

    def _may_look(self, event: Event, field: Field) -> bool:
        is_it = isinstance(event, Access) and self._program.types.field(event.path) == field
        return is_it or isinstance(event, Call)

    def _are_callers(self, study: Study, field: Field, depth: int) -> bool:
        """Whether all calls of a function are behind an acquire of the flag."""
        sites = self._program.sites(study)
        return bool(sites) and all(self._is_behind(site.caller, site.event, field, depth) for site in sites)

    def _acquires(self, study: Study, index: int, field: Field, before: int) -> bool:
        """Whether an event loads the flag with acquire, itself or in a helper it calls.

        `before` are the events that a barrier below the load may be.
        """
        event = study.function.events[index]
        if isinstance(event, Call):
            return any(
                self._helper_acquires(helper, field) for helper in self._program.studies(event.function)
            )
        if not isinstance(event, Access) or event.kind not in (Kind.READ, Kind.RMW):
            return False
        if self._program.types.field(event.path) != field:
            return False
        is_acquire = event.marking in (Marking.ACQUIRE, Marking.FULL)
        return is_acquire or self._ordering.has_barrier(study, study.flow.may_follow(index) & before, "load")

    def _helper_acquires(self, study: Study, field: Field) -> bool:
        key = (study, field)
        if key not in self._behind:
            self._behind[key] = False
            count = len(study.function.events)
            self._behind[key] = count <= MOST_EVENTS and any(
                self._acquires(study, index, field, (1 << count) - 1) for index in range(count)
            )
        return self._behind[key]
