"""The JSON that tools and benchmarks read: schema `reviewbot/1`, changed only by adding.

Keys come in a fixed order. The text is pure ASCII, so that no control character of hostile
input reaches a terminal; inside the strings everything is as it was sent, but for bytes
that were not UTF-8, which show as escapes in the text.
"""

import json
from collections import Counter
from typing import Any

from reviewbot.analysis.facts import Interleaving, SharedAccess
from reviewbot.comments import unread
from reviewbot.findings import Earlier, Finding, Raised, Report, Witness
from reviewbot.publishers import clean
from reviewbot.series.model import Patch, Series

SCHEMA = "reviewbot/1"


def render(series: Series, report: Report) -> str:
    """The whole report, hidden findings included, as one JSON object and a line end."""
    hidden = Counter(finding.hidden.value for finding in report.findings if finding.hidden)
    whole = {
        "schema": SCHEMA,
        "series": _series(series, report),
        "findings": [_finding(finding) for finding in report.findings],
        "hidden": dict(sorted(hidden.items())),
        "unread": [
            {"file": item.file, "line": item.line, "reason": item.reason} for item in unread(series, report)
        ],
        "unseen": list(report.unseen),
        "model": report.model,
        "notes": list(report.notes),
    }
    if report.since:
        whole["since"] = report.since
        whole["earlier"] = [_earlier(each) for each in report.earlier]
    # DEL is the one control character that JSON leaves as it is
    return json.dumps(_encodable(whole), indent=2).replace("\x7f", "\\u007f") + "\n"


def _encodable(value: Any) -> Any:
    """The same with no lone surrogates in its strings: many parsers refuse them."""
    if isinstance(value, str):
        return clean.unicode(value)
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    return value


def _series(series: Series, report: Report) -> dict[str, Any]:
    return {
        "subject": series.subject,
        "version": series.revision,
        "base": report.base,
        "patches": [_patch(patch) for patch in series.patches],
        "total": series.total,
        "missing": list(series.missing),
        "skipped": list(series.skipped),
        "applied": list(report.applied),
    }


def _patch(patch: Patch) -> dict[str, Any]:
    return {
        "index": patch.index,
        "subject": patch.subject,
        "message_id": (patch.envelope.message_id or None) if patch.envelope else None,
        "commit": patch.commit,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "rule": finding.rule,
        "concern": finding.concern.word,
        "confidence": finding.confidence.value,
        "field": {"struct": finding.field.struct, "name": finding.field.name},
        "patch": place.patch,
        "file": place.path,
        "line": place.line,
        "side": "new",
        "function": place.function,
        "message": finding.message,
        "checklist": list(finding.checklist),
        "accesses": [_access(access) for access in finding.accesses],
        "suggest": {"write": finding.suggestion.write, "read": finding.suggestion.read},
        "witness": _witness(finding.witness),
        "fingerprint": finding.fingerprint,
        "shown": finding.is_shown,
        "hidden_reason": finding.hidden.value if finding.hidden else None,
        "title": finding.title,
        "line_text": finding.line_text,
        "suggestion": finding.suggestion.text,
        "unseen": list(finding.unseen),
        "interleaving": _interleaving(finding.interleaving),
        **({"raised": _raised(finding.raised)} if finding.raised else {}),
    }


def _earlier(each: Earlier) -> dict[str, Any]:
    finding, place = each.finding, each.finding.place
    return {
        "fate": each.fate.value,
        "why": each.why or None,
        "rule": finding.rule,
        "field": {"struct": finding.field.struct, "name": finding.field.name},
        "patch": place.patch,
        "file": place.path,
        "line": place.line,
        "function": place.function,
        "fingerprint": finding.fingerprint,
        "now": each.now,
        **({"raised": _raised(finding.raised)} if finding.raised else {}),
    }


def _raised(who: Raised) -> dict[str, Any]:
    return {"by": who.by, "message_id": who.message_id, "answered_in": who.answered_in or None}


def _witness(witness: Witness | None) -> dict[str, Any] | None:
    if witness is None:
        return None
    return {
        "as_posted": witness.as_posted,
        "as_suggested": witness.as_suggested or None,
        "litmus": witness.test_as_posted,
        "race": witness.has_race,
        "litmus_suggested": witness.test_as_suggested or None,
        "repair": witness.repair or None,
    }


def _access(access: SharedAccess) -> dict[str, Any]:
    return {
        "kind": access.kind.value,
        "marking": access.marking.value,
        "file": access.place.path,
        "line": access.place.line,
        "function": access.place.function,
        "held": [lock.text for lock in access.held],
        "rcu": [f"{section.flavour} {section.domain}".rstrip() for section in access.sections],
        "patch": access.place.patch,
        "text": access.text,
        "line_text": access.line_text,
    }


def _interleaving(interleaving: Interleaving | None) -> dict[str, Any] | None:
    if interleaving is None:
        return None
    steps = [
        {"column": step.column, "text": step.text, "remark": step.remark, "arrow": step.arrow}
        for step in interleaving.steps
    ]
    return {"columns": list(interleaving.columns), "steps": steps}
