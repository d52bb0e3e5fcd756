"""The words of a litmus test or a .def file, and where they stand."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from reviewbot.errors import LitmusError

MAX_SIZE = 1_000_000
"""Characters; what is longer is no litmus test."""
_SHOWN = 40


class Kind(Enum):
    """What sort of word it is."""

    NAME = auto()
    NUMBER = auto()
    STRING = auto()
    MARK = auto()
    END = auto()


class Token(NamedTuple):
    """A word, and the offset of its first character."""

    kind: Kind
    text: str
    start: int


_BLANK = r"(?:\s|//[^\n]*|/\*.*?\*/)"
_WORDS = r"""
    (?P<NAME>[A-Za-z_]\w*)
  | (?P<NUMBER>0[xX][0-9a-fA-F]+|[0-9]+)
  | (?P<STRING>"[^"\n]*")
  | (?P<MARK>/\\|\\/|&~|&&|\|\||[=!<>]=|=>|<<|>>|->|\+\+|--|[-+*/&|^~!<>=(){}\[\],;:.?%@$\#'\\])
"""
_WORD = re.compile(_WORDS, re.VERBOSE)
_CODE_BLANK = re.compile(rf"{_BLANK}+", re.DOTALL)
_COMMENT_EDGE = re.compile(r"\(\*|\*\)")


class Scanner:
    """Hands out the words of a text one by one.

    In code ``(*`` begins an expression, elsewhere a comment: ``is_code`` says which it is. Comments outside
    code are kept in ``comments``.

    Raises:
        LitmusError: naming file, line and column of what cannot be read.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.comments: list[str] = []
        self._is_code = False
        self._at = 0
        if len(text) > MAX_SIZE:
            raise LitmusError(f"{file}: longer than {MAX_SIZE} characters; this is no litmus test")
        self._token = self._scan()

    @property
    def token(self) -> Token:
        """The word we are at."""
        return self._token

    @property
    def is_code(self) -> bool:
        """Whether ``(*`` is code."""
        return self._is_code

    @is_code.setter
    def is_code(self, value: bool) -> None:
        if value != self._is_code:
            self._is_code = value
            self._at = self._token.start
            self._token = self._scan()

    def at(self, *texts: str) -> bool:
        """Whether we are at one of these words."""
        return self._token.text in texts and self._token.kind is not Kind.STRING

    def at_kind(self, kind: Kind) -> bool:
        """Whether the word we are at is of this sort."""
        return self._token.kind is kind

    def take(self) -> Token:
        """The word we are at; goes on to the next."""
        token = self._token
        self._token = self._scan()
        return token

    def accept(self, text: str) -> bool:
        """Goes on if we are at this word."""
        if self.at(text):
            self.take()
            return True
        return False

    def expect(self, text: str) -> Token:
        """Takes this word, or complains."""
        if not self.at(text):
            raise self.error(f"expected '{text}', not {self.shown()}")
        return self.take()

    def name(self, what: str) -> Token:
        """Takes a name, or complains that there is no `what`."""
        if self._token.kind is not Kind.NAME:
            raise self.error(f"expected {what}, not {self.shown()}")
        return self.take()

    def shown(self) -> str:
        """The word we are at, for a complaint."""
        if self._token.kind is Kind.END:
            return "the end of the file"
        text = self._token.text
        return f"'{text if len(text) <= _SHOWN else text[:_SHOWN] + '...'}'"

    def error(self, message: str, start: int | None = None) -> LitmusError:
        """The complaint, with file, line and column of the word we are at (or of an offset)."""
        line, column = self.position(self._token.start if start is None else start)
        return LitmusError(f"{self.file}:{line}:{column}: {message}")

    def position(self, start: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        before = self.text.rfind("\n", 0, start)
        return self.text.count("\n", 0, start) + 1, start - before

    def line_rest(self) -> str:
        """What stands from the word we are at to the end of its line; goes on behind it."""
        end = self.text.find("\n", self._token.start)
        end = len(self.text) if end < 0 else end
        rest = self.text[self._token.start : end]
        self._at = end
        self._token = self._scan()
        return rest

    def since(self, start: int) -> str:
        """The text from an offset to the end of the word before the one we are at, on one line."""
        text = _CODE_BLANK.sub(" ", self.text[start : self._token.start])
        return text.strip()

    def _scan(self) -> Token:
        self._skip()
        if self._at >= len(self.text):
            return Token(Kind.END, "", len(self.text))
        found = _WORD.match(self.text, self._at)
        if found is None:
            self._token = Token(Kind.MARK, self.text[self._at], self._at)
            raise self.error(f"cannot read {self.text[self._at]!r}")
        start, self._at = self._at, found.end()
        return Token(Kind[found.lastgroup or "MARK"], found[0], start)

    def _skip(self) -> None:
        while True:
            if found := _CODE_BLANK.match(self.text, self._at):
                self._at = found.end()
            if self._is_code or not self.text.startswith("(*", self._at):
                return
            self._at = self._comment_end(self._at)

    def _comment_end(self, start: int) -> int:
        """The end of a comment that begins at an offset; they nest."""
        depth = 0
        for found in _COMMENT_EDGE.finditer(self.text, start):
            depth += 1 if found[0] == "(*" else -1
            if depth == 0:
                self.comments.append(self.text[start + 2 : found.start()])
                return found.end()
        raise self.error("this comment has no end", start)
