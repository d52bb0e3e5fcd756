"""Words of C in raw text, found without parsing."""

import re

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
SPACED = bytes(byte if byte in _LETTERS else 32 for byte in range(256))
"""For translate(): what stands in no word becomes a blank."""
_IN_WORDS = frozenset(bytes([byte]) for byte in _LETTERS)
_CALL = re.compile(rb"\s*\(")


def is_addressed(word: bytes, text: bytes) -> bool:
    """Whether a word stands somewhere before anything but a parenthesis."""
    at = text.find(word) if word else -1
    while at >= 0:
        end = at + len(word)
        is_whole = text[at - 1 : at] not in _IN_WORDS and text[end : end + 1] not in _IN_WORDS
        if is_whole and not _CALL.match(text, end):
            return True
        at = text.find(word, end)
    return False
