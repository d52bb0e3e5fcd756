"""Finding → comment at a position: the only code that finds positions.

A place says which line of which file is meant; a position says where that line stands in
the mails. Where a finding's line was older than the series, the rule is:

1. the patch is the first one that brought in an access of the finding *and* touches the
   file; else the first that brought in an access; else the first that touches the file;
   else the first of the series;
2. in it, the context line with the same text that is nearest by number; else the nearest
   changed line of that file; else the patch as a whole.

Step 2 is also what happens to a line that its patch does not show.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from reviewbot.analysis.facts import Field, Place
from reviewbot.analysis.reasons import Quiet, Reason, one_line
from reviewbot.findings import Earlier, Finding, Hidden, Raised, Report
from reviewbot.series import positions
from reviewbot.series.model import FileDiff, Hunk, NumberedLine, Patch, Series, Status, Unread

_REASONS = {
    Hidden.PRE_EXISTING: "both ends older than this series",
    Hidden.FOLDED: "folded into a graver question on the same field",
    Hidden.ALLOWED: "allowed in the code",
    Hidden.LOW_CONFIDENCE: "too little evidence",
    Hidden.PREVIEW: "rules in preview",
    Hidden.DOCUMENTED: "protection stated in a comment",
    Hidden.REFUTED: "forbidden by the memory model",
    Hidden.UNPROVED: "not proved",
    Hidden.SETTLED: "settled later in the series",
    Hidden.GATED: "behind a gate that orders",
    Hidden.BUDGET: "over the number of comments a run may make",
    Hidden.RAISED: "raised in the thread already",
    Hidden.ANSWERED: "answered by the author",
}


_HIDING = {
    Hidden.DOCUMENTED: frozenset({Quiet.STATED}),
    Hidden.GATED: frozenset({Quiet.GATED}),
    Hidden.LOW_CONFIDENCE: frozenset({Quiet.ONE_BIT, Quiet.BESIDE_KERNEL, Quiet.UNSEEN, Quiet.BROUGHT}),
}
"""The reasons of the analysis that stand behind one for which a finding is hidden."""


class Position(NamedTuple):
    """Where a comment stands: indices into Patch.files, FileDiff.hunks and Hunk.lines."""

    file: int
    hunk: int
    line: int
    is_exact: bool
    """Whether it is the finding's own line rather than one near it."""


class Words(msgspec.Struct, frozen=True):
    """What a finding says. Texts are as the finding has them: unwrapped, not clean."""

    paragraphs: tuple[str, ...]
    suggestion: str
    """What to put where; empty where the question is all there is."""
    is_in_question: bool
    """Whether the question itself names all primitives of the suggestion already."""
    caveat: str
    """One sentence on what could not be seen, or empty."""
    proof: str
    """One sentence on what the memory model says, or empty."""


class Comment(msgspec.Struct, frozen=True):
    """A finding's words at a position."""

    finding: Finding
    words: Words
    patch: Patch
    position: Position | None
    """None: said of the patch as a whole."""


def comments(series: Series, report: Report) -> tuple[Comment, ...]:
    """A comment for each finding shown, in the order of the mails and of the lines in them."""
    if not series.patches:
        return ()
    made = [_comment(series, finding) for finding in report.findings if finding.is_shown]
    order = {id(patch): number for number, patch in enumerate(series.patches)}
    made.sort(key=lambda comment: (order[id(comment.patch)], comment.position or Position(-1, -1, -1, False)))
    return tuple(made)


def reason(hidden: Hidden) -> str:
    """Why a finding is not shown, in words."""
    return _REASONS[hidden]


def raised(who: Raised) -> str:
    """`raised by Ravi Reader in <a@b>, answered in <c@d>`."""
    answered = f", answered in <{who.answered_in}>" if who.answered_in else ""
    where = f" in <{who.message_id}>" if who.message_id else ""
    return f"raised by {who.by}{where}{answered}"


def earlier(each: Earlier) -> str:
    """`drivers/a.c:38 flag-publishes-data: now with smp_store_release()`, in the revision before."""
    finding = each.finding
    who = raised(finding.raised) if finding.raised else ""
    rest = ", ".join(filter(None, (each.why, who)))
    text = f"{finding.place.path}:{finding.place.line} {finding.rule}"
    return f"{text}: {rest}" if rest else text


def fates(report: Report) -> tuple[str, ...]:
    """A line each, `Since v1: repaired: …`, for outputs that have notes only."""
    if report.since and not report.earlier:
        return (f"Since {report.since}: no comment was shown on it",)
    return tuple(f"Since {report.since}: {each.fate.value}: {earlier(each)}" for each in report.earlier)


def verdict(field: Field, findings: Iterable[Finding], reasons: Sequence[Reason]) -> str:
    """What is asked of a field, or why nothing is: one clause."""
    own = [finding for finding in findings if finding.field == field]
    shown = [finding for finding in own if finding.is_shown]
    if shown:
        first, more = shown[0], len(shown) - 1
        where = f"{first.place.path}:{first.place.line}"
        return f"asked: {first.rule} ({first.confidence.value}) at {where}" + (
            f", and {more} more" if more else ""
        )
    if own:
        hidden = own[0].hidden or Hidden.FOLDED
        why = one_line([each for each in reasons if each.kind in _HIDING.get(hidden, ())])
        is_weak = hidden is Hidden.LOW_CONFIDENCE
        words = f"{reason(hidden)}: {why}" if why and is_weak else why or reason(hidden)
        return f"not shown: {own[0].rule}: {words}"
    return f"not asked: {one_line(reasons) or 'no rule asks about the way it is used'}"


def unread(series: Series, report: Report) -> tuple[Unread, ...]:
    """All that could not be read, wherever it was noticed, each once."""
    found = [*series.unread, *(item for patch in series.patches for item in patch.unread), *report.unread]
    return tuple(dict.fromkeys(found))


def at_tip(series: Series, place: Place) -> tuple[str, int]:
    """Path and line of a place at the tip, for outputs that speak of the tree and not of mails.

    A line that a later patch removed is reported where it stood. Patches that are missing
    from the series cannot be counted.
    """
    path, line = place.path, place.line
    if place.patch is None:
        return path, line
    for patch in series.patches:
        if patch.index > place.patch:
            for file in patch.files:
                if file.before_path == path and file.after_path and file.status is not Status.COPIED:
                    path, line = file.after_path, _moved(file, line)
                    break
    return path, line


def words(finding: Finding) -> Words:
    """The words of a finding, the same in every output."""
    suggestion = finding.suggestion
    names = [name.removesuffix("()") for name in (suggestion.write, suggestion.read) if name]
    return Words(
        paragraphs=tuple(part.strip() for part in finding.message.split("\n\n") if part.strip()),
        suggestion=suggestion.text or _primitives(finding),
        is_in_question=bool(names) and all(name in finding.message for name in names),
        caveat=f"I could not see {_listed(finding.unseen)}." if finding.unseen else "",
        proof=finding.witness.text if finding.witness else "",
    )


def _comment(series: Series, finding: Finding) -> Comment:
    patch = _home(series, finding)
    return Comment(finding, words(finding), patch, _position(series, patch, finding))


def _primitives(finding: Finding) -> str:
    suggestion = finding.suggestion
    sides = ((suggestion.write, "on the writing side"), (suggestion.read, "on the reading side"))
    text = ", ".join(f"{name.removesuffix('()')}() {side}" for name, side in sides if name)
    return f"{text}." if text else ""


def _listed(words: tuple[str, ...]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _home(series: Series, finding: Finding) -> Patch:
    by_index = {patch.index: patch for patch in reversed(series.patches)}
    if finding.place.patch in by_index:
        return by_index[finding.place.patch]
    numbers = (access.place.patch for access in finding.accesses)
    bringing = [by_index[number] for number in numbers if number in by_index]
    touching = [patch for patch in series.patches if _diffs_of(patch, finding.place.path)]
    both = [patch for patch in bringing if _diffs_of(patch, finding.place.path)]
    return (both or bringing or touching or list(series.patches))[0]


def _diffs_of(patch: Patch, path: str) -> list[int]:
    return [number for number, file in enumerate(patch.files) if path in (file.after_path, file.before_path)]


def _position(series: Series, patch: Patch, finding: Finding) -> Position | None:
    place = finding.place
    if place.patch == patch.index:
        found = positions.position(series, patch.index, place.path, place.line)
        if found is not None:
            return Position(patch.files.index(found.file), found.hunk, found.line, is_exact=True)
    shown = [(n, *row) for n in _diffs_of(patch, place.path) for row in _rows(patch.files[n])]
    same = [row for row in shown if row[3].after and row[3].text.strip() == finding.line_text.strip()]
    best = min(same, key=lambda row: _distance(row[3], place.line), default=None)
    if best and place.patch != patch.index:
        return Position(*best[:3], is_exact=True)
    return _nearest(shown, place.line)


def _nearest(shown: Iterable[tuple[int, int, int, NumberedLine]], line: int) -> Position | None:
    # a removed line is worth less than an added one: the code speaks of what is there now
    changed = (row for row in shown if row[3].marker in ("+", "-"))
    best = min(changed, key=lambda row: (row[3].marker, _distance(row[3], line)), default=None)
    return Position(*best[:3], is_exact=False) if best else None


def _distance(numbered: NumberedLine, line: int) -> int:
    return abs((numbered.after or numbered.before or 0) - line)


def _rows(file: FileDiff) -> Iterator[tuple[int, int, NumberedLine]]:
    """Hunk index, index in Hunk.lines, and the line."""
    for number, hunk in enumerate(file.hunks):
        for index, numbered in _indexed(hunk):
            yield number, index, numbered


def _indexed(hunk: Hunk) -> Iterator[tuple[int, NumberedLine]]:
    # numbered() passes over the remark about a missing newline, which has an index all the same
    indices = (index for index, line in enumerate(hunk.lines) if line[:1] != "\\")
    return zip(indices, hunk.numbered(), strict=True)


def _moved(file: FileDiff, line: int) -> int:
    """The number after a patch of a line numbered before it."""
    shift = 0
    for hunk in file.hunks:
        if line < hunk.before_start + (hunk.before_count == 0):
            break
        after = hunk.after_start
        for numbered in hunk.numbered():
            after = numbered.after or after
            if numbered.before == line:
                return after
            shift += (numbered.marker == "+") - (numbered.marker == "-")
    return line + shift
