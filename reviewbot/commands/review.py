"""`reviewbot review`: a series in, comments out."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
from msgspec.structs import replace

from reviewbot.analysis.facts import Confidence
from reviewbot.cache import Cache
from reviewbot.commands.archives import archive
from reviewbot.commands.earlier import beside, compared, named
from reviewbot.commands.folders import cache_folder, facts
from reviewbot.commands.output import Progress, check_target, emit, wants_color, width
from reviewbot.commands.place import Wish, ground, opened
from reviewbot.commands.trouble import say
from reviewbot.judges import Judge
from reviewbot.pipeline import Options, Review, review
from reviewbot.series.model import Series
from reviewbot.series.parts import divided
from reviewbot.sources.git import Repository
from reviewbot.sources.read import read_series


class Request(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    sources: tuple[str, ...]
    wish: Wish
    revision: int | None = None
    archive: str | None = None
    since: str | None = None
    no_earlier: bool = False
    form: str = "terminal"
    output: Path | None = None
    reply: Path | None = None
    litmus: Path | None = None
    rules: Path | None = None
    preview: bool = False
    pedantic: bool = False
    whole_tree: bool = False
    min_confidence: str = "medium"
    color: str = "auto"
    verbose: bool = False
    quiet: bool = False
    check_with_herd: bool = False
    no_cache: bool = False


class Outcome(NamedTuple):
    """How a review ended: the comments shown, and whether all of the input could be read."""

    shown: int
    is_whole: bool


def run(request: Request) -> Outcome:
    """Review and publish; what of the input cannot be read is named on stderr, and the rest reviewed.

    Raises:
        ReviewbotError: there is nothing to review, or something cannot be read or written.
    """
    check_target(request.output)
    if request.check_with_herd:
        from reviewbot.memory_model import herd  # noqa: PLC0415 - only what is asked for is imported

        herd.program()  # that it is missing is told before the work rather than after it
    with Progress(sys.stderr, request.verbose, request.quiet) as progress:
        done = reviewed(request, progress)
    emit(_rendered(done, request), request.output)
    if request.reply is not None:
        _draft(done, request.reply, request.quiet)
    if request.litmus is not None:
        _write_tests(done, request.litmus, request.quiet)
    for item in dict.fromkeys(done.series.unread):
        where = item.file if item.line is None else f"{item.file}:{item.line}"
        say(f"{where}: {item.reason}; the rest was reviewed")
    return Outcome(sum(finding.is_shown for finding in done.report.findings), not done.series.unread)


def reviewed(request: Request, progress: Progress, stdin: BinaryIO | None = None) -> Review:
    """The review itself, nothing of it published; `stdin` stands in for standard input."""
    progress("reading the series")
    sources = (*request.sources, *((request.since,) if request.since else ()))
    with opened(request.wish, sources) as repository, facts(request.no_cache) as cache:
        known = archive(request.archive, request.no_cache)
        given = stdin or sys.stdin.buffer
        series = read_series(request.sources, repository, request.revision, given, known)
        before = None if request.no_earlier else beside(series)
        if request.since is not None:
            found = read_series((request.since,), repository, None, given, known)
            before = named(request.since, found, series)
        series = replace(series, earlier=None)  # nobody asks for the others: their memory is free

        def look(each: Series) -> Review:
            return _looked(each, repository, request, progress, cache)

        done = look(series)
        if before is not None:
            progress(f"reviewing {before.name} as well")
            done = compared(done, before, look)
    return done


@contextmanager
def _undisturbed(series: Series) -> Iterator[None]:
    """No search for waste in the review of a series that is not divided: it finds nothing, and costs 3 %."""
    if not gc.isenabled() or len(divided(series).series) > 1:
        yield
        return
    gc.unfreeze()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # nor is what is left of it gone through, until the next one
        gc.enable()


def _looked(
    series: Series, repository: Repository | None, request: Request, progress: Progress, cache: Cache
) -> Review:
    """The review of one revision."""
    found = ground(series, repository, request.wish)
    with _undisturbed(series):
        done = review(series, found.repository, _options(request, found.base, progress, cache))
    notes = [*done.report.notes, *found.notes]
    if request.check_with_herd:
        progress("asking herd7")
        notes += _second_opinion(done, found.repository)
    return replace(done, report=replace(done.report, notes=tuple(notes)))


def _second_opinion(done: Review, repository: Repository | None) -> tuple[str, ...]:
    """What herd7 says in the model that the review was judged by."""
    from reviewbot.commands import second_opinion  # noqa: PLC0415 - only what is asked for is imported

    judge = Judge(repository, done.report.base)
    judge()
    return second_opinion.notes(done.report, judge.files)


def _options(request: Request, base: str | None, progress: Progress, cache: Cache) -> Options:
    folder = None if request.no_cache else cache_folder()
    return Options(
        base=base,
        rules=request.rules,
        rules_cache=folder / "rules.json" if folder else None,
        cache=cache,
        preview=request.preview,
        pedantic=request.pedantic,
        whole_tree=request.whole_tree,
        min_confidence=Confidence(request.min_confidence),
        progress=progress,
    )


def _rendered(done: Review, request: Request) -> str:
    if request.form == "json":
        from reviewbot.publishers import json  # noqa: PLC0415 - only what is asked for is imported

        return json.render(done.series, done.report)
    if request.form == "html":
        from reviewbot.publishers import html  # noqa: PLC0415 - as above

        return html.render(done.series, done.report)
    if request.form == "rdjson":
        from reviewbot.publishers import rdjson  # noqa: PLC0415 - as above

        return rdjson.render(done.series, done.report)
    if request.form == "gitlab-codequality":
        from reviewbot.publishers import codequality  # noqa: PLC0415 - as above

        return codequality.render(done.series, done.report)
    if request.form == "sarif":
        from reviewbot.publishers import sarif  # noqa: PLC0415 - as above

        pages = {rule.id: (rule.title, rule.summary, _page(rule.path)) for rule in done.rules}
        return sarif.render(done.series, done.report, pages)
    from reviewbot.publishers import terminal  # noqa: PLC0415 - as above

    is_file = request.output is not None
    color = request.color == "always" or (not is_file and wants_color(request.color, sys.stdout))
    columns = 80 if is_file else width(sys.stdout)
    return terminal.render(done.series, done.report, width=columns, color=color, verbose=request.verbose)


def _page(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _draft(done: Review, place: Path, is_quiet: bool) -> None:
    """Reply drafts beside the output; what was written is told on stderr, none of it is sent."""
    from reviewbot.publishers import mail  # noqa: PLC0415 - `email` is slow to import

    made = mail.drafts(done.series, done.report, make_id=_message_id, now=datetime.now(UTC).astimezone())
    written = mail.write(made, place)
    if is_quiet:
        return
    if not written:
        say("no comments, so no reply drafts")
    for path in written:
        say(f"draft written, not sent: {path}")


def _write_tests(done: Review, folder: Path, is_quiet: bool) -> None:
    """The litmus tests of the comments; what was written is told on stderr."""
    from reviewbot.publishers import litmus  # noqa: PLC0415 - only what is asked for is imported

    written = litmus.write(done.report, folder)
    if not is_quiet:
        say(f"{len(written)} litmus tests written to {folder}; judge them with: reviewbot litmus {folder}")


def _message_id() -> str:
    """A new Message-ID that tells nothing of the machine it was made on."""
    import uuid  # noqa: PLC0415 - slow to import, and only drafts need it

    return f"<{uuid.uuid4()}@reviewbot.invalid>"
