"""Every rule over every page's examples: marks equal findings, and good examples are silent."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reviewbot.findings import Finding, Report
from reviewbot.rulebook.mails import Expected, mails
from reviewbot.rulebook.rule import Example, Rule
from reviewbot.rulebook.rulebook import load_rules

pipeline = pytest.importorskip("reviewbot.pipeline")

GOLDEN = Path(__file__).parent / "golden"
RULES = load_rules()


def named(rules: tuple[Rule, ...], side: str) -> list[object]:
    return [
        pytest.param(rule, example, id=f"{rule.id}-{side}-{number}")
        for rule in rules
        for number, example in enumerate(getattr(rule, side), 1)
    ]


def review(mbox: bytes) -> Report:
    """The report with preview rules asked for, as `rules test` does."""
    report: Report = pipeline.review_text(mbox, pipeline.Options(preview=True))
    return report


def asked(report: Report) -> list[Finding]:
    return [each for each in report.findings if each.is_shown]


def places(findings: list[Finding]) -> set[Expected]:
    return {Expected(each.rule, each.place.patch, each.place.path, each.place.line) for each in findings}


@pytest.mark.parametrize(("rule", "example"), named(RULES, "bad"))
def test_marks_equal_findings(rule: Rule, example: Example) -> None:
    mbox, expected = mails(example)
    assert places(asked(review(mbox))) == set(expected)


@pytest.mark.parametrize(("rule", "example"), named(RULES, "good"))
def test_good_example_is_silent(rule: Rule, example: Example) -> None:
    report = review(mails(example)[0])
    assert [f"{each.rule}: {each.line_text}" for each in asked(report)] == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_examples_are_read_whole(rule: Rule) -> None:
    unread = [review(mails(example)[0]).unread for example in (*rule.bad, *rule.good)]
    assert not any(unread)


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_words(rule: Rule, golden: Callable[[Path, str], None]) -> None:
    findings = [each for example in rule.bad for each in asked(review(mails(example)[0]))]
    golden(GOLDEN / f"{rule.id}.txt", "\n".join(map(words, findings)))


def words(finding: Finding) -> str:
    said = [
        finding.line_text,
        "",
        *finding.message.split("\n"),
        "",
        *(f"[ ] {each}" for each in finding.checklist),
    ]
    return "\n".join([*said, "", f"suggest: {finding.suggestion.text}", f"({finding.confidence.value})", ""])
