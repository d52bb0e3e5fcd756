"""The preprocessor's lines: macros and includes read, conditionals resolved.

A conditional whose branches are whole statements stays, and the parser makes a branch of
it. Otherwise (a branch that opens a block, ends inside an expression, ...) its directives
are blanked: lists keep all branches, all else keeps the first.
"""

import re
from bisect import bisect_right

import msgspec

from reviewbot.syntax.masks import blank
from reviewbot.syntax.model import Macro

_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*(\w*)(?:\\\n|[^\n])*", re.MULTILINE)
_DEFINE = re.compile(rb"[ \t]*#[ \t]*define[ \t]+(\w+)(?:\(([^)]*)\))?(.*)", re.DOTALL)
_INCLUDE = re.compile(rb'[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]')
_NOT_C = rb"[ \t(]+(?:__ASSEMBLY__|__ASSEMBLER__|__cplusplus)[ \t)]*\s*$"
_NEVER = re.compile(rb"[ \t]*#[ \t]*(?:if[ \t]+0\s*$|(?:ifdef|if[ \t]+defined)" + _NOT_C + rb")")
_ALWAYS = re.compile(rb"[ \t]*#[ \t]*(?:ifndef|if[ \t]+![ \t]*defined)" + _NOT_C)
"""What the kernel's C code never sees, or always: assembly in a header shared with it is no C."""
_OPENS = (b"if", b"ifdef", b"ifndef")
_TURNS = (b"elif", b"else", b"elifdef", b"elifndef")
_TAIL = re.compile(rb"^\s*(?:\}|else\b|&&|\|\||[?:+\-|,)=])")
_GLUED = re.compile(rb"(?:\belse|\bdo|\))$")
_DEEPEST = 50
"""Conditionals in one another that are looked at: each level is a walk over all that is in it."""
_CASE = re.compile(rb"(?:\bcase\b[^;:{}]*|\bdefault\s*):$")


class Directives(msgspec.Struct, frozen=True):
    """What the directives of a text say, and the text without those that would not parse."""

    code: bytes
    """Conditionals of whole statements kept."""
    bare: bytes
    """No directive left; the branches of kept conditionals stand one after the other."""
    macros: tuple[Macro, ...]
    includes: tuple[str, ...]
    dropped: tuple[int, ...]
    """Offsets of conditional branches left out."""


class _Group(msgspec.Struct):
    lines: list[tuple[int, int]] = msgspec.field(default_factory=list)
    """Start and end of each directive: #if, #else..., #endif."""
    only: int | None = None
    """The branch that C code of the kernel sees in every configuration, where that is known."""
    is_closed: bool = False

    def branches(self) -> list[tuple[int, int]]:
        return [(one[1], two[0]) for one, two in zip(self.lines, self.lines[1:], strict=False)]


class _Reader:
    """Goes over the directives once; keeps the text as it is being rewritten."""

    def __init__(self, code: bytes, plain: bytes, line_starts: list[int]) -> None:
        self.code, self.bare, self.plain = bytearray(code), bytearray(code), plain
        self.line_starts = line_starts
        self.macros: list[Macro] = []
        self.includes: list[str] = []
        self.groups: list[_Group] = []
        self.open: list[_Group] = []
        self.dropped: list[int] = []

    def read(self, match: re.Match[bytes]) -> None:
        """Take one directive."""
        start, end = match.span()
        word = match.group(1)
        self.bare[start:end] = blank(match.group())
        if word in _OPENS:
            self.open.append(_Group([(start, end)], _only_branch(match.group())))
            self.groups.append(self.open[-1])
        elif word in _TURNS and self.open:
            self.open[-1].lines.append((start, end))
        elif word == b"endif" and self.open:
            self._close(start, end)
        else:
            self._single(word, start, end)

    def _close(self, start: int, end: int) -> None:
        is_shallow = len(self.open) <= _DEEPEST
        group = self.open.pop()
        group.lines.append((start, end))
        group.is_closed = is_shallow
        if not is_shallow:
            self._open_up(group)

    def _open_up(self, group: _Group) -> None:
        for start, end in group.lines:
            self._wipe(start, end)

    def _single(self, word: bytes, start: int, end: int) -> None:
        text = self.plain[start:end]
        self._wipe(start, end)
        if word == b"include" and (found := _INCLUDE.match(text)):
            self.includes.append(found.group(1).decode("utf-8", "replace"))
        elif word == b"define" and (macro := _DEFINE.match(text)) and macro.group(2) is not None:
            self.macros.append(self._macro(macro, start))

    def _macro(self, match: re.Match[bytes], start: int) -> Macro:
        name, parameters, body = (part.decode("utf-8", "replace") for part in match.groups())
        names = tuple(name.strip() for name in parameters.replace("\\\n", " ").split(",") if name.strip())
        return Macro(
            name, names, " ".join(body.replace("\\\n", " ").split()), bisect_right(self.line_starts, start)
        )

    def _wipe(self, start: int, end: int) -> None:
        space = blank(bytes(self.code[start:end]))
        self.code[start:end] = space
        self.bare[start:end] = space

    def resolve(self) -> None:
        """Decide for each conditional, the outermost first."""
        for group in self.open:
            self._open_up(group)
        for group in self.groups:
            if group.is_closed and not self.code[group.lines[0][0] : group.lines[0][1]].isspace():
                self._settle(group)

    def _settle(self, group: _Group) -> None:
        if group.only is not None:
            self._keep(group, group.only)
        elif self._is_list(group):
            self._open_up(group)
        elif not self._is_whole(group):
            self._keep(group, 0)

    def _keep(self, group: _Group, index: int) -> None:
        self._open_up(group)
        for position, (start, end) in enumerate(group.branches()):
            if position != index:
                if group.only is None and self.bare[start:end].strip():
                    self.dropped.append(start)
                self._wipe(start, end)

    def _is_list(self, group: _Group) -> bool:
        before = self._before(group)
        texts = [text for text in self._texts(group) if text]
        return before[-1:] in (b",", b"{", b"(") and bool(texts) and all(t.endswith(b",") for t in texts)

    def _is_whole(self, group: _Group) -> bool:
        before = self._before(group)
        if _GLUED.search(before) or (before.endswith(b":") and not _CASE.search(before)):
            return not any(self._texts(group))
        return all(_is_statements(text) for text in self._texts(group))

    def _texts(self, group: _Group) -> list[bytes]:
        return [bytes(self.bare[start:end]).strip() for start, end in group.branches()]

    def _before(self, group: _Group) -> bytes:
        start = group.lines[0][0]
        return bytes(self.bare[max(0, start - 4000) : start]).rstrip()[-80:]


def _only_branch(condition: bytes) -> int | None:
    if _NEVER.match(condition):
        return 1
    return 0 if _ALWAYS.match(condition) else None


def _is_statements(text: bytes) -> bool:
    if not text:
        return True
    return (
        (text[-1:] in b";}" or _CASE.search(text[-80:]) is not None)
        and text.count(b"{") == text.count(b"}")
        and text.count(b"(") == text.count(b")")
        and not _TAIL.match(text)
    )


def read_directives(code: bytes, plain: bytes, line_starts: list[int]) -> Directives:
    """Read and resolve the directives of masked `code`; `plain` has the strings still in it."""
    reader = _Reader(code, plain, line_starts)
    for match in _DIRECTIVE.finditer(code):
        reader.read(match)
    reader.resolve()
    return Directives(
        bytes(reader.code),
        bytes(reader.bare),
        tuple(reader.macros),
        tuple(reader.includes),
        tuple(sorted(reader.dropped)),
    )
