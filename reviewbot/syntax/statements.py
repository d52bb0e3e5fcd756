"""Statements: how flow goes."""

from collections.abc import Callable

from reviewbot.syntax.body import Body, Jump
from reviewbot.syntax.conditions import branch
from reviewbot.syntax.declarations import declaration, declare_by_macro
from reviewbot.syntax.loops import macro_block
from reviewbot.syntax.model import Return
from reviewbot.syntax.parse import Node
from reviewbot.syntax.scopes import is_cleanup, open_cleanup
from reviewbot.syntax.switches import case, switch


def compound(body: Body, node: Node) -> None:
    """A block: its variables and cleanup classes end with it."""
    kept = body.open_block(node)
    for child in node.children:
        body.execute(child)
    body.close_block(node, kept)


def expression(body: Body, node: Node) -> None:
    """An expression, guard() among them."""
    for child in node.children:
        if is_cleanup(body, child):
            open_cleanup(body, child)
        elif not declare_by_macro(body, child):
            body.execute(child)


def if_(body: Body, node: Node) -> None:
    """If and else; a chain of `else if` is followed without recursion."""
    join = body.new_block()
    here: Node | None = node
    while here is not None:
        condition, yes = here.child("condition"), here.child("consequence")
        then, otherwise = body.new_block(), body.new_block()
        if condition is not None:
            branch(body, condition, then, otherwise)
        body.current = then
        if yes is not None:
            body.execute(yes)
        body.edge(join)
        body.current = otherwise
        below = here.child("alternative")
        inner = below.children[-1] if below is not None and below.children else None
        here = inner if inner is not None and inner.kind == "if_statement" else None
        if here is None and inner is not None:
            body.execute(inner)
    body.go(join)


def while_(body: Body, node: Node) -> None:
    """while, and the macros that were rewritten to one."""
    if not body.text.starts(node, b"while"):
        macro_block(body, node)
        return
    condition, inner = node.child("condition"), node.child("body")
    head, enter, after = body.new_block(is_loop_head=True), body.new_block(), body.new_block()
    body.go(head)
    if condition is not None:
        branch(body, condition, enter, after)
    _loop_body(body, inner, enter, after, head)


def _loop_body(body: Body, inner: Node | None, enter: int, after: int, again: int) -> None:
    body.current = enter
    body.jumps.append(Jump(after, again, len(body.cleanups)))
    if inner is not None:
        body.execute(inner)
    body.jumps.pop()
    body.edge(again)
    body.current = after


def do_(body: Body, node: Node) -> None:
    """Do ... while."""
    condition, inner = node.child("condition"), node.child("body")
    head, test, after = body.new_block(is_loop_head=True), body.new_block(), body.new_block()
    body.go(head)
    _loop_body(body, inner, head, after, test)
    body.current = test
    if condition is not None:
        branch(body, condition, head, after)
    body.current = after


def for_(body: Body, node: Node) -> None:
    """for; its declaration belongs to it."""
    body.scopes.append({})
    first, condition, update = (node.child(role) for role in ("initializer", "condition", "update"))
    if first is not None:
        body.execute(first)
    head, enter, after, again = body.new_block(True), body.new_block(), body.new_block(), body.new_block()
    body.go(head)
    if condition is None:
        body.edge(enter)
    else:
        branch(body, condition, enter, after)
    _loop_body(body, node.child("body"), enter, after, again)
    body.current = again
    if update is not None:
        body.evaluate(update)
    body.edge(head)
    body.current = after
    body.scopes.pop()


def return_(body: Body, node: Node) -> None:
    """return: the value, then the cleanups, then the end."""
    value = body.evaluate(node.children[0]).value if node.children else None
    body.close_cleanups(0, node)
    body.emit(Return(value, body.line(node)))
    body.stop()


def goto(body: Body, node: Node) -> None:
    """Goto a label."""
    label = node.child("label")
    if label is not None:
        name = body.text(label)
        body.close_for_label(name, node)
        if name in body.label_blocks:
            body.edge(_label_block(body, name))
    body.stop()


def _label_block(body: Body, name: str) -> int:
    if name not in body.labels:
        body.labels[name] = body.new_block(is_entered=True)
    return body.labels[name]


def labelled(body: Body, node: Node) -> None:
    """A label: a block that can be jumped to."""
    label = node.child("label")
    if label is not None:
        body.go(_label_block(body, body.text(label)))
    for child in node.children:
        if child is not label:
            body.execute(child)


def break_(body: Body, node: Node) -> None:
    """Leave the loop or switch."""
    if body.jumps:
        body.close_cleanups(body.jumps[-1].cleanups, node)
        body.edge(body.jumps[-1].exit)
    body.stop()


def continue_(body: Body, node: Node) -> None:
    """Go on with the next round of the loop."""
    jump = next((jump for jump in reversed(body.jumps) if jump.again is not None), None)
    if jump is not None and jump.again is not None:
        body.close_cleanups(jump.cleanups, node)
        body.edge(jump.again)
    body.stop()


def conditional_text(body: Body, node: Node) -> None:
    """#if ... #else: which branch is built is not known, so both are possible."""
    parts, alternative = _branches(node)
    after, entry = body.new_block(), body.current
    for part in parts:
        body.current = entry
        body.go(body.new_block())
        for child in part:
            body.execute(child)
        body.edge(after)
    if not alternative:
        body.current = entry
        body.edge(after)
    body.current = after


def _branches(node: Node) -> tuple[list[list[Node]], bool]:
    """The statements of each branch, and whether the last one is a plain #else."""
    parts: list[list[Node]] = []
    here: Node | None = node
    kind = node.kind
    while here is not None:
        kind = here.kind
        parts.append([c for c in here.children if c.role not in ("condition", "name", "alternative")])
        here = here.child("alternative")
    return parts, kind == "preproc_else"


def children(body: Body, node: Node) -> None:
    """Something transparent: what it holds is run in order."""
    for child in node.children:
        body.execute(child)


def _lost(body: Body, node: Node) -> None:
    body.unread.append((body.line(node), "could not be parsed"))
    children(body, node)


EXECUTORS: dict[str, Callable[[Body, Node], None]] = {
    "compound_statement": compound,
    "expression_statement": expression,
    "declaration": declaration,
    "if_statement": if_,
    "while_statement": while_,
    "do_statement": do_,
    "for_statement": for_,
    "switch_statement": switch,
    "case_statement": case,
    "return_statement": return_,
    "goto_statement": goto,
    "labeled_statement": labelled,
    "break_statement": break_,
    "continue_statement": continue_,
    "preproc_if": conditional_text,
    "preproc_ifdef": conditional_text,
    "else_clause": children,
    "attributed_statement": children,
    "ERROR": _lost,
}
