"""Accesses that answer for each other: in the branches of one #if, and on one line.

Of the branches only one is built. On the line of `to->mode = READ_ONCE(from->mode)` the author
thought of both objects.
"""

from bisect import bisect_right
from collections.abc import Iterator

import msgspec

from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.study import Study
from reviewbot.syntax.model import Marking

_OPENS = (b"if", b"ifdef", b"ifndef")


class Alternatives:
    """The branches of the conditionals in the functions of one program."""

    def __init__(self) -> None:
        self._branches: dict[Study, list[tuple[int, _Branch | None]]] = {}

    def is_marked_in_sibling(self, story: Story, seen: Seen) -> bool:
        """Whether the other branch of a conditional makes the same access marked.

        Who wrote both knew of the race: where the plain one is built, it cannot happen, or another
        means (a sequence count, disabled preemption) stands around it.
        """
        return any(
            s.access.is_write == seen.access.is_write
            and s.access.marking is not Marking.PLAIN
            and self._are_siblings(seen, s)
            for s in story.seen_in.get(seen.study, ())
        )

    def _are_siblings(self, one: Seen, other: Seen) -> bool:
        """Whether two lines of a function stand in different branches of one conditional."""
        first, last = (self._branch(seen.study, seen.source.line) for seen in (one, other))
        while first is not None and last is not None:
            if first.group == last.group:
                return first.number != last.number
            if first.group > last.group:
                first = first.around
            else:
                last = last.around
        return False

    def _branch(self, study: Study, line: int) -> "_Branch | None":
        """The innermost branch that a line of a function stands in."""
        if study not in self._branches:
            self._branches[study] = list(_branches(study))
        known = self._branches[study]
        at = bisect_right(known, line, key=lambda entry: entry[0])
        return known[at - 1][1] if at else None


class _Branch(msgspec.Struct, frozen=True, eq=False):
    """A branch of a conditional; conditionals are numbered in the order of their #if."""

    group: int
    number: int
    around: "_Branch | None"


def _branches(study: Study) -> Iterator[tuple[int, _Branch | None]]:
    """Each line of a function with a directive, and the branch that the lines behind it stand in."""
    here: _Branch | None = None
    groups = 0
    for line, word in study.file.conditionals(study.function):
        if word in _OPENS:
            here = _Branch(groups, 0, here)
            groups += 1
        elif here is not None:
            here = here.around if word == b"endif" else _Branch(here.group, here.number + 1, here.around)
        yield line, here


def is_marked_beside(story: Story, seen: Seen) -> bool:
    """Whether the same line has a marked access of the field, of another object."""
    return any(
        s.source.line == seen.source.line
        and s.access.marking is Marking.ONCE
        and s.access.object_text != seen.access.object_text
        for s in story.seen_in.get(seen.study, ())
    )
