"""Declarations inside functions, those by macros among them."""

import re

from msgspec.structs import replace

from reviewbot.syntax.accesses import container
from reviewbot.syntax.body import Body
from reviewbot.syntax.expressions import assign
from reviewbot.syntax.model import Root, TypeName
from reviewbot.syntax.parse import Node
from reviewbot.syntax.scopes import open_free
from reviewbot.syntax.types import Declared, declared

DECLARING = re.compile(
    r"(?:__)?(?:DECLARE|DEFINE)_\w+|H?LIST_HEAD|LLIST_HEAD|XA_STATE\w*|MA_STATE|DEFINE_WAIT|"
    r"BIO_EMPTY_LIST|SHASH_DESC_ON_STACK|AHASH_REQUEST_ON_STACK|SKCIPHER_REQUEST_ON_STACK|"
    r"VMA_ITERATOR|FOLIO_BATCH|CYCLIC_STATE"
)
"""Macros that declare a variable: their first argument is its name."""
_SECOND = re.compile(r"(?:SYNC_)?SKCIPHER_\w+|DEFINE_RAW_FLEX|DEFINE_FLEX|DEFINE_PER_CPU\w*|DECLARE_KFIFO\w*")


def declaration(body: Body, node: Node) -> None:
    """Names come into scope one by one, each before its own initialiser's store."""
    text = body.text(node)
    for one in declared(node, body.text):
        if one.is_function:
            _maybe_macro(body, one)
            continue
        is_static = "static" in one.type.annotations
        root = Root.STATIC_LOCAL if is_static else Root.LOCAL
        if one.value is None or is_static:
            body.declare(one.name, one.type, root)
        else:
            _initialised(body, one, one.value)
        if "__free" in text:
            open_free(body, text, one.name, one.node)


def _initialised(body: Body, one: Declared, value: Node) -> None:
    body.declare(one.name, _inferred(body, one), Root.LOCAL)
    operand = body.evaluate(value)
    assign(body, one.name, operand, one.node)


def _inferred(body: Body, one: Declared) -> TypeName:
    """`auto p = container_of(x, struct foo, m)`, `typeof(x) p`."""
    if (
        one.value is None
        or one.type.name not in ("auto", "__auto_type")
        or one.value.kind != "call_expression"
    ):
        return one.type
    function, listed = one.value.child("function"), one.value.child("arguments")
    if function is None or listed is None:
        return one.type
    found = container(body.text(function), tuple(body.text(child) for child in listed.children))
    return replace(found, annotations=one.type.annotations) if found else one.type


def _maybe_macro(body: Body, one: Declared) -> None:
    """A prototype inside a function declares no variable."""
    if one.value is not None:
        body.evaluate(one.value)


def declare_by_macro(body: Body, node: Node) -> bool:
    """`LIST_HEAD(x);` and its kind: True where a variable came into scope."""
    function, listed = node.child("function"), node.child("arguments")
    if node.kind != "call_expression" or function is None or listed is None or not listed.children:
        return False
    name = body.text(function)
    if not DECLARING.fullmatch(name):
        return False
    index = 1 if _SECOND.fullmatch(name) and len(listed.children) > 1 else 0
    variable = body.text(listed.children[index])
    if variable.isidentifier():
        body.declare(variable, TypeName(_type_of(name), 0, name == "DECLARE_BITMAP"))
    return variable.isidentifier()


def _type_of(macro: str) -> str:
    known = {
        "LIST_HEAD": "struct list_head",
        "DECLARE_BITMAP": "unsigned long",
        "HLIST_HEAD": "struct hlist_head",
    }
    return known.get(macro, "")
