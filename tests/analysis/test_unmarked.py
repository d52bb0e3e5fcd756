"""Lines that only lose their mark, and messages that say why."""

import pytest

from reviewbot.analysis.unmarked import bare, folded, says_held

SAYS = (
    "Mutex is held when adding an element, no need for READ_ONCE, remove it.",
    "wren: remove annotations while holding lock",
    "The field is protected by w->lock here.",
    "All callers run under rtnl.",
    "READ_ONCE() is not needed, for the mutex is held.",
    "Both take the rwsem.\n\nSo the marks go.",
)
SAYS_NOT = (
    "Drop the marks.",
    "The lock is new. It will be held later.",
    "This runs without holding the lock.",
    "The mutex is no longer held; w->lock is not held either.",
    "Hold the lockless readers off.",
)


@pytest.mark.parametrize("message", SAYS)
def test_message_that_names_a_lock(message: str) -> None:
    assert says_held(message)


@pytest.mark.parametrize("message", SAYS_NOT)
def test_message_that_does_not(message: str) -> None:
    assert not says_held(message)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("\tWRITE_ONCE(w->rate, rate);", "w->rate = rate;"),
        ("\tWRITE_ONCE(w->rates[n(1, 2)], max(a, b));", "w->rates[n(1, 2)] = max(a, b);"),
        ("\tif (READ_ONCE(w->rate) && READ_ONCE(w->nest->eggs))", "if (w->rate && w->nest->eggs)"),
        ("\tx = READ_ONCE(*READ_ONCE(w->slot));", "x = *w->slot;"),
        ("\tx = READ_ONCE(w->very.long", "x = READ_ONCE(w->very.long"),
    ],
)
def test_line_without_its_mark(line: str, left: str) -> None:
    assert bare([line]) == {folded(left)}


def test_lines_without_marks_say_nothing() -> None:
    assert bare(["\tw->rate = rate;", "}", "\tAREAD_ONCE(w->rate);"]) == set()
