"""Lines that a patch only takes the mark off, and says in its message that a lock is held there (S26)."""

import re
from collections.abc import Iterable

_MARK = re.compile(r"\b(READ_ONCE|WRITE_ONCE)\s*\(")
_SENTENCE = re.compile(r"[.;!?](?:\s|$)|\n\s*\n")
_HELD = re.compile(
    r"(?i)\b(?:hold(?:s|ing)?|held|under|tak(?:es?|en|ing)|protect(?:s|ed)?|guard(?:s|ed)?|seriali[sz]e[sd]?)\b"
)
_LOCK = re.compile(r"(?i)(?<![\w-])(?!lock[- ]?less)\S*(?:lock|mutex|rwsem|semaphore|rtnl)")
_NOT_HELD = re.compile(
    r"(?i)\b(?:without|never|outside)\b"
    r"|(?:\bnot|n't|\bno longer)\b(?!\s+(?:be\s+|is\s+)?(?:need|require|necessary))"
)


def says_held(subject: str, body: str = "") -> bool:
    """Whether a sentence of a patch's message says that a lock is held."""
    return any(
        _HELD.search(one) and _LOCK.search(one) and not _NOT_HELD.search(one)
        for one in _SENTENCE.split(f"{subject}\n\n{body}")
    )


def bare(lines: Iterable[str]) -> frozenset[str]:
    """The lines that have a mark, without it and without white space."""
    return frozenset(folded(_without_marks(line)) for line in lines if _MARK.search(line))


def folded(line: str) -> str:
    """A line without its white space."""
    return "".join(line.split())


def _without_marks(line: str) -> str:
    """`WRITE_ONCE(a, b);` as `a = b;`, `READ_ONCE(a)` as `a`; a mark that ends on a later line is left."""
    at = 0
    while match := _MARK.search(line, at):
        end, comma = _ends(line, match.end())
        if end < 0:
            break
        if match.group(1) == "WRITE_ONCE" and comma > 0:
            inside = f"{line[match.end() : comma]} = {line[comma + 1 : end]}"
        else:
            inside = line[match.end() : end]
        line, at = line[: match.start()] + inside + line[end + 1 :], match.start()
    return line


def _ends(line: str, start: int) -> tuple[int, int]:
    """Where the arguments that begin at `start` end, and their first comma; -1 where there is none."""
    depth, comma = 0, -1
    for at in range(start, len(line)):
        if line[at] in "([":
            depth += 1
        elif line[at] in ")]" and depth:
            depth -= 1
        elif line[at] == ")":
            return at, comma
        elif line[at] == "," and not depth and comma < 0:
            comma = at
    return -1, comma
