"""Whether a model is coherent within one thread, which every sane one is: asked, not taken for granted.

What a thread reads back of its own writes is most of what a search would try in vain.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from weakref import WeakKeyDictionary

from reviewbot.memory_model.events import INITIAL, Event, EventKind, Execution, Relation, Skeleton


class _Judge(Protocol):
    def executions(self, skeleton: Skeleton, rf: Relation) -> Iterator[Execution]: ...


_KNOWN: WeakKeyDictionary[_Judge, bool] = WeakKeyDictionary()

_READ, _WRITE = EventKind.READ, EventKind.WRITE
_WRONG = (
    # what was there before the own write; what the own write replaced; what is written only later
    (((_WRITE, 1), (_READ, 0)), (0, 2)),
    (((_WRITE, 1), (_WRITE, 2), (_READ, 1)), (1, 3)),
    (((_READ, 1), (_WRITE, 1)), (2, 1)),
)
"""Threads of one variable, and at the end which event the read reads from (event 0 is the initial write)."""


def is_coherent(model: _Judge) -> bool:
    """Whether a read sees neither what its own thread has overwritten nor what that writes only later."""
    if model not in _KNOWN:
        _KNOWN[model] = not any(_is_allowed(model, thread, write, read) for thread, (write, read) in _WRONG)
    return _KNOWN[model]


def _is_allowed(model: _Judge, thread: tuple[tuple[EventKind, int], ...], write: int, read: int) -> bool:
    n = len(thread) + 1
    events = [Event(0, INITIAL, EventKind.WRITE, None, "x", 0)]
    events += (Event(i, 0, kind, None, "x", value) for i, (kind, value) in enumerate(thread, 1))
    po = sum(1 << (i * n + j) for i in range(1, n) for j in range(i + 1, n))
    skeleton = Skeleton(tuple(events), po, 0, 0, 0, 0)
    return any(True for _ in model.executions(skeleton, 1 << (write * n + read)))
