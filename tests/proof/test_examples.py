"""What the bad examples of the rule pages draw is proved; the scenario is made of their own code."""

import io

import pytest

from reviewbot.memory_model.model import default
from reviewbot.pipeline import Options, understand
from reviewbot.proof.prove import Prover, Standing
from reviewbot.rulebook.mails import mails
from reviewbot.rulebook.rule import Example, Rule
from reviewbot.rulebook.rulebook import load_rules
from reviewbot.sources.read import read_series

PROVER = Prover(default)
WITHOUT = {
    "rcu-plain-access": "asks for the accessor of the annotation, whatever the other side does",
    "new-field-unread": "asks for the rule, not for an order",
    "grace-period-deadlock": "a deadlock is no question of order",
    "double-fetch": "the other side is no thread of the kernel",
    "foreign-memory-read": "the other side is no thread of the kernel",
    "stale-copy": "what a copy misses is a matter of several stores under one lock",
}
"""Rules whose questions are not of order, each with the reason."""

IN_PART = {
    "rcu-list-mismatch": "a list_del() poisons; no test shows that",
    "removed-lock": "a check and its store come apart: no mark and no order repairs that",
}
"""Rules of whose questions some are not of order."""

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id}-{number}")
    for rule in load_rules()
    if rule.id not in WITHOUT
    for number, example in enumerate(rule.bad, 1)
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_every_question_of_order_is_proved(rule: Rule, example: Example) -> None:
    series = read_series(("-",), None, None, io.BytesIO(mails(example)[0]))
    found = list(understand(series, None, Options()).analysis.facts())
    found += [fact.left for fact in found if fact.left is not None]
    facts = [fact for fact in found if rule.when.selects(fact)]
    proofs = [proof for fact in facts if (proof := PROVER.prove(fact.scenarios))]
    assert facts
    assert [proof.standing for proof in proofs] == [Standing.PROVED] * len(proofs)
    assert proofs or rule.id in IN_PART
