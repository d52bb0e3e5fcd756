"""What later revisions did: each good answer draws no comment, and each half of one does."""

import pytest

from reviewbot.findings import Finding
from tests.seed.fixture import HEADER, V3, V4, ZONES, Thread
from tests.seed.reviews import from_mail, functions, over_tree, shown

ACQUIRE = "return smp_load_acquire(&d->map.has_refs);"
PLAIN_LOAD = "return d->map.has_refs;"
RELEASE = "smp_store_release(&d->map.has_refs, true);"
PLAIN_STORE = "d->map.has_refs = true;"
READERS = {
    "dunlin_clean_masked",
    "dunlin_protect_block",
    "dunlin_unmap_range",
    "dunlin_age_range",
    "dunlin_drop_zone",
    "dunlin_drop_all",
}

both_ways = pytest.mark.parametrize("look", [from_mail, over_tree])


def plain_load(thread: Thread) -> Thread:
    return thread.vary(5, HEADER, ACQUIRE, PLAIN_LOAD)


def plain_store(thread: Thread) -> Thread:
    return thread.vary(len(thread.steps), ZONES, RELEASE, PLAIN_STORE)


def about_the_flag(findings: list[Finding]) -> Finding:
    found = [each for each in findings if each.field.name == "has_refs"]
    assert len(found) == 1, [each.rule for each in findings]
    return found[0]


@both_ways
@pytest.mark.parametrize("thread", [V3, V4], ids=["rcu-pointers", "one-flag"])
def test_a_good_answer_draws_no_comment(look, thread: Thread) -> None:
    """RCU pointers behind a flag, or plain pointers behind a flag that is set last."""
    assert [f"{each.rule}: {each.line_text}" for each in shown(look(thread))] == []


@both_ways
@pytest.mark.parametrize(
    ("change", "rule", "markings"),
    [
        (plain_load, "one-sided-pair", ("release", "plain")),
        (plain_store, "one-sided-pair", ("plain", "acquire")),
        (lambda thread: plain_load(plain_store(thread)), "flag-publishes-data", ("plain", "plain")),
    ],
    ids=["plain-load", "plain-store", "plain-both"],
)
def test_half_of_it_speaks_and_names_writer_readers_and_payload(look, change, rule, markings) -> None:
    """Made plain on either side, the flag is asked about, with all that an answer needs."""
    finding = about_the_flag(shown(look(change(V4))))
    assert finding.rule == rule
    assert functions(finding, writes=True) == ["dunlin_use_refs"]
    assert set(functions(finding)) >= READERS
    stored, loaded = (
        {a.marking.value for a in finding.accesses if a.is_write is side} for side in (True, False)
    )
    assert (stored, loaded) == ({markings[0]}, {markings[1]})
    assert "zone->map.refs[level]" in finding.message
    assert {finding.suggestion.write, finding.suggestion.read} == {"smp_store_release", "smp_load_acquire"}


@both_ways
def test_the_store_at_creation_is_left_alone(look) -> None:
    """dunlin_init_map() stores the flag plainly, when nobody else can have the device."""
    for finding in shown(look(plain_load(V4))):
        assert "dunlin_init_map" not in functions(finding, writes=True)


@both_ways
def test_plain_pointers_behind_half_a_gate_are_asked_about_too(look) -> None:
    """A flag that no longer orders covers no arrays."""
    fields = {each.field.name for each in shown(look(plain_store(V4)))}
    assert "has_refs" in fields
    assert "refs" in fields
