r"""Hostile text made safe to show.

Names, subjects, paths and code come from strangers. Whatever would move the cursor, end a
header, turn the reading direction or stay invisible is replaced by its escape (`\x1b`,
`\u202e`), so that the reader sees that it was there. A byte that was not UTF-8 shows as
`\xe9` too.
"""

import re
import unicodedata

TAB_WIDTH = 8

_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_JOINERS = "\u200c\u200d"
"""Invisible, but names in several scripts cannot be written without them."""

_BLANKS = re.compile(r"[ \t\r\n\v\f]+")


def line(text: str) -> str:
    """Prose or a name on one line: runs of white space become one blank."""
    return _visible(_BLANKS.sub(" ", text).strip(), "")


def code(text: str) -> str:
    """A line of code or diff: tabs and blanks stay as they are, line ends show as escapes."""
    return _visible(text, "\t")


def untabbed(text: str) -> str:
    """A line of code for columns: as `code`, with its tabs expanded."""
    return code(text.expandtabs(TAB_WIDTH))


def block(text: str) -> str:
    """Several lines: line ends and tabs stay, CRLF becomes LF."""
    return _visible(text.replace("\r\n", "\n"), "\t\n")


def unicode(text: str) -> str:
    """Text for formats that escape control characters by themselves; only surrogates go."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(_escape(char) if 0xD800 <= ord(char) <= 0xDFFF else char for char in text)
    return text


def clip(text: str, width: int) -> str:
    """Text of at most `width` characters, the cut marked with three dots."""
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."


def _visible(text: str, kept: str) -> str:
    bare = text
    for char in kept:
        bare = bare.replace(char, "")
    if bare.isprintable():
        return text
    return "".join(char if char in kept or _is_safe(char) else _escape(char) for char in text)


def _is_safe(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in _UNSAFE


def _escape(char: str) -> str:
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:
        # surrogateescape: the byte that could not be decoded
        number -= 0xDC00
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
