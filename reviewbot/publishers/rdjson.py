"""reviewdog's rdjson (DiagnosticResult): a door to the forges that reviewdog knows.

Lines are those of the tip, which is what reviewdog holds against a diff.
"""

import json
from collections.abc import Iterator
from typing import Any

from reviewbot.analysis.facts import Place
from reviewbot.comments import at_tip, unread
from reviewbot.findings import Finding, Report
from reviewbot.publishers import clean, where
from reviewbot.series.model import Series, Unread

_SOURCE = {"name": "reviewbot"}


def render(series: Series, report: Report) -> str:
    """One JSON object and a line end. Hidden findings are left out: the format has no word for them."""
    diagnostics = [_diagnostic(series, finding) for finding in report.findings if finding.is_shown]
    diagnostics += [_unread(item) for item in unread(series, report)]
    whole = {"source": _SOURCE, "severity": "INFO", "diagnostics": diagnostics}
    return json.dumps(whole, indent=2) + "\n"


def _diagnostic(series: Series, finding: Finding) -> dict[str, Any]:
    return {
        "message": where.message(finding),
        "location": _location(series, finding.place),
        "severity": "WARNING" if where.is_grave(finding) else "INFO",
        "source": _SOURCE,
        "code": {"value": clean.line(finding.rule)},
        "related_locations": list(_related(series, finding)),
    }


def _related(series: Series, finding: Finding) -> Iterator[dict[str, Any]]:
    for access in finding.accesses:
        if access.place != finding.place:
            yield {"message": where.access_words(access), "location": _location(series, access.place)}


def _location(series: Series, place: Place) -> dict[str, Any]:
    path, line = at_tip(series, place)
    return _at(path, line)


def _at(path: str, line: int | None) -> dict[str, Any]:
    location: dict[str, Any] = {"path": clean.code(where.relative_path(path))}
    if line is not None:
        location["range"] = {"start": {"line": max(1, line)}}
    return location


def _unread(item: Unread) -> dict[str, Any]:
    return {
        "message": clean.line(f"Not read: {item.reason}"),
        "location": _at(item.file, item.line),
        "severity": "INFO",
        "source": _SOURCE,
        "code": {"value": "not-read"},
    }
