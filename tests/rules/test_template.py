"""Slots: what is filled in, what is left out, and what hostile code may not do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.rulebook.rulebook import load_rules
from reviewbot.rulebook.template import (
    LONGEST,
    Template,
    clean,
    read_choice,
    read_paragraph,
    slot_values,
    stray_brace,
)
from tests.rules.factory import fact

VALUES = {"field": "ready", "writer": "a()", "locks": "", "object": "{field}"}
FLAG = next(rule for rule in load_rules() if rule.id == "lone-flag")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Is {field} stored by {writer}? Plainly.", ("Is ready stored by a()? Plainly.",)),
        ("Is {field} stored? It runs {locks}. Plainly.", ("Is ready stored? Plainly.",)),
        ("Runs it {locks}? It does.", ("Runs it ready? It does.",)),
        ("Is `{field}` stored?", ("Is ready stored?",)),
        ("Who sees {object}?", ("Who sees {field}?",)),
    ],
)
def test_sentence_with_an_empty_slot_is_left_out(text: str, said: tuple[str, ...]) -> None:
    assert Template((read_paragraph(text),)).ask(VALUES) == said


def test_first_alternative_that_is_known_is_said() -> None:
    choice = read_choice(["Runs {locks}?", "Stored by {writer}?", "Stored?"])
    assert Template((choice, read_paragraph("In {writer}."))).ask(VALUES) == ("Stored by a()? In a().",)
    assert Template((choice,)).fill({"locks": "x", "writer": ""}) == ("Runs x?",)
    assert Template((read_choice(["Runs {locks}?"]),)).fill(VALUES) == ()


def test_slot_of_a_fact_is_its_text() -> None:
    values = slot_values(fact(FLAG, readers="the check\nin b()", payload="\x1b[31md->x"))
    assert values["field"] == "ready"
    assert values["readers"] == "the check in b()"
    assert values["payload"] == "[31md->x"
    assert "has_payload" not in values


def test_long_code_is_cut() -> None:
    values = slot_values(fact(FLAG, store="x" * 10_000))
    assert len(values["store"]) == LONGEST
    assert values["store"].endswith("…")


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("a\tb\n\n c", "a b c"),
        ("\x1b]0;x\x07", "]0;x"),
        ("a\u202eb\u2066", "a b"),
        ("a\u2028b", "a b"),
        ("na\udcefme", "na\ufffdme"),
        ("größe", "größe"),
    ],
)
def test_clean(text: str, harmless: str) -> None:
    assert clean(text) == harmless


@given(st.text())
def test_clean_text_is_printable_and_on_one_line(text: str) -> None:
    cleaned = clean(text)
    assert all(part.isprintable() for part in cleaned.replace("\ufffd", "").split())
    assert len(cleaned.splitlines()) <= 1
    assert clean(cleaned) == cleaned


def test_stray_braces_are_seen() -> None:
    assert stray_brace("{a} {")
    assert stray_brace("{a b}")
    assert not stray_brace("{a} and {b}")
