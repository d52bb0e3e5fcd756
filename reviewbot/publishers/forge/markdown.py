r"""Hostile text made safe in the Markdown of forges.

Besides what Markdown and HTML do, forges act on text: `@name` sends mail, `#12` and a link to an
issue leave a trace there, a line that begins with `/close` is a command. In code nothing of it
happens; in prose a ZERO WIDTH SPACE behind the sign breaks it, as an entity so that it can be seen.
"""

import re

from reviewbot.publishers import clean

_BREAK = "&#8203;"

_CODE = re.compile(
    r"`([^`]+)`"  # rule pages write code so
    r"|(&?[A-Za-z_]\w*(?:(?:->|\.)[A-Za-z_]\w*|\[[\w>.+-]*\])*(?:\(\))?)"
)
_IS_CODE = re.compile(r"->|\(\)|_|\[")
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&]")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_ACTS = re.compile(
    r"[@#!~%^$](?=[\w\"&])|&amp;(?=\w)|\\\[(?=\w+:)|\\\*(?=iteration)|:(?=//)|\bwww(?=\.)|\bgh-(?=\d)",
    re.IGNORECASE,
)
"""What a forge acts on, in text that is escaped already; a break goes behind it."""
_COMMIT = re.compile(r"(?i)\b[0-9a-f]{7,64}\b")
_LEADING = re.compile(r"^([-+=/:]|\d+(?=[.)]))")


def prose(text: str) -> str:
    """A paragraph on one line: nothing in it formats, links, calls or commands.

    Names that can only be code (`d->lock`, `f()`, `a_b`) become code.
    """
    text = clean.line(text)
    parts, end = [], 0
    for match in _CODE.finditer(text):
        found = match[1] or match[2]
        if match[1] or _IS_CODE.search(found):
            parts += [_plain(text[end : match.start()]), code(found)]
            end = match.end()
    whole = "".join([*parts, _plain(text[end:])])
    return _LEADING.sub(lambda found: f"{found[0]}{_BREAK}" if found[0].isdigit() else f"\\{found[0]}", whole)


def code(text: str) -> str:
    """A code span, whatever backticks the text holds; empty for nothing."""
    text = clean.line(text)
    if not text:
        return ""
    fence = "`" * (1 + _longest_run(text))
    blank = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def block(lines: tuple[str, ...] | list[str], info: str = "text") -> str:
    """A fenced block of clean lines."""
    fence = "`" * max(3, 1 + max((_longest_run(line) for line in lines), default=0))
    return "\n".join([f"{fence}{info}", *(clean.code(line) for line in lines), fence])


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0) if "`" in text else 0


def _plain(text: str) -> str:
    text = _ACTS.sub(rf"\g<0>{_BREAK}", _SPECIAL.sub(_escaped, text))
    return _COMMIT.sub(lambda found: _BREAK.join(re.findall(".{1,6}", found[0])), text)


def _escaped(match: re.Match[str]) -> str:
    return _ENTITIES.get(match[0]) or f"\\{match[0]}"
