"""Umbrella gates (suppressor S13): a flag released after the store and acquired before every use."""

from collections.abc import Sequence
from dataclasses import dataclass

from reviewbot.analysis.facts import Field
from reviewbot.analysis.flow import bits
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.stories import Seen, Stories
from reviewbot.syntax.model import Access, Call, Kind, Marking, ValueKind

DEPTH = 3

UNSET = ("0", "false")


@dataclass(frozen=True, slots=True)
class Gate:
    """A flag that could cover a store; `covers_all`: every reader at hand is behind its acquire."""

    name: str = ""
    covers_all: bool = False


class Gates:
    """The gates of one program."""

    def __init__(self, program: Program, stories: Stories) -> None:
        self._program = program
        self._stories = stories
        self._behind: dict[tuple[Study, Field], bool] = {}

    def gate(self, writer: Seen, readers: Sequence[Seen]) -> Gate:
        """The flag set after this store on its way out, and whether its acquire covers the readers.

        Where no reader is at hand, an acquire of the flag in some other function speaks for them.
        """
        flags = self._set_later(writer.study, writer.event, DEPTH)
        for field, is_release in flags:
            if is_release and (self._covers(field, readers) if readers else self._is_acquired(field, writer)):
                return Gate(str(field), True)
        return Gate(str(flags[0][0])) if flags else Gate()

    def _covers(self, field: Field, readers: Sequence[Seen]) -> bool:
        return all(self._is_behind(reader.study, reader.event, field, DEPTH) for reader in readers)

    def _is_acquired(self, field: Field, writer: Seen) -> bool:
        story = self._stories.story(field)
        reads = story.reads if story else ()
        return any(r.access.marking is Marking.ACQUIRE and r.study is not writer.study for r in reads)

    def _set_later(self, study: Study, event: int, depth: int) -> list[tuple[Field, bool]]:
        """The flags set after an event, here or in the callers: (field, is a release after all of it).

        A release that the event may follow, in a loop or from above it, does not come after all.
        """
        found = []
        before = study.flow.may_precede(event)
        for index in bits(study.flow.may_follow(event)):
            later = study.function.events[index]
            if isinstance(later, Access) and later.kind is Kind.WRITE and later.value is not None:
                field = self._program.types.field(later.path)
                is_set = later.value.kind is ValueKind.CONSTANT and later.value.text not in UNSET
                if field is not None and is_set and not field.weak:
                    is_last = not before >> index & 1
                    found.append((field, is_last and later.marking in (Marking.RELEASE, Marking.FULL)))
        if found or depth == 0:
            return sorted(found, key=lambda entry: not entry[1])
        for site in self._program.sites(study):
            found += self._set_later(site.caller, site.event, depth - 1)
        return sorted(found, key=lambda entry: not entry[1])

    def _is_behind(self, study: Study, event: int, field: Field, depth: int) -> bool:
        """Whether an acquire of the flag comes before the event on every path, callers included."""
        for test, _ in study.flow.conditions(event):
            if any(self._acquires(study, index, field) for index in study.function.tests[test].events):
                return True
        if any(self._acquires(study, index, field) for index in bits(study.flow.must_precede(event))):
            return True
        if depth == 0:
            return False
        sites = self._program.sites(study)
        return bool(sites) and all(
            self._is_behind(site.caller, site.event, field, depth - 1) for site in sites
        )

    def _acquires(self, study: Study, index: int, field: Field) -> bool:
        """Whether an event loads the flag with acquire, itself or in a helper it calls."""
        event = study.function.events[index]
        if isinstance(event, Access):
            return event.marking is Marking.ACQUIRE and self._program.types.field(event.path) == field
        if not isinstance(event, Call):
            return False
        return any(self._helper_acquires(helper, field) for helper in self._program.studies(event.function))

    def _helper_acquires(self, study: Study, field: Field) -> bool:
        key = (study, field)
        if key not in self._behind:
            self._behind[key] = False
            short = len(study.function.events) <= 12
            self._behind[key] = short and any(
                self._acquires(study, index, field) for index in range(len(study.function.events))
            )
        return self._behind[key]
