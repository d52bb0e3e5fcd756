"""Texts of the page: prose with code in it, and the names that lines and comments are linked by."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from reviewbot.publishers import clean

_CODE = re.compile(r"`([^`]+)`|([*&]?\b[A-Za-z_]\w*(?:(?:->|\.)\w+|\[\w*\])*(?:\(\))?)", re.ASCII)
"""What may be code in a sentence: what stands between backquotes, and whatever C could call something."""
_SHORT = 32
"""Characters of code that are not to be broken over two lines."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


class Piece(NamedTuple):
    """A part of a sentence."""

    text: str
    is_code: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is to stand on one line."""
        return len(self.text) <= _SHORT


Prose = tuple[Piece, ...]


def prose(text: str) -> Prose:
    """Clean text on one line, and which parts of it are code."""
    said = clean.line(text)
    if not any(sign in said for sign in ("`", "->", "()")):
        return (Piece(said),) if said else ()
    return tuple(_pieces(said))


def _pieces(text: str) -> Iterator[Piece]:
    at = 0
    for found in _CODE.finditer(text):
        if found[2] and "->" not in found[2] and not found[2].endswith("()"):
            continue  # a word
        if found.start() > at:
            yield Piece(text[at : found.start()])
        yield Piece(found[1] or found[2], is_code=True)
        at = found.end()
    if text[at:]:
        yield Piece(text[at:])


class Names:
    """Gives out ids of elements, each once: the second `abc` is `abc-2`."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def new(self, wanted: str) -> str:
        """An id that is `wanted`, or as near to it as can be."""
        if not _PLAIN.fullmatch(wanted):
            wanted = hashlib.sha256(wanted.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self._given[wanted] += 1
        count = self._given[wanted]
        return wanted if count == 1 else self.new(f"{wanted}-{count}")
