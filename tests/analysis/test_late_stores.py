"""Members filled in after their object was published: suppressors and their mutations."""

import pytest

from reviewbot.analysis.facts import Confidence, LateStore
from tests.analysis.series import facts

OPEN = """
struct wren_nest *wren_open(struct wren *w, u32 id)
{
	struct wren_nest *n = kzalloc(sizeof(*n), GFP_KERNEL);

	if (!n)
		return NULL;
	n->id = id;
	spin_lock(&w->lock);
	list_add_rcu(&n->node, &w->nests);
	spin_unlock(&w->lock);
	n->eggs = w->eggs;
	return n;
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

PROBE = """
static irqreturn_t wren_irq(int irq, void *data)
{
	struct wren *w = data;

	complete(&w->done);
	return IRQ_HANDLED;
}

static int wren_probe(struct platform_device *pdev)
{
	struct wren *w = devm_kzalloc(&pdev->dev, sizeof(*w), GFP_KERNEL);
	int ret;

	ret = devm_request_irq(&pdev->dev, pdev->id, wren_irq, IRQF_SHARED, "wren", w);
	if (ret)
		return ret;
	init_completion(&w->done);
	return 0;
}
"""

REGISTER = """
static long wren_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct wren *w = container_of(file->private_data, struct wren, misc);

	return w->ops->count(w);
}

static const struct file_operations wren_fops = {
	.unlocked_ioctl = wren_ioctl,
};

int wren_attach(struct device *dev, const struct wren_ops *ops)
{
	struct wren *w = devm_kzalloc(dev, sizeof(*w), GFP_KERNEL);
	int ret;

	w->misc.fops = &wren_fops;
	ret = misc_register(&w->misc);
	if (ret)
		return ret;
	w->ops = ops;
	return 0;
}
"""

WORK = """
static void wren_work(struct work_struct *work)
{
	struct wren *w = container_of(work, struct wren, work);

	wren_count(w, w->limit + 1);
}

struct wren *wren_begin(u32 limit)
{
	struct wren *w = kzalloc(sizeof(*w), GFP_KERNEL);

	INIT_WORK(&w->work, wren_work);
	schedule_work(&w->work);
	w->limit = limit;
	return w;
}
"""


def test_after_an_insert() -> None:
    (fact,) = facts(OPEN + FIND, LateStore)
    assert (fact.publisher, fact.object, str(fact.field)) == ("list_add_rcu()", "n", "wren_nest.eggs")
    assert (fact.writer, fact.reader, fact.is_initialisation) == ("wren_open()", "wren_find()", True)
    assert fact.overlap == "wren_find() looks where list_add_rcu() has put it"
    assert fact.confidence is Confidence.MEDIUM


def test_after_a_pointer_was_stored() -> None:
    store = OPEN.replace("list_add_rcu(&n->node, &w->nests)", "rcu_assign_pointer(w->first, n)")
    find = FIND.replace("list_for_each_entry_rcu(n, &w->nests, node)", "n = rcu_dereference(w->first);")
    (fact,) = facts(store + find, LateStore)
    assert (fact.publisher, fact.overlap) == (
        "rcu_assign_pointer()",
        "wren_find() finds the object through w->first",
    )


def test_after_the_interrupt_was_requested() -> None:
    (fact,) = facts(PROBE, LateStore)
    assert (fact.publisher, str(fact.field), fact.reader) == ("devm_request_irq()", "wren.done", "wren_irq()")
    assert fact.overlap == "wren_irq() runs from then on: devm_request_irq() may run it at once"


def test_after_a_registration() -> None:
    (fact,) = facts(REGISTER, LateStore)
    assert (fact.publisher, str(fact.field), fact.reader) == ("misc_register()", "wren.ops", "wren_ioctl()")


def test_after_work_was_queued() -> None:
    (fact,) = facts(WORK, LateStore)
    assert (fact.publisher, fact.reader) == ("schedule_work()", "wren_work()")


def test_delayed_work_is_a_guess() -> None:
    (fact,) = facts(WORK.replace("schedule_work(&w->work)", "schedule_delayed_work(&w->work, HZ)"), LateStore)
    assert fact.confidence is Confidence.LOW


QUIET = {
    "filled in first": (OPEN + FIND, "\tn->id = id;", "\tn->id = id;\n\tn->eggs = w->eggs;"),
    "copied first": (OPEN + FIND, "kzalloc(sizeof(*n), GFP_KERNEL)", "kmemdup(w->model, 8, GFP_KERNEL)"),
    "set up by a call": (OPEN + FIND, "\tn->id = id;", "\twren_nest_init(n, id);"),
    "cleared": (OPEN + FIND, "n->eggs = w->eggs", "n->eggs = 0"),
    "not read": (OPEN + FIND, "ret += n->eggs", "ret += n->id"),
    "only tested": (OPEN + FIND, "\t\tret += n->eggs;", "\t\tif (n->eggs)\n\t\t\tret++;"),
    "tested before use": (OPEN + FIND, "\t\tret += n->eggs;", "\t\tif (n->eggs)\n\t\t\tret += n->eggs;"),
    "another list": (OPEN + FIND, "&w->nests, node)", "&w->spare, node)"),
    "object of the caller": (
        OPEN + FIND,
        "struct wren_nest *n = kzalloc(sizeof(*n), GFP_KERNEL)",
        "struct wren_nest *n = w->old",
    ),
    "irq off": (PROBE, "IRQF_SHARED", "IRQF_NO_AUTOEN"),
    "irq requested last": (PROBE, "\tint ret;\n", "\tint ret;\n\n\tinit_completion(&w->done);"),
    "error path": (
        PROBE,
        "\t\treturn ret;\n\tinit_completion(&w->done);\n",
        "\t\tinit_completion(&w->done);\n",
    ),
    "registered last": (REGISTER, "\tw->misc.fops", "\tw->ops = ops;\n\tw->misc.fops"),
    "other table": (REGISTER, "file_operations wren_fops", "hwmon_ops wren_fops"),
    "queued last": (WORK, "\tschedule_work", "\tw->limit = limit;\n\tschedule_work"),
}


@pytest.mark.parametrize("case", QUIET.values(), ids=QUIET.keys())
def test_suppressor(case: tuple[str, str, str]) -> None:
    text, old, new = case
    assert old in text
    assert facts(text.replace(old, new, 1), LateStore) == []
    assert len(facts(text, LateStore)) == 1


LOCKED = """
void wren_add(struct wren *w, u32 eggs)
{
	struct wren_nest *n = kzalloc(sizeof(*n), GFP_KERNEL | __GFP_NOFAIL);

	mutex_lock(&w->lock);
	list_add(&n->node, &w->nests);
	n->eggs = eggs;
	mutex_unlock(&w->lock);
}

u32 wren_total(struct wren *w)
{
	struct wren_nest *n;
	u32 ret = 0;

	mutex_lock(&w->lock);
	list_for_each_entry(n, &w->nests, node)
		ret += n->eggs;
	mutex_unlock(&w->lock);
	return ret;
}
"""


def test_lock_held_from_insert_to_store() -> None:
    assert facts(LOCKED, LateStore) == []
    released = LOCKED.replace(
        "\tn->eggs = eggs;\n\tmutex_unlock(&w->lock);\n", "\tmutex_unlock(&w->lock);\n\tn->eggs = eggs;\n"
    )
    assert len(facts(released, LateStore)) == 1


def test_ready_flag_that_readers_test() -> None:
    gated = FIND.replace("\t\tret += n->eggs;", "\t\tif (n->ready)\n\t\t\tret += n->eggs;")
    opened = OPEN.replace("\treturn n;", "\tn->ready = true;\n\treturn n;")
    assert facts(opened + gated, LateStore) == []
    assert len(facts(OPEN + gated, LateStore)) == 1


def test_container_that_nobody_else_has() -> None:
    store = OPEN.replace("list_add_rcu(&n->node, &w->nests)", "w->first = n")
    find = FIND.replace("list_for_each_entry_rcu(n, &w->nests, node)", "n = rcu_dereference(w->first);")
    private = store.replace("\tif (!n)", "\tw = kzalloc(sizeof(*w), GFP_KERNEL);\n\tif (!n)")
    assert facts(private + find, LateStore) == []


def test_old_code_is_not_asked_about() -> None:
    text = "".join(f" {line}\n" for line in (OPEN + FIND).strip().splitlines())
    assert facts(text.replace(" \tn->id", "+\tn->id"), LateStore) == []
    assert len(facts(text.replace(" \tn->eggs =", "+\tn->eggs ="), LateStore)) == 1
    assert len(facts(text.replace(" \tlist_add", "+\tlist_add"), LateStore)) == 1
