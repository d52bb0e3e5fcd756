"""Where an object is used whose address a load gave, and whether the store's lock is held there.

A pointer may be loaded with no lock, and what it points to be used under the lock that it was filled
in and stored under. Then the lock orders the two, and the load only leads to it.
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from reviewbot.analysis.facts import HeldLock
from reviewbot.analysis.flow import bits
from reviewbot.analysis.held import Holding
from reviewbot.analysis.locks import common_locks
from reviewbot.analysis.stories import Seen
from reviewbot.syntax.model import Access, Assign, Call, Event, Kind, Path, Return, Value


class Followed:
    """The uses of the objects that the loads of one program find."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding

    def under_lock(self, store: Seen, load: Seen) -> int | None:
        """The first use of what a load finds, if a lock of the store is held at every use.

        None where one use is outside of it, where none is seen, and where the object leaves the
        function or a part of the function is out of sight.
        """
        if not store.access.held or not _is_in_sight(load) or _escapes(load):
            return None
        uses = list(_uses(load))
        is_locked = bool(uses) and all(self._is_locked(store, load, use) for use in uses)
        return uses[0] if is_locked else None

    def _is_locked(self, store: Seen, load: Seen, use: int) -> bool:
        there = replace(load.access, held=self._holding.at(load.study, use).locks)
        ends = common_locks(store.access, there), common_locks(there, store.access)
        return all(any(map(_is_certain, locks)) for locks in ends)


def _is_in_sight(load: Seen) -> bool:
    """Whether the code shows what becomes of the address: not that of a helper which nobody keeps."""
    is_kept = load.access.via is None or load.source.result is not None
    return load.study.function.is_whole and is_kept


def _is_certain(lock: HeldLock) -> bool:
    return lock.is_exclusive and not lock.is_hinted


def _uses(load: Seen) -> Iterator[int]:
    """The events behind a load that go through the pointer, hand it to a function, or load it again."""
    study, path = load.study, load.source.path
    for index in bits(study.flow.may_follow(load.event)):
        event = study.function.events[index]
        if _is_given(load, index) and _goes_through(load, event):
            yield index
        elif index == load.event or (index == load.event + 1 and _is_own(load, event)):
            continue
        elif _loads_again(event, path) or _mentions(_values(event), path.text):
            yield index


def _goes_through(load: Seen, event: Event) -> bool:
    """Whether an event is an access through the variable that has the address, or a call that gets it."""
    result = load.source.result
    if isinstance(event, Access):
        return event.path.root == result
    return isinstance(event, Call) and _mentions(event.arguments, result)


def _is_own(load: Seen, event: Event) -> bool:
    """Whether an event is the assignment that the load is made for."""
    return isinstance(event, Assign) and event.variable == load.source.result


def _loads_again(event: Event, path: Path) -> bool:
    """Whether an event loads the pointer itself, to follow it or not."""
    if not isinstance(event, Access) or event.path.root != path.root:
        return False
    is_longer = len(event.path.steps) > len(path.steps)
    is_same = event.path.steps[: len(path.steps)] == path.steps
    return is_same and (is_longer or event.kind is not Kind.WRITE)


def _escapes(load: Seen) -> bool:
    """Whether the address is stored, given to another variable, or returned."""
    events = load.study.function.events
    return load.source.result is not None and any(
        _may_take_address(load, events[index])
        and _mentions(_values(events[index]), load.source.result)
        and _is_given(load, index)
        for index in bits(load.study.flow.may_follow(load.event))
    )


def _may_take_address(load: Seen, event: Event) -> bool:
    """Whether an event stores a value that may be an address."""
    function = load.study.function
    match event:
        case Return():
            return function.return_type.pointers > 0
        case Assign():
            declared = next(
                (v.type for v in (*function.parameters, *function.locals) if v.name == event.variable), None
            )
            return declared is None or declared.pointers > 0
        case _:
            return isinstance(event, Access)


def _is_given(load: Seen, index: int) -> bool:
    """Whether the variable may still have at an event what was loaded."""
    given = load.study.definitions(load.source.result or "", index)
    return load.event in given or load.event + 1 in given


def _values(event: Event) -> tuple[Value, ...]:
    match event:
        case Call():
            return event.arguments
        case Access() | Assign() | Return():
            return (event.value,) if event.value is not None else ()
        case _:
            return ()


def _mentions(values: tuple[Value, ...], name: str | None) -> bool:
    """Whether a value is made of a pointer, or of an address behind it, rather than of what it points to."""
    if not name:
        return False
    own = re.compile(rf"(?<![\w>.]){re.escape(name)}(?![\w(]|\s*->)|&\s*\(?{re.escape(name)}\s*->")
    return any(own.search(value.text) for value in values)
