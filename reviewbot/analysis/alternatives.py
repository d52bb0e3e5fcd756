"""Accesses that answer for each other: in the branches of one #if, and on one line.

Of the branches only one is built. On the line of `to->mode = READ_ONCE(from->mode)` the author
thought of both objects.
"""

import re
from collections.abc import Sequence

from reviewbot.analysis.stories import Seen, Story
from reviewbot.syntax.model import Marking

_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*(ifdef|ifndef|if|elifdef|elifndef|elif|else|endif)\b")
_OPENS = (b"if", b"ifdef", b"ifndef")


def is_marked_in_sibling(story: Story, seen: Seen) -> bool:
    """Whether the other branch of a conditional makes the same access marked.

    Who wrote both knew of the race: where the plain one is built, it cannot happen, or another
    means (a sequence count, disabled preemption) stands around it.
    """
    alike = (
        s
        for s in story.seen
        if s.study is seen.study
        and s.access.is_write == seen.access.is_write
        and s.access.marking is not Marking.PLAIN
    )
    return any(_are_siblings(seen, other) for other in alike)


def is_marked_beside(story: Story, seen: Seen) -> bool:
    """Whether the same line has a marked access of the field, of another object."""
    return any(
        s.study is seen.study
        and s.source.line == seen.source.line
        and s.access.marking is Marking.ONCE
        and s.access.object_text != seen.access.object_text
        for s in story.seen
    )


def _are_siblings(one: Seen, other: Seen) -> bool:
    first, last = sorted((one.source.line, other.source.line))
    text = one.study.file.view.fragments[one.study.function.fragment].text
    return _turns_between(text.split(b"\n")[first - 1 : last])


def _turns_between(lines: Sequence[bytes]) -> bool:
    """Whether the last of the lines stands in another branch of a conditional around the first."""
    depth = outermost = 0
    is_turned = False
    for line in lines:
        match = _DIRECTIVE.match(line)
        word = match.group(1) if match else b""
        if word in _OPENS:
            depth += 1
        elif word == b"endif":
            depth -= 1
            if depth < outermost:
                outermost, is_turned = depth, False
        elif word and depth == outermost:
            is_turned = True
    return is_turned
