"""A witness as text: one column a thread, narrow enough for mail."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator

from reviewbot.memory_model.events import INITIAL, Event, EventKind
from reviewbot.memory_model.witness import Witness

WIDTH = 75
"""Columns that a mail has to spare for it."""
_GAP = 2
_LEAST = 16
"""Columns under which a statement cannot be read; threads then stand one below the other."""


def draw(witness: Witness, width: int = WIDTH) -> str:
    """One column a thread, each statement with what it reads, in an order that fits what is read from where.

    Below stands what no order of lines can show: what each read that reads from another thread or from the
    start reads, who takes a lock after whom, and which write overwrites another thread's.

    Args:
        witness: What to draw.
        width: The most columns of a line.
    """
    rows = list(_rows(witness))
    count = len(witness.threads)
    size = (width - _GAP * (count - 1)) // count
    lines = _stacked(rows, count, width) if size < _LEAST else _columns(rows, count, size)
    edges = (line for edge in _edges(witness) for line in _wrapped(edge, width))
    return "".join(f"{line.rstrip()}\n" for line in (*lines, "", *edges))


def edge_end(event: Event) -> str:
    """An end of an edge: ``P1 R flag=1``."""
    what = {EventKind.READ: "R", EventKind.WRITE: "W"}.get(event.kind, event.kind.value)
    return f"P{event.thread} {what} {event.location}={event.value}"


def _rows(witness: Witness) -> Iterator[tuple[int, str]]:
    """The statements with their threads, in the order to draw them."""
    statements = [_statements(thread) for thread in witness.threads]
    before = _sources(witness)
    done: set[int] = set()
    at = [0] * len(statements)
    while open_ := [i for i, each in enumerate(statements) if at[i] < len(each)]:
        # the thread whose next statement waits for the fewest events that are not drawn yet
        chosen = min(open_, key=lambda i: len(_waiting(statements[i][at[i]], before, done)))
        events = statements[chosen][at[chosen]]
        at[chosen] += 1
        done.update(event.index for event in events)
        yield chosen, _shown(events)


def _statements(thread: tuple[Event, ...]) -> list[list[Event]]:
    """The events of each statement, together."""
    found: list[list[Event]] = []
    for event in thread:
        if found and (found[-1][0].line, found[-1][0].text) == (event.line, event.text):
            found[-1].append(event)
        else:
            found.append([event])
    return found


def _sources(witness: Witness) -> dict[int, set[int]]:
    """For each event those of other threads that come before it: what it reads, what it overwrites."""
    found: dict[int, set[int]] = defaultdict(set)
    for first, second in (*witness.rf, *witness.co, *witness.fr):
        ends = witness.events[first], witness.events[second]
        if ends[0].thread not in (INITIAL, ends[1].thread):
            found[second].add(first)
    return found


def _waiting(events: list[Event], before: dict[int, set[int]], done: set[int]) -> set[int]:
    return {source for event in events for source in before[event.index]} - done


def _shown(events: list[Event]) -> str:
    """A statement with the value it reads behind it."""
    read = [event.value for event in events if event.kind is EventKind.READ]
    return events[0].text + "".join(f" [{value}]" for value in read)


def _columns(rows: list[tuple[int, str]], count: int, size: int) -> Iterator[str]:
    gap = " " * _GAP
    yield gap.join(f"P{i}".ljust(size) for i in range(count))
    yield gap.join("-" * size for _ in range(count))
    for thread, text in rows:
        for part in _wrapped(text, size) or [""]:
            yield " " * ((size + _GAP) * thread) + part


def _stacked(rows: list[tuple[int, str]], count: int, width: int) -> Iterator[str]:
    for number in range(count):
        yield f"P{number}"
        for thread, text in rows:
            if thread == number:
                yield from _wrapped(text, width, "  ")


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    further = f"{indent}  "
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False
    )


def _edges(witness: Witness) -> Iterator[str]:
    """What is read from elsewhere, then what is overwritten by whom."""
    events = witness.events
    for write, read in sorted(witness.rf, key=lambda pair: (events[pair[1]].thread, pair[1])):
        if events[write].thread == events[read].thread:
            continue
        if events[write].thread == INITIAL:
            if events[read].kind is EventKind.READ:
                yield f"{edge_end(events[read])} reads from the start"
        elif events[read].kind is EventKind.LOCK_READ:
            yield f"P{events[read].thread} takes {events[read].location} after P{events[write].thread}"
        else:
            yield f"{edge_end(events[read])} reads from {edge_end(events[write])}"
    for first, second in witness.co:
        both = events[first], events[second]
        is_plain = all(each.kind is EventKind.WRITE for each in both)
        if is_plain and both[0].thread not in (INITIAL, both[1].thread):
            yield f"{edge_end(both[0])} is overwritten by {edge_end(both[1])}"
