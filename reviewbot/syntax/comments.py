"""The comments of a fragment, read when they are asked for: most never are."""

from collections.abc import Iterator
from functools import cached_property

from reviewbot.syntax.masks import comment_text
from reviewbot.syntax.model import Comment
from reviewbot.syntax.normalise import Source


class Comments:
    """All comments of a fragment in source order, and those by the line that they end on."""

    def __init__(self, source: Source, fragment: int) -> None:
        self._source = source
        self._fragment = fragment
        self._read: dict[int, Comment] = {}

    def __iter__(self) -> Iterator[Comment]:
        return (self._comment(start, end) for start, end in self._source.masked.comments)

    def get(self, line: int) -> Comment | None:
        """The last comment that ends on a line."""
        span = self._ending.get(line)
        if span is None:
            return None
        if line not in self._read:
            self._read[line] = self._comment(*span)
        return self._read[line]

    @cached_property
    def _ending(self) -> dict[int, tuple[int, int]]:
        return {self._source.line(end - 1): (start, end) for start, end in self._source.masked.comments}

    def _comment(self, start: int, end: int) -> Comment:
        source = self._source
        text = comment_text(source.text[start:end])
        return Comment(source.line(start), source.line(end - 1), text, self._fragment)
