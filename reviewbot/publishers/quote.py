"""The body of a reply draft: trimmed quotes, each comment under the line it speaks of."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

import msgspec

from reviewbot.comments import Comment
from reviewbot.publishers import clean
from reviewbot.publishers.layout import MAIL_WIDTH, checklist, paragraph, thread_table
from reviewbot.series.model import FileDiff, Hunk, Patch

CONTEXT = 5
"""Lines quoted above a comment."""
SKIP = 10
"""From so many lines left out on, a remark says how many; fewer are not left out."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def body(patch: Patch, comments: list[Comment]) -> str:
    """The draft's text for the comments on one patch, ended by a line end.

    Comments on the patch as a whole come first. Nothing is quoted after the last comment.
    Quoted lines are never wrapped; `> ` and the diff line as it was sent, but for what
    would not be safe to show.
    """
    lines = [attribution(patch)]
    placed = [comment for comment in comments if comment.position]
    for comment in comments:
        if comment.position is None:
            lines += ["", *said(comment)]
    quoted = _Quoted(patch)
    for (file, hunk, line), here in groupby(placed, key=_spot):
        lines += [""] if len(lines) > 1 else []
        lines += quoted.up_to(file, hunk, line)
        for comment in here:
            lines += ["", *said(comment)]
    return "\n".join(lines) + "\n"


def _spot(comment: Comment) -> tuple[int, int, int]:
    position = comment.position or (-1, -1, -1)
    return position[0], position[1], position[2]


def attribution(patch: Patch) -> str:
    """`On Thu, Apr 29, 2021 at 09:18:33PM +0000, NAME wrote:`, the same in every locale."""
    name = clean.line(patch.author.name or patch.author.address) or "the author"
    return f"On {_date(patch.date)}, {name} wrote:" if patch.date else f"{name} wrote:"


def said(comment: Comment) -> list[str]:
    """The comment itself: question, suggestion, table of threads, checklist."""
    finding, words = comment.finding, comment.words
    parts = [paragraph(text, MAIL_WIDTH) for text in words.paragraphs]
    if not comment.position or not comment.position.is_exact:
        parts.insert(0, paragraph(about(comment), MAIL_WIDTH))
    if words.suggestion and not words.is_in_question:
        parts.append(paragraph(f"Suggested: {words.suggestion}", MAIL_WIDTH))
    if words.caveat:
        parts.append(paragraph(words.caveat, MAIL_WIDTH))
    if finding.interleaving:
        parts.append([f"    {line}".rstrip() for line in thread_table(finding.interleaving)])
    parts.append(checklist(finding.checklist))
    return "\n\n".join("\n".join(part) for part in parts if part).split("\n")


def about(comment: Comment) -> str:
    """Which line is meant, where the comment cannot stand under it."""
    place = comment.finding.place
    function = f" in {place.function}()" if place.function else ""
    return f"This is about `{comment.finding.line_text.strip()}`{function}, {place.path}."


def _date(date: datetime) -> str:
    # strftime follows the locale
    day, month = _DAYS[date.weekday()], _MONTHS[date.month - 1]
    hour, half = date.hour % 12 or 12, "AM" if date.hour < 12 else "PM"
    zone = date.strftime(" %z").rstrip()
    return f"{day}, {month} {date.day:02d}, {date.year} at {hour:02d}:{date:%M:%S}{half}{zone}"


class _Quoted(msgspec.Struct):
    """How far the diff has been quoted or passed over."""

    patch: Patch
    reached: tuple[int, int, int] | None = None
    """File, hunk and line index quoted last."""

    def up_to(self, file: int, hunk: int, line: int) -> Iterator[str]:
        """The quote that ends with this line."""
        last = self.reached
        self.reached = (file, hunk, line)
        lines = self.patch.files[file].hunks[hunk].lines
        first = 0
        if last and last[:2] == (file, hunk):
            first = last[2] + 1
        else:
            yield from self._headers(last, file, hunk)
        start = max(first, line - CONTEXT)
        if start - first >= SKIP:
            yield _skip(start - first)
        else:
            start = first
        for text in lines[start : line + 1]:
            yield f"> {clean.code(text)}"

    def _headers(self, last: tuple[int, int, int] | None, file: int, hunk: int) -> Iterator[str]:
        passed = _between(self.patch, last, (file, hunk)) if last else 0
        if passed >= SKIP:
            yield _skip(passed)
        if not last or last[0] != file:
            yield f"> {_diff_line(self.patch.files[file])}"
        yield f"> {hunk_line(self.patch.files[file].hunks[hunk])}"


def _between(patch: Patch, last: tuple[int, int, int], to: tuple[int, int]) -> int:
    """Diff lines after `last` and before hunk `to`, headings not counted."""
    count = -(last[2] + 1)
    for number, file in enumerate(patch.files):
        for index, hunk in enumerate(file.hunks):
            if last[:2] <= (number, index) < to:
                count += len(hunk.lines)
    return count


def _skip(count: int) -> str:
    return f"> [ ... skip {count} lines ... ]"


def _diff_line(file: FileDiff) -> str:
    before, after = file.before_path or file.path, file.after_path or file.path
    return clean.code(f"diff --git a/{before} b/{after}")


def hunk_line(hunk: Hunk) -> str:
    """The line that a hunk begins with, clean."""
    before = _range(hunk.before_start, hunk.before_count)
    after = _range(hunk.after_start, hunk.after_count)
    return clean.code(f"@@ -{before} +{after} @@ {hunk.section}".rstrip())


def _range(start: int, count: int) -> str:
    """As git prints it: a count of one is left out."""
    return str(start) if count == 1 else f"{start},{count}"
