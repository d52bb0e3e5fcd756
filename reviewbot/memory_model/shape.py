"""What a skeleton is to a model: its classes of events, and the sets and relations that come with it."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import msgspec

from reviewbot.memory_model.cat.nodes import ACROSS, INSIDE, SET, Graph, Node
from reviewbot.memory_model.events import INITIAL, Event, EventKind, EventSet, Relation, Skeleton
from reviewbot.memory_model.relations import Space, members, space

RF_STAGE = 1
FINAL_STAGE = 2

_LOCK_KINDS = (
    EventKind.LOCK_READ,
    EventKind.LOCK_WRITE,
    EventKind.UNLOCK,
    EventKind.LOCK_FAILED,
    EventKind.SEEN_LOCKED,
    EventKind.SEEN_UNLOCKED,
)
_GIVING_VALUES = frozenset({EventKind.READ, *_LOCK_KINDS})


class EventClass(NamedTuple):
    """What the model can tell about an event before it looks at relations."""

    kind: EventKind
    tag: str | None
    initial: bool
    atomic: bool
    located: bool
    reads_rmw: bool
    writes_rmw: bool


class Shape(msgspec.Struct, frozen=True):
    """What a model is specialised for.

    Attributes:
        classes: The classes of events that occur, in a fixed order.
        empty: The names of the skeleton's relations that are empty.
        has_finals: Whether final values matter.
    """

    classes: tuple[EventClass, ...]
    empty: frozenset[str]
    has_finals: bool


def event_class(event: Event, rmw_reads: EventSet, rmw_writes: EventSet) -> EventClass:
    """The class of an event, from the two sides of rmw."""
    reads, writes = bool(rmw_reads >> event.index & 1), bool(rmw_writes >> event.index & 1)
    return EventClass(
        event.kind,
        event.tag,
        event.thread == INITIAL,
        event.atomic or reads or writes,
        event.location is not None,
        reads,
        writes,
    )


class Base(msgspec.Struct, frozen=True):
    """One skeleton as the emitted Python wants it.

    Attributes:
        skeleton: The skeleton itself.
        space: The operations for its number of events.
        shape: Its shape.
        classes: The events of each class of the shape.
        locations: The events of each location.
        finals: The sets of final writes to try; one empty set where final values do not matter.
    """

    skeleton: Skeleton
    space: Space
    shape: Shape
    classes: tuple[EventSet, ...]
    locations: tuple[EventSet, ...]
    finals: tuple[EventSet, ...]

    def relation(self, name: str) -> Relation:
        """A relation that the candidate brings along, before rf and co."""
        skeleton = self.skeleton
        if name in ("po", "addr", "data", "ctrl", "rmw"):
            found: Relation = getattr(skeleton, name)
            return found
        if name == "loc":
            return sum(self.space.product(location, location) for location in self.locations)
        if name in ("int", "ext"):
            return self._threads(name)
        return self._different_values()

    def _threads(self, name: str) -> Relation:
        by_thread: dict[int, EventSet] = {}
        for event in self.skeleton.events:
            by_thread[event.thread] = by_thread.get(event.thread, 0) | 1 << event.index
        product = self.space.product
        same = sum(product(found, found) for thread, found in by_thread.items() if thread != INITIAL)
        if name == "int":
            return same
        # initial writes are no thread to `int`, and all one thread to `ext`
        start = by_thread.get(INITIAL, 0)
        return self.space.full ^ (same | product(start, start))

    def _different_values(self) -> Relation:
        """What has no value is different from everything, as in herd."""
        by_value: dict[int | str, EventSet] = {}
        for event in self.skeleton.events:
            if event.value is not None:
                by_value[event.value] = by_value.get(event.value, 0) | 1 << event.index
        product = self.space.product
        return self.space.full ^ sum(product(found, found) for found in by_value.values())


def base(skeleton: Skeleton) -> Base:
    """What the model needs of a skeleton."""
    found = space(len(skeleton.events))
    reads, writes = found.domain(skeleton.rmw), found.range(skeleton.rmw)
    by_class: dict[EventClass, EventSet] = {}
    by_location: dict[str, EventSet] = {}
    for event in skeleton.events:
        kind = event_class(event, reads, writes)
        by_class[kind] = by_class.get(kind, 0) | 1 << event.index
        if event.location is not None:
            by_location[event.location] = by_location.get(event.location, 0) | 1 << event.index
    classes = tuple(sorted(by_class, key=str))
    empty = frozenset(name for name in ("addr", "data", "ctrl", "rmw") if not getattr(skeleton, name))
    shape = Shape(classes, empty, bool(skeleton.final))
    locations = tuple(by_location.values())
    finals = _finals(skeleton, by_location)
    return Base(skeleton, found, shape, tuple(by_class[kind] for kind in classes), locations, finals)


def _finals(skeleton: Skeleton, by_location: dict[str, EventSet]) -> tuple[EventSet, ...]:
    """Each way to choose the last write of the locations that matter.

    Only plain writes count, those of locks are put into the order by the model; a location's initial write
    can only be the last one if it is the only one.
    """
    candidates: list[list[EventSet]] = []
    for location in sorted(skeleton.final & by_location.keys()):
        events = [skeleton.events[i] for i in members(by_location[location])]
        stores = [event for event in events if event.kind == EventKind.WRITE]
        later = [event for event in stores if event.thread != INITIAL]
        candidates.append([1 << event.index for event in later or stores])
    return tuple(sum(chosen) for chosen in itertools.product(*[found for found in candidates if found]))


def sources(graph: Graph, shape: Shape, tags: frozenset[str]) -> dict[str, Node]:
    """The names that every model finds defined, for a shape.

    Args:
        graph: Where the nodes are made.
        shape: The shape.
        tags: The annotations that the model declares.
    """
    names = _kinds(graph, shape)
    for tag in tags:
        name = tag[0].upper() + tag[1:]
        names.setdefault(name, graph.class_set(_where(shape, tag=tag)))
    names.update(_relations(graph, shape))
    return names


def _where(
    shape: Shape,
    kinds: frozenset[EventKind] = frozenset(EventKind),
    tag: str | None = None,
    initial: bool | None = None,
) -> int:
    """The classes of these kinds, as a set."""
    found = 0
    for i, kind in enumerate(shape.classes):
        fits = kind.kind in kinds and tag in (None, kind.tag) and initial in (None, kind.initial)
        found |= fits << i
    return found


def _kinds(graph: Graph, shape: Shape) -> dict[str, Node]:
    read, write = frozenset({EventKind.READ}), frozenset({EventKind.WRITE})
    sets = {
        "R": _where(shape, read),
        "W": _where(shape, write),
        "M": _where(shape, read | write),
        "F": _where(shape, frozenset({EventKind.FENCE})),
        "IW": _where(shape, write, initial=True),
        "RMW": sum(1 << i for i, kind in enumerate(shape.classes) if kind.atomic),
    }
    sets["I"] = sets["IW"]
    for kind in _LOCK_KINDS:
        sets[str(kind)] = _where(shape, frozenset({kind}))
    names = {name: graph.class_set(classes) for name, classes in sets.items()}
    names["FW"] = graph.class_set(0)
    if shape.has_finals:
        names["FW"] = graph.source("FW", (sets["W"], 0, 0), FINAL_STAGE, SET)
    return names


def _relations(graph: Graph, shape: Shape) -> dict[str, Node]:
    everything = graph.classes
    threads = _where(shape, initial=False)
    values = _where(shape, _GIVING_VALUES)
    reads, writes = _where(shape, frozenset({EventKind.READ})), _where(shape, frozenset({EventKind.WRITE}))
    located = sum(1 << i for i, kind in enumerate(shape.classes) if kind.located)
    rmw_reads = sum(1 << i for i, kind in enumerate(shape.classes) if kind.reads_rmw)
    rmw_writes = sum(1 << i for i, kind in enumerate(shape.classes) if kind.writes_rmw)
    bounds = {
        "po": (threads, threads, INSIDE),
        "addr": (values, threads, INSIDE),
        "data": (values, writes & threads, INSIDE),
        "ctrl": (values, threads, INSIDE),
        "rmw": (rmw_reads, rmw_writes, INSIDE),
        "loc": (located, located, 0),
        "int": (threads, threads, INSIDE),
        "ext": (everything, everything, ACROSS),
    }
    names = {
        name: graph.nothing if name in shape.empty else graph.source(name, bound)
        for name, bound in bounds.items()
    }
    names["id"] = graph.identity
    names["rf"] = graph.source("rf", (writes, reads, 0), RF_STAGE)
    return names
