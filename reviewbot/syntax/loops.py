"""Macros that are followed by a block: *_for_each_*(), scoped_guard() and unknown ones."""

import re

from reviewbot.syntax.accesses import is_plain, place
from reviewbot.syntax.body import Body, Jump
from reviewbot.syntax.model import Assign, Call, Kind, Path, Root, Value, ValueKind
from reviewbot.syntax.normalise import LOOP
from reviewbot.syntax.parse import Node
from reviewbot.syntax.scopes import construct

_NAME = re.compile(r"\w+")
_POSITIONS = tuple(
    (re.compile(pattern), positions)
    for pattern, positions in (
        (r"xa_for_each\w*|xas_for_each\w*|idr_for_each_entry\w*|hash_for_each(?:_rcu|_safe)?", (1, 2)),
        (r"hash_for_each_possible\w*|for_each_(?:available_)?child_of_node\w*|for_each_netdev\w*", (1,)),
        (r"(?:device|fwnode)_for_each_\w*|for_each_(?:element|node_by)\w*|radix_tree_for_each\w*", (1,)),
        (r"for_each_sg", (1, 3)),
        (r"kvm_for_each_(?:memslot|vcpu)\w*|\w*_safe\w*", (0, 1)),
    )
)
"""Which arguments a loop macro sets, where it is not the first."""


def macro_block(body: Body, node: Node) -> None:
    """A statement that was rewritten to `while`."""
    found = _NAME.match(body.text(node))
    name = found.group() if found else ""
    condition, inner = node.child("condition"), node.child("body")
    arguments = _arguments(condition) if condition else []
    if name.startswith("scoped_") and "guard" in name:
        _guarded(body, name, node, arguments, inner)
    elif LOOP.search(name):
        _loop(body, name, node, arguments, inner)
    else:
        _once(body, name, node, arguments, inner)


def _arguments(condition: Node) -> list[Node]:
    todo, found = list(reversed(condition.children)), []
    while todo:
        node = todo.pop()
        if node.kind == "comma_expression":
            todo.extend(reversed(node.children))
        else:
            found.append(node)
    return found


def _guarded(body: Body, name: str, node: Node, arguments: list[Node], inner: Node | None) -> None:
    """scoped_guard(class, argument): held for the statement."""
    texts = [body.text(argument) for argument in arguments]
    given = arguments[1:] if name == "scoped_guard" else arguments[2:]
    values = [body.evaluate(argument).value for argument in given]
    kept = len(body.cleanups)
    after = body.new_block()
    body.compounds.append(node.start)
    if name != "scoped_guard" and len(arguments) > 1:
        _failing(body, arguments[1])
    construct(body, texts[0] if texts else "", values[0].text if values else "", node)
    body.jumps.append(Jump(after, None, kept))
    if inner is not None:
        body.execute(inner)
    body.jumps.pop()
    body.close_cleanups(kept, Node("}", None, max(node.start, node.end - 1), node.end, []))
    del body.cleanups[kept:]
    body.compounds.pop()
    body.go(after)


def _failing(body: Body, statement: Node) -> None:
    """scoped_cond_guard(class, fail, ...): fail runs where the lock was not taken."""
    held, failed = body.new_block(), body.new_block()
    body.edge(held)
    body.edge(failed)
    body.current = failed
    body.execute(statement)
    body.edge(held)
    body.current = held


def _values(body: Body, name: str, arguments: list[Node]) -> tuple[tuple[Value, ...], list[Path]]:
    """The arguments as values, and the variables that the macro sets."""
    values, variables = [], []
    positions = _positions(name)
    for index, argument in enumerate(arguments):
        if index in positions and argument.kind in ("identifier", "field_expression"):
            path = place(body, argument)
            variables.append(path)
            kind = ValueKind.VARIABLE if is_plain(path) else ValueKind.OTHER
            values.append(Value(kind, path.text, path.root, variables=(path.root,) if is_plain(path) else ()))
        elif argument.kind == "identifier" and not body.is_plain(body.text(argument)) and index >= 2:
            values.append(Value(ValueKind.OTHER, body.text(argument)))
        else:
            values.append(body.evaluate(argument).value)
    return tuple(values), variables


def _positions(name: str) -> tuple[int, ...]:
    return next((positions for pattern, positions in _POSITIONS if pattern.fullmatch(name)), (0,))


def _loop(body: Body, name: str, node: Node, arguments: list[Node], inner: Node | None) -> None:
    head, enter, after = body.new_block(is_loop_head=True), body.new_block(), body.new_block()
    body.go(head)
    values, variables = _values(body, name, arguments)
    line = body.line(node)
    text = f"{name}({', '.join(value.text for value in values)})"
    body.emit(Call(name, values, line, tested=True))
    for path in variables:
        value = Value(ValueKind.CALL, text, name)
        if path.root_kind in (Root.LOCAL, Root.PARAMETER) and not path.steps:
            body.emit(Assign(path.root, value, line))
        else:
            body.access(path, Kind.WRITE, node, value=value)
    body.edge(enter)
    body.edge(after)
    body.current = enter
    body.jumps.append(Jump(after, head, len(body.cleanups)))
    if inner is not None:
        body.execute(inner)
    body.jumps.pop()
    body.edge(head)
    body.current = after


def _once(body: Body, name: str, node: Node, arguments: list[Node], inner: Node | None) -> None:
    """An unknown macro with a block: a call, and the block may run."""
    values = tuple(body.evaluate(argument).value for argument in arguments)
    body.emit(Call(name, values, body.line(node)))
    enter, after = body.new_block(), body.new_block()
    body.edge(enter)
    body.edge(after)
    body.current = enter
    body.jumps.append(Jump(after, None, len(body.cleanups)))
    if inner is not None:
        body.execute(inner)
    body.jumps.pop()
    body.go(after)
