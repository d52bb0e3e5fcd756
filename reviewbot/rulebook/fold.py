"""What of many findings to show: one comment a field, and a handful a patch."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from reviewbot.analysis.facts import Confidence, Fact, Flag, Publication
from reviewbot.findings import Finding, Hidden
from reviewbot.rulebook.template import clean

BUDGET = 5
"""Comments shown on one patch; the others are counted."""

_NAMED = 2
"""Functions named where the same question stands in others; the rest is counted."""
_SURENESS = list(Confidence)


def rank(finding: Finding) -> tuple[int, str, int, int, str, str]:
    """The order of findings: patch, file, line, concern, rule, words."""
    place = finding.place
    return place.patch or 0, place.path, place.line, finding.concern, finding.rule, finding.message


def _weight(finding: Finding) -> tuple[int, int]:
    """Smaller is more important: concern first, then how sure it is."""
    return finding.concern, _SURENESS.index(finding.confidence)


def fold(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Of all findings shown for a field only the gravest; it names where it stands besides."""
    fields: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        fields.setdefault(_field(finding), []).append(finding)
    return tuple(folded for group in fields.values() for folded in _fold_field(group))


def behind_flags(asked: Iterable[tuple[Finding, Fact]]) -> tuple[Finding, ...]:
    """The findings; arrays behind a flag that is asked about are folded into that question.

    What orders the flag orders the arrays too: one gate, one comment.
    """
    pairs = tuple(asked)
    flags = {
        (fact.place.path, fact.field.name)
        for finding, fact in pairs
        if finding.is_shown and isinstance(fact, Flag) and fact.has_payload
    }
    return tuple(
        replace(finding, hidden=Hidden.FOLDED) if finding.is_shown and _gate(fact) in flags else finding
        for finding, fact in pairs
    )


def _gate(fact: Fact) -> tuple[str, str] | None:
    """The flag that readers of late arrays test, by its file and name."""
    is_late = isinstance(fact, Publication) and fact.is_array and not fact.is_nested and fact.gate
    return (fact.place.path, fact.gate) if is_late and isinstance(fact, Publication) else None


def _field(finding: Finding) -> tuple[str, ...]:
    """What is one field; one known by its name alone is never the same in another file."""
    field = finding.field
    return (field.struct or "", field.name, finding.place.path if field.weak else "")


def _fold_field(group: Sequence[Finding]) -> list[Finding]:
    shown = sorted((each for each in group if each.is_shown), key=lambda each: (*_weight(each), *rank(each)))
    hidden = [each for each in group if not each.is_shown]
    if not shown:
        return hidden
    first, *others = shown
    same = [each for each in others if each.rule == first.rule]
    first = replace(first, message=first.message + _elsewhere(first, same))
    return [first, *(replace(each, hidden=Hidden.FOLDED) for each in others), *hidden]


def _elsewhere(first: Finding, same: Iterable[Finding]) -> str:
    """Where else the same question stands, so that no later round brings it up."""
    functions = {each.place.function for each in sorted(same, key=rank)} - {first.place.function, None}
    names = sorted(f"{clean(name)}()" for name in functions if name)
    if not names:
        return ""
    more = len(names) - _NAMED
    told = [*names[:_NAMED], *([f"{more} more"] if more > 0 else [])]
    return f" The same question stands in {' and '.join(filter(None, [', '.join(told[:-1]), told[-1]]))}."


def with_budget(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """At most `BUDGET` comments shown a patch, the gravest and surest first."""
    counts: dict[int | None, int] = {}
    kept = []
    for finding in sorted(findings, key=lambda each: (*_weight(each), *rank(each))):
        if finding.is_shown:
            counts[finding.place.patch] = counts.get(finding.place.patch, 0) + 1
        over = finding.is_shown and counts[finding.place.patch] > BUDGET
        kept.append(replace(finding, hidden=Hidden.BUDGET) if over else finding)
    return tuple(kept)
