"""What the emitted Python and the rest agree on, and what it calls."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import NoReturn, Protocol

import msgspec

from reviewbot.errors import ModelError
from reviewbot.memory_model.cat.evaluate import Test
from reviewbot.memory_model.cat.nodes import Graph, Node
from reviewbot.memory_model.events import EventSet, Relation
from reviewbot.memory_model.relations import Space

Judged = tuple[Relation, Relation, tuple[int, ...], tuple[int, ...]]
"""rf, co, numbers of the tests that failed, numbers of the flags that were raised."""

Tick = Callable[[], None]

Judging = Callable[[Relation, Tick], Iterator[Judged]]
"""Lists what a skeleton can do with one rf; calls the second argument for each candidate, which may raise."""


class Sources(Protocol):
    """What a skeleton brings along."""

    @property
    def classes(self) -> tuple[EventSet, ...]:
        """The events of each class."""
        ...

    @property
    def locations(self) -> tuple[EventSet, ...]:
        """The events of each location."""
        ...

    @property
    def finals(self) -> tuple[EventSet, ...]:
        """The sets of final writes to try."""
        ...

    def relation(self, name: str) -> Relation:
        """A relation by its name."""
        ...


Preparing = Callable[[Space, Sources], Judging | None]
"""Works out what the skeleton decides; None if it already breaks an axiom."""


class Program(msgspec.Struct, frozen=True):
    """A model run on one shape.

    Attributes:
        graph: All its nodes.
        tests: Its checks in order.
        choices: For each ``with`` the node of what is chosen, and the family to choose from.
        rf: What reads-from is at the end.
        co: What the coherence order is at the end.
        labels: The names of nodes, by number.
        has_finals: Whether the shape speaks of final values.
        compares_values: Whether the answer hangs on the values of events.
    """

    graph: Graph
    tests: tuple[Test, ...]
    choices: tuple[tuple[Node, Node], ...]
    rf: Node
    co: Node
    labels: dict[int, list[str]]
    has_finals: bool
    compares_values: bool


def cross(families: list[list[Relation]]) -> Iterator[Relation]:
    """One element of each family, united, in all ways."""
    # a family that was found to be empty while it had no type yet is 0
    for chosen in itertools.product(*[family or () for family in families]):
        out = 0
        for relation in chosen:
            out |= relation
        yield out


def singles(bits: int) -> Iterator[int]:
    """Each set bit alone."""
    while bits:
        low = bits & -bits
        yield low
        bits ^= low


def orders(
    space: Space, locations: tuple[EventSet, ...], writes: EventSet, before: Relation
) -> Iterator[Relation]:
    """All orders that extend ``before``, total for each location; one by one, for they may be many."""
    here = [location & writes for location in locations]
    within = 0
    for events in here:
        within |= space.product(events, events)
    if space.is_acyclic(before & within):
        yield from _orders(space, [events for events in here if events & (events - 1)], before)


def _orders(space: Space, locations: list[EventSet], before: Relation) -> Iterator[Relation]:
    if not locations:
        yield 0
        return
    *others, last = locations
    for rest in _orders(space, others, before):
        for order in space.total_orders(last, before):
            yield rest | order


def rounds(space: Space) -> Iterator[None]:
    """As often as any sensible recursion takes to settle, and no more."""
    yield from itertools.repeat(None, 2 * space.n * space.n + 16)


def unsettled() -> NoReturn:
    """A recursion that grows and shrinks for ever.

    Raises:
        ModelError: Always.
    """
    raise ModelError("a `let rec` of the model does not settle")
