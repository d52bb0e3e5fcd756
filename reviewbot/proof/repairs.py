"""The repairs that could exclude an outcome, the weakest first, each as a changed scenario."""

from collections.abc import Callable, Iterator
from enum import Enum

import msgspec
from msgspec.structs import replace

from reviewbot.analysis.scenario import Act, Doing, Scenario, Shape, Thread
from reviewbot.syntax.model import Marking


class Repair(Enum):
    """What is changed, the weakest first. The value is how it is called in text."""

    MARKING = "marking"
    DEPENDENCY = "dependency"
    PARTNER = "the other half of the pair"
    RELEASE_ACQUIRE = "release/acquire"
    ORDER = "order"
    SECTION = "read-side section"
    GRACE_PERIOD = "grace period"
    FULL_BARRIER = "full barrier"
    LOCK = "lock"


_ORDER = list(Repair)


def is_weaker(one: Repair, other: Repair) -> bool:
    """Whether one repair asks for less than another."""
    return _ORDER.index(one) < _ORDER.index(other)


class Candidate(msgspec.Struct, frozen=True):
    """A repair, and what the threads are with it."""

    repair: Repair
    scenario: Scenario


_STRENGTH = {
    Doing.WRITE: (Marking.ONCE, Marking.RCU, Marking.RELEASE, Marking.FULL),
    Doing.READ: (Marking.ONCE, Marking.RCU, Marking.ACQUIRE, Marking.FULL),
}
"""The markings of a store and of a load, the weakest first; what is not here is plain or needs no more."""

_PLAIN = (Marking.PLAIN, Marking.DATA_RACE, Marking.PLAIN_BITOP, Marking.PERCPU, Marking.RCU_PROTECTED)

_LADDERS = {
    Shape.MESSAGE: (
        Repair.MARKING,
        Repair.PARTNER,
        Repair.RELEASE_ACQUIRE,
        Repair.FULL_BARRIER,
        Repair.LOCK,
    ),
    Shape.POINTER: (
        Repair.MARKING,
        Repair.DEPENDENCY,
        Repair.RELEASE_ACQUIRE,
        Repair.FULL_BARRIER,
        Repair.LOCK,
    ),
    Shape.CROSSED: (Repair.MARKING, Repair.RELEASE_ACQUIRE, Repair.FULL_BARRIER, Repair.LOCK),
    Shape.RACE: (Repair.MARKING, Repair.LOCK),
    Shape.RECLAIM: (Repair.SECTION, Repair.GRACE_PERIOD, Repair.LOCK),
    Shape.LATE: (Repair.ORDER, Repair.LOCK),
}


def candidates(scenario: Scenario) -> Iterator[Candidate]:
    """The repairs that make sense for the outcome, the weakest first."""
    for repair in _LADDERS[scenario.shape]:
        if repair is not Repair.PARTNER or scenario.partner is not None:
            yield Candidate(repair, _EDITS[repair](scenario))


def _each_act(scenario: Scenario, change: Callable[[Act], tuple[Act, ...]]) -> Scenario:
    return replace(
        scenario,
        threads=tuple(
            replace(thread, acts=tuple(new for act in thread.acts for new in change(act)))
            for thread in scenario.threads
        ),
    )


def _with_markings(scenario: Scenario, store: Marking, load: Marking) -> Scenario:
    """The accesses of the field with at least these markings; stronger ones stay."""

    def change(act: Act) -> tuple[Act, ...]:
        if not act.is_field or act.doing not in _STRENGTH:
            return (act,)
        wanted = store if act.doing is Doing.WRITE else load
        order = _STRENGTH[act.doing]
        is_weaker = act.marking in order and order.index(act.marking) < order.index(wanted)
        return (replace(act, marking=wanted),) if is_weaker or act.marking in _PLAIN else (act,)

    return _each_act(scenario, change)


def _marked(scenario: Scenario) -> Scenario:
    return _with_markings(scenario, Marking.ONCE, Marking.ONCE)


def _dependent(scenario: Scenario) -> Scenario:
    return _with_markings(scenario, Marking.RCU, Marking.RCU)


def _released(scenario: Scenario) -> Scenario:
    return _with_markings(scenario, Marking.RELEASE, Marking.ACQUIRE)


def _with_partner(scenario: Scenario) -> Scenario:
    """What the one side lacks: a barrier between its accesses, or a marking of its access of the field."""
    number, primitive = scenario.partner or (0, "")
    marked = _marked(scenario)
    kind = Marking.RELEASE if "release" in primitive else Marking.ACQUIRE if "acquire" in primitive else None
    fence = Act(Doing.FENCE, primitive)

    def change(thread: Thread) -> Thread:
        acts: list[Act] = []
        for act in thread.acts:
            if act.is_field and kind is not None:
                acts.append(replace(act, marking=kind))
            elif act.is_field:
                is_store = act.doing is Doing.WRITE
                acts += [replace(fence, guard=act.guard), act] if is_store else [act, fence]
            else:
                acts.append(act)
        return replace(thread, acts=tuple(acts))

    threads = (change(t) if n == number else t for n, t in enumerate(marked.threads))
    return replace(marked, threads=tuple(threads))


def _fenced(scenario: Scenario) -> Scenario:
    """A full barrier between the accesses of each thread, which are marked."""
    fence = Act(Doing.FENCE, "smp_mb")

    def fenced(thread: Thread) -> Thread:
        acts: list[Act] = []
        for act in thread.acts:
            last = next((each for each in reversed(acts) if each.doing in _ACCESSES), None)
            if last is not None and act.doing in _ACCESSES and (last.is_field or act.is_field):
                acts.append(replace(fence, guard=act.guard))
            acts.append(act)
        return replace(thread, acts=tuple(acts))

    marked = _marked(scenario)
    return replace(marked, threads=tuple(map(fenced, marked.threads)))


_ACCESSES = (Doing.READ, Doing.WRITE, Doing.EXCHANGE)


def _locked(scenario: Scenario) -> Scenario:
    """Everything under one lock."""

    def locked(thread: Thread) -> Thread:
        begin, end = Act(Doing.LOCK, "common_lock"), Act(Doing.UNLOCK, "common_lock")
        return replace(thread, acts=(begin, *thread.acts, end))

    return replace(scenario, threads=tuple(map(locked, scenario.threads)))


def _in_section(scenario: Scenario) -> Scenario:
    """Every thread that follows a pointer inside a read-side section, the field's loads dereferences."""

    def inside(thread: Thread) -> Thread:
        if not any(act.through for act in thread.acts):
            return thread
        acts = tuple(act for act in thread.acts if act.doing not in (Doing.ENTER, Doing.LEAVE))
        flavour = _flavour(scenario)
        return replace(thread, acts=(Act(Doing.ENTER, flavour), *acts, Act(Doing.LEAVE, flavour)))

    return _dependent(replace(scenario, threads=tuple(map(inside, scenario.threads))))


def _after_grace_period(scenario: Scenario) -> Scenario:
    """A grace period right behind each store of the field."""
    wait = Act(Doing.WAIT, _flavour(scenario))

    def change(act: Act) -> tuple[Act, ...]:
        is_store = act.is_field and act.doing in (Doing.WRITE, Doing.EXCHANGE)
        return (act, replace(wait, guard=act.guard)) if is_store else (act,)

    return _each_act(scenario, change)


def _flavour(scenario: Scenario) -> str:
    sections = (Doing.ENTER, Doing.WAIT)
    names = [act.name for thread in scenario.threads for act in thread.acts if act.doing in sections]
    return names[0] if names else "rcu"


def _in_order(scenario: Scenario) -> Scenario:
    """The store of the field as the last act of its thread, and ordered."""

    def ordered(thread: Thread) -> Thread:
        last = [act for act in thread.acts if act.is_field and act.doing is Doing.WRITE]
        return replace(thread, acts=(*(act for act in thread.acts if act not in last), *last))

    return _dependent(replace(scenario, threads=tuple(map(ordered, scenario.threads))))


_EDITS: dict[Repair, Callable[[Scenario], Scenario]] = {
    Repair.MARKING: _marked,
    Repair.DEPENDENCY: _dependent,
    Repair.PARTNER: _with_partner,
    Repair.RELEASE_ACQUIRE: _released,
    Repair.ORDER: _in_order,
    Repair.SECTION: _in_section,
    Repair.GRACE_PERIOD: _after_grace_period,
    Repair.FULL_BARRIER: _fenced,
    Repair.LOCK: _locked,
}
