"""Texts of the page: prose with code in it, and the names that lines and comments are linked by."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator

from markupsafe import Markup, escape

from reviewbot.publishers import clean

_CODE = re.compile(r"`([^`]+)`|([*&]?\b[A-Za-z_]\w*(?:(?:->|\.)\w+|\[\w*\])*(?:\(\))?)", re.ASCII)
"""What may be code in a sentence: what stands between backquotes, and whatever C could call something."""
_SHORT = 32
"""Characters of code that are not to be broken over two lines."""
_WHOLE, _BROKEN, _END = Markup('<code class="whole">'), Markup("<code>"), Markup("</code>")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


def prose(text: str) -> Markup:
    """Clean text on one line, escaped, with what of it is code in `code` elements."""
    said = clean.line(text)
    if not any(sign in said for sign in ("`", "->", "()")):
        return escape(said)
    return Markup().join(_pieces(said))


def _pieces(text: str) -> Iterator[Markup]:
    at = 0
    for found in _CODE.finditer(text):
        if found[2] and "->" not in found[2] and not found[2].endswith("()"):
            continue  # a word
        yield escape(text[at : found.start()])
        code = found[1] or found[2]
        yield from (_WHOLE if len(code) <= _SHORT else _BROKEN, escape(code), _END)
        at = found.end()
    yield escape(text[at:])


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
