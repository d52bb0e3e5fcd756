"""What a flag announces: the memory written before its store, and used after its check.

Sets P and D of the rule catalogue, section 1.1; callees are followed to a stated depth.
"""

from collections.abc import Iterator

import msgspec

from reviewbot.analysis.facts import Field
from reviewbot.analysis.flow import bits
from reviewbot.analysis.objects import Objects, is_on_stack, is_within
from reviewbot.analysis.program import Program, Study
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Kind, Marking, Path, Return, Sense, Value, ValueKind

DEPTH = 4
"""How deep calls are followed; the seed thread needs three."""

MOST_STUDIES = 60
"""Functions followed for one side of one flag, at most."""


PREDICATES = 3
"""How many helpers may stand between a test and what is done behind it."""


class Touched(msgspec.Struct):
    """The fields that some code writes and reads, with the text of the first access of each."""

    writes: dict[Field, str] = msgspec.field(default_factory=dict)
    allocations: dict[Field, str] = msgspec.field(default_factory=dict)
    """Those of the writes that store a freshly allocated object."""
    reads: dict[Field, str] = msgspec.field(default_factory=dict)
    opaque: list[str] = msgspec.field(default_factory=list)
    """Functions called that are not at hand."""


class Walk(msgspec.Struct):
    """One search through a function and its callees: what it found, and where it has been."""

    found: Touched
    seen: set[Study]


class Payloads:
    """The answers for one program."""

    def __init__(self, program: Program, objects: Objects) -> None:
        self._program = program
        self._objects = objects
        self._harmless = vocabulary().diagnostics

    def before(self, study: Study, event: int, *, has_callers: bool = True) -> Touched:
        """What was touched on the way to an event: here, in callees, and in the direct callers."""
        found = Touched()
        walk = Walk(found, {study})
        self._collect(study, study.flow.may_precede(event), DEPTH, walk)
        if has_callers and not found.allocations:
            for caller, index, _ in self._program.sites(study):
                self._collect(caller, caller.flow.may_precede(index), 1, walk)
        return found

    def behind(self, study: Study, test: int, taken: bool) -> Touched:
        """What is touched only after this outcome of a test, callees included.

        Where a function only returns the outcome (`return !d->direct || d->ready`), that is what
        its callers touch behind their test of it.
        """
        found = Touched()
        self._collect(study, study.flow.governed(test, taken), DEPTH, Walk(found, {study}))
        for caller, outer in self._asked_by(study, test, PREDICATES):
            self._collect(caller, caller.flow.governed(outer, taken), DEPTH, Walk(found, {caller}))
        return found

    def _asked_by(self, study: Study, test: int, depth: int) -> Iterator[tuple[Study, int]]:
        """The tests of callers that have the outcome of this one as (part of) a call's value."""
        if depth == 0 or not _is_returned(study, test):
            return
        for caller in self._program.mentioning(study.name):
            for number, outer in enumerate(caller.function.tests) if caller is not study else ():
                if outer.sense is Sense.NONZERO and outer.operand.name == study.name:
                    yield caller, number
                    yield from self._asked_by(caller, number, depth - 1)

    def within(self, study: Study, events: int) -> Touched:
        """What a set of events of a function touches, callees included."""
        found = Touched()
        self._collect(study, events, DEPTH, Walk(found, {study}))
        return found

    def _collect(
        self, study: Study, events: int, depth: int, walk: Walk, private: frozenset[str] = frozenset()
    ) -> None:
        """Add what the events touch; `private` are the parameters that point to objects nobody else has."""
        for index in bits(events):
            event = study.function.events[index]
            if isinstance(event, Access):
                self._note(study, index, event, walk.found, private)
            elif isinstance(event, Call) and event.function and not self._harmless.diagnostic(event.function):
                given = self._given_private(study, index, event, private)
                self._follow(study, event, depth, walk, given)

    def _follow(self, study: Study, call: Call, depth: int, walk: Walk, given: frozenset[int]) -> None:
        may_follow = depth > 0 and len(walk.seen) < MOST_STUDIES
        callees = self._program.studies(call.function, study.file.path) if may_follow else ()
        if not callees:
            walk.found.opaque.append(call.function)
        for callee in callees:
            if callee not in walk.seen:
                walk.seen.add(callee)
                everything = (1 << len(callee.function.events)) - 1
                names = enumerate(parameter.name for parameter in callee.function.parameters)
                private = frozenset(name for number, name in names if number in given)
                self._collect(callee, everything, depth - 1, walk, private)

    def _note(
        self, study: Study, index: int, access: Access, found: Touched, private: frozenset[str]
    ) -> None:
        field = self._program.types.field(access.path)
        if field is None or self._is_private(study, index, access.path, private):
            return
        text = access.path.text
        if access.kind in (Kind.READ, Kind.COPY):
            found.reads.setdefault(field, text)
        if access.kind in (Kind.WRITE, Kind.COPY) and access.marking is not Marking.RELAXED:
            found.writes.setdefault(field, text)
            if access.value is not None and self._is_allocated(study, index, access.value):
                found.allocations.setdefault(field, text)

    def _is_private(self, study: Study, event: int, path: Path, private: frozenset[str]) -> bool:
        """Whether the memory is part of an object that nobody else can reach: no flag announces that."""
        if is_on_stack(path):
            return True
        return is_within(path) and (path.root in private or self._objects.is_private(study, event, path))

    def _given_private(self, study: Study, event: int, call: Call, private: frozenset[str]) -> frozenset[int]:
        """The arguments that point to, or into, such an object."""
        found = []
        for number, value in enumerate(call.arguments):
            if value.kind is ValueKind.VARIABLE:
                is_fresh = value.name in private or self._objects.is_fresh(study, event, value.name)
            elif value.kind is ValueKind.ADDRESS and value.path is not None:
                is_fresh = self._is_private(study, event, value.path, private)
            else:
                is_fresh = False
            if is_fresh:
                found.append(number)
        return frozenset(found)

    def _is_allocated(self, study: Study, index: int, value: Value) -> bool:
        if value.kind is ValueKind.CALL:
            return self._objects.is_allocation(value.name, study.file.path)
        return value.kind is ValueKind.VARIABLE and self._objects.is_fresh(study, index, value.name)


def _is_returned(study: Study, test: int) -> bool:
    """Whether a function ends in one return whose value has the test as a term, not negated."""
    last = study.function.events[-1] if study.function.events else None
    if not isinstance(last, Return) or last.value is None or last.value.kind is not ValueKind.OTHER:
        return False
    text = study.function.tests[test].text
    before, term, _ = last.value.text.partition(text)
    return bool(term) and study.function.tests[test].line >= last.line and not before.rstrip().endswith("!")
