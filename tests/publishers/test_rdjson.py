import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from msgspec.structs import replace

from reviewbot.analysis.facts import Place
from reviewbot.publishers import rdjson
from tests.publishers.factory import finding, hidden, report, series
from tests.publishers.test_clean import ANYTHING, is_harmless
from tests.publishers.test_sarif import strings

GOLDEN = Path(__file__).parent / "golden"


def test_the_whole_result(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "report.rdjson", rdjson.render(series(), report()))


def test_only_what_is_shown_and_what_was_not_read() -> None:
    whole = json.loads(rdjson.render(series(), report(finding(), hidden())))
    assert [one["code"]["value"] for one in whole["diagnostics"]] == ["flag-publishes-data", "not-read"]
    assert [one["severity"] for one in whole["diagnostics"]] == ["WARNING", "INFO"]


def test_the_other_side_is_related() -> None:
    whole = json.loads(rdjson.render(series(), report(finding())))
    related = whole["diagnostics"][0]["related_locations"]
    assert [one["location"]["range"]["start"]["line"] for one in related] == [93, 135, 207]


@given(ANYTHING)
def test_nothing_hostile_is_in_the_result(text: str) -> None:
    one = replace(finding(), message=text, rule=text, unseen=(text,), place=Place(text, -3, 1, text))
    whole = json.loads(rdjson.render(series(), report(one)))
    assert all(is_harmless(string, "\n\t") for string in strings(whole))
    assert whole["diagnostics"][0]["location"]["range"]["start"]["line"] >= 1
