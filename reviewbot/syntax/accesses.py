"""Lvalues: from an expression to the path of the memory that it names."""

import re

from msgspec.structs import replace

from reviewbot.kernel.accessors import LVALUE_MACROS
from reviewbot.syntax.body import Body
from reviewbot.syntax.model import Access, Kind, Marking, Path, Root, Step, TypeName
from reviewbot.syntax.parse import Node
from reviewbot.syntax.types import described, type_of_text

CONTAINERS = re.compile(
    r"(?:container_of\w*|(?:list|hlist|rb|llist|plist|hlist_nulls|hlist_bl|nla)_entry(?:_safe)?|from_timer|"
    r"timer_container_of|from_tasklet|from_work|\w+_container_of)"
)
"""Macros that compute the object around a member: nothing is read."""
_LIST_ENTRIES = re.compile(r"(?:list|hlist|rb|llist)_\w*entry\w*")


def place(body: Body, node: Node) -> Path:
    """The path of an lvalue; the pointers on the way are read (events)."""
    path = _place(body, node) if body.goes_deeper(node) else _other(body, node)
    body.depth -= 1
    return path


def pointer(body: Body, node: Node) -> Path:
    """The path from which `*` or `->` of this pointer expression goes on."""
    path = _pointer(body, node) if body.goes_deeper(node) else _other(body, node)
    body.depth -= 1
    return path


def _place(body: Body, node: Node) -> Path:  # noqa: PLR0911 - one return a form
    match node.kind:
        case "parenthesized_expression" if node.children:
            return _named(place(body, node.children[-1]), body, node)
        case "identifier":
            return _variable(body, node)
        case "field_expression":
            return _member(body, node)
        case "subscript_expression":
            return _element(body, node)
        case "pointer_expression" if node.operator == "*":
            return _target(body, node)
        case "call_expression" if _callee(body, node) in LVALUE_MACROS:
            return _per_cpu(body, node)
        case _:
            return pointer(body, node)


def _pointer(body: Body, node: Node) -> Path:  # noqa: PLR0911 - one return a form
    match node.kind:
        case "parenthesized_expression" if node.children:
            return pointer(body, node.children[-1])
        case "identifier" | "field_expression" | "subscript_expression":
            return _followed(body, node, place(body, node))
        case "pointer_expression":
            return _through(body, node)
        case "cast_expression":
            return _cast(body, node)
        case "call_expression":
            return _called(body, node)
        case "update_expression" | "assignment_expression":
            body.evaluate(node)
            target = node.child("argument") or node.child("left") or node
            return _root(body, target)
        case "binary_expression":
            return _sum(body, node)
        case _:
            body.evaluate(node)
            return _other(body, node)


def is_plain(path: Path) -> bool:
    """A parameter or automatic variable itself, which is no access."""
    return not path.steps and path.root_kind in (Root.LOCAL, Root.PARAMETER)


def volatile_target(body: Body, node: Node) -> Node | None:
    """`x` of `*(volatile T *)&x`."""
    inner = node.child("argument")
    while inner is not None and inner.kind == "parenthesized_expression" and inner.children:
        inner = inner.children[-1]
    if inner is None or inner.kind != "cast_expression" or "volatile" not in body.text(inner).split(")")[0]:
        return None
    value = inner.child("value")
    while value is not None and value.kind == "parenthesized_expression" and value.children:
        value = value.children[-1]
    if value is not None and value.kind == "pointer_expression" and value.operator == "&":
        return value.child("argument")
    return None


def _variable(body: Body, node: Node) -> Path:
    name = body.text(node)
    known = body.known(name)
    if known:
        return Path(name, known[0], (), name, known[1])
    if body.is_plain(name):
        return Path(name, Root.LOCAL, (), name)
    return Path(name, Root.GLOBAL, (), name, body.names.variables.get(name))


def _named(path: Path, body: Body, node: Node) -> Path:
    return replace(path, text=body.text(node))


def _member(body: Body, node: Node) -> Path:
    argument, member = node.child("argument"), node.child("field")
    if argument is None or member is None:
        return _other(body, node)
    is_arrow = node.operator == "->"
    if is_arrow and not _is_address(argument):
        base = pointer(body, argument)
    else:
        is_arrow = False
        base = place(body, _unaddressed(argument))
    return replace(base, steps=(*base.steps, Step(body.text(member), is_arrow)), text=body.text(node))


def _is_address(node: Node) -> bool:
    return _unaddressed(node) is not node


def _unaddressed(node: Node) -> Node:
    """`x` of `(&x)`, else the node itself."""
    inner = node
    while inner.kind == "parenthesized_expression" and inner.children:
        inner = inner.children[-1]
    if inner.kind == "pointer_expression" and inner.operator == "&":
        return inner.child("argument") or node
    return node


def _element(body: Body, node: Node) -> Path:
    argument, index = node.child("argument"), node.child("index")
    if argument is None:
        return _other(body, node)
    inner = argument
    while inner.kind == "parenthesized_expression" and inner.children:
        inner = inner.children[-1]
    if inner.kind in ("identifier", "field_expression"):
        base = place(body, inner)
    elif inner.kind == "pointer_expression" and inner.operator == "*":
        base = _followed(body, inner, place(body, inner))
    else:
        base = pointer(body, inner)
    if index is not None:
        body.evaluate(index)
    return replace(base, steps=(*base.steps, Step("[]")), text=body.text(node))


def _target(body: Body, node: Node) -> Path:
    argument = node.child("argument")
    if argument is None:
        return _other(body, node)
    if _is_address(argument):
        return _named(place(body, _unaddressed(argument)), body, node)
    base = pointer(body, argument)
    return replace(base, steps=(*base.steps, Step("*")), text=body.text(node))


def _followed(body: Body, node: Node, path: Path) -> Path:
    """A pointer that lies in memory is read before it is followed."""
    if not is_plain(path) and (path.steps or path.root != "current"):
        body.access(path, Kind.READ, node)
    return path


def _through(body: Body, node: Node) -> Path:
    if node.operator == "&":
        return place(body, node.child("argument") or node)
    marked = volatile_target(body, node)
    if marked is not None:
        path = place(body, marked)
        body.access(path, Kind.READ, marked, Marking.VOLATILE)
        return path
    return _followed(body, node, place(body, node))


def _cast(body: Body, node: Node) -> Path:
    value, named = node.child("value"), node.child("type")
    if value is None:
        return _other(body, node)
    type_ = described(named, body.text) if named else None
    base = pointer(body, value)
    if type_ is None or type_.tag is None:
        return base
    if not base.steps and base.root_kind in (Root.LOCAL, Root.PARAMETER):
        return replace(base, root_type=type_)
    return Path(base.text, Root.OTHER, (), body.text(node), type_)


def _sum(body: Body, node: Node) -> Path:
    left, right = node.child("left"), node.child("right")
    if (
        left is None
        or right is None
        or left.kind not in ("identifier", "field_expression", "parenthesized_expression")
    ):
        body.evaluate(node)
        return _other(body, node)
    base = pointer(body, left)
    body.evaluate(right)
    return base


def _callee(body: Body, node: Node) -> str:
    function = node.child("function")
    return body.text(function) if function is not None and function.kind == "identifier" else ""


def _arguments(node: Node) -> list[Node]:
    listed = node.child("arguments")
    return listed.children if listed else []


def _per_cpu(body: Body, node: Node) -> Path:
    arguments = _arguments(node)
    for other in arguments[1:]:
        body.evaluate(other)
    return _named(place(body, arguments[0]), body, node) if arguments else _other(body, node)


def _called(body: Body, node: Node) -> Path:
    """The result of a call; an accessor's is the content of its place."""
    operand = body.evaluate(node)
    if operand.value.path is not None and operand.loads:
        event = body.events[operand.loads[-1]]
        if isinstance(event, Access) and event.accessor:
            return operand.value.path
    name = _callee(body, node)
    texts = tuple(body.text(argument) for argument in _arguments(node))
    return Path(
        name or body.text(node),
        Root.CALL if name else Root.OTHER,
        (),
        body.text(node),
        container(name, texts),
        texts,
    )


def container(name: str, arguments: tuple[str, ...]) -> TypeName | None:
    """The type that container_of() and its family name in an argument."""
    if not (CONTAINERS.fullmatch(name) or _LIST_ENTRIES.fullmatch(name)):
        return None
    for text in arguments[1:2]:
        if text.startswith(("struct ", "union ")):
            type_ = type_of_text(text)
            return TypeName(type_.name, type_.pointers + 1) if type_ else None
    return None


def _root(body: Body, node: Node) -> Path:
    while node.kind == "parenthesized_expression" and node.children:
        node = node.children[-1]
    if node.kind == "identifier":
        return _variable(body, node)
    return _other(body, node)


def _other(body: Body, node: Node) -> Path:
    text = body.text(node)
    return Path(text, Root.OTHER, (), text)
