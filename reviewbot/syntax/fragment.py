"""Pieces of files, as hunks show them, made whole so that their own lines parse.

A heading from the hunk's section goes in front, and what is left open is closed behind.
Both stand on lines of their own, so that the lines of the piece keep their numbers.
"""

import re

import msgspec

from reviewbot.series.view import Fragment
from reviewbot.syntax.masks import mask, opens_in_comment
from reviewbot.syntax.normalise import Source, read_source

UNSEEN = b"__unseen__"
"""Stands for code that is out of view; the lowering knows it."""

_TOKEN = re.compile(rb"[{}()]")
_FIRST_LINE = re.compile(rb"^[^\n]*\S[^\n]*", re.MULTILINE)
_LABEL = re.compile(rb"\w+\s*:(?!:)")
_TYPE = re.compile(rb"(?:typedef\s+|static\s+|const\s+)*(?:struct|union|enum)(?:\s+\w+)?\s*\{?\s*$")
_CONTINUES = re.compile(rb"\s*(?:&&|\|\||[|+?=<>,/%^)]|-(?!-)|\.(?!\w+\s*=)|!=)")
_HANGS = re.compile(rb"(?:&&|\|\||[-+*/%&|^=<>?!~,(.]|->|\breturn)$")
_SIGNATURE_END = re.compile(rb"\)[^;{}()=]*\n\{")


class _Brackets(msgspec.Struct):
    """What a piece closes without opening, and opens without closing; offsets of each."""

    closed: list[int]
    opened: list[int]


def complete(fragment: Fragment) -> Source:
    """The source of a fragment of an incomplete file, with what it lacks added."""
    text = fragment.text
    before = b"/*" if opens_in_comment(text) else b""
    if not before and text.split(b"\n", 1)[0].rstrip().endswith(b"\\"):
        before = b"#define __unseen__ \\"
    shift = len(before) + 1 if before else 0
    looked = before + b"\n" + text if before else text
    bare = read_source(looked).bare[shift:]
    heading = _heading(bare, (fragment.section or "").encode("utf-8", "replace"))
    prefix = heading + (b"\n" + before if heading and before.startswith(b"#") else before)
    added = prefix + b"\n" if prefix else b""
    if added.count(b"\n") > 1:
        added = added.replace(b"\n", b" ", added.count(b"\n") - 1) if b"#" not in added else added
    ending = _ending(heading + b"\n" + bare, mask(looked).comments, looked)
    return read_source(added + text + b"\n" + ending, len(added), len(added) + len(text))


def _heading(bare: bytes, section: bytes) -> bytes:
    brackets = _brackets(bare)
    first = _FIRST_LINE.search(bare)
    if first is None or not _starts_inside(first.group(), brackets):
        return b""
    closed = _until_function_end(bare, brackets.closed)
    if _is_signature_rest(bare, closed) and section.count(b"(") > section.count(b")"):
        return section
    opener, is_code = _opener(section)
    if first.group().startswith(b"{"):
        return opener[: opener.rindex(b"{")]
    blocks = [_block(bare, at, is_code) for at in reversed(closed) if not _is_in_column_0(bare, at)]
    operand = UNSEEN if is_code and _CONTINUES.match(bare) else b""
    return b" ".join([opener, *blocks, operand]).rstrip()


def _starts_inside(first: bytes, brackets: _Brackets) -> bool:
    if first[:1].isspace() or first[:1] in b"{}":
        return True
    if _LABEL.match(first) and not first.startswith(b"default"):
        return True
    return first[:1] == b")" and bool(brackets.closed)


def _brackets(bare: bytes) -> _Brackets:
    closed: list[int] = []
    opened: list[int] = []
    for token in _TOKEN.finditer(bare):
        at, char = token.start(), token.group()
        if char in b"{(":
            opened.append(at)
        elif char == b")":
            if opened and bare[opened[-1]] == ord("("):
                opened.pop()
            elif not opened:
                closed.append(at)
        else:
            while opened and bare[opened[-1]] == ord("("):
                opened.pop()
            if opened:
                opened.pop()
            else:
                closed.append(at)
            if _is_in_column_0(bare, at):
                opened.clear()
    return _Brackets(closed, opened)


def _until_function_end(bare: bytes, closed: list[int]) -> list[int]:
    for index, at in enumerate(closed):
        if bare[at] == ord("}") and _is_in_column_0(bare, at):
            return closed[: index + 1]
    return closed


def _is_in_column_0(bare: bytes, at: int) -> bool:
    return at == 0 or bare[at - 1] == ord("\n")


def _is_signature_rest(bare: bytes, closed: list[int]) -> bool:
    """The piece starts within the parameters of a function."""
    return bool(closed) and bare[closed[0]] == ord(")") and _SIGNATURE_END.match(bare, closed[0]) is not None


def _opener(section: bytes) -> tuple[bytes, bool]:
    """The heading up to its brace, and whether code follows it."""
    section = mask(section).plain.strip()
    if _TYPE.match(section):
        return section.removesuffix(b"{") + b" {", False
    if section.endswith((b"=", b"= {", b"={")):
        return section.removesuffix(b"{") + b" {", False
    if b"(" not in section or _LABEL.match(section):
        return b"void " + UNSEEN + b"(void) {", True
    section = section.removesuffix(b"{").rstrip()
    missing = section.count(b"(") - section.count(b")")
    if missing > 0:
        head, comma, tail = section.rpartition(b",")
        if len(tail.strip()) < 3 or len(section) >= 78:
            section = head if comma else section[: section.index(b"(") + 1]
            missing = section.count(b"(") - section.count(b")")
        section += b")" * missing
    return section + b" {", True


def _block(bare: bytes, at: int, is_code: bool) -> bytes:
    """What opens the bracket that is closed at `at`."""
    after = bare[at + 1 : at + 80].lstrip()
    if bare[at] == ord(")"):
        return b"if (" if after.startswith(b"{") else UNSEEN + b"("
    if not is_code:
        return b"struct {" if after[:1].isalpha() or after[:1] == b";" else b"{"
    return b"do {" if after.startswith(b"while") else b"if (" + UNSEEN + b") {"


def _ending(whole: bytes, comments: tuple[tuple[int, int], ...], text: bytes) -> bytes:
    """What closes the piece; `whole` is its masked text with the heading."""
    parts = []
    if (
        comments
        and comments[-1][1] == len(text)
        and not text.endswith(b"*/")
        and text[comments[-1][0] + 1 :][:1] == b"*"
    ):
        parts.append(b"*/")
    opened = _brackets(whole).opened
    tail = whole.rstrip()
    if opened and _HANGS.search(tail[-12:]) and not tail.endswith((b"++", b"--")):
        in_signature = all(whole[at] == ord("(") for at in opened)
        parts.append(b"int " + UNSEEN if in_signature else UNSEEN)
    for at in reversed(opened):
        parts.append(_closer(whole, at))
    return b" ".join([*parts, b";"]) if opened or tail[-1:] not in (b"}", b";", b"") else b" ".join(parts)


def _closer(whole: bytes, at: int) -> bytes:
    if whole[at] == ord("("):
        return b")"
    before = whole[max(0, at - 40) : at].rstrip()
    if before.endswith((b"=", b",", b"{")):
        return b"}"
    return b"; } while (" + UNSEEN + b");" if before.endswith(b"do") else b"; }"
