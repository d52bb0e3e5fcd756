"""What the calls on one open file do one after the other."""

import pytest

from reviewbot.analysis.facts import Publication
from tests.analysis.series import facts

WALK = """
struct wren_walk {
	u32 *nest;
	u32 at;
};

static void wren_grow(struct wren_walk *walk, u32 n)
{
	u32 *nest = kcalloc(n, sizeof(u32), GFP_KERNEL);

	if (!nest)
		return;
	nest[0] = 1;
	walk->nest = nest;
}

static void *wren_walk_start(struct seq_file *seq, loff_t *pos)
{
	struct wren_walk *walk = seq->private;

	wren_grow(walk, 8);
	return walk;
}

static void *wren_walk_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct wren_walk *walk = seq->private;

	walk->at += walk->nest[0];
	return walk;
}

static const struct seq_operations wren_walk_ops = {
	.start = wren_walk_start,
	.next = wren_walk_next,
};
"""

OTHERS = {
    "another walker's state": (
        "*walk = seq->private;\n\n\twren_grow",
        "*walk = wren_walk_of(pos);\n\n\twren_grow",
    ),
    "a state of all": ("*walk = seq->private;\n\n\twalk->at", "*walk = wren_walks;\n\n\twalk->at"),
    "another kind of file": (
        "static const struct seq_operations",
        "static const struct file_operations wren_fops = {\n\t.open = wren_walk_start,\n};\n\n"
        "static const struct seq_operations",
    ),
}


def test_calls_on_one_open_file_do_not_overlap() -> None:
    assert facts(WALK, Publication) == []


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS.keys())
def test_what_others_reach_overlaps(change: tuple[str, str]) -> None:
    assert change[0] in WALK
    assert [str(fact.field) for fact in facts(WALK.replace(*change), Publication)] == ["wren_walk.nest"]
