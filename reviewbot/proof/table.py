"""The table of threads, drawn from the execution in which the bad outcome happens.

Rows run in the order of program order, reads-from, coherence and from-reads. In a weak execution
these have a cycle: then a from-read edge is what goes back in time, and the read that it starts
from is the one that is remarked upon.
"""

import itertools
from collections.abc import Iterator, Sequence

import msgspec

from reviewbot.analysis.facts import Interleaving, Step
from reviewbot.analysis.scenario import Act, Shape
from reviewbot.memory_model.events import Event, EventKind
from reviewbot.memory_model.witness import Witness
from reviewbot.proof.litmus import Written
from reviewbot.proof.prove import Proof

_REMARKS = {
    Shape.MESSAGE: "<- may be old",
    Shape.POINTER: "<- may be old",
    Shape.CROSSED: "<- misses the other's store",
    Shape.RECLAIM: "<- may be freed",
    Shape.LATE: "<- not set yet",
}
_ARROW = "- ->"
_MISSING = "?"


class _Row(msgspec.Struct, frozen=True):
    thread: int
    act: Act
    event: Event


def table(proof: Proof) -> Interleaving | None:
    """The threads of a proof, event by event; None where there is nothing to draw but a race."""
    witness = proof.posted.witness
    if witness is None or proof.scenario.shape is Shape.RACE:
        return None
    rows = _ordered(witness, list(_rows(witness, proof.canonical_test)))
    steps = tuple(_steps(proof, witness, rows))
    return Interleaving(tuple(thread.title for thread in proof.scenario.threads), steps)


def _rows(witness: Witness, test: Written) -> Iterator[_Row]:
    """The acts of the scenario that happened, one event for each: of an exchange its read."""
    done: set[int] = set()
    for event in (event for thread in witness.threads for event in thread):
        found = test.acts.get(event.line)
        if found is not None and event.line not in done and found[1].text:
            done.add(event.line)
            yield _Row(*found, event)


def _ordered(witness: Witness, rows: list[_Row]) -> list[_Row]:
    """The rows in the order of time, as far as there is one; writes as early as can be."""
    before = _edges(witness)
    left = list(rows)
    found: list[_Row] = []
    while left:
        ready = [row for row in left if not any((o.event.index, row.event.index) in before for o in left)]
        row = min(ready or left, key=lambda row: (row.event.kind is not EventKind.WRITE, row.event.index))
        row = (_read_by(witness, found[-1], ready) if found else None) or row
        left.remove(row)
        found.append(row)
    return found


def _read_by(witness: Witness, last: _Row, ready: Sequence[_Row]) -> _Row | None:
    """The read, in another thread, of what was just written: it stands in the same row."""
    return next(
        (
            row
            for row in ready
            if (last.event.index, row.event.index) in witness.rf and row.thread != last.thread
        ),
        None,
    )


def _edges(witness: Witness) -> set[tuple[int, int]]:
    """The transitive order of the events; from-read edges that would make a cycle are left out."""
    n = len(witness.events)
    after = [0] * n
    for thread in witness.threads:
        for event, following in itertools.pairwise(thread):
            _add(after, event.index, following.index)
    for first, second in (*witness.rf, *witness.co, *witness.fr):
        if first != second and not after[second] >> first & 1:
            _add(after, first, second)
    return {(i, j) for i in range(n) for j in range(n) if after[i] >> j & 1}


def _add(after: list[int], first: int, second: int) -> None:
    """Adds an edge to a transitive relation: `after[i]` has bit j where j comes after i."""
    gained = after[second] | 1 << second
    for i in range(len(after)):
        if i == first or after[i] >> first & 1:
            after[i] |= gained


def _steps(proof: Proof, witness: Witness, rows: Sequence[_Row]) -> Iterator[Step]:
    remarked = _remarked(proof)
    shape = proof.scenario.shape
    for number, row in enumerate(rows):
        following = rows[number + 1] if number + 1 < len(rows) else None
        is_bad = (row.thread, row.act.register) in remarked
        is_read_next = (
            following is not None
            and following.thread > row.thread
            and (row.event.index, following.event.index) in witness.rf
        )
        is_missing = is_bad and shape in (Shape.MESSAGE, Shape.POINTER)
        yield Step(
            row.thread,
            row.act.text,
            remark=_REMARKS[shape] if is_bad else "",
            arrow=_ARROW if is_read_next else _MISSING if is_missing else "",
        )


def _remarked(proof: Proof) -> set[tuple[int, str]]:
    """Of each thread the last register that the bad outcome names."""
    last = {each.thread: each.register for each in proof.scenario.bad}
    return set(last.items())
