"""Why an execution cannot be: a shortest cycle of the axiom that it breaks, in steps that a person knows."""

from __future__ import annotations

import heapq

import msgspec

from reviewbot.errors import ModelError
from reviewbot.memory_model.cat.evaluate import Test
from reviewbot.memory_model.cat.nodes import SET, Node
from reviewbot.memory_model.events import INITIAL, Event, Execution
from reviewbot.memory_model.interpret import Values, values
from reviewbot.memory_model.model import Model
from reviewbot.memory_model.relations import members

_OWN_NAMES = (
    "po rf rfi rfe co coi coe fr fri fre addr data ctrl rmw rmb wmb mb gp po-rel acq-po po-unlock-lock-po"
    " rcu-fence po-loc loc rcu-rscs srcu-rscs"
)
FAMILIAR = {
    **{name: name for name in _OWN_NAMES.split()},
    "after-acquire": "acq-po",
    "before-release": "po-rel",
    "handover": "po-unlock-lock-po",
    "rcu-reader": "rcu-rscs",
    "srcu-reader": "srcu-rscs",
}
"""The names at which a step is not taken apart any further, and what it is called then."""

_NO_STEP = frozenset({"product", "diagonal", "identity"})
_BACK = "^-1"


class Edge(msgspec.Struct, frozen=True):
    """One step from an event to another.

    Attributes:
        source: Where it starts.
        target: Where it ends.
        label: The relation that holds, as the kernel's documents call it; ``^-1`` behind it if it holds the
            other way round.
    """

    source: Event
    target: Event
    label: str


class Reason(msgspec.Struct, frozen=True):
    """Why an execution is forbidden.

    Attributes:
        axiom: The name of the axiom that it breaks, the first one in the order of the model.
        edges: The steps of a cycle, each beginning where the one before ends; for an axiom that forbids
            single pairs, the steps between the two.
    """

    axiom: str
    edges: tuple[Edge, ...]

    def __str__(self) -> str:
        if not self.edges:
            return self.axiom
        steps = "".join(f" -{edge.label}-> {shown(edge.target)}" for edge in self.edges)
        return f"{self.axiom}: {shown(self.edges[0].source)}{steps}"


Step = tuple[int, int, str]
Steps = tuple[Step, ...]


def shown(event: Event) -> str:
    """An event in a few characters: ``P1 R flag=1``, ``P0 F[mb]``."""
    thread = "start" if event.thread == INITIAL else f"P{event.thread}"
    if event.location is None:
        return f"{thread} {event.kind}[{event.tag}]"
    value = "" if event.value is None else f"={event.value}"
    return f"{thread} {event.kind} {event.location}{value}"


def explain(model: Model, execution: Execution) -> Reason:
    """The reason why a model forbids an execution.

    Args:
        model: The model.
        execution: One that ``model.all_executions`` gave, with at least one name in ``failed``.

    Raises:
        ModelError: The model allows the execution, or does not know it.
    """
    found = values(model, execution)
    if found is None or not execution.failed:
        raise ModelError("there is no reason to give: the model does not forbid this execution")
    walk = Walk(found)
    for test in found.program.tests:
        if test.name == execution.failed[0] and not test.flag:
            steps = walk.reason(test)
            if steps is not None:
                events = execution.skeleton.events
                edges = tuple([Edge(events[i], events[j], label) for i, j, label in steps])
                return Reason(test.name, edges)
    return Reason(execution.failed[0], ())


class Walk(msgspec.Struct):
    """Takes the pairs of relations apart into steps.

    Attributes:
        values: The relations of one execution.
    """

    values: Values
    _known: dict[tuple[int, int, int], Steps] = msgspec.field(default_factory=dict)

    def reason(self, test: Test) -> Steps | None:
        """The steps that break a test; none if it holds, or if what it wants is just not there."""
        if test.negated or test.node.type == SET or test.kind == "order":
            return None
        relation = self.values.value(test.node)
        if test.kind == "acyclic":
            return self._cycle(test.node, relation)
        if test.kind == "irreflexive":
            relation &= self.values.base.space.identity
        loops = [self._loop(test.node, i, j) for i, j in self.values.base.space.pairs(relation)]
        return min(loops, key=len, default=None)

    def _cycle(self, node: Node, relation: int) -> Steps | None:
        best: Steps | None = None
        for start in members(self.values.base.space.domain(relation)):
            found = self._path(node, relation, start, start)
            if found is not None and (best is None or len(found) < len(best)):
                best = found
        return best

    def _loop(self, node: Node, i: int, j: int) -> Steps:
        """A pair that must not be: out by one of the relations it is in, and back by another."""
        sides = self._sides(node, i, j)
        if i == j or len(sides) == 1:
            return sides[0]
        # what is written backwards is best walked backwards, and one step backwards reads better than two
        out, back = sorted(sides, key=lambda steps: (_is_backwards(steps), -len(steps)))[:2]
        return (*out, *_reversed(back))

    def _sides(self, node: Node, i: int, j: int) -> list[Steps]:
        """The steps of a pair by each of the relations whose intersection it stands in."""
        if not self._label(node):
            if node.operation == "union":
                ways = [self._sides(each, i, j) for each in node.operands if self._has(each, i, j)]
                return min(ways, key=lambda sides: sum(map(len, sides)))
            if node.operation == "intersection":
                telling = [each for each in node.operands if not _is_mask(each)]
                return [steps for each in telling for steps in self._sides(each, i, j)] or [((i, j, "ext"),)]
        return [self.steps(node, i, j)]

    def steps(self, node: Node, i: int, j: int) -> Steps:
        """The fewest familiar steps by which a pair is in a relation."""
        key = (node.number, i, j)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._steps(node, i, j)
        return found

    def _steps(self, node: Node, i: int, j: int) -> Steps:
        label = self._label(node)
        if label:
            return ((i, j, label),)
        found: Steps
        match node.operation:
            case "identity" | "diagonal":
                found = ()
            case "union":
                ways = [self.steps(each, i, j) for each in node.operands if self._has(each, i, j)]
                found = min(ways, key=len)
            case "intersection":
                ways = [self.steps(each, i, j) for each in node.operands if not _is_mask(each)]
                found = min(ways, key=len, default=((i, j, self._name(node)),))
            case "difference":
                found = self.steps(node.operands[0], i, j)
            case "composition":
                found = self._composed(node, i, j)
            case "closure":
                inner = node.operands[0]
                found = self._path(inner, self.values.value(inner), i, j) or ()
            case "inverse":
                found = _reversed(self.steps(node.operands[0], j, i))
            case _:
                found = ((i, j, self._name(node)),)
        return found

    def _composed(self, node: Node, i: int, j: int) -> Steps:
        left, right = node.operands
        ways = [
            self.steps(left, i, k) + self.steps(right, k, j)
            for k in range(self.values.base.space.n)
            if self._has(left, i, k) and self._has(right, k, j)
        ]
        return min(ways, key=len)

    def _path(self, node: Node, relation: int, start: int, end: int) -> Steps | None:
        """The way from one event to another, or round to itself, that takes the fewest steps."""
        space = self.values.base.space
        queue: list[tuple[int, int, int, Steps]] = [(0, 0, start, ())]
        seen: set[int] = set()
        while queue:
            cost, turns, event, steps = heapq.heappop(queue)
            if event == end and turns:
                return steps
            if event in seen:
                continue
            if turns:
                seen.add(event)
            for after in members((relation >> event * space.n) & space.everything):
                more = self.steps(node, event, after)
                heapq.heappush(queue, (cost + len(more), turns + 1, after, steps + more))
        return None

    def _has(self, node: Node, i: int, j: int) -> bool:
        return bool(self.values.value(node) >> i * self.values.base.space.n + j & 1)

    def _label(self, node: Node) -> str:
        """What people call a relation, "" if they do not know it."""
        for name in self.values.program.labels.get(node.number, ()):
            if name in FAMILIAR:
                return FAMILIAR[name]
        if node.operation == "source" and node.detail not in ("int", "ext"):
            return str(node.detail)
        return ""

    def _name(self, node: Node) -> str:
        """What the model calls a relation that cannot be taken apart."""
        return next(iter(self.values.program.labels.get(node.number, ())), node.operation)


def _is_mask(node: Node) -> bool:
    """Whether being in it is no step of its own."""
    if node.operation in ("union", "intersection"):
        return all(map(_is_mask, node.operands))
    return node.operation in _NO_STEP or (node.operation == "source" and node.detail in ("int", "ext"))


def _is_backwards(steps: Steps) -> bool:
    return any(label.endswith(_BACK) for _, _, label in steps)


def _reversed(steps: Steps) -> Steps:
    return tuple(
        [
            (j, i, label.removesuffix(_BACK) if label.endswith(_BACK) else label + _BACK)
            for i, j, label in reversed(steps)
        ]
    )
