"""The hidden line by which a comment of ours is known again.

`<!-- reviewbot:v1 KEY DIGEST -->` stands at the very beginning of a comment. The key is the
fingerprint of the finding (with `-2` behind it for the second of that fingerprint), or `summary`.
The digest is that of the text below: forges change white space, and people may edit a comment, so
the text itself cannot tell whether there is something new to say.
"""

import hashlib
import re
from typing import NamedTuple

SUMMARY = "summary"

_FORM = re.compile(r"\A<!-- reviewbot:v1 ([0-9a-z-]{1,80}) ([0-9a-f]{12})( gone)? -->(?:\s|\Z)")


class Marker(NamedTuple):
    """What the hidden line says."""

    key: str
    digest: str
    is_gone: bool = False
    """Whether the comment says already that its question is not asked any more."""


def digest(*texts: str) -> str:
    """Twelve hex digits of the texts."""
    whole = "\0".join(texts).encode("utf-8", "backslashreplace")
    return hashlib.sha256(whole).hexdigest()[:12]


def stamped(key: str, text: str, *, is_gone: bool = False) -> str:
    """The text below its marker."""
    return f"<!-- reviewbot:v1 {key} {digest(text)}{' gone' if is_gone else ''} -->\n{text}"


def read(body: str) -> Marker | None:
    """The marker of a comment; None where it has none. Who wrote the comment must be asked beside."""
    found = _FORM.match(body)
    return Marker(found[1], found[2], bool(found[3])) if found else None
