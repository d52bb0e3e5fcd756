"""The classes of cleanup.h: guard(), CLASS(), ACQUIRE() and __free()."""

import re

from reviewbot.syntax.body import Body, Cleanup
from reviewbot.syntax.model import Root, Scope, TypeName, Value, ValueKind
from reviewbot.syntax.parse import Node

_CLASSES = frozenset({"guard", "CLASS", "ACQUIRE", "CLASS_INIT"})
_FREE = re.compile(r"__free\((\w+)\)")


def is_cleanup(body: Body, node: Node) -> bool:
    """`guard(name)(argument)`, `CLASS(name, variable)(argument)`."""
    if node.kind != "call_expression":
        return False
    inner = node.child("function")
    if inner is None or inner.kind != "call_expression":
        return False
    function = inner.child("function")
    return function is not None and body.text(function) in _CLASSES


def open_cleanup(body: Body, node: Node) -> None:
    """Construct the class; it ends with the block it stands in."""
    inner = node.child("function")
    listed, given = (inner.child("arguments") if inner else None), node.child("arguments")
    names = [body.text(child) for child in listed.children] if listed else []
    values = [body.evaluate(child).value for child in given.children] if given else []
    if not names:
        return
    argument = values[0].text if values else ""
    construct(body, names[0], argument, node)
    if len(names) > 1:
        body.declare(names[1], TypeName(f"class_{names[0]}_t"))


def construct(body: Body, class_name: str, argument: str, node: Node) -> None:
    """Open a cleanup class in the innermost block."""
    body.emit(Scope(class_name, argument, True, body.line(node)))
    body.cleanups.append(Cleanup(class_name, argument, body.compounds[-1] if body.compounds else 0))


def open_free(body: Body, text: str, variable: str, node: Node) -> None:
    """`struct foo *p __free(kfree) = ...`: p is freed when its block ends."""
    match = _FREE.search(text)
    if match:
        construct(body, match.group(1), variable, node)


def macro_variable(body: Body, name: str, value: Value | None) -> None:
    """Declare what a macro declares, where its type is not told."""
    if name.isidentifier() and value is not None and value.kind is not ValueKind.NULL:
        body.declare(name, TypeName(""), Root.LOCAL)
