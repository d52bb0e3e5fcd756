"""Findings on the lines of a pull request: the series of `factory`, and larger ones."""

from msgspec.structs import replace

from reviewbot.findings import Concern, Finding, Report
from reviewbot.series.model import FileDiff, Hunk, Series
from tests.publishers import factory
from tests.publishers.factory import CHECKS, CORE, SETUP, modified, patch

PULL = modified(CORE, SETUP, *CHECKS)
"""What a forge shows of the series: one diff."""


def report(*findings: Finding) -> Report:
    return Report(findings or (factory.finding(), factory.question()))


def moved(by: int = 20) -> tuple[Series, Report, FileDiff]:
    """The same after a rebase: other code above, and the line itself written otherwise."""
    hunk = replace(
        SETUP,
        before_start=SETUP.before_start + by,
        after_start=SETUP.after_start + by,
        lines=tuple(line.replace("d->ready = true;", "dev->ready = true;") for line in SETUP.lines),
    )
    checks = tuple(
        replace(each, before_start=each.before_start + by, after_start=each.after_start + by)
        for each in CHECKS
    )
    series = replace(
        factory.series(),
        patches=(patch(1, "one", modified(CORE, hunk)), patch(2, "two", modified(CORE, *checks))),
    )
    found = factory.finding()
    flag = replace(
        found,
        place=replace(found.place, line=found.place.line + by),
        line_text="dev->ready = true;",
        accesses=tuple(
            replace(each, place=replace(each.place, line=each.place.line + by)) for each in found.accesses
        ),
    )
    return series, Report((flag,)), modified(CORE, hunk, *checks)


def many(count: int) -> tuple[Series, Report, FileDiff]:
    """A new file with a finding on each of its lines."""
    path = "drivers/net/demo/many.c"
    lines = tuple(f"+\td->field{number} = {number};" for number in range(1, count + 1))
    file = modified(path, Hunk(0, 0, 1, count, "", lines))
    series = replace(factory.series(), patches=(patch(1, "many", file),), total=1, missing=())
    first = factory.finding()
    findings = tuple(
        replace(
            first,
            place=replace(first.place, path=path, line=number, patch=1),
            line_text=f"d->field{number} = {number};",
            concern=Concern(1 + number % 5),
            accesses=(),
            fingerprint=f"{number:016x}",
        )
        for number in range(1, count + 1)
    )
    return series, Report(findings), file
