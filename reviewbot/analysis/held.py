"""What is held at each event: locks, and RCU read-side sections.

A forward must-analysis over the function's graph: what every path holds. Functions at hand
that return with a lock held, or release one, act at their call as they do inside
(wrappers are derived, not listed); a lock released but never taken here was held on entry, and
one that another hunk of the function takes or releases may be.
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.effects import Effects
from reviewbot.analysis.facts import HeldLock, Known, ReadSection
from reviewbot.analysis.flow import solve
from reviewbot.analysis.holds import Hold
from reviewbot.analysis.locks import owner_text
from reviewbot.analysis.parts import at_parts
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.steps import Holds, applied, edge_effects, meet
from reviewbot.syntax.model import Call, Edge, ValueKind

CALLER_DEPTH = 3


class HeldState(msgspec.Struct, frozen=True):
    """What is held at one event, sorted."""

    locks: tuple[HeldLock, ...]
    sections: tuple[ReadSection, ...]


class Holding:
    """The answers for one program, computed once a function."""

    def __init__(self, program: Program, effects: Effects, contexts: Contexts) -> None:
        self._program = program
        self._effects = effects
        self._contexts = contexts
        self._states: dict[Study, dict[int, Holds]] = {}
        self._entries: dict[Study, Holds] = {}
        self._in_progress: set[Study] = set()
        self._sorted: dict[Holds, HeldState] = {}

    def at(self, study: Study, event: int) -> HeldState:
        """What is held when the event runs, what the callers hold included."""
        holds = self.holds(study, event)
        if holds not in self._sorted:
            self._sorted[holds] = _state(holds)
        return self._sorted[holds]

    def holds(self, study: Study, event: int) -> Holds:
        """The same, lock by lock and section by section, each with how it is known."""
        return self._solved(study).get(event, frozenset())

    def _solved(self, study: Study) -> dict[int, Holds]:
        if study not in self._states:
            self._states[study] = _replay(study, self._effects, self.entry(study))
        return self._states[study]

    def entry(self, study: Study, depth: int = CALLER_DEPTH) -> Holds:
        """What is held when the function is entered.

        Assertions, annotations and comments of its own, locks it releases without taking,
        and what all its callers at hand hold (for a static function whose address is not taken).
        """
        if study not in self._entries:
            if study in self._in_progress:
                return frozenset()
            self._in_progress.add(study)
            own = self._effects.entry(study) | self._around(study)
            self._entries[study] = own | self._from_callers(study, own, depth)
            self._in_progress.discard(study)
        return self._entries[study]

    def _around(self, study: Study) -> Holds:
        """The locks that a subsystem holds around its operations."""
        names = self._contexts.holds(study)
        return frozenset(Hold(name, name, is_exclusive=True, known=Known.CALLERS) for name in names)

    def _from_callers(self, study: Study, own: Holds, depth: int) -> Holds:
        if depth == 0 or not self._effects.may_know_callers(study):
            return frozenset()
        is_sure = self._effects.callers_are_known(study)
        known: Holds | None = None
        for caller, index, call in self._program.sites(study):
            held = self._held_at_call(caller, index, depth)
            handed = frozenset(_renamed(hold, call, study, is_sure) for hold in held if hold.identity != "?")
            known = handed if known is None else meet(known, handed)
            if not known:
                return frozenset()
        taken = {hold.key for hold in own}
        return frozenset(hold for hold in known or () if hold.key not in taken)

    def _held_at_call(self, caller: Study, index: int, depth: int) -> Holds:
        if not self._effects.may_hold(caller) and not self._effects.may_know_callers(caller):
            return frozenset()
        if caller not in self._states:
            entry = self.entry(caller, depth - 1)
            self._states[caller] = _replay(caller, self._effects, entry)
        return self._states[caller].get(index, frozenset())


def _replay(study: Study, effects: Effects, entry: Holds) -> dict[int, Holds]:
    """What is held before each event that some path reaches."""
    function = study.function
    changes = effects.changes(study)

    def after(event: int, state: Holds) -> Holds:
        for change in changes.get(event, ()):
            state = applied(change, state)
        return state

    def through(block: int, state: Holds) -> Holds:
        for event in function.blocks[block].events:
            state = after(event, state)
        return state

    along = edge_effects(study, effects)
    if function.parts:
        along = _into_parts(study, effects, along)
    starts = solve(function, entry, through, along, meet)
    held: dict[int, Holds] = {}
    for block, start in enumerate(starts):
        state = start
        for event in function.blocks[block].events if state is not None else ():
            held[event] = state or frozenset()
            state = after(event, held[event])
    return held


def _into_parts(
    study: Study, effects: Effects, along: Callable[[int, Edge, Holds], Holds]
) -> Callable[[int, Edge, Holds], Holds]:
    """The same, with what is held at the start of each part that a hunk shows."""
    brought = at_parts(study, effects)

    def entering(block: int, edge: Edge, state: Holds) -> Holds:
        if block:
            return along(block, edge, state)
        known = {hold.key for hold in state}
        return state | {hold for hold in brought[edge.target] if hold.key not in known}

    return entering


def _renamed(hold: Hold, call: Call, study: Study, is_sure: bool) -> Hold:
    """A hold of the caller, spelled with the callee's parameters; a hint if callers may be out of sight."""
    known = Known.CALLERS if hold.known is not Known.HINTED and is_sure else Known.HINTED
    owner = owner_text(HeldLock(hold.text, hold.identity, hold.is_exclusive, known.value))
    for parameter, value in zip(study.function.parameters, call.arguments, strict=False):
        argument = value.name if value.kind is ValueKind.VARIABLE else value.text.removeprefix("&")
        if argument and (owner == argument or owner.startswith((argument + "->", argument + "."))):
            rest = hold.text[len(argument) :]
            if value.kind is ValueKind.ADDRESS and rest.startswith("."):
                rest = "->" + rest[1:]
            return replace(hold, text=parameter.name + rest, known=known)
    return replace(hold, known=known)


def _state(holds: Holds) -> HeldState:
    locks = sorted(
        HeldLock(h.text, h.identity, h.is_exclusive, h.known.value) for h in holds if not h.is_section
    )
    sections = sorted({section for h in holds for section in h.sections()})
    return HeldState(tuple(locks), tuple(sections))
