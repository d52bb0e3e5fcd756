"""Expressions: what runs, in order, and what the value is."""

import re
from collections.abc import Callable

from reviewbot.syntax.accesses import is_plain, place, volatile_target
from reviewbot.syntax.body import UNSEEN, Body, Operand
from reviewbot.syntax.calls import call, cast
from reviewbot.syntax.conditions import branch, has_effects
from reviewbot.syntax.model import Assign, Kind, Marking, Path, Root, Value, ValueKind
from reviewbot.syntax.parse import Node

_NULLS = frozenset({"NULL", "0", "false", "0L", "0UL", "0U", "0ULL", "0x0", "nullptr"})
_CONSTANT = re.compile(r"[A-Z_][A-Z0-9_]*[A-Z0-9]|[A-Z]|true|__func__|__FILE__|__LINE__|__(?:bool_)?true")
_NOT_MEMORY = frozenset({"current", "__FUNCTION__", "fallthrough", UNSEEN, ""})
_LITERALS = (
    "number_literal",
    "char_literal",
    "string_literal",
    "concatenated_string",
    "true",
    "false",
    "null",
)


def identifier(body: Body, node: Node) -> Operand:
    """A local variable, a constant, a function or the content of a global."""
    name = body.text(node)
    if body.is_plain(name) and name != UNSEEN:
        return Operand(Value(ValueKind.VARIABLE, name, name, variables=(name,)))
    known = body.known(name)
    if known is None:
        if name in _NULLS:
            return Operand(Value(ValueKind.NULL, name))
        if _CONSTANT.fullmatch(name) or name in body.names.constants:
            return Operand(Value(ValueKind.CONSTANT, name, name))
        if name in body.names.functions:
            return Operand(Value(ValueKind.ADDRESS, name, name))
        if name in _NOT_MEMORY or not name.isidentifier() or node.kind == "MISSING":
            return Operand(Value(ValueKind.OTHER, name))
    return _content(body, node, place(body, node))


def _content(body: Body, node: Node, path: Path) -> Operand:
    """Read a place; an array's name is its address."""
    if is_plain(path):
        return Operand(Value(ValueKind.VARIABLE, path.text, path.root, variables=(path.root,)))
    type_ = path.root_type
    is_array = not path.steps and type_ is not None and type_.array
    kind = Kind.ADDRESS if is_array else Kind.READ
    event = body.access(path, kind, node)
    if is_array:
        return Operand(Value(ValueKind.ADDRESS, path.text, path.root, path))
    return Operand(
        Value(ValueKind.LOAD, body.text(node), path=path, variables=body.variables(node)), (event,)
    )


def literal(body: Body, node: Node) -> Operand:
    """A literal."""
    text = body.text(node)
    return Operand(Value(ValueKind.NULL if text in _NULLS else ValueKind.CONSTANT, text, text))


def memory(body: Body, node: Node) -> Operand:
    """The content of `p->f`, `a[i]`."""
    return _content(body, node, place(body, node))


def dereference(body: Body, node: Node) -> Operand:
    """`*p` is read, `&x` is an address."""
    argument = node.child("argument")
    if argument is None:
        return body.opaque(node, None)
    if node.operator == "&":
        return _address(body, node, argument)
    marked = volatile_target(body, node)
    if marked is None:
        return _content(body, node, place(body, node))
    path = place(body, marked)
    if is_plain(path):
        return Operand(Value(ValueKind.VARIABLE, path.text, path.root, variables=(path.root,)))
    event = body.access(path, Kind.READ, marked, Marking.VOLATILE)
    return Operand(
        Value(ValueKind.LOAD, body.text(node), path=path, variables=body.variables(marked)), (event,)
    )


def _address(body: Body, node: Node, argument: Node) -> Operand:
    name = body.text(argument)
    if name in body.names.functions and body.known(name) is None:
        return Operand(Value(ValueKind.ADDRESS, body.text(node), name))
    path = place(body, argument)
    if not is_plain(path) and path.root_kind is not Root.OTHER:
        body.access(path, Kind.ADDRESS, argument)
    return Operand(Value(ValueKind.ADDRESS, body.text(node), path=path, variables=body.variables(argument)))


def parenthesized(body: Body, node: Node) -> Operand:
    """Parentheses are looked through; `({ ... })` runs its statements."""
    if not node.children:
        return body.opaque(node, None)
    inner = node.children[-1]
    if inner.kind == "compound_statement":
        return _statement_expression(body, inner)
    for other in node.children[:-1]:
        body.evaluate(other)
    return body.evaluate(inner)


def _statement_expression(body: Body, node: Node) -> Operand:
    """The last statement, where it is an expression, is the value."""
    operand = Operand(Value(ValueKind.OTHER, body.text(node)))
    kept = body.open_block(node)
    for child in node.children:
        if child is node.children[-1] and child.kind == "expression_statement" and child.children:
            operand = body.evaluate(child.children[-1])
        else:
            body.execute(child)
    body.close_block(node, kept)
    return operand


def assignment(body: Body, node: Node) -> Operand:
    """The right side, the pointers of the left, then the store."""
    left, right = node.child("left"), node.child("right")
    if left is None or right is None:
        return body.opaque(node, None)
    operand = body.evaluate(right)
    while left.kind == "parenthesized_expression" and left.children:
        left = left.children[-1]
    is_volatile = left.kind == "pointer_expression" and left.operator == "*" and volatile_target(body, left)
    path = place(body, is_volatile or left)
    if node.operator != "=":
        return _update(
            body, left, path, Value(ValueKind.OTHER, body.text(node), variables=operand.value.variables)
        )
    if is_plain(path):
        return assign(body, path.root, operand, left)
    if _is_struct_copy(left, right, path, operand):
        return _copied(body, left, path, operand)
    body.access(path, Kind.WRITE, left, Marking.VOLATILE if is_volatile else None, value=operand.value)
    return Operand(operand.value)


def assign(body: Body, name: str, operand: Operand, node: Node) -> Operand:
    """A local variable gets a value."""
    if operand.value.kind in (ValueKind.LOAD, ValueKind.CALL):
        body.received(operand.loads, name)
    body.emit(Assign(name, operand.value, body.line(node)))
    return Operand(Value(ValueKind.VARIABLE, name, name, variables=(name,)), operand.loads)


def _is_struct_copy(left: Node, right: Node, path: Path, operand: Operand) -> bool:
    if left.kind != "pointer_expression" or not path.steps or path.steps[-1].name != "*":
        return False
    if right.kind == "compound_literal_expression":
        return True
    source = operand.value.path
    types = (path.root_type, source.root_type if source else None)
    return (
        any(t is not None and t.tag is not None and t.pointers == 1 for t in types) and len(path.steps) == 1
    )


def _copied(body: Body, left: Node, path: Path, operand: Operand) -> Operand:
    if operand.value.kind is ValueKind.LOAD and operand.value.path is not None and operand.loads:
        body.recast(operand.loads[-1], Kind.COPY)
    body.access(path, Kind.COPY, left, value=operand.value)
    return Operand(operand.value)


def _update(body: Body, node: Node, path: Path, value: Value) -> Operand:
    """Read, change and store back."""
    if is_plain(path):
        return assign(body, path.root, Operand(value), node)
    event = body.access(path, Kind.RMW, node, value=value)
    return Operand(Value(ValueKind.LOAD, path.text, path=path, variables=body.variables(node)), (event,))


def increment(body: Body, node: Node) -> Operand:
    """`x++` and its family."""
    argument = node.child("argument")
    if argument is None:
        return body.opaque(node, None)
    while argument.kind == "parenthesized_expression" and argument.children:
        argument = argument.children[-1]
    path = place(body, argument)
    return _update(
        body, argument, path, Value(ValueKind.OTHER, body.text(node), variables=body.variables(argument))
    )


def binary(body: Body, node: Node) -> Operand:
    """Both sides; a long chain is followed along its left spine without recursion."""
    if node.operator in ("&&", "||") and has_effects(body, node):
        return _as_branches(body, node)
    sides: list[Node] = []
    spine: Node | None = node
    while (
        spine is not None
        and spine.kind == "binary_expression"
        and (spine is node or spine.operator not in ("&&", "||"))
    ):
        right = spine.child("right")
        if right is not None:
            sides.append(right)
        spine = spine.child("left")
    if spine is not None:
        sides.append(spine)
    operands = [body.evaluate(side) for side in reversed(sides)]
    return _joined(body, node, operands)


def _joined(body: Body, node: Node, operands: list[Operand]) -> Operand:
    loads = tuple(load for operand in operands for load in operand.loads)
    constants = (ValueKind.CONSTANT, ValueKind.NULL)
    kind = ValueKind.CONSTANT if all(o.value.kind in constants for o in operands) else ValueKind.OTHER
    variables = tuple(dict.fromkeys(name for operand in operands for name in operand.value.variables))
    return Operand(Value(kind, body.text(node), variables=variables), loads)


def unary(body: Body, node: Node) -> Operand:
    """`!x`, `-x`, `~x`."""
    argument = node.child("argument")
    return _joined(body, node, [body.evaluate(argument)] if argument is not None else [])


def _as_branches(body: Body, node: Node) -> Operand:
    join = body.new_block()
    branch(body, node, join, join)
    body.current = join
    return Operand(Value(ValueKind.OTHER, body.text(node), variables=body.variables(node)))


def conditional(body: Body, node: Node) -> Operand:
    """`c ? a : b`: branches where an arm does something."""
    test, yes, no = (node.child(role) for role in ("condition", "consequence", "alternative"))
    if test is None or no is None:
        return body.opaque(node, None)
    arms = [arm for arm in (yes, no) if arm is not None]
    if not any(has_effects(body, arm) for arm in arms):
        operand = body.evaluate(test)
        body.tested(operand.loads)
        return Operand(Value(ValueKind.OTHER, body.text(node), variables=body.variables(node)))
    blocks, join = [body.new_block(), body.new_block()], body.new_block()
    branch(body, test, *blocks)
    for block, arm in zip(blocks, (yes, no), strict=True):
        body.current = block
        if arm is not None:
            body.evaluate(arm)
        body.go(join)
    return Operand(Value(ValueKind.OTHER, body.text(node), variables=body.variables(node)))


def sequence(body: Body, node: Node) -> Operand:
    """All parts in order; the value is the last one's."""
    last = Operand(Value(ValueKind.OTHER, body.text(node)))
    for part in _comma_parts(node):
        last = body.evaluate(part)
    return last


def _comma_parts(node: Node) -> list[Node]:
    parts: list[Node] = []
    todo = [node]
    while todo:
        part = todo.pop()
        if part.kind == "comma_expression":
            todo.extend(reversed(part.children))
        else:
            parts.append(part)
    return parts


def initialiser(body: Body, node: Node) -> Operand:
    """The values of a braced list or a compound literal."""
    todo = list(reversed(node.children))
    while todo:
        part = todo.pop()
        if part.kind in ("initializer_list", "initializer_pair"):
            todo.extend(child for child in reversed(part.children) if child.role != "designator")
        elif part.role != "type" and part.kind != "type_descriptor":
            body.evaluate(part)
    return Operand(Value(ValueKind.OTHER, body.text(node), variables=body.variables(node)))


def unevaluated(body: Body, node: Node) -> Operand:
    """Sizeof and its kin never run."""
    return Operand(Value(ValueKind.CONSTANT, body.text(node)))


def broken(body: Body, node: Node) -> Operand:
    """What did not parse: noted, and the parts that did are followed."""
    body.unread.append((body.line(node), "could not be parsed"))
    for child in node.children:
        if child.kind in EVALUATORS and child.kind not in _LITERALS:
            body.evaluate(child)
    return Operand(Value(ValueKind.OTHER, body.text(node)))


EVALUATORS: dict[str, Callable[[Body, Node], Operand]] = {
    "identifier": identifier,
    **dict.fromkeys(_LITERALS, literal),
    "field_expression": memory,
    "subscript_expression": memory,
    "pointer_expression": dereference,
    "parenthesized_expression": parenthesized,
    "cast_expression": cast,
    "assignment_expression": assignment,
    "update_expression": increment,
    "binary_expression": binary,
    "unary_expression": unary,
    "conditional_expression": conditional,
    "comma_expression": sequence,
    "call_expression": call,
    "initializer_list": initialiser,
    "compound_literal_expression": initialiser,
    "sizeof_expression": unevaluated,
    "alignof_expression": unevaluated,
    "offsetof_expression": unevaluated,
    "generic_expression": unevaluated,
    "ERROR": broken,
}
