"""Runs a model on symbols: its definitions become nodes of one graph, functions and names are gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from reviewbot.errors import ModelError
from reviewbot.memory_model.cat.lexer import Place
from reviewbot.memory_model.cat.nodes import FAMILY, NOTHING, RELATION, SET, Graph, Node, TypeMismatchError
from reviewbot.memory_model.cat.terms import (
    Application,
    Attempt,
    Binding,
    Check,
    Choice,
    Definition,
    Function,
    Include,
    Local,
    Name,
    Operation,
    Pack,
    Statement,
    Tags,
    Term,
    With,
)

MAX_STEPS = 100_000
"""Terms looked at in one run; the kernel's models need 3,000."""

MAX_DEPTH = 150
"""Terms and calls inside one another; the kernel's models need 40."""

MAX_RECURSIONS = 2
"""``let rec`` inside one another; the kernel's models need 1."""

MAX_CHOICES = 8
"""``with`` statements of a model; the kernel's has 3."""

FIRST_CHOICE = 3
"""The stage of the first ``with``."""

_OPERATORS: dict[str, Callable[..., Node]] = {
    "|": Graph.union,
    "++": Graph.union,
    ";": Graph.composition,
    "\\": Graph.difference,
    "&": Graph.intersection,
    "*": Graph.product,
    "~": Graph.complement,
    "^+": Graph.closure,
    "^*": Graph.reflexive_closure,
    "?": Graph.optional,
    "^-1": Graph.inverse,
    "[]": Graph.diagonal,
    "{}": Graph.element,
}

COHERENCE_ORDER = "coherence-order"
"""The name of what a coherence order breaks that program order forbids, if the model has no axiom for it."""

VALUES = "different-values"
"""The source that hangs on the values of events; nothing else does."""


class UnknownNameError(ModelError):
    """A name that nothing defines; ``try`` catches it."""


class Closure(msgspec.Struct, frozen=True):
    """A function with the names it was made among."""

    function: Function
    names: Mapping[str, Value]


class Builtin(msgspec.Struct, frozen=True):
    """A function that is part of the language; ``map`` keeps its first argument until the second comes."""

    name: str
    first: Value | None = None


Value = Node | Closure | Builtin | tuple["Value", ...]

BUILTINS = ("domain", "range", "map", "cross", "different-values", "generate_cos")


class Test(msgspec.Struct, frozen=True):
    """A check of the model on the node that it looks at."""

    kind: str
    negated: bool
    flag: bool
    name: str
    node: Node


class Run(msgspec.Struct):
    """One run of a model.

    Attributes:
        graph: Where the nodes are made.
        names: What each name means at this point.
        variants: The variants in force.
        tests: The checks met so far.
        choices: The families to choose from, one a ``with``, in order.
        labels: The names that a node was given, by its number, in order.
    """

    graph: Graph
    names: dict[str, Value]
    variants: frozenset[str]
    tests: list[Test] = msgspec.field(default_factory=list)
    choices: list[tuple[Node, Node]] = msgspec.field(default_factory=list)
    labels: dict[int, list[str]] = msgspec.field(default_factory=dict)
    _steps: int = 0
    _depth: int = 0
    _recursions: int = 0

    def execute(self, statement: Statement) -> None:
        """Runs one statement; includes are resolved before."""
        if isinstance(statement, Tags | Include):
            return
        place = statement.bindings[0].place if isinstance(statement, Definition) else statement.place
        try:
            match statement:
                case Definition():
                    bound = self._bind(statement.bindings, statement.recursive, self.names)
                    self.names = {**self.names, **bound}
                case Check():
                    self._check(statement)
                case With():
                    self._with(statement)
        except TypeMismatchError as error:
            raise place.error(str(error)) from None

    def _check(self, check: Check) -> None:
        node = self._node(check.term, self.names)
        if check.kind != "empty":
            self._wanted(check.place, node, RELATION)
        self.tests.append(Test(check.kind, check.negated, check.flag, check.name, node))

    def _with(self, statement: With) -> None:
        family = self._node(statement.term, self.names)
        if family.type != NOTHING:
            self._wanted(statement.place, family, FAMILY)
        if len(self.choices) == MAX_CHOICES:
            raise statement.place.error(f"more than {MAX_CHOICES} `with` statements")
        graph = self.graph
        if family.operation == "unit":
            chosen = graph.nothing
        else:
            bounds = (family.first, family.last, family.reach)
            stage = FIRST_CHOICE + len(self.choices)
            chosen = graph.source(f"with-{stage}", bounds, stage)
            self.choices.append((chosen, family))
            if family.operation == "orders":
                # what `all_executions` tries against program order; no axiom need say so
                missing = graph.difference(family.operands[1], chosen)
                self.tests.append(Test("order", False, False, COHERENCE_ORDER, missing))
        self._label(statement.name, chosen)
        self.names = {**self.names, statement.name: chosen}

    def _label(self, name: str, value: Value) -> None:
        if isinstance(value, Node):
            self.labels.setdefault(value.number, []).append(name)

    def _wanted(self, place: Place, node: Node, kind: str) -> None:
        fits = node.type == kind or (kind != FAMILY and node.type not in (SET, RELATION, FAMILY))
        if not fits:
            raise place.error(f"{kind} is wanted here, not {node.type}")

    # bindings

    def _bind(
        self, bindings: tuple[Binding, ...], recursive: bool, names: Mapping[str, Value]
    ) -> dict[str, Value]:
        if recursive:
            return dict(self._recursive(bindings, names))
        bound = {binding.name: self.value(binding.value, names) for binding in bindings}
        for name, value in bound.items():
            self._label(name, value)
        return bound

    def _recursive(self, bindings: tuple[Binding, ...], names: Mapping[str, Value]) -> dict[str, Node]:
        """Each name is nothing at first, then what its binding says, again and again until nothing changes.

        Inside one round a binding sees what the ones before it came to in the same round, as in herd; for
        the kernel's matching of locks this matters. Types and bounds are found in the same way.
        """
        if self._recursions == MAX_RECURSIONS:
            raise bindings[0].place.error(f"more than {MAX_RECURSIONS} `let rec` inside one another")
        self._recursions += 1
        guesses: list[Node] = [self.graph.nothing for _ in bindings]
        while True:
            found = self._round(bindings, names, guesses)
            following = [
                self._wider(binding, guess, node)
                for binding, guess, node in zip(bindings, guesses, found, strict=True)
            ]
            if following == guesses:
                break
            guesses = following
        self._recursions -= 1
        return self._fixpoint(bindings, guesses, found)

    def _round(
        self, bindings: tuple[Binding, ...], names: Mapping[str, Value], guesses: list[Node]
    ) -> list[Node]:
        local = dict(names)
        local.update({binding.name: guess for binding, guess in zip(bindings, guesses, strict=True)})
        found: list[Node] = []
        for binding in bindings:
            node = self._node(binding.value, local)
            local[binding.name] = node
            found.append(node)
        return found

    def _wider(self, binding: Binding, guess: Node, found: Node) -> Node:
        """The unknown that also fits what was found; the same one if it fitted before."""
        if found.type == FAMILY:
            raise binding.place.error("a recursion on sets of sets is not supported")
        if found.type == NOTHING or self.graph.is_nothing(found):
            return guess
        first, last, reach = found.first, found.last, found.reach
        kind = SET if found.type == SET else RELATION
        if guess.operation == "unknown":
            first, last, reach = first | guess.first, last | guess.last, reach & guess.reach
            if guess.type != kind:
                raise binding.place.error(f"{binding.name} is {guess.type} first and {kind} later")
            if (first, last, reach) == (guess.first, guess.last, guess.reach):
                return guess
        return self.graph.unknown(kind, (first, last, reach))

    def _fixpoint(
        self, bindings: tuple[Binding, ...], guesses: list[Node], found: list[Node]
    ) -> dict[str, Node]:
        used = frozenset().union(*(node.unknown for node in found))
        state = [i for i, guess in enumerate(guesses) if guess.unknown & used]
        if not state:
            return self._labelled(bindings, found)
        operands = (*[guesses[i] for i in state], *[found[i] for i in state], *found)
        make = self.graph.make
        loop = make("recursion", operands, detail=len(state))
        own = frozenset().union(*(guesses[i].unknown for i in state))
        loop.unknown -= own
        results = [
            make("result", (loop,), node.type, (node.first, node.last, node.reach), i)
            for i, node in enumerate(found)
        ]
        return self._labelled(bindings, results)

    def _labelled(self, bindings: tuple[Binding, ...], nodes: list[Node]) -> dict[str, Node]:
        for binding, node in zip(bindings, nodes, strict=True):
            self._label(binding.name, node)
        return {binding.name: node for binding, node in zip(bindings, nodes, strict=True)}

    # terms

    def _node(self, term: Term, names: Mapping[str, Value]) -> Node:
        value = self.value(term, names)
        if not isinstance(value, Node):
            raise term.place.error("a set or relation is wanted here, not a function or several values")
        return value

    def value(self, term: Term, names: Mapping[str, Value]) -> Value:
        """What a term means among these names."""
        self._steps += 1
        self._depth += 1
        if self._steps > MAX_STEPS or self._depth > MAX_DEPTH:
            raise term.place.error("the model is too deep or too large to be worked out")
        try:
            value = self._value(term, names)
        except TypeMismatchError as error:
            raise term.place.error(str(error)) from None
        self._depth -= 1
        return value

    def _value(self, term: Term, names: Mapping[str, Value]) -> Value:
        found: Value
        match term:
            case Name():
                found = self._named(term, names)
            case Operation():
                found = self._operation(term, names)
            case Application():
                function = self.value(term.function, names)
                found = self._apply(function, self.value(term.argument, names), term.place)
            case Pack():
                found = tuple([self.value(item, names) for item in term.items])
            case Function():
                found = Closure(term, names)
            case Local():
                bound = self._bind(term.bindings, term.recursive, names)
                found = self.value(term.body, {**names, **bound})
            case Attempt():
                found = self._attempt(term, names)
            case Choice():
                found = self.value(term.yes if term.variant in self.variants else term.no, names)
        return found

    def _named(self, term: Name, names: Mapping[str, Value]) -> Value:
        if term.text == "0":
            return self.graph.nothing
        if term.text == "_":
            return self.graph.anything
        value = names.get(term.text)
        if value is None:
            raise UnknownNameError(f"{term.place}: nothing defines `{term.text}`")
        return value

    def _attempt(self, term: Attempt, names: Mapping[str, Value]) -> Value:
        depth, recursions = self._depth, self._recursions
        try:
            return self.value(term.term, names)
        except UnknownNameError:
            self._depth, self._recursions = depth, recursions
            return self.value(term.otherwise, names)

    def _operation(self, term: Operation, names: Mapping[str, Value]) -> Node:
        nodes = [self._node(operand, names) for operand in term.operands]
        if FAMILY in [node.type for node in nodes]:
            raise term.place.error(f"`{term.operator}` is not for {FAMILY}")
        return _OPERATORS[term.operator](self.graph, *nodes)

    def _apply(self, function: Value, argument: Value, place: Place) -> Value:
        if isinstance(function, Closure):
            names = {**function.names, **_arguments(function, argument, place)}
            return self.value(function.function.body, names)
        if not isinstance(function, Builtin):
            raise place.error("only a function can be applied")
        if function.name == "map":
            if function.first is None:
                return Builtin("map", argument)
            return self._map(function.first, self._plain(argument, place), place)
        return self._builtin(function.name, self._plain(argument, place), place)

    def _plain(self, value: Value, place: Place) -> Node:
        if not isinstance(value, Node):
            raise place.error("a set or relation is wanted here, not a function or several values")
        return value

    def _builtin(self, name: str, node: Node, place: Place) -> Node:
        graph = self.graph
        if name == "domain":
            return graph.domain(node)
        if name == "range":
            return graph.range(node)
        if name == VALUES:
            return self._differing(graph.as_relation(node))
        return self._cross(node, place) if name == "cross" else self._orders(graph.as_relation(node), place)

    def _differing(self, node: Node) -> Node:
        graph = self.graph
        if graph.is_nothing(node):
            return node
        return graph.intersection(node, graph.source(VALUES, (graph.classes, graph.classes, 0)))

    def _cross(self, node: Node, place: Place) -> Node:
        if self.graph.is_nothing(node):
            return self.graph.unit()
        self._wanted(place, node, FAMILY)
        return self.graph.make("cross", (node,), FAMILY, (node.first, node.last, node.reach))

    def _orders(self, before: Node, place: Place) -> Node:
        """All coherence orders that extend ``before``."""
        writes, start = self.names.get("W"), self.names.get("co0")
        if not isinstance(writes, Node) or not isinstance(start, Node):
            raise place.error("coherence orders need a set `W` and a relation `co0`")
        bound = writes.first
        return self.graph.make("orders", (writes, before, start), FAMILY, (bound, bound, 0))

    def _map(self, function: Value, node: Node, place: Place) -> Node:
        graph = self.graph
        if graph.is_nothing(node):
            return graph.nothing
        if node.type not in (SET, RELATION):
            raise place.error(f"`map` is for sets and relations, not for {node.type}")
        element = graph.unknown(node.type, (node.first, node.last, node.reach))
        body = self._plain(self._apply(function, element, place), place)
        made = graph.make("map", (node, element, body), FAMILY, (body.first, body.last, body.reach))
        made.unknown -= element.unknown
        return made


def _arguments(closure: Closure, argument: Value, place: Place) -> dict[str, Value]:
    parameters = closure.function.parameters
    if len(parameters) == 1:
        return {parameters[0]: argument}
    values = argument if isinstance(argument, tuple) else (argument,)
    if len(values) != len(parameters):
        raise place.error(f"{len(parameters)} arguments are wanted here, not {len(values)}")
    return dict(zip(parameters, values, strict=True))
