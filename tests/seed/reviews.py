"""Reviews of a fixture series: from its mails alone, and over its tree."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from reviewbot.findings import Finding, Hidden
from reviewbot.pipeline import Options, Review, read_series, review
from reviewbot.sources.git import Repository
from tests.seed.fixture import Thread, format_patch, make_repository


@contextmanager
def repository(thread: Thread) -> Iterator[Path]:
    """A repository with the series on its HEAD, for a while."""
    with tempfile.TemporaryDirectory() as folder:
        make_repository(thread, Path(folder))
        yield Path(folder)


@cache
def mails(thread: Thread) -> bytes:
    """The series as an mbox."""
    with repository(thread) as folder:
        return format_patch(folder, thread, "--stdout")


@cache
def from_mail(thread: Thread, *, pedantic: bool = False) -> Review:
    """The review of the mails, without a tree."""
    series = read_series(("-",), None, None, io.BytesIO(mails(thread)))
    return review(series, None, Options(pedantic=pedantic))


@cache
def over_tree(thread: Thread, *, pedantic: bool = False) -> Review:
    """The review of the commits, with the tree they apply to."""
    with repository(thread) as folder, Repository.open(folder) as opened:
        revision = f"HEAD~{len(thread.steps)}..HEAD"
        series = read_series((revision,), opened, None, io.BytesIO())
        return review(series, opened, Options(pedantic=pedantic))


def shown(done: Review) -> list[Finding]:
    return [each for each in done.report.findings if each.is_shown]


def hidden(done: Review, why: Hidden) -> list[Finding]:
    return [each for each in done.report.findings if each.hidden is why]


def rules(done: Review) -> list[str]:
    return [each.rule for each in shown(done)]


def the(done: Review, rule: str) -> Finding:
    """The one finding of a rule that is shown."""
    found = [each for each in shown(done) if each.rule == rule]
    assert len(found) == 1, f"{rule} {len(found)} times among {rules(done)}"
    return found[0]


def functions(finding: Finding, *, writes: bool = False) -> list[str]:
    """Where the finding's reads (or writes) are."""
    return [str(access.place.function) for access in finding.accesses if access.is_write is writes]
