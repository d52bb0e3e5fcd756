"""The litmus tests of every rule page, judged by the memory model that comes with reviewbot."""

import pytest

from reviewbot.findings import Concern
from reviewbot.memory_model.check import outcomes
from reviewbot.memory_model.litmus import parse
from reviewbot.memory_model.model import default
from reviewbot.rulebook.rule import Litmus, Rule
from reviewbot.rulebook.rulebook import load_rules

RULES = load_rules()
TESTS = [pytest.param(test, id=test.name) for rule in RULES for test in rule.litmus]


@pytest.mark.parametrize("test", TESTS)
def test_verdict_is_the_one_named(test: Litmus) -> None:
    found = outcomes(parse(test.text, test.name), default())
    assert (found.word, found.unknown) == (test.result, None)


@pytest.mark.parametrize("test", TESTS)
def test_what_is_said_to_be_right_has_no_race(test: Litmus) -> None:
    found = outcomes(parse(test.text, test.name), default())
    assert test.result != "Never" or "data-race" not in found.flags


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_rule_of_order_has_a_pair_of_tests(rule: Rule) -> None:
    names = {test.name.removeprefix(f"{rule.id}-") for test in rule.litmus}
    is_of_order = rule.concern is Concern.ORDERING
    assert names >= {"bad", "good"} or not is_of_order
