"""`reviewbot b4 review`: comments into the review branch that b4 made of a series."""

import sys
from pathlib import Path

import msgspec

from reviewbot.commands.output import Progress, emit
from reviewbot.commands.place import Wish
from reviewbot.commands.review import Request, reviewed
from reviewbot.commands.trouble import say
from reviewbot.errors import ReviewbotError, TreeError
from reviewbot.publishers import b4
from reviewbot.publishers.clean import block
from reviewbot.publishers.counts import counted
from reviewbot.sources.b4 import PREFIX, ReviewBranch, read_branch
from reviewbot.sources.git import Repository


class Reviewing(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    branch: str | None = None
    tree: Path | None = None
    dry_run: bool = False
    rules: Path | None = None
    preview: bool = False
    min_confidence: str = "medium"
    verbose: bool = False
    quiet: bool = False


def run(reviewing: Reviewing) -> None:
    """Review the branch, and write what b4 does not have yet.

    Raises:
        ReviewbotError: there is no review branch, or b4 would not see the files.
    """
    git_dir = _git_dir(reviewing.tree or Path())
    name = _revision(reviewing)
    with Progress(sys.stderr, reviewing.verbose, reviewing.quiet) as progress:
        progress("reading the review branch")
        with Repository.open(reviewing.tree or Path()) as repository:
            if repository.git_dir != git_dir.resolve():
                raise TreeError(f"{git_dir} is not the repository that git works with here")
            branch = read_branch(repository, name)
            made = _made(reviewing, repository, branch, progress)
            has_moved = repository.resolve(name) != branch.tip
    if reviewing.dry_run:
        emit(_shown(made), None)
        return
    if has_moved:
        raise ReviewbotError(
            "the review branch changed while it was reviewed, and nothing was written: run it again"
        )
    is_new = bool(made.files) and b4.put(git_dir, branch.tip, made.files)
    if not reviewing.quiet:
        say(_outcome(made, is_new))


def _made(reviewing: Reviewing, repository: Repository, branch: ReviewBranch, progress: Progress) -> b4.Made:
    request = Request(
        sources=(branch.source,),
        wish=Wish(reviewing.tree, True, None),
        rules=reviewing.rules,
        preview=reviewing.preview,
        min_confidence=reviewing.min_confidence,
    )
    done = reviewed(request, progress)
    return b4.rendered(done.series, done.report, branch, repository.plain_diff)


def _revision(reviewing: Reviewing) -> str:
    """The branch asked for, as b4 takes names: in full, or the id of the change."""
    if reviewing.branch is None:
        return "HEAD"
    return f"refs/heads/{PREFIX}{reviewing.branch.removeprefix(PREFIX)}"


def _git_dir(start: Path) -> Path:
    """The `.git` folder at the top of the worktree, where b4 looks.

    Raises:
        TreeError: there is none that b4 would look into.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        found = folder / ".git"
        if found.is_dir():
            return found
        if found.is_file():
            raise TreeError(
                f"{folder}: its .git is a file, as in linked worktrees, and b4 ignores review files there; "
                "run this in the main worktree, with --branch"
            )
    raise TreeError(f"{start}: no worktree of a git repository; stand in one, or give --tree")


def _shown(made: b4.Made) -> str:
    if not made.files:
        return "Nothing to write.\n"
    return "\n".join(f"{name}:\n{block(text)}" for name, text in made.files.items())


def _outcome(made: b4.Made, is_new: bool) -> str:
    """What was written and what was not, and what to do next."""
    left = [f"{made.known} known to b4"] if made.known else []
    left += [f"{made.skipped} on skipped patches"] if made.skipped else []
    left += [f"{made.homeless} on commits that are no patches of the series"] if made.homeless else []
    others = f" ({', '.join(left)})" if left else ""
    if not made.files:
        return f"nothing new to write{others}"
    comments = counted(made.written, "comment")
    if not is_new:
        return f"{comments}{others} written already; b4 review takes them in when it is started"
    return (
        f"{comments}{others} written for b4 review, which takes them in when it is started; nothing was sent"
    )
