"""The arrays behind the flag: T6 to T13 and T17 of the seed thread."""

import pytest

from reviewbot.findings import Hidden
from reviewbot.publishers import terminal
from tests.seed.fixture import DEBUG, HEADER, MAP, V2, V3, V4, ZONES, Thread
from tests.seed.reviews import from_mail, functions, hidden, over_tree, rules, shown, the

STORE = "zone->map.refs[level] ="
RELEASE = "\tsmp_store_release(&d->map.has_refs, true);\n"
LOOP = "\tfor (space = 0; space < DUNLIN_SPACES; space++) {\n\t\tzones = dunlin_zones_of(d, space);\n"
LAZY = len(V4.steps)

both_ways = pytest.mark.parametrize("look", [from_mail, over_tree])


def lifted(thread: Thread) -> Thread:
    """The flag is released before the loop that stores the arrays."""
    less = thread.vary(LAZY, ZONES, RELEASE, "")
    return less.vary(LAZY, ZONES, LOOP, RELEASE + LOOP)


@both_ways
def test_t06_an_array_hung_on_a_zone_that_readers_have(look) -> None:
    """The question stands on the assignment that patch 4 moved, because patch 7 makes it late."""
    finding = the(look(V2), "nested-publication")
    place = finding.place
    assert (place.path, place.function, place.patch) == (ZONES, "dunlin_alloc_refs", 4)
    assert place.line == V2.line("kvcalloc(entries", ZONES, 4) - 1
    assert finding.line_text == STORE
    assert "rcu_assign_pointer() here" in finding.suggestion.text
    assert "zone->map.refs[level]" in finding.suggestion.text


def test_t06_the_question_is_known_again_with_a_tree() -> None:
    """Of which struct refs is a member may take the tree to tell; the fingerprint does without."""
    prints = {the(look(V2), "nested-publication").fingerprint for look in (from_mail, over_tree)}
    assert len(prints) == 1


def test_t06_the_element_is_dereferenced_and_then_indexed() -> None:
    """With the tree the readers are named, and how they would read an element of the array."""
    finding = the(over_tree(V2), "nested-publication")
    assert functions(finding) == ["dunlin_refs_show", "dunlin_ref"]
    said = " ".join((finding.suggestion.text, *finding.checklist))
    assert "dereference the element into a local variable, then index it" in said


@both_ways
def test_t07_domain_and_lock_come_from_the_code(look) -> None:
    """The domain from the helper that finds the zones, the lock from the way to the store."""
    text = the(look(V2), "nested-publication").suggestion.text
    wanted = "srcu_dereference_check(zone->map.refs[level], &d->srcu, lockdep_is_held(&d->refs_lock))"
    assert wanted in text
    assert "srcu_dereference(" not in text


@both_ways
def test_t08_three_threads_and_the_missing_edge(look) -> None:
    """Outer publisher, reader, inner allocator; the outer store is older and orders nothing."""
    finding = the(look(V2), "nested-publication")
    table = finding.interleaving
    assert table is not None
    assert len(table.columns) == 3
    assert table.columns[0] == "publisher of zone"
    assert table.columns[2] == "dunlin_alloc_refs()"
    outer = next(n for n, step in enumerate(table.steps) if "rcu_assign_pointer" in step.text)
    inner = next(n for n, step in enumerate(table.steps) if "refs[level] =" in step.text)
    assert (table.steps[outer].column, table.steps[inner].column) == (0, 2)
    assert outer < inner
    assert [step.arrow for step in table.steps if step.arrow] == ["- ->", "?"]
    assert table.steps[-1].arrow == "?"
    assert "published earlier" in finding.message
    assert "free" not in finding.message.lower()


@both_ways
def test_t09_two_reasons_and_no_grace_period_of_its_own(look) -> None:
    """Order is one reason, that CONFIG_PROVE_RCU can look is another; nobody waits for the arrays."""
    finding = the(look(V2), "nested-publication")
    said = f"{finding.message} {finding.suggestion.text}"
    assert "orders the contents" in said
    assert "CONFIG_PROVE_RCU" in said
    assert "grace period" not in said.lower() + " ".join(finding.checklist).lower()
    assert "synchronize" not in said


@both_ways
def test_t10_a_constructor_that_calls_the_same_helper_is_left_alone(look) -> None:
    """Without the late caller of patch 7 nobody can have the zone: nothing to ask of its arrays."""
    early = V2.only(3, 4, 5, 6)
    assert rules(look(early)) == []
    assert "nested-publication" in rules(look(V2))


@both_ways
def test_t11_dereferencing_the_zones_is_no_answer(look) -> None:
    """The zones are srcu_dereferenced, by a helper of the series, and the question stays."""
    assert "srcu_dereference_check(d->zones[space]" in V2.trees()[-1][HEADER]
    assert "nested-publication" in rules(look(V2))


@both_ways
def test_t12_a_gate_before_every_reader_answers(look) -> None:
    """Released after all arrays, acquired before every use: no comment, and the gate is on record."""
    done = look(V4)
    assert shown(done) == []
    gated = hidden(done, Hidden.GATED)
    assert [each.rule for each in gated] == ["nested-publication"]
    assert any("has_refs" in item for item in gated[0].checklist)


@both_ways
def test_t12_the_summary_names_the_gate(look) -> None:
    """One line tells on which flag the silence rests."""
    done = look(V4)
    assert "has_refs" in terminal.render(done.series, done.report)


@both_ways
def test_t12_a_release_above_the_loop_brings_it_back(look) -> None:
    """The flag is then set before the arrays are, and the gate covers nothing."""
    assert "nested-publication" in rules(look(lifted(V4)))


UNGATED = {
    "debugfs": (DEBUG, "\tif (!dunlin_has_refs(d))\n\t\treturn 0;\n\n", ""),
    "walk": (
        MAP,
        "\tif (dunlin_has_refs(d))\n\t\tyoung = dunlin_walk(d, range, dunlin_age_ref);\n",
        "\tyoung = dunlin_walk(d, range, dunlin_age_ref);\n",
    ),
    "early return": (MAP, "\tif (!dunlin_has_refs(d))\n\t\treturn;\n\n\twhile", "\twhile"),
}


@pytest.mark.parametrize("gate", UNGATED, ids=str)
def test_t12_one_gate_less_brings_it_back(gate: str) -> None:
    """One reader that does not test the flag is enough; the tree shows it."""
    assert "nested-publication" in rules(over_tree(V4.vary(5, *UNGATED[gate])))


def test_t13_readers_without_the_gate_are_listed_debugfs_too() -> None:
    """A debugfs file that walks the arrays without the test is among the reads."""
    finding = the(over_tree(V4.vary(5, *UNGATED["debugfs"])), "nested-publication")
    assert "dunlin_refs_show" in functions(finding)
    assert "has_refs" in finding.suggestion.text


def test_t13_what_a_lazy_array_has_to_get_right() -> None:
    """The test repeated under the lock, failures that leave the flag clear, zones made later."""
    plain = V2.vary(
        6,
        HEADER,
        "\treturn srcu_dereference_check(d->zones[space], &d->srcu,\n"
        "\t\t\t\t      lockdep_is_held(&d->zones_lock) ||\n"
        "\t\t\t\t      lockdep_is_held(&d->refs_lock));\n",
        "\treturn &d->every[space];\n",
    )
    plain = plain.vary(
        5, HEADER, "\tspinlock_t map_lock;\n", "\tspinlock_t map_lock;\n\tstruct dunlin_zones every[2];\n"
    )
    # moved lines and names that say "alloc" are left alone: the store is written anew here
    plain = plain.vary(4, ZONES, f"{STORE}\n\t\t\tkvcalloc", f"{STORE} kvcalloc")
    plain = plain.renamed("dunlin_alloc_refs", "dunlin_give_refs")
    said = " ".join(the(over_tree(plain), "lazy-array").checklist)
    assert "is set last, after all arrays" in said
    assert "repeated under the lock" in said
    assert "leaves the flag clear" in said
    assert "under that lock" in said
    assert "debugfs" in said


@both_ways
def test_t16_the_third_revision_draws_no_comment(look) -> None:
    """Release and acquire for the flag, assign and dereference for the arrays."""
    assert shown(look(V3)) == []


@both_ways
def test_t17_the_checklists_ask_for_the_rest(look) -> None:
    """All checks, both comments, the annotation element by element, error paths, other readers."""
    flag = " ".join(the(look(V2), "flag-publishes-data").checklist)
    assert "Every check is converted: the 6 checks in patch 2" in flag
    assert "pairs with" in flag
    assert "error paths leave it clear" in flag
    assert "Readers in debugfs, statistics" in flag
    nested = " ".join(the(look(V2), "nested-publication").checklist)
    assert "__rcu, element by element" in nested
