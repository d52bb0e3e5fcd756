"""SARIF 2.1.0 (OASIS), for code scanning. Lines are those of the tip.

Both sides of a pair stand in relatedLocations, the table of threads in codeFlows, what the memory
model says in the properties, hidden findings as suppressed results with their reason, what could
not be read as notifications.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reviewbot import __version__
from reviewbot.analysis.facts import Confidence, Interleaving, Place, Step
from reviewbot.comments import at_tip, fates, raised, reason, unread
from reviewbot.findings import Finding, Hidden, Report
from reviewbot.publishers import clean, where
from reviewbot.series.model import Series, Unread

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}


class RuleWords(NamedTuple):
    """What SARIF wants to know of a rule; `help` is its page, in Markdown."""

    title: str
    summary: str
    help: str


def render(series: Series, report: Report, rules: Mapping[str, tuple[str, str, str]]) -> str:
    """One SARIF log and a line end.

    `rules` maps a rule's id to its title, summary and help (see `RuleWords`); a rule that is
    missing there is described by the title of its first finding.
    """
    described = _described(report, rules)
    numbers = {rule: number for number, rule in enumerate(described)}
    seen: Counter[str] = Counter()
    results = []
    for finding in report.findings:
        seen[finding.fingerprint] += 1
        results.append(_result(series, finding, numbers[finding.rule], seen[finding.fingerprint]))
    run = {
        "tool": {"driver": _driver(described)},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the kernel tree."}}},
        "columnKind": "utf16CodeUnits",
        "invocations": [_invocation(series, report)],
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _described(report: Report, rules: Mapping[str, tuple[str, str, str]]) -> dict[str, RuleWords]:
    described: dict[str, RuleWords] = {}
    for finding in sorted(report.findings, key=lambda finding: finding.rule):
        words = rules.get(finding.rule, (finding.title, finding.title, ""))
        described.setdefault(finding.rule, RuleWords(*words))
    return described


def _driver(described: Mapping[str, RuleWords]) -> dict[str, Any]:
    rules = [_rule(rule, words) for rule, words in described.items()]
    return {"name": "reviewbot", "semanticVersion": __version__, "rules": rules}


def _rule(rule: str, words: RuleWords) -> dict[str, Any]:
    title = clean.line(words.title) or clean.line(rule)
    descriptor = {
        "id": clean.line(rule),
        "name": title,
        "shortDescription": {"text": title},
        "fullDescription": {"text": clean.line(words.summary) or title},
        "defaultConfiguration": {"level": "note"},
    }
    if words.help:
        page = clean.block(words.help)
        descriptor["help"] = {"text": page, "markdown": page}
    return descriptor


def _result(series: Series, finding: Finding, rule: int, occurrence: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": clean.line(finding.rule),
        "ruleIndex": rule,
        "level": "warning" if where.is_grave(finding) else "note",
        "message": {"text": where.message(finding)},
        "locations": [_location(series, finding.place, finding.line_text)],
        "relatedLocations": list(_related(series, finding)),
        "partialFingerprints": {"primaryLocationLineHash": f"{finding.fingerprint}:{occurrence}"},
        "properties": _properties(finding),
    }
    flows = _thread_flows(series, finding, finding.interleaving) if finding.interleaving else []
    if flows:
        result["codeFlows"] = [{"threadFlows": flows}]
    if finding.hidden:
        result["suppressions"] = [_suppression(finding, finding.hidden)]
    return result


def _properties(finding: Finding) -> dict[str, Any]:
    """What SARIF has no word for; what the memory model says is called as in our JSON."""
    found: dict[str, Any] = {"concern": finding.concern.word, "precision": _PRECISION[finding.confidence]}
    if finding.witness:
        found["witness"] = {
            "as_posted": finding.witness.as_posted,
            "as_suggested": finding.witness.as_suggested or None,
            "race": finding.witness.has_race,
            "repair": finding.witness.repair or None,
        }
    return found


def _suppression(finding: Finding, hidden: Hidden) -> dict[str, Any]:
    kind = "inSource" if hidden in (Hidden.ALLOWED, Hidden.DOCUMENTED) else "external"
    why = clean.line(raised(finding.raised)) if finding.raised else reason(hidden)
    return {"kind": kind, "status": "accepted", "justification": why}


def _related(series: Series, finding: Finding) -> Iterator[dict[str, Any]]:
    for number, access in enumerate(finding.accesses, start=1):
        location = _location(series, access.place, access.line_text)
        yield {"id": number, **location, "message": {"text": where.access_words(access)}}


def _location(series: Series, place: Place, snippet: str = "") -> dict[str, Any]:
    path, line = at_tip(series, place)
    location = {"physicalLocation": _physical(path, line, snippet)}
    if place.function:
        function = {"name": clean.line(place.function), "kind": "function"}
        return {**location, "logicalLocations": [function]}
    return location


def _physical(path: str, line: int | None, snippet: str = "") -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": where.uri(path), "uriBaseId": _ROOT}}
    if line is not None:
        physical["region"] = {"startLine": max(1, line)}
        if snippet:
            physical["region"]["snippet"] = {"text": clean.code(snippet)}
    return physical


def _thread_flows(series: Series, finding: Finding, table: Interleaving) -> list[dict[str, Any]]:
    """A thread flow a column; `executionOrder` tells which step of all threads comes first."""
    flows = []
    for number, title in enumerate(table.columns):
        locations = [
            {"executionOrder": order, "location": _step(series, finding, title, step)}
            for order, step in enumerate(table.steps, start=1)
            if step.column == number and step.text.strip()
        ]
        if locations:
            flows.append({"id": f"{number + 1}: {clean.line(title)}", "locations": locations})
    return flows


def _step(series: Series, finding: Finding, title: str, step: Step) -> dict[str, Any]:
    text = f"{step.text} {step.remark}".strip()
    return {**_location(series, _place(finding, title, step)), "message": {"text": clean.line(text)}}


def _place(finding: Finding, title: str, step: Step) -> Place:
    """Steps have no place of their own: that of the access they show, or of their function."""
    here = [access for access in finding.accesses if access.place.function and access.place.function in title]
    named = [access for access in here if access.text and access.text in step.text]
    return next((access.place for access in named or here), finding.place)


def _invocation(series: Series, report: Report) -> dict[str, Any]:
    notifications = [_notification(item) for item in unread(series, report)]
    remarks = [*report.notes, *fates(report), *(f"Not seen: {item}" for item in report.unseen)]
    notifications += [{"level": "note", "message": {"text": clean.line(remark)}} for remark in remarks]
    return {"executionSuccessful": True, "toolExecutionNotifications": notifications}


def _notification(item: Unread) -> dict[str, Any]:
    location = {"physicalLocation": _physical(item.file, item.line)}
    text = clean.line(f"Not read: {item.reason}")
    return {"level": "warning", "message": {"text": text}, "locations": [location]}
