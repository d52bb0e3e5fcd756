"""The revision before: found beside the series, or named with --since, and compared with it."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from reviewbot.discussion.revisions import compare
from reviewbot.errors import ReviewbotError
from reviewbot.pipeline import Review
from reviewbot.series.model import Series
from reviewbot.sources.threads import left_out


class Before(NamedTuple):
    """The revision before, and what to call it: `v1`."""

    series: Series
    name: str


def beside(series: Series) -> Before | None:
    """The revision that was found where the series was."""
    return Before(series.earlier, f"v{series.earlier.revision}") if series.earlier else None


def named(source: str, found: Series, series: Series) -> Before:
    """The revision that --since names: of several the newest that is older than the series."""
    while found.earlier is not None and found.revision >= series.revision:
        found = found.earlier
    return Before(found, source if found.patches[0].commit else f"v{found.revision}")


def compared(done: Review, before: Before, look: Callable[[Series], Review]) -> Review:
    """The review with what became of the questions on the revision before, which `look` reviews.

    That it cannot be reviewed is a note: this review stands without it.
    """
    try:
        asked = look(before.series).report
    except ReviewbotError as error:
        note = f"not compared with {before.name}: {error}"
        return replace(done, report=replace(done.report, notes=(*done.report.notes, note)))
    report = compare(done.series, done.report, before.series, asked, before.name)
    told = left_out(before.series)  # which is not so any more
    series = replace(done.series, skipped=tuple(note for note in done.series.skipped if note != told))
    notes = tuple(note for note in report.notes if note != told)
    return replace(done, series=series, report=replace(report, notes=notes))
