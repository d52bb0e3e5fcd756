"""RCU pointers accessed plainly, and the accessor that is wanted in each place."""

import pytest

from reviewbot.analysis.facts import Confidence, MixedMarking
from tests.analysis.series import facts

DECLARED = """
struct wren {
	struct mutex lock;
	struct nest __rcu *nest;
};

void wren_use(struct wren *w)
{
	%s
}
"""

WANTED = {
    "w->nest = NULL;": "RCU_INIT_POINTER()",
    "w->nest = wren_nest(w);": "rcu_assign_pointer()",
    "if (w->nest)\n\t\twren_wake(w);": "rcu_access_pointer()",
    "WARN_ON(w->nest != &wren_default);": "rcu_access_pointer()",
    "WARN_ON(&wren_default == w->nest);": "rcu_access_pointer()",
    "WARN_ON(w->nest->eggs == 1);": "rcu_dereference()",
    "struct nest *n = w->nest;\n\n\twren_count(n->eggs);": "rcu_dereference()",
    "struct nest *n;\n\n\tguard(mutex)(&w->lock);\n\tn = w->nest;\n\twren_count(n->eggs);": (
        "rcu_dereference_protected()"
    ),
}

SILENT = (
    "struct nest *n = rcu_dereference(w->nest);\n\n\twren_count(n->eggs);",
    "struct nest *n = wren_dereference(w->nest, w);\n\n\twren_count(n->eggs);",
    "kfree_rcu(w->nest, rcu);",
    "wren_ask(&w->nest);",
)

USED = """
struct nest *wren_first(struct wren *w)
{
	return rcu_dereference(w->nest);
}

void wren_set(struct wren *w, struct nest *n)
{
	rcu_assign_pointer(w->nest, n);
}

struct nest *wren_last(struct wren *w)
{
	return w->nest;
}
"""


def rcu(text: str) -> list[MixedMarking]:
    return [fact for fact in facts(text, MixedMarking) if fact.is_rcu]


@pytest.mark.parametrize(("use", "wanted"), WANTED.items())
def test_accessor_that_is_wanted(use: str, wanted: str) -> None:
    (fact,) = rcu(DECLARED % use)
    assert (str(fact.field), fact.wanted) == ("wren.nest", wanted)
    assert fact.overlap == "wren.nest is declared __rcu"


@pytest.mark.parametrize("use", SILENT)
def test_silent(use: str) -> None:
    assert rcu(DECLARED % use) == []


def test_silent_where_it_is_no_rcu_pointer() -> None:
    assert rcu((DECLARED % "w->nest = NULL;").replace("__rcu ", "")) == []


def test_two_others_that_use_the_family_speak_for_it() -> None:
    (fact,) = rcu(USED)
    assert (fact.place.function, fact.wanted) == ("wren_last", "rcu_dereference()")
    assert rcu(USED.replace("rcu_assign_pointer(w->nest, n)", "w->nest = n")) == []


def test_a_mere_test_is_asked_about_in_a_low_voice_and_last() -> None:
    tested = "if (w->nest)\n\t\twren_wake(w);"
    (fact,) = rcu(DECLARED % tested)
    assert fact.confidence is Confidence.LOW
    (fact,) = rcu(DECLARED % f"{tested}\n\tw->nest = wren_nest(w);")
    assert (fact.wanted, fact.confidence) == ("rcu_assign_pointer()", Confidence.MEDIUM)


def test_a_pointer_that_is_handed_on_is_asked_about_in_a_low_voice() -> None:
    (fact,) = rcu(DECLARED % "wren_wake(w->nest);")
    assert fact.confidence is Confidence.LOW


def test_read_under_the_lock_of_all_stores() -> None:
    locked = USED.replace("\trcu_assign_pointer", "\tguard(mutex)(&w->lock);\n\trcu_assign_pointer")
    assert len(rcu(locked)) == len(rcu(USED)) == 1
    assert rcu(locked.replace("\treturn w->nest;", "\tguard(mutex)(&w->lock);\n\treturn w->nest;")) == []


def test_one_user_is_enough_of_a_new_pointer() -> None:
    one = USED[USED.index("void wren_set") :]
    assert rcu(one) == []
    (fact,) = rcu("struct wren {\n\tstruct nest *nest;\n};\n" + one)
    assert (fact.wanted, fact.place.function) == ("rcu_dereference()", "wren_last")
