"""What is written reads back the same, and is C that herd knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.memory_model.litmus import model, parse, write
from reviewbot.memory_model.litmus.model import Binary, Deref, Expression, Name, Number
from reviewbot.memory_model.litmus.write import expression_text
from tests.memory_model.texts import BOXES, FENCED_BOXES, MAIL, ORDERED_MAIL, PLAIN, one_thread

ALL_FORMS = """\
C forms

{
	int x = 1;
	int *p = &x;
	0:r9 = y;
	spinlock_t s;
}

P0(int *x, int **p, spinlock_t *s)
{
	int r0;
	int *r1 = READ_ONCE(*p);

	*x = *r1 + 1;
	if (r0 == 1) {
		spin_lock(s);
	} else {
		if (r0) {
			r0 = 2;
		}
	}
	while (r0 < 3) {
		r0 = r0 + 1;
	}
}

locations [0:r0; x;]
filter (x=1)
~exists ((0:r1=x /\\ x=2) \\/ not (x=3))
"""


@pytest.mark.parametrize("text", [MAIL, ORDERED_MAIL, BOXES, FENCED_BOXES, PLAIN, ALL_FORMS])
def test_what_is_written_reads_back(text: str) -> None:
    test = parse(text)
    again = parse(write(test))
    assert write(again) == write(test)
    assert (again.name, again.initial, again.condition) == (test.name, test.initial, test.condition)
    assert (again.locations, again.filter, again.result) == (test.locations, test.filter, test.result)
    assert [each.parameters for each in again.threads] == [each.parameters for each in test.threads]


def test_form_is_kept() -> None:
    text = ALL_FORMS.replace("\n\n\t*x", "\n\t*x")
    assert write(parse(text)) == text


def test_no_empty_braces() -> None:
    test = parse(one_thread("if (r0) ; else r1 = 1;\nif (READ_ONCE(*x)) ;"))
    assert "\tif (r0 == 0) {\n\t\tr1 = 1;\n\t}\n" in write(test)
    assert "int unused = READ_ONCE(*x);" in write(test)


OPERATORS = ("+", "-", "*", "/", "&", "|", "^", "==", "!=", "<", ">=")
leaves = st.one_of(st.builds(Number, st.integers(-9, 99)), st.builds(Name, st.sampled_from(("r0", "r1"))))
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Deref, inner),
        st.builds(
            Binary, st.sampled_from(("+", "-", "*", "&", "|", "^", "==", "!=", "<", ">=")), inner, inner
        ),
    ),
    max_leaves=12,
)


@given(expressions)
def test_expressions_read_back(value: Expression) -> None:
    statement = parse(one_thread(f"r9 = {expression_text(value)};")).threads[0].body[0]
    assert isinstance(statement, model.Assign)
    assert statement.value == value
