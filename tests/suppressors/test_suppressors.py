"""Each suppressor silences its series for its own reason; the change to it brings the comment back."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.suppressors import changes, objects, uses
from tests.suppressors.series import Case, reasons, said, shown
from tests.suppressors.variants import VARIANTS

PAGE = Path(__file__).parents[2] / "docs/silence.md"

CASES = (*objects.CASES, *uses.CASES, *changes.CASES)

NOT_NOTED = {
    "S19": "the tip has no trace of it",
    "S25": "the code is not read",
}
"""Those that decide before there is a story to note anything in."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_silent_because_of_it(case: Case) -> None:
    assert shown(case, case.series) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_change_brings_the_comment_back(case: Case) -> None:
    assert f"{case.rule} {case.field}" in shown(case, case.loud)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.id not in NOT_NOTED], ids=lambda case: case.id
)
def test_reason_is_noted_only_where_it_silences(case: Case) -> None:
    assert case.id in reasons(case, case.series)
    assert case.id not in reasons(case, case.loud)


@pytest.mark.parametrize(("id_", "series", "old", "new"), VARIANTS.values(), ids=VARIANTS.keys())
def test_variant(id_: str, series: str, old: str, new: str) -> None:
    quiet = Case(id_, "", "mixed-marking", "heron.rate", series, ((old, new),))
    assert shown(quiet, quiet.series) == []
    assert id_ in reasons(quiet, quiet.series)
    assert shown(quiet, quiet.loud) == ["mixed-marking heron.rate"]


def test_handed_to_a_callback() -> None:
    """S01: a VMA is the business of `mmap` alone until it returns; any other struct is not."""
    series = objects.TUNE.replace("heron_tune", "heron_mmap")
    case = Case("S01", "", "mixed-marking", "", series, ())
    assert shown(case, series) == ["mixed-marking heron.rate"]
    assert shown(case, series.replace("struct heron", "struct vm_area_struct")) == []


def test_mapped_memory() -> None:
    """S22: a pointer that says so, on both sides; where none does, the question is asked."""
    mapped = objects.TUNE.replace("struct heron *h", "struct heron __iomem *h")
    case = Case("S22", "", "mixed-marking", "heron.rate", mapped, ())
    assert shown(case, mapped) == []
    assert shown(case, objects.TUNE) == ["mixed-marking heron.rate"]


def test_words(golden: Callable[[Path, str], None]) -> None:
    lines = (f"{case.id}  {said(case, case.series)}\n" for case in CASES)
    golden(Path(__file__).parent / "golden" / "reasons.txt", "".join(lines))


def test_each_has_a_case_and_a_row_for_users() -> None:
    wanted = [f"S{number:02}" for number in range(1, 27)]
    assert sorted({case.id for case in CASES}) == wanted
    assert re.findall(r"^\| (S\d\d) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE) == wanted
