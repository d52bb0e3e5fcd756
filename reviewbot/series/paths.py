"""Paths as diffs spell them: prefixes, quoting, and those that no series may name."""

import re

_ESCAPES = {
    "a": b"\a",
    "b": b"\b",
    "t": b"\t",
    "n": b"\n",
    "v": b"\v",
    "f": b"\f",
    "r": b"\r",
    '"': b'"',
    "\\": b"\\",
}
_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|.)", re.DOTALL)
_LONGEST = 10_000
"""Characters of a `diff --git` line; two paths of the longest that Linux takes have 8,192."""
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_GIT_QUOTED = re.compile(rf"({_QUOTED}|[^\t]+?) ({_QUOTED}|[^\t]+)")
_PREFIX_PAIRS = {
    ("a", "b"),
    ("i", "w"),
    ("c", "i"),
    ("c", "w"),
    ("o", "w"),
    ("1", "2"),
    ("w", "i"),
    ("b", "a"),
}
_RELEASE = re.compile(r"(?:linux.*|.*\.(?:orig|old|new)|.*-\d+(?:\.\d+)+.*|a|b|old|new|orig)\Z")


def unquote(path: str) -> str:
    r"""The path behind git's C-style quoting (`"caf\303\251.c"`); others are given back."""
    if len(path) < 2 or not (path.startswith('"') and path.endswith('"')):
        return path
    parts: list[bytes] = []
    end = 0
    body = path[1:-1]
    for match in _ESCAPE.finditer(body):
        parts.append(encoded(body[end : match.start()]))
        escape = match[1]
        parts.append(bytes([int(escape, 8)]) if len(escape) == 3 else _ESCAPES.get(escape, encoded(escape)))
        end = match.end()
    parts.append(encoded(body[end:]))
    return decoded(b"".join(parts))


def decoded(data: bytes) -> str:
    """UTF-8 with `surrogateescape`, the text form of this package."""
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """The bytes that `decoded` was given; a surrogate of other origin becomes `?`."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def header_path(text: str) -> str | None:
    """The path of a `---` or `+++` line; None for /dev/null. A time stamp after a tab is cut."""
    path = unquote(text.rstrip("\r") if text.startswith('"') else text.split("\t", 1)[0].rstrip(" \r"))
    return None if path == "/dev/null" else path


def git_paths(text: str) -> tuple[str, str] | None:
    """Both paths of a `diff --git` line, without a/ and b/; None where they cannot be told apart."""
    if len(text) > _LONGEST:
        return None
    if text.startswith('"') or text.endswith('"'):
        match = _GIT_QUOTED.fullmatch(text)
        return without_prefixes(unquote(match[1]), unquote(match[2])) if match else None
    middle = len(text) // 2
    before, after = text[:middle], text[middle + 1 :]
    if text[middle : middle + 1] == " " and (before == after or before[2:] == after[2:]):
        return without_prefixes(before, after)
    before, blank, after = text.partition(" ")
    return without_prefixes(before, after) if blank and " " not in after else None


def without_prefixes(before: str, after: str) -> tuple[str, str]:
    """The paths of a git diff without `a/` and `b/`; kept whole where git wrote no prefix."""
    first, second = before.partition("/"), after.partition("/")
    if (first[0], second[0]) in _PREFIX_PAIRS and first[1] and second[1]:
        return first[2], second[2]
    return before, after


def plain_paths(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """The paths of a diff made without git, one directory stripped where it only tells the sides apart."""
    if before is None or after is None:
        return _without_release(before), _without_release(after)
    first, second = before.partition("/"), after.partition("/")
    if first[2] and first[2] == second[2] and (first[0] != second[0] or _RELEASE.match(first[0])):
        return first[2], second[2]
    if (first[0], second[0]) in _PREFIX_PAIRS and first[1] and second[1]:
        return first[2], second[2]
    return after, after


def _without_release(path: str | None) -> str | None:
    if path is None:
        return None
    first, slash, rest = path.partition("/")
    return rest if slash and rest and _RELEASE.match(first) else path


def refusal(path: str | None) -> str | None:
    """Why a path is not touched, or None if it may be."""
    if path is None:
        return None
    if not path:
        return "path is empty"
    if "\0" in path:
        return "path holds a NUL"
    parts = path.split("/")
    if path.startswith("/") or ".." in parts:
        return "path leaves the tree"
    if any(part.lower() == ".git" for part in parts):
        return "path is inside .git"
    return None
