"""What became of the questions on the revision before."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from reviewbot.discussion.answers import Answer, answer, answers
from reviewbot.findings import Earlier, Fate, Finding, Hidden, Report
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.series.model import Series

_ANSWERED = {Hidden.ALLOWED: "allowed in the code", Hidden.DOCUMENTED: "a comment states the protection"}
_REPAIRED = {
    Hidden.GATED: "behind a gate that orders",
    Hidden.SETTLED: "settled in the series",
    Hidden.REFUTED: "forbidden by the memory model",
}
_STILL_ASKED = (None, Hidden.BUDGET, Hidden.FOLDED, Hidden.RAISED)
_PRIMITIVES = ("ordering", "marking", "lifetime")
_MOST_NAMED = 3


def compare(series: Series, report: Report, before: Series, asked: Report, since: str) -> Report:
    """The report with the fate of each question that was shown on the revision before.

    A question that is still there and that the authors answered in words is hidden. `since` is
    what the revision before is called: `v1`.
    """
    said = answers(series, before)
    fates, silenced = [], set()
    for finding in asked.findings:
        if finding.is_shown or finding.hidden is Hidden.RAISED:
            now = _same(finding, report.findings)
            fate, why = _fate(finding, now, series, said)
            fates.append(Earlier(finding, fate, why, now.fingerprint if now and fate is Fate.OPEN else None))
            if fate is Fate.ANSWERED and now is not None:
                silenced.add(now.fingerprint)
    findings = tuple(_silenced(finding, silenced) for finding in report.findings)
    return replace(report, findings=findings, since=since, earlier=tuple(fates))


def _silenced(finding: Finding, fingerprints: set[str]) -> Finding:
    is_meant = finding.is_shown and finding.fingerprint in fingerprints
    return replace(finding, hidden=Hidden.ANSWERED) if is_meant else finding


def _same(finding: Finding, findings: tuple[Finding, ...]) -> Finding | None:
    """The same question now; what is shown comes before what is hidden."""
    ordered = sorted(
        findings, key=lambda each: _STILL_ASKED.index(each.hidden) if each.hidden in _STILL_ASKED else 9
    )
    exact = (each for each in ordered if each.fingerprint == finding.fingerprint)
    alike = (each for each in ordered if _key(each) == _key(finding))
    moved = (each for each in ordered if _key(each)[:2] == _key(finding)[:2] and each.is_shown)
    return next(exact, None) or next(alike, None) or next(moved, None)


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, str(finding.field), finding.place.function or ""


def _fate(
    finding: Finding, now: Finding | None, series: Series, said: tuple[Answer, ...]
) -> tuple[Fate, str]:
    if now is None:
        return _without(finding, series)
    if now.hidden in _ANSWERED:
        return Fate.ANSWERED, _ANSWERED[now.hidden]
    if now.hidden in _REPAIRED:
        return Fate.REPAIRED, _REPAIRED[now.hidden]
    if where := answer(finding, said):
        return Fate.ANSWERED, f"in {where}"
    return Fate.OPEN, "" if now.hidden in _STILL_ASKED else "with less evidence"


def _without(finding: Finding, series: Series) -> tuple[Fate, str]:
    """What became of a question that is not found any more, as the lines of the series tell."""
    name = re.compile(rf"(?<!\w){re.escape(finding.field.name.rsplit('.', 1)[-1])}(?!\w)")
    lines = [line for line in _added(series) if name.search(line)]
    used = dict.fromkeys(found for line in lines for found in _primitives(line, name))
    if used:
        named = [f"{primitive}()" for primitive in used][:_MOST_NAMED]
        return Fate.REPAIRED, f"now with {' and '.join(filter(None, (', '.join(named[:-1]), named[-1])))}"
    if finding.line_text.strip() in lines:
        missing = " in the patches at hand" if series.missing else ""
        return Fate.REPAIRED, f"the line stands, and nothing{missing} speaks against it any more"
    if series.missing:
        return Fate.GONE, "not in the patches at hand"
    return Fate.GONE, "" if lines else f"no line of the series has {finding.field.name}"


def _added(series: Series) -> Iterator[str]:
    for patch in series.patches:
        for file in patch.files:
            for hunk in file.hunks:
                yield from (line[1:].strip() for line in hunk.lines if line[:1] == "+")


def _primitives(line: str, name: re.Pattern[str]) -> list[str]:
    """The primitives that are called with the field in their arguments."""
    concerns = vocabulary().remarks.concerns
    found = [match for word in _PRIMITIVES for match in concerns[word].names.finditer(line)]
    found.sort(key=lambda match: match.start())
    return [match[0] for match in found if name.search(_arguments(line, match.end()))]


def _arguments(line: str, start: int) -> str:
    """What stands in the parentheses that open at `start`; empty where none does."""
    depth = 0
    for place in range(start, len(line)):
        depth += {"(": 1, ")": -1}.get(line[place], 0)
        if depth == 0:
            return line[start:place]
    return line[start:] if line[start : start + 1] == "(" else ""
