"""Conditions: `&&`, `||` and `!` become edges, what is left becomes tests."""

from reviewbot.kernel.accessors import PASSED_THROUGH, WARNINGS
from reviewbot.syntax.body import UNSEEN, Body, Operand
from reviewbot.syntax.model import Sense, Test, Value, ValueKind
from reviewbot.syntax.parse import Node

_EFFECTS = frozenset({
    "call_expression", "field_expression", "subscript_expression", "pointer_expression",
    "assignment_expression", "update_expression", "compound_statement",
})  # fmt: skip
_CONSTANTS = (ValueKind.CONSTANT, ValueKind.NULL)
_DIRECT = (ValueKind.LOAD, ValueKind.VARIABLE, ValueKind.CALL)


def has_effects(body: Body, node: Node) -> bool:
    """Whether running an expression may touch memory or call."""
    for below in node.walk():
        if below.kind in _EFFECTS:
            return True
        if below.kind == "identifier" and below.role != "function":
            name = body.text(below)
            if not name.isupper() and not body.is_plain(name):
                return True
    return False


def branch(body: Body, node: Node, yes: int, no: int) -> None:
    """Evaluate a condition; flow goes on in block `yes` or `no`."""
    if body.goes_deeper(node):
        _branch(body, _stripped(body, node), yes, no)
    else:
        _unknown(body, yes, no)
    body.depth -= 1


def _branch(body: Body, node: Node, yes: int, no: int) -> None:
    operator = node.operator
    if node.kind == "unary_expression" and operator == "!" and (argument := node.child("argument")):
        branch(body, argument, no, yes)
    elif node.kind == "binary_expression" and operator in ("&&", "||"):
        _chain(body, node, operator, yes, no)
    elif node.kind == "comma_expression" and node.children:
        for part in node.children[:-1]:
            body.evaluate(part)
        branch(body, node.children[-1], yes, no)
    elif node.kind == "binary_expression" and operator in ("==", "!="):
        _comparison(body, node, *((yes, no) if operator == "==" else (no, yes)))
    elif node.kind == "binary_expression":
        _relation(body, node, yes, no)
    else:
        _truth(body, node, yes, no)


def _stripped(body: Body, node: Node) -> Node:
    """Without parentheses, likely() and WARN_ON()."""
    while True:
        if node.kind == "parenthesized_expression" and len(node.children) == 1:
            inner = node.children[0]
            if inner.kind == "compound_statement":
                return node
            node = inner
            continue
        looked_through = _looked_through(body, node) if node.kind == "call_expression" else None
        if looked_through is None:
            return node
        node = looked_through


def _looked_through(body: Body, node: Node) -> Node | None:
    function, listed = node.child("function"), node.child("arguments")
    if function is None or listed is None or not listed.children:
        return None
    name = body.text(function)
    if name == "KVM_BUG_ON" or name in WARNINGS or name in PASSED_THROUGH:
        return listed.children[0]
    return None


def _chain(body: Body, node: Node, operator: str, yes: int, no: int) -> None:
    parts: list[Node] = []
    spine: Node = node
    while spine.kind == "binary_expression" and spine.operator == operator:
        left, right = spine.child("left"), spine.child("right")
        if left is None or right is None:
            break
        parts.append(right)
        spine = left
    parts.append(spine)
    for part in reversed(parts[1:]):
        following = body.new_block()
        branch(body, part, *((following, no) if operator == "&&" else (yes, following)))
        body.current = following
    branch(body, parts[0], yes, no)


def _comparison(body: Body, node: Node, equal: int, unequal: int) -> None:
    left, right = node.child("left"), node.child("right")
    if left is None or right is None:
        _truth(body, node, equal, unequal)
        return
    atom = _Atom(body, node)
    one, two = body.evaluate(left), body.evaluate(right)
    if one.value.kind in _CONSTANTS:
        one, two = two, one
    body.tested(one.loads + two.loads)
    if two.value.kind is ValueKind.NULL:
        atom.decide(one.value, Sense.NONZERO, unequal, equal)
    elif two.value.kind is ValueKind.CONSTANT:
        atom.decide(one.value, Sense.EQUAL, equal, unequal, against=two.value.text)
    elif node.operator == "==":
        atom.decide(_whole(body, node, one, two), Sense.OTHER, equal, unequal)
    else:
        atom.decide(_whole(body, node, one, two), Sense.OTHER, unequal, equal)


def _relation(body: Body, node: Node, yes: int, no: int) -> None:
    left, right = node.child("left"), node.child("right")
    if left is None or right is None or left.kind == "binary_expression":
        _truth(body, node, yes, no)
        return
    atom = _Atom(body, node)
    one, two = body.evaluate(left), body.evaluate(right)
    body.tested(one.loads + two.loads)
    if one.value.kind in _DIRECT and two.value.kind in _CONSTANTS:
        atom.decide(one.value, Sense.OTHER, yes, no, against=two.value.text)
    else:
        atom.decide(_whole(body, node, one, two), Sense.OTHER, yes, no)


def _whole(body: Body, node: Node, one: Operand, two: Operand) -> Value:
    variables = tuple(dict.fromkeys(one.value.variables + two.value.variables))
    return Value(ValueKind.OTHER, body.text(node), variables=variables)


def _truth(body: Body, node: Node, yes: int, no: int) -> None:
    atom = _Atom(body, node)
    operand = body.evaluate(node)
    body.tested(operand.loads)
    text = operand.value.text
    if operand.value.kind is ValueKind.NULL:
        body.edge(no)
    elif text in ("1", "true"):
        body.edge(yes)
    elif text == UNSEEN:
        _unknown(body, yes, no)
    else:
        atom.decide(operand.value, Sense.NONZERO, yes, no)


def _unknown(body: Body, yes: int, no: int) -> None:
    body.edge(yes)
    body.edge(no)


class _Atom:
    """One atom of a condition; its events begin where it is made."""

    def __init__(self, body: Body, node: Node) -> None:
        self.body, self.node, self.start = body, node, len(body.events)

    def decide(self, operand: Value, sense: Sense, yes: int, no: int, *, against: str = "") -> None:
        """Add the test and its two edges."""
        body, node = self.body, self.node
        events = tuple(range(self.start, len(body.events)))
        body.tests.append(Test(operand, sense, against, events, body.text(node), body.line(node)))
        body.edge(yes, len(body.tests) - 1, True)
        body.edge(no, len(body.tests) - 1, False)
