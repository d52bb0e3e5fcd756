"""What a flag announces: the memory written before its store, and used after its check.

Sets P and D of the rule catalogue, section 1.1; callees are followed to a stated depth.
"""

from dataclasses import dataclass, field

from reviewbot.analysis.facts import Field
from reviewbot.analysis.flow import bits
from reviewbot.analysis.objects import Objects
from reviewbot.analysis.program import Program, Study
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Kind, Marking, Value, ValueKind

DEPTH = 4
"""How deep calls are followed; the seed thread needs three."""

MOST_STUDIES = 60
"""Functions followed for one side of one flag, at most."""


@dataclass(slots=True)
class Touched:
    """The fields that some code writes and reads, with the text of the first access of each."""

    writes: dict[Field, str] = field(default_factory=dict)
    allocations: dict[Field, str] = field(default_factory=dict)
    """Those of the writes that store a freshly allocated object."""
    reads: dict[Field, str] = field(default_factory=dict)
    opaque: list[str] = field(default_factory=list)
    """Functions called that are not at hand."""


class Payloads:
    """The answers for one program."""

    def __init__(self, program: Program, objects: Objects) -> None:
        self._program = program
        self._objects = objects
        self._harmless = vocabulary().diagnostics

    def before(self, study: Study, event: int) -> Touched:
        """What was touched on the way to an event: here, in callees, and in the direct callers."""
        found = Touched()
        seen: set[Study] = {study}
        self._collect(study, study.flow.may_precede(event), DEPTH, found, seen)
        if not found.allocations:
            for caller in self._program.mentioning(study.name):
                for index, call in caller.calls():
                    if call.function == study.name and caller is not study:
                        self._collect(caller, caller.flow.may_precede(index), 1, found, seen)
        return found

    def behind(self, study: Study, test: int, taken: bool) -> Touched:
        """What is touched only after this outcome of a test, callees included."""
        found = Touched()
        self._collect(study, study.flow.governed(test, taken), DEPTH, found, {study})
        return found

    def within(self, study: Study, events: int) -> Touched:
        """What a set of events of a function touches, callees included."""
        found = Touched()
        self._collect(study, events, DEPTH, found, {study})
        return found

    def _collect(self, study: Study, events: int, depth: int, found: Touched, seen: set[Study]) -> None:
        for index in bits(events):
            event = study.function.events[index]
            if isinstance(event, Access):
                self._note(study, index, event, found)
            elif isinstance(event, Call) and event.function and not self._harmless.diagnostic(event.function):
                self._follow(study, event, depth, found, seen)

    def _follow(self, study: Study, call: Call, depth: int, found: Touched, seen: set[Study]) -> None:
        callees = self._program.studies(call.function, study.file.path) if depth and len(seen) < MOST_STUDIES else ()
        if not callees:
            found.opaque.append(call.function)
        for callee in callees:
            if callee not in seen:
                seen.add(callee)
                everything = (1 << len(callee.function.events)) - 1
                self._collect(callee, everything, depth - 1, found, seen)

    def _note(self, study: Study, index: int, access: Access, found: Touched) -> None:
        field = self._program.types.field(access.path)
        if field is None:
            return
        text = access.path.text
        if access.kind in (Kind.READ, Kind.COPY):
            found.reads.setdefault(field, text)
        if access.kind in (Kind.WRITE, Kind.COPY) and access.marking is not Marking.RELAXED:
            found.writes.setdefault(field, text)
            if access.value is not None and self._is_allocated(study, index, access.value):
                found.allocations.setdefault(field, text)

    def _is_allocated(self, study: Study, index: int, value: Value) -> bool:
        if value.kind is ValueKind.CALL:
            return self._objects.is_allocation(value.name, study.file.path)
        return value.kind is ValueKind.VARIABLE and self._objects.is_fresh(study, index, value.name)
