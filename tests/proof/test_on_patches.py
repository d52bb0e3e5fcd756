"""The memory model decides what is asked of a patch, and what is suggested."""

import pytest

from reviewbot.findings import Finding, Hidden
from tests.proof.patches import findings, shown

STRUCTS = """
struct bird {
	spinlock_t lock;
	u32 song;
	bool awake;
	bool eager;
	struct nest *nest;
};
"""

OPERATIONS = """
static const struct file_operations bird_fops = {
	.unlocked_ioctl = bird_ioctl,
	.read = bird_read,
};
"""


def driver(writer: str, reader: str) -> str:
    """A driver whose ioctl and read run at the same time; `b` is the object in both."""
    return f"""{STRUCTS}
static long bird_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{{
	struct bird *b = file->private_data;

{writer}
	return 0;
}}

static ssize_t bird_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{{
	struct bird *b = file->private_data;

{reader}
	return n;
}}
{OPERATIONS}"""


def only(found: list[Finding]) -> Finding:
    assert [each.rule for each in found] == [each.rule for each in found[:1]]
    assert found
    return found[0]


ANNOUNCED = "\tb->song = arg;\n\t{store};"
USED = "\tif ({load})\n\t\tn += b->song;"


def test_message_passing_draws_release_and_acquire() -> None:
    finding = only(shown(driver(ANNOUNCED.format(store="b->awake = true"), USED.format(load="b->awake"))))
    assert (finding.suggestion.write, finding.suggestion.read) == ("smp_store_release", "smp_load_acquire")
    assert finding.witness
    assert (finding.witness.as_posted, finding.witness.as_suggested) == ("Sometimes", "Never")
    assert finding.witness.repair == "release/acquire"
    assert finding.witness.has_race


def test_the_litmus_test_has_the_names_of_the_code() -> None:
    finding = only(shown(driver(ANNOUNCED.format(store="b->awake = true"), USED.format(load="b->awake"))))
    assert finding.witness
    assert "*song = 1;\n\t*awake = 1;" in finding.witness.test_as_posted
    assert "smp_store_release(awake, 1);" in finding.witness.test_as_suggested
    assert "exists (1:r0=1 /\\ 1:r1=0)" in finding.witness.test_as_posted


def test_marking_alone_is_not_enough_for_a_message() -> None:
    code = driver(
        ANNOUNCED.format(store="WRITE_ONCE(b->awake, true)"), USED.format(load="READ_ONCE(b->awake)")
    )
    finding = only(shown(code))
    assert finding.witness
    assert finding.witness.repair == "release/acquire"


@pytest.mark.parametrize(
    ("store", "load", "wanted"),
    [
        ("smp_store_release(&b->awake, true)", "READ_ONCE(b->awake)", "smp_load_acquire"),
        ("WRITE_ONCE(b->awake, true)", "smp_load_acquire(&b->awake)", "smp_store_release"),
    ],
    ids=["release alone", "acquire alone"],
)
def test_one_side_alone_is_refused(store: str, load: str, wanted: str) -> None:
    finding = only(shown(driver(ANNOUNCED.format(store=store), USED.format(load=load))))
    assert finding.witness
    assert (finding.witness.as_posted, finding.witness.as_suggested) == ("Sometimes", "Never")
    assert wanted in (finding.suggestion.write, finding.suggestion.read)


def test_both_sides_are_accepted() -> None:
    store, load = "smp_store_release(&b->awake, true)", "smp_load_acquire(&b->awake)"
    assert shown(driver(ANNOUNCED.format(store=store), USED.format(load=load))) == []


def test_a_lone_flag_draws_marking_only() -> None:
    code = driver("\tb->eager = true;", "\tif (b->eager)\n\t\treturn -EAGAIN;")
    finding = only(shown(code))
    assert (finding.suggestion.write, finding.suggestion.read) == ("WRITE_ONCE", "READ_ONCE")
    assert finding.witness
    assert finding.witness.repair == "marking"
    assert finding.witness.has_race


def test_store_buffering_draws_a_full_barrier() -> None:
    code = driver(
        "\tWRITE_ONCE(b->awake, true);\n\tif (READ_ONCE(b->eager))\n\t\treturn 1;",
        "\tWRITE_ONCE(b->eager, true);\n\tif (READ_ONCE(b->awake))\n\t\treturn 1;",
    )
    finding = only(shown(code))
    assert (finding.suggestion.write, finding.suggestion.read) == ("smp_mb", "smp_mb")
    assert finding.witness
    assert finding.witness.repair == "full barrier"


@pytest.mark.parametrize("fence", ["smp_wmb", "smp_rmb"])
def test_a_lesser_barrier_does_not_help_store_buffering(fence: str) -> None:
    code = driver(
        f"\tWRITE_ONCE(b->awake, true);\n\t{fence}();\n\tif (READ_ONCE(b->eager))\n\t\treturn 1;",
        f"\tWRITE_ONCE(b->eager, true);\n\t{fence}();\n\tif (READ_ONCE(b->awake))\n\t\treturn 1;",
    )
    finding = only(shown(code))
    assert finding.witness
    assert f"{fence}();" in finding.witness.test_as_posted
    assert finding.witness.repair == "full barrier"


HATCH = """	struct nest *nest = kzalloc(sizeof(*nest), GFP_KERNEL);

	if (!nest)
		return -ENOMEM;
	nest->eggs = arg;
	{store};"""

PEEK = """	struct nest *nest = {load};

	if (nest)
		n += {use};"""

NEST = "\nstruct nest {\n\tu32 eggs;\n};\n"


def test_an_address_dependency_is_enough_for_what_the_pointer_reaches() -> None:
    code = NEST + driver(HATCH.format(store="b->nest = nest"), PEEK.format(load="b->nest", use="nest->eggs"))
    finding = only(shown(code))
    assert finding.witness
    assert finding.witness.repair == "dependency"
    assert finding.suggestion.write == "rcu_assign_pointer"


def test_a_release_with_a_marked_load_is_accepted_for_what_the_pointer_reaches() -> None:
    code = NEST + driver(
        HATCH.format(store="smp_store_release(&b->nest, nest)"),
        PEEK.format(load="READ_ONCE(b->nest)", use="nest->eggs"),
    )
    assert shown(code) == []


def test_an_address_dependency_is_not_enough_for_what_stands_beside() -> None:
    store = "b->song = arg;\n\tsmp_store_release(&b->nest, nest)"
    code = NEST + driver(
        HATCH.format(store=store), PEEK.format(load="READ_ONCE(b->nest)", use="nest->eggs + b->song")
    )
    finding = only(shown(code, preview=True))
    assert finding.witness
    assert finding.witness.repair == "release/acquire"
    assert (finding.suggestion.write, finding.suggestion.read) == ("smp_store_release", "smp_load_acquire")


LOCKED_FILL = (
    "\tspin_lock(&b->lock);\n\tb->song = arg;\n\tspin_unlock(&b->lock);\n\tWRITE_ONCE(b->awake, true);"
)
LOCKED_USE = """	if (READ_ONCE(b->awake)) {
		spin_lock(&b->lock);
		n += b->song;
		spin_unlock(&b->lock);
	}"""


def test_what_the_model_forbids_is_not_asked() -> None:
    """The lock taken behind the check comes after the writer's: so the payload is never old."""
    found = [each for each in findings(driver(LOCKED_FILL, LOCKED_USE)) if each.rule == "flag-publishes-data"]
    assert [each.hidden for each in found] == [Hidden.REFUTED]
    assert found[0].witness
    assert found[0].witness.as_posted == "Never"


def plainly(code: str) -> str:
    return code.replace("WRITE_ONCE(b->awake, true)", "b->awake = true").replace(
        "READ_ONCE(b->awake)", "b->awake"
    )


def by_rule(code: str) -> dict[str, Hidden | None]:
    return {each.rule: each.hidden for each in findings(code)}


def test_the_race_is_asked_about_where_the_order_is_refuted() -> None:
    code = plainly(driver(LOCKED_FILL, LOCKED_USE))
    assert by_rule(code) == {"flag-publishes-data": Hidden.REFUTED, "lone-flag": None}
    (finding,) = shown(code)
    assert "What it announces, b->song, is in order already" in finding.message
    assert finding.witness
    assert (finding.witness.has_race, finding.witness.repair) == (True, "marking")
    assert "song" not in finding.witness.test_as_posted


@pytest.mark.parametrize("store", ["b->awake = true", "WRITE_ONCE(b->awake, true)"])
@pytest.mark.parametrize("load", ["b->awake", "READ_ONCE(b->awake)"])
def test_a_mark_on_one_side_is_asked_about_by_the_rule_of_marks(store: str, load: str) -> None:
    code = driver(
        LOCKED_FILL.replace("WRITE_ONCE(b->awake, true)", store),
        LOCKED_USE.replace("READ_ONCE(b->awake)", load),
    )
    marks = sum("ONCE" in text for text in (store, load))
    asked = {0: ["lone-flag"], 1: ["mixed-marking"], 2: []}[marks]
    assert [each.rule for each in shown(code)] == asked


def test_nothing_is_left_of_a_hint_that_is_tested_again_under_the_lock() -> None:
    again = LOCKED_USE.replace("n += b->song;", "if (b->awake)\n\t\t\tn += b->song;")
    fill = LOCKED_FILL.replace("\n\tspin_unlock(&b->lock);", "") + "\n\tspin_unlock(&b->lock);"
    assert by_rule(plainly(driver(fill, again))) == {"flag-publishes-data": Hidden.REFUTED}


def test_the_race_is_not_asked_about_beside_a_question_of_order() -> None:
    use = "\tif (b->awake)\n\t\tn += b->song;"
    assert by_rule(plainly(driver(LOCKED_FILL, use))) == {"flag-publishes-data": None}


def test_the_race_of_an_ordered_half_is_left_too() -> None:
    fill = LOCKED_FILL.replace("\tWRITE", "\tsmp_wmb();\n\tWRITE")
    assert by_rule(plainly(driver(fill, LOCKED_USE))) == {"one-sided-pair": Hidden.REFUTED, "lone-flag": None}


def test_an_answer_to_the_race_holds() -> None:
    code = plainly(driver(LOCKED_FILL, LOCKED_USE)).replace(
        "\tb->awake = true;",
        "\t/* reviewbot: allow lone-flag: a stale value only delays */\n\tb->awake = true;",
    )
    assert by_rule(code)["lone-flag"] is Hidden.ALLOWED


def test_it_is_asked_where_the_use_is_outside_of_the_lock() -> None:
    use = "\tif (READ_ONCE(b->awake))\n\t\tn += b->song;"
    finding = only(shown(driver(LOCKED_FILL, use)))
    assert finding.witness
    assert finding.witness.as_posted == "Sometimes"


def test_the_table_is_that_of_the_witness() -> None:
    finding = only(shown(driver(ANNOUNCED.format(store="b->awake = true"), USED.format(load="b->awake"))))
    table = finding.interleaving
    assert table
    assert table.columns == ("bird_ioctl()", "bird_read()")
    assert [(step.column, step.text.strip(), step.arrow) for step in table.steps] == [
        (0, "b->song = ...", ""),
        (0, "b->awake = true;", "- ->"),
        (1, "if (b->awake)", ""),
        (1, "use b->song", "?"),
    ]
    assert table.steps[-1].remark == "<- may be old"


def test_two_stores_race_too() -> None:
    code = driver("\tWRITE_ONCE(b->song, 1);", "\tb->song = 2;")
    finding = only(shown(code))
    assert finding.rule == "mixed-marking"
    assert finding.witness
    assert "exists (song=1)" in finding.witness.test_as_posted
    assert (finding.witness.has_race, finding.witness.repair) == (True, "marking")
