"""Double-checked initialisation: the outer test, the store under the lock, and what they order."""

import pytest

from reviewbot.analysis.facts import DoubleCheck
from reviewbot.syntax.model import Marking
from tests.analysis.series import facts

CHECK = """
u32 wren_seed(struct wren *w)
{
	if (!w->seeded) {
		spin_lock(&w->lock);
		if (!w->seeded) {
			w->seed = get_random_u32();
			w->seeded = true;
		}
		spin_unlock(&w->lock);
	}
	return w->seed;
}
"""

EARLY = """
u32 wren_seed(struct wren *w)
{
	u32 seed;

	if (READ_ONCE(w->seeded))
		return w->seed;
	mutex_lock(&w->lock);
	if (!w->seeded) {
		w->seed = get_random_u32();
		WRITE_ONCE(w->seeded, true);
	}
	seed = w->seed;
	mutex_unlock(&w->lock);
	return seed;
}
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_outer_test_that_jumps_over_the_lock() -> None:
    (fact,) = facts(CHECK, DoubleCheck)
    assert (str(fact.field), fact.lock, fact.payload) == ("wren.seeded", "w->lock", "w->seed")
    assert (fact.outer_marking, fact.inner_marking, fact.is_pointer) == (Marking.PLAIN, Marking.PLAIN, False)
    assert fact.place.line == 3


def test_outer_test_that_returns() -> None:
    (fact,) = facts(EARLY, DoubleCheck)
    assert (fact.outer_marking, fact.payload, fact.place.line) == (Marking.ONCE, "w->seed", 5)


ACQUIRE = ("!w->seeded", "!smp_load_acquire(&w->seeded)")
RELEASE = ("w->seeded = true;", "smp_store_release(&w->seeded, true);")

SILENT = {
    "acquire and release": (ACQUIRE, RELEASE),
    "barriers": (
        ("\tw->seeded = true;", "\tsmp_wmb();\n\tw->seeded = true;"),
        ("\treturn w->seed;", "\tsmp_rmb();\n\treturn w->seed;"),
    ),
    "always under the lock": (
        ("\tif (!w->seeded) {\n\t\tspin_lock(&w->lock);", "\tspin_lock(&w->lock);\n\tif (!w->seeded) {"),
        ("\t\tspin_unlock(&w->lock);\n\t}\n", "\t}\n"),
        ("return w->seed;\n", "spin_unlock(&w->lock);\n\treturn 0;\n"),
    ),
    "nothing is used that was set up": (("\treturn w->seed;", "\treturn 0;"),),
    "no second test": (("\t\tif (!w->seeded) {\n", "\t\t{\n"),),
}


@pytest.mark.parametrize("changes", SILENT.values(), ids=SILENT.keys())
def test_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert facts(changed(CHECK, *changes), DoubleCheck) == []


ASKED = {
    "acquire alone": (ACQUIRE,),
    "release alone": (RELEASE,),
    "barrier before the payload": (ACQUIRE, ("\tw->seed = get", "\tsmp_wmb();\n\tw->seed = get")),
    "marked": (("!w->seeded", "!READ_ONCE(w->seeded)"), ("w->seeded = true", "WRITE_ONCE(w->seeded, true)")),
}


@pytest.mark.parametrize("changes", ASKED.values(), ids=ASKED.keys())
def test_mutation(changes: tuple[tuple[str, str], ...]) -> None:
    assert [fact.payload for fact in facts(changed(CHECK, *changes), DoubleCheck)] == ["w->seed"]


def test_globals() -> None:
    text = "static bool seeded;\nstatic u32 seed;\n" + CHECK.replace("w->seed", "seed")
    assert [(str(fact.field), fact.payload) for fact in facts(text, DoubleCheck)] == [("seeded", "seed")]


def test_known_miss_set_up_in_a_callee() -> None:
    """What a function called under the lock fills in is not followed."""
    text = changed(CHECK, ("w->seed = get_random_u32();", "wren_fill(w);"))
    helper = "static void wren_fill(struct wren *w)\n{\n\tw->seed = 1;\n\tw->rev = 2;\n}\n"
    assert facts(helper + text, DoubleCheck) == []
