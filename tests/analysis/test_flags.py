"""Flags: what they announce, what orders them, and what keeps the question back."""

import pytest

from reviewbot.analysis.facts import Confidence, Flag, Pairing, Side
from reviewbot.findings import Hidden
from reviewbot.syntax.model import Marking
from tests.analysis.series import added, facts, reviewed

FLAG = """
struct wren {
	spinlock_t lock;
	struct wren *next;
	u32 eggs;
	bool ready;
};

static long wren_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct wren *w = file->private_data;

	w->eggs = arg;
	w->ready = true;
	return 0;
}

static ssize_t wren_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct wren *w = file->private_data;

	if (!w->ready)
		return 0;
	return w->eggs;
}

static const struct file_operations wren_fops = {
	.unlocked_ioctl = wren_ioctl,
	.read = wren_read,
};
"""

PAIR = (
    ("w->ready = true;", "smp_store_release(&w->ready, true);"),
    ("!w->ready", "!smp_load_acquire(&w->ready)"),
)
BARRIERS = (
    ("\tw->ready = true;", "\tsmp_wmb();\n\tWRITE_ONCE(w->ready, true);"),
    ("\tif (!w->ready)\n\t\treturn 0;", "\tif (!READ_ONCE(w->ready))\n\t\treturn 0;\n\tsmp_rmb();"),
)


def changed(*changes: tuple[str, str], text: str = FLAG) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_flag_with_payload() -> None:
    (flag,) = facts(FLAG, Flag)
    assert (str(flag.field), flag.has_payload, flag.payload) == ("wren.ready", True, "w->eggs")
    assert (flag.store_marking, flag.check_marking) == (Marking.PLAIN, Marking.PLAIN)
    assert (flag.writer, flag.reader, flag.readers) == (
        "wren_ioctl()",
        "wren_read()",
        "the check in wren_read()",
    )
    assert flag.locks == "with no lock here or in wren_read()"
    assert flag.confidence is Confidence.MEDIUM
    assert flag.interleaving is not None


def test_lone_flag() -> None:
    (flag,) = facts(changed(("return w->eggs;", "return -EBUSY;")), Flag)
    assert (flag.has_payload, flag.payload, flag.interleaving) == (False, "", None)


def test_payload_in_callees_of_both_sides() -> None:
    helpers = """
static void wren_fill(struct wren *w, u32 n)
{
	w->eggs = n;
}

static u32 wren_show(struct wren *w)
{
	return w->eggs;
}
"""
    text = changed(("w->eggs = arg", "wren_fill(w, arg)"), ("return w->eggs", "return wren_show(w)"))
    (flag,) = facts(helpers + text, Flag)
    assert flag.payload == "w->eggs"


def test_payload_is_named_for_two_and_counted_beyond() -> None:
    more = changed(
        ("\tu32 eggs;", "\tu32 eggs;\n\tu32 nest;\n\tu32 rev;"),
        ("\tw->eggs = arg;", "\tw->eggs = arg;\n\tw->nest = 1;\n\tw->rev = 2;"),
        ("return w->eggs;", "return w->eggs + w->nest + w->rev;"),
    )
    (flag,) = facts(more, Flag)
    assert flag.payload == "w->eggs, w->nest and 1 more"


def test_written_after_the_flag_is_no_payload() -> None:
    late = changed(("\tw->eggs = arg;\n", ""), ("w->ready = true;", "w->ready = true;\n\tw->eggs = arg;"))
    assert [flag.has_payload for flag in facts(late, Flag)] == [False]


def test_two_checks_on_a_line_are_one() -> None:
    (flag,) = facts(changed(("!w->ready)", "!w->ready || !w->ready)")), Flag)
    assert flag.readers == "the check in wren_read()"


SILENT = {
    "S03 lock in common": (
        ("\tw->eggs = arg;", "\tguard(spinlock)(&w->lock);\n\tw->eggs = arg;"),
        ("\tif (!w->ready)", "\tguard(spinlock)(&w->lock);\n\tif (!w->ready)"),
    ),
    "S04 both assert it": (
        ("\tw->eggs = arg;", "\tlockdep_assert_held(&w->lock);\n\tw->eggs = arg;"),
        ("\tif (!w->ready)", "\tlockdep_assert_held(&w->lock);\n\tif (!w->ready)"),
    ),
    "S15 release and acquire": PAIR,
    "S15 both barriers": BARRIERS,
    "S01 fresh object": (("= file->private_data;", "= kzalloc(sizeof(*w), GFP_KERNEL);"),),
    "S02 start-up": (("static long wren_ioctl", "static long __init wren_ioctl"),),
}


@pytest.mark.parametrize("changes", SILENT.values(), ids=SILENT.keys())
def test_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert facts(changed(*changes), Flag) == []
    assert facts(changed(*changes), Pairing) == []


MUTATIONS = {
    "locks of two objects": (
        ("\tw->eggs = arg;", "\tspin_lock(&w->lock);\n\tw->eggs = arg;"),
        ("\tif (!w->ready)", "\tspin_lock(&w->next->lock);\n\tif (!w->ready)"),
    ),
    "guards of two objects": (
        ("\tw->eggs = arg;", "\tguard(spinlock)(&w->lock);\n\tw->eggs = arg;"),
        ("\tif (!w->ready)", "\tguard(spinlock)(&w->next->lock);\n\tif (!w->ready)"),
    ),
    "lock dropped before the check": (
        ("\tw->eggs = arg;", "\tguard(spinlock)(&w->lock);\n\tw->eggs = arg;"),
        ("\tif (!w->ready)", "\tspin_lock(&w->lock);\n\tspin_unlock(&w->lock);\n\tif (!w->ready)"),
    ),
    "marked only": (("w->ready = true", "WRITE_ONCE(w->ready, true)"), ("!w->ready", "!READ_ONCE(w->ready)")),
    "barrier before the payload": (
        ("\tw->eggs = arg;", "\tsmp_wmb();\n\tw->eggs = arg;"),
        BARRIERS[1],
    ),
    "barriers both too early and too late": (
        ("\tw->eggs = arg;", "\tsmp_wmb();\n\tw->eggs = arg;"),
        ("\treturn w->eggs;", "\tn = w->eggs;\n\tsmp_rmb();\n\treturn n;"),
    ),
    "barrier on one path": (("\tw->ready = true;", "\tif (cmd)\n\t\tsmp_wmb();\n\tw->ready = true;"),),
    "compiler barrier": (("\tw->ready = true;", "\tbarrier();\n\tw->ready = true;"),),
    "full store, which orders later loads": (("w->ready = true;", "smp_store_mb(w->ready, true);"),),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutation_brings_the_question_back(name: str) -> None:
    text = changed(*MUTATIONS[name])
    assert [fact.payload for fact in (*facts(text, Flag), *facts(text, Pairing))] == ["w->eggs"]


def test_release_without_acquire() -> None:
    (pair,) = facts(changed(PAIR[0], ("!w->ready", "!READ_ONCE(w->ready)")), Pairing)
    assert (pair.present, pair.is_barrier) == (Side.WRITE, False)
    assert (pair.primitive, pair.partner) == ("smp_store_release()", "smp_load_acquire()")
    assert (pair.store, pair.place.function) == ("smp_store_release(&w->ready, true);", "wren_ioctl")


def test_acquire_without_release() -> None:
    (pair,) = facts(changed(PAIR[1]), Pairing)
    assert (pair.present, pair.primitive, pair.partner) == (
        Side.READ,
        "smp_load_acquire()",
        "smp_store_release()",
    )
    assert (pair.place.function, pair.readers) == ("wren_read", "")


def test_barrier_is_asked_about_on_its_own_line() -> None:
    text = changed(BARRIERS[0], ("!w->ready", "!READ_ONCE(w->ready)"))
    (pair,) = facts(text, Pairing)
    assert (pair.is_barrier, pair.primitive, pair.partner) == (True, "smp_wmb()", "smp_rmb()")
    assert (pair.write_primitive, pair.read_primitive) == ("smp_wmb", "smp_rmb")
    assert pair.store == "smp_wmb();"
    assert text.strip().splitlines()[pair.place.line - 1] == "\tsmp_wmb();"
    assert facts(text, Flag) == []
    (finding,) = reviewed(text).report.findings
    assert (finding.rule, finding.line_text) == ("one-sided-pair", "smp_wmb();")


def test_read_barrier_wants_its_own_kind() -> None:
    rmb = ("\tif (!w->ready)\n\t\treturn 0;", "\tif (!READ_ONCE(w->ready))\n\t\treturn 0;\n\tvirt_rmb();")
    (pair,) = facts(changed(rmb), Pairing)
    assert (pair.present, pair.partner) == (Side.READ, "virt_wmb()")


def test_atomic_flag_names_atomic_forms() -> None:
    atomic = changed(
        ("bool ready", "atomic_t ready"), ("w->ready = true", "atomic_set_release(&w->ready, 1)")
    )
    (pair,) = facts(changed(("!w->ready", "!atomic_read(&w->ready)"), text=atomic), Pairing)
    assert (pair.primitive, pair.partner) == ("atomic_set_release()", "atomic_read_acquire()")


def test_nothing_known_of_overlap_is_hidden() -> None:
    apart = FLAG[: FLAG.index("static const struct")].replace("struct file *file", "struct wren_file *file")
    (flag,) = facts(apart, Flag)
    assert (flag.confidence, flag.overlap) == (Confidence.LOW, "")
    assert [f.hidden for f in reviewed(apart).report.findings] == [Hidden.LOW_CONFIDENCE]


def test_known_miss_flag_cleared_then_freed() -> None:
    """A flag that goes down before something is freed wants a drain, not an order: no rule yet."""
    cleared = changed(("w->eggs = arg;", "w->ready = false;"), ("w->ready = true;", "kfree(w->nest);"))
    assert facts(cleared, Flag) == []


WORK = """
struct wren {
	struct work_struct work;
	u32 eggs;
	bool ready;
};

static void wren_work(struct work_struct *work)
{
	struct wren *w = container_of(work, struct wren, work);

	if (w->ready)
		wren_lay(w->eggs);
}

static long wren_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct wren *w = file->private_data;

	w->eggs = arg;
	w->ready = true;
	schedule_work(&w->work);
	return 0;
}

static int wren_open(struct inode *inode, struct file *file)
{
	struct wren *w = file->private_data;

	INIT_WORK(&w->work, wren_work);
	return 0;
}

static const struct file_operations wren_fops = {
	.open = wren_open,
	.unlocked_ioctl = wren_ioctl,
};
"""


def test_s12_handed_over_to_the_callback() -> None:
    assert facts(WORK, Flag) == []


@pytest.mark.parametrize(
    "change",
    [
        ("\tschedule_work(&w->work);\n", ""),
        ("schedule_work(&w->work)", "schedule_work(&w->other)"),
        ("\tw->eggs = arg;", "\tschedule_work(&w->work);\n\tw->eggs = arg;"),
    ],
)
def test_not_handed_over(change: tuple[str, str]) -> None:
    text = changed(change, text=WORK)
    if text.count("schedule_work") > 1:
        text = text.replace("w->ready = true;\n\tschedule_work(&w->work);", "w->ready = true;")
    assert [fact.payload for fact in facts(text, Flag)] == ["w->eggs"]


def test_a_new_ordered_check_beside_old_plain_ones_asks_nothing() -> None:
    """The plain sides are older than the series, and its own check does what it can."""
    old = "".join(f" {line}\n" for line in FLAG.strip().splitlines())
    new = """+
+u32 wren_peek(struct wren *w)
+{
+	return smp_load_acquire(&w->ready) ? w->eggs : 0;
+}
"""
    assert facts(old + new, Flag) == []


OLDER_OLD = """
static void wren_start(struct wren *w)
{
	w->eggs = 1;
	w->ready = true;
}

static u32 wren_eggs(struct wren *w)
{
	if (READ_ONCE(w->ready))
		return w->eggs;
	return 0;
}
"""

OLDER_NEW = """
static int wren_poll(struct wren *w)
{
	if (READ_ONCE(w->ready))
		return w->{used};
	return 0;
}
"""


def test_payload_stands_behind_a_check_of_the_series() -> None:
    (flag,) = facts(added(OLDER_OLD, OLDER_NEW.replace("{used}", "eggs")), Flag)
    assert (flag.payload, flag.readers) == ("w->eggs", "the check in wren_poll()")
    assert facts(added(OLDER_OLD, OLDER_NEW.replace("{used}", "rev")), Flag) == []


CALLER_OLD = """
static u32 wren_eggs(struct wren *w)
{
	if (w->ready)
		return w->eggs;
	return 0;
}
"""

CALLER_NEW = """
static void wren_mark(struct wren *w)
{
	w->ready = true;
}

static void wren_start(struct wren *w)
{
	w->eggs = 1;
	wren_mark(w);
}
"""


def test_what_a_caller_wrote_before_an_older_flag_is_no_payload() -> None:
    assert facts(added(CALLER_OLD, CALLER_NEW), Flag) == []
    own = CALLER_NEW.replace("\tw->ready = true;", "\tw->eggs = 1;\n\tw->ready = true;")
    assert [flag.payload for flag in facts(added(CALLER_OLD, own), Flag)] == ["w->eggs"]
    declared = "struct wren {\n\tu32 eggs;\n\tbool ready;\n};\n" + CALLER_NEW
    assert [flag.payload for flag in facts(added(CALLER_OLD, declared), Flag)] == ["w->eggs"]


CARVED = """
static void wren_send(struct wren *w)
{
	struct sk_buff *skb = dev_alloc_skb(64);
	struct wren_head *head;

	if (!skb)
		return;
	head = skb_put_zero(skb, sizeof(*head));
	head->eggs = w->eggs;
	head->kind = 1;
	skb_queue_tail(&w->queue, skb);
}

static u32 wren_receive(struct wren_head *head)
{
	if (head->kind == 1)
		return head->eggs;
	return 0;
}
"""


def test_a_buffer_carved_from_a_fresh_packet_is_fresh() -> None:
    assert facts(CARVED, Flag) == []
    assert len(facts(CARVED.replace("dev_alloc_skb(64)", "wren_packet(w)"), Flag)) == 1


ARRAY = (
    ("\tbool ready;", "\tbool ready[WREN_KINDS];"),
    ("w->ready = true", "w->ready[cmd] = true"),
    ("!w->ready)", "!w->ready[n])"),
)


def test_one_flag_for_each_index() -> None:
    (flag,) = facts(changed(*ARRAY), Flag)
    assert (str(flag.field), flag.has_payload) == ("wren.ready", True)


def test_bytes_of_a_text_are_no_flags() -> None:
    text = changed(*ARRAY, ("bool ready[WREN_KINDS]", "char ready[WREN_KINDS]"))
    assert facts(text, Flag) == []


LAZY = changed(
    ("w->ready = true;", "smp_store_release(&w->ready, true);"),
    ("\tw->eggs = arg;", "\tif (smp_load_acquire(&w->ready))\n\t\treturn 0;\n\tw->eggs = arg;"),
)


def test_the_setter_has_the_acquire_itself() -> None:
    assert facts(LAZY, Pairing) == []


def test_a_setter_that_only_looks_leaves_the_release_alone() -> None:
    (pair,) = facts(LAZY.replace("smp_load_acquire(&w->ready)", "READ_ONCE(w->ready)"), Pairing)
    assert pair.partner == "smp_load_acquire()"
