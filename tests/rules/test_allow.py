"""Answers in the code."""

import pytest

from reviewbot.findings import Hidden
from reviewbot.rulebook.allow import NO_ANSWERS, Answers, field_answers, line_answers
from reviewbot.rulebook.rulebook import ask, load_rules
from reviewbot.series.view import FileView, Fragment, Origin
from reviewbot.syntax.model import Comment
from tests.rules.factory import FIELD, PLACE, fact

RULES = {rule.id: rule for rule in load_rules()}
FLAG = RULES["flag-publishes-data"]
ANSWER = "reviewbot: allow flag-publishes-data: readers take q->lock"


def answers(text: str, first: int, last: int, patch: int | None = 1, path: str = PLACE.path) -> Answers:
    """A comment on lines `first` to `last` of a fragment whose lines 1… are 10… of the file."""
    view = FileView(path, (Fragment(b"", tuple(Origin(patch, 9 + n) for n in range(1, 9))),), complete=False)
    return line_answers(view, [Comment(first, last, text, 0)], RULES)


@pytest.mark.parametrize(
    ("first", "last", "is_allowed"), [(3, 3, True), (2, 2, True), (1, 2, True), (1, 1, False), (4, 4, False)]
)
def test_comment_on_the_line_or_the_line_above(first: int, last: int, is_allowed: bool) -> None:
    (finding,) = ask([FLAG], [fact(FLAG)], answers=answers(ANSWER, first, last))
    assert finding.hidden is (Hidden.ALLOWED if is_allowed else None)


def test_comment_elsewhere_is_no_answer() -> None:
    for other in (answers(ANSWER, 3, 3, patch=2), answers(ANSWER, 3, 3, path="drivers/misc/other.c")):
        assert ask([FLAG], [fact(FLAG)], answers=other)[0].is_shown


def test_answer_is_for_its_rule_only() -> None:
    other = answers("reviewbot: allow lone-flag: a hint", 3, 3)
    assert ask([FLAG], [fact(FLAG)], answers=other)[0].is_shown


def test_last_line_of_a_fragment() -> None:
    assert answers(ANSWER, 8, 8).lines == {(FLAG.id, PLACE.path, 1, 17)}


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("reviewbot: allow lone-flag:", "gives no reason; write 'reviewbot: allow lone-flag: why'"),
        ("reviewbot: allow lone-flag", "gives no reason"),
        ("reviewbot: allow lone-flags: so", "'allow lone-flags' names no rule"),
        ("reviewbot: allow \x1b[2J: so", "'allow [2J' names no rule"),
    ],
)
def test_answer_that_does_not_count_is_named(text: str, note: str) -> None:
    read = answers(text, 3, 3)
    assert not read.lines
    (said,) = read.notes
    assert note in said
    assert said.startswith("drivers/misc/demo.c:12: ")


def test_ordinary_comment_is_nothing() -> None:
    assert answers("Protected by q->lock.", 3, 3) == NO_ANSWERS


def test_answer_at_the_declaration_holds_for_the_field() -> None:
    read = field_answers({FIELD: f"Set once. {ANSWER}"}, RULES)
    assert ask([FLAG], [fact(FLAG)], answers=NO_ANSWERS + read)[0].hidden is Hidden.ALLOWED
    assert field_answers({FIELD: "reviewbot: allow nothing: why"}, RULES) == NO_ANSWERS
