"""The acts of one thread as the code has them: its accesses, and what stands between.

Between two accesses of one function count the barriers on every path from the one to the other,
the locks held at each, and the read-side sections.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from reviewbot.analysis import wording
from reviewbot.analysis.facts import HeldLock, SharedAccess
from reviewbot.analysis.flow import bits
from reviewbot.analysis.held import Holding
from reviewbot.analysis.program import Study
from reviewbot.analysis.scenario import Act, Doing, Thread
from reviewbot.analysis.stories import Seen
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Kind, Marking

_FENCES = {"store -> store": "smp_wmb", "load -> load": "smp_rmb", "all -> all": "smp_mb"}
_WORD = re.compile(r"\W+")
_SUBSCRIPT = re.compile(r"\[[^][]*\]")


class Point(msgspec.Struct, frozen=True):
    """An act and where it stands in the code; without a study somewhere out of sight."""

    act: Act
    study: Study | None = None
    event: int = 0


class Threads:
    """The threads of one program."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._barriers = vocabulary().barriers
        self._rcu = vocabulary().rcu

    def of(self, access: SharedAccess | None, points: Sequence[Point]) -> Thread:
        """The acts of the function of an access, with the barriers, locks and sections around them."""
        title = wording.function(access) if access else "a reader"
        return Thread(title, tuple(self._acts(points)))

    def _acts(self, points: Sequence[Point]) -> Iterator[Act]:
        held: dict[str, Act] = {}
        for spot in self._with_barriers(points):
            yield from self._changes(held, spot)
            yield spot.act
        yield from reversed(held.values())

    def _changes(self, held: dict[str, Act], spot: Point) -> Iterator[Act]:
        """What is taken and dropped on the way to a point; `held` maps each to the act that ends it."""
        if spot.study is None:
            return
        wanted = dict(self._around(spot.study, spot.event, spot.act.guard))
        for key in [key for key in reversed(held) if key not in wanted]:
            yield replace(held.pop(key), guard="")
        for key, (begin, end) in wanted.items():
            if key not in held:
                held[key] = end
                yield begin

    def _around(self, study: Study, event: int, guard: str) -> Iterator[tuple[str, tuple[Act, Act]]]:
        state = self._holding.at(study, event)
        for section in state.sections:
            flavour = "srcu" if section.flavour == "srcu" else "rcu"
            yield flavour, (Act(Doing.ENTER, flavour, guard=guard), Act(Doing.LEAVE, flavour, guard=guard))
        for lock in state.locks:
            if _is_certain(lock):
                name = lock.identity
                yield name, (Act(Doing.LOCK, name, guard=guard), Act(Doing.UNLOCK, name, guard=guard))

    def _with_barriers(self, points: Sequence[Point]) -> Iterator[Point]:
        previous: Point | None = None
        for spot in points:
            if previous is not None and spot.study is not None and previous.study is spot.study:
                yield from self._between(spot.study, previous, spot)
            yield spot
            previous = spot

    def _between(self, study: Study, first: Point, last: Point) -> Iterator[Point]:
        """The barriers on every path between two events of a function, in the order of the code."""
        flow = study.flow
        for index in bits(flow.may_follow(first.event) & flow.must_precede(last.event)):
            for act in self._barrier(study, index):
                yield Point(replace(act, guard=last.act.guard), study, index)

    def _barrier(self, study: Study, index: int) -> Iterator[Act]:
        event = study.function.events[index]
        text = study.line_text(event.line)
        if isinstance(event, Access):
            if event.kind is Kind.RMW and event.marking in (Marking.FULL, Marking.RELAXED):
                yield Act(Doing.EXCHANGE, word(event.path.text), event.marking, value="1", text=text)
        elif isinstance(event, Call):
            name = self._fence(event.function)
            if name == "wait":
                yield Act(Doing.WAIT, "rcu", text=text)
            elif name:
                yield Act(Doing.FENCE, name, text=text)

    def _fence(self, function: str) -> str:
        """The fence of the memory model that a call is at least as strong as; "wait" for a grace period."""
        if self._rcu.grace_period(function) is not None:
            return "wait"
        barrier = self._barriers.barrier(function)
        if barrier is None:
            return "smp_mb" if self._barriers.implies_full(function) else ""
        if barrier.between == "compiler":
            return "barrier"
        if function.startswith("smp_mb__"):
            return function.replace("clear_bit", "atomic")
        return _FENCES.get(barrier.orders, "")


def point(seen: Seen, act: Act) -> Point:
    """An act at the place of an access."""
    return Point(act, seen.study, seen.event)


def fill_point(store: Seen, fills: int, text: str) -> Point:
    """The last of the events that fill in what a store announces; right at the store if none is known."""
    known = bits(fills & store.study.flow.must_precede(store.event)) if fills else ()
    event = max(known, default=None)
    act = Act(Doing.WRITE, value="1", text=text)
    return Point(act) if event is None else Point(act, store.study, event)


def write(seen: Seen, name: str, value: str = "1") -> Act:
    """The store of the field in question."""
    doing = Doing.EXCHANGE if _is_atomic(seen) else Doing.WRITE
    return Act(doing, name, seen.access.marking, value=value, is_field=True, text=seen.access.line_text)


def read(seen: Seen, name: str, register: str) -> Act:
    """The load of the field in question."""
    doing = Doing.EXCHANGE if _is_atomic(seen) else Doing.READ
    return Act(
        doing,
        name,
        seen.access.marking,
        value="1" if doing is Doing.EXCHANGE else "",
        register=register,
        is_field=True,
        text=seen.access.line_text,
    )


def _is_certain(lock: HeldLock) -> bool:
    return lock.is_exclusive and not lock.is_hinted


def _is_atomic(seen: Seen) -> bool:
    return seen.access.kind is Kind.RMW and seen.access.marking is not Marking.PLAIN


def word(text: str) -> str:
    """The last name in an lvalue: what a variable of a litmus test is called after."""
    words = [each for each in _WORD.split(_SUBSCRIPT.sub("", text)) if each and not each.isdigit()]
    return words[-1] if words else "data"
