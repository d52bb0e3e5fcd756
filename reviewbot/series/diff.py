"""The text of a diff becomes file diffs; unidiff reads the hunks, one at a time.

Only one hunk is in unidiff's hands at any moment: memory stays bounded on large diffs, and a
hunk that lies about its line counts does not lose the others.
"""

import io
import re
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace
from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from reviewbot.series.model import FileDiff, Hunk, Status, Unread
from reviewbot.series.paths import (
    decoded,
    git_paths,
    header_path,
    plain_paths,
    refusal,
    unquote,
    without_prefixes,
)

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)", re.DOTALL)
_INDEX = re.compile(r"index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: \d+)?")
_BINARY = re.compile(r"Binary files (.+) and (.+) differ")
_PIECE = 20_000
"""Lines that unidiff gets at once; it needs some 300 bytes a line."""
_LONGEST = 10_000
"""Characters of a line that may name two paths."""
_SIGNATURES = ("--", "-- ")
_NO_NEWLINE = "\\ No newline at end of file"
_MISMATCH = {
    "Hunk is longer than expected": "the hunk holds more lines than its header says",
    "Hunk is shorter than expected": "the hunk holds fewer lines than its header says",
}


class _Lines:
    """The lines of a diff with one or two lines of lookahead, without line ends."""

    def __init__(self, data: bytes) -> None:
        self._lines = iter(io.BytesIO(data))
        self._ahead: list[str] = []
        self.strip_cr = False

    def peek(self, distance: int = 0) -> str | None:
        while len(self._ahead) <= distance:
            raw = next(self._lines, None)
            if raw is None:
                return None
            self._ahead.append(decoded(raw.removesuffix(b"\n")))
        line = self._ahead[distance]
        return line.removesuffix("\r") if self.strip_cr else line

    def take(self) -> str | None:
        line = self.peek()
        if line is not None:
            self._ahead.pop(0)
        return line


class _Header(msgspec.Struct):
    """What the lines above the first hunk of a file say."""

    before: str | None = None
    after: str | None = None
    is_git: bool = False
    is_binary: bool = False
    status: Status = Status.MODIFIED
    before_blob: str | None = None
    after_blob: str | None = None
    has_names: bool = False


class _Found(msgspec.Struct):
    files: list[FileDiff] = msgspec.field(default_factory=list)
    unread: list[Unread] = msgspec.field(default_factory=list)


def read_diff(data: bytes) -> tuple[tuple[FileDiff, ...], tuple[Unread, ...]]:
    """The file diffs in `data` and what of it could not be read.

    Text around file diffs is passed over. Git's extended headers, plain `diff -u`, binary
    patches, quoted paths and CRLF line ends are understood; nothing is raised.
    """
    lines = _Lines(data)
    found = _Found()
    while (line := lines.peek()) is not None:
        lines.strip_cr = False
        header = _header_at(lines, line, found)
        if header is not None:
            _read_file(lines, header, found)
    return tuple(found.files), tuple(found.unread)


def has_diff(data: bytes) -> bool:
    """Whether `data` holds the start of a file diff."""
    return bool(
        re.search(rb"^(?:diff --git |--- [^\n]+\n\+\+\+ [^\n]+\n@@ -|Binary files .* differ)", data, re.M)
    )


def _header_at(lines: _Lines, line: str, found: _Found) -> _Header | None:
    """Reads the header that starts here, or passes over one line."""
    if line.startswith("diff --git "):
        lines.strip_cr = line.endswith("\r")
        return _git_header(lines)
    if line.startswith("--- ") and (lines.peek(1) or "").startswith("+++ "):
        if not (lines.peek(2) or "").startswith("@@ "):
            lines.take()
            return None
        lines.strip_cr = line.endswith("\r")
        return _plain_header(lines)
    lines.take()
    if line.startswith(("diff --cc ", "diff --combined ")):
        name = line.split(" ", 2)[2]
        found.unread.append(Unread(unquote(name), None, "combined diff of a merge"))
    elif len(line) < _LONGEST and (match := _BINARY.fullmatch(line.rstrip("\r"))):
        before, after = plain_paths(header_path(match[1]), header_path(match[2]))
        return _Header(before, after, is_binary=True, status=_plain_status(before, after))
    return None


def _plain_status(before: str | None, after: str | None) -> Status:
    if before is None:
        return Status.ADDED
    return Status.DELETED if after is None else Status.MODIFIED


def _git_header(lines: _Lines) -> _Header:
    names = git_paths((lines.take() or "").removeprefix("diff --git "))
    header = _Header(is_git=True)
    if names is not None:
        header.before, header.after = names
        header.has_names = True
    while (line := lines.peek()) is not None and _extended(header, line):
        lines.take()
    if line is not None and line.startswith("--- ") and (lines.peek(1) or "").startswith("+++ "):
        _name_lines(lines, header)
    _settle(header)
    return header


def _name_lines(lines: _Lines, header: _Header) -> None:
    """The `---` and `+++` lines of a git diff; a rename's own lines know the paths better."""
    before = header_path((lines.take() or "")[4:])
    after = header_path((lines.take() or "")[4:])
    if header.status in (Status.RENAMED, Status.COPIED):
        return
    if before is None:
        header.status = Status.ADDED
    if after is None:
        header.status = Status.DELETED
    both = without_prefixes(before or f"a/{(after or '')[2:]}", after or f"b/{(before or '')[2:]}")
    header.before, header.after = both
    header.has_names = True


def _settle(header: _Header) -> None:
    """Sets the path of the side that does not exist to None."""
    if header.status is Status.ADDED:
        header.before = None
    elif header.status is Status.DELETED:
        header.after = None


def _extended(header: _Header, line: str) -> bool:
    """Reads one of git's extended header lines; False if it is none."""
    if line.startswith("new file mode "):
        header.status = Status.ADDED
    elif line.startswith("deleted file mode "):
        header.status = Status.DELETED
    elif line.startswith(("rename from ", "copy from ")):
        header.status = Status.RENAMED if line.startswith("rename") else Status.COPIED
        header.before = unquote(line.split(" ", 2)[2])
    elif line.startswith(("rename to ", "copy to ")):
        header.after = unquote(line.split(" ", 2)[2])
        header.has_names = header.before is not None
    elif match := _INDEX.fullmatch(line.rstrip()):
        header.before_blob, header.after_blob = match[1], match[2]
    elif line == "GIT binary patch" or (len(line) < _LONGEST and _BINARY.fullmatch(line)):
        header.is_binary = True
    else:
        return line.startswith(
            ("index ", "old mode ", "new mode ", "similarity index ", "dissimilarity index ")
        )
    return True


def _plain_header(lines: _Lines) -> _Header:
    before = header_path((lines.take() or "")[4:])
    after = header_path((lines.take() or "")[4:])
    header = _Header(*plain_paths(before, after), has_names=True)
    if (match := _HUNK.fullmatch(lines.peek() or "")) is not None:
        if (match[1], match[2]) == ("0", "0"):
            header.before = None
        elif (match[3], match[4]) == ("0", "0"):
            header.after = None
    header.status = _plain_status(header.before, header.after)
    return header


def _read_file(lines: _Lines, header: _Header, found: _Found) -> None:
    """Reads the hunks under a header; those of a refused file are read and forgotten."""
    path = header.after or header.before or ""
    reason = _refusal(header)
    hunks: list[Hunk] = []
    while (line := lines.peek()) is not None and (match := _HUNK.fullmatch(line)) is not None:
        lines.take()
        body, cut = _hunk_lines(lines, match)
        if reason is not None:
            continue
        parsed = _parsed(match, body)
        if isinstance(parsed, Hunk):
            hunks.append(parsed)
        else:
            found.unread.append(Unread(path, int(match[3]), cut or parsed))
    if reason is not None:
        found.unread.append(Unread(path, None, reason))
        return
    if line is not None and line.startswith("@@"):
        found.unread.append(Unread(path, None, "a hunk's header cannot be read"))
    found.files.append(_file_diff(header, tuple(hunks)))


def _refusal(header: _Header) -> str | None:
    if header.is_git and not header.has_names:
        return "the file's name cannot be read"
    if header.before is None and header.after is None:
        return "path is empty"
    return refusal(header.before) or refusal(header.after)


def _file_diff(header: _Header, hunks: tuple[Hunk, ...]) -> FileDiff:
    return FileDiff(
        header.before,
        header.after,
        header.status,
        hunks,
        header.before_blob,
        header.after_blob,
        header.is_binary,
    )


def _hunk_lines(lines: _Lines, match: re.Match[str]) -> tuple[list[str], str | None]:
    """The lines that belong to a hunk, and why they stop before its counts are met.

    Lines that follow a full hunk and still look like one are taken too: then its counts lie,
    and unidiff says so.
    """
    before, after = int(match[2] or 1), int(match[4] or 1)
    body: list[str] = []
    while before > 0 or after > 0:
        line = lines.peek()
        if line is None:
            return body, "the mail ends inside a hunk"
        marker = line[:1]
        if marker not in ("", " ", "+", "-", "\\", "\r"):
            return body, _broken(line)
        lines.take()
        body.append(_marked(line))
        before -= marker not in ("+", "\\")
        after -= marker not in ("-", "\\")
    body.extend(_surplus(lines))
    return body, None


def _marked(line: str) -> str:
    """The line as unidiff wants it: an empty one is context whose blank a mailer cut."""
    if line[:1] == "\\":
        return _NO_NEWLINE
    return line if line[:1] in (" ", "+", "-") else f" {line}"


def _surplus(lines: _Lines) -> Iterator[str]:
    while (line := lines.peek()) is not None:
        if line[:1] not in (" ", "+", "-", "\\") or line.rstrip("\r") in _SIGNATURES:
            return
        if line.startswith("--- ") and (lines.peek(1) or "").startswith("+++ "):
            return
        lines.take()
        yield _marked(line)


def _broken(line: str) -> str:
    if line.startswith(("@@ ", "diff --git ")):
        return "the hunk holds fewer lines than its header says"
    return "a line was wrapped or changed by a mailer on its way"


def _parsed(match: re.Match[str], body: list[str]) -> Hunk | str:
    """The hunk as unidiff reads it, or why it does not; `body` is used up."""
    before, after = int(match[2] or 1), int(match[4] or 1)
    if len(body) <= _PIECE:
        problem = _read_piece(body, 0, (before, after))
    else:
        problem = _read_pieces(body, (before, after))
    if problem is not None:
        return problem
    return Hunk(int(match[1]), before, int(match[3]), after, match[5].rstrip("\r"), tuple(body))


def _read_pieces(body: list[str], counts: tuple[int, int]) -> str | None:
    """Gives unidiff a huge hunk in pieces, whose counts must add up to the header's."""
    for start in range(0, len(body), _PIECE):
        part = _counts(body[start : start + _PIECE])
        problem = _read_piece(body, start, part)
        if problem is not None:
            return problem
        counts = counts[0] - part[0], counts[1] - part[1]
    return None if counts == (0, 0) else "the hunk's header and its lines do not agree"


def _counts(lines: list[str]) -> tuple[int, int]:
    return sum(line[0] in " -" for line in lines), sum(line[0] in " +" for line in lines)


def _read_piece(body: list[str], start: int, counts: tuple[int, int]) -> str | None:
    """Replaces up to `_PIECE` lines of `body` by what unidiff makes of them."""
    piece = body[start : start + _PIECE]
    header = f"@@ -1,{counts[0]} +1,{counts[1]} @@\n"
    try:
        patches = PatchSet(iter(("--- a\n", "+++ b\n", header, *(f"{line}\n" for line in piece))))
    except UnidiffParseError as error:
        return _MISMATCH.get(str(error), "the hunk cannot be read")
    read = [
        f"{line.line_type}{line.value.removesuffix(chr(10))}"
        for file in patches
        for hunk in file
        for line in hunk
    ]
    if len(read) != len(piece):
        return "the hunk holds more lines than its header says"
    body[start : start + _PIECE] = read
    return None


def rendered(file: FileDiff) -> str:
    """The file diff as `git diff` writes it, for `git apply`; paths are always quoted."""
    before, after = file.before_path or file.path, file.path
    out = [f"diff --git {_quoted('a/' + before)} {_quoted('b/' + after)}"]
    if file.status is Status.ADDED:
        out.append("new file mode 100644")
    elif file.status is Status.DELETED:
        out.append("deleted file mode 100644")
    elif file.status in (Status.RENAMED, Status.COPIED):
        word = "rename" if file.status is Status.RENAMED else "copy"
        out += [f"{word} from {_quoted(before)}", f"{word} to {_quoted(after)}"]
    if file.before_blob and file.after_blob:
        out.append(f"index {file.before_blob}..{file.after_blob}")
    if file.hunks:
        out.append("--- " + ("/dev/null" if file.before_path is None else _quoted("a/" + before)))
        out.append("+++ " + ("/dev/null" if file.after_path is None else _quoted("b/" + after)))
    for hunk in file.hunks:
        out.append(f"@@ -{hunk.before_start},{hunk.before_count} +{hunk.after_start},{hunk.after_count} @@")
        out.extend(hunk.lines)
    return "\n".join(out) + "\n"


def _quoted(path: str) -> str:
    raw = path.encode("utf-8", "surrogateescape")
    plain = (32, 33, *range(35, 92), *range(93, 127))
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in raw) + '"'


def merged(files: tuple[FileDiff, ...]) -> tuple[FileDiff, ...]:
    """The file diffs with those of one path joined, as a hand-made diff may show a file twice."""
    by_path: dict[tuple[str | None, str | None], FileDiff] = {}
    for file in files:
        key = (file.before_path, file.after_path)
        seen = by_path.get(key)
        by_path[key] = file if seen is None else replace(seen, hunks=seen.hunks + file.hunks)
    return tuple(by_path.values())
