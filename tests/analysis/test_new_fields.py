"""Fields that a series adds and stores, with no reader in sight."""

import pytest

from reviewbot.analysis.facts import Confidence, NewField
from tests.analysis.series import facts

FIELD = """
struct wren {
	spinlock_t lock;
	u32 rev;
	u32 epoch;
};

static long wren_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct wren *w = file->private_data;

	w->epoch = arg;
	return 0;
}

static const struct file_operations wren_fops = {
	.unlocked_ioctl = wren_ioctl,
};
"""


def changed(*changes: tuple[str, str]) -> str:
    text = FIELD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_stored_by_an_entry_without_a_lock() -> None:
    (fact,) = facts(FIELD, NewField)
    assert str(fact.field) == "wren.epoch"
    assert (fact.confidence, fact.overlap) == (Confidence.MEDIUM, "wren_ioctl() is called with no lock held")
    assert fact.reason is None


def test_nothing_known_of_the_callers() -> None:
    (fact,) = facts(FIELD[: FIELD.index("static const")].replace("unsigned long arg", "u32 arg"), NewField)
    assert (fact.confidence, fact.overlap) == (Confidence.LOW, "")


SILENT = {
    "read as well": (("return 0;", "return w->epoch;"),),
    "under a lock": (("\tw->epoch", "\tguard(spinlock)(&w->lock);\n\tw->epoch"),),
    "marked": (("w->epoch = arg;", "WRITE_ONCE(w->epoch, arg);"),),
    "S01 fresh": (("= file->private_data;", "= kzalloc(sizeof(*w), GFP_KERNEL);"),),
    "S07 synchronises itself": (("\tu32 epoch;", "\tspinlock_t epoch;"),),
}


@pytest.mark.parametrize("changes", SILENT.values(), ids=SILENT.keys())
def test_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert facts(changed(*changes), NewField) == []


@pytest.mark.parametrize(
    "comment",
    [
        "Protected by lock.",
        "under ->lock",
        "slots_lock is held",
        "Written by the worker only.",
        "only accessed from the probe path",
        "serialised by the core",
        "RCU",
    ],
)
def test_s26_declaration_says_what_protects_it(comment: str) -> None:
    (fact,) = facts(changed(("\tu32 epoch;", f"\t/* {comment} */\n\tu32 epoch;")), NewField)
    assert fact.reason == "documented"


@pytest.mark.parametrize(
    "comment", ["The clock in kHz.", "only on revision 2", "size of a block", "a blocked nest"]
)
def test_comment_that_says_nothing_of_protection(comment: str) -> None:
    (fact,) = facts(changed(("\tu32 epoch;", f"\tu32 epoch;\t/* {comment} */")), NewField)
    assert fact.reason is None
