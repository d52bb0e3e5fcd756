"""Frees without a grace period: each suppressor silences, and asks again once it is taken away."""

import pytest

from reviewbot.analysis.facts import Confidence, Free
from tests.analysis.series import facts

FIND = """
u32 wren_find(struct wren *w)
{
	struct wren_nest *n;
	u32 ret = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(n, &w->nests, node)
		ret += n->eggs;
	rcu_read_unlock();
	return ret;
}
"""

REMOVE = """
void wren_remove(struct wren *w, struct wren_nest *n)
{
	spin_lock(&w->lock);
	list_del_rcu(&n->node);
	spin_unlock(&w->lock);
	kfree(n);
}
"""

REPLACE = """
void wren_set(struct wren *w, struct wren_map *next)
{
	struct wren_map *old;

	old = rcu_dereference_protected(w->map, lockdep_is_held(&w->lock));
	rcu_assign_pointer(w->map, next);
	kfree(old);
}
"""


def test_entry_taken_off_and_freed() -> None:
    (fact,) = facts(REMOVE + FIND, Free)
    assert (fact.unpublisher, fact.primitive, fact.wanted) == ("list_del_rcu()", "kfree()", "kfree_rcu()")
    assert (fact.writer, fact.reader, fact.place.line) == ("wren_remove()", "wren_find()", 6)
    assert fact.overlap == "wren_find() walks the list as an RCU reader"
    assert fact.locks == "with w->lock held here and no lock in wren_find()"


def test_pointer_replaced_and_freed() -> None:
    (fact,) = facts(REPLACE, Free)
    assert (fact.unpublisher, str(fact.field), fact.confidence) == (
        "rcu_assign_pointer()",
        "wren.map",
        Confidence.MEDIUM,
    )


def test_readers_under_srcu_want_call_srcu() -> None:
    readers = FIND.replace("rcu_read_lock();", "id = srcu_read_lock(&w->srcu);")
    readers = readers.replace("rcu_read_unlock();", "srcu_read_unlock(&w->srcu, id);")
    (fact,) = facts(REMOVE + readers.replace("u32 ret", "int id;\n\tu32 ret"), Free)
    assert fact.wanted == "call_srcu()"


def test_helper_that_frees() -> None:
    helper = "static void wren_drop(struct wren_nest *n)\n{\n\tkfree(n->name);\n\tkfree(n);\n}\n"
    (fact,) = facts(helper + REMOVE.replace("kfree(n)", "wren_drop(n)") + FIND, Free)
    assert fact.primitive == "wren_drop()"


QUIET = {
    "grace period": ("\tkfree(n);", "\tsynchronize_rcu();\n\tkfree(n);"),
    "deferred": ("kfree(n)", "kfree_rcu(n, rcu)"),
    "helper out of sight that waits": ("\tkfree(n);", "\twren_synchronize(w);\n\tkfree(n);"),
    "reference dropped": ("kfree(n)", "wren_put(n)"),
    "another object": ("\tkfree(n);", "\tn = kmalloc(8, GFP_KERNEL);\n\tkfree(n);"),
    "part of it": ("kfree(n)", "kfree(n->name)"),
    "module exit": ("void wren_remove(", "void __exit wren_remove("),
}


@pytest.mark.parametrize("change", QUIET.values(), ids=QUIET.keys())
def test_suppressor(change: tuple[str, str]) -> None:
    text = REMOVE + FIND
    assert change[0] in text
    assert facts(text.replace(*change, 1), Free) == []
    assert len(facts(text, Free)) == 1


def test_readers_that_take_the_lock() -> None:
    locked = FIND.replace("rcu_read_lock();", "spin_lock(&w->lock);")
    locked = locked.replace("rcu_read_unlock();", "spin_unlock(&w->lock);")
    assert facts(REMOVE + locked, Free) == []


def test_destructor_is_asked_only_with_a_reader_at_hand() -> None:
    destroy = REMOVE.replace("wren_remove", "wren_destroy")
    assert facts(destroy, Free) == []
    assert len(facts(destroy + FIND, Free)) == 1


def test_error_path_before_the_object_is_published() -> None:
    text = """
int wren_new(struct wren *w)
{
	struct wren_map *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (wren_read(m)) {
		kfree(m);
		return -EIO;
	}
	rcu_assign_pointer(w->map, m);
	return 0;
}
"""
    assert facts(text, Free) == []


def test_type_safe_cache_is_out_of_sight() -> None:
    (fact,) = facts(REMOVE.replace("kfree(n)", "kmem_cache_free(wren_cache, n)") + FIND, Free)
    assert (fact.confidence, fact.wanted) == (Confidence.LOW, "call_rcu()")


def test_old_code_is_not_asked_about() -> None:
    old = "".join(f" {line}\n" for line in REMOVE.strip().splitlines())
    text = old.replace(" {\n", ' {\n+\tpr_debug("gone");\n', 1)
    assert facts(text, Free) == []
    assert len(facts(text.replace(" \tkfree", "+\tkfree"), Free)) == 1
