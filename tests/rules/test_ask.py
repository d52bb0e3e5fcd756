"""Facts and rules give findings: selection, confidence, folding, budget, fingerprints."""

import random

import pytest
from msgspec.structs import replace

from reviewbot.analysis.facts import Confidence, Fact, Field, Place, Side
from reviewbot.findings import Concern, Finding, Hidden
from reviewbot.rulebook.rule import Rule, Status
from reviewbot.rulebook.rulebook import ask, load_rules
from reviewbot.syntax.model import Marking
from tests.rules.factory import PLACE, access, fact

RULES = {rule.id: rule for rule in load_rules()}
FLAG = RULES["flag-publishes-data"]
MIXED = RULES["mixed-marking"]
LAZY = RULES["lazy-array"]
FREE = RULES["free-without-grace-period"]


def at(line: int, function: str = "demo_start", patch: int = 1) -> Place:
    return Place("drivers/misc/demo.c", line, patch, function)


def shown(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.rule for finding in findings if finding.is_shown]


def hidden(findings: tuple[Finding, ...]) -> list[Hidden | None]:
    return [finding.hidden for finding in findings]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_rule_selects_its_own_facts_and_no_other_rule_does(rule: Rule) -> None:
    findings = ask(RULES.values(), [fact(rule)], preview=True)
    assert [finding.rule for finding in findings] == [rule.id]
    assert findings[0].concern is rule.concern
    assert findings[0].place == PLACE


@pytest.mark.parametrize("rule", [RULES["plain-publication"], FLAG], ids=["publication", "flag"])
def test_every_attribute_named_must_fit(rule: Rule) -> None:
    chosen = fact(rule)
    for name, wanted in rule.when.attributes:
        now = getattr(chosen, name)
        others = [not now] if isinstance(now, bool) else [m for m in type(now) if m.value not in wanted]
        for other in others:
            assert ask([rule], [replace(chosen, **{name: other})]) == ()


def test_no_facts_no_findings() -> None:
    assert ask(RULES.values(), []) == ()


@pytest.mark.parametrize(
    ("of_page", "of_fact", "claimed"),
    [
        ("high", "medium", "medium"),
        ("medium", "high", "medium"),
        ("high", "high", "high"),
        ("low", "high", "low"),
    ],
)
def test_confidence_is_the_lesser_of_fact_and_page(of_page: str, of_fact: str, claimed: str) -> None:
    rule = replace(FLAG, confidence=Confidence(of_page))
    (finding,) = ask([rule], [fact(FLAG, confidence=Confidence(of_fact))])
    assert finding.confidence is Confidence(claimed)


def test_low_confidence_is_hidden_unless_asked_for() -> None:
    facts = [fact(FLAG, confidence=Confidence.LOW)]
    assert hidden(ask([FLAG], facts)) == [Hidden.LOW_CONFIDENCE]
    assert hidden(ask([FLAG], facts, pedantic=True)) == [None]
    assert hidden(ask([FLAG], facts, min_confidence=Confidence.LOW)) == [None]
    medium = [fact(FLAG, confidence=Confidence.MEDIUM)]
    assert hidden(ask([FLAG], medium, min_confidence=Confidence.HIGH)) == [Hidden.LOW_CONFIDENCE]


def test_preview_and_retired_rules() -> None:
    preview = replace(FLAG, status=Status.PREVIEW)
    assert hidden(ask([preview], [fact(FLAG)])) == [Hidden.PREVIEW]
    assert hidden(ask([preview], [fact(FLAG)], preview=True)) == [None]
    assert ask([replace(FLAG, status=Status.RETIRED)], [fact(FLAG)], preview=True) == ()


@pytest.mark.parametrize("reason", ["pre-existing", "gated", "settled-in-series", "documented"])
def test_reason_of_the_analysis_hides(reason: str) -> None:
    assert hidden(ask([FLAG], [fact(FLAG, reason=reason)])) == [Hidden(reason)]


def test_lesser_concern_on_a_field_folds() -> None:
    findings = ask(RULES.values(), [fact(MIXED, place=at(3)), fact(FLAG, place=at(9))])
    assert shown(findings) == ["flag-publishes-data"]
    assert hidden(findings) == [Hidden.FOLDED, None]


def test_what_is_hidden_folds_nothing() -> None:
    findings = ask(RULES.values(), [fact(MIXED, place=at(3)), fact(FLAG, place=at(9), reason="gated")])
    assert shown(findings) == ["mixed-marking"]


def test_same_question_in_other_functions_is_said_once_and_named() -> None:
    places = [at(30, "c"), at(10, "a"), at(20, "b"), at(21, "b"), at(12, "a"), at(40, "d")]
    findings = ask([MIXED], [fact(MIXED, place=place) for place in places])
    assert [finding.place.line for finding in findings if finding.is_shown] == [10]
    assert findings[0].message.endswith(" The same question stands in b(), c() and 1 more.")
    assert hidden(findings).count(Hidden.FOLDED) == 5


def test_same_function_is_not_named_again() -> None:
    findings = ask([MIXED], [fact(MIXED, place=at(10)), fact(MIXED, place=at(20))])
    assert "stands in" not in findings[0].message
    two = ask([MIXED], [fact(MIXED, place=at(10)), fact(MIXED, place=at(20, "b\x1b"))])
    assert two[0].message.endswith(" The same question stands in b().")


def test_other_fields_do_not_fold() -> None:
    other = fact(MIXED, field=Field("demo", "rate"))
    assert shown(ask(RULES.values(), [fact(FLAG), other])) == ["flag-publishes-data", "mixed-marking"]


def test_weak_fields_of_two_files_are_two() -> None:
    weak = Field(None, "flags", weak=True)
    facts = [fact(MIXED, field=weak, place=Place(path, 1, 1, "f")) for path in ("a.c", "b.c", "b.c")]
    assert hidden(ask([MIXED], facts)) == [None, None, Hidden.FOLDED]


def test_budget_keeps_the_gravest_of_a_patch() -> None:
    facts: list[Fact] = [fact(MIXED, field=Field("demo", f"f{n}"), place=at(n)) for n in range(1, 7)]
    facts += [fact(FREE, field=Field("demo", "node"), place=at(90)), fact(MIXED, place=at(1, patch=2))]
    findings = ask(RULES.values(), facts)
    assert [(each.place.patch, each.place.line) for each in findings if each.is_shown] == [
        *[(1, line) for line in (1, 2, 3, 4, 90)],
        (2, 1),
    ]
    assert hidden(findings).count(Hidden.BUDGET) == 2


def test_order_of_facts_and_rules_does_not_matter() -> None:
    facts = [
        fact(rule, place=at(n % 3), field=Field("demo", f"f{n % 4}")) for n, rule in enumerate(RULES.values())
    ]
    first = ask(RULES.values(), facts)
    shuffled, rules = list(facts), list(RULES.values())
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)  # noqa: S311
        random.Random(seed).shuffle(rules)  # noqa: S311
        assert ask(rules, shuffled) == first
    keys = [(each.place.patch or 0, each.place.line, each.concern, each.rule) for each in first]
    assert keys == sorted(keys)


def test_finding_carries_what_publishers_need() -> None:
    (finding,) = ask([FLAG], [fact(FLAG, unseen=("the callers of a()",))])
    assert finding.line_text == "d->ready = true;"
    assert (finding.suggestion.write, finding.suggestion.read) == ("smp_store_release", "smp_load_acquire")
    assert finding.unseen == ("the callers of a()",)
    assert finding.concern is Concern.ORDERING
    assert len(finding.checklist) == 4


def test_fingerprint_does_not_depend_on_lines_patches_or_words() -> None:
    (first,) = ask([FLAG], [fact(FLAG)])
    (moved,) = ask([FLAG], [fact(FLAG, place=at(99, patch=3), readers="9 checks")])
    assert first.fingerprint == moved.fingerprint
    assert len(bytes.fromhex(first.fingerprint)) == 8


def test_fingerprint_depends_on_rule_field_function_and_marking() -> None:
    once = access(at(12), Marking.ONCE)
    facts = [
        fact(MIXED),
        fact(MIXED, place=at(12, "other")),
        fact(MIXED, field=Field("demo", "rate")),
        fact(MIXED, accesses=(once,)),
        fact(MIXED, accesses=(replace(access(), text="d->state.ready"),)),
        fact(FLAG),
    ]
    prints = {finding.fingerprint for one in facts for finding in ask(RULES.values(), [one])}
    assert len(prints) == len(facts)


def test_fingerprint_is_the_same_where_the_struct_cannot_be_told() -> None:
    inner = replace(access(), text="d->map.refs[level]", field=Field("demo_map", "refs"))
    moved = replace(inner, text="d->map.refs[n + 1]", field=Field(None, "refs", weak=True))
    known, unknown = (fact(MIXED, field=each.field, accesses=(each,)) for each in (inner, moved))
    assert len({finding.fingerprint for one in (known, unknown) for finding in ask([MIXED], [one])}) == 1


def gated(name: str, **changes: object) -> Fact:
    """An array stored late, behind a flag."""
    return fact(LAZY, field=Field("demo", "bank"), gate=name, **changes)


def test_arrays_behind_a_flag_that_is_asked_about_draw_no_second_comment() -> None:
    flag = fact(FLAG, place=at(20))
    assert shown(ask(RULES.values(), [gated("ready"), flag])) == ["flag-publishes-data"]
    assert hidden(ask(RULES.values(), [gated("ready"), flag])) == [Hidden.FOLDED, None]


def test_arrays_without_such_a_flag_keep_their_comment() -> None:
    flag = fact(FLAG, place=at(20))
    elsewhere = fact(FLAG, place=Place("drivers/misc/other.c", 20, 1, "demo_start"))
    answered = fact(FLAG, place=at(20), reason="documented")
    for facts in (
        [gated("lit"), flag],
        [gated(""), flag],
        [gated("ready"), elsewhere],
        [gated("ready"), answered],
    ):
        assert "lazy-array" in shown(ask(RULES.values(), facts))


@pytest.mark.parametrize("present", list(Side)[:2])
def test_one_sided_pair_names_the_writer_on_either_side(present: Side) -> None:
    rule = RULES["one-sided-pair"]
    at_reader = fact(rule, present=present, writer="demo_start()", place=at(40, "demo_poll"))
    (finding,) = ask([rule], [at_reader])
    assert "demo_start() stores ready" in finding.message


def test_hostile_names_make_a_fingerprint_too() -> None:
    (finding,) = ask([FLAG], [fact(FLAG, field=Field("de\udcffmo", "\x00"))])
    assert len(finding.fingerprint) == 16
