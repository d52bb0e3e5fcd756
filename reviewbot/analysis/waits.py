"""Waits for a grace period: calls of the primitives, and of functions at hand that always wait."""

import re
from collections.abc import Iterator

import msgspec

from reviewbot.analysis.effects import Effects
from reviewbot.analysis.facts import Known
from reviewbot.analysis.flow import bits
from reviewbot.analysis.held import Holding
from reviewbot.analysis.holds import Hold
from reviewbot.analysis.locks import same_lock
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.spelling import arguments, for_caller
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Call, Return

DEPTH = 2
"""How many calls a wait may stand below the function that holds a lock."""

LETTING_GO = 3
"""How many calls deep the end of a hold is looked for."""

_LETS_GO = re.compile(r"(?:^|_)(?:unlock|release|relax|drop|end|stop|finish|exit|yield)(?:_|$)")
"""Names of functions out of sight that may end a hold: enough to be silent."""


class Wait(msgspec.Struct, frozen=True):
    """A call that waits for the readers of a domain; `domain` is its text, empty for RCU itself."""

    study: Study
    event: int
    primitive: str
    flavour: str
    domain: str
    released: tuple[Hold, ...] = ()
    """What a function called lets go before it waits."""


class Waits:
    """The waits of one program."""

    def __init__(self, program: Program, holding: Holding, effects: Effects) -> None:
        self._program = program
        self._holding = holding
        self._effects = effects
        self._rcu = vocabulary().rcu
        self._locks = vocabulary().locks

    def of(self, study: Study) -> Iterator[Wait]:
        """The waits that a function runs."""
        for index, call in study.calls():
            wait = self._wait(study, index, call, DEPTH)
            if wait is not None:
                yield wait

    def _wait(self, study: Study, index: int, call: Call, depth: int) -> Wait | None:
        """The wait that a call is, itself or in a function at hand that always waits."""
        period = self._rcu.grace_period(call.function)
        if period is not None:
            if period.way != "sync" or len(period.flavours) > 1:
                return None
            domain = self._domain(period.domain.arg, period.domain.name, call) if period.domain else ""
            flavour = period.flavours[0]
            return Wait(study, index, f"{call.function}()", flavour, domain) if domain is not None else None
        for callee in self._program.studies_if(call.function, study.file.path, may_wait) if depth else ():
            found = self._always(callee, depth - 1) if callee is not study else None
            if found is not None:
                return self._called(found, study, index, call)
        return None

    @staticmethod
    def _domain(position: int | None, name: str, call: Call) -> str | None:
        if position is None:
            return name or None
        return call.arguments[position].text if position < len(call.arguments) else None

    def _always(self, study: Study, depth: int) -> Wait | None:
        """The wait that every way through a function runs."""
        for index, call in study.calls():
            if all((study.flow.must_precede(end) | 1 << end) >> index & 1 for end in _ends(study)):
                wait = self._wait(study, index, call, depth)
                if wait is not None:
                    return wait
        return None

    def is_wrapper(self, study: Study) -> bool:
        """Whether a call of the function is a wait as well, so that its callers are asked."""
        return self._always(study, DEPTH - 1) is not None

    def _called(self, wait: Wait, study: Study, index: int, call: Call) -> Wait:
        names = arguments(wait.study, call)
        domain = for_caller(wait.domain, names) if wait.domain else ""
        released = [
            change.hold
            for changes in self._effects.changes(wait.study).values()
            for change in changes
            if not change.acquires
        ]
        return Wait(study, index, wait.primitive, wait.flavour, domain, (*wait.released, *released))

    def held(self, wait: Wait) -> list[Hold]:
        """What is surely held around a wait, sections too: nothing called on the way may let go of it."""
        return [
            hold
            for hold in sorted(self._holding.holds(wait.study, wait.event), key=lambda hold: hold.text)
            if hold.known is not Known.HINTED
            and not any(_is_end(other, hold) for other in wait.released)
            and not any(self._may_end(wait, index, hold) for index in bits(self._since(wait, hold)))
        ]

    def _since(self, wait: Wait, hold: Hold) -> int:
        """The events between those that begin a hold, or the entry, and the wait."""
        flow = wait.study.flow
        before, after = flow.may_precede(wait.event), 0
        for index in self.beginning(wait, hold):
            after |= flow.may_follow(index)
        return before & (after or before) & ~(1 << wait.event)

    def beginning(self, wait: Wait, hold: Hold) -> list[int]:
        """The events of the function that begin a hold before the wait."""
        before = wait.study.flow.may_precede(wait.event)
        return [
            index
            for index, changes in self._effects.changes(wait.study).items()
            if before >> index & 1
            and any(change.acquires and change.hold.key == hold.key for change in changes)
        ]

    def _may_end(self, wait: Wait, index: int, hold: Hold) -> bool:
        """Whether a function called there may let go of the hold for a while, or for good."""
        call = wait.study.function.events[index]
        if not isinstance(call, Call) or self._locks.acquire(call.function) is not None:
            return False
        callees = self._program.studies(call.function, wait.study.file.path)
        if not callees:
            is_known = self._locks.release(call.function) is not None or self._rcu.exit(call.function)
            return not is_known and _LETS_GO.search(call.function) is not None
        return any(self._ends(callee, hold, LETTING_GO) for callee in callees)

    def _ends(self, study: Study, hold: Hold, depth: int) -> bool:
        """Whether a function, or one that it calls, has the end of such a hold in it."""
        changes = self._effects.changes(study).values()
        if any(not change.acquires and _is_end(change.hold, hold) for found in changes for change in found):
            return True
        return depth > 0 and any(
            self._ends(callee, hold, depth - 1)
            for _, call in study.calls()
            if call.function
            for callee in self._program.studies(call.function, study.file.path)
            if callee is not study
        )


def _is_end(end: Hold, hold: Hold) -> bool:
    return end.is_section == hold.is_section and (
        same_lock(end.identity, hold.identity) if hold.identity else end.flavour == hold.flavour
    )


def may_wait(text: bytes) -> bool:
    """Whether a function has a wait for a grace period, or may be a wrapper of one."""
    return b"synchronize_" in text


def _ends(study: Study) -> list[int]:
    events = study.function.events
    found = [i for i, event in enumerate(events) if isinstance(event, Return) and study.flow.is_reached(i)]
    return found or [len(events) - 1]
