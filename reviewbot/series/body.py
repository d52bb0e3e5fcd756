"""The text of a patch mail: in-body headers, scissors, the message, its notes, and the diff."""

import re

import msgspec

from reviewbot.series.model import Trailer

_DIFF = re.compile(
    rb"^(?:diff --git |diff --cc |diff -[a-zA-Z-]|Index: [^\n]+\n=+\r?\n"
    rb"|--- [^\n]+\n\+\+\+ [^\n]+\n@@ -|Binary files .* differ)",
    re.MULTILINE,
)
_IN_BODY = re.compile(r"(From|Subject|Date):\s*(.*)")
_MAILBOX_LINE = re.compile(r"From [0-9a-f]{40,64} \w{3} \w{3} ")
_BREAK = re.compile(r"---\s*\Z")
_MARK = re.compile(r">8|8<|>%|%<")
_LONGEST_SCISSORS = 200
_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]+(\S.*)")
_KNOWN = re.compile(
    r"(?:[A-Za-z-]+-by|Fixes|Cc|Link|Closes|Bug|Message-ID|Change-Id|References)\Z", re.IGNORECASE
)
_BASE = re.compile(r"^base-commit:\s*([0-9a-f]{7,64})\s*$", re.MULTILINE)
_PREREQUISITE = re.compile(r"^prerequisite-patch-id:\s*([0-9a-f]{7,64})\s*$", re.MULTILINE)


class Text(msgspec.Struct, frozen=True):
    """The parts of a mail's text; a header that stood in the body is not None."""

    body: str
    notes: str
    author: str | None = None
    subject: str | None = None
    date: str | None = None


def split_diff(data: bytes) -> tuple[bytes, bytes]:
    """The text above the diff, and the diff with what follows it."""
    match = _DIFF.search(data)
    return (data, b"") if match is None else (data[: match.start()], data[match.start() :])


def read_text(text: str) -> Text:
    """Takes the text above the diff apart."""
    lines = text.replace("\r\n", "\n").split("\n")
    above, lines = _cut_at_scissors(lines)
    found, lines = _in_body(lines)
    body, notes = _cut_at_break(lines)
    told = "\n".join((*above, *notes)).strip("\n")
    return Text("\n".join(body).strip("\n"), told, found.get("From"), found.get("Subject"), found.get("Date"))


def _cut_at_scissors(lines: list[str]) -> tuple[list[str], list[str]]:
    """What stands above the last scissors line before the `---`, and what is below it."""
    cut = None
    for number, line in enumerate(lines):
        if _BREAK.match(line):
            break
        if is_scissors(line):
            cut = number
    return ([], lines) if cut is None else (lines[:cut], lines[cut + 1 :])


def is_scissors(line: str) -> bool:
    """Whether a line says `-- >8 --`, by the measure of git's mailinfo: marks are a third of it."""
    shown = line.strip()
    if not 8 <= len(shown) <= _LONGEST_SCISSORS or shown[0] not in "-><8%" or "-" not in shown:
        return False
    marks = sum(map(len, _MARK.findall(shown)))
    return marks > 0 and len(shown) < 3 * (marks + shown.count("-") + shown.count(" "))


def _in_body(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """Headers at the top of the body, which overrule those of the mail."""
    found: dict[str, str] = {}
    position = _first_text(lines, 0)
    if position < len(lines) and _MAILBOX_LINE.match(lines[position]):
        position += 1
    while position < len(lines):
        match = _IN_BODY.match(lines[position])
        if match and not (match[1] == "From" and "@" not in match[2] and "<" not in match[2]):
            found[match[1]] = match[2].strip()
        elif found and lines[position][:1] in (" ", "\t") and lines[position].strip():
            last = next(reversed(found))
            found[last] += f" {lines[position].strip()}"
        elif not (found and re.match(r"[A-Z][A-Za-z-]+: \S", lines[position])):
            break
        position += 1
    return (found, lines[position:]) if found else ({}, lines)


def _first_text(lines: list[str], position: int) -> int:
    while position < len(lines) and not lines[position].strip():
        position += 1
    return position


def _cut_at_break(lines: list[str]) -> tuple[list[str], list[str]]:
    for number, line in enumerate(lines):
        if _BREAK.match(line):
            return lines[:number], lines[number + 1 :]
    return lines, []


def trailers_of(body: str) -> tuple[Trailer, ...]:
    """The trailers: the lines of a known kind, and all of the last paragraph if it is made of them."""
    paragraphs = body.strip().split("\n\n")
    found = [match for line in body.split("\n") if (match := _TRAILER.match(line)) and _KNOWN.match(match[1])]
    last = [_TRAILER.match(line) for line in paragraphs[-1].split("\n")]
    if len(paragraphs) > 1 and sum(match is not None for match in last) * 2 > len(last):
        known = {(match[1], match[2]) for match in found}
        found += [match for match in last if match and (match[1], match[2]) not in known]
    return tuple(Trailer(match[1], match[2].strip()) for match in found)


def base_of(text: str) -> str | None:
    """The commit of a `base-commit:` line."""
    match = _BASE.search(text.replace("\r\n", "\n"))
    return match[1] if match else None


def prerequisites_of(text: str) -> tuple[str, ...]:
    """The ids of `prerequisite-patch-id:` lines."""
    return tuple(_PREREQUISITE.findall(text.replace("\r\n", "\n")))
