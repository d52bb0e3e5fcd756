"""What is told of a field on which nothing is asked."""

from tests.analysis.series import analysis

LOCKED = """
struct wren {
	spinlock_t lock;
	int eggs;
};

static long wren_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct wren *w = file->private_data;

	spin_lock(&w->lock);
	w->eggs = arg;
	spin_unlock(&w->lock);
	return 0;
}

static ssize_t wren_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct wren *w = file->private_data;
	int eggs;

	spin_lock(&w->lock);
	eggs = w->eggs;
	spin_unlock(&w->lock);
	return eggs;
}
"""

TEARDOWN = """
static void wren_destroy(struct wren *w)
{
	pr_info("%d eggs left\\n", w->eggs);
	wren_drop(w, w->eggs);
}
"""


def told(text: str) -> list[str]:
    found = analysis(text)
    found.facts()
    return [reason.words for story in found.stories.of("eggs") for reason in story.reasons.told()]


def test_a_lock_that_teardown_does_without_is_not_held_at_all_accesses() -> None:
    assert "all accesses hold w->lock" in told(LOCKED)
    assert "all accesses but those in setup and teardown hold w->lock" in told(LOCKED + TEARDOWN)
