"""What an access is for (S10, S14, S17): each silences, and its mutation asks again."""

import pytest

from reviewbot.analysis.facts import MixedMarking
from tests.analysis.series import facts, reviewed

LOCKED = """
struct rail {
	struct mutex lock;
	u32 level;
	unsigned long flags;
};

void rail_set(struct rail *r, u32 level)
{
	mutex_lock(&r->lock);
	r->level = level;
	r->flags |= RAIL_UP;
	mutex_unlock(&r->lock);
}

u32 rail_level(struct rail *r)
{
	u32 level;

	mutex_lock(&r->lock);
	level = r->level;
	r->level = 0;
	if (r->flags & RAIL_UP)
		r->flags &= ~RAIL_UP;
	mutex_unlock(&r->lock);
	return level;
}

static ssize_t rail_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct rail *r = file->private_data;
	u32 seen = 0;

	BODY
	return seen;
}

static const struct file_operations rail_fops = {
	.read = rail_read,
};
"""


def old_but(body: str) -> str:
    """The driver as it was, with a new body of its read()."""
    lines = LOCKED.strip().split("\n")
    at = lines.index("\tBODY")
    new = [f"+\t{line}" for line in body.split("\n")]
    return "\n".join([f" {line}" for line in lines[:at]] + new + [f" {line}" for line in lines[at + 1 :]])


def shown(body: str) -> list[str]:
    return [
        f"{each.rule} {each.field.name}" for each in reviewed(old_but(body)).report.findings if each.is_shown
    ]


AGAIN = (
    "if (r->level) {\n\tmutex_lock(&r->lock);\n\tif (r->level)\n\t\tseen = 1;\n\tmutex_unlock(&r->lock);\n}"
)

SILENT = {
    "S10 printed": (
        'dev_dbg(r->dev, "%u", r->level);',
        "rail_apply(r->dev, r->level);",
    ),
    "S10 printed as a word": (
        'seq_printf(r->seq, "%s", r->level ? "on" : "off");',
        'rail_apply(r->seq, r->level ? "on" : "off");',
    ),
    "S10 kept in a variable and printed": (
        'seen = r->level;\npr_info("%u", seen);\nseen = 0;',
        'seen = r->level;\npr_info("%u", seen);\nrail_apply(r, seen);\nseen = 0;',
    ),
    "S10 warned about": ("WARN_ON_ONCE(r->level > 9);", "rail_apply_once(r->level > 9);"),
    "S14 looked at again under the lock": (AGAIN, AGAIN.replace("\tif (r->level)\n\t\t", "\t")),
    "S14 not under another lock": (AGAIN, AGAIN.replace("->lock", "->own")),
    "S14 compared by an exchange": (
        "seen = r->level;\ncmpxchg(&r->level, seen, 0);\nseen = 0;",
        "seen = r->level;\nrail_apply(&r->level, seen, 0);\nseen = 0;",
    ),
    "S17 one bit": ("if (r->flags & RAIL_UP)\n\tseen = 1;", "if (r->flags > RAIL_UP)\n\tseen = 1;"),
}


@pytest.mark.parametrize(("quiet", "loud"), SILENT.values(), ids=SILENT.keys())
def test_suppressor_and_its_mutation(quiet: str, loud: str) -> None:
    field = "flags" if "flags" in quiet else "level"
    assert f"lockless-read {field}" in shown(loud)
    assert f"lockless-read {field}" not in shown(quiet)


def test_store_that_marked_prints_read_is_asked_about() -> None:
    text = """
void rail_set(struct rail *r, u32 level)
{
	r->level = level;
}

int rail_show(struct seq_file *m, struct rail *r)
{
	seq_printf(m, "%u", READ_ONCE(r->level));
	return 0;
}
"""
    (fact,) = facts(text, MixedMarking)
    assert not fact.is_diagnostic
    other = text.replace("r->level = level", "WRITE_ONCE(r->level, level)").replace(
        "READ_ONCE(r->level)", "r->level"
    )
    (fact,) = facts(other, MixedMarking)
    assert fact.is_diagnostic


@pytest.mark.parametrize(
    ("write", "read", "wanted"),
    [
        ("r->level = level", "READ_ONCE(r->level)", ("WRITE_ONCE", "")),
        ("WRITE_ONCE(r->level, level)", "r->level", ("", "READ_ONCE")),
    ],
)
def test_only_the_side_without_a_mark_is_to_get_one(write: str, read: str, wanted: tuple[str, str]) -> None:
    text = (
        f"void rail_set(struct rail *r, u32 level)\n{{\n\t{write};\n}}\n\n"
        f"u32 rail_sum(struct rail *r, u32 n)\n{{\n\treturn n + {read};\n}}\n"
    )
    (found,) = reviewed(text).report.findings
    assert (found.rule, found.suggestion.write, found.suggestion.read) == ("mixed-marking", *wanted)


CHOSEN = """
void wren_show(struct seq_file *m, struct wren *w)
{
	seq_printf(m, "%d %s %d", wren_first(w),
			w->best == 2 ? "*" : wren_is_bad(w) ? "!" : "",
			wren_last(w));
}

void wren_choose(struct wren *w, int best)
{
	WRITE_ONCE(w->best, best);
}
"""


def test_what_only_chooses_a_word_to_be_printed_is_told() -> None:
    assert [fact.is_diagnostic for fact in facts(CHOSEN, MixedMarking)] == [True]
    used = CHOSEN.replace('w->best == 2 ? "*" : ', "wren_note(w->best) ? ")
    assert [
        fact.is_diagnostic
        for fact in facts(used.replace('wren_is_bad(w) ? "!" : ""', '"!" : ""'), MixedMarking)
    ] == [False]
