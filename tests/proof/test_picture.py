import pytest

from reviewbot.findings import Finding, Witness
from reviewbot.memory_model.model import default
from reviewbot.pipeline import review_text
from reviewbot.proof.picture import picture
from tests.docs.pages import ROOT

SAFE = """C sb-safe

{
}

P0(int *x, int *y)
{
	int r0;

	WRITE_ONCE(*x, 1);
	smp_mb();
	r0 = READ_ONCE(*y);
}

P1(int *x, int *y)
{
	int r0;

	WRITE_ONCE(*y, 1);
	smp_mb();
	r0 = READ_ONCE(*x);
}

exists (0:r0=0 /\\ 1:r0=0)
"""


@pytest.fixture(scope="module")
def findings() -> tuple[Finding, ...]:
    return review_text((ROOT / "examples/larch.mbox").read_bytes()).findings


def witness(findings: tuple[Finding, ...]) -> Witness:
    return next(each.witness for each in findings if each.witness)


def test_a_witness_draws_itself_with_the_names_of_the_code(findings: tuple[Finding, ...]) -> None:
    shown = witness(findings)
    assert shown.draw is not None
    drawn = shown.draw()
    assert drawn.startswith("<svg")
    assert "calibrated" in drawn
    assert drawn == shown.draw()


def test_what_cannot_happen_is_not_drawn() -> None:
    assert picture(SAFE, default) == ""
    assert picture(SAFE.replace("smp_mb();", ""), default).startswith("<svg")


def test_what_is_no_test_is_not_drawn() -> None:
    assert picture("C\n", default) == ""
