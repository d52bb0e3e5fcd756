"""Sets of events and relations between them as ints, for one number of events.

The layout is that of ``events.py``: bit i of a set, bit ``i * n + j`` of a relation. A column of a relation
(bits at distance n) times a row (n bits) is the product of the two, without carries, so composition and
closure loop over events and not over pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from reviewbot.memory_model.events import EventSet, Relation


class Space:
    """The operations for ``n`` events.

    Attributes:
        n: How many events there are, at least 1.
        everything: The set of all events.
        identity: Each event with itself.
        full: Each event with each.
    """

    __slots__ = ("_high", "_low", "_spread", "column", "everything", "full", "identity", "n")

    def __init__(self, n: int) -> None:
        self.n = n = max(n, 1)
        self.everything: EventSet = (1 << n) - 1
        self.full: Relation = (1 << n * n) - 1
        self.column: Relation = self.full // self.everything
        self.identity: Relation = sum(1 << i * (n + 1) for i in range(n))
        self._spread = sum(1 << k * (n - 1) for k in range(n)) if n > 1 else 1
        self._high: Relation = self.column << (n - 1)
        self._low: Relation = self.full ^ self._high

    def as_column(self, events: EventSet) -> Relation:
        """The set written at distance n: bit i becomes bit ``i * n``."""
        # the diagonal, then each row's bit carried up into its top bit
        return ((((events * self.column) & self.identity) + self._low) & self._high) >> (self.n - 1)

    def from_column(self, column: Relation) -> EventSet:
        """The inverse of ``as_column``."""
        n = self.n
        return ((column * self._spread) >> (n - 1) * (n - 1)) & self.everything

    def product(self, left: EventSet, right: EventSet) -> Relation:
        """Each event of ``left`` with each of ``right``."""
        return self.as_column(left) * right

    def rows(self, events: EventSet) -> Relation:
        """All pairs that start in ``events``: a mask for ``[events];r``."""
        return self.as_column(events) * self.everything

    def columns(self, events: EventSet) -> Relation:
        """All pairs that end in ``events``: a mask for ``r;[events]``."""
        return self.column * events

    def diagonal(self, events: EventSet) -> Relation:
        """Each event of the set with itself."""
        return self.identity & (self.column * events)

    def domain(self, relation: Relation) -> EventSet:
        """The events that stand on the left of some pair."""
        # in each row: adding all ones below the top bit carries into it if any of them was set
        low = self._low
        filled = (((relation & low) + low) | relation) & self._high
        n = self.n
        return (((filled >> (n - 1)) * self._spread) >> (n - 1) * (n - 1)) & self.everything

    def range(self, relation: Relation) -> EventSet:
        """The events that stand on the right of some pair."""
        found = 0
        n, everything = self.n, self.everything
        while relation:
            found |= relation & everything
            relation >>= n
        return found

    def transpose(self, relation: Relation) -> Relation:
        """The pairs turned round."""
        n = self.n
        turned = 0
        if relation.bit_count() > n + n:
            column, spread, everything, shift = self.column, self._spread, self.everything, (n - 1) * (n - 1)
            for j in range(n):
                side = (relation >> j) & column
                if side:
                    turned |= (((side * spread) >> shift) & everything) << j * n
            return turned
        while relation:
            last = relation.bit_length() - 1
            relation ^= 1 << last
            i, j = divmod(last, n)
            turned |= 1 << j * n + i
        return turned

    def compose(self, first: Relation, second: Relation) -> Relation:
        """``first ; second``."""
        out = 0
        if not first:
            return out
        n, column = self.n, self.column
        while second:
            # rows from the last one: what remains above them is nothing, so no mask is needed
            j = (second.bit_length() - 1) // n
            row = second >> j * n
            second ^= row << j * n
            side = (first >> j) & column
            if side:
                out |= side * row
        return out

    def closure(self, relation: Relation) -> Relation:
        """The transitive closure."""
        n, column, everything = self.n, self.column, self.everything
        for k in range(n):
            row = (relation >> k * n) & everything
            if row:
                side = (relation >> k) & column
                if side:
                    relation |= side * row
        return relation

    def is_acyclic(self, relation: Relation) -> bool:
        """Whether no event reaches itself."""
        if relation & self.identity:
            return False
        column = self.column
        while relation:
            # an edge to an event without successors is on no cycle
            kept = relation & (column * self.domain(relation))
            if kept == relation:
                return False
            relation = kept
        return True

    def cycle(self, relation: Relation) -> tuple[int, ...]:
        """A shortest cycle as its events in order, each once; empty if there is none."""
        best: tuple[int, ...] = ()
        for start in members(self.domain(relation)):
            found = self.path(relation, start, start)
            if found and (not best or len(found) < len(best) + 1):
                best = found[:-1]
        return best

    def path(self, relation: Relation, source: int, target: int) -> tuple[int, ...]:
        """A shortest path of at least one step, both ends included; empty if there is none."""
        came_from: dict[int, int] = {}
        border = [source]
        while border:
            following: list[int] = []
            for event in border:
                for after in members((relation >> event * self.n) & self.everything):
                    if after not in came_from:
                        came_from[after] = event
                        following.append(after)
            if target in came_from:
                return _walk_back(came_from, source, target)
            border = following
        return ()

    def pairs(self, relation: Relation) -> Iterator[tuple[int, int]]:
        """The pairs in order."""
        for bit in members(relation):
            yield divmod(bit, self.n)

    def relation(self, pairs: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> Relation:
        """The relation of these pairs."""
        out = 0
        for i, j in pairs:
            out |= 1 << i * self.n + j
        return out

    def total_orders(self, events: EventSet, before: Relation) -> Iterator[Relation]:
        """All strict total orders of ``events`` that extend ``before``, which has to be acyclic on them."""
        if not events & (events - 1):
            yield 0
            return
        for last in members(events):
            rest = events ^ 1 << last
            if not (before >> last * self.n) & rest:
                over = self.as_column(rest) << last
                for order in self.total_orders(rest, before):
                    yield order | over


def _walk_back(came_from: dict[int, int], source: int, target: int) -> tuple[int, ...]:
    path = [target]
    while len(path) == 1 or path[-1] != source:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def members(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, from the lowest."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


@lru_cache(maxsize=64)
def space(n: int) -> Space:
    """The operations for ``n`` events, made once."""
    return Space(n)
