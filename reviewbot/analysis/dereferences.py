"""RCU-protected pointers followed where nothing keeps the object behind them alive.

Gives `Dereference` facts: a pointer obtained in a read-side section and followed after it
(rule rcu-use-after-unlock), and one obtained with neither a section nor a lock around
(rule rcu-dereference-outside).
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from reviewbot.analysis import wording
from reviewbot.analysis.effects import Effects
from reviewbot.analysis.exposure import Exposure
from reviewbot.analysis.facts import Confidence, Dereference, Interleaving, ReadSection, SharedAccess, Step
from reviewbot.analysis.flow import bits
from reviewbot.analysis.held import Holding
from reviewbot.analysis.obtained import LETTING_GO, REFERENCE, Obtained, Pointers, follows, refers
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.scenario import Act, Doing, Scenario
from reviewbot.analysis.scenarios import FOLLOW, Scenarios
from reviewbot.analysis.sightings import Sightings
from reviewbot.analysis.stories import Stories
from reviewbot.analysis.threads import Point, word
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Assign, Call, Marking

_OWN_LOCK = re.compile(r"(?:xas?|idr|radix_tree|mas|mtree)_|rhashtable_lookup_fast|rhltable_lookup")
"""Lookups that are right outside of a section, where something else keeps the object."""


class Dereferences:
    """The dereference facts of one program."""

    def __init__(  # noqa: PLR0913, PLR0917  (one collaborator for each question)
        self,
        program: Program,
        holding: Holding,
        effects: Effects,
        exposure: Exposure,
        sightings: Sightings,
        stories: Stories,
        scenarios: Scenarios,
    ) -> None:
        self._stories = stories
        self._program = program
        self._scenarios = scenarios
        self._holding = holding
        self._effects = effects
        self._exposure = exposure
        self._sightings = sightings
        self._rcu = vocabulary().rcu
        self._pointers = Pointers(program)

    def facts(self, study: Study) -> Iterator[Dereference]:
        """What is to be asked of the protected pointers that a function obtains: one fact a variable."""
        asked: set[tuple[str, bool]] = set()
        for found in self._pointers.of(study):
            fact = self._after_section(study, found) or self._outside(study, found)
            if fact is not None and (key := (fact.field.name, fact.is_after_section)) not in asked:
                asked.add(key)
                yield fact

    # -- after the section ------------------------------------------------------------------

    def _after_section(self, study: Study, found: Obtained) -> Dereference | None:
        sections = self._holding.at(study, found.event).sections
        if found.variable is None or not sections or self._holding.at(study, found.event).locks:
            return None
        exits = self._exits(study, sections)
        definition = found.event + 1 if isinstance(study.function.events[found.event], Call) else found.event
        for index in bits(study.flow.may_follow(definition) & ~(1 << definition)):
            if not self._is_late(study, found, definition, index, exits):
                continue
            if not any(study.is_new(study.function.events[i].line) for i in (found.event, index)):
                continue
            if self._is_kept(study, found, definition, index):
                self._note(study, found, "holds a reference of what it finds there")
                return None
            return self._escaped(study, found, index, sections[0])
        if study.is_new(study.function.events[found.event].line) and self._is_followed(study, found):
            self._note(study, found, "follows it inside its read-side section only, or under a lock")
        return None

    def _note(self, study: Study, found: Obtained, words: str) -> None:
        """Why nothing is asked of the field that a pointer was found in."""
        field = self._sightings.field(found.path)
        self._stories.note(field, Quiet.KEPT_ALIVE, f"{study.name}() {words}")

    def _exits(self, study: Study, sections: tuple[ReadSection, ...]) -> int:
        """The events that end one of the sections."""
        flavours = {section.flavour for section in sections}
        changes = self._effects.changes(study)
        return sum(
            1 << index
            for index, done in changes.items()
            if any(not c.acquires and c.hold.is_section and c.hold.flavour in flavours for c in done)
        )

    def _is_late(self, study: Study, found: Obtained, definition: int, index: int, exits: int) -> bool:
        """Whether an event follows the pointer, with every way to it leading out of the section."""
        event = study.function.events[index]
        if not (exits and follows(study, event, index, found.variable or "")):
            return False
        reaching = study.definitions(found.variable or "", index)
        if definition not in reaching and found.event not in reaching:
            return False
        state = self._holding.at(study, index)
        if state.sections or state.locks:
            return False
        others = self._other_definitions(study, found.variable or "", definition)
        return study.flow.reaches(definition, index, others) and not study.flow.reaches(
            definition, index, exits | others
        )

    @staticmethod
    def _other_definitions(study: Study, variable: str, definition: int) -> int:
        return sum(
            1 << i
            for i, event in enumerate(study.function.events)
            if i != definition and isinstance(event, Assign) and event.variable == variable
        ) & ~(1 << (definition + 1))

    def _is_kept(self, study: Study, found: Obtained, definition: int, late: int) -> bool:
        """Whether a reference may be taken before the use, or is dropped somewhere after."""
        between = study.flow.may_follow(definition) & study.flow.may_precede(late)
        after = study.flow.may_follow(late)
        name = found.variable or ""
        return any(refers(study.function.events[i], name, REFERENCE) for i in bits(between)) or any(
            refers(study.function.events[i], name, LETTING_GO) for i in bits(between | after | 1 << late)
        )

    def _escaped(self, study: Study, found: Obtained, index: int, section: ReadSection) -> Dereference:
        use = self._sightings.access(study, index)
        source = self._sightings.access(study, found.event, found.path)
        is_sure = self._program.has_tree and study.function.is_whole
        name = found.variable or ""
        table = Interleaving(
            (f"{study.name}()", "updater"),
            (
                Step(0, f"{name} = {found.primitive.removesuffix('()')}(...)"),
                Step(0, "leave the section"),
                Step(1, "replace it, grace period, free"),
                Step(0, use.line_text, remark="<- may be freed"),
            ),
        )
        confidence = Confidence.HIGH if is_sure else Confidence.MEDIUM
        scenario = self._scenario(study, found, section, index)
        return replace(
            self._fact(use, source, found, (section, confidence, True, table)), scenarios=(scenario,)
        )

    def _scenario(self, study: Study, found: Obtained, section: ReadSection, use: int) -> Scenario:
        """The reader as the code has it, and an updater that does all that it should."""
        slot = word(found.path.text) if found.path else "slot"
        load, follow = (study.line_text(study.function.events[i].line) for i in (found.event, use))
        act = Act(Doing.READ, slot, Marking.RCU, register="r0", is_field=True, text=load)
        points = (
            Point(act, study, found.event),
            Point(replace(FOLLOW, text=follow), study, use),
        )
        reader = self._scenarios.of(self._sightings.access(study, use), points)
        flavour = "srcu" if section.flavour == "srcu" else "rcu"
        return self._scenarios.reclaim(None, reader, slot, flavour)

    # -- outside ----------------------------------------------------------------------------

    def _outside(self, study: Study, found: Obtained) -> Dereference | None:
        event = study.function.events[found.event]
        if not study.is_new(event.line) or not self._is_followed(study, found):
            return None
        if _OWN_LOCK.match(found.primitive):
            return None
        way = self._exposure.way(study, found.event)
        if way is None:
            return None
        source = self._sightings.access(study, found.event, found.path)
        if source.is_fresh:
            return None
        lookup = self._rcu.lookup(found.primitive.removesuffix("()"))
        is_srcu = found.primitive.startswith("srcu") or found.primitive.endswith("srcu()")
        is_srcu = is_srcu or (lookup is not None and lookup.flavour == "srcu")
        section = ReadSection("srcu" if is_srcu else "rcu")
        scenario = self._scenario(study, found, section, found.event)
        return replace(
            self._fact(source, source, found, (section, way.confidence, False, None)), scenarios=(scenario,)
        )

    def _is_followed(self, study: Study, found: Obtained) -> bool:
        if found.follows is not None:
            return True
        if found.variable is None:
            return False
        return any(
            follows(study, study.function.events[i], i, found.variable)
            and found.event in {*study.definitions(found.variable, i)}
            for i in bits(study.flow.may_follow(found.event))
        )

    def _fact(
        self,
        at: SharedAccess,
        source: SharedAccess,
        found: Obtained,
        how: tuple[ReadSection, Confidence, bool, Interleaving | None],
    ) -> Dereference:
        section, confidence, is_after, table = how
        return Dereference(
            field=source.field,
            place=at.place,
            accesses=tuple(dict.fromkeys((source, at))),
            confidence=confidence,
            store=at.line_text,
            target=source.text,
            writer="",
            reader=wording.function(at),
            readers=wording.counted([at], "use"),
            locks="",
            interleaving=table,
            unseen=(f"the callers of {wording.function(at)}",) if confidence is Confidence.LOW else (),
            is_after_section=is_after,
            flavour="SRCU" if section.flavour == "srcu" else "RCU",
            primitive=found.primitive,
        )
