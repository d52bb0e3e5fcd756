"""Publications: fresh objects made reachable, nested ones, arrays, and payload beside the pointer."""

import pytest

from reviewbot.analysis.facts import Publication
from reviewbot.findings import Hidden
from reviewbot.syntax.model import Marking
from tests.analysis.series import facts, reviewed

PLAIN = """
int wren_attach(struct wren *w)
{
	struct nest *n = kzalloc(sizeof(*n), GFP_KERNEL);

	if (!n)
		return -ENOMEM;
	n->eggs = 3;
	w->nest = n;
	return 0;
}

u32 wren_eggs(struct wren *w)
{
	struct nest *n;
	u32 ret = 0;

	rcu_read_lock();
	n = rcu_dereference(w->nest);
	if (n)
		ret = n->eggs;
	rcu_read_unlock();
	return ret;
}
"""

NESTED = """
static int wren_alloc_map(struct zone *zone)
{
	u32 *map = kcalloc(8, sizeof(*map), GFP_KERNEL);

	if (!map)
		return -ENOMEM;
	map[0] = 1;
	zone->map = map;
	return 0;
}

u32 wren_lookup(struct wren *w, int i)
{
	struct zone *zone;
	u32 ret;
	int idx;

	idx = srcu_read_lock(&w->srcu);
	zone = srcu_dereference(w->zone, &w->srcu);
	ret = zone->map[i];
	srcu_read_unlock(&w->srcu, idx);
	return ret;
}

int wren_enable(struct wren *w)
{
	struct zone *zone;
	int ret;

	mutex_lock(&w->map_lock);
	zone = srcu_dereference_check(w->zone, &w->srcu, lockdep_is_held(&w->map_lock));
	ret = wren_alloc_map(zone);
	mutex_unlock(&w->map_lock);
	return ret;
}
"""

BESIDE = """
int wren_build(struct wren *w, u32 shift)
{
	struct nest *n = kzalloc(sizeof(*n), GFP_KERNEL);

	if (!n)
		return -ENOMEM;
	n->eggs = 8;
	w->shift = shift;
	rcu_assign_pointer(w->nest, n);
	return 0;
}

u32 wren_find(struct wren *w, u32 key)
{
	struct nest *n;

	guard(rcu)();
	n = rcu_dereference(w->nest);
	if (!n)
		return 0;
	return (key >> w->shift) % n->eggs;
}
"""

LAZY = """
static long wren_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct wren *w = file->private_data;
	int i;

	for (i = 0; i < 4; i++)
		w->bank[i] = kcalloc(64, sizeof(u32), GFP_KERNEL);
	w->has_banks = true;
	return 0;
}

static ssize_t wren_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct wren *w = file->private_data;

	if (!w->has_banks)
		return 0;
	return w->bank[0][n];
}

static const struct file_operations wren_fops = {
	.unlocked_ioctl = wren_ioctl,
	.read = wren_read,
};
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_plain_store() -> None:
    (fact,) = facts(PLAIN, Publication)
    assert (str(fact.field), fact.is_fresh, fact.is_nested, fact.is_array) == (
        "wren.nest",
        True,
        False,
        False,
    )
    assert (fact.store_marking, fact.reader_marking) == (Marking.PLAIN, Marking.RCU)
    assert (fact.object, fact.writer, fact.readers) == ("w->nest", "wren_attach()", "the read in wren_eggs()")
    assert fact.locks == "with no lock here or in wren_eggs()"


PLAIN_SILENT = {
    "assigned": (("w->nest = n;", "rcu_assign_pointer(w->nest, n);"),),
    "released": (("w->nest = n;", "smp_store_release(&w->nest, n);"),),
    "barrier between": (("\tw->nest = n;", "\tsmp_wmb();\n\tw->nest = n;"),),
    "exchanged": (("w->nest = n;", "kfree(xchg(&w->nest, n));"),),
    "S01 container is fresh": (
        ("struct wren *w)", "struct wren *unused)"),
        ("\tif (!n)", "\tstruct wren *w = kzalloc(sizeof(*w), GFP_KERNEL);\n\tif (!n)"),
    ),
    "S02 start-up": (("int wren_attach", "int __init wren_attach"),),
    "S03 lock in common": (
        ("\tw->nest = n;", "\tmutex_lock(&w->lock);\n\tw->nest = n;\n\tmutex_unlock(&w->lock);"),
        ("rcu_read_lock();", "mutex_lock(&w->lock);"),
        ("rcu_read_unlock();", "mutex_unlock(&w->lock);"),
    ),
    "nothing fresh": (("kzalloc(sizeof(*n), GFP_KERNEL)", "wren_default(w)"),),
    "cleared": (("w->nest = n;", "w->nest = NULL;"),),
}


@pytest.mark.parametrize("changes", PLAIN_SILENT.values(), ids=PLAIN_SILENT.keys())
def test_plain_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert facts(changed(PLAIN, *changes), Publication) == []


PLAIN_ASKED = {
    "marked": (("w->nest = n;", "WRITE_ONCE(w->nest, n);"),),
    "barrier before the object is filled": (("\tn->eggs = 3;", "\tsmp_wmb();\n\tn->eggs = 3;"),),
    "lock of the writer alone": (("\tw->nest = n;", "\tmutex_lock(&w->lock);\n\tw->nest = n;"),),
    "init pointer": (("w->nest = n;", "RCU_INIT_POINTER(w->nest, n);"),),
}


@pytest.mark.parametrize("changes", PLAIN_ASKED.values(), ids=PLAIN_ASKED.keys())
def test_plain_mutation(changes: tuple[tuple[str, str], ...]) -> None:
    assert [fact.object for fact in facts(changed(PLAIN, *changes), Publication)] == ["w->nest"]


def test_nested_in_a_helper() -> None:
    (fact,) = facts(NESTED, Publication)
    assert (str(fact.field), fact.is_nested, fact.object) == ("zone.map", True, "zone->map")
    assert (fact.container, fact.domain, fact.lock) == ("srcu_dereference_check()", "&w->srcu", "w->map_lock")
    assert fact.interleaving is not None
    assert len(fact.interleaving.columns) == 3


def test_nested_on_what_an_updater_dereferences() -> None:
    protected = "rcu_dereference_protected(w->zone, lockdep_is_held(&w->map_lock))"
    old = "srcu_dereference_check(w->zone, &w->srcu, lockdep_is_held(&w->map_lock))"
    (fact,) = facts(changed(NESTED, (old, protected)), Publication)
    assert (fact.is_nested, fact.container, fact.lock) == (True, "", "w->map_lock")


NESTED_SILENT = {
    "assigned": (("zone->map = map;", "rcu_assign_pointer(zone->map, map);"),),
    "object is built here": (
        (
            "srcu_dereference_check(w->zone, &w->srcu, lockdep_is_held(&w->map_lock))",
            "kzalloc(8, GFP_KERNEL)",
        ),
    ),
    "S03 readers take the lock": (
        ("idx = srcu_read_lock(&w->srcu);", "mutex_lock(&w->map_lock);"),
        ("srcu_read_unlock(&w->srcu, idx);", "mutex_unlock(&w->map_lock);"),
    ),
}


@pytest.mark.parametrize("changes", NESTED_SILENT.values(), ids=NESTED_SILENT.keys())
def test_nested_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert [f for f in facts(changed(NESTED, *changes), Publication) if f.is_nested] == []


def test_array_behind_a_gate() -> None:
    (fact,) = facts(LAZY, Publication)
    assert (fact.is_array, fact.gate, fact.reason) == (True, "has_banks", None)


def test_array_of_one_object_after_the_other() -> None:
    walk = changed(
        LAZY,
        ("int i;", "struct chan *c;"),
        ("for (i = 0; i < 4; i++)", "list_for_each_entry(c, &w->channels, node)"),
        ("w->bank[i]", "c->bank"),
        ("return w->bank[0][n];", "return w->first->bank[n];"),
        ("u32), GFP_KERNEL", "struct chan), GFP_KERNEL"),
    )
    typed = "struct chan {\n\tu32 *bank;\n};\n\nstruct wren {\n\tstruct chan *first;\n};\n" + walk
    assert [(f.is_array, str(f.field)) for f in facts(typed, Publication)] == [(True, "chan.bank")]


def test_one_element_is_no_array() -> None:
    once = changed(LAZY, ("\tfor (i = 0; i < 4; i++)\n\t", ""), ("w->bank[i]", "w->bank[cmd]"))
    assert [fact.is_array for fact in facts(once, Publication)] == [False]


GATED = (
    ("w->has_banks = true", "smp_store_release(&w->has_banks, true)"),
    ("!w->has_banks", "!smp_load_acquire(&w->has_banks)"),
)


def test_s13_umbrella_gate() -> None:
    (fact,) = facts(changed(LAZY, *GATED), Publication)
    assert (fact.gate, fact.reason) == ("has_banks", "gated")
    shown = [f.rule for f in reviewed(changed(LAZY, *GATED)).report.findings if f.hidden is None]
    assert shown == []
    assert [f.hidden for f in reviewed(changed(LAZY, *GATED)).report.findings] == [Hidden.GATED]


@pytest.mark.parametrize("half", GATED)
def test_half_a_gate_covers_nothing(half: tuple[str, str]) -> None:
    assert [fact.reason for fact in facts(changed(LAZY, half), Publication)] == [None]


BARRIER_GATED = (
    ("w->has_banks = true;", "smp_wmb();\n\tWRITE_ONCE(w->has_banks, true);"),
    ("if (!w->has_banks)\n\t\treturn 0;", "if (!READ_ONCE(w->has_banks))\n\t\treturn 0;\n\tsmp_rmb();"),
)
COUNT_GATED = (
    ("w->has_banks = true;", "smp_mb__before_atomic();\n\tatomic_set(&w->banks, 1);"),
    ("!w->has_banks", "!atomic_inc_not_zero(&w->banks)"),
)


@pytest.mark.parametrize("gate", [BARRIER_GATED, COUNT_GATED], ids=["flag", "count"])
def test_s13_gate_by_barriers(gate: tuple[tuple[str, str], ...]) -> None:
    assert [fact.reason for fact in facts(changed(LAZY, *gate), Publication)] == ["gated"]


@pytest.mark.parametrize("half", [*BARRIER_GATED, *COUNT_GATED])
def test_half_a_gate_by_barriers_covers_nothing(half: tuple[str, str]) -> None:
    assert "gated" not in [fact.reason for fact in facts(changed(LAZY, half), Publication)]


def test_a_barrier_of_the_writer_speaks_for_readers_that_own_a_reference() -> None:
    other = LAZY[LAZY.index("static ssize_t wren_read") : LAZY.index("static const")]
    bare = other.replace("wren_read", "wren_peek").replace("\tif (!w->has_banks)\n\t\treturn 0;\n", "")
    bare += "static const struct file_operations wren_peek_fops = {\n\t.read = wren_peek,\n};\n"
    by_barrier, by_release = changed(LAZY, *COUNT_GATED) + bare, changed(LAZY, *GATED) + bare
    assert [fact.reason for fact in facts(by_barrier, Publication)] == ["gated"]
    assert [fact.reason for fact in facts(by_release, Publication)] == [None]


def test_gate_in_a_helper() -> None:
    helper = "static bool wren_has(struct wren *w)\n{\n\treturn smp_load_acquire(&w->has_banks);\n}\n"
    text = helper + changed(LAZY, GATED[0], ("!w->has_banks", "!wren_has(w)"))
    assert [fact.reason for fact in facts(text, Publication)] == ["gated"]


def test_gate_in_the_caller() -> None:
    inner = "static u32 wren_peek(struct wren *w, size_t n)\n{\n\treturn w->bank[0][n];\n}\n"
    text = inner + changed(LAZY, *GATED, ("return w->bank[0][n]", "return wren_peek(w, n)"))
    assert [fact.reason for fact in facts(text, Publication)] == ["gated"]
    bare = text + "static int wren_show(struct wren *w)\n{\n\treturn wren_peek(w, 1);\n}\n"
    bare += "static const struct seq_operations wren_seq = {\n\t.show = wren_show,\n};\n"
    assert [fact.reason for fact in facts(bare, Publication)] == [None]


def test_payload_beside() -> None:
    (fact,) = facts(BESIDE, Publication)
    assert (fact.has_payload_beside, fact.payload, str(fact.field)) == (True, "w->shift", "wren.nest")
    assert [f.hidden for f in reviewed(BESIDE).report.findings] == [Hidden.PREVIEW]


BESIDE_SILENT = {
    "acquired": (("rcu_dereference(w->nest)", "smp_load_acquire(&w->nest)"),),
    "read barrier before the use": (("\treturn (key", "\tsmp_rmb();\n\treturn (key"),),
    "S16 reached through it": (("w->shift = shift", "n->shift = shift"), ("w->shift)", "n->shift)")),
    "another object's": (("w->shift)", "w->next->shift)"),),
    "filled in later": (
        ("\tw->shift = shift;\n", ""),
        ("\treturn 0;\n}\n\nu32", "\tw->shift = shift;\n\treturn 0;\n}\n\nu32"),
    ),
    "used without a test": (("\tif (!n)\n\t\treturn 0;\n", ""),),
    "S03 lock in common": (
        ("\tw->shift = shift;", "\tguard(mutex)(&w->lock);\n\tw->shift = shift;"),
        ("\tguard(rcu)();", "\tguard(mutex)(&w->lock);"),
    ),
}


@pytest.mark.parametrize("changes", BESIDE_SILENT.values(), ids=BESIDE_SILENT.keys())
def test_beside_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert [f for f in facts(changed(BESIDE, *changes), Publication) if f.has_payload_beside] == []


def test_release_does_not_cover_what_is_beside() -> None:
    once = changed(
        BESIDE,
        ("rcu_assign_pointer(w->nest, n)", "smp_store_release(&w->nest, n)"),
        ("rcu_dereference(w->nest)", "READ_ONCE(w->nest)"),
    )
    assert [fact.payload for fact in facts(once, Publication)] == ["w->shift"]


def test_known_miss_payload_in_a_callee() -> None:
    """Only the functions of the store and of the load are looked at: callees touch too much."""
    helper = "static u32 wren_shift(struct wren *w)\n{\n\tw->hits++;\n\treturn w->shift;\n}\n"
    assert facts(helper + changed(BESIDE, ("w->shift)", "wren_shift(w))")), Publication) == []


def test_one_plain_gate_draws_one_comment() -> None:
    """A flag set plainly after a loop that stores arrays: the question stands at the flag."""
    done = reviewed("""
struct plover {
	u32 *bank[4];
	bool has_banks;
};

static long plover_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct plover *p = file->private_data;
	int i;

	for (i = 0; i < 4; i++)
		p->bank[i] = kcalloc(64, sizeof(u32), GFP_KERNEL);
	p->has_banks = true;
	return 0;
}

static ssize_t plover_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct plover *p = file->private_data;

	if (!p->has_banks)
		return 0;
	return p->bank[0][n];
}

static const struct file_operations plover_fops = {
	.unlocked_ioctl = plover_ioctl,
	.read = plover_read,
};
""")
    asked = {(each.rule, each.hidden) for each in done.report.findings}
    assert asked == {("flag-publishes-data", None), ("lazy-array", Hidden.FOLDED)}


def test_reader_that_holds_a_lock_of_its_own_counts_on_that() -> None:
    """What is missing at the store then is the lock; no order helps a reader who looks for none."""
    locked = changed(
        LAZY,
        ("for (i = 0; i < 4; i++)\n\t\tw->bank[i] =", "w->bank ="),
        ("\tw->has_banks = true;\n", ""),
        ("\tif (!w->has_banks)\n\t\treturn 0;\n", "\tguard(mutex)(&w->lock);\n"),
        ("w->bank[0][n]", "w->bank[n]"),
    )
    assert facts(locked, Publication) == []
    assert len(facts(locked.replace("\tguard(mutex)(&w->lock);\n", ""), Publication)) == 1


UNDER_RTNL = """
static int wren_open(struct net_device *dev)
{
	struct wren *w = netdev_priv(dev);

	w->nest = kzalloc(sizeof(*w->nest), GFP_KERNEL);
	return 0;
}

void wren_count(struct wren *w, u64 *data)
{
	*data = w->nest->eggs;
}

static void wren_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	wren_count(netdev_priv(dev), data);
}

static const struct net_device_ops wren_netdev_ops = {
	.ndo_open = wren_open,
};

static const struct ethtool_ops wren_ethtool_ops = {
	.get_ethtool_stats = wren_stats,
};
"""


def test_operations_that_are_called_under_one_lock_do_not_overlap() -> None:
    """ndo_open() and all of ethtool run under the RTNL; ndo_get_stats64() does not."""
    assert not [fact for fact in facts(UNDER_RTNL, Publication) if fact.overlap]
    bare = changed(
        UNDER_RTNL,
        ("ethtool_ops wren_ethtool_ops", "net_device_ops wren_more_ops"),
        (".get_ethtool_stats", ".ndo_get_stats64"),
    )
    (fact,) = facts(bare, Publication)
    assert "at once" in fact.overlap or "runs in" in fact.overlap
