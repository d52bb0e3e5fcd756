"""What a picture of a witness shows: boxes for statements, arcs for the relations between them.

Not every pair is an arc. Left out are what a reader takes for granted (reads from the start, order within a
thread that nothing hangs on) and what the locks alone do, unless the cycle goes through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from reviewbot.memory_model.draw import edge_end
from reviewbot.memory_model.events import INITIAL, Event, EventKind
from reviewbot.memory_model.outcome import state_text
from reviewbot.memory_model.why import Reason
from reviewbot.memory_model.witness import Pairs, Witness


class Style(StrEnum):
    """The sort of an arc; each is drawn in its own way."""

    READS = "rf"
    MISSES = "fr"
    OVERWRITES = "co"
    DEPENDS = "dep"
    ORDERED = "order"


class Box(msgspec.Struct, frozen=True):
    """The events of one statement.

    Attributes:
        thread: The column.
        row: From the top, from 0.
        events: What it stands for.
        statement: As written in the test.
    """

    thread: int
    row: int
    events: tuple[Event, ...]
    statement: str

    @property
    def is_fence(self) -> bool:
        """Whether nothing is read or written."""
        return all(event.kind is EventKind.FENCE for event in self.events)

    @property
    def is_initial(self) -> bool:
        """Whether it is what a variable starts with."""
        return self.events[0].thread == INITIAL


class Arc(msgspec.Struct, frozen=True):
    """A relation between two boxes.

    Attributes:
        source: The number of the box where it starts.
        target: Where it ends.
        style: Its sort.
        label: The names of the relations.
        is_marked: Whether it is what the picture is about: a step of the cycle, or what goes back in time.
    """

    source: int
    target: int
    style: Style
    label: str
    is_marked: bool = False


class Picture(msgspec.Struct, frozen=True):
    """What to draw.

    Attributes:
        title: The test.
        verdict: Whether this may happen, and the final state.
        note: The cycle, or the arc that goes back in time, in words; "" where there is none.
        threads: How many columns.
        boxes: By column and row.
        arcs: Those that are marked first.
    """

    title: str
    verdict: str
    note: str
    threads: int
    boxes: tuple[Box, ...]
    arcs: tuple[Arc, ...]


def picture(witness: Witness, reason: Reason | None = None) -> Picture:
    """What to draw of a witness.

    Args:
        witness: An execution.
        reason: Why it is forbidden, if it is and that is known.
    """
    boxes = tuple(_boxes(witness, reason))
    of = {event.index: number for number, box in enumerate(boxes) for event in box.events}
    weak = _weak(witness) if reason is None and not witness.execution.failed else ()
    marked = _cycle(reason, of) if reason else _drawn(witness, weak, of, is_marked=True)
    arcs = _merged((*marked, *_relations(witness, of)), boxes)
    note = str(reason) if reason and reason.edges else "; ".join(_told(witness, weak))
    title, verdict, note = map(visible, (witness.test, _verdict(witness, reason), note))
    return Picture(title, verdict, note, len(witness.threads), boxes, arcs)


def visible(text: str) -> str:
    r"""Text on one line, in which what moves, hides or is no text shows as an escape: ``\\x1b``."""
    text = " ".join(text.split())
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _verdict(witness: Witness, reason: Reason | None) -> str:
    failed = witness.execution.failed or ((reason.axiom,) if reason else ())
    word = f"forbidden by {' and '.join(failed)}" if failed else "may happen"
    state = state_text(witness.state)
    return f"{word}: {state}" if state else word


def _boxes(witness: Witness, reason: Reason | None) -> Iterator[Box]:
    for number, thread in enumerate(witness.threads):
        groups = [[event] for event in _starts(reason, number)]
        for event in thread:
            if groups and _is_of(event, groups[-1]):
                groups[-1].append(event)
            else:
                groups.append([event])
        for row, group in enumerate(groups):
            yield Box(number, row, tuple(group), visible(group[0].text))


def _starts(reason: Reason | None, thread: int) -> list[Event]:
    """The initial writes that the cycle goes through, in the column of an event beside them."""
    found: dict[int, tuple[Event, int]] = {}
    for edge in reason.edges if reason else ():
        for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
            if one.thread == INITIAL:
                found.setdefault(one.index, (one, max(other.thread, 0)))
    return [event for event, column in found.values() if column == thread]


def _is_of(event: Event, group: list[Event]) -> bool:
    """Whether an event is of the statement of those before; a second read is of a loop's next turn."""
    reads = (EventKind.READ, EventKind.LOCK_READ)
    is_again = event.kind in reads and any(each.kind in reads for each in group)
    return (event.line, event.text) == (group[0].line, group[0].text) and not is_again


def _cycle(reason: Reason, of: dict[int, int]) -> Iterator[Arc]:
    for edge in reason.edges:
        ends, label = (edge.source, edge.target), edge.label
        if label.endswith("^-1"):
            ends, label = (edge.target, edge.source), label.removesuffix("^-1")
        source, target = (of[event.index] for event in ends)
        if source != target:
            yield Arc(source, target, _style(label), label, is_marked=True)


def _style(label: str) -> Style:
    for style in (Style.READS, Style.MISSES, Style.OVERWRITES):
        if label in (style, f"{style}e", f"{style}i"):
            return style
    return Style.DEPENDS if label in ("addr", "data", "ctrl", "rmw") else Style.ORDERED


def _relations(witness: Witness, of: dict[int, int]) -> Iterator[Arc]:
    """What is drawn of every witness."""
    yield from _drawn(witness, _accesses(witness, (*witness.rf, *witness.fr, *witness.co)), of)
    for label, pairs in (("addr", witness.addr), ("data", witness.data), ("ctrl", _first(witness.ctrl))):
        for source, target in pairs:
            if is_of_memory(witness.events[target]) and of[source] != of[target]:
                yield Arc(of[source], of[target], Style.DEPENDS, label)


def _accesses(witness: Witness, pairs: Pairs) -> Iterator[tuple[int, int]]:
    """The pairs that are drawn: those between threads, and what a thread reads from itself.

    Of locks only who takes one after whom.
    """
    for source, target in pairs:
        ends = witness.events[source], witness.events[target]
        is_rf = (source, target) in witness.rf
        is_data = all(map(is_of_memory, ends))
        if ends[0].thread == ends[1].thread:
            is_drawn = is_rf and is_data
        else:
            is_drawn = is_data or (is_rf and ends[1].kind is EventKind.LOCK_READ)
        if is_drawn and ends[0].thread != INITIAL:
            yield source, target


def is_of_memory(event: Event) -> bool:
    """Whether it is an access to the data of the test, not one to a lock or to what counts readers."""
    is_reader = event.tag is not None and event.tag.startswith("srcu")
    return event.kind in (EventKind.READ, EventKind.WRITE) and not is_reader


def _first(pairs: Pairs) -> Iterator[tuple[int, int]]:
    """Of each source the first target: what stands behind a check stands below the first that does."""
    seen: set[int] = set()
    for source, target in pairs:
        if source not in seen:
            seen.add(source)
            yield source, target


def _drawn(
    witness: Witness, pairs: Iterable[tuple[int, int]], of: dict[int, int], is_marked: bool = False
) -> Iterator[Arc]:
    styles = ((Style.READS, witness.rf), (Style.OVERWRITES, witness.co), (Style.MISSES, witness.fr))
    for pair in pairs:
        style = next(style for style, known in styles if pair in known)
        if of[pair[0]] != of[pair[1]]:
            yield Arc(of[pair[0]], of[pair[1]], style, style.value, is_marked)


def _merged(arcs: Iterable[Arc], boxes: tuple[Box, ...]) -> tuple[Arc, ...]:
    """One arc for all relations of one sort between two boxes, and for all that run down within a thread.

    The first gives its look; of relations between threads that are marked too, it is the one that is told.
    """
    found: dict[tuple[int, int, Style | None], Arc] = {}
    for arc in arcs:
        is_down = boxes[arc.source].thread == boxes[arc.target].thread and arc.source < arc.target
        key = (arc.source, arc.target, None if is_down else arc.style)
        before = found.get(key)
        if before is None:
            found[key] = arc
        elif is_down or not before.is_marked:
            labels = dict.fromkeys((*before.label.split(", "), arc.label))
            found[key] = replace(before, label=", ".join(labels))
    return tuple(found.values())


def _weak(witness: Witness) -> Pairs:
    """What goes back in time: the pairs that close a cycle with those before them.

    Program order and what is read from where are taken for the order of time, then what is overwritten, then
    what is missed. In an execution that an interleaving of the threads explains, nothing goes back.
    """
    after = [0] * len(witness.events)
    for thread in witness.threads:
        for event, following in pairwise(thread):
            _add(after, event.index, following.index)
    found = []
    drawn = set(_accesses(witness, (*witness.rf, *witness.co, *witness.fr)))
    for first, second in (*witness.rf, *witness.co, *witness.fr):
        if not after[second] >> first & 1:
            _add(after, first, second)
        elif (first, second) in drawn:
            found.append((first, second))
    return tuple(found)


def _add(after: list[int], first: int, second: int) -> None:
    """Adds to a transitive order: ``after[i]`` has bit j where j comes after i."""
    gained = after[second] | 1 << second
    for i in range(len(after)):
        if i == first or after[i] >> first & 1:
            after[i] |= gained


def _told(witness: Witness, weak: Pairs) -> Iterator[str]:
    for first, second in weak:
        ends = [edge_end(witness.events[i]) for i in (first, second)]
        if (first, second) in witness.fr:
            yield f"{ends[0]} misses {ends[1]}, which the other arrows put before it"
        elif (first, second) in witness.rf:
            yield f"{ends[1]} reads from {ends[0]}, which the other arrows put after it"
        else:
            yield f"{ends[1]} overwrites {ends[0]}, which the other arrows put after it"
