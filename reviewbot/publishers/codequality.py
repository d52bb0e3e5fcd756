"""GitLab's report on code quality, which merge requests show. Lines are those of the tip."""

import json
from collections import Counter
from typing import Any

from reviewbot.comments import at_tip
from reviewbot.findings import Finding, Report
from reviewbot.publishers import clean, where
from reviewbot.series.model import Series


def render(series: Series, report: Report) -> str:
    """One JSON array and a line end. Hidden findings are left out: the format has no word for them."""
    seen: Counter[str] = Counter()
    entries = []
    for finding in report.findings:
        if finding.is_shown:
            seen[finding.fingerprint] += 1
            entries.append(_entry(series, finding, seen[finding.fingerprint]))
    return json.dumps(entries, indent=2).replace("\x7f", "\\u007f") + "\n"


def _entry(series: Series, finding: Finding, occurrence: int) -> dict[str, Any]:
    path, line = at_tip(series, finding.place)
    number = "" if occurrence == 1 else f"-{occurrence}"  # GitLab drops what has a fingerprint it has seen
    return {
        "description": where.message(finding),
        "check_name": clean.line(finding.rule),
        "fingerprint": f"{finding.fingerprint}{number}",
        "severity": "minor" if where.is_grave(finding) else "info",
        "location": {
            "path": clean.code(where.relative_path(path)),
            "lines": {"begin": max(1, line)},
        },
    }
