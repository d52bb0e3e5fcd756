"""Whole objects copied into ones that take their place: `*new = *old`, kmemdup(), `new->a = old->a`."""

import re
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from reviewbot.analysis.facts import Field
from reviewbot.analysis.flow import bits
from reviewbot.analysis.objects import Objects, is_on_stack
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.spelling import variable_given
from reviewbot.syntax.model import (
    Access,
    Assign,
    Call,
    Event,
    Kind,
    Path,
    Return,
    Root,
    TypeName,
    Value,
    ValueKind,
)

DEPTH = 4
"""How many definitions a pointer is followed back."""

CALLERS = 2
"""How many calls may stand between a copy and the place where it is installed."""

COPYING = re.compile(rb"\*\s*\w+\s*=\s*\*|\bmemcpy\b|\bkmemdup\b|[\w\]]\s*=\s*\w+(?:->|\.)[\w.]+;")
"""What the text of a function with a copy has: a cheap look before lowering."""

_REPLACES = re.compile(r"(?:^|_)(?:replace|swap|exchange|xchg|update|switch)(?:_|\d|$)")
"""Functions that take the old object and the new one."""


class Copy(msgspec.Struct, frozen=True):
    """A copy of a whole struct `tag`, from a place reached through `old` to one reached through `new`."""

    study: Study
    event: int
    tag: str
    source: Path
    old: str
    new: str
    primitive: str


class Install(msgspec.Struct, frozen=True):
    """Where a copy takes the place of what it was copied from, and how the function there names both."""

    study: Study
    event: int
    copied: int
    """The event of that function that makes the copy: itself, or the call of the function that does."""
    old: str
    new: str
    origins: tuple[Path, ...]
    """Where the function found the old object."""


class Copies:
    """The copies of one program."""

    def __init__(self, program: Program, objects: Objects) -> None:
        self._program = program
        self._objects = objects

    def of(self, study: Study) -> Iterator[Copy]:
        """The copies of whole structs that a function makes of objects which it did not make itself."""
        for index, access in study.accesses():
            copy = self._copied(study, index, access)
            if copy is None or not (copy.new and copy.old) or copy.new == copy.old:
                continue
            if not is_on_stack(copy.source) and not self._objects.is_private(study, index, copy.source):
                yield copy

    def _copied(self, study: Study, index: int, access: Access) -> Copy | None:
        if access.kind is Kind.WRITE and access.marking.value == "plain":
            return self._member(study, index, access)
        if access.kind is not Kind.COPY:
            return None
        if access.accessor == "kmemdup":
            call = _call_of(study, index)
            new = call.result if call is not None and _is_whole(call, 1) else None
            return self._made(study, index, access.path, new or "")
        if access.value is None:
            return None
        source = access.value.path if access.accessor is None else _source(study, index)
        is_whole = access.accessor is None or _is_whole(_call_of(study, index), 2)
        if source is None or not is_whole or is_on_stack(access.path):
            return None
        return self._made(study, index, source, access.path.root)

    def _member(self, study: Study, index: int, access: Access) -> Copy | None:
        """`new->arch = old->arch`, where that is a struct."""
        value = access.value
        if value is None or value.kind is not ValueKind.LOAD or value.path is None:
            return None
        if not access.path.members or access.path.members != value.path.members:
            return None
        is_pair = access.path.steps[0].arrow and value.path.steps[0].arrow
        return self._made(study, index, value.path, access.path.root) if is_pair else None

    def _made(self, study: Study, index: int, source: Path, new: str) -> Copy | None:
        tag = self._tag(source)
        access = study.function.events[index]
        name = access.accessor if isinstance(access, Access) else None
        if tag is None or source.root_kind not in (Root.LOCAL, Root.PARAMETER):
            return None
        shown = replace(source, text=source.text.removeprefix("*"))
        return Copy(study, index, tag, shown, source.root, new, f"{name}()" if name else "the assignment")

    def _tag(self, path: Path) -> str | None:
        """The tag of the struct that the path is, or points to where it ends in `*`."""
        steps = path.steps
        if steps and steps[-1].name == "*":
            declared = self._program.types.type_of(replace(path, steps=steps[:-1]))
            return declared.tag if declared is not None and declared.pointers == 1 else None
        declared = self._program.types.type_of(path)
        return declared.tag if declared is not None and _is_struct(declared) else None

    def is_set_anew(self, install: Install, field: Field) -> bool:
        """Whether every way from the copy to its install gives a member of the copy a value of its own."""
        flow = install.study.flow
        between = flow.may_follow(install.copied) & flow.must_precede(install.event)
        return self._sets(install.study, between, install.new, field, CALLERS)

    def _sets(self, study: Study, events: int, variable: str, field: Field, depth: int) -> bool:
        return any(self._sets_at(study, index, variable, field, depth) for index in bits(events))

    def _sets_at(self, study: Study, index: int, variable: str, field: Field, depth: int) -> bool:
        event = study.function.events[index]
        if isinstance(event, Access):
            is_cleared = event.kind is Kind.COPY and event.accessor is not None and event.value is None
            is_written = event.kind is Kind.WRITE and self._program.types.field(event.path) == field
            return event.path.root == variable and (is_cleared or is_written)
        if not isinstance(event, Call) or depth == 0:
            return False
        for position in range(len(event.arguments)):
            if variable_given(event, position) != variable:
                continue
            for callee in self._program.studies(event.function, study.file.path):
                if position < len(callee.function.parameters):
                    name = callee.function.parameters[position].name
                    if self._sets(callee, _always(callee), name, field, depth - 1):
                        return True
        return False

    # -- where the copy takes its place -----------------------------------------------------

    def installs(self, copy: Copy) -> Iterator[Install]:
        """Where the copy takes the place of the old object: in the function, or in its callers."""
        yield from self._installs(copy.study, copy.event, (copy.old, copy.new), CALLERS)

    def _installs(self, study: Study, index: int, names: tuple[str, str], depth: int) -> Iterator[Install]:
        old, new = names
        places = tuple(origins(study, index, old))
        event = self._installed(study, index, names, places)
        if event is not None:
            yield Install(study, event, index, old, new, places)
            return
        parameters = [parameter.name for parameter in study.function.parameters]
        if depth == 0 or old not in parameters or not (new in parameters or _returns(study, new)):
            return
        for site in self._program.sites(study):
            above = variable_given(site.call, parameters.index(old))
            if new in parameters:
                made = variable_given(site.call, parameters.index(new))
            else:
                made = site.call.result or ""
            if above and made and above != made:
                yield from self._installs(site.caller, site.event, (above, made), depth - 1)

    def _installed(
        self, study: Study, index: int, names: tuple[str, str], places: tuple[Path, ...]
    ) -> int | None:
        """The event after the copy by which the new object has replaced the old one."""
        old, new = names
        published = replaced = None
        for later in bits(study.flow.may_follow(index)):
            event = study.function.events[later]
            is_published = self._objects.publishes(study, later, new)
            is_given = isinstance(event, Call) and _takes_both(event, old, new)
            if is_given and (is_published or _replaces(event)):
                return later
            if published is None and is_published:
                published = later
            if replaced is None and _stores_to(event, places):
                replaced = later
        if published is None or replaced is None:
            return None
        return max(published, replaced)


def _is_struct(declared: TypeName) -> bool:
    return declared.tag is not None and not declared.pointers and not declared.array


def _call_of(study: Study, index: int) -> Call | None:
    """The copying call that an access is part of."""
    events = study.function.events[index + 1 : index + 4]
    return next((event for event in events if isinstance(event, Call)), None)


def _is_whole(call: Call | None, position: int) -> bool:
    """Whether the size given is that of a type or object, not of some bytes of it."""
    return call is not None and len(call.arguments) > position and "sizeof" in call.arguments[position].text


def _source(study: Study, index: int) -> Path | None:
    """What memcpy() reads: the access just before that of its target."""
    before = study.function.events[index - 1] if index else None
    if isinstance(before, Access) and before.kind is Kind.COPY and before.value is None:
        return before.path
    return None


def _always(study: Study) -> int:
    """The events that every way through a function runs."""
    events = study.function.events
    ends = [i for i, event in enumerate(events) if isinstance(event, Return) and study.flow.is_reached(i)]
    found = (1 << len(events)) - 1
    for end in ends or [len(events) - 1]:
        found &= study.flow.must_precede(end) | 1 << end
    return found


def _returns(study: Study, variable: str) -> bool:
    return any(
        isinstance(event, Return)
        and event.value is not None
        and event.value.kind is ValueKind.VARIABLE
        and event.value.name == variable
        for event in study.function.events
    )


def _replaces(event: Event) -> bool:
    return isinstance(event, Call) and _REPLACES.search(event.function) is not None


def _takes_both(call: Call, old: str, new: str) -> bool:
    return {old, new} <= {variable_given(call, position) for position in range(len(call.arguments))}


def _stores_to(event: Event, places: tuple[Path, ...]) -> bool:
    """Whether an event stores something in a place where the old object was found."""
    if not isinstance(event, Access) or event.kind not in (Kind.WRITE, Kind.RMW):
        return False
    is_null = event.value is not None and event.value.kind is ValueKind.NULL
    return not is_null and any(
        place.root == event.path.root and place.steps == event.path.steps for place in places
    )


def origins(study: Study, index: int, variable: str, depth: int = DEPTH) -> Iterator[Path]:
    """The places in memory that a pointer was loaded from, and those that lead there."""
    for definition in study.definitions(variable, index) if depth and variable else ():
        event = study.function.events[definition]
        if isinstance(event, Access):
            yield event.path
            yield from origins(study, definition, event.path.root, depth - 1)
        else:
            for value in _made_of(study, definition):
                yield from _of_value(study, definition, value, depth)


def _made_of(study: Study, index: int) -> tuple[Value, ...]:
    """The values that an assignment or a call was given: of a walk, the head of the list."""
    event = study.function.events[index]
    if isinstance(event, Assign):
        if event.value.kind is not ValueKind.CALL:
            return (event.value,)
        calls = [call for before, call in study.calls() if before < index and call.line == event.line]
        return calls[-1].arguments if calls else ()
    return event.arguments if isinstance(event, Call) else ()


def _of_value(study: Study, index: int, value: Value, depth: int) -> Iterator[Path]:
    if value.kind is ValueKind.VARIABLE:
        yield from origins(study, index, value.name, depth - 1)
    elif value.path is not None and value.kind in (ValueKind.LOAD, ValueKind.ADDRESS):
        if value.kind is ValueKind.LOAD:
            yield value.path
        yield from origins(study, index, value.path.root, depth - 1)
