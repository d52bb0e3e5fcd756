"""The accesses of a field as a table, with what they have in common."""

from collections.abc import Callable, Iterator, Sequence

from reviewbot.analysis.facts import SharedAccess
from reviewbot.analysis.locks import common_locks
from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.study import Study
from reviewbot.publishers import clean

HEADINGS = ("kind", "marking", "where", "function", "context", "patch", "held", "known")

_PAIRS = 5
"""Pairs without a common lock that are named; the rest is counted."""
_CONTEXTS = 2
"""Contexts of one function that are named; the rest is counted."""

Contexts = Callable[[Study], Sequence[str]]
"""The contexts that a function runs in, in words."""


def table(seen: Sequence[Seen], contexts: Contexts) -> list[str]:
    """A line an access under a line of headings."""
    rows = [HEADINGS, *(_row(each, contexts) for each in seen)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    cells = ([cell.ljust(size) for cell, size in zip(row, widths, strict=True)] for row in rows)
    return [f"  {'  '.join(row)}".rstrip() for row in cells]


def _row(seen: Seen, contexts: Contexts) -> tuple[str, ...]:
    access, place = seen.access, seen.access.place
    held, known = _protection(seen)
    cells = (
        access.kind.value,
        access.accessor or access.marking.value,
        f"{place.path}:{place.line}",
        (f"{place.function}()" if place.function else "-") + (f" via {access.via}()" if access.via else ""),
        _named(contexts(seen.study)),
        "-" if place.patch is None else str(place.patch),
        held,
        known,
    )
    return tuple(clean.line(cell) for cell in cells)


def _named(words: Sequence[str]) -> str:
    more = len(words) - _CONTEXTS
    return (", ".join(words[:_CONTEXTS]) + (f" and {more} more" if more > 0 else "")) or "not known"


def _protection(seen: Seen) -> tuple[str, str]:
    """Locks and sections, or why nobody else can be there; and how each of it is known."""
    access = seen.access
    parts = [(f"{lock.text}{'' if lock.is_exclusive else ' shared'}", lock.known) for lock in access.held]
    parts += [(" ".join(filter(None, (each.flavour, each.domain))), "seen") for each in access.sections]
    if access.is_fresh:
        parts.append(("object not yet shared", "seen"))
    elif seen.is_setup:
        parts.append(("set up", "name"))
    elif seen.is_teardown:
        parts.append(("torn down", "name"))
    known = list(dict.fromkeys(word for _, word in parts))
    words = known if len(known) == 1 else [word for _, word in parts]
    return ", ".join(text for text, _ in parts) or "nothing seen", ", ".join(words) or "-"


def in_common(story: Story) -> Iterator[str]:
    """The locks that all accesses hold, or the pairs of functions that no lock keeps apart."""
    live = [seen.access for seen in story.seen if seen.is_live]
    locks = story.common_locks
    yield f"Common locks: {', '.join(locks) if locks else 'none'}."
    pairs = {} if locks else _open_pairs(live)
    for one, two in list(pairs)[:_PAIRS]:
        yield f"No lock in common: {one} and {two}"
    if len(pairs) > _PAIRS:
        yield f"... and {len(pairs) - _PAIRS} more such pairs"
    if not (pairs or locks) and any(access.is_write for access in live):
        words = "has a lock in common, is in one function, or belongs to setup or teardown"
        yield f"Every pair of accesses with a write in it {words}."


def _open_pairs(live: Sequence[SharedAccess]) -> dict[tuple[str, str], None]:
    """Which write and which other access no lock keeps apart, each pair of functions once."""
    pairs: dict[tuple[str, str], None] = {}
    for write in (access for access in live if access.is_write):
        for other in live:
            if other is not write and _function(other) != _function(write) and not common_locks(write, other):
                one, two = sorted((_function(write), _function(other)))
                pairs[one, two] = None
    return pairs


def _function(access: SharedAccess) -> str:
    return f"{access.place.function}()" if access.place.function else access.place.path
