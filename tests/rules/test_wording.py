"""How every rule speaks, whatever the facts."""

from pathlib import Path

import pytest

from reviewbot.rulebook.catalogue import new_page
from reviewbot.rulebook.page import read_page
from reviewbot.rulebook.rule import Rule, Status
from reviewbot.rulebook.rulebook import load_rules
from reviewbot.rulebook.template import slot_values
from reviewbot.rulebook.wording import comment_lines, typical_values, wording_faults
from tests.rules.factory import fact

RULES = load_rules()
EVERY = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
ORDERING = ("smp_store_release", "smp_load_acquire", "acquire")


@EVERY
def test_wording(rule: Rule) -> None:
    assert wording_faults(rule) == ()


@EVERY
def test_comment_is_whole_where_little_is_known(rule: Rule) -> None:
    values = dict.fromkeys(typical_values(rule), "") | {"field": "ready"}
    message = rule.comment.ask(values)
    assert message[0].count("?") >= 1
    assert "  " not in message[0]
    assert " ." not in message[0]


@EVERY
def test_page_has_two_bad_and_a_good_example(rule: Rule) -> None:
    assert len(rule.bad) >= 2
    assert len(rule.good) >= 2 or rule.status is Status.RETIRED


@EVERY
def test_page_that_claims_an_order_proves_it(rule: Rule) -> None:
    if rule.concern.word in ("ordering", "lifetime"):
        assert [(test.name, test.result) for test in rule.litmus] == [
            (f"{rule.id}-bad", "Sometimes"),
            (f"{rule.id}-good", "Never"),
        ]
    else:
        assert rule.litmus == ()


@EVERY
def test_barrier_carries_its_comment(rule: Rule) -> None:
    assert rule.suggested_code
    if rule.concern.word == "ordering":
        assert "airs with" in rule.suggested_code


@EVERY
def test_slots_of_facts_and_pages_agree(rule: Rule) -> None:
    assert typical_values(rule).keys() == slot_values(fact(rule)).keys()


def test_lone_flag_asks_for_no_order() -> None:
    rule = next(rule for rule in RULES if rule.id == "lone-flag")
    said = " ".join([*comment_lines(rule), *rule.suggestion.fill(typical_values(rule)), rule.suggested_code])
    assert not [word for word in ORDERING if word in said]


def test_store_load_says_what_does_not_help() -> None:
    rule = next(rule for rule in RULES if rule.id == "store-load")
    assert "Release and acquire do not help" in " ".join(comment_lines(rule))
    assert not [word for word in ORDERING[:2] if word in " ".join(rule.suggestion.fill(typical_values(rule)))]


def test_three_argument_form_of_srcu_dereference_is_the_check() -> None:
    rule = next(rule for rule in RULES if rule.id == "nested-publication")
    known = typical_values(rule)
    said = " ".join(rule.suggestion.fill(known))
    assert "srcu_dereference_check(slot->table[i], &d->srcu, lockdep_is_held(&d->config_lock))" in said
    without_lock = " ".join(rule.suggestion.fill(known | {"lock": ""}))
    assert "srcu_dereference(slot->table[i], &d->srcu) in" in without_lock
    assert "srcu" not in " ".join(rule.suggestion.fill(known | {"lock": "", "domain": ""}))


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("{field} is not ordered.", "must begin with one question"),
        ("See line 12 of {field}?", "a line number"),
        ("Is {field} NEVER stored?", "capitals for emphasis: NEVER"),
        ("Is {field} broken?", "a verdict"),
        ("Is {field} " + "very " * 160 + "old?", "lines of 72"),
    ],
)
def test_faults_are_found(tmp_path: Path, sentence: str, fault: str) -> None:
    page = new_page("my-rule").replace("What orders {field} here?", sentence)
    path = tmp_path / "my-rule.md"
    path.write_text(page, encoding="utf-8")
    assert any(fault in said for said in wording_faults(read_page(path)))
