"""The cat language once more, with sets of pairs and no cleverness, to compare compiled models with."""

# ruff: noqa: PLR0911

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from reviewbot.memory_model.cat.library import always
from reviewbot.memory_model.cat.terms import (
    Application,
    Attempt,
    Binding,
    Check,
    Choice,
    Definition,
    Function,
    Local,
    Name,
    Operation,
    Pack,
    Statement,
    Tags,
    Term,
    With,
)
from reviewbot.memory_model.events import INITIAL, EventKind, Relation, Skeleton

Elements = frozenset[Any]
Names = dict[str, Any]


class Naive:
    """Judges one skeleton with one rf.

    Sets are frozensets of numbers, relations of pairs; `_` and `~` are for sets only.
    """

    def __init__(self, statements: tuple[Statement, ...], skeleton: Skeleton, rf: Relation) -> None:
        self.statements = (*always(), *statements)
        self.skeleton = skeleton
        self.n = len(skeleton.events)
        self.all = frozenset(range(self.n))
        self.rf = self.pairs(rf)

    def pairs(self, relation: Relation) -> Elements:
        return frozenset(divmod(bit, self.n) for bit in range(self.n * self.n) if relation >> bit & 1)

    def judged(self) -> Iterator[tuple[Elements, Elements, frozenset[str], frozenset[str]]]:
        """rf, co, failed axioms and flags of each candidate."""
        for final in self.finals():
            yield from self.run(0, self.start(final), frozenset(), frozenset())

    def finals(self) -> Iterator[Elements]:
        events = self.skeleton.events
        ways = []
        for location in self.skeleton.final:
            writes = [e for e in events if e.kind == EventKind.WRITE and e.location == location]
            ways.append([e.index for e in writes if e.thread != INITIAL] or [e.index for e in writes])
        yield from (frozenset(chosen) for chosen in itertools.product(*[way for way in ways if way]))

    def start(self, final: Elements) -> Names:
        events, sk = self.skeleton.events, self.skeleton

        def where(test: Callable[[Any], bool]) -> Elements:
            return frozenset(e.index for e in events if test(e))

        def related(test: Callable[[Any, Any], bool]) -> Elements:
            return frozenset((a.index, b.index) for a in events for b in events if test(a, b))

        names: Names = {kind.value: where(lambda e, kind=kind: e.kind == kind) for kind in EventKind}
        for statement in self.statements:
            if isinstance(statement, Tags):
                for tag in statement.names:
                    names[tag[0].upper() + tag[1:]] = where(lambda e, tag=tag: e.tag == tag)
        names["M"] = names["R"] | names["W"]
        names["IW"] = where(lambda e: e.thread == INITIAL)
        names["FW"] = final
        for name in ("po", "addr", "data", "ctrl", "rmw"):
            names[name] = self.pairs(getattr(sk, name))
        names["RMW"] = where(lambda e: e.atomic) | {i for pair in names["rmw"] for i in pair}
        names["rf"] = self.rf
        names["id"] = related(lambda a, b: a is b)
        names["loc"] = related(lambda a, b: a.location is not None and a.location == b.location)
        names["int"] = related(lambda a, b: a.thread == b.thread != INITIAL)
        names["ext"] = related(lambda a, b: a.thread != b.thread)
        return names

    def run(self, at: int, names: Names, failed: frozenset[str], flags: frozenset[str]) -> Iterator[Any]:
        for number in range(at, len(self.statements)):
            statement = self.statements[number]
            if isinstance(statement, Definition):
                names = {**names, **self.bound(statement.bindings, statement.recursive, names)}
            elif isinstance(statement, With):
                for chosen in self.value(statement.term, names):
                    yield from self.run(number + 1, {**names, statement.name: chosen}, failed, flags)
                return
            elif isinstance(statement, Check):
                is_so = self.check(statement.kind, self.value(statement.term, names)) != statement.negated
                if statement.flag and is_so:
                    flags |= {statement.name}
                elif not statement.flag and not is_so:
                    failed |= {statement.name}
        yield names["rf"], names["co"], failed, frozenset() if failed else flags

    def check(self, kind: str, value: Elements) -> bool:
        if kind == "empty":
            return not value
        return not any(i == j for i, j in (closure(value) if kind == "acyclic" else value))

    def bound(self, bindings: tuple[Binding, ...], recursive: bool, names: Names) -> Names:
        if not recursive:
            return {each.name: self.value(each.value, names) for each in bindings}
        found: Names = {each.name: frozenset() for each in bindings}
        while True:
            before = dict(found)
            for each in bindings:
                found[each.name] = self.value(each.value, {**names, **found})
            if found == before:
                return found

    def value(self, term: Term, names: Names) -> Any:
        match term:
            case Name():
                return {"0": frozenset(), "_": self.all}.get(term.text, names.get(term.text))
            case Operation():
                return self.operation(term.operator, [self.value(each, names) for each in term.operands])
            case Pack():
                return tuple(self.value(each, names) for each in term.items)
            case Function():
                return lambda argument: self.value(term.body, {**names, **given(term.parameters, argument)})
            case Local():
                return self.value(term.body, {**names, **self.bound(term.bindings, term.recursive, names)})
            case Attempt():
                known = not isinstance(term.term, Name) or term.term.text in names
                return self.value(term.term if known else term.otherwise, names)
            case Choice():
                return self.value(term.no, names)
            case Application():
                return self.apply(term, names)

    def apply(self, term: Application, names: Names) -> Any:
        if isinstance(term.function, Name) and term.function.text not in names:
            return self.builtin(term.function.text, self.value(term.argument, names), names)
        return self.value(term.function, names)(self.value(term.argument, names))

    def builtin(self, name: str, value: Any, names: Names) -> Any:
        events = self.skeleton.events
        match name:
            case "domain":
                return frozenset(i for i, _ in value)
            case "range":
                return frozenset(j for _, j in value)
            case "different-values":
                return frozenset((i, j) for i, j in value if events[i].value != events[j].value)
            case "map":
                return lambda elements: [value(frozenset({element})) for element in elements]
            case "cross":
                return [frozenset().union(*chosen) for chosen in itertools.product(*value)]
            case "generate_cos":
                return self.orders(names["W"], names["co0"])
        raise AssertionError(name)

    def orders(self, writes: Elements, before: Elements) -> list[Elements]:
        ways = []
        for location in {self.skeleton.events[i].location for i in writes}:
            here = [i for i in writes if self.skeleton.events[i].location == location]
            orders = [frozenset(itertools.combinations(order, 2)) for order in itertools.permutations(here)]
            ways.append([order for order in orders if not any((j, i) in before for i, j in order)])
        return [frozenset().union(*chosen) for chosen in itertools.product(*ways)]

    def operation(self, operator: str, values: list[Elements]) -> Elements:
        one, *others = values
        if others:
            return binary(operator, one, others[0])
        identity = frozenset((i, i) for i in self.all)
        match operator:
            case "~":
                return self.all - one
            case "[]":
                return frozenset((i, i) for i in one)
            case "{}":
                return one
            case "?":
                return one | identity
            case "^-1":
                return frozenset((j, i) for i, j in one)
            case "^+":
                return closure(one)
        return closure(one) | identity


def binary(operator: str, one: Elements, other: Elements) -> Elements:
    match operator:
        case "|" | "++":
            return one | other
        case "&":
            return one & other
        case "\\":
            return one - other
        case "*":
            return frozenset(itertools.product(one, other))
    return frozenset((i, m) for i, j in one for k, m in other if j == k)


def closure(relation: Elements) -> Elements:
    while True:
        more = relation | binary(";", relation, relation)
        if more == relation:
            return relation
        relation = more


def given(parameters: tuple[str, ...], argument: Any) -> Names:
    return dict(zip(parameters, argument if len(parameters) > 1 else (argument,), strict=True))
