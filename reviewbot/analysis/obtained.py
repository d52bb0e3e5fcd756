"""Pointers that RCU protects, as a function gets them, and what it does with them then."""

import re
from collections.abc import Iterator

import msgspec

from reviewbot.analysis.program import Program, Study
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Event, Kind, Marking, Path, Root, Value, ValueKind

REFERENCE = re.compile(
    r"(?:^|_)(?:get|hold|ref|grab|pin|take|tryget|inc|acquire|lock|claim|keep|clone|dup|handoff|upgrade|active|activate)(?:_|$|\d)"
)
"""Function names that say: the object is kept alive from here on."""

LETTING_GO = re.compile(
    r"(?:^|_)(?:put|putref|unref|release|drop|dec|unpin|unlock|free|deactive|deactivate)(?:_|$|\d)"
)
"""Function names that say: a reference was held."""

_OUTSIDE = re.compile(r"s?rcu_dereference(?:_bh|_sched)?")
"""Accessors that are only right in a section; those with a condition let lockdep judge."""


class Obtained(msgspec.Struct, frozen=True):
    """A protected pointer as a function gets it: `variable` None where it is followed at once."""

    event: int
    path: Path
    variable: str | None
    primitive: str
    follows: int | None = None
    """The event that follows it at once."""


class Pointers:
    """The protected pointers of one program's functions."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._rcu = vocabulary().rcu

    def of(self, study: Study) -> Iterator[Obtained]:
        """The protected pointers that a function gets: loads first, then walks and lookups."""
        for index, access in study.accesses():
            primitive = self._primitive(access)
            if primitive:
                yield Obtained(
                    index, access.path, access.result, primitive, _followed_at_once(study, index, access)
                )
        for index, call in study.calls():
            yield from self._walked(index, call)
            if self._rcu.lookup(call.function) is not None and call.arguments and call.result:
                argument = call.arguments[0]
                path = argument.path or Path(argument.text, Root.OTHER, (), argument.text)
                yield Obtained(index, path, call.result, f"{call.function}()")

    def _primitive(self, access: Access) -> str:
        """By what an access loads a protected pointer; empty where it does not."""
        if access.kind is not Kind.READ:
            return ""
        if access.marking is Marking.RCU and _OUTSIDE.fullmatch(access.accessor or ""):
            return f"{access.accessor}()"
        if access.marking is not Marking.PLAIN or not access.path.members:
            return ""
        declared = self._program.types.type_of(access.path)
        return "the plain load" if declared is not None and "__rcu" in declared.annotations else ""

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


def follows(study: Study, event: Event, index: int, variable: str) -> bool:
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


def refers(event: Event, variable: str, names: re.Pattern[str]) -> bool:
    """Whether an event does what the names say to the object that the variable points to."""
    if isinstance(event, Access):
        is_own = event.path.root == variable and len(event.path.steps) > 0
        return is_own and event.kind is Kind.RMW and event.marking is not Marking.PLAIN
    if not isinstance(event, Call) or not any(_points_to(value, variable) for value in event.arguments):
        return False
    return names.search(event.function) is not None and vocabulary().locks.acquire(event.function) is None


def _points_to(value: Value, variable: str) -> bool:
    return variable in value.variables or (value.path is not None and value.path.root == variable)
