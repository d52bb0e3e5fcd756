"""switch statements: one test a label, in order; the cases fall through."""

from reviewbot.syntax.body import Body, Jump, Operand
from reviewbot.syntax.model import Sense, Test
from reviewbot.syntax.parse import Node


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
    labels = _labels(inner)
    targets = {id(label): body.new_block() for label in labels}
    _dispatch(body, labels, targets, operand, events, after)
    body.stop()
    body.jumps.append(Jump(after, None, len(body.cleanups)))
    body.scopes.append({})
    body.compounds.append(inner.start)
    _cases(body, inner, targets)
    body.compounds.pop()
    body.scopes.pop()
    body.jumps.pop()
    body.go(after)


def _labels(inner: Node) -> list[Node]:
    """The case labels of this switch, not of those inside."""
    found: list[Node] = []
    todo = list(reversed(inner.children))
    while todo:
        node = todo.pop()
        if node.kind == "case_statement":
            found.append(node)
        if (
            node.kind
            in ("case_statement", "preproc_if", "preproc_ifdef", "preproc_else", "labeled_statement", "ERROR")
            or node.kind == "compound_statement"
        ):
            todo.extend(reversed(node.children))
    return found


def _dispatch(  # noqa: PLR0913
    body: Body,
    labels: list[Node],
    targets: dict[int, int],
    operand: Operand,
    events: tuple[int, ...],
    after: int,
) -> None:
    default = after
    for label in labels:
        value = label.child("value")
        if value is None:
            default = targets[id(label)]
            continue
        text = body.text(value)
        test = Test(operand.value, Sense.EQUAL, text, events, text, body.line(label))
        body.tests.append(test)
        following = body.new_block()
        body.edge(targets[id(label)], len(body.tests) - 1, True)
        body.edge(following, len(body.tests) - 1, False)
        body.current, events = following, ()
    body.edge(default)


def _cases(body: Body, node: Node, targets: dict[int, int]) -> None:
    kept = len(body.cleanups)
    for child in node.children:
        if id(child) not in targets:
            body.execute(child)
            continue
        body.go(targets[id(child)])
        for part in child.children:
            if part.role == "value":
                continue
            if part.kind == "case_statement" and id(part) in targets:
                _cases(body, Node("", None, 0, 0, [part]), targets)
            else:
                body.execute(part)
    if len(body.cleanups) > kept:
        body.close_cleanups(kept, Node("}", None, max(node.start, node.end - 1), node.end))
        del body.cleanups[kept:]
