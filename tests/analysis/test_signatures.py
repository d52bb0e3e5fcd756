"""Contexts that a function's type tells, where what registers it is out of sight."""

import pytest

from reviewbot.analysis.contexts import signature
from tests.analysis.series import analysis

BODY = "{\n\twren_peck(1);\n}\n"
TYPES = {
    "static void wren_work(struct work_struct *work)": "workqueue",
    "static void wren_timer(struct timer_list *t)": "softirq_timer",
    "static enum hrtimer_restart wren_tick(struct hrtimer *t)": "hardirq_timer",
    "static irqreturn_t wren_irq(int irq, void *data)": "hardirq",
    "static void wren_later(void *data, async_cookie_t cookie)": "async_call",
    "static ssize_t eggs_show(struct device *dev, struct device_attribute *attr, char *buf)": "sysfs_show",
    "static ssize_t wren_write(struct file *f, const char __user *b, size_t n, loff_t *p)": "process_fops",
    "static int wren_target(struct device *dev, unsigned long *freq, u32 flags)": "devfreq",
}


@pytest.mark.parametrize(("head", "context"), TYPES.items(), ids=list(TYPES.values()))
def test_type_tells_the_context(head: str, context: str) -> None:
    made = analysis(f"{head}\n{BODY}")
    (study,) = made.program.touched()
    assert made.contexts.of(study) == {context}
    assert made.contexts.is_registered(study)


def test_spelling_of_a_type() -> None:
    made = analysis(f"static ssize_t wren_read(struct file *f, char __user *b, size_t n, loff_t *p)\n{BODY}")
    (study,) = made.program.touched()
    assert signature(study.function) == "ssize_t (struct file *, char __user *, size_t, loff_t *)"


SILENT = {
    "another type": "static void wren_work(struct wren *work)\n" + BODY,
    "called directly": (
        f"static void wren_work(struct work_struct *work)\n{BODY}\n"
        "static void wren_now(struct wren *w)\n{\n\twren_work(&w->work);\n}\n"
    ),
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT.keys())
def test_type_alone_tells_nothing(text: str) -> None:
    made = analysis(text)
    study = next(iter(made.program.touched()))
    assert made.contexts.of(study) == frozenset()


def test_registration_goes_before_the_type() -> None:
    table = "\nstatic const struct proc_ops wren_ops = {\n\t.proc_read = wren_read,\n};\n"
    head = "static ssize_t wren_read(struct file *f, char __user *b, size_t n, loff_t *p)"
    made = analysis(f"{head}\n{BODY}{table}")
    study = next(iter(made.program.touched()))
    assert made.contexts.of(study) == {"procfs_seq"}
