"""Checks as b4 shows them: JSON for `b4 review`, lines for `b4 prep --check` and `b4 am --check`.

b4 takes every line of the latter for a warning, one with `ERROR:` in it and all on stderr for
a failure, and no line at all for a pass.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from reviewbot.comments import Comment
from reviewbot.findings import Concern
from reviewbot.publishers import clean
from reviewbot.publishers.counts import counted
from reviewbot.publishers.quote import said

PATCH, SERIES = "reviewbot", "reviewbot series"
"""Names of the columns; two, since b4 keeps one result a message and name, and the check of a
series without a cover letter is filed under its first patch."""

_LONGEST = 400


class Check(msgspec.Struct, frozen=True):
    """One result. `status` is pass, warn, or fail where that was asked for."""

    tool: str
    status: str
    summary: str
    details: str = ""


def check(
    tool: str, asked: Sequence[Comment], unseen: Sequence[str] = (), fail_on: Concern | None = None
) -> Check:
    """What is said of a patch, or of a series; `unseen` tells in a few words each what was not seen."""
    status = "fail" if any(_fails(comment, fail_on) for comment in asked) else "warn" if asked else "pass"
    rules = Counter(clean.line(comment.finding.rule) for comment in asked)
    named = ", ".join(f"{rule} ({n})" if n > 1 else rule for rule, n in rules.items())
    summary = f"{counted(len(asked), 'question')}: {named}" if asked else "no questions"
    summary = "; ".join([clean.clip(summary, _LONGEST), *map(clean.line, unseen)])
    return Check(tool, status, summary, "\n\n".join("\n".join(_told(comment)) for comment in asked))


def not_reviewed(tool: str, reason: str) -> Check:
    """A warning: silence would be taken for a pass, and a failure is never ours to declare."""
    return Check(tool, "warn", clean.clip(f"not reviewed: {clean.line(reason)}", _LONGEST))


def as_json(checks: Iterable[Check]) -> str:
    """The array that `b4 review` reads, and a line end."""
    entries = [
        {
            "tool": each.tool,
            "status": each.status,
            "summary": each.summary,
            "url": "",
            "details": each.details,
        }
        for each in checks
    ]
    return json.dumps(entries, indent=2).replace("\x7f", "\\u007f") + "\n"


def as_lines(asked: Iterable[Comment], fail_on: Concern | None = None) -> str:
    """A line a comment: `path:line: question [rule]`."""
    return "".join(f"{'ERROR: ' if _fails(comment, fail_on) else ''}{_line(comment)}\n" for comment in asked)


def reason_line(reason: str) -> str:
    """Why nothing was reviewed, as a line that is no failure."""
    return f"{_harmless(clean.line(reason))}\n"


def _fails(comment: Comment, fail_on: Concern | None) -> bool:
    return fail_on is not None and comment.finding.concern <= fail_on


def _line(comment: Comment) -> str:
    question = clean.line(comment.words.paragraphs[0]) if comment.words.paragraphs else ""
    return _harmless(f"{_place(comment)}: {question} [{clean.line(comment.finding.rule)}]")


def _harmless(text: str) -> str:
    return text.replace("ERROR:", "ERROR :")


def _told(comment: Comment) -> list[str]:
    return [f"{_place(comment)}: {clean.code(comment.finding.line_text.strip())}", "", *said(comment)]


def _place(comment: Comment) -> str:
    place = comment.finding.place
    return f"{clean.line(place.path)}:{place.line}"
