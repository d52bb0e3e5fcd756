"""The flag: T1 to T5 of the seed thread. A store in patch 1, six checks in patch 2."""

import pytest
from msgspec.structs import replace

from reviewbot.findings import Concern
from tests.seed.fixture import HEADER, MAP, V2, Edit, Step, Thread
from tests.seed.reviews import from_mail, functions, mails, over_tree, rules, shown, the

STORE = "d->map.is_indirect = true;"
CHECK = "if (d->map.is_indirect)"
NEGATED = "if (!d->map.is_indirect)"
CHECKING = [
    "dunlin_clean_masked",
    "dunlin_protect_block",
    "dunlin_unmap_range",
    "dunlin_age_range",
    "dunlin_drop_zone",
    "dunlin_drop_all",
]
LOCK = "guard(mutex)(&d->state_lock);\n\t"

both_ways = pytest.mark.parametrize("look", [from_mail, over_tree])


def lock_store(thread: Thread) -> Thread:
    return thread.vary(1, MAP, f"\t{STORE}", f"\t{LOCK}{STORE}")


def lock_checks(thread: Thread) -> Thread:
    thread = thread.vary(2, MAP, f"\t{CHECK}", f"\t{LOCK}{CHECK}", 4)
    thread = thread.vary(
        1, HEADER, "\tspinlock_t map_lock;", "\tspinlock_t map_lock;\n\tstruct mutex state_lock;"
    )
    return thread.vary(2, MAP, f"\t{NEGATED}", f"\t{LOCK}{NEGATED}", 2)


@both_ways
def test_t01_a_writer_alone_is_a_question_and_its_checks_make_it_an_ordering_one(look) -> None:
    """Patch 1 alone asks who will read the flag; with patch 2 the store is asked about.

    Nothing shows yet that anybody runs beside the store, so the question is one for --pedantic.
    """
    alone = shown(look(V2.only(1), pedantic=True))
    assert [each.concern for each in alone] == [Concern.QUESTION]
    assert alone[0].field.name == "is_indirect"
    assert "?" in alone[0].message

    finding = the(look(V2.only(1, 2)), "flag-publishes-data")
    assert (finding.place.patch, finding.line_text) == (1, STORE)
    assert len(shown(look(V2.only(1, 2)))) == 1


@both_ways
def test_t02_the_finding_stands_on_the_store_and_names_every_check(look) -> None:
    """One comment on the added store of patch 1, all six added checks of patch 2 in its list."""
    finding = the(look(V2), "flag-publishes-data")
    place = finding.place
    assert (place.patch, place.path, place.function) == (1, MAP, "dunlin_start_indirect")
    assert place.line == V2.line(STORE, MAP, 1)

    checks = [access for access in finding.accesses if not access.is_write]
    assert [access.place.function for access in checks] == CHECKING
    after = V2.trees()[2][MAP].split("\n")
    assert [access.place.line for access in checks] == [
        number for number, line in enumerate(after, 1) if "if (" in line and "is_indirect" in line
    ]
    assert {(access.place.path, access.place.patch) for access in checks} == {(MAP, 2)}


@pytest.mark.parametrize("name", ["dunlin_unmap_range", "dunlin_age_range"])
def test_t02_dropping_one_check_drops_exactly_that_one_from_the_list(name: str) -> None:
    """The list follows the input, check by check."""
    handler = "dunlin_unmap_ref" if name == "dunlin_unmap_range" else "dunlin_age_ref"
    variable = "flush" if name == "dunlin_unmap_range" else "young"
    call = f"{variable} = dunlin_walk(d, range, {handler});"
    less = V2.vary(2, MAP, f"\t{CHECK}\n\t\t{call}", f"\t{call}")
    assert functions(the(from_mail(less), "flag-publishes-data")) == [
        each for each in CHECKING if each != name
    ]


@both_ways
def test_t03_one_comment_proposes_both_sides(look) -> None:
    """A release for the store and an acquire for the checks, in one suggestion."""
    suggestion = the(look(V2), "flag-publishes-data").suggestion
    assert (suggestion.write, suggestion.read) == ("smp_store_release", "smp_load_acquire")
    assert "smp_store_release()" in suggestion.text
    assert "smp_load_acquire()" in suggestion.text
    assert "6 checks" in suggestion.text


@both_ways
def test_t04_locks_are_told_access_by_access_and_none_is_common(look) -> None:
    """What each side holds, and that nothing is held on both."""
    finding = the(look(V2), "flag-publishes-data")
    held = {access.place.function: [lock.text for lock in access.held] for access in finding.accesses}
    assert held["dunlin_drop_all"] == ["d->map_lock"]
    assert held["dunlin_start_indirect"] == held["dunlin_unmap_range"] == []
    assert "no lock here" in finding.message
    assert "a lock around 1 of the 6 reads" in finding.message


@both_ways
def test_t04_one_mutex_around_the_store_and_all_checks_answers(look) -> None:
    """With a lock in common the rule has nothing to ask."""
    assert "flag-publishes-data" not in rules(look(lock_checks(lock_store(V2))))


@both_ways
def test_t04_a_mutex_around_the_store_alone_answers_nothing(look) -> None:
    """A lock on one side orders nothing for the other; it is named."""
    finding = the(look(lock_store(V2)), "flag-publishes-data")
    assert functions(finding) == CHECKING
    assert "d->state_lock" in finding.message


@both_ways
def test_t04_a_mutex_around_the_checks_alone_answers_nothing(look) -> None:
    """The same with the sides changed."""
    assert "flag-publishes-data" in rules(look(lock_checks(V2)))


RETURNS_EARLY = Step(
    "Refuse to trim while the indirect engine is in use",
    "Trimming is left to the engine then.",
    (
        Edit(
            MAP,
            "bool dunlin_unmap_range(",
            "int dunlin_may_trim(struct dunlin *d)\n{\n"
            "\tif (d->map.is_indirect)\n\t\treturn -EBUSY;\n\n\treturn 0;\n}\n\nbool dunlin_unmap_range(",
        ),
        Edit(
            MAP,
            "\tcase 7:\n",
            "\tcase 8:\n\t\treturn dunlin_may_trim(d);\n\tcase 7:\n",
        ),
    ),
)


@both_ways
def test_t05_checks_that_guard_an_early_return_want_no_acquire(look) -> None:
    """A flag with nothing behind it needs marked accesses, and nothing speaks of acquire."""
    lone = replace(V2.only(1), steps=(V2.steps[0], RETURNS_EARLY))
    done = look(lone, pedantic=True)
    assert rules(done) == ["lone-flag"]
    suggestion = the(done, "lone-flag").suggestion
    assert "acquire" not in suggestion.text + suggestion.read + suggestion.write
    assert (suggestion.write, suggestion.read) == ("WRITE_ONCE", "READ_ONCE")


def test_the_fixture_is_read_whole() -> None:
    """Nothing of the series is left out as unreadable, in mails or over its tree."""
    assert mails(V2).count(b"\nSubject: [PATCH v2 ") == len(V2.steps) == 7
    assert from_mail(V2).report.unread == ()
    assert over_tree(V2).report.unread == ()
    assert over_tree(V2).report.applied == (1, 2, 3, 4, 5, 6, 7)
