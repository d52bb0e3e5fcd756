"""The functions of a file: spans and signatures, bodies unread."""

import re
from functools import cached_property

import msgspec

from reviewbot.syntax.annotations import ANNOTATION, annotations
from reviewbot.syntax.items import Item
from reviewbot.syntax.model import TypeName, Variable
from reviewbot.syntax.normalise import Source, rewrite_declaration
from reviewbot.syntax.parse import Node, parse
from reviewbot.syntax.types import Words, base_type, declared, marks, type_of_text

_NAME = re.compile(rb"([A-Za-z_]\w*)\s*\(")
_SYSCALL = re.compile(
    rb"^\s*(?:static\s+|asmlinkage\s+)*(?:COMPAT_)?(?:SYSCALL_DEFINE|BPF_CALL_|BPF_PROG)\w*$"
)
_STATIC = re.compile(rb"(?<!\w)static(?!\w)")
_INLINE = re.compile(rb"(?<!\w)(?:__always_inline|inline|__inline(?:__)?)(?!\w)")


class FunctionHeader(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A function as its heading tells; lines count in its fragment.

    Of the hundreds in a large file few are ever asked what they take: that is parsed when asked.
    """

    name: str
    fragment: int
    line: int
    """Of its name."""
    first_line: int
    last_line: int
    is_static: bool
    is_inline: bool
    is_whole: bool
    outline: "Outline"
    source: Source

    @cached_property
    def annotations(self) -> tuple[str, ...]:
        """The annotations in the heading."""
        return annotations(self.source.plain[self.outline.item.start : self.outline.item.opening])

    @cached_property
    def _signature(self) -> tuple[tuple[Variable, ...], TypeName]:
        return _signature(self.outline, self.source)

    @property
    def parameters(self) -> tuple[Variable, ...]:
        """The parameters, in order."""
        return self._signature[0]

    @property
    def return_type(self) -> TypeName:
        """The type returned."""
        return self._signature[1]


class Outline(msgspec.Struct, frozen=True):
    """A function's name and where it lies, as offsets in its source."""

    name: str
    name_at: int
    item: Item
    is_macro: bool
    """Its heading is a macro: SYSCALL_DEFINE2(...)."""


def outline(item: Item, source: Source) -> Outline | None:
    """Name and place of the function that `item` is; None for a block without a name."""
    head = source.bare[item.start : item.opening]
    found = _NAME.search(head)
    if not found:
        return None
    name, at = found.group(1), found.start(1)
    is_macro = name.isupper() or not head[: found.start()].strip()
    if is_macro and (inner := re.compile(rb"\s*(\w+)\s*[,)]").match(head, found.end())):
        if _SYSCALL.match(name):
            return Outline("sys_" + inner.group(1).decode("latin-1"), item.start + inner.start(1), item, True)
        if name.isupper():
            text = source.plain[item.start + at : item.opening].decode("latin-1")
            return Outline("".join(text.split()), item.start + at, item, True)
    return Outline(name.decode("latin-1"), item.start + at, item, False)


def header(found: Outline, source: Source, fragment: int, is_whole: bool) -> FunctionHeader:
    """The heading of a function."""
    item = found.item
    text = source.plain[item.start : item.opening]
    return FunctionHeader(
        found.name,
        fragment,
        source.line(found.name_at),
        source.line(item.start),
        source.line(item.end - 1),
        _STATIC.search(text) is not None,
        _INLINE.search(text) is not None,
        is_whole,
        found,
        source,
    )


def _signature(found: Outline, source: Source) -> tuple[tuple[Variable, ...], TypeName]:
    start, opening = found.item.start, found.item.opening
    if found.is_macro:
        return _macro_parameters(source.plain[found.name_at : opening]), TypeName("long")
    plain = source.plain[start:opening]

    def words(node: Node) -> str:
        return " ".join(plain[node.start : node.end].decode("utf-8", "replace").split())

    tree = parse(rewrite_declaration(source.bare[start:opening]).rstrip() + b";")
    declaration = next(
        (node for node in tree.walk() if node.kind in ("declaration", "function_definition")), None
    )
    if declaration is None:
        return (), TypeName("int")
    function = next((node for node in declaration.walk() if node.kind == "function_declarator"), None)
    return _parameters(function, words), _returned(declaration, words)


def _returned(declaration: Node, words: Words) -> TypeName:
    name, qualifiers = base_type(declaration, words)
    pointers, inner = 0, declaration.child("declarator")
    while inner is not None and inner.kind == "pointer_declarator":
        pointers, inner = pointers + 1, inner.child("declarator")
    return TypeName(name, pointers, False, qualifiers)


def _parameters(function: Node | None, words: Words) -> tuple[Variable, ...]:
    listed = function.child("parameters") if function else None
    found: list[Variable] = []
    for node in listed.children if listed else ():
        if node.kind == "parameter_declaration":
            found.extend(Variable(one.name, one.type) for one in declared(node, words))
    return tuple(found)


def _macro_parameters(text: bytes) -> tuple[Variable, ...]:
    """Of `DEFINE(name, type, parameter, type, parameter)`."""
    _, _, inside = text.decode("utf-8", "replace").partition(",")
    parts = [" ".join(part.split()) for part in inside.rstrip().removesuffix(")").split(",")]
    found: list[Variable] = []
    for type_, name in zip(parts[::2], parts[1::2], strict=False):
        known = type_of_text(ANNOTATION.sub(b"", type_.encode()).decode("utf-8", "replace"))
        if known and name.isidentifier():
            found.append(Variable(name, TypeName(known.name, known.pointers, False, marks(type_))))
    return tuple(found)
