"""How several accesses are named in words."""

from reviewbot.analysis.facts import Flag
from tests.analysis.series import facts

TWICE = """
struct wren {
	u32 eggs;
	bool ready;
};

static irqreturn_t wren_irq(int irq, void *data)
{
	struct wren *w = data;

	w->eggs = readl(w->regs);
	w->ready = true;
	return IRQ_HANDLED;
}

static ssize_t wren_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct wren *w = file->private_data;

	if (w->ready)
		return w->eggs;
	wren_peck(w);
	if (w->ready)
		return w->eggs;
	return 0;
}
"""

APART = TWICE.replace(
    "\twren_peck(w);\n",
    "\treturn 0;\n}\n\nstatic __poll_t wren_poll(struct file *file, poll_table *wait)\n{\n"
    "\tstruct wren *w = file->private_data;\n\n",
)


def test_two_checks_in_one_function_are_named_by_it() -> None:
    (fact,) = facts(TWICE, Flag)
    assert fact.readers == "the 2 checks in wren_read()"


def test_checks_in_several_functions_are_named_by_their_patch() -> None:
    (fact,) = facts(APART, Flag)
    assert fact.readers == "the 2 checks in patch 1"
