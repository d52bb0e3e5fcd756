"""Of a pointer that is loaded with no lock, the locks around what is done with it count."""

import pytest

from reviewbot.findings import Hidden
from tests.proof.patches import findings, shown

FILL = """	spin_lock(&r->lock);
	reel->turns = arg;
	r->reel = reel;
	spin_unlock(&r->lock);"""

USE = """	reel = r->reel;
	if (reel) {
		spin_lock(&r->lock);
		n += reel->turns;
		spin_unlock(&r->lock);
	}"""


def rod(fill: str, use: str) -> str:
    """A driver whose ioctl hangs in a reel while its read looks at it."""
    return f"""
struct reel {{
	u32 turns;
	struct reel *next;
}};

struct rod {{
	spinlock_t lock;
	spinlock_t other;
	struct reel *reel;
}};

static u32 reel_length(struct reel *reel)
{{
	return reel->turns * 2;
}}

static long rod_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{{
	struct rod *r = file->private_data;
	struct reel *reel = kzalloc(sizeof(*reel), GFP_KERNEL);

	if (!reel)
		return -ENOMEM;
{fill}
	return 0;
}}

static ssize_t rod_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{{
	struct rod *r = file->private_data;
	struct reel *reel, *kept;

{use}
	return n;
}}

static const struct file_operations rod_fops = {{
	.unlocked_ioctl = rod_ioctl,
	.read = rod_read,
}};
"""


def by_rule(code: str) -> dict[str, Hidden | None]:
    return {each.rule: each.hidden for each in findings(code)}


def is_refuted(use: str, fill: str = FILL) -> bool:
    """Whether the model answers the question of order, which is put in any case."""
    return by_rule(rod(fill, use))["plain-publication"] is Hidden.REFUTED


def test_the_lock_around_every_use_answers_the_question_of_order() -> None:
    found = next(each for each in findings(rod(FILL, USE)) if each.rule == "plain-publication")
    assert found.hidden is Hidden.REFUTED
    assert found.witness
    assert found.witness.as_posted == "Never"
    assert "if (r0) {\n\t\tspin_lock(lock);\n\t\tr1 = *r0;" in found.witness.test_as_posted


@pytest.mark.parametrize(
    "use",
    [
        "	reel = r->reel;\n	spin_lock(&r->lock);\n	n += reel->turns;\n	spin_unlock(&r->lock);",
        USE.replace("reel->turns", "reel_length(reel)"),
        USE.replace("\treel = r->reel;\n\tif (reel)", "\tif (r->reel)").replace(
            "reel->turns", "r->reel->turns"
        ),
        USE.replace("\treel = r->reel;\n\tif (reel)", "\tif (r->reel)").replace(
            "n += reel->turns", "reel = r->reel;\n\t\tn += reel->turns"
        ),
        USE.replace("spin_lock(", "guard(spinlock)(").replace("\t\tspin_unlock(&r->lock);\n", ""),
    ],
    ids=["no test", "in a callee", "tested only", "loaded again", "guard"],
)
def test_it_is_refuted_however_the_object_is_used_under_the_lock(use: str) -> None:
    assert is_refuted(use)


@pytest.mark.parametrize(
    "use",
    [
        USE + "\n	if (reel)\n		n += reel->turns;",
        USE.replace("	if (reel) {\n", "	if (reel) {\n		n += reel_length(reel);\n"),
        USE.replace("\tif (reel)", "\tif (reel && reel->turns)"),
        USE.replace("n += reel->turns", "kept = reel") + "\n	n += kept->turns;",
        USE.replace("&r->lock", "&r->other"),
        "	if (r->reel)\n		n += r->reel->turns;",
        "	kept = r->reel ? : NULL;\n" + USE.replace("reel = r->reel;\n\tif (reel)", "if (r->reel)"),
    ],
    ids=["behind it", "callee", "in the test", "kept", "other lock", "no lock", "kept at once"],
)
def test_it_is_asked_where_one_use_is_outside_of_the_lock(use: str) -> None:
    assert not is_refuted(use)
    assert "plain-publication" in [each.rule for each in shown(rod(FILL, use))]


def test_it_is_asked_where_one_of_two_readers_takes_no_lock() -> None:
    loose = """static __poll_t rod_poll(struct file *file, struct poll_table_struct *wait)
{
	struct rod *r = file->private_data;
	struct reel *reel = r->reel;

	return reel ? reel->turns : 0;
}

static const struct"""
    code = rod(FILL, USE).replace("static const struct", loose).replace(".read", ".poll = rod_poll,\n\t.read")
    assert by_rule(code)["plain-publication"] is None


def test_it_is_asked_where_the_object_is_stored_without_the_lock() -> None:
    fill = "\treel->turns = arg;\n\tr->reel = reel;"
    assert not is_refuted(USE, fill)


def test_the_race_on_the_pointer_is_left() -> None:
    (finding,) = shown(rod(FILL, USE))
    assert finding.rule == "lone-flag"
    assert "Is a stale reel fine for the read in rod_read()?" in finding.message
    assert "What it announces, the object behind it, is in order already" in finding.message
    assert finding.witness
    assert (finding.witness.has_race, finding.witness.repair) == (True, "marking")


def test_nothing_is_left_where_the_pointer_is_tested_again_under_the_lock() -> None:
    use = """	if (!r->reel)
		return 0;
	spin_lock(&r->lock);
	if (r->reel)
		n += r->reel->turns;
	spin_unlock(&r->lock);"""
    assert by_rule(rod(FILL, use)) == {"plain-publication": Hidden.REFUTED}


def test_nothing_is_left_where_both_are_marked() -> None:
    fill, use = (
        FILL.replace("r->reel = reel", "WRITE_ONCE(r->reel, reel)"),
        USE.replace("r->reel;", "READ_ONCE(r->reel);"),
    )
    assert shown(rod(fill, use)) == []
