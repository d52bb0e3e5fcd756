"""New quantities of which one side is accessed under the object's lock, and the other without."""

import pytest

from reviewbot.analysis.facts import Confidence, MixedMarking
from tests.analysis.series import facts, reviewed

STORE = """
struct wren {
	spinlock_t lock;
	struct work_struct work;
	u64 last_seen;
};

static void wren_work(struct work_struct *work)
{
	struct wren *w = container_of(work, struct wren, work);

	spin_lock(&w->lock);
	if (ktime_get() - w->last_seen > WREN_LONG)
		wren_peck(w);
	spin_unlock(&w->lock);
}

static irqreturn_t wren_irq(int irq, void *data)
{
	struct wren *w = data;

	w->last_seen = ktime_get();
	return IRQ_HANDLED;
}
"""

READ = """
struct wren {
	spinlock_t lock;
	u32 index;
	u32 eggs[2];
};

static void wren_swap(struct wren *w, u32 by)
{
	spin_lock(&w->lock);
	w->index = w->index + by;
	spin_unlock(&w->lock);
}

static u32 wren_eggs(struct wren *w)
{
	u32 eggs;

	rcu_read_lock();
	eggs = w->eggs[w->index];
	rcu_read_unlock();
	return eggs;
}
"""

HELPER = """
struct wren {
	spinlock_t lock;
	u32 fill;
};

static inline void wren_grow(struct wren *w, u32 by)
{
	w->fill += by;
}

static inline u32 wren_fill(struct wren *w)
{
	return w->fill;
}

static void wren_push(struct wren *w)
{
	spin_lock(&w->lock);
	wren_grow(w, 1);
	spin_unlock(&w->lock);
}

static void wren_pop(struct wren *w)
{
	spin_lock(&w->lock);
	wren_grow(w, -1);
	spin_unlock(&w->lock);
}

static int wren_ioctl(struct sock *sk, int cmd, int *karg)
{
	*karg = wren_fill(sk->wren);
	return 0;
}
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def rules(text: str) -> list[str]:
    return [finding.rule for finding in reviewed(text).report.findings if finding.is_shown]


def test_store_without_the_lock_of_its_reader() -> None:
    (fact,) = facts(STORE, MixedMarking)
    assert (fact.is_bare_store, fact.is_new_reader, fact.lock) == (True, False, "w->lock")
    assert (fact.store, fact.confidence) == ("w->last_seen = ktime_get();", Confidence.MEDIUM)
    assert rules(STORE) == ["lockless-store"]


def test_read_without_the_lock_of_all_writers() -> None:
    (fact,) = facts(READ, MixedMarking)
    assert (fact.is_bare_store, fact.is_new_reader, fact.lock) == (False, True, "w->lock")
    assert fact.overlap == "wren_eggs() reads it as an RCU reader"
    assert rules(READ) == ["lockless-read"]


def test_lock_around_the_calls_of_a_helper() -> None:
    (fact,) = facts(HELPER, MixedMarking)
    assert (fact.is_new_reader, fact.lock, fact.takeable) == (True, "w->lock", "w->lock")
    assert fact.overlap == "wren_ioctl() can be called at any time"


STORE_SILENT = {
    "S03 the lock": (("\tw->last_seen =", "\tguard(spinlock)(&w->lock);\n\tw->last_seen ="),),
    "marked": (
        ("w->last_seen = ktime_get()", "WRITE_ONCE(w->last_seen, ktime_get())"),
        ("- w->last_seen", "- READ_ONCE(w->last_seen)"),
    ),
    "S08 declared racy": (("u64 last_seen", "u64 __data_racy last_seen"),),
    "counted, not stored": (("w->last_seen = ktime_get()", "w->last_seen++"),),
    "no lock of the object": (
        ("spin_lock(&w->lock)", "spin_lock(&wren_lock)"),
        ("spin_unlock(&w->lock)", "spin_unlock(&wren_lock)"),
    ),
    "contexts unknown": (("irqreturn_t wren_irq(int irq, void *data)", "int wren_irq(int irq, void *data)"),),
    "S01 being built": (("wren_irq(int irq", "wren_irq_init(int irq"),),
    "a pointer": (("u64 last_seen", "struct wren *last_seen"),),
}


@pytest.mark.parametrize("changes", STORE_SILENT.values(), ids=STORE_SILENT.keys())
def test_store_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert [f for f in facts(changed(STORE, *changes), MixedMarking) if f.is_bare_store] == []


READ_SILENT = {
    "S03 the lock": (("\trcu_read_lock();\n", "\tguard(spinlock)(&w->lock);\n\trcu_read_lock();\n"),),
    "marked": (("w->eggs[w->index]", "w->eggs[READ_ONCE(w->index)]"),),
    "nothing known of the reader": (("\trcu_read_lock();\n", ""), ("\trcu_read_unlock();\n", "")),
    "a writer without the lock": (
        (
            "static u32 wren_eggs",
            "static void wren_turn(struct wren *w, u32 n)\n{\n\tw->index = n;\n}\n\nstatic u32 wren_eggs",
        ),
    ),
    "S13 behind a flag stored next": (
        ("\tu32 index;", "\tu32 index;\n\tbool ready;"),
        ("by;\n\tspin_unlock", "by;\n\tsmp_store_release(&w->ready, true);\n\tspin_unlock"),
        ("\teggs = w->eggs", "\teggs = 0;\n\tif (smp_load_acquire(&w->ready))\n\t\teggs = w->eggs"),
    ),
    "a hint of the lock": (("static u32 wren_eggs(", "static u32 __wren_eggs_locked("),),
    "only printed": (("\teggs = w->eggs[w->index];", '\teggs = 0;\n\tpr_debug("%u\\n", w->index);'),),
}


@pytest.mark.parametrize("changes", READ_SILENT.values(), ids=READ_SILENT.keys())
def test_read_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert "lockless-read" not in rules(changed(READ, *changes))


CALLBACKS = {
    "interrupt": (
        "static irqreturn_t wren_irq(int irq, void *data)\n{\n\tstruct wren *w = data;\n",
        "\treturn IRQ_HANDLED;\n",
    ),
    "timer": (
        "static void wren_tick(struct timer_list *t)\n{\n\tstruct wren *w = from_timer(w, t, timer);\n",
        "",
    ),
}

KNOWN_BY_CALL = """
static void wren_start(struct wren *w)
{
	timer_setup(&w->timer, wren_tick, 0);
}
"""

SET_UNDER_LOCK = """
struct wren {
	struct mutex lock;
	struct timer_list timer;
	u32 period;
};

static void wren_slow(struct wren *w, u32 by)
{
	mutex_lock(&w->lock);
	w->period = w->period + by;
	mutex_unlock(&w->lock);
}
"""


@pytest.mark.parametrize("name", CALLBACKS)
def test_read_in_a_callback_that_interrupts(name: str) -> None:
    head, tail = CALLBACKS[name]
    callback = f"\n{head}\n\twren_wait(w->period);\n{tail}}}\n"
    text = SET_UNDER_LOCK + callback + (KNOWN_BY_CALL if name == "timer" else "")
    (fact,) = facts(text, MixedMarking)
    assert fact.store.strip() == "wren_wait(w->period);"
    assert (fact.is_new_reader, fact.lock, fact.takeable) == (True, "w->lock", "")
    held = text.replace("\twren_wait(", "\tguard(mutex)(&w->lock);\n\twren_wait(")
    assert facts(held, MixedMarking) == []


def test_helper_called_without_the_lock_too() -> None:
    bare = changed(
        HELPER,
        ("\tspin_lock(&w->lock);\n\twren_grow(w, -1);\n\tspin_unlock(&w->lock);", "\twren_grow(w, -1);"),
    )
    assert facts(bare, MixedMarking) == []


def test_reader_under_the_lock_in_its_caller() -> None:
    held = changed(
        HELPER, ("\t*karg = wren_fill", "\tguard(spinlock)(&sk->wren->lock);\n\t*karg = wren_fill")
    )
    assert facts(held, MixedMarking) == []
