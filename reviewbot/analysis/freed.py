"""Pointers that a function frees at once what they point to: nobody else can be there (S05)."""

from collections.abc import Iterator

from reviewbot.analysis.stories import Seen
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Kind, ValueKind


def is_handed_to_free(seen: Seen) -> bool:
    """Whether what was read is only handed to a function that frees it."""
    return any(line == seen.source.line for _, line in _frees(seen, is_final=False))


def is_freed(seen: Seen) -> bool:
    """Whether the object is freed where the pointer is read, or was before the pointer is cleared.

    Who frees without a grace period says that nobody can follow the pointer any more. Functions that
    drop a reference do not count: others may hold theirs.
    """
    value = seen.source.value
    if seen.access.kind is Kind.READ:
        return any(line == seen.source.line for _, line in _frees(seen, is_final=True))
    if seen.access.kind is not Kind.WRITE or value is None or value.kind is not ValueKind.NULL:
        return False
    flow = seen.study.flow
    before = flow.may_precede(seen.event) if flow.is_reached(seen.event) else 0
    return any(before >> event & 1 for event, _ in _frees(seen, is_final=True))


def _frees(seen: Seen, *, is_final: bool) -> Iterator[tuple[int, int]]:
    """The event and line of each call that frees what the pointer points to; `is_final` for everybody."""
    memory = vocabulary().memory
    for event, call in seen.study.calls():
        freed = memory.free(call.function)
        if freed is None or (is_final and freed.is_by_reference) or freed.object >= len(call.arguments):
            continue
        if call.arguments[freed.object].path == seen.source.path:
            yield event, call.line
