"""Wrapped paragraphs, checklists and tables of threads, as lines of text."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

import msgspec

from reviewbot.analysis.facts import Interleaving, Step
from reviewbot.publishers import clean

MAIL_WIDTH = 72
TABLE_WIDTH = 72
"""Without the four columns that a mail indents it by."""

_BEFORE_ARROW, _AFTER_ARROW, _BEFORE_REMARK = "  ", "   ", "   "


def paragraph(text: str, width: int = MAIL_WIDTH, first: str = "", later: str | None = None) -> list[str]:
    """Text as clean lines of at most `width`, but for words that are longer than that.

    `first` stands before the first line, `later` (blanks as long, unless given) before the
    others.
    """
    return wrap(
        clean.line(text),
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first) if later is None else later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def checklist(items: Sequence[str], width: int = MAIL_WIDTH) -> list[str]:
    """`[ ] item`, wrapped under its text."""
    return [line for item in items for line in paragraph(item, width, "[ ] ")]


class Row(msgspec.Struct):
    """A row of a table of threads: clean texts, not cut to any width."""

    cells: list[str]
    arrows: list[str]
    """One a gap between columns."""
    remark: str = ""


def thread_table(interleaving: Interleaving, width: int = TABLE_WIDTH) -> list[str]:
    """The table of threads: a column each, time runs down, arrows between columns.

    An arrow stands in the gap after its step's column, or before it where that is the
    last. The step it points to shares the row. Cells that do not fit are cut.
    """
    count = len(interleaving.columns)
    if not count:
        return []
    titles = [clean.clip(clean.line(title), width) for title in interleaving.columns]
    rows = [Row(titles, [""] * (count - 1)), *thread_rows(interleaving.steps, count)]
    gap = max((len(arrow) for row in rows for arrow in row.arrows), default=1)
    gaps = (count - 1) * (len(_BEFORE_ARROW) + gap + len(_AFTER_ARROW))
    lengths = [max(len(row.cells[n]) for row in rows) for n in range(count)]
    widths = _widths(lengths, max(width - gaps, 6 * count))
    underlines = ["-" * min(len(title), size) for title, size in zip(titles, widths, strict=True)]
    rows.insert(1, Row(underlines, []))
    return [line for row in rows for line in _lines(row, widths, gap, width)]


def thread_rows(steps: Sequence[Step], count: int) -> Iterator[Row]:
    """The steps in `count` columns; the step that an arrow points to shares its row."""
    row: Row | None = None
    for step in steps:
        column = min(max(step.column, 0), count - 1)
        if row is None or not _shares(row, column):
            if row is not None:
                yield row
            row = Row([""] * count, [""] * (count - 1))
        row.cells[column] = clean.clip(clean.untabbed(step.text).rstrip(), TABLE_WIDTH)
        row.remark = clean.line(step.remark)
        if step.arrow and count > 1:
            row.arrows[min(column, count - 2)] = clean.line(step.arrow)
    if row is not None:
        yield row


def _shares(row: Row, column: int) -> bool:
    """Whether the row ends in an arrow that points to this column, still empty."""
    points = column > 0 and bool(row.arrows[column - 1])
    return points and not row.remark and not any(row.cells[column:])


def _widths(lengths: list[int], room: int) -> list[int]:
    """As wide as the longest cell; the widest columns give way until all fit."""
    widths = list(lengths)
    while sum(widths) > room:
        widest = widths.index(max(widths))
        others = sorted(widths)[-2] if len(widths) > 1 else 0
        widths[widest] = max(room - (sum(widths) - widths[widest]), min(others, widths[widest] - 1))
    return widths


def _lines(row: Row, widths: list[int], gap: int, width: int) -> Iterator[str]:
    arrows = [*row.arrows, *[""] * (len(widths) - len(row.arrows))]
    parts = []
    for cell, size, arrow in zip(row.cells, widths, arrows, strict=True):
        parts.append(clean.clip(cell, size).ljust(size))
        parts.append(_BEFORE_ARROW + arrow.rjust(gap) + _AFTER_ARROW)
    text = "".join(parts).rstrip()
    if not row.remark:
        yield text
    elif len(text) + len(_BEFORE_REMARK) + len(row.remark) <= width:
        yield text + _BEFORE_REMARK + row.remark
    else:
        # under the line, at the right edge: still beside what it speaks of
        yield text
        yield clean.clip(row.remark, width).rjust(min(width, max(len(text), len(row.remark))))
