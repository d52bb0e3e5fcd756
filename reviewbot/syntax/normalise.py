"""Length-preserving rewriting of what C's grammar does not know, before parsing.

Every byte offset and every line stays true; the words themselves are read from the
original text, so a rewritten word only has to have the right shape for the grammar.
"""

import re
from bisect import bisect_right
from functools import cached_property

import msgspec

from reviewbot.syntax.annotations import NESTED, without_annotations
from reviewbot.syntax.directives import Directives, read_directives
from reviewbot.syntax.masks import Masked, blank, mask

LOOP = re.compile(r"for_each|foreach|_each_|^(?:FOR|for)_|_for_|_FOR_|_loop$|^while_")
"""What names a loop among the macros that are followed by a block."""

_TYPEOF = re.compile(rb"(?<!\w)(?:__)?typeof(?:_unqual|__)?(?:__)?\s*" + NESTED)
_ASM = re.compile(rb"(?<!\w)(?:asm|__asm__|__asm)(?:_inline|_volatile_goto|_goto_output)?(?!\w)[\w\s]*(\()")
_TYPE_WORD = (
    rb"(?:struct|union|enum|unsigned|signed|const|volatile|int|long|short|char|void|bool|float|double|_Bool)"
)
_TYPE_ARGUMENT = re.compile(
    rb"(?<=[(,])(\s*)((?:"
    + _TYPE_WORD
    + rb"\b[\w\s]*(?:\*[\s*]*(?:const)?)?)|(?:\w+[ \t]*\*+(?:[ \t]*\*+)*))(?=\s*[,)])"
)
_KEYWORDS = frozenset(
    (b"if while for switch return sizeof typeof __typeof__ _Alignof __alignof__ alignof else do").split()
)
_CALLEE = re.compile(rb"(\w+)\s*$")
_BLOCK_MACRO = re.compile(rb"(?<![\w.>#])([A-Za-z_]\w+)(?=\s*\()")
_EACH = re.compile(
    rb"(?<![\w.>#])((?:\w*for_each\w*|\w+_foreach\w*|scoped_(?:cond_)?guard|scoped_\w+|for_\w+))(?=\s*\()"
)
_BRACE_AFTER_CALL = re.compile(rb"\)\s*\{")
_STRING_MACROS = re.compile(rb'(?<=[(,\s])([A-Z_]\w*)(?=\s+[A-Z_]\w*\s+")')
_STRING_CALL = re.compile(rb'(?<=")(\s*)([A-Za-z_]\w*\s*' + NESTED + rb')(?=\s*[",)])')
_OFFSETOF = re.compile(rb"(?<!\w)(?:__builtin_)?offsetof(?:end)?\s*" + NESTED)
_CASE_RANGE = re.compile(rb"(?<!\w)(case\b[^;{}:?]*?)\.\.\.")
_EMPTY_ARGUMENT = re.compile(rb"(?<=,)( +)(?=,)")
_LOCAL_LABEL = re.compile(rb"(?<!\w)__label__[^;]*;")
_LABEL_ADDRESS = re.compile(rb"(?<=[=,(\[{])(\s*)&&(?=\s*\w+\s*[,;)}\]])")
_WORD = re.compile(rb"[^\s]")
_OPERATOR_ARGUMENT = re.compile(rb"(?<=,)(\s*)(==|!=|<=|>=|<|>|\+|-|\||&|&&|\|\|)(?=\s*[,)])")


class Source(msgspec.Struct, frozen=True, dict=True):
    """A text as the syntax stage sees it; all variants have the same length."""

    text: bytes
    masked: Masked
    directives: Directives
    line_starts: tuple[int, ...]
    """Offset of the first byte of each line."""
    added: int = 0
    """Bytes in front that completed a fragment; they end with a newline."""
    known: int = 0
    """Where the fragment's own text ends."""

    def line(self, offset: int) -> int:
        """The line of the fragment, from 1, that `offset` is on."""
        if not self.added and 0 <= offset < self.known:
            return bisect_right(self.line_starts, offset)
        own = min(max(offset, self.added), max(self.known - 1, self.added))
        return bisect_right(self.line_starts, own) - (self.added > 0)

    @property
    def plain(self) -> bytes:
        """The text with its comments blanked."""
        return self.masked.plain

    def code(self, start: int, end: int) -> bytes:
        """A part with comments, strings, annotations and directives that do not parse out of the way."""
        return without_annotations(self.directives.code[start:end])

    @cached_property
    def bare(self) -> bytes:
        """The same without any conditional: what the top level is found in."""
        return without_annotations(self.directives.bare)


def read_source(text: bytes, added: int = 0, known: int | None = None) -> Source:
    """Mask, read the directives and find the lines of `text`; see Source for the others."""
    starts = [0]
    starts.extend(found.end() for found in re.finditer(rb"\n", text))
    masked = mask(text)
    directives = read_directives(masked.code, masked.plain, starts)
    return Source(text, masked, directives, tuple(starts), added, len(text) if known is None else known)


def normalise(text: bytes) -> bytes:
    """The text in a form that the grammar takes: same length, same newlines."""
    return rewrite(read_source(text).code(0, len(text)))


def rewrite_declaration(code: bytes) -> bytes:
    """Rewrite what stands outside of functions: typeof()."""
    return _TYPEOF.sub(_word_match, code) if b"typeof" in code else code


def rewrite(code: bytes) -> bytes:
    """Rewrite the macros inside functions: types as arguments, loops, asm, labels."""
    code = rewrite_declaration(code)
    if b"offsetof" in code:
        code = _OFFSETOF.sub(_word_match, code)
    if b"..." in code:
        code = _CASE_RANGE.sub(rb"\1+  ", code)
    if b"asm" in code:
        code = _without_asm(code)
    if b"__label__" in code:
        code = _LOCAL_LABEL.sub(_blank_match, code)
    if b'"' in code:
        code = _STRING_CALL.sub(_blank_match, _STRING_MACROS.sub(_blank_match, code))
    code = _LABEL_ADDRESS.sub(rb"\1& ", code)
    code = _EMPTY_ARGUMENT.sub(_word_match, code)
    code = _OPERATOR_ARGUMENT.sub(_word_after_space, code)
    code = _TYPE_ARGUMENT.sub(_type_argument, code)
    return _loops(code)


def _blank_match(match: re.Match[bytes]) -> bytes:
    return blank(match.group())


def _word_match(match: re.Match[bytes]) -> bytes:
    return _as_word(match.group())


def _as_word(text: bytes) -> bytes:
    """One identifier in the place of `text`; cut at the first newline, the rest blank."""
    head, newline, rest = text.partition(b"\n")
    return b"_" * len(head) + newline + blank(rest)


def _word_after_space(match: re.Match[bytes]) -> bytes:
    return match.group(1) + b"_" * len(match.group(2))


def _type_argument(match: re.Match[bytes]) -> bytes:
    before = match.string[max(0, match.start() - 60) : match.start()]
    if before.endswith(b"("):
        callee = _CALLEE.search(before[:-1])
        if not callee or callee.group(1) in _KEYWORDS:
            return match.group()
    return match.group(1) + _as_word(match.group(2))


def _without_asm(code: bytes) -> bytes:
    out = bytearray(code)
    for match in _ASM.finditer(code):
        open_ = match.start(1)
        close = _closing(code, open_)
        if close < 0:
            continue
        out[match.start() : open_] = (
            b"_asm".ljust(4) if open_ - match.start() == 4 else _asm_word(match, open_)
        )
        out[open_ + 1 : close] = blank(code[open_ + 1 : close])
    return bytes(out)


def _asm_word(match: re.Match[bytes], open_: int) -> bytes:
    text = match.string[match.start() : open_]
    return b"_as" + blank(text[3:])


def _closing(code: bytes, open_: int) -> int:
    """Offset of the parenthesis that closes the one at `open_`; -1 where none does within 8 kB."""
    depth = 0
    for match in re.compile(rb"[()]").finditer(code, open_, open_ + 8192):
        depth += 1 if match.group() == b"(" else -1
        if depth == 0:
            return match.start()
    return -1


def _loops(code: bytes) -> bytes:
    out = bytearray(code)
    has_each = b"for_" in code or b"_foreach" in code or b"scoped_" in code
    starts = {found.start(1): found.end(1) for found in (_EACH.finditer(code) if has_each else ())}
    starts.update(_before_blocks(code))
    for start, end in starts.items():
        if code[start:end] not in _KEYWORDS and _heads_statement(code, start, end):
            out[start:end] = b"while".ljust(end - start) if end - start >= 5 else b"if".ljust(end - start)
    return bytes(out)


def _before_blocks(code: bytes) -> dict[int, int]:
    """Names whose parentheses are followed by a brace: `name(...) {`."""
    found: dict[int, int] = {}
    parens: list[int] = []
    opened: dict[int, int] = {}
    wanted = {match.start() for match in _BRACE_AFTER_CALL.finditer(code)}
    if not wanted:
        return found
    for match in re.compile(rb"[()]").finditer(code):
        if match.group() == b"(":
            parens.append(match.start())
        elif parens:
            opened[match.start()] = parens.pop()
    for close in wanted & opened.keys():
        name = _CALLEE.search(code, max(0, opened[close] - 80), opened[close])
        if name:
            found[name.start(1)] = name.end(1)
    return found


def _heads_statement(code: bytes, start: int, end: int) -> bool:
    before = code[max(0, start - 400) : start].rstrip()
    if before and before[-1:] not in b";{}):" and not before.endswith((b"else", b"do")):
        return False
    open_ = code.find(b"(", end)
    close = _closing(code, open_)
    after = _WORD.search(code, close + 1) if close > 0 else None
    return after is not None and (
        after.group() == b"{" or after.group().isalpha() or after.group() in b"_*(+-#"
    )
