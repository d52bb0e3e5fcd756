"""Works out single nodes of a model for one execution: slower than the emitted Python, but each by name."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from reviewbot.memory_model.cat.nodes import FAMILY, SET, Node
from reviewbot.memory_model.cat.program import Program, cross, orders, rounds, singles, unsettled
from reviewbot.memory_model.events import EventKind, EventSet, Execution, Relation
from reviewbot.memory_model.model import Model
from reviewbot.memory_model.shape import Base, base

Bits = int
Known = dict[int, Bits]


class Values(msgspec.Struct):
    """The values of a model's nodes in one execution.

    Attributes:
        program: The model, run on the shape of the execution.
        base: The execution's skeleton.
        rf: Reads-from of the reads that are no lock events.
        final: The final writes that matter.
        chosen: What each ``with`` chose so far.
    """

    program: Program
    base: Base
    rf: Relation
    final: EventSet
    chosen: tuple[Relation, ...] = ()
    _known: Known = msgspec.field(default_factory=dict)

    def value(self, node: Node) -> Bits:
        """The set or relation of a node."""
        return self._value(node, self._known)

    def family(self, node: Node) -> Iterator[Relation]:
        """The elements of a family."""
        return self._family(node, self._known)

    def _value(self, node: Node, known: Known) -> Bits:
        if not node.unknown:
            known = self._known
        found = known.get(node.number)
        if found is None:
            found = known[node.number] = self._worked_out(node, known)
        return found

    def _worked_out(self, node: Node, known: Known) -> Bits:
        space = self.base.space
        if node.operation == "result":
            return self._result(node, known)
        if not node.operands:
            return self._leaf(node)
        one, *others = [self._value(operand, known) for operand in node.operands]
        if others:
            return self._binary(node.operation, one, others[0])
        if node.operation == "complement":
            return (space.everything if node.type == SET else space.full) ^ one
        unary = {
            "closure": space.closure,
            "inverse": space.transpose,
            "domain": space.domain,
            "range": space.range,
            "diagonal": space.diagonal,
        }
        return unary[node.operation](one)

    def _leaf(self, node: Node) -> Bits:
        space = self.base.space
        constants = {"nothing": 0, "anything": space.full, "identity": space.identity}
        if node.operation in constants:
            return constants[node.operation]
        return self._classes(node) if node.operation == "classes" else self._source(node)

    def _binary(self, operation: str, one: Bits, other: Bits) -> Bits:
        match operation:
            case "union":
                return one | other
            case "intersection":
                return one & other
            case "difference":
                return one & ~other
            case "product":
                return self.base.space.product(one, other)
        return self.base.space.compose(one, other)

    def _classes(self, node: Node) -> EventSet:
        out = 0
        for i, events in enumerate(self.base.classes):
            if node.first >> i & 1:
                out |= events
        return out

    def _source(self, node: Node) -> Bits:
        if node.detail == "rf":
            return self.rf
        if node.detail == "FW":
            return self.final
        for (chosen, _), relation in zip(self.program.choices, self.chosen, strict=False):
            if chosen is node:
                return relation
        return self.base.relation(str(node.detail))

    def _result(self, node: Node, known: Known) -> Bits:
        (loop,) = node.operands
        count, index = loop.detail, node.detail
        if not isinstance(count, int) or not isinstance(index, int):
            raise TypeError(loop.detail)
        state = [0] * count
        for _ in rounds(self.base.space):
            inner = {
                **known,
                **{unknown.number: bits for unknown, bits in zip(loop.operands, state, strict=False)},
            }
            found = [self._value(operand, inner) for operand in loop.operands[count : 2 * count]]
            if found == state:
                break
            state = found
        else:
            unsettled()
        return self._value(loop.operands[2 * count + index], inner)

    def _family(self, node: Node, known: Known) -> Iterator[Relation]:
        match node.operation:
            case "unit":
                yield 0
            case "cross":
                yield from cross(self._families(node.operands[0], known))
            case "orders":
                writes, start = node.operands[0], node.operands[2]
                found = self.base
                yield from orders(
                    found.space, found.locations, self._value(writes, known), self._value(start, known)
                )
            case "map":
                for inner in self._each(node, known):
                    yield self._value(node.operands[2], inner)

    def _families(self, node: Node, known: Known) -> list[list[Relation]]:
        if node.operation != "map":
            return []
        body = node.operands[2]
        if body.type != FAMILY:
            return [[] for _ in self._each(node, known)]
        return [list(self._family(body, inner)) for inner in self._each(node, known)]

    def _each(self, node: Node, known: Known) -> Iterator[Known]:
        for single in singles(self._value(node.operands[0], known)):
            yield {**known, node.operands[1].number: single}


def values(model: Model, execution: Execution) -> Values | None:
    """The values of a model's nodes in one of its executions; None if it is none of this model's.

    Args:
        model: The model.
        execution: As ``all_executions`` gave it.
    """
    found = base(execution.skeleton)
    program = model.program(found.shape)
    reads = sum(1 << event.index for event in execution.skeleton.events if event.kind == EventKind.READ)
    rf = execution.rf & found.space.columns(reads)
    for final in found.finals:
        for chosen in _choices(program, Values(program, found, rf, final)):
            if (chosen.value(program.rf), chosen.value(program.co)) == (execution.rf, execution.co):
                return chosen
    return None


def _choices(program: Program, partial: Values) -> Iterator[Values]:
    depth = len(partial.chosen)
    if depth == len(program.choices):
        yield partial
        return
    for relation in partial.family(program.choices[depth][1]):
        following = Values(
            partial.program, partial.base, partial.rf, partial.final, (*partial.chosen, relation)
        )
        yield from _choices(program, following)
