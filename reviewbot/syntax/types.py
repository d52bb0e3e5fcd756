"""Declarations: from the tree of a declaration to names and types."""

import re
from collections.abc import Callable

import msgspec

from reviewbot.syntax.model import TypeName
from reviewbot.syntax.parse import Node

Words = Callable[[Node], str]
"""The source text of a node, white space folded."""

_MARKS = re.compile(
    r"\b(__rcu|__percpu|__iomem|__user|__force|__ro_after_init|__read_mostly|__initdata|__data_racy|__initconst"
    r"|__free\(\w*\)|__\w*guarded_by\([^()]*\)|__counted_by\w*\([^()]*\)|__rcu_guarded)"
)
_TAGGED = {"struct_specifier": "struct", "union_specifier": "union", "enum_specifier": "enum"}
_QUALIFIERS = ("storage_class_specifier", "type_qualifier")
_DECLARATORS = frozenset({
    "identifier", "field_identifier", "type_identifier", "pointer_declarator", "array_declarator",
    "function_declarator", "parenthesized_declarator", "init_declarator", "attributed_declarator",
    "abstract_pointer_declarator", "abstract_array_declarator", "abstract_function_declarator",
    "abstract_parenthesized_declarator",
})  # fmt: skip


class Declared(msgspec.Struct, frozen=True):
    """One name that a declaration declares."""

    name: str
    type: TypeName
    node: Node
    """The declarator."""
    is_function: bool = False
    value: Node | None = None
    """The initialiser."""


def marks(text: str) -> frozenset[str]:
    """The annotations of a type that were blanked before the parse."""
    return frozenset(_MARKS.findall(text)) if "__" in text else frozenset()


def base_type(node: Node, words: Words) -> tuple[str, frozenset[str]]:
    """The type's name and its qualifiers, from a declaration, parameter, field or type descriptor."""
    qualifiers = {words(child) for child in node.children if child.kind in _QUALIFIERS}
    named = node.child("type")
    if named is None:
        return "int", frozenset(qualifiers)
    if named.kind in _TAGGED:
        tag = named.child("name")
        return f"{_TAGGED[named.kind]} {words(tag) if tag else ''}".strip(), frozenset(qualifiers)
    return words(named), frozenset(qualifiers)


def declared(node: Node, words: Words) -> tuple[Declared, ...]:
    """All names that a declaration declares; their annotations are those of its whole text."""
    name, qualifiers = base_type(node, words)
    everywhere = qualifiers | _own_marks(node, words)
    found = []
    for child in node.children:
        if child.role == "declarator" and child.kind in _DECLARATORS:
            one = _declarator(child, name, everywhere, words)
            if one is not None:
                found.append(one)
    return tuple(found)


def _own_marks(node: Node, words: Words) -> frozenset[str]:
    """The annotations of a declaration, not those of members that it declares inside."""
    named = node.child("type")
    inside = named.child("body") if named is not None else None
    text = words(node)
    return marks(text.replace(words(inside), "") if inside is not None else text)


def described(node: Node, words: Words) -> TypeName:
    """The type that a type descriptor (of a cast) names."""
    name, qualifiers = base_type(node, words)
    pointers, inner = 0, node.child("declarator")
    while inner is not None:
        pointers += inner.kind == "abstract_pointer_declarator"
        inner = inner.child("declarator")
    return TypeName(name, pointers, False, qualifiers | marks(words(node)))


def type_of_text(text: str) -> TypeName | None:
    """The type in a macro's argument: `struct foo` or `const struct foo *`."""
    plain = [word for word in text.replace("*", " ").split() if word not in ("const", "volatile")]
    if not plain or not all(word.isidentifier() for word in plain):
        return None
    return TypeName(" ".join(plain), text.count("*"))


def _declarator(node: Node, base: str, annotations: frozenset[str], words: Words) -> Declared | None:
    pointers, is_array, is_function = 0, False, False
    value = node.child("value") if node.kind == "init_declarator" else None
    inner: Node | None = node
    while inner is not None and inner.kind not in ("identifier", "field_identifier", "type_identifier"):
        match inner.kind:
            case "pointer_declarator":
                pointers += 1
            case "array_declarator":
                is_array = True
            case "function_declarator":
                is_function = True
            case _:
                pass
        inner = inner.child("declarator") or next((c for c in inner.children if c.kind in _DECLARATORS), None)
    if inner is None:
        return None
    is_pointer = is_function and _points_to_function(node)
    if is_pointer:
        base, pointers = "(*)()", 1
    type_ = TypeName(base, pointers, is_array, annotations)
    return Declared(words(inner), type_, node, is_function and not is_pointer, value)


def _points_to_function(node: Node) -> bool:
    """`(*name)(...)`: a function declarator around a parenthesized pointer."""
    inner: Node | None = node
    while inner is not None:
        if inner.kind == "function_declarator":
            return any(
                below.kind == "pointer_declarator" for below in (inner.child("declarator") or inner).walk()
            )
        inner = inner.child("declarator") or inner.first("parenthesized_declarator")
    return False
