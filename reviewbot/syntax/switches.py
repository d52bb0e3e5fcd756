"""switch statements: one test a label, in order; the cases fall through."""

from reviewbot.syntax.body import Body, Jump, Operand
from reviewbot.syntax.model import Sense, Test
from reviewbot.syntax.parse import Node

_HOLD_LABELS = frozenset({
    "case_statement", "preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "labeled_statement",
    "compound_statement", "ERROR",
})  # fmt: skip
"""Where labels of the same switch may stand inside."""


def switch(body: Body, node: Node) -> None:
    """Tests for all labels first, then the cases in source order."""
    condition, inner = node.child("condition"), node.child("body")
    if condition is None or inner is None:
        return
    start = len(body.events)
    operand = body.evaluate(condition)
    body.tested(operand.loads)
    events = tuple(range(start, len(body.events)))
    after = body.new_block()
    cases = [(label, body.new_block()) for label in _labels(inner)]
    body.case_blocks.update((id(label), block) for label, block in cases)
    default = _dispatch(body, cases, operand, events)
    body.edge(after if default is None else default)
    body.stop()
    body.jumps.append(Jump(after, None, len(body.cleanups)))
    kept = body.open_block(inner)
    for child in inner.children:
        body.execute(child)
    body.close_block(inner, kept)
    body.jumps.pop()
    body.go(after)


def case(body: Body, node: Node) -> None:
    """A case label; that of a switch out of view may be reached from the entry."""
    known = body.case_blocks.get(id(node))
    body.go(body.new_block(is_entered=True) if known is None else known)
    for child in node.children:
        if child.role != "value":
            body.execute(child)


def _labels(inner: Node) -> list[Node]:
    """The case labels of this switch, not of those inside."""
    found: list[Node] = []
    todo = list(reversed(inner.children))
    while todo:
        node = todo.pop()
        if node.kind == "case_statement":
            found.append(node)
        if node.kind in _HOLD_LABELS:
            todo.extend(reversed(node.children))
    return found


def _dispatch(
    body: Body, cases: list[tuple[Node, int]], operand: Operand, events: tuple[int, ...]
) -> int | None:
    """The tests of the labels, one after the other; returns the block of `default`."""
    default = None
    for label, block in cases:
        value = label.child("value")
        if value is None:
            default = block
            continue
        text = body.text(value)
        sense = Sense.OTHER if "..." in text else Sense.EQUAL
        body.tests.append(Test(operand.value, sense, text, events, text, body.line(label)))
        following = body.new_block()
        body.edge(block, len(body.tests) - 1, True)
        body.edge(following, len(body.tests) - 1, False)
        body.current, events = following, ()
    return default
