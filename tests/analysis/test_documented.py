"""What authors say in comments: at the field, and at the access (S26)."""

import pytest

from reviewbot.analysis.facts import DOCUMENTED, MixedMarking
from tests.analysis.series import facts

RATE = """
struct plume {
	spinlock_t lock;
	u32 rate;%s
};

void plume_set(struct plume *p, u32 rate)
{%s
	p->rate = rate;
}

u32 plume_cost(struct plume *p, u32 n)
{
	return n * READ_ONCE(p->rate);
}
"""


def reasons(field: str = "", access: str = "", more: str = "") -> list[str | None]:
    return [fact.reason for fact in facts(RATE % (field, access) + more, MixedMarking)]


def test_asked_without_a_comment() -> None:
    assert reasons() == [None]


@pytest.mark.parametrize(
    "comment",
    [
        "protected by lock",
        "Written under plume_lock, read anywhere",
        "only updated from the worker",
        "serialised by the core",
    ],
)
def test_protection_stated_at_the_field(comment: str) -> None:
    assert reasons(field=f" /* {comment} */") == [DOCUMENTED]


@pytest.mark.parametrize(
    "comment",
    [
        "bytes a second",
        "the clock's rate",
        "locked loop's rate",
        "written under plume_lock, often read without holding any lock",
        "protected by plume_lock, READ_ONCE() for the lockless readers",
    ],
)
def test_another_comment_at_the_field_is_no_answer(comment: str) -> None:
    assert reasons(field=f" /* {comment} */") == [None]


@pytest.mark.parametrize(
    "comment",
    [
        "No WRITE_ONCE() needed: nobody else has it yet.",
        "A benign race: the value is only a hint.",
        "Protected by the caller's mutex.",
        "A stale value is fine here.",
    ],
)
def test_reason_stated_at_the_access(comment: str) -> None:
    assert reasons(access=f"\n\t/* {comment} */") == [DOCUMENTED]


@pytest.mark.parametrize("comment", ["Set the rate.", "Blocks are not needed here.", "See plume_cost()."])
def test_another_comment_at_the_access_is_no_answer(comment: str) -> None:
    assert reasons(access=f"\n\t/* {comment} */") == [None]


def test_comment_that_the_code_contradicts() -> None:
    """A file operation is called with no lock, whatever the declaration says."""
    entry = """
static long plume_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct plume *p = file->private_data;

	p->rate = arg;
	return 0;
}

static const struct file_operations plume_fops = {
	.unlocked_ioctl = plume_ioctl,
};
"""
    text = (RATE % (" /* protected by lock */", "")).replace("\tp->rate = rate;\n", "") + entry
    assert [fact.reason for fact in facts(text, MixedMarking)] == [None]


@pytest.mark.parametrize(
    ("comment", "is_answer"),
    [
        (
            "It is new. That\n * can be done without any memory\n * barriers, for the fork comes later.",
            True,
        ),
        ("It is safe to store this without\n * the lock.", True),
        ("Sets the rate. Call it without the lock.", False),
        ("Sets the rate.", False),
    ],
)
def test_comment_above_a_short_function(comment: str, is_answer: bool) -> None:
    text = RATE.replace("void plume_set", f"/**\n * {comment}\n */\nvoid plume_set") % ("", "")
    assert [fact.reason for fact in facts(text, MixedMarking)] == [DOCUMENTED if is_answer else None]
    long = text.replace("\tp->rate = rate;", "\tplume_note(p);\n" * 12 + "\tp->rate = rate;")
    assert [fact.reason for fact in facts(long, MixedMarking)] == [None]
