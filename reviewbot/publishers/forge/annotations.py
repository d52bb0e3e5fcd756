"""Workflow commands of GitHub Actions: notices in the log, for runs that may not comment.

The runner takes lines of the output for commands, so nothing hostile may begin one or end one early.
"""

from collections.abc import Iterable

from reviewbot.comments import at_tip
from reviewbot.findings import Report
from reviewbot.publishers import clean, where
from reviewbot.series.model import Series

MOST = 50
"""GitHub shows no more of a job."""


def annotations(series: Series, report: Report, silenced: Iterable[str] = ()) -> str:
    """A `::notice` a finding that is shown, the gravest first; empty where there is none."""
    left_out = set(silenced)
    shown = [each for each in report.findings if each.is_shown and each.fingerprint not in left_out]
    shown.sort(key=lambda finding: finding.concern)
    lines = []
    for finding in shown[:MOST]:
        path, line = at_tip(series, finding.place)
        title = f"{finding.rule}: {finding.concern.word}, {finding.confidence.value}"
        properties = {"file": where.relative_path(path), "line": str(max(1, line)), "title": title}
        told = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
        lines.append(f"::notice {told}::{_data(clean.clip(where.message(finding), 4000))}\n")
    return "".join(lines)


def quiet(text: str) -> str:
    """JSON in which the runner finds no command of the old form."""
    return text.replace("##[", "#\\u0023[")


def _data(text: str) -> str:
    return clean.block(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean.line(text)).replace(":", "%3A").replace(",", "%2C")
