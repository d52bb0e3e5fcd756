"""Answers in the code: `/* reviewbot: allow ID: reason */`.

An answer holds for the lines of its comment and the line below, or, at the declaration of a
field, for that field wherever it is used.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from reviewbot.analysis.facts import Fact, Field
from reviewbot.rulebook.template import clean
from reviewbot.series.view import FileView
from reviewbot.syntax.model import Comment

WORDS = "reviewbot: allow "


class Answers(msgspec.Struct, frozen=True):
    """What authors answered. `notes` names, a line each, the answers that do not count."""

    lines: frozenset[tuple[str, str, int | None, int]] = frozenset()
    """Rule, path, patch and line, as in a `Place`."""
    fields: frozenset[tuple[str, Field]] = frozenset()
    notes: tuple[str, ...] = ()

    def allow(self, rule: str, fact: Fact) -> bool:
        """Whether the author gave a reason not to ask this of that fact."""
        place = fact.place
        at_line = (rule, place.path, place.patch, place.line) in self.lines
        return at_line or (rule, fact.field) in self.fields

    def __add__(self, other: "Answers") -> "Answers":
        """The answers of both."""
        return Answers(self.lines | other.lines, self.fields | other.fields, self.notes + other.notes)


NO_ANSWERS = Answers()


def line_answers(view: FileView, comments: Iterable[Comment], known: Iterable[str]) -> Answers:
    """The answers in the comments of one file; `known` are the ids of the rules."""
    lines, notes = set(), []
    rules = frozenset(known)
    for comment in comments:
        rule, note = _read(comment.text, rules)
        if note:
            notes.append(f"{clean(view.path)}:{_line(view, comment)}: {note}")
        if rule:
            lines |= {(rule, *spot) for spot in _covered(view, comment)}
    return Answers(frozenset(lines), notes=tuple(notes))


def field_answers(declarations: Mapping[Field, str], known: Iterable[str]) -> Answers:
    """The answers in the comments at fields' declarations."""
    rules = frozenset(known)
    read = {field: _read(text, rules)[0] for field, text in declarations.items()}
    return Answers(fields=frozenset((rule, field) for field, rule in read.items() if rule))


def _read(text: str, known: frozenset[str]) -> tuple[str, str]:
    """The rule that a comment allows, and what is wrong with the answer; empty where nothing."""
    _, found, rest = text.partition(WORDS)
    if not found:
        return "", ""
    rule, _, reason = rest.partition(":")
    rule = rule.strip()
    if rule not in known:
        return "", f"'allow {clean(rule)[:40]}' names no rule; see 'reviewbot rules list'"
    if not reason.strip():
        return "", f"'allow {rule}' gives no reason; write '{WORDS}{rule}: why'"
    return rule, ""


def _covered(view: FileView, comment: Comment) -> Sequence[tuple[str, int | None, int]]:
    """The lines that a comment speaks of: its own and the one below."""
    origins = view.fragments[comment.fragment].origins[comment.first_line - 1 : comment.last_line + 1]
    return [(view.path, origin.patch, origin.line) for origin in origins]


def _line(view: FileView, comment: Comment) -> int:
    return view.fragments[comment.fragment].origins[comment.first_line - 1].line
