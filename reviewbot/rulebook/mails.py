"""Makes the mails of a series, as `git format-patch` does, from the headerless diffs of an example.

A file is kept as a list of lines, some of them unknown (None), so that the hunks of later
patches stand where earlier patches left their lines.
"""

from collections.abc import Iterable

import msgspec

from reviewbot.rulebook.rule import DiffBlock, Example, ExamplePatch

GAP = 40
"""Unknown lines in front of code that no earlier patch has shown."""
CONTEXT = 3
AUTHOR = "Robin Example <robin@example.org>"


class Row(msgspec.Struct, eq=False):
    """A line of a file, known by identity."""

    text: str


class Expected(msgspec.Struct, frozen=True):
    """A finding that a mark asks for; `patch` is None on a line that is older than the series."""

    rule: str
    patch: int | None
    path: str
    line: int


class Marked(msgspec.Struct, frozen=True):
    """A mark on a row, before the row has a number."""

    rule: str
    is_added: bool
    path: str
    row: Row


class Files:
    """The files of the tree as far as the patches showed them."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row | None]] = {}

    def has(self, path: str) -> bool:
        """Whether a patch showed any of the file."""
        return path in self._rows

    def line(self, path: str, row: Row) -> int:
        """The number that a row has now."""
        return next(number for number, each in enumerate(self._rows[path], 1) if each is row)

    def apply(self, block: DiffBlock) -> tuple[list[str], list[Marked]]:
        """The hunk of `block`, with its header, and its marks."""
        start = self._start(block)
        rows = self._rows[block.path]
        known = self._known_before(rows, start) if block.lines[0].startswith("+") else []
        index, marks = start, []
        for number, line in enumerate(block.lines):
            if line[0] == "-":
                del rows[index]
                continue
            if line[0] == "+":
                rows.insert(index, Row(line[1:]))
            row = rows[index] or Row(line[1:])
            rules = [mark.rule for mark in block.marks if mark.row == number]
            marks += [Marked(rule, line[0] == "+", block.path, row) for rule in rules]
            index += 1
        return _hunk(start - len(known), [*(f" {text}" for text in known), *block.lines]), marks

    def _start(self, block: DiffBlock) -> int:
        """The index of the hunk's first line; what it shows of the old file is known from now on."""
        before = [line[1:] for line in block.lines if line[0] in " -"]
        rows = self._rows.setdefault(block.path, [None] * GAP if before else [])
        texts = [row.text if row else None for row in rows]
        for index in range(len(texts) - len(before) + 1):
            if before and texts[index : index + len(before)] == before:
                return index
        if before:
            rows += [*([None] * GAP if rows[-1] else []), *map(Row, before)]
        return len(rows) - len(before)

    @staticmethod
    def _known_before(rows: list[Row | None], start: int) -> list[str]:
        found: list[str] = []
        for row in reversed(rows[max(0, start - CONTEXT) : start]):
            if row is None:
                break
            found.insert(0, row.text)
        return found


def _hunk(first: int, lines: list[str]) -> list[str]:
    old = sum(line[0] in " -" for line in lines)
    new = sum(line[0] in " +" for line in lines)
    return [f"@@ -{first + 1 if old else 0},{old} +{first + 1},{new} @@", *lines]


def mails(example: Example) -> tuple[bytes, tuple[Expected, ...]]:
    """The series of an example as an mbox, and the findings that its marks ask for."""
    files = Files()
    texts: list[str] = []
    older: list[Marked] = []
    expected: list[Expected] = []
    for index, patch in enumerate(example.patches, 1):
        diff, marks = _diff(files, patch)
        older += [mark for mark in marks if not mark.is_added]
        expected += _expected(files, (mark for mark in marks if mark.is_added), index)
        texts.append(_mail(index, len(example.patches), patch.subject, diff))
    return "".join(texts).encode(), (*expected, *_expected(files, older, None))


def _expected(files: Files, marks: Iterable[Marked], patch: int | None) -> list[Expected]:
    return [Expected(mark.rule, patch, mark.path, files.line(mark.path, mark.row)) for mark in marks]


def _diff(files: Files, patch: ExamplePatch) -> tuple[str, list[Marked]]:
    """The diff of one patch; blocks of the same file are hunks of one file diff."""
    parts: dict[str, list[str]] = {}
    marks: list[Marked] = []
    for block in patch.blocks:
        is_new = not files.has(block.path) and all(line.startswith("+") for line in block.lines)
        hunk, found = files.apply(block)
        parts.setdefault(block.path, _head(block.path, is_new)).extend(hunk)
        marks += found
    return "".join(f"{line}\n" for part in parts.values() for line in part), marks


def _head(path: str, is_new: bool) -> list[str]:
    blobs = ["new file mode 100644", "index 000000000000..1111111111aa"]
    index = blobs if is_new else ["index 2222222222aa..3333333333aa 100644"]
    before = "/dev/null" if is_new else f"a/{path}"
    return [f"diff --git a/{path} b/{path}", *index, f"--- {before}", f"+++ b/{path}"]


def _mail(index: int, total: int, subject: str, diff: str) -> str:
    number = f"PATCH {index}/{total}" if total > 1 else "PATCH"
    first = "<example-1@example.org>"
    thread = f"In-Reply-To: {first}\nReferences: {first}\n" if index > 1 else ""
    return (
        "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n"
        f"From: {AUTHOR}\n"
        f"Date: Tue, 4 Mar 2025 10:00:{index:02} +0000\n"
        f"Subject: [{number}] {subject or 'example: Change one thing'}\n"
        f"Message-ID: <example-{index}@example.org>\n{thread}\n"
        f"A change to look at.\n\nSigned-off-by: {AUTHOR}\n---\n{diff}-- \n2.47.0\n\n"
    )
