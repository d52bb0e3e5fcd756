"""`reviewbot b4 check`: one mail in, what b4 shows of a check out, whatever happens."""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import msgspec

from reviewbot.commands.output import Progress, emit
from reviewbot.commands.place import Wish
from reviewbot.commands.review import Request, reviewed
from reviewbot.commands.trouble import say
from reviewbot.comments import Comment, comments
from reviewbot.errors import ReviewbotError, SourceError, TreeError
from reviewbot.findings import Concern
from reviewbot.publishers import checks
from reviewbot.publishers.counts import counted
from reviewbot.series.mail import Message, read_message
from reviewbot.series.model import Patch
from reviewbot.sources.b4 import ReviewBranch, newest, place_in, read_branch, read_tracking_file
from reviewbot.sources.git import Repository
from reviewbot.sources.mbox import is_mail

_READ = (".c", ".h")
_ALONE = "looked at without the other patches, which are not on a branch here"


class Checking(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    series: bool = False
    lines: bool = False
    tree: Path | None = None
    fail_on: str | None = None
    rules: Path | None = None
    preview: bool = False
    min_confidence: str = "medium"

    @property
    def tool(self) -> str:
        """The name of the column."""
        return checks.SERIES if self.series else checks.PATCH

    @property
    def gravest(self) -> Concern | None:
        """The concern to fail on."""
        return Concern[self.fail_on.upper()] if self.fail_on else None

    def request(self, source: str) -> Request:
        """The same of that source."""
        return Request(
            sources=(source,),
            wish=Wish(self.tree, True, None),
            rules=self.rules,
            preview=self.preview,
            min_confidence=self.min_confidence,
        )


def run(checking: Checking) -> int:
    """Answer b4; the exit status, which b4 looks at only where nothing was printed.

    What is wrong is part of the answer. With --lines nothing goes to stderr, for b4 takes that
    for a failure of the patch.
    """
    with _Answering(checking):
        try:
            found = _reviewed(checking, sys.stdin.buffer.read())
        except ReviewbotError as error:
            emit(_reason(checking, str(error)), None)
            if not checking.lines:
                say(str(error))
            return 2
        emit(_answer(checking, found), None)
    return 0


class _Answering:
    """Prints an answer also where a bug is about to end the run."""

    def __init__(self, checking: Checking) -> None:
        self._checking = checking

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        if isinstance(error, Exception) and not isinstance(error, ReviewbotError):
            with suppress(ReviewbotError):
                emit(_reason(self._checking, f"{type(error).__name__} in reviewbot"), None)


class _Found(NamedTuple):
    """What is asked of the message; None for one that there is nothing to say of."""

    asked: tuple[Comment, ...]
    unseen: tuple[str, ...] = ()


def _answer(checking: Checking, found: _Found | None) -> str:
    if checking.lines:
        return checks.as_lines(found.asked if found else (), checking.gravest)
    if found is None:
        return checks.as_json(())
    return checks.as_json((checks.check(checking.tool, found.asked, found.unseen, checking.gravest),))


def _reason(checking: Checking, reason: str) -> str:
    made = checks.not_reviewed(checking.tool, reason)
    return checks.reason_line(made.summary) if checking.lines else checks.as_json((made,))


def _reviewed(checking: Checking, data: bytes) -> _Found | None:
    data = data.partition(b"\n")[2] if data.startswith(b"From ") else data
    if not is_mail(data):
        raise SourceError("standard input holds no mail; b4 hands a check one message")
    message = read_message(data)
    if checking.series:
        return _of_series(checking, message, data)
    if message.patch is None or not any(file.path.endswith(_READ) for file in message.patch.files):
        return None
    place = _place(checking, message, message.patch)
    if place is None:
        return _review(checking, "-", data, unseen=(_ALONE,) if (message.label.total or 1) > 1 else ())
    source, commit = place
    return _review(checking, source, data, commit)


def _of_series(checking: Checking, message: Message, data: bytes) -> _Found:
    with _repository(checking) as repository:
        branch = _tracked(repository)
    if branch is not None:
        return _review(checking, branch.source, data)
    if message.patch is not None and (message.label.total or 1) == 1:
        return _review(checking, "-", data)
    raise SourceError("the series is not checked out for review; press r in b4 review, then check again")


def _review(
    checking: Checking, source: str, data: bytes, commit: str | None = None, unseen: tuple[str, ...] = ()
) -> _Found:
    """The comments; only those on `commit` where one is named."""
    progress = Progress(sys.stderr, is_told=False, is_quiet=True)
    done = reviewed(checking.request(source), progress, io.BytesIO(data))
    asked = comments(done.series, done.report)
    if unread := {item.file for item in done.series.unread}:
        unseen = (*unseen, f"{counted(len(unread), 'file')} not read in whole")
    return _Found(tuple(each for each in asked if commit in (None, each.patch.commit)), unseen)


def _place(checking: Checking, message: Message, patch: Patch) -> tuple[str, str] | None:
    """The range of the series that the patch belongs to, and its commit; None where none is known."""
    try:
        with _repository(checking) as repository:
            return _on_branch(repository, message, patch) or _at_head(repository, message, patch)
    except TreeError:
        return None  # no repository: the mail is all there is


def _on_branch(repository: Repository, message: Message, patch: Patch) -> tuple[str, str] | None:
    """Where the patch stands on the review branch that b4 tells of."""
    branch = _tracked(repository)
    if branch is None:
        return None
    ids = [each.message_id for each in branch.tracking.patches]
    number = ids.index(message.envelope.message_id) if message.envelope.message_id in ids else -1
    if 0 <= number < len(branch.commits):
        return branch.source, branch.commits[number]
    commit = place_in(repository, branch.commits, patch)
    return (branch.source, commit) if commit else None


def _at_head(repository: Repository, message: Message, patch: Patch) -> tuple[str, str] | None:
    """Where it stands among the newest commits, as on a branch of b4 prep."""
    commits = newest(repository, message.label.total or 1)
    commit = place_in(repository, commits, patch) if commits else None
    return (f"{commits[0]}~1..{commits[-1]}", commit) if commit else None


def _tracked(repository: Repository) -> ReviewBranch | None:
    """The review branch of the series that b4 hands over; None where it has none yet."""
    named = os.environ.get("B4_TRACKING_FILE")
    if not named:
        return None
    tracking = read_tracking_file(Path(named))
    if tracking.branch is None or not repository.knows(tracking.branch):
        return None
    found = read_branch(repository, tracking.branch)
    return found if found.tracking.first == tracking.first else None


def _repository(checking: Checking) -> Repository:
    return Repository.open(checking.tree or Path())
