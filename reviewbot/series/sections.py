"""Whether a fragment starts inside the function or struct that git named after @@."""

import re
from collections.abc import Iterable

_HEADING = re.compile(
    r"(?:[A-Za-z_].*\(|(?:typedef\s+)?(?:static\s+|const\s+|extern\s+)*(?:struct|union|enum)\b|[A-Za-z_]\w*:\s*\Z)"
    r"|[A-Za-z_][\w\s*]*\w\Z"
)
_LABEL = re.compile(rb"[A-Za-z_]\w*:(?!:)")


def section_of(heading: str, lines: Iterable[bytes]) -> str | None:
    """The heading if the lines start inside its body or parameter list, else None.

    Judged by the first line at column 0 that is neither label nor directive: a brace says
    that what stands above it belongs to the heading, anything else starts a new item.
    """
    if not _HEADING.match(heading):
        return None
    is_indented = False
    for line in lines:
        if not line.strip() or line[:1] == b"#":
            continue
        if line[:1] in (b" ", b"\t"):
            is_indented = is_indented or not _is_comment(line)
        elif line[:1] in (b"}", b"{"):
            return heading
        elif not (_LABEL.match(line) and not line.startswith((b"public:", b"default:"))):
            return heading if is_indented else None
    return heading if is_indented else None


def _is_comment(line: bytes) -> bool:
    return line.lstrip()[:1] == b"*"
