"""Store buffering: each side stores its own flag and then loads the other's."""

import pytest

from reviewbot.analysis.facts import Crossing
from tests.analysis.series import facts

CROSSED = """
void wren_submit(struct wren *w)
{
	WRITE_ONCE(w->has_work, 1);
	if (READ_ONCE(w->is_idle))
		wren_kick(w);
}

void wren_idle(struct wren *w)
{
	WRITE_ONCE(w->is_idle, 1);
	if (!READ_ONCE(w->has_work))
		wren_park(w);
}
"""

STORE, LOAD = "\tWRITE_ONCE(w->has_work, 1);", "\tif (!READ_ONCE(w->has_work))"


def changed(*changes: tuple[str, str]) -> str:
    text = CROSSED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_crossed() -> None:
    (fact,) = facts(CROSSED, Crossing)
    assert (str(fact.field), fact.other) == ("wren.has_work", "is_idle")
    assert (fact.writer, fact.reader) == ("wren_submit()", "wren_idle()")
    assert [access.place.line for access in fact.accesses] == [3, 10, 4, 11]


SILENT = {
    "full barriers": ((STORE, f"{STORE}\n\tsmp_mb();"), (LOAD, f"\tsmp_mb();\n{LOAD}")),
    "full stores": (
        ("WRITE_ONCE(w->has_work, 1)", "smp_store_mb(w->has_work, 1)"),
        ("WRITE_ONCE(w->is_idle, 1)", "smp_store_mb(w->is_idle, 1)"),
    ),
    "S03 lock in common": (
        (STORE, f"\tguard(spinlock)(&w->lock);\n{STORE}"),
        ("\tWRITE_ONCE(w->is_idle", "\tguard(spinlock)(&w->lock);\n\tWRITE_ONCE(w->is_idle"),
    ),
    "checked before it stores": (
        (STORE, ""),
        ("\t\twren_kick(w);", "\t\twren_kick(w);\n\tWRITE_ONCE(w->has_work, 1);"),
    ),
    "another object": (("READ_ONCE(w->is_idle)", "READ_ONCE(w->next->is_idle)"),),
    "nothing marked": (
        ("WRITE_ONCE(w->has_work, 1)", "w->has_work = 1"),
        ("READ_ONCE(w->has_work)", "w->has_work"),
    ),
}


@pytest.mark.parametrize("changes", SILENT.values(), ids=SILENT.keys())
def test_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert facts(changed(*changes), Crossing) == []


ASKED = {
    "barrier on one side": ((STORE, f"{STORE}\n\tsmp_mb();"),),
    "barriers of one kind": ((STORE, f"{STORE}\n\tsmp_wmb();"), (LOAD, f"\tsmp_rmb();\n{LOAD}")),
    "barrier above the store": (
        (STORE, f"\tsmp_mb();\n{STORE}"),
        ("\tWRITE_ONCE(w->is_idle", "\tsmp_mb();\n\tWRITE_ONCE(w->is_idle"),
    ),
    "compiler barriers": ((STORE, f"{STORE}\n\tbarrier();"), (LOAD, f"\tbarrier();\n{LOAD}")),
    "release and acquire": (
        ("WRITE_ONCE(w->has_work, 1)", "smp_store_release(&w->has_work, 1)"),
        ("READ_ONCE(w->has_work)", "smp_load_acquire(&w->has_work)"),
    ),
}


@pytest.mark.parametrize("changes", ASKED.values(), ids=ASKED.keys())
def test_mutation(changes: tuple[tuple[str, str], ...]) -> None:
    assert [fact.other for fact in facts(changed(*changes), Crossing)] == ["is_idle"]
