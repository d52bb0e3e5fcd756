"""Whether somebody asked the same before: of the same field, with the same concern.

Both must agree. The field does where the remark stands right under a line of the finding, or under
another line that has the field, or names it as code does; the concern does by the words of a table.
Under the very line a neighbouring concern will do as well ("does this race?" of a missing barrier).
"""

import re
from collections.abc import Callable, Iterable

import msgspec
from msgspec.structs import replace

from reviewbot.discussion.naming import naming
from reviewbot.discussion.remarks import Remark, Talk, talk
from reviewbot.findings import Concern, Finding, Hidden, Raised
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.series.model import Series

_NEAR = 3
"""Lines of code above a remark of which it may speak."""
_TRIVIAL = re.compile(r"[\s{}();]*\Z|\s*(?:/?\*.*|break;|return;|else)\s*\Z")
_NOT_DIFF = re.compile(r"diff --git |index [0-9a-f]{7}|(?:---|\+\+\+) \S|@@ ")


class _Point(msgspec.Struct, frozen=True):
    """A remark that raises concerns, and the code right above it."""

    remark: Remark
    concerns: frozenset[str]
    lines: tuple[str, ...]
    """The nearest first, without markers, blanks made one."""


def marker(series: Series) -> Callable[[Finding], Finding]:
    """What hides a finding that somebody raised in the replies to the series, and names who did."""
    if not series.replies:
        return lambda finding: finding
    said = talk(series)
    points = _points(said.others)

    def mark(finding: Finding) -> Finding:
        raised = _raised(finding, points, said) if finding.is_shown else None
        return replace(finding, hidden=Hidden.RAISED, raised=raised) if raised else finding

    return mark


def _raised(finding: Finding, points: tuple[_Point, ...], said: Talk) -> Raised | None:
    """Who raised a finding first; one that was answered is preferred to one that was not."""
    fitting = [point.remark for point in points if _fits(point, finding)]
    if not fitting:
        return None
    answers = [_answer(remark, said) for remark in fitting]
    chosen = next((number for number, answer in enumerate(answers) if answer), 0)
    remark = fitting[chosen]
    by = remark.author.name or remark.author.address
    return Raised(by, remark.message_id, answers[chosen])


def _points(remarks: Iterable[Remark]) -> tuple[_Point, ...]:
    words = vocabulary().remarks
    spoken = ((remark, words.spoken_of(remark.text)) for remark in remarks)
    return tuple(_Point(remark, concerns, _code(remark.quoted)) for remark, concerns in spoken if concerns)


def _code(quoted: tuple[str, ...]) -> tuple[str, ...]:
    """The lines of the patch that end a quote; none where it ends in somebody's words."""
    found: list[str] = []
    for line in reversed(quoted):
        text = line[1:] if line[:1] in ("+", "-", " ", "\t") else line
        if not line.strip() or _TRIVIAL.match(text):
            continue
        if _NOT_DIFF.match(line) or line[:1] not in ("+", "-", " ", "\t") or len(found) == _NEAR:
            break
        found.append(_plain(text))
    return tuple(found)


def _plain(line: str) -> str:
    return " ".join(line.split())


def _fits(point: _Point, finding: Finding) -> bool:
    remark = point.remark
    patches = {finding.place.patch, *(access.place.patch for access in finding.accesses)}
    if remark.patch is not None and remark.patch not in patches:
        return False
    if _concerns(finding, with_near=False) & point.concerns:
        return _is_about(point, finding)
    return bool(_concerns(finding, with_near=True) & point.concerns) and _stands_under(point, finding)


def _concerns(finding: Finding, with_near: bool) -> frozenset[str]:
    table = vocabulary().remarks.concerns
    if finding.concern is Concern.QUESTION:
        return frozenset(table) if with_near else frozenset()
    word = finding.concern.word
    return frozenset((word, *table[word].near)) if with_near else frozenset((word,))


def _is_about(point: _Point, finding: Finding) -> bool:
    """Whether a remark is about the field of a finding."""
    if _stands_under(point, finding):
        return True
    named = naming(finding.field)
    return bool(named.search(point.remark.text)) or any(named.search(line) for line in point.lines)


def _stands_under(point: _Point, finding: Finding) -> bool:
    """Whether a remark stands right under a line of the finding, in the patch that has it."""
    here = [(finding.place.patch, finding.line_text)]
    here += [(access.place.patch, access.line_text) for access in finding.accesses]
    patch = point.remark.patch
    lines = {_plain(text) for number, text in here if patch is None or number in (None, patch)}
    return not lines.isdisjoint(point.lines)


def _answer(remark: Remark, said: Talk) -> str:
    """The mail in which an author of the series wrote under the words of a remark; empty for none."""
    asked = {_plain(line) for line in remark.text.split("\n") if len(line.strip()) > 1}
    answers = (each for each in said.authors if asked.intersection(map(_plain, each.quoted)))
    return next((each.message_id for each in answers), "")
