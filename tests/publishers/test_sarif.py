import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from msgspec.structs import replace

from reviewbot.analysis.facts import Place
from reviewbot.findings import Concern, Hidden, Witness
from reviewbot.pipeline import review_text
from reviewbot.publishers import sarif
from reviewbot.publishers.where import uri
from reviewbot.series.model import Unread
from tests.publishers.factory import CHECKS, CORE, finding, hidden, modified, patch, question, report, series
from tests.publishers.test_clean import ANYTHING, is_harmless

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples/larch.mbox"
SCHEMA = json.loads((HERE / "sarif-subset.schema.json").read_text())
RULES = {
    "flag-publishes-data": (
        "A flag announces data",
        "A flag is set after data.",
        "# A flag announces data\n\n\tcode\n",
    )
}


def log(*args: Any) -> Any:
    """The run, checked against the schema."""
    whole = json.loads(sarif.render(*args))
    jsonschema.validate(whole, SCHEMA)
    return whole["runs"][0]


def test_the_whole_log(golden: Callable[[Path, str], None]) -> None:
    golden(HERE / "golden" / "report.sarif", sarif.render(series(), report(), RULES))


def test_the_schema_refuses_what_is_wrong() -> None:
    whole = json.loads(sarif.render(series(), report(), RULES))
    whole["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(whole, SCHEMA)


def test_rules_are_described_by_their_pages_or_by_the_finding() -> None:
    run = log(series(), report(), RULES)
    first, second = run["tool"]["driver"]["rules"]
    assert first["help"]["markdown"].startswith("# A flag announces data")
    assert (second["id"], second["name"]) == ("mixed-marking", "Plain and marked")
    assert [result["ruleIndex"] for result in run["results"]] == [0, 1, 1]


def test_both_sides_are_related_and_the_threads_are_flows() -> None:
    result = log(series(), report(finding()), RULES)["results"][0]
    functions = [place["logicalLocations"][0]["name"] for place in result["relatedLocations"]]
    assert functions == ["demo_alloc", "demo_find", "demo_peek", "demo_next"]
    flows = result["codeFlows"][0]["threadFlows"]
    orders = [[step["executionOrder"] for step in flow["locations"]] for flow in flows]
    assert orders == [[1, 2], [3, 4]]
    assert flows[1]["locations"][0]["location"]["physicalLocation"]["region"]["startLine"] == 93


def test_what_the_memory_model_says() -> None:
    said = {"as_posted": "Sometimes", "as_suggested": "Never", "race": True, "repair": "release/acquire"}
    witness = Witness("Sometimes", "Never", True, "release/acquire", "C a\n", "C b\n", "as posted: it may")
    [result] = log(series(), report(replace(finding(), witness=witness)), RULES)["results"]
    assert result["properties"]["witness"] == said
    none = replace(witness, as_suggested="", repair="")
    [result] = log(series(), report(replace(finding(), witness=none)), RULES)["results"]
    assert result["properties"]["witness"] == {**said, "as_suggested": None, "repair": None}
    assert "witness" not in log(series(), report(finding()), RULES)["results"][0]["properties"]


def test_the_flows_are_the_table_of_the_witness() -> None:
    told = review_text(EXAMPLE.read_bytes())
    described = json.loads(sarif.render(series(), told, {}))["runs"][0]["results"]
    proved = [
        (found, result) for found, result in zip(told.findings, described, strict=True) if found.witness
    ]
    assert len(proved) == 2
    for found, result in proved:
        assert found.interleaving is not None
        flows = result["codeFlows"][0]["threadFlows"]
        steps = sorted(
            (each["executionOrder"], each["location"]["message"]["text"], flow["id"].partition(": ")[2])
            for flow in flows
            for each in flow["locations"]
        )
        rows = [
            (number, f"{step.text} {step.remark}".strip(), found.interleaving.columns[step.column])
            for number, step in enumerate(found.interleaving.steps, start=1)
        ]
        assert steps == rows
        assert result["properties"]["witness"]["as_posted"] == "Sometimes"


def test_hidden_findings_are_suppressed_with_the_reason() -> None:
    allowed = replace(hidden(), hidden=Hidden.ALLOWED)
    results = log(series(), report(finding(), hidden(), allowed), RULES)["results"]
    assert "suppressions" not in results[0]
    assert results[1]["suppressions"][0]["justification"] == "both ends older than this series"
    assert [result["suppressions"][0]["kind"] for result in results[1:]] == ["external", "inSource"]


@pytest.mark.parametrize("concern", list(Concern))
def test_a_question_is_never_an_error(concern: Concern) -> None:
    result = log(series(), report(replace(finding(), concern=concern)), RULES)["results"][0]
    assert result["level"] in ("note", "warning")


def test_twice_the_same_fingerprint_is_told_apart() -> None:
    results = log(series(), report(question(), question()), RULES)["results"]
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert prints == ["0123456789abcdef:1", "0123456789abcdef:2"]


def test_lines_are_those_of_the_tip() -> None:
    first = replace(finding(), place=Place(CORE, 100, 1))
    grown = replace(series(), patches=(patch(1, "a"), patch(2, "b", modified(CORE, *CHECKS))))
    result = log(grown, report(first), RULES)["results"][0]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 102


def test_what_was_not_read_is_notified() -> None:
    run = log(series(), replace(report(), unread=(Unread("a b.c", None, "binary"),)), RULES)
    first = run["invocations"][0]["toolExecutionNotifications"][0]
    assert first["message"]["text"] == "Not read: binary"
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.c"


def test_uris_are_relative_encoded_and_stay_in_the_tree() -> None:
    assert uri("drivers/a b#c?d%.c") == "drivers/a%20b%23c%3Fd%25.c"
    assert uri("c:x/é.c") == "c%3Ax/%C3%A9.c"
    assert uri("caf\udce9.c") == "caf%E9.c"
    assert uri("/etc/passwd") == "etc/passwd"
    assert uri("//host/a/../../b") == "host/a/_/_/b"


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


@given(ANYTHING.filter(str.strip))
def test_nothing_hostile_is_in_the_log(text: str) -> None:
    one = replace(finding(), message=text, line_text=text, title=text, unseen=(text,))
    one = replace(one, place=Place(text, 0, 1, text))
    run = log(series(), replace(report(one), notes=(text,)), {one.rule: (text, text, text)})
    assert all(is_harmless(string, "\n\t") for string in strings(run))
