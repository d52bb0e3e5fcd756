"""Struct and union declarations, nested members flattened as the kernel's code names them."""

import re

import msgspec

from reviewbot.syntax.comments import Comments
from reviewbot.syntax.items import Item
from reviewbot.syntax.model import Comment, Member, Struct, TypeName
from reviewbot.syntax.normalise import Source, rewrite_declaration
from reviewbot.syntax.parse import Node, parse
from reviewbot.syntax.types import Words, declared

_HEAD = re.compile(rb"(?:^|\s)(struct|union)\s+(\w+)\s*\Z|^\s*typedef\s+(?:struct|union)\s*\w*\s*\Z")
_TYPEDEF = re.compile(rb"\}\s*(\w+)\s*;\s*\Z")
_ARRAY_MACRO = re.compile(rb"(?<!\w)(DECLARE_BITMAP|DECLARE_HASHTABLE)\(\s*(\w+)\s*,([^;]*)\)(?=\s*;)")
_FLEX = re.compile(rb"(?<!\w)(DECLARE_FLEX_ARRAY\()([^,()]*)(,)([^()]*)(\))")
_GROUP = re.compile(rb"(?<!\w)(?:__)?struct_group(?:_attr|_tagged)?\(")
_UNIONS = ("struct_specifier", "union_specifier")
_DEEPEST = 40


class Where(msgspec.Struct, frozen=True):
    """Where a struct was found, and the comments of its fragment."""

    path: str
    fragment: int
    comments: Comments
    is_whole: bool


class _Context(msgspec.Struct, frozen=True):
    words: Words
    source: Source
    shift: int
    comments: Comments

    def line(self, node: Node) -> int:
        return self.source.line(node.start + self.shift)


def tag_of(item: Item, source: Source) -> str | None:
    """The tag of the struct or union that `item` declares; the typedef's name where it has none."""
    found = _HEAD.search(source.bare[item.start : item.opening])
    if not found:
        return None
    if found.group(2):
        return found.group(2).decode("latin-1")
    named = _TYPEDEF.search(source.bare[item.opening : item.end])
    return named.group(1).decode("latin-1") if named else None


def read_structs(item: Item, source: Source, where: Where) -> tuple[Struct, ...]:
    """The struct of an item, then the nested ones that have no tag of their own."""
    tag = tag_of(item, source)
    if tag is None:
        return ()
    plain = _members_normalised(source.plain[item.start : item.end])

    def words(node: Node) -> str:
        return " ".join(plain[node.start : node.end].decode("utf-8", "replace").split())

    root = parse(_members_normalised(rewrite_declaration(source.code(item.start, item.end))))
    outer = next((node for node in root.walk() if node.kind in _UNIONS and node.child("body")), None)
    if outer is None:
        return (Struct(tag, (), where.path, source.line(item.start), where.fragment, False),)
    context = _Context(words, source, item.start, where.comments)
    is_clean = not any(node.kind == "ERROR" for node in outer.walk())
    nested: list[tuple[str, Node]] = [(tag, outer)]
    found = []
    while nested:
        name, node = nested.pop(0)
        members = tuple(_members(node, context, name, nested, 0))
        is_whole = where.is_whole and is_clean
        found.append(Struct(name, members, where.path, context.line(node), where.fragment, is_whole))
    return tuple(found)


def _members(
    node: Node, context: _Context, tag: str, nested: list[tuple[str, Node]], depth: int
) -> list[Member]:
    found: list[Member] = []
    inside = node.child("body") or node
    for child in inside.children:
        if child.kind == "field_declaration":
            found.extend(_field(child, context, tag, nested, depth))
        elif child.kind.startswith("preproc_") or child.kind == "ERROR":
            found.extend(_members(child, context, tag, nested, depth + 1) if depth < _DEEPEST else ())
    return found


def _field(
    node: Node, context: _Context, tag: str, nested: list[tuple[str, Node]], depth: int
) -> list[Member]:
    type_ = node.child("type")
    names = declared(node, context.words)
    has_body = type_ is not None and type_.kind in _UNIONS and type_.child("body") is not None
    if type_ is not None and has_body and not names:
        return _members(type_, context, tag, nested, depth + 1) if depth < _DEEPEST else []
    if type_ is not None and has_body:
        own = type_.child("name")
        inner = context.words(own) if own else f"{tag}.{names[0].name}"
        nested.append((inner, type_))
        word = type_.kind.removesuffix("_specifier")
        return [
            _member(one.name, _retyped(one.type, f"{word} {inner}"), one.node, node, context) for one in names
        ]
    return [_member(one.name, one.type, one.node, node, context) for one in names]


def _retyped(type_: TypeName, name: str) -> TypeName:
    return TypeName(name, type_.pointers, type_.array, type_.annotations)


def _member(name: str, type_: TypeName, at: Node, node: Node, context: _Context) -> Member:
    line = context.line(at)
    return Member(name, type_, line, _bits(at, node, context), _comment(context, context.line(node), line))


def _bits(at: Node, node: Node, context: _Context) -> int | None:
    """The width behind the declarator `at` of the field declaration `node`."""
    behind = next((child for child in node.children if child.start >= at.end), None)
    is_width = behind is not None and behind.kind == "bitfield_clause"
    text = context.words(behind).removeprefix(":").strip() if behind is not None and is_width else ""
    return int(text) if text.isdigit() else None


def _comment(context: _Context, first: int, line: int) -> str:
    """Behind the member, or directly above it and not behind another."""
    behind = context.comments.get(line)
    if behind is not None and behind.first_line >= first:
        return behind.text
    following = next((c for c in (context.comments.get(at) for at in range(line, line + 6)) if c), None)
    if following is not None and following.first_line == line:
        return following.text
    above = context.comments.get(first - 1)
    if above is not None and _stands_alone(context, above):
        return above.text
    return ""


def _stands_alone(context: _Context, comment: Comment) -> bool:
    source = context.source
    index = comment.first_line - 1 + (source.added > 0)
    start = source.line_starts[index]
    end = source.line_starts[index + 1] if index + 1 < len(source.line_starts) else len(source.plain)
    return not source.plain[start:end].strip()


def _members_normalised(code: bytes) -> bytes:
    """Member macros as the declarations that they stand for, at the same length."""
    if b"DECLARE_" in code:
        code = _ARRAY_MACRO.sub(_array, code)
        code = _FLEX.sub(_flexible, code)
    return _ungrouped(code) if b"struct_group" in code else code


def _array(match: re.Match[bytes]) -> bytes:
    text = match.group()
    name_at, comma = match.start(2) - match.start(), match.start(3) - 1 - match.start()
    type_ = b"unsigned long" if match.group(1) == b"DECLARE_BITMAP" else b"struct hlist_head"
    return type_.ljust(name_at) + text[name_at:comma] + b"[" + text[comma + 1 : -1] + b"]"


def _flexible(match: re.Match[bytes]) -> bytes:
    macro, type_, comma, name, close = match.groups()
    return b" " * len(macro) + type_ + b"*" * len(comma) + name + b" " * len(close)


def _ungrouped(code: bytes) -> bytes:
    out = bytearray(code)
    for match in _GROUP.finditer(code):
        depth, at = 1, match.end()
        while at < len(code) and depth:
            depth += (code[at] == ord("(")) - (code[at] == ord(")"))
            at += 1
        commas = (
            1
            + (b"_tagged" in match.group())
            + (b"_attr" in match.group())
            + 2 * match.group().startswith(b"__")
        )
        start = match.start()
        cut = match.end()
        for _ in range(commas):
            cut = max(cut, code.find(b",", cut) + 1)
        out[start:cut] = re.sub(rb"[^\n]", b" ", code[start:cut])
        out[at - 1 : at] = b" "
    return bytes(out)
