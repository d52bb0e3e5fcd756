"""Calls: accessor macros become accesses, all others call events."""

import re

from msgspec.structs import replace

from reviewbot.kernel.accessors import (
    COPIES,
    LVALUE_MACROS,
    MEMBER_ARGUMENTS,
    PASSED_THROUGH,
    UNEVALUATED,
    Accessor,
    Copy,
    accessor,
)
from reviewbot.syntax.accesses import CONTAINERS, is_plain, place, pointer
from reviewbot.syntax.body import Body, Operand
from reviewbot.syntax.model import Call, Kind, Marking, Path, Root, Step, Value, ValueKind
from reviewbot.syntax.parse import Node

_WAITS = re.compile(
    r"_*s?wait_(?:event|var_event|on_bit)\w*|rcuwait_wait_event|read_poll_timeout\w*|wait_for"
)
_INITIALISERS = re.compile(r"_*[A-Z0-9_]+_INIT(?:IALIZER)?(?:_UNLOCKED)?")
"""LIST_HEAD_INIT(x->head): the argument is a name, not a value."""
_ELEMENTS = re.compile(r"_*(?:test_and_)?(?:set|clear|change|test|assign)_bit\w*")


def call(body: Body, node: Node) -> Operand:
    """A call expression: an accessor, a macro that C's rules do not fit, or a real call."""
    function, arguments = node.child("function"), _arguments(node)
    if function is None:
        return body.opaque(node, None)
    while function.kind == "parenthesized_expression" and len(function.children) == 1:
        function = function.children[0]
    if function.kind != "identifier":
        return _indirect(body, node, function, arguments)
    name = body.text(function)
    if body.known(name):
        return _through_variable(body, node, function, arguments)
    special = _special(body, name, node, arguments)
    return special if special is not None else ordinary(body, name, node, arguments)


def _special(  # noqa: PLR0911 - one return a family
    body: Body, name: str, node: Node, arguments: list[Node]
) -> Operand | None:
    if name in UNEVALUATED or _INITIALISERS.fullmatch(name):
        return Operand(Value(ValueKind.CONSTANT, body.text(node)))
    if not arguments:
        return None
    if name in PASSED_THROUGH:
        return body.evaluate(arguments[0])
    if name == "data_race":
        return _data_race(body, arguments[0])
    known = accessor(name)
    if known is not None and known.place < len(arguments):
        return _access(body, name, known, node, arguments)
    if CONTAINERS.fullmatch(name):
        return _container(body, name, node, arguments)
    if name in COPIES:
        return _copy(body, name, COPIES[name], node, arguments)
    return None


def is_call(name: str) -> bool:
    """Whether `name(...)` becomes a call event; False where it may be but an access or a value."""
    is_macro = name in UNEVALUATED or name in PASSED_THROUGH or name in LVALUE_MACROS or name == "data_race"
    is_value = _INITIALISERS.fullmatch(name) is not None or CONTAINERS.fullmatch(name) is not None
    return not (is_macro or is_value or accessor(name) is not None)


def ordinary(body: Body, name: str, node: Node, arguments: list[Node]) -> Operand:
    """A call event after its arguments."""
    operands = _operands(body, name, arguments)
    if _WAITS.fullmatch(name):
        for operand in operands[1:]:
            body.tested(operand.loads)
    return _called(body, name, node, tuple(operand.value for operand in operands))


def _operands(body: Body, name: str, arguments: list[Node]) -> list[Operand]:
    """The arguments, of which the names of members are no values."""
    operands = []
    member = MEMBER_ARGUMENTS.get(name)
    for index, argument in enumerate(arguments):
        text = body.text(argument)
        if index == member and argument.kind in ("identifier", "field_expression"):
            operands.append(body.opaque(argument, None))
            continue
        operands.append(body.evaluate(argument))
        if text.startswith(("struct ", "union ")):
            member = index + 1
    return operands


def _called(
    body: Body, name: str, node: Node, values: tuple[Value, ...], pointer_: Path | None = None
) -> Operand:
    event = body.emit(Call(name, values, body.line(node), pointer=pointer_))
    return Operand(Value(ValueKind.CALL, body.text(node), name, variables=_mentioned(values)), (event,))


def _mentioned(values: tuple[Value, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for value in values for name in value.variables))


def _through_variable(body: Body, node: Node, function: Node, arguments: list[Node]) -> Operand:
    path = place(body, function)
    values = tuple(body.evaluate(argument).value for argument in arguments)
    return _called(body, "", node, values, path)


def _indirect(body: Body, node: Node, function: Node, arguments: list[Node]) -> Operand:
    if function.kind == "pointer_expression" and function.operator == "*":
        function = function.child("argument") or function
    if function.kind == "call_expression":
        return ordinary(body, body.text(function), node, arguments)
    operand = body.evaluate(function)
    path = operand.value.path
    if operand.value.kind is ValueKind.VARIABLE:
        path = Path(operand.value.name, Root.LOCAL, (), operand.value.text)
    values = tuple(body.evaluate(argument).value for argument in arguments)
    return _called(body, "", node, values, path)


def _arguments(node: Node) -> list[Node]:
    listed = node.child("arguments")
    return listed.children if listed else []


def _data_race(body: Body, node: Node) -> Operand:
    before, body.marking = body.marking, Marking.DATA_RACE
    try:
        return body.evaluate(node)
    finally:
        body.marking = before


def _container(body: Body, name: str, node: Node, arguments: list[Node]) -> Operand:
    first = arguments[0]
    if first.kind == "pointer_expression" and first.operator == "&":
        place(body, first)
        variables = body.variables(first)
    else:
        variables = body.evaluate(first).value.variables
    return Operand(Value(ValueKind.CALL, body.text(node), name, variables=variables))


def _access(body: Body, name: str, known: Accessor, node: Node, arguments: list[Node]) -> Operand:
    value = None
    others = tuple(
        body.text(argument) for i, argument in enumerate(arguments) if i not in (known.place, known.value)
    )
    for index, argument in enumerate(arguments):
        if index == known.place:
            continue
        if index == known.value:
            value = body.evaluate(argument).value
        elif known.evaluates and argument.kind != "type_descriptor":
            body.evaluate(argument)
    target = arguments[known.place]
    kind, marking = Kind(known.kind), Marking(known.marking)
    if _is_address(target) and not known.by_address and kind is Kind.READ:
        kind = Kind.ADDRESS
    path = _accessed(body, name, known, target)
    if is_plain(path):
        return Operand(Value(ValueKind.VARIABLE, body.text(node), path.root, variables=(path.root,)))
    event = body.access(path, kind, target, marking, accessor=name, arguments=others, value=value)
    if known.is_wait:
        body.tested((event,))
    if known.is_call:
        return _called(body, name, node, tuple(_passed(body, argument, path) for argument in arguments))
    return Operand(
        Value(ValueKind.LOAD, body.text(node), path=path, variables=body.variables(target)), (event,)
    )


def _passed(body: Body, argument: Node, path: Path) -> Value:
    text = body.text(argument)
    if _is_address(argument):
        return Value(ValueKind.ADDRESS, text, path=path, variables=body.variables(argument))
    name = text if text.isidentifier() else ""
    kind = ValueKind.ADDRESS if name in body.names.functions else ValueKind.OTHER
    return Value(
        ValueKind.VARIABLE if body.is_plain(name) else kind, text, name, variables=body.variables(argument)
    )


def _is_address(node: Node) -> bool:
    while node.kind == "parenthesized_expression" and node.children:
        node = node.children[-1]
    return node.kind == "pointer_expression" and node.operator == "&"


def _stripped(node: Node) -> Node:
    """Without parentheses and `&`."""
    while True:
        if node.kind == "parenthesized_expression" and node.children:
            node = node.children[-1]
        elif node.kind == "pointer_expression" and node.operator == "&":
            node = node.child("argument") or node.children[-1]
        elif node.kind == "cast_expression" and (value := node.child("value")):
            node = value
        else:
            return node


def _accessed(body: Body, name: str, known: Accessor, target: Node) -> Path:
    if _is_address(target) or not known.by_address:
        return place(body, _stripped(target) if _is_address(target) else target)
    inner = _stripped(target)
    if _is_address(target) or (
        target.kind == "cast_expression" and _is_address(target.child("value") or target)
    ):
        return place(body, inner)
    step = Step("*")
    if _ELEMENTS.fullmatch(name) and inner.kind == "field_expression":
        path, step = place(body, inner), Step("[]")
    else:
        path = pointer(body, target)
    text = path.text if step.name == "[]" else f"*{path.text}"
    return replace(path, steps=(*path.steps, step), text=text)


def _copy(body: Body, name: str, known: Copy, node: Node, arguments: list[Node]) -> Operand:
    """memcpy() and its kind: whole objects are copied, and the call happens too."""
    values: list[Value] = []
    targets: dict[int, Path] = {}
    for index, argument in enumerate(arguments):
        if index in (known.written, known.read):
            value, targets[index] = _pointed(body, argument)
            values.append(value)
        else:
            values.append(body.evaluate(argument).value)
    source = values[known.read] if known.read is not None and known.read < len(values) else None
    for place_, stored in ((known.read, None), (known.written, source)):
        path = targets.get(-1 if place_ is None else place_)
        if path is not None and place_ is not None and not is_plain(path):
            body.access(path, Kind.COPY, arguments[place_], accessor=name, value=stored)
    return _called(body, name, node, tuple(values))


def _pointed(body: Body, argument: Node) -> tuple[Value, Path]:
    """A pointer argument, and the object that it points to."""
    text, variables = body.text(argument), body.variables(argument)
    if _is_address(argument):
        path = place(body, _stripped(argument))
        return Value(ValueKind.ADDRESS, text, path=path, variables=variables), path
    path = pointer(body, argument)
    kind = ValueKind.VARIABLE if is_plain(path) else ValueKind.LOAD if path.steps else ValueKind.OTHER
    name = path.root if is_plain(path) else ""
    value = Value(kind, text, name, path if path.steps else None, variables)
    return value, replace(path, steps=(*path.steps, Step("*")), text=f"*{path.text}")


def cast(body: Body, node: Node) -> Operand:
    """A cast is looked through."""
    value = node.child("value")
    return body.evaluate(value) if value is not None else body.opaque(node, None)
