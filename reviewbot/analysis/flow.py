"""Order and conditions inside one function, as sets of bits over its events and tests.

Bit `i` of an event set stands for `Function.events[i]`; bit `2 * t + taken` of a condition
set for the outcome `taken` of test `t`. A set is one `int`, so union and intersection are
single operations and a function of n events costs O(blocks * n / 64) a round.
"""

import functools
import heapq
import operator
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeVar

from reviewbot.syntax.model import Edge, Function

State = TypeVar("State")


def bits(mask: int) -> Iterator[int]:
    """The positions of the bits set in `mask`, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def solve(
    function: Function,
    entry: State,
    through: Callable[[int, State], State],
    along: Callable[[int, Edge, State], State],
    meet: Callable[[State, State], State],
) -> list[State | None]:
    """The state at the start of each block: the least forward solution.

    `through(block, state)` gives the state behind the block's events, `along(block, edge,
    state)` the state an edge hands on, `meet` joins what several edges hand on. Blocks that
    nothing reaches keep None. Terminates for monotone functions on finite states.
    """
    starts: list[State | None] = [None] * len(function.blocks)
    if not function.blocks:
        return starts
    starts[0] = entry
    rank = _ranks(function)
    todo = [(rank[0], 0)]
    waiting = {0}
    while todo:
        _, block = heapq.heappop(todo)
        waiting.discard(block)
        state = starts[block]
        if state is None:
            continue
        behind = through(block, state)
        for edge in function.blocks[block].edges:
            handed = along(block, edge, behind)
            known = starts[edge.target]
            joined = handed if known is None else meet(known, handed)
            if known is None or joined != known:
                starts[edge.target] = joined
                if edge.target not in waiting:
                    waiting.add(edge.target)
                    heapq.heappush(todo, (rank[edge.target], edge.target))
    return starts


def _ranks(function: Function) -> dict[int, int]:
    """Block -> its number in reverse post-order: without loops each block is then visited once."""
    order: list[int] = []
    seen = {0}
    ahead = [(0, iter(function.blocks[0].edges))]
    while ahead:
        block, edges = ahead[-1]
        edge = next(edges, None)
        if edge is None:
            order.append(block)
            ahead.pop()
        elif edge.target not in seen:
            seen.add(edge.target)
            ahead.append((edge.target, iter(function.blocks[edge.target].edges)))
    return {block: number for number, block in enumerate(reversed(order))}


def knots(function: Function) -> list[tuple[int, ...]]:
    """The blocks that lie on common loops, together, the last to run first (Tarjan's algorithm)."""
    found: list[tuple[int, ...]] = []
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    path: list[int] = []
    place: dict[int, int] = {}
    done: set[int] = set()
    for start in range(len(function.blocks)):
        ahead = [] if start in number else [start]
        while ahead:
            block = ahead[-1]
            if block not in number:
                number[block] = lowest[block] = len(number)
                place[block] = len(path)
                path.append(block)
                ahead += [edge.target for edge in function.blocks[block].edges if edge.target not in number]
                continue
            ahead.pop()
            if block in done:
                continue
            targets = (edge.target for edge in function.blocks[block].edges)
            lowest[block] = min((lowest[t] for t in targets if t not in done), default=lowest[block])
            lowest[block] = min(lowest[block], number[block])
            if lowest[block] == number[block]:
                at = place[block]
                found.append(tuple(path[at:]))
                done.update(path[at:])
                del path[at:]
    return found


class Flow:
    """What may and must have happened before each event of a function."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self._block_of = {
            e: (b, i) for b, block in enumerate(function.blocks) for i, e in enumerate(block.events)
        }

    @cached_property
    def _ranks(self) -> dict[int, int]:
        """The blocks that a path from the entry leads to; see `_ranks()`."""
        return _ranks(self.function) if self.function.blocks else {}

    @cached_property
    def _own(self) -> list[int]:
        """The events of each block as a set."""
        return [sum(1 << e for e in block.events) for block in self.function.blocks]

    @cached_property
    def _may(self) -> list[int | None]:
        own = self._own
        return solve(self.function, 0, lambda b, s: s | own[b], lambda _b, _e, s: s, lambda a, b: a | b)

    @cached_property
    def _must(self) -> list[int | None]:
        own = self._own
        return solve(self.function, 0, lambda b, s: s | own[b], lambda _b, _e, s: s, lambda a, b: a & b)

    @cached_property
    def _conditions(self) -> list[int | None]:
        def along(_block: int, edge: Edge, state: int) -> int:
            return state if edge.test is None else state | 1 << (2 * edge.test + edge.taken)

        return solve(self.function, 0, lambda _b, s: s, along, lambda a, b: a & b)

    def _earlier(self, event: int) -> int:
        """The events before this one in its own block."""
        return self._own[self._block_of[event][0]] & ((1 << event) - 1)  # a block's events ascend

    def is_reached(self, event: int) -> bool:
        """Whether any path from the entry leads to the event."""
        place = self._block_of.get(event)
        return place is not None and place[0] in self._ranks

    def may_precede(self, event: int) -> int:
        """The events that some path runs before this one (with loops: perhaps itself)."""
        return (self._may[self._block_of[event][0]] or 0) | self._earlier(event)

    def must_precede(self, event: int) -> int:
        """The events that every path runs before this one."""
        return (self._must[self._block_of[event][0]] or 0) | self._earlier(event)

    def may_follow(self, event: int) -> int:
        """The events that some path runs after this one."""
        block = self._block_of[event][0]
        return (self._own[block] >> event + 1 << event + 1) | self._beyond[block]

    @cached_property
    def _beyond(self) -> list[int]:
        """The events that some path runs once it has left the block, for each block.

        The blocks of a loop have all that the loop runs, so each knot of loops is looked at once.
        """
        own, blocks = self._own, self.function.blocks
        found = [0] * len(blocks)
        for knot in knots(self.function):
            inside = set(knot)
            leaving = [edge.target for block in knot for edge in blocks[block].edges]
            behind = functools.reduce(
                operator.or_, (own[b] | found[b] for b in leaving if b not in inside), 0
            )
            if any(target in inside for target in leaving):
                behind |= functools.reduce(operator.or_, (own[block] for block in knot))
            for block in knot:
                found[block] = behind
        return found

    def reaches(self, event: int, target: int, avoiding: int = 0) -> bool:
        """Whether some path from `event` to `target` runs none of the events of the set `avoiding`."""
        if not avoiding:
            return bool(self.may_follow(event) >> target & 1)
        block, position = self._block_of[event]
        ahead = [(block, position + 1)]
        seen: set[int] = set()
        while ahead:
            here, start = ahead.pop()
            for index in self.function.blocks[here].events[start:]:
                if index == target:
                    return True
                if avoiding >> index & 1:
                    break
            else:
                following = {edge.target for edge in self.function.blocks[here].edges} - seen
                seen |= following
                ahead += [(number, 0) for number in following]
        return False

    def before_test(self, test: int) -> tuple[int, int]:
        """The events that may, and that must, have run when the outcome of a test is decided."""
        block = self._deciding.get(test)
        if block is None:
            return 0, 0
        return (self._may[block] or 0) | self._own[block], (self._must[block] or 0) | self._own[block]

    @cached_property
    def _deciding(self) -> dict[int, int]:
        """Test -> the first block that decides it."""
        found: dict[int, int] = {}
        for number, block in enumerate(self.function.blocks):
            for edge in block.edges:
                if edge.test is not None:
                    found.setdefault(edge.test, number)
        return found

    def conditions(self, event: int) -> tuple[tuple[int, bool], ...]:
        """The outcomes of tests that every path to the event has gone through."""
        mask = self._conditions[self._block_of[event][0]] or 0
        return tuple((bit >> 1, bool(bit & 1)) for bit in bits(mask))

    def governed(self, test: int, taken: bool) -> int:
        """The events that only run after this outcome of the test."""
        bit = 1 << (2 * test + taken)
        return sum(own for own, mask in zip(self._own, self._conditions, strict=True) if (mask or 0) & bit)
