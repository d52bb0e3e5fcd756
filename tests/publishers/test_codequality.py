import json

from jsonschema import validate
from msgspec.structs import replace

from reviewbot.analysis.facts import Place
from reviewbot.findings import Report
from reviewbot.publishers import codequality
from tests.publishers import factory

SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^./]"},
                    "lines": {
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                        "required": ["begin"],
                    },
                },
            },
        },
    },
}


def rendered(report: Report) -> list[dict[str, object]]:
    text = codequality.render(factory.series(), report)
    found: list[dict[str, object]] = json.loads(text)
    validate(found, SCHEMA)
    assert text.isascii()
    return found


def test_entries_are_the_findings_shown() -> None:
    first, second = rendered(Report((factory.finding(), factory.question(), factory.hidden())))
    assert (first["severity"], second["severity"]) == ("minor", "info")
    assert first["location"] == {"path": factory.CORE, "lines": {"begin": 47}}
    assert str(first["description"]).startswith("What orders d->table[]")


def test_the_same_fingerprint_twice_is_told_apart() -> None:
    found = rendered(Report((factory.finding(), factory.finding())))
    assert [each["fingerprint"] for each in found] == ["00c0ffee00c0ffee", "00c0ffee00c0ffee-2"]


def test_hostile_paths_and_words_stay_inside() -> None:
    place = Place("../../etc/\x1b[2Jx.c", -4, 1, "f")
    (entry,) = rendered(Report((replace(factory.finding(), place=place, message="a\x1bb\x7f"),)))
    assert entry["location"] == {"path": "_/_/etc/\\x1b[2Jx.c", "lines": {"begin": 1}}
    assert str(entry["description"]).startswith("a\\x1bb\\x7f")


def test_nothing_found_is_an_empty_array() -> None:
    assert rendered(Report(())) == []
