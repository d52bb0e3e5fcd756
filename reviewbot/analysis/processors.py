"""Code for one kind of processor that keeps the order of marked accesses (suppressor S21).

x86, s390 and sparc reorder only a store with a later load; the compiler does not reorder volatile
accesses with each other. Where flag and payload are all marked, the order stands without more.
"""

from collections.abc import Sequence

from reviewbot.analysis.flow import bits
from reviewbot.analysis.program import Study
from reviewbot.analysis.stories import UNMARKED, Seen
from reviewbot.syntax.model import Access, Event

KEEPING = ("arch/x86/", "arch/s390/", "arch/sparc/")
"""Folders of code for processors that keep all orders but store before load."""


def keep_order(ends: Sequence[Seen], touching: Sequence[tuple[Study, int]]) -> str:
    """The folder of the processor that keeps flag and payload in order; empty where none does.

    `touching` are the events that write or read the payload, by function.
    """
    folder = next((name for name in KEEPING if _is_all_of(name, ends)), "")
    events = [study.function.events[index] for study, found in touching for index in bits(found)]
    is_marked = all(seen.access.marking not in UNMARKED for seen in ends)
    return folder.rstrip("/") if folder and is_marked and events and all(map(_is_marked, events)) else ""


def _is_all_of(folder: str, ends: Sequence[Seen]) -> bool:
    return all(seen.study.file.path.startswith(folder) for seen in ends)


def _is_marked(event: Event) -> bool:
    """Whether an event is a marked access; a call may hide plain ones."""
    return isinstance(event, Access) and event.marking not in UNMARKED
