"""What was sent: a series, its patches, their file diffs and hunks.

Text is `str`, decoded as UTF-8 with `surrogateescape`, so that encoding it back gives the
very bytes that were sent; publishers clean it before it reaches anybody.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import NamedTuple

import msgspec


class Status(Enum):
    """What a file diff does to its file, in git's words."""

    ADDED = "added"
    DELETED = "deleted"
    MODIFIED = "modified"
    RENAMED = "renamed"
    COPIED = "copied"


class NumberedLine(NamedTuple):
    """A line of a hunk: its marker (' ', '+' or '-') and its number on each side."""

    marker: str
    text: str
    before: int | None
    after: int | None


class Hunk(msgspec.Struct, frozen=True):
    r"""A block of a file diff.

    `lines` keep their marker as first character (' ', '+', '-', or '\\' for the remark
    about a missing newline) and have no line end. `section` is the text after the second @@.
    """

    before_start: int
    before_count: int
    after_start: int
    after_count: int
    section: str
    lines: tuple[str, ...]

    def numbered(self) -> Iterator[NumberedLine]:
        """The lines with their numbers in the file before and after."""
        before, after = self.before_start, self.after_start
        for line in self.lines:
            marker, text = line[:1], line[1:]
            if marker == "-":
                yield NumberedLine(marker, text, before, None)
                before += 1
            elif marker == "+":
                yield NumberedLine(marker, text, None, after)
                after += 1
            elif marker != "\\":
                yield NumberedLine(" ", text, before, after)
                before += 1
                after += 1


class FileDiff(msgspec.Struct, frozen=True):
    """The part of a patch for one file; a path is None where the file does not exist."""

    before_path: str | None
    after_path: str | None
    status: Status
    hunks: tuple[Hunk, ...] = ()
    before_blob: str | None = None
    """Blob id of the `index` line, often abbreviated."""
    after_blob: str | None = None
    is_binary: bool = False

    @property
    def path(self) -> str:
        """The path to speak of: after the patch, or before it for a deleted file."""
        return self.after_path or self.before_path or ""


class Person(msgspec.Struct, frozen=True):
    """A name and an address, as in a mail header; either may be empty."""

    name: str
    address: str


class Trailer(msgspec.Struct, frozen=True):
    """`Signed-off-by: A <a@b>` and its kind."""

    key: str
    value: str


class Unread(msgspec.Struct, frozen=True):
    """Something that could not be read, and why; the rest was reviewed."""

    file: str
    line: int | None
    reason: str


class Envelope(msgspec.Struct, frozen=True):
    """The mail that a patch came in; what a reply needs."""

    message_id: str
    """Without the angle brackets."""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    sender: Person | None = None
    """The `From:` of the mail, which an in-body From may overrule as author."""
    raw_subject: str = ""


class Patch(msgspec.Struct, frozen=True):
    """One message or commit.

    Body is the text above `---`, notes the text between `---` and the diff.
    """

    index: int
    """Its n of n/m; 1 for a patch on its own."""
    subject: str
    """Without the [PATCH …] prefix."""
    body: str
    notes: str
    author: Person
    date: datetime | None
    trailers: tuple[Trailer, ...] = ()
    files: tuple[FileDiff, ...] = ()
    envelope: Envelope | None = None
    """None for a commit."""
    commit: str | None = None
    unread: tuple[Unread, ...] = ()


class Reply(msgspec.Struct, frozen=True):
    """A message of the thread that carries no patch: a cover letter or an answer."""

    subject: str
    body: str
    author: Person
    date: datetime | None
    envelope: Envelope


class Series(msgspec.Struct, frozen=True):
    """The patches sent together, in order.

    `missing` names the n of n/m that were not found, `base_commit` and `prerequisites`
    what the cover letter or a patch says of the base, `skipped` what was left out and
    why (merge commits, other revisions).
    """

    subject: str
    revision: int
    total: int
    patches: tuple[Patch, ...]
    prefix: str = ""
    """The words of the [PATCH net-next v2] prefix, `PATCH net-next v2` here."""
    cover: Reply | None = None
    replies: tuple[Reply, ...] = ()
    missing: tuple[int, ...] = ()
    base_commit: str | None = None
    prerequisites: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    earlier: "Series | None" = None
    """The revision before, where it was found beside this one."""
