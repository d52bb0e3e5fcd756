"""One function: from its text to a flow graph of events."""

from collections.abc import Callable

import msgspec

from reviewbot.syntax.body import MOST_BLOCKS, MOST_EVENTS, Body, FileNames, Text
from reviewbot.syntax.expressions import EVALUATORS
from reviewbot.syntax.functions import FunctionHeader
from reviewbot.syntax.items import Item
from reviewbot.syntax.model import Function, Root, TypeName
from reviewbot.syntax.normalise import Source, rewrite
from reviewbot.syntax.parse import Node, parse
from reviewbot.syntax.statements import EXECUTORS

Known = dict[str, tuple[Root, TypeName]]
"""What is declared out of sight: name -> what it is, and its type."""

_HEAD = b"int _() "
NOTHING_KNOWN: Known = {}
TOO_LONG = f"too long to follow: more than {MOST_EVENTS} accesses and calls, or {MOST_BLOCKS} branches"


class Lowered(msgspec.Struct, frozen=True):
    """A function, and the lines of it that were not understood."""

    function: Function
    unread: tuple[tuple[int, str], ...]
    is_cut: bool = False
    """It is too long, and only its beginning is there."""
    outer: tuple[tuple[str, Root, TypeName], ...] = ()
    """Of a part of a function the local variables that later parts may use."""


def lower(  # noqa: PLR0913, PLR0917  (the function, and all that its names may mean)
    header: FunctionHeader,
    item: Item,
    source: Source,
    names: FileNames,
    path: str,
    known: Known = NOTHING_KNOWN,
) -> Lowered:
    """The flow graph of the function that `item` is. Any text will do: it never fails.

    `known` is what other parts of the function declare.
    """
    body = _body(header, item, source, names, known)
    root = parse(_HEAD + rewrite(source.code(item.opening, item.end)))
    block = next((node for node in root.walk() if node.kind == "compound_statement"), None)
    for node in _outside(root, block):
        body.unread.append((body.line(node), "could not be parsed"))
    if block is not None:
        if b"goto" in body.text.plain:
            body.label_blocks = _labels(block, body.text)
        body.execute(block)
    if body.is_too_long:
        body.unread = [(header.line, TOO_LONG)]
    function = _function(header, body, path)
    outer = () if header.is_whole else tuple((name, *known) for name, known in body.outer.items())
    return Lowered(function, tuple(dict.fromkeys(body.unread)), body.is_too_long, outer)


def _body(header: FunctionHeader, item: Item, source: Source, names: FileNames, known: Known) -> Body:
    shift = item.opening - len(_HEAD)
    plain = _HEAD + source.plain[item.opening : item.end]
    body = Body(
        Text(plain, _line_of(source, shift)),
        names,
        not header.is_whole,
        source.known - shift,
        evaluators=EVALUATORS,
        executors=EXECUTORS,
    )
    if known:
        body.scopes.append(known)
    body.scopes.append({one.name: (Root.PARAMETER, one.type) for one in header.parameters})
    body.new_block()
    return body


def _line_of(source: Source, shift: int) -> Callable[[int], int]:
    return lambda offset: source.line(offset + shift)


def _outside(root: Node, block: Node | None) -> list[Node]:
    """Errors beside the body: the body ended too early, or was not found."""
    end = block.end if block is not None else 0
    beside = [*root.children, *(below for node in root.children for below in node.children)]
    return [node for node in beside if node.kind == "ERROR" and node.start >= end][:1]


def _labels(block: Node, text: Text) -> dict[str, tuple[int, ...]]:
    """Each label with the compound statements around it, as their offsets."""
    found: dict[str, tuple[int, ...]] = {}
    todo: list[tuple[Node, tuple[int, ...]]] = [(block, ())]
    while todo:
        node, around = todo.pop()
        if node.kind == "compound_statement":
            around = (*around, node.start)
        if node.kind == "labeled_statement" and (label := node.child("label")):
            found[text(label)] = around
        todo.extend((child, around) for child in node.children if child.children)
    return found


def _function(header: FunctionHeader, body: Body, path: str) -> Function:
    return Function(
        name=header.name,
        path=path,
        line=header.line,
        first_line=header.first_line,
        last_line=header.last_line,
        return_type=header.return_type,
        parameters=header.parameters,
        locals=tuple(body.locals),
        is_static=header.is_static,
        is_inline=header.is_inline,
        annotations=header.annotations,
        events=tuple(body.events),
        tests=tuple(body.tests),
        blocks=body.graph(),
        fragment=header.fragment,
        is_whole=header.is_whole and not body.unread,
    )
