"""Comments and strings taken out of the way, without changing a text's length."""

import re

import msgspec

_TOKEN = re.compile(
    rb"/\*.*?(?:\*/|\Z)"
    rb"|//(?:[^\n\\]|\\.)*"
    rb'|"(?:[^"\\\n]|\\.)*"'
    rb"|'(?:[^'\\\n]|\\[^\n])+'"
    rb"|\\[\"']",
    re.DOTALL,
)
"""No two branches of a repeated group match the same byte, and an escaped quote outside of a
string opens none: else a quote that nothing closes costs exponential or quadratic time."""
_BLANKED = bytes(byte if byte == 10 else 32 for byte in range(256))
_INSIDE = re.compile(rb"[^\n\\]|\\(?!\n)")
_MARKS = re.compile(rb"^\s*/\*+|\*+/\s*$|^[ \t]*\*+(?=\s|$)|^\s*//+", re.MULTILINE)

_MIDDLE = re.compile(rb"\s*\*(?:\s|$)")


class Masked(msgspec.Struct, frozen=True):
    """A text with comments blanked (`plain`), and with strings blanked too (`code`)."""

    plain: bytes
    code: bytes
    comments: tuple[tuple[int, int], ...]
    """Start and end of each comment."""


def blank(text: bytes) -> bytes:
    """Blanks for everything but the newlines."""
    return text.translate(_BLANKED)


def mask(text: bytes) -> Masked:
    """Blank comments and the insides of strings; a comment may be open at the end."""
    plain, code = bytearray(text), bytearray(text)
    comments: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        token = match.group()
        if token[:1] == b"/":
            comments.append((start, end))
            plain[start:end] = code[start:end] = blank(token)
        elif len(token) > 2:
            code[start + 1 : end - 1] = _INSIDE.sub(b"_", token[1:-1])
    return Masked(bytes(plain), bytes(code), tuple(comments))


def comment_text(comment: bytes) -> str:
    """The words of a comment: its marks removed, white space folded."""
    return " ".join(_MARKS.sub(b" ", comment).decode("utf-8", "replace").split())


def opens_in_comment(text: bytes) -> bool:
    """Whether a piece of a file starts inside a comment.

    One ends before any begins, or its first line has the star of a comment's middle and no
    comment begins or ends in the whole piece.
    """
    close, start = text.find(b"*/"), text.find(b"/*")
    if close >= 0:
        return start < 0 or close < start
    return start < 0 and _MIDDLE.match(text) is not None
