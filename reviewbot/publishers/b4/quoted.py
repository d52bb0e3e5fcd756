"""A diff quoted as b4 reads it, and where in it the lines stand.

b4 decodes as UTF-8 with replacements and splits at whatever Python takes for a line end, a form
feed among them; it counts the parts as lines. So does this, and each part is quoted: one that was
not would be taken for a comment.
"""

import re
from typing import NamedTuple

import msgspec

from reviewbot.comments import Comment
from reviewbot.publishers import clean
from reviewbot.series.model import NumberedLine

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")


class Spot(NamedTuple):
    """A line of a file, after the patch or before it."""

    path: str
    is_after: bool
    number: int


def about_line(comment: Comment) -> Spot | None:
    """The line that the comment stands under; None for the patch as a whole."""
    if comment.position is None:
        return None
    file = comment.patch.files[comment.position.file]
    hunk = file.hunks[comment.position.hunk]
    marked = sum(line[:1] != "\\" for line in hunk.lines[: comment.position.line])
    line: NumberedLine = tuple(hunk.numbered())[marked]
    if line.after is not None:
        return Spot(file.path, True, line.after)
    return Spot(file.before_path or file.path, False, line.before or 0)


def quoted(diff: bytes) -> tuple[list[str], dict[Spot | None, int]]:
    """The lines of a diff behind `> `, and the index of each line of a file among them.

    Lines of files whose names b4 cannot read (git puts those with odd characters into
    quotation marks) have no place: what is said there would be taken for another file's.
    """
    lines: list[str] = []
    places: dict[Spot | None, int] = {}
    reader = _Reader()
    for raw in diff.decode("utf-8", "replace").removesuffix("\n").split("\n"):
        spots = reader.read(raw)
        places.update(dict.fromkeys(spots, len(lines)))
        lines += (f"> {clean.code(part)}" for part in f"{raw}\n".splitlines())
    return lines, places


class _Reader(msgspec.Struct):
    """Where in a diff one is: the names of the file, and how much of a hunk is left."""

    before: str | None = None
    after: str | None = None
    before_line: int = 0
    after_line: int = 0
    before_left: int = 0
    after_left: int = 0

    def read(self, line: str) -> list[Spot]:
        """The places that the next line is."""
        if self.before_left <= 0 and self.after_left <= 0:
            self._read_header(line)
            return []
        if line.startswith("\\"):
            return []
        spots = []
        if not line.startswith("+"):
            spots += [Spot(self.before, False, self.before_line)] if self.before else []
            self.before_line, self.before_left = self.before_line + 1, self.before_left - 1
        if not line.startswith("-"):
            spots += [Spot(self.after, True, self.after_line)] if self.after else []
            self.after_line, self.after_left = self.after_line + 1, self.after_left - 1
        return spots

    def _read_header(self, line: str) -> None:
        if line.startswith("diff --git "):
            self.before = self.after = None
        elif line.startswith("--- "):
            self.before = _name(line, "--- a/")
        elif line.startswith("+++ "):
            self.after = _name(line, "+++ b/")
        elif found := _HUNK.match(line):
            before, before_count, after, after_count = found.groups()
            self.before_line, self.after_line = int(before), int(after)
            self.before_left, self.after_left = int(before_count or 1), int(after_count or 1)


def _name(line: str, start: str) -> str | None:
    """A path that b4 can read; git ends one with blanks in it by a tab."""
    path = line.removeprefix(start).removesuffix("\t")
    return path if line.startswith(start) and len(path.splitlines()) == 1 else None
