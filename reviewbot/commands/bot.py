"""`reviewbot bot`: the review of a pull or merge request, put where its people talk."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from reviewbot.commands.event import Event, Named, github_event, gitlab_event
from reviewbot.commands.output import Progress, emit
from reviewbot.commands.place import Wish, opened
from reviewbot.commands.review import Request, reviewed
from reviewbot.commands.trouble import say
from reviewbot.errors import ForgeError
from reviewbot.findings import Concern
from reviewbot.pipeline import Review
from reviewbot.publishers.forge.annotations import annotations, quiet
from reviewbot.publishers.forge.lines import shown_by
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.plan import Manners, Plan, is_failed, plan, questions
from reviewbot.publishers.forge.rounds import Forge, Outcome, publish
from reviewbot.publishers.forge.state import State
from reviewbot.publishers.forge.summary import Tally, counted, summary
from reviewbot.publishers.forge.wire import Purpose
from reviewbot.publishers.forge.wire import Request as Sending
from reviewbot.sources.read import names_commits, read_series


class Errand(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    sources: tuple[str, ...]
    wish: Wish
    named: Named
    dry_run: bool = False
    fail_on: str | None = None
    no_check: bool = False
    rules: Path | None = None
    preview: bool = False
    min_confidence: str = "medium"
    verbose: bool = False
    quiet: bool = False

    @property
    def manners(self) -> Manners:
        """What the plan may do."""
        concern = Concern[self.fail_on.upper()] if self.fail_on else None
        return Manners(concern, has_checks=not self.no_check)


class Without(msgspec.Struct, frozen=True):
    """What a forge offers to a run that may not comment."""

    notices: bool = False
    """Workflow commands on standard output."""
    page: Path | None = None
    """A file for Markdown that the forge shows."""


class _Post(msgspec.Struct, frozen=True):
    """A forge, made only when it is needed, and what is there without it."""

    event: Event
    token: str
    variable: str
    open: Callable[[], Forge]
    requests: Callable[[Plan, State], Iterator[Sending]]
    """What would be sent; nothing is."""
    without: Without = msgspec.field(default_factory=Without)
    info: str = "suggestion"


def run_github(errand: Errand) -> int:
    """Comment on a pull request; the exit status.

    Raises:
        ReviewbotError: the review cannot be made, or GitHub not be asked.
    """
    from reviewbot.publishers.forge.github import API, GitHub, PyGithubWire  # noqa: PLC0415 - slow to import
    from reviewbot.publishers.forge.github_requests import Target, requests  # noqa: PLC0415 - as above

    event = github_event(_named(errand), os.environ)
    target = Target(event.repository, event.number, event.head)
    token = os.environ.get("GITHUB_TOKEN", "")

    def opened() -> Forge:
        wire = PyGithubWire(token, os.environ.get("GITHUB_API_URL") or API)
        return GitHub(target, Patience(wire), has_checks=not errand.no_check)

    def planned(made: Plan, _: State) -> Iterator[Sending]:
        return requests(made, target, is_single=False)

    page = os.environ.get("GITHUB_STEP_SUMMARY", "")
    without = Without(notices=True, page=Path(page) if page else None)
    return _run(errand, _Post(event, token, "GITHUB_TOKEN", opened, planned, without))


def run_gitlab(errand: Errand) -> int:
    """Comment on a merge request; the exit status.

    Raises:
        ReviewbotError: the review cannot be made, or GitLab not be asked.
    """
    from reviewbot.publishers.forge.gitlab import API, INFO, GitLab, gitlab_wire  # noqa: PLC0415 - as above
    from reviewbot.publishers.forge.gitlab_requests import Refs, Target, requests  # noqa: PLC0415 - as above

    event = gitlab_event(_named(errand), os.environ)
    target = Target(event.repository, event.number, event.head)
    token = os.environ.get("GITLAB_TOKEN", "")

    def opened() -> Forge:
        return GitLab(target, Patience(gitlab_wire(token, os.environ.get("CI_API_V4_URL") or API)))

    def planned(made: Plan, _: State) -> Iterator[Sending]:
        return requests(made, target, Refs(event.base, event.base, event.head))

    return _run(errand, _Post(event, token, "GITLAB_TOKEN", opened, planned, info=INFO))


def _named(errand: Errand) -> Named:
    """What the command line says of the request; a range of commits tells both its ends, too."""
    if errand.named.head is not None or not names_commits(errand.sources):
        return errand.named
    with opened(errand.wish, errand.sources) as repository:
        if repository is None:
            return errand.named
        series = read_series(errand.sources, repository, None, sys.stdin.buffer)
        return replace(errand.named, start=series.base_commit, tip=series.patches[-1].commit)


def _run(errand: Errand, post: _Post) -> int:
    sources = errand.sources or (post.event.commits,)
    request = Request(
        sources=sources,
        wish=errand.wish,
        rules=errand.rules,
        preview=errand.preview,
        min_confidence=errand.min_confidence,
    )
    with Progress(sys.stderr, errand.verbose, errand.quiet) as progress:
        done = reviewed(request, progress)
        progress("talking to the forge")
        if errand.dry_run:
            return _show(errand, post, done)
        return _publish(errand, post, done)


def _publish(errand: Errand, post: _Post, done: Review) -> int:
    if not post.token:
        _tell(errand, f"{post.variable} is not set, so nothing is sent")
        _annotate(done, post.without, ())
        return _status(errand, done, ())
    forge = post.open()
    outcome = publish(forge, done.series, done.report, errand.manners)
    if outcome.moved_on:
        _tell(errand, f"nothing sent: {outcome.moved_on}")
        return 0
    _tell(errand, _words(outcome, forge.patience.sent))
    for purpose, why in outcome.denied.items():
        _tell(errand, f"no permission for {_PERMISSIONS[purpose]}: {why}")
    if Purpose.COMMENT in outcome.denied or Purpose.SUMMARY in outcome.denied:
        _annotate(done, post.without, outcome.plan.silenced)
    return _status(errand, done, outcome.plan.silenced)


_PERMISSIONS = {
    Purpose.READ: "reading",
    Purpose.COMMENT: "comments on lines",
    Purpose.RESOLVE: "resolving threads",
    Purpose.SUMMARY: "the summary",
    Purpose.CHECK: "checks",
}


def _words(outcome: Outcome, sent: int) -> str:
    made = outcome.plan
    tally = made.tally
    said = f"{counted(tally.open, 'question')}, {tally.inline} on lines, {tally.silenced} answered"
    return f"{said}; {counted(outcome.written.total(), 'change')} in {counted(sent, 'request')}"


def _annotate(done: Review, without: Without, silenced: tuple[str, ...]) -> None:
    """What can be said without permission: notices in the log, and the page of the job."""
    if without.notices:
        emit(annotations(done.series, done.report, silenced), None)
    if without.page is not None:
        rest = tuple(each for each in questions(done.series, done.report, {}) if each.key not in silenced)
        text = summary(done.series, done.report, rest, Tally(open=len(rest), silenced=len(silenced)))
        try:
            with without.page.open("a", encoding="utf-8") as page:
                page.write(text + "\n")
        except OSError as error:
            raise ForgeError(f"cannot write the summary of the job: {error.strerror or error}") from error


def _show(errand: Errand, post: _Post, done: Review) -> int:
    """The requests that would be sent. Without a token: to a request that nobody wrote on yet."""
    state = post.open().read() if post.token else State(post.event.head, shown=shown_by(done.series))
    made = plan(done.series, done.report, state, replace(errand.manners, info=post.info))
    lines = [_shown(each) for each in post.requests(made, state)]
    emit("".join(lines) or "Nothing to send.\n", None)
    return _status(errand, done, made.silenced)


def _shown(request: Sending) -> str:
    body = json.dumps(request.body, indent=2).replace("\x7f", "\\u007f") if request.body is not None else ""
    return quiet(
        f"{request.method} {request.path}\n{body}\n" if body else f"{request.method} {request.path}\n"
    )


def _status(errand: Errand, done: Review, silenced: tuple[str, ...]) -> int:
    asked = questions(done.series, done.report, {})
    open_ = (question.finding for question in asked if question.key not in silenced)
    return int(is_failed(open_, errand.manners.fail_on))


def _tell(errand: Errand, text: str) -> None:
    if not errand.quiet:
        say(text)
