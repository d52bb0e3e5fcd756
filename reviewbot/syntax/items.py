"""What stands at the top level of a file: where each function, type and declaration lies.

Found by counting braces, without a parse: a table or macro that the grammar cannot take
then spoils nothing but itself, and only what is asked for is parsed.
"""

import re
from enum import Enum

import msgspec


class Shape(Enum):
    """What an item looks like."""

    FUNCTION = "function"
    TYPE = "type"
    """struct, union or enum with a body; a typedef of one."""
    INITIALISED = "initialised"
    """A variable with a braced initialiser."""
    DECLARATION = "declaration"
    """Anything else up to its semicolon: a prototype, a variable, a macro."""


class Item(msgspec.Struct, frozen=True):
    """One item; `opening` is its brace, or `end` where there is none."""

    shape: Shape
    start: int
    opening: int
    end: int
    is_closed: bool = True
    """False where the braces did not match, and the end is a guess."""


_TOKEN = re.compile(rb"[{}();=]")
_BRACE = re.compile(rb"[{}]")
_INVOCATION = re.compile(rb"\s*[A-Za-z_]\w*\s*\Z")
_NEXT_LINE = re.compile(rb"[ \t]*\n\s*?(?=^[A-Za-z_])", re.MULTILINE)
_TYPE_HEAD = re.compile(rb"(?:^|\s)(?:struct|union|enum)\b")
_LINKAGE = re.compile(rb'extern\s+"[^"]*"\s*\Z')
_DESIGNATED = re.compile(rb"\{\s*\.\w+\s*=")
_WORD = re.compile(rb"\S")


def items(bare: bytes) -> tuple[Item, ...]:
    """The items of masked text without directives, in order."""
    return tuple(_Scanner(bare).scan())


class _Scanner:
    def __init__(self, bare: bytes) -> None:
        self.bare = bare
        self.found: list[Item] = []
        self.start = 0
        self.begin(0)

    def begin(self, at: int) -> int:
        """Start the next item at the first word from `at`; returns `at`."""
        word = _WORD.search(self.bare, at)
        self.start = word.start() if word else len(self.bare)
        self.depth = 0
        self.open_paren = -1
        self.assigned = False
        return at

    def scan(self) -> list[Item]:
        at = 0
        while token := _TOKEN.search(self.bare, at):
            at = self._step(token.group(), token.start())
        return self.found

    def _step(self, token: bytes, at: int) -> int:
        if token == b"(":
            if self.depth == 0 and self.open_paren < 0:
                self.open_paren = at
            self.depth += 1
        elif token == b")":
            self.depth = max(0, self.depth - 1)
            if self.depth == 0 and self._is_line_macro(at):
                return self._close(Shape.DECLARATION, at + 1, at + 1)
        elif token == b"{":
            return self._brace(at)
        elif self.depth == 0:
            if token == b";":
                return self._close(Shape.DECLARATION, at + 1, at + 1)
            if token == b"}":
                return self.begin(at + 1)
            self.assigned = True
        return at + 1

    def _is_line_macro(self, close: int) -> bool:
        """`DEFINE_THING(x)` alone, with no semicolon and the next item in column 0."""
        return (
            _INVOCATION.match(self.bare, self.start, self.open_paren) is not None
            and _NEXT_LINE.match(self.bare, close + 1) is not None
        )

    def _close(self, shape: Shape, opening: int, end: int, is_closed: bool = True) -> int:
        if self.start < end:
            self.found.append(Item(shape, self.start, opening, end, is_closed))
        return self.begin(end)

    def _brace(self, at: int) -> int:
        if self.depth and self.bare[at - 1 : at] != b"\n":
            end = self._matching(at)
            return end if end > 0 else at + 1
        head = self.bare[self.start : at]
        if _LINKAGE.search(head):
            return self.begin(at + 1)
        end, is_closed = self._matching(at), True
        if end < 0:
            end, is_closed = self._guessed(at), False
        if self.assigned or _DESIGNATED.match(self.bare, at):
            return self._close(Shape.INITIALISED, at, self._semicolon(end), is_closed)
        if self.open_paren >= 0 or not _TYPE_HEAD.search(head):
            return self._close(Shape.FUNCTION, at, end, is_closed)
        return self._after_type(at, end, is_closed)

    def _after_type(self, at: int, end: int, is_closed: bool) -> int:
        stop = self._semicolon(end)
        equals = self.bare.find(b"=", end, stop)
        shape = Shape.TYPE
        if equals >= 0 and (second := self.bare.find(b"{", equals)) >= 0:
            stop = self._semicolon(max(self._matching(second), end))
        return self._close(shape, at, stop, is_closed)

    def _semicolon(self, end: int) -> int:
        """Past the semicolon that ends a declaration whose brace closed at `end`."""
        depth = 0
        for token in _TOKEN.finditer(self.bare, end):
            match token.group():
                case b"(":
                    depth += 1
                case b")":
                    depth -= 1
                case b";" if depth <= 0:
                    return token.end()
                case b"{":
                    break
                case _:
                    pass
        return end

    def _matching(self, at: int) -> int:
        """Past the brace that closes the one at `at`; -1 where none does."""
        depth = 0
        for brace in _BRACE.finditer(self.bare, at):
            depth += 1 if brace.group() == b"{" else -1
            if depth == 0:
                return brace.end()
        return -1

    def _guessed(self, at: int) -> int:
        """Past the next brace in column 0, as the kernel's style closes an item."""
        end = self.bare.find(b"\n}", at)
        return end + 2 if end >= 0 else len(self.bare)
