"""The one comment that sums up, and the check: how many questions, and those that stand on no line."""

from collections.abc import Iterator, Mapping

import msgspec

from reviewbot.comments import at_tip, unread
from reviewbot.findings import Report
from reviewbot.publishers import clean
from reviewbot.publishers.forge.markdown import code, prose
from reviewbot.publishers.forge.words import Question, first_sentence, heading, joined, where
from reviewbot.series.model import Series

_ROOM = 58_000
_HOW_TO_ALLOW = (
    "<sub>To silence one of these, comment `reviewbot: allow`, the number at its end, and the reason.</sub>"
)
_REMARKS = 20
"""Notes and unread places at most; a log has them all."""


class Tally(msgspec.Struct, frozen=True):
    """How many questions there are."""

    open: int = 0
    inline: int = 0
    silenced: int = 0
    hidden: Mapping[str, int] = msgspec.field(default_factory=dict)
    """By the reason, in words."""


def counted(number: int, word: str) -> str:
    """`1 question`, `2 questions`, `no questions`."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def check_words(tally: Tally) -> str:
    """The title of the check."""
    silenced = f", {tally.silenced} answered" if tally.silenced else ""
    return f"{counted(tally.open, 'question').capitalize()}{silenced}"


def summary(series: Series, report: Report, rest: tuple[Question, ...], tally: Tally) -> str:
    """The text, without its marker."""
    parts = [f"**reviewbot**: {counted(tally.open, 'question')} on {_subject(series)}."]
    if tally.inline:
        parts.append(f"{tally.inline} of them on the lines of the diff.")
    head = " ".join(parts)
    lines = joined((_line(series, question) for question in rest), _more, room=_ROOM - 14_000)
    remarks = joined(_remarks(series, report, tally), _more_remarks, room=10_000)
    return "\n\n".join(part for part in (head, lines, _HOW_TO_ALLOW if rest else "", remarks) if part)


def _subject(series: Series) -> str:
    subject = clean.clip(clean.line(series.subject), 200)
    return code(subject) or "this request"


def _line(series: Series, question: Question) -> str:
    finding = question.finding
    path, line = at_tip(series, finding.place)
    place = where(finding, clean.clip(path, 300), line)
    return f"- {place}, {heading(finding)}. {first_sentence(finding)} <sub>{code(question.key)}</sub>"


def _more(number: int) -> str:
    return f"- and {number} more, which `reviewbot review` shows."


def _more_remarks(number: int) -> str:
    return f"- and {number} more remarks, which `reviewbot review` shows."


def _remarks(series: Series, report: Report, tally: Tally) -> Iterator[str]:
    if tally.silenced:
        yield f"- {counted(tally.silenced, 'question')} answered here with `reviewbot: allow`."
    if tally.hidden:
        reasons = ", ".join(f"{number} {prose(why)}" for why, number in tally.hidden.items())
        yield f"- Not shown: {reasons}."
    remarks = [f"Not read: {item.file}: {item.reason}" for item in unread(series, report)]
    remarks += [f"Not seen: {item}" for item in report.unseen] + list(report.notes)
    for remark in remarks[:_REMARKS]:
        yield f"- {prose(clean.clip(remark, 400))}"
    if len(remarks) > _REMARKS:
        yield _more_remarks(len(remarks) - _REMARKS)
