"""One function of which several hunks show parts: what a part may know of the others, and their joint graph.

What runs between two parts is out of view. So none leads to another in the graph: each is a way in
of its own, like a label that is jumped to from somewhere unseen, and no order between their events
is ever claimed.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec
from msgspec.structs import replace

from reviewbot.series.view import Fragment
from reviewbot.syntax.body import MOST_BLOCKS, MOST_EVENTS
from reviewbot.syntax.functions import FunctionHeader
from reviewbot.syntax.lower import Known, Lowered
from reviewbot.syntax.model import Block, Edge, Event, Function, Part, Root, Test, TypeName, Variable


class Lines:
    """The lines of all fragments of a file view, counted through."""

    def __init__(self, fragments: Sequence[Fragment]) -> None:
        self._counts = tuple(fragment.text.removesuffix(b"\n").count(b"\n") + 1 for fragment in fragments)
        self.starts = tuple(accumulate(self._counts, initial=0))

    def place(self, line: int) -> tuple[int, int]:
        """Fragment and line there of a line counted through."""
        fragment = max(0, min(bisect_left(self.starts, line) - 1, len(self._counts) - 1))
        return fragment, line - self.starts[fragment]


class Declared:
    """What the parts of a function declare, gathered part by part for the later ones."""

    def __init__(self, heading: FunctionHeader) -> None:
        self._known: dict[str, tuple[Root, TypeName]] = {
            one.name: (Root.PARAMETER, one.type) for one in heading.parameters
        }
        self._unsure: set[str] = set()

    @property
    def known(self) -> Known:
        """Each name that was declared, in one way only."""
        return self._known

    def add(self, part: Lowered) -> None:
        """Take in what one more part declares."""
        for name, root, type_ in part.outer:
            declared = root, type_
            if self._known.get(name, declared) != declared:
                self._unsure.add(name)
                del self._known[name]
            elif name not in self._unsure:
                self._known[name] = declared


def fullest(headings: Iterable[tuple[FunctionHeader, bool]]) -> FunctionHeader:
    """The heading to believe, of (heading, whether the hunk shows it itself); git cuts those behind @@."""
    return max(headings, key=lambda each: (each[1], len(each[0].parameters)))[0]


class Joint(msgspec.Struct, frozen=True):
    """The joint function, and the parts that would have made it too long to follow."""

    function: Function
    left_out: tuple[Function, ...]


def join(heading: FunctionHeader, shown: Sequence[Function], lines: Lines) -> Joint:
    """The function whose parts these are, in the order of the file."""
    joining = _Joining()
    left_out = tuple(part for part in shown if not joining.add(part, lines))
    joining.blocks[0] = Block((), tuple(Edge(part.entry) for part in joining.parts))
    first = shown[0]
    return Joint(
        replace(
            first,
            line=first.line + lines.starts[first.fragment],
            first_line=joining.parts[0].first_line,
            last_line=joining.parts[-1].last_line,
            return_type=heading.return_type,
            parameters=heading.parameters,
            locals=tuple(joining.locals),
            is_static=any(part.is_static for part in shown),
            is_inline=any(part.is_inline for part in shown),
            annotations=heading.annotations,
            events=tuple(joining.events),
            tests=tuple(joining.tests),
            blocks=tuple(joining.blocks),
            is_whole=False,
            parts=tuple(joining.parts),
        ),
        left_out,
    )


class _Joining(msgspec.Struct):
    events: list[Event] = msgspec.field(default_factory=list)
    tests: list[Test] = msgspec.field(default_factory=list)
    blocks: list[Block] = msgspec.field(default_factory=lambda: [Block((), ())])
    locals: dict[Variable, None] = msgspec.field(default_factory=dict)
    parts: list[Part] = msgspec.field(default_factory=list)

    def add(self, shown: Function, lines: Lines) -> bool:
        """Take in one part; False where the whole would be too long to follow."""
        is_long = len(self.events) + len(shown.events) > MOST_EVENTS
        if self.parts and (is_long or len(self.blocks) + len(shown.blocks) > MOST_BLOCKS):
            return False
        event, test, block = len(self.events), len(self.tests), len(self.blocks)
        start = lines.starts[shown.fragment]
        self.events += (replace(one, line=one.line + start) for one in shown.events)
        self.tests += (
            replace(one, line=one.line + start, events=tuple(index + event for index in one.events))
            for one in shown.tests
        )
        self.blocks += (
            Block(
                tuple(index + event for index in one.events),
                tuple(_moved(edge, block, test) for edge in one.edges),
                one.is_loop_head,
            )
            for one in shown.blocks
        )
        self.locals.update(dict.fromkeys(shown.locals))
        first, last = (line + start for line in (shown.first_line, shown.last_line))
        self.parts.append(Part(block, event, len(self.events), first, last))
        return True


def _moved(edge: Edge, block: int, test: int) -> Edge:
    return Edge(edge.target + block, None if edge.test is None else edge.test + test, edge.taken)
