"""The only door to tree-sitter: C text to a tree of our own light nodes.

py-tree-sitter makes a Python object for every look at a node, so a tree is walked once
with a cursor and kept as plain slots; nodes without a name and without a field (brackets,
commas) are left out.
"""

from collections.abc import Iterator

import msgspec
import tree_sitter
import tree_sitter_c

_LANGUAGE = tree_sitter.Language(tree_sitter_c.language())
_PARSER = tree_sitter.Parser(_LANGUAGE)
_KINDS: dict[int, tuple[str, bool]] = {}
"""The name of each kind of node by its number, and whether it is a named one: dearer to ask of a node."""
_LEAVES = frozenset(
    [
        "comment",
        "field_identifier",
        "identifier",
        "number_literal",
        "primitive_type",
        "statement_identifier",
        "type_identifier",
    ]
)
"""Kinds that never have a node below them."""
_DEEPEST = 600
"""Levels kept; what lies deeper becomes one node of kind TOO_DEEP."""


class Node(msgspec.Struct):
    """A node of the syntax tree."""

    kind: str
    role: str | None
    """The field of its parent that it fills."""
    start: int
    end: int
    children: list["Node"]

    def child(self, role: str) -> "Node | None":
        """The child that fills field `role`."""
        for child in self.children:
            if child.role == role:
                return child
        return None

    @property
    def operator(self) -> str:
        """The operator of an expression: `->`, `&`, `+=`."""
        found = self.child("operator")
        return found.kind if found else ""

    def first(self, kind: str) -> "Node | None":
        """The first child of kind `kind`."""
        for child in self.children:
            if child.kind == kind:
                return child
        return None

    def walk(self) -> Iterator["Node"]:
        """This node and all below, in source order."""
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            todo.extend(reversed(node.children))


def parse(code: bytes) -> Node:
    """The tree of `code`, which normalise() went over. Never fails: errors are nodes of kind ERROR."""
    cursor = _PARSER.parse(code).walk()
    root = Node("translation_unit", None, 0, len(code), [])
    if cursor.node is None or not cursor.goto_first_child():
        return root
    ancestors = [root]
    while True:
        node = _taken(cursor)
        if node is not None:
            ancestors[-1].children.append(node)
            if node.kind not in _LEAVES and cursor.goto_first_child():
                if len(ancestors) <= _DEEPEST:
                    ancestors.append(node)
                    continue
                node.kind = "TOO_DEEP"
                cursor.goto_parent()
        while not cursor.goto_next_sibling():
            ancestors.pop()
            if not ancestors:
                return root
            cursor.goto_parent()


def _taken(cursor: tree_sitter.TreeCursor) -> Node | None:
    raw = cursor.node
    if raw is None:
        return None
    number = raw.kind_id
    known = _KINDS.get(number)
    if known is None:
        known = _KINDS[number] = (raw.type, raw.is_named)
    kind, is_named = known
    role = cursor.field_name
    if role is None and not is_named:
        return None
    start, end = raw.start_byte, raw.end_byte
    if start == end and is_named and raw.is_missing:
        kind = "MISSING"
    return Node(kind, role, start, end, [])
