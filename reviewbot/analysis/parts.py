"""What is held at the start of each part of a function that several hunks show.

What a part releases without taking it, or asserts, was held at its start. What an earlier part
takes and leaves held, and what a later part finds held, may be held too: between the hunks stands
code out of view. That is a hint, which keeps quiet and is never evidence; and so read-side sections
are not handed on, for being in one is evidence.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from reviewbot.analysis.effects import Effects
from reviewbot.analysis.facts import Known
from reviewbot.analysis.flow import solve
from reviewbot.analysis.holds import Change, Hold
from reviewbot.analysis.program import Study
from reviewbot.analysis.steps import Holds, applied, edge_effects
from reviewbot.syntax.model import Edge, Event, Part, Return, Scope

Changes = dict[int, tuple[Change, ...]]


def at_parts(study: Study, effects: Effects) -> dict[int, Holds]:
    """First block of each part -> what is held when it begins, or may be."""
    parts = study.function.parts
    changes = {part: _changes_of(part, effects.changes(study)) for part in parts}
    own = {part: frozenset(effects.found_held(study, changes[part])) for part in parts}
    left = _left(study, effects, own)
    taken = {
        part: [change.hold for several in changes[part].values() for change in several if change.acquires]
        for part in parts
    }
    hints: dict[Part, set[Hold]] = {part: set() for part in parts}
    before: set[Hold] = set()
    for part in parts:
        hints[part] |= _without(before, taken[part])
        ended = [hold for hold in own[part] if hold not in left[part]]
        before = _without(before, (*taken[part], *ended)) | left[part]
    behind: set[Hold] = set()
    for part in reversed(parts):
        behind = _without(behind, taken[part])
        hints[part] |= behind
        behind |= own[part]
    return {part.entry: own[part] | _hinted(hints[part], own[part]) for part in parts}


def _changes_of(part: Part, changes: Changes) -> Changes:
    return {index: found for index, found in changes.items() if part.first_event <= index < part.last_event}


def _without(holds: Iterable[Hold], others: Iterable[Hold]) -> set[Hold]:
    """The holds of other locks than these; of locks of one kind those that are spelled alike."""
    spelled = {hold.text for hold in others}
    return {hold for hold in holds if hold.text not in spelled}


def _hinted(holds: Iterable[Hold], own: Holds) -> Holds:
    known = {hold.key for hold in own}
    return frozenset(
        replace(hold, known=Known.HINTED, implies=())
        for hold in holds
        if not hold.is_section and hold.key not in known
    )


def _left(study: Study, effects: Effects, own: dict[Part, Holds]) -> dict[Part, Holds]:
    """What some path through each part leaves held where its hunk ends, rather than the function."""
    function, changes = study.function, effects.changes(study)
    entries = {part.entry: holds for part, holds in own.items()}
    gained = edge_effects(study, effects)

    def through(block: int, state: Holds) -> Holds:
        for event in function.blocks[block].events:
            for change in () if _is_cut(function.events[event]) else changes.get(event, ()):
                state = applied(change, state)
        return state

    def along(block: int, edge: Edge, state: Holds) -> Holds:
        return gained(block, edge, state) if block else entries[edge.target]

    nothing: Holds = frozenset()
    starts = solve(function, nothing, through, along, lambda one, other: one | other)
    stops = (*(part.entry for part in function.parts[1:]), len(function.blocks))
    return {
        part: nothing.union(
            *(
                through(number, starts[number] or nothing)
                for number in range(part.entry, stop)
                if _is_open_end(study, number)
            )
        )
        for part, stop in zip(function.parts, stops, strict=True)
    }


def _is_cut(event: Event) -> bool:
    """Whether a cleanup class ends behind the hunk: where it really does is out of view."""
    return isinstance(event, Scope) and event.is_cut


def _is_open_end(study: Study, number: int) -> bool:
    """Whether a block ends where the hunk does, or jumps out of it."""
    block, events = study.function.blocks[number], study.function.events
    return not block.edges and not (block.events and isinstance(events[block.events[-1]], Return))
