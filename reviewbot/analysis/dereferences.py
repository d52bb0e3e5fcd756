"""RCU-protected pointers followed where nothing keeps the object behind them alive.

Gives `Dereference` facts: a pointer obtained in a read-side section and followed after it
(rule rcu-use-after-unlock), and one obtained with neither a section nor a lock around
(rule rcu-dereference-outside).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewbot.analysis import wording
from reviewbot.analysis.effects import Effects
from reviewbot.analysis.exposure import Exposure
from reviewbot.analysis.facts import Confidence, Dereference, Interleaving, ReadSection, SharedAccess, Step
from reviewbot.analysis.flow import bits
from reviewbot.analysis.held import Holding
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.sightings import Sightings
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Assign, Call, Event, Kind, Marking, Path, Value, ValueKind

_REFERENCE = re.compile(
    r"(?:^|_)(?:get|hold|ref|grab|pin|take|tryget|inc|acquire|lock|claim|keep|clone|dup|handoff|upgrade|active|activate)(?:_|$|\d)"
)
"""Function names that say: the object is kept alive from here on."""

_LETTING_GO = re.compile(
    r"(?:^|_)(?:put|putref|unref|release|drop|dec|unpin|unlock|free|deactive|deactivate)(?:_|$|\d)"
)
"""Function names that say: a reference was held."""

_OUTSIDE = re.compile(r"s?rcu_dereference(?:_bh|_sched)?")
"""Accessors that are only right in a section; those with a condition let lockdep judge."""


@dataclass(frozen=True, slots=True)
class Obtained:
    """A protected pointer as a function gets it: `variable` None where it is followed at once."""

    event: int
    path: Path
    variable: str | None
    primitive: str
    follows: int | None = None
    """The event that follows it at once."""


class Dereferences:
    """The dereference facts of one program."""

    def __init__(
        self, program: Program, holding: Holding, effects: Effects, exposure: Exposure, sightings: Sightings
    ) -> None:
        self._program = program
        self._holding = holding
        self._effects = effects
        self._exposure = exposure
        self._sightings = sightings
        self._rcu = vocabulary().rcu
        self._locks = vocabulary().locks

    def facts(self, study: Study) -> Iterator[Dereference]:
        """What is to be asked of the protected pointers that a function obtains: one fact a variable."""
        asked: set[tuple[str, bool]] = set()
        for found in self._obtained(study):
            fact = self._after_section(study, found) or self._outside(study, found)
            if fact is not None and (key := (fact.field.name, fact.is_after_section)) not in asked:
                asked.add(key)
                yield fact

    def _obtained(self, study: Study) -> Iterator[Obtained]:
        for index, event in enumerate(study.function.events):
            if not study.flow.is_reached(index):
                continue
            if isinstance(event, Access) and event.marking is Marking.RCU and event.kind is Kind.READ:
                if _OUTSIDE.fullmatch(event.accessor or ""):
                    at_once = _followed_at_once(study, index, event)
                    yield Obtained(index, event.path, event.result, f"{event.accessor}()", at_once)
            elif isinstance(event, Call):
                yield from self._walked(index, event)

    def _walked(self, index: int, call: Call) -> Iterator[Obtained]:
        primitive = self._rcu.list_read(call.function)
        if primitive is None or not primitive.is_rcu or primitive.kind != "walk" or primitive.head is None:
            return
        last = max(n for n in (primitive.object, primitive.head, primitive.member) if n is not None)
        arguments = call.arguments
        if len(arguments) != last + 1 or primitive.object is None:
            return
        head, cursor = arguments[primitive.head].path, arguments[primitive.object]
        if head is not None and cursor.kind is ValueKind.VARIABLE:
            yield Obtained(index, head, cursor.name, f"{call.function}()", index)

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
                return None
            return self._escaped(study, found, index, sections[0])
        return None

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
        if not (exits and _follows(study, event, index, found.variable or "")):
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
        return any(_refers(study.function.events[i], name, _REFERENCE) for i in bits(between)) or any(
            _refers(study.function.events[i], name, _LETTING_GO) for i in bits(between | after | 1 << late)
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
        return self._fact(use, source, found, (section, confidence, True, table))

    # -- outside ----------------------------------------------------------------------------

    def _outside(self, study: Study, found: Obtained) -> Dereference | None:
        event = study.function.events[found.event]
        if not study.is_new(event.line) or not self._is_followed(study, found):
            return None
        way = self._exposure.way(study, found.event)
        if way is None:
            return None
        source = self._sightings.access(study, found.event, found.path)
        if source.is_fresh:
            return None
        is_srcu = found.primitive.startswith("srcu") or found.primitive.endswith("srcu()")
        section = ReadSection("srcu" if is_srcu else "rcu")
        return self._fact(source, source, found, (section, way.confidence, False, None))

    def _is_followed(self, study: Study, found: Obtained) -> bool:
        if found.follows is not None:
            return True
        if found.variable is None:
            return False
        return any(
            _follows(study, study.function.events[i], i, found.variable)
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
            overlap="",
            payload="",
            interleaving=table,
            unseen=(f"the callers of {wording.function(at)}",) if confidence is Confidence.LOW else (),
            reason=None,
            is_after_section=is_after,
            flavour="SRCU" if section.flavour == "srcu" else "RCU",
            primitive=found.primitive,
        )


def _followed_at_once(study: Study, index: int, access: Access) -> int | None:
    """The event that follows what `access` loads in the same expression."""
    events = study.function.events
    for after in range(index + 1, min(index + 4, len(events))):
        event = events[after]
        steps = access.path.steps
        if not isinstance(event, Access) or event.path.root != access.path.root:
            continue
        beyond = event.path.steps[len(steps) :]
        is_longer = event.path.steps[: len(steps)] == steps and beyond and beyond[0].arrow
        if is_longer and (access.accessor or "") in event.path.text:
            return after
    return None


def _follows(study: Study, event: Event, index: int, variable: str) -> bool:
    """Whether an event reads or writes through the pointer, or locks what it points to."""
    if not isinstance(event, Access) or event.path.root != variable or not event.path.steps:
        return False
    if not (event.path.steps[0].arrow or event.path.steps[0].name in ("*", "[]")):
        return False
    if event.kind is not Kind.ADDRESS:
        return True
    following = study.function.events[index + 1] if index + 1 < len(study.function.events) else None
    if not isinstance(following, Call) or vocabulary().locks.acquire(following.function) is None:
        return False
    return any(value.path == event.path for value in following.arguments)


def _refers(event: Event, variable: str, names: re.Pattern[str]) -> bool:
    """Whether an event does what the names say to the object that the variable points to."""
    if isinstance(event, Access):
        is_own = event.path.root == variable and len(event.path.steps) > 0
        return is_own and event.kind is Kind.RMW and event.marking is not Marking.PLAIN
    if not isinstance(event, Call) or not any(_points_to(value, variable) for value in event.arguments):
        return False
    return names.search(event.function) is not None and vocabulary().locks.acquire(event.function) is None


def _points_to(value: Value, variable: str) -> bool:
    return variable in value.variables or (value.path is not None and value.path.root == variable)
