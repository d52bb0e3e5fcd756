"""Lists that are walked under RCU and changed plainly: suppressors and their mutations."""

import pytest

from reviewbot.analysis.facts import Confidence, ListMismatch
from tests.analysis.series import facts

ADD = """
void wren_add(struct wren *w, struct wren_nest *n)
{
	spin_lock(&w->lock);
	list_add(&n->node, &w->nests);
	spin_unlock(&w->lock);
}
"""

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


def test_added_plainly() -> None:
    (fact,) = facts(ADD + FIND, ListMismatch)
    assert (fact.primitive, fact.wanted) == ("list_add()", "list_add_rcu()")
    assert (fact.write_wanted, fact.read_wanted) == ("list_add_rcu", "list_for_each_entry_rcu")
    assert (fact.writer, fact.reader, fact.changed_plain) == ("wren_add()", "wren_find()", True)
    assert fact.overlap == "wren_find() walks the list as an RCU reader"
    assert [access.place.function for access in fact.accesses] == ["wren_add", "wren_find"]


def test_deleted_plainly_is_known_by_its_link() -> None:
    text = ADD.replace("list_add(&n->node, &w->nests)", "list_del(&n->node)") + FIND
    (fact,) = facts(text, ListMismatch)
    assert (fact.primitive, fact.wanted, str(fact.field)) == ("list_del()", "list_del_rcu()", "wren.nests")


def test_new_walk_over_a_list_that_old_code_changes() -> None:
    old = "".join(f" {line}\n" for line in ADD.strip().splitlines())
    new = "".join(f"+{line}\n" for line in FIND.strip().splitlines())
    (fact,) = facts(old + " \n" + new, ListMismatch)
    assert (fact.place.function, fact.primitive) == ("wren_find", "list_add()")


def test_walked_plainly_in_a_section() -> None:
    text = ADD.replace("list_add", "list_add_rcu") + FIND.replace("entry_rcu", "entry")
    (fact,) = facts(text, ListMismatch)
    assert (fact.changed_plain, fact.primitive, fact.wanted) == (
        False,
        "list_for_each_entry()",
        "list_for_each_entry_rcu()",
    )


QUIET = {
    "both sides for RCU": ("list_add(", "list_add_rcu("),
    "both sides plain": ("list_for_each_entry_rcu(", "list_for_each_entry("),
    "another head": ("&w->nests);", "&w->spare);"),
    "set-up": ("void wren_add(", "void wren_init("),
    "teardown": ("void wren_add(", "void wren_destroy("),
    "fresh head": (
        "\tspin_lock(&w->lock);\n\tlist_add",
        "\tw = kzalloc(sizeof(*w), GFP_KERNEL);\n\tspin_lock(&w->lock);\n\tlist_add",
    ),
    "a list of its own": (
        "\tspin_lock(&w->lock);\n\tlist_add(&n->node, &w->nests)",
        "\tLIST_HEAD(nests);\n\tspin_lock(&w->lock);\n\tlist_add(&n->node, &nests)",
    ),
}


@pytest.mark.parametrize("change", QUIET.values(), ids=QUIET.keys())
def test_suppressor(change: tuple[str, str]) -> None:
    text = ADD + FIND
    assert change[0] in text
    assert [f for f in facts(text.replace(*change, 1), ListMismatch) if f.changed_plain] == []
    assert len(facts(text, ListMismatch)) == 1


def test_walker_that_takes_the_lock() -> None:
    locked = FIND.replace("rcu_read_lock();", "spin_lock(&w->lock);")
    assert facts(ADD + locked.replace("rcu_read_unlock();", "spin_unlock(&w->lock);"), ListMismatch) == []


def test_walker_that_names_the_lock() -> None:
    named = FIND.replace(", node)", ", node, lockdep_is_held(&w->lock))")
    named = named.replace("\trcu_read_lock();\n", "").replace("\trcu_read_unlock();\n", "")
    assert facts(ADD + named, ListMismatch) == []


def test_change_under_no_lock_is_a_guess() -> None:
    bare = ADD.replace("\tspin_lock(&w->lock);\n", "").replace("\tspin_unlock(&w->lock);\n", "")
    (fact,) = facts(bare + FIND, ListMismatch)
    assert fact.confidence is Confidence.LOW
    (fact,) = facts(ADD + FIND, ListMismatch)
    assert fact.confidence is Confidence.MEDIUM


def test_entries_of_a_private_list() -> None:
    text = """
void wren_drop_all(struct wren *w)
{
	struct wren_nest *n, *next;
	LIST_HEAD(gone);

	spin_lock(&w->lock);
	list_for_each_entry_safe(n, next, &gone, node)
		list_del(&n->node);
	spin_unlock(&w->lock);
}
"""
    assert facts(text + FIND, ListMismatch) == []
    assert len(facts(text.replace("&gone, node", "&w->nests, node") + FIND, ListMismatch)) == 1


def test_head_handed_in() -> None:
    """Which list a parameter is cannot be told: the entries of one struct may be on several."""
    text = ADD.replace("struct wren_nest *n)", "struct wren_nest *n, struct list_head *to)")
    assert facts(text.replace("&w->nests)", "to)") + FIND, ListMismatch) == []
    held = text.replace("{\n", "{\n\tstruct list_head *to = &w->nests;\n", 1).replace("&w->nests);", "to);")
    assert len(facts(held.replace(", struct list_head *to)", ")") + FIND, ListMismatch)) == 1


def test_plain_walk_behind_a_lock_of_another_name() -> None:
    walk = FIND.replace("entry_rcu", "entry")
    adding = ADD.replace("list_add", "list_add_rcu")
    locked = walk.replace("\tlist_for", "\twren_lock_nests(w);\n\tlist_for")
    assert facts(adding + locked, ListMismatch) == []
    assert len(facts(adding + walk, ListMismatch)) == 1


def test_heads_of_unknown_structs_that_go_by_other_names() -> None:
    """The entries of one struct on two lists, whose structs are declared out of sight."""
    text = (ADD + FIND).replace("&w->nests", "&w->tree.nests")
    assert len(facts(text, ListMismatch)) == 1
    assert facts(text.replace("&w->tree.nests)", "&w->tree.waiting)"), ListMismatch) == []
