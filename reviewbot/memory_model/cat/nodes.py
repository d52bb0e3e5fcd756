"""The graph of sets and relations that a model computes, simplified while it is built.

A model is run once for each *shape* of program: which classes of events (kind, tag, initial, atomic) there
are. A set made from kinds and tags alone is then known as a set of classes; each relation carries bounds, the
classes that its pairs can start and end in. Much of a model is nothing for a given shape and is folded away,
masks that cut nothing are dropped, and equal terms become one node.
"""

from __future__ import annotations

import msgspec

SET, RELATION, FAMILY = "a set", "a relation", "a set of sets"
NOTHING, ANYTHING = "nothing", "anything"
"""Types. ``0`` and ``_`` stand for sets and relations alike until they meet one."""

INSIDE, ACROSS = 1, 2
"""Bounds of a relation: its pairs stay within one thread (``int``), or never do (``ext``)."""


MAX_DEPTH = 200
"""How many operations may stand on one another; the kernel's models need 90."""


class TypeMismatchError(Exception):
    """An operation on things that it is not made for; becomes a ModelError where the place is known."""


class Node(msgspec.Struct, eq=False):
    """One set, relation or family of the graph; equal ones are the same object.

    Attributes:
        number: In order of making.
        operation: What it is made by; see ``emit``.
        operands: What it is made of.
        detail: The name of a base relation, the classes of a set.
        type: ``SET``, ``RELATION``, ``FAMILY``, ``NOTHING`` or ``ANYTHING``.
        stage: The loop that decides it: 0 the skeleton, 1 rf, 2 the final writes, 3 and up each ``with``.
        unknown: The unknowns (of a recursion, or of a function that is mapped) that it hangs on.
        first: Bound on the classes that it starts in; for a set, the bound on its classes.
        last: Bound on the classes that it ends in.
        reach: ``INSIDE``, ``ACROSS`` or 0.
        depth: How many operations stand on one another in it.
    """

    number: int
    operation: str
    operands: tuple[Node, ...]
    detail: object
    type: str
    stage: int
    unknown: frozenset[int]
    first: int = 0
    last: int = 0
    reach: int = 0
    depth: int = 0


class Graph(msgspec.Struct):
    """Makes nodes.

    Attributes:
        classes: The set of all classes of this shape, one bit each.
        nodes: All nodes by what they are.
    """

    classes: int
    nodes: dict[tuple[object, ...], Node] = msgspec.field(default_factory=dict)

    def make(  # noqa: PLR0913, PLR0917 - all that a node is
        self,
        operation: str,
        operands: tuple[Node, ...],
        type_: str = RELATION,
        bounds: tuple[int, int, int] = (0, 0, 0),
        detail: object = None,
        stage: int = 0,
    ) -> Node:
        """The node of this operation on these operands."""
        key = (operation, detail, *[operand.number for operand in operands])
        node = self.nodes.get(key)
        if node is None:
            unknown: frozenset[int] = frozenset()
            depth = 0
            for operand in operands:
                stage = max(stage, operand.stage)
                depth = max(depth, operand.depth + 1)
                unknown |= operand.unknown
            if depth > MAX_DEPTH:
                raise TypeMismatchError(f"more than {MAX_DEPTH} operations stand on one another here")
            node = Node(len(self.nodes), operation, operands, detail, type_, stage, unknown, *bounds, depth)
            self.nodes[key] = node
        return node

    def unknown(self, type_: str, bounds: tuple[int, int, int]) -> Node:
        """A value that is not known yet: of a recursion, or of a mapped function's parameter."""
        number = len(self.nodes)
        node = Node(number, "unknown", (), number, type_, 0, frozenset({number}), *bounds)
        self.nodes["unknown", number] = node
        return node

    # constants

    @property
    def nothing(self) -> Node:
        """``0``."""
        return self.make("nothing", (), NOTHING)

    @property
    def anything(self) -> Node:
        """``_``."""
        return self.make("anything", (), ANYTHING, (self.classes, self.classes, 0))

    @property
    def identity(self) -> Node:
        """``id``."""
        return self.make("identity", (), RELATION, (self.classes, self.classes, 0))

    def class_set(self, classes: int) -> Node:
        """The events of these classes."""
        return self.make("classes", (), SET, (classes, 0, 0), classes)

    def source(self, name: str, bounds: tuple[int, int, int], stage: int = 0, type_: str = RELATION) -> Node:
        """A set or relation that the candidate brings along."""
        return self.make("source", (), type_, bounds, name, stage)

    def is_nothing(self, node: Node) -> bool:
        """Whether it is known to be empty."""
        return node.operation == "nothing" or (node.operation == "classes" and not node.detail)

    # operations on sets and relations alike

    def _alike(self, left: Node, right: Node) -> tuple[Node, Node, str]:
        """Both as what they are together."""
        kinds = {left.type, right.type} - {NOTHING, ANYTHING}
        if len(kinds) > 1:
            raise TypeMismatchError(f"{left.type} and {right.type} do not go together")
        kind = kinds.pop() if kinds else RELATION
        if kind == SET:
            return self.as_set(left), self.as_set(right), SET
        return left, right, kind

    def as_set(self, node: Node) -> Node:
        """The node where a set is wanted."""
        if node.type == NOTHING:
            return self.class_set(0)
        if node.type == ANYTHING:
            return self.class_set(self.classes)
        if node.type != SET:
            raise TypeMismatchError(f"a set is wanted here, not {node.type}")
        return node

    def as_relation(self, node: Node) -> Node:
        """The node where a relation is wanted."""
        if node.type in (SET, FAMILY):
            raise TypeMismatchError(f"a relation is wanted here, not {node.type}")
        return node

    def union(self, left: Node, right: Node) -> Node:
        """``left | right``."""
        left, right, kind = self._alike(left, right)
        if self.is_nothing(left) or left is right:
            return right
        if self.is_nothing(right):
            return left
        if "anything" in (left.operation, right.operation):
            return self.anything
        if kind == SET:
            return self._set_union(left, right)
        bounds = (left.first | right.first, left.last | right.last, left.reach & right.reach)
        return self.make("union", _ordered(left, right), kind, bounds)

    def _set_union(self, left: Node, right: Node) -> Node:
        for one, other in ((left, right), (right, left)):
            if one.operation == "classes":
                if other.operation == "classes":
                    return self.class_set(one.first | other.first)
                if not other.first & ~one.first:
                    return one
        return self.make("union", _ordered(left, right), SET, (left.first | right.first, 0, 0))

    def intersection(self, left: Node, right: Node) -> Node:
        """``left & right``."""
        left, right, kind = self._alike(left, right)
        if left is right or right.operation == "anything" or self.is_nothing(left):
            return left
        if left.operation == "anything" or self.is_nothing(right):
            return right
        if kind == SET:
            return self._set_intersection(left, right)
        return self._common(left, right)

    def _set_intersection(self, left: Node, right: Node) -> Node:
        first = left.first & right.first
        if not first:
            return self.class_set(0)
        for one, other in ((left, right), (right, left)):
            if one.operation == "classes":
                if other.operation == "classes":
                    return self.class_set(first)
                if not other.first & ~one.first:
                    return other
        return self.make("intersection", _ordered(left, right), SET, (first, 0, 0))

    def _common(self, left: Node, right: Node) -> Node:
        first, last, reach = left.first & right.first, left.last & right.last, left.reach | right.reach
        if not first or not last or reach == INSIDE | ACROSS:
            return self.nothing
        for one, other in ((left, right), (right, left)):
            if one.operation == "product":
                return self._masked(other, one)
            if one.operation == "source" and one.detail in ("int", "ext") and one.reach & other.reach:
                return other
        return self.make("intersection", _ordered(left, right), RELATION, (first, last, reach))

    def _masked(self, relation: Node, mask: Node) -> Node:
        """A relation cut down to a product; what the bounds already promise is not cut again."""
        from_, to = mask.operands
        if relation.operation == "product":
            return self.product(
                self.intersection(relation.operands[0], from_), self.intersection(relation.operands[1], to)
            )
        if relation.operation == "intersection" and relation.operands[0].operation == "product":
            return self._masked(relation.operands[1], self._common(relation.operands[0], mask))
        if from_.operation == "classes" and not relation.first & ~from_.first:
            from_ = self.class_set(self.classes)
        if to.operation == "classes" and not relation.last & ~to.first:
            to = self.class_set(self.classes)
        mask = self.product(from_, to)
        if mask.operation == "anything":
            return relation
        bounds = (relation.first & mask.first, relation.last & mask.last, relation.reach)
        return self.make("intersection", (mask, relation), RELATION, bounds)

    def difference(self, left: Node, right: Node) -> Node:
        r"""``left \ right``."""
        left, right, kind = self._alike(left, right)
        if left is right or right.operation == "anything":
            return self.class_set(0) if kind == SET else self.nothing
        if self.is_nothing(left) or self.is_nothing(right) or not left.first & right.first:
            return left
        if kind == SET:
            if right.operation == "classes":
                return self.intersection(left, self.class_set(self.classes & ~right.first))
            return self.make("difference", (left, right), SET, (left.first, 0, 0))
        if not left.last & right.last or left.reach | right.reach == INSIDE | ACROSS:
            return left
        return self.make("difference", (left, right), RELATION, (left.first, left.last, left.reach))

    def complement(self, node: Node) -> Node:
        """``~node``."""
        if self.is_nothing(node):
            return self.class_set(self.classes) if node.type == SET else self.anything
        if node.operation == "anything":
            return self.nothing
        if node.operation == "classes":
            return self.class_set(self.classes & ~node.first)
        return self.make("complement", (node,), node.type, (self.classes, self.classes, 0))

    # sets to relations and back

    def product(self, left: Node, right: Node) -> Node:
        """``left * right``."""
        left, right = self.as_set(left), self.as_set(right)
        if not left.first or not right.first:
            return self.nothing
        if left.detail == right.detail == self.classes:
            return self.anything
        return self.make("product", (left, right), RELATION, (left.first, right.first, 0))

    def diagonal(self, node: Node) -> Node:
        """``[node]``."""
        node = self.as_set(node)
        if not node.first:
            return self.nothing
        if node.detail == self.classes:
            return self.identity
        return self.make("diagonal", (node,), RELATION, (node.first, node.first, 0))

    def domain(self, node: Node) -> Node:
        """What stands on the left."""
        return self._side("domain", self.as_relation(node), 0)

    def range(self, node: Node) -> Node:
        """What stands on the right."""
        return self._side("range", self.as_relation(node), 1)

    def _side(self, operation: str, node: Node, index: int) -> Node:
        if self.is_nothing(node):
            return self.class_set(0)
        if node.operation in ("anything", "identity"):
            return self.class_set(self.classes)
        if node.operation == "diagonal":
            return node.operands[0]
        bound = (node.first, node.last)[index]
        if node.operation == "source" and node.detail == "rmw":
            # whether an event is the read or the write of an rmw pair is part of its class
            return self.class_set(bound)
        return self.make(operation, (node,), SET, (bound, 0, 0))

    # relations

    def composition(self, left: Node, right: Node) -> Node:
        """``left ; right``."""
        left, right = self.as_relation(left), self.as_relation(right)
        if not left.last & right.first:
            return self.nothing
        if left.operation == "identity":
            return right
        if right.operation == "identity":
            return left
        everything = self.class_set(self.classes)
        if left.operation == "diagonal":
            return self.intersection(self.product(left.operands[0], everything), right)
        if right.operation == "diagonal":
            return self.intersection(left, self.product(everything, right.operands[0]))
        reach = left.reach & right.reach & INSIDE
        return self.make("composition", (left, right), RELATION, (left.first, right.last, reach))

    def inverse(self, node: Node) -> Node:
        """``node^-1``."""
        node = self.as_relation(node)
        if node.operation in ("nothing", "anything", "identity", "diagonal"):
            return node
        if node.operation == "inverse":
            return node.operands[0]
        if node.operation == "product":
            return self.product(node.operands[1], node.operands[0])
        return self.make("inverse", (node,), RELATION, (node.last, node.first, node.reach))

    def closure(self, node: Node) -> Node:
        """``node+``."""
        node = self.as_relation(node)
        if not node.first & node.last or node.operation in ("identity", "diagonal", "closure"):
            return node
        return self.make("closure", (node,), RELATION, (node.first, node.last, node.reach & INSIDE))

    def optional(self, node: Node) -> Node:
        """``node?``."""
        return self.union(self.as_relation(node), self.identity)

    def reflexive_closure(self, node: Node) -> Node:
        """``node*``."""
        return self.optional(self.closure(node))

    def element(self, node: Node) -> Node:
        """``{node}``: an element is kept as the set of itself."""
        return node

    # families

    def unit(self) -> Node:
        """The family whose one element is empty."""
        return self.make("unit", (), FAMILY)


def _ordered(left: Node, right: Node) -> tuple[Node, Node]:
    """Products first, else by age: `a | b` and `b | a` are one node."""
    if (right.operation == "product", left.number) > (left.operation == "product", right.number):
        return right, left
    return left, right
