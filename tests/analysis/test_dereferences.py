"""Protected pointers followed too late or outside: suppressors and their mutations."""

import pytest

from reviewbot.analysis.facts import Confidence, Dereference
from tests.analysis.series import facts

LATE = """
u32 wren_mtu(struct wren *w)
{
	struct wren_route *rt;
	u32 mtu = 0;

	rcu_read_lock();
	rt = rcu_dereference(w->route);
	if (!rt) {
		rcu_read_unlock();
		return 0;
	}
	rcu_read_unlock();
	mtu = rt->mtu;
	return mtu;
}
"""

WALK = """
u32 wren_first(struct wren *w)
{
	struct wren_nest *n;

	rcu_read_lock();
	list_for_each_entry_rcu(n, &w->nests, node) {
		if (n->open)
			goto found;
	}
	rcu_read_unlock();
	return 0;
found:
	rcu_read_unlock();
	return n->eggs;
}
"""

OUTSIDE = """
static ssize_t wren_read(struct file *file, char __user *buf, size_t count, loff_t *at)
{
	struct wren *w = file->private_data;
	struct wren_route *rt = rcu_dereference(w->route);

	return put_user(rt->mtu, buf);
}

static const struct file_operations wren_fops = {
	.read = wren_read,
};
"""


def test_followed_after_the_section() -> None:
    (fact,) = facts(LATE, Dereference)
    assert (fact.is_after_section, fact.primitive, fact.flavour) == (True, "rcu_dereference()", "RCU")
    assert (fact.store, str(fact.field), fact.place.line) == ("mtu = rt->mtu;", "wren.route", 13)
    assert fact.interleaving is not None


def test_entry_of_a_walk_followed_after_the_section() -> None:
    (fact,) = facts(WALK, Dereference)
    assert (fact.is_after_section, fact.primitive) == (True, "list_for_each_entry_rcu()")


def test_srcu() -> None:
    text = LATE.replace("rcu_read_lock()", "idx = srcu_read_lock(&w->srcu)")
    text = text.replace("rcu_read_unlock()", "srcu_read_unlock(&w->srcu, idx)").replace(
        "u32 mtu", "int idx;\n\tu32 mtu"
    )
    (fact,) = facts(
        text.replace("rcu_dereference(w->route)", "srcu_dereference(w->route, &w->srcu)"), Dereference
    )
    assert (fact.flavour, fact.primitive) == ("SRCU", "srcu_dereference()")


def test_locking_what_the_pointer_points_to_follows_it() -> None:
    (fact,) = facts(LATE.replace("\tmtu = rt->mtu;", "\tspin_lock(&rt->lock);\n\tmtu = 1;"), Dereference)
    assert fact.store == "spin_lock(&rt->lock);"


AFTER = {
    "copied inside": (
        "\trcu_read_unlock();\n\tmtu = rt->mtu;",
        "\tmtu = rt->mtu;\n\trcu_read_unlock();",
    ),
    "reference tested": ("\tif (!rt) {", "\tif (!rt || !refcount_inc_not_zero(&rt->ref)) {"),
    "reference by a helper": ("\tif (!rt) {", "\twren_route_get(rt);\n\tif (!rt) {"),
    "reference dropped later": ("\treturn mtu;", "\twren_route_put(rt);\n\treturn mtu;"),
    "only compared": ("mtu = rt->mtu", "mtu = rt == w->last"),
    "lock held over both": (
        "\trcu_read_lock();",
        "\tmutex_lock(&w->lock);\n\trcu_read_lock();",
    ),
    "another section": ("\tmtu = rt->mtu;", "\trcu_read_lock();\n\tmtu = rt->mtu;\n\trcu_read_unlock();"),
    "another object": ("\tmtu = rt->mtu;", "\trt = wren_default(w);\n\tmtu = rt->mtu;"),
}


@pytest.mark.parametrize("change", AFTER.values(), ids=AFTER.keys())
def test_after_section_suppressor(change: tuple[str, str]) -> None:
    assert change[0] in LATE
    assert facts(LATE.replace(*change, 1), Dereference) == []
    assert len(facts(LATE, Dereference)) == 1


def test_loop_that_uses_it_inside_first() -> None:
    text = """
u32 wren_sum(struct wren *w)
{
	struct wren_nest *n;
	u32 ret = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(n, &w->nests, node) {
		ret += n->eggs;
		if (need_resched()) {
			rcu_read_unlock();
			cond_resched();
			rcu_read_lock();
		}
	}
	rcu_read_unlock();
	return ret;
}
"""
    assert facts(text, Dereference) == []


def test_outside_of_any_section() -> None:
    (fact,) = facts(OUTSIDE, Dereference)
    assert (fact.is_after_section, fact.confidence, fact.reader) == (False, Confidence.MEDIUM, "wren_read()")


def test_walk_outside_of_any_section() -> None:
    text = OUTSIDE.replace(
        "rt = rcu_dereference(w->route);", "rt;\n\n\tlist_for_each_entry_rcu(rt, &w->routes, node)"
    )
    (fact,) = facts(text, Dereference)
    assert (fact.primitive, str(fact.field)) == ("list_for_each_entry_rcu()", "wren.routes")


def test_callee_that_only_such_a_function_calls() -> None:
    text = OUTSIDE.replace("put_user(rt->mtu, buf)", "put_user(wren_mtu(w), buf)")
    text = text.replace("\tstruct wren_route *rt = rcu_dereference(w->route);\n", "")
    callee = "static u32 wren_mtu(struct wren *w)\n{\n\treturn rcu_dereference(w->route)->mtu;\n}\n"
    (fact,) = facts(callee + text, Dereference)
    assert (fact.reader, fact.confidence) == ("wren_mtu()", Confidence.MEDIUM)


OPEN = {
    "section around": ("\tstruct wren_route *rt = rcu_d", "\tguard(rcu)();\n\tstruct wren_route *rt = rcu_d"),
    "lock": ("\tstruct wren_route *rt = rcu_d", "\tguard(mutex)(&w->lock);\n\tstruct wren_route *rt = rcu_d"),
    "lock on some paths": (
        "\tstruct wren_route *rt = rcu_dereference(w->route);\n",
        "\tstruct wren_route *rt;\n\n\tif (count)\n\t\tmutex_lock(&w->lock);\n"
        "\trt = rcu_dereference(w->route);\n",
    ),
    "asserted": (
        "\tstruct wren_route *rt = rcu_dereference(w->route);\n",
        "\tstruct wren_route *rt;\n\n\tlockdep_assert_held(&w->lock);\n\trt = rcu_dereference(w->route);\n",
    ),
    "condition": ("rcu_dereference(w->route)", "rcu_dereference_check(w->route, lockdep_is_held(&w->lock))"),
    "update side": ("rcu_dereference(w->route)", "rcu_dereference_protected(w->route, 1)"),
    "value only": ("rcu_dereference(w->route)", "rcu_access_pointer(w->route)"),
    "not followed": ("rt->mtu", "!rt"),
    "sequence": (
        "struct file_operations wren_fops = {\n\t.read",
        "struct seq_operations wren_fops = {\n\t.show",
    ),
    "reader by context": (
        "struct file_operations wren_fops = {\n\t.read",
        "struct packet_type wren_fops = {\n\t.func",
    ),
    "under the lock of its table": (
        "struct file_operations wren_fops = {\n\t.read",
        "struct ethtool_ops wren_fops = {\n\t.get_link",
    ),
    "fresh": ("w = file->private_data", "w = kzalloc(sizeof(*w), GFP_KERNEL)"),
}


@pytest.mark.parametrize("change", OPEN.values(), ids=OPEN.keys())
def test_outside_suppressor(change: tuple[str, str]) -> None:
    assert change[0] in OUTSIDE
    assert facts(OUTSIDE.replace(*change, 1), Dereference) == []
    assert len(facts(OUTSIDE, Dereference)) == 1


def test_callers_out_of_sight_are_a_guess() -> None:
    text = "u32 wren_mtu(struct wren *w)\n{\n\treturn rcu_dereference(w->route)->mtu;\n}\n"
    (fact,) = facts(text, Dereference)
    assert (fact.confidence, fact.unseen) == (Confidence.LOW, ("the callers of wren_mtu()",))
    assert facts(text.replace("wren_mtu", "wren_mtu_rcu"), Dereference) == []


def test_old_code_is_not_asked_about() -> None:
    text = "".join(f" {line}\n" for line in LATE.strip().splitlines())
    assert facts(text.replace(" \tu32 mtu", "+\tu32 mtu"), Dereference) == []
    assert len(facts(text.replace(" \tmtu = rt", "+\tmtu = rt"), Dereference)) == 1


def test_plain_load_of_a_protected_pointer() -> None:
    struct = "struct wren {\n\tstruct wren_route __rcu *route;\n};\n"
    plain = OUTSIDE.replace("rcu_dereference(w->route)", "w->route")
    (fact,) = facts(struct + plain, Dereference)
    assert (fact.primitive, str(fact.field)) == ("the plain load", "wren.route")
    assert facts(struct.replace(" __rcu", "") + plain, Dereference) == []
    assert facts(struct + plain.replace("file->private_data", "kzalloc(8, GFP_KERNEL)"), Dereference) == []


def test_lookup_followed_after_the_section() -> None:
    found = LATE.replace("rcu_dereference(w->route)", "xa_load(&w->routes, 1)")
    (fact,) = facts(found, Dereference)
    assert (fact.is_after_section, fact.primitive) == (True, "xa_load()")


def test_lookup_outside_of_any_section() -> None:
    looked_up = OUTSIDE.replace(
        "rcu_dereference(w->route)", "rhashtable_lookup(&w->routes, &count, wren_params)"
    )
    (fact,) = facts(looked_up, Dereference)
    assert (fact.is_after_section, fact.primitive) == (False, "rhashtable_lookup()")
    assert facts(OUTSIDE.replace("rcu_dereference(w->route)", "xa_load(&w->routes, 1)"), Dereference) == []
