"""A commit range becomes a series."""

import re
from datetime import UTC, datetime, timedelta, timezone

from reviewbot.errors import SourceError
from reviewbot.series.body import trailers_of
from reviewbot.series.diff import read_diff
from reviewbot.series.headers import text_of
from reviewbot.series.model import Patch, Person, Series
from reviewbot.sources.git import Repository

_LAST = re.compile(r"-(\d{1,4})\Z")
_RANGE = re.compile(r"(.*?)\.\.\.?(.*)\Z", re.DOTALL)
_PERSON = re.compile(r"(.*?) ?<(.*?)> (-?\d{1,12}) ([+-]\d{4})\Z", re.DOTALL)
_MOST = 1000
"""Commits of one series; more are a release, not a series."""
_MOST_AT_FIRST = 5000
"""Files of a commit without a parent; more are the import of a tree."""


def is_range(text: str) -> bool:
    """Whether an argument can only be a range: `a..b`, `a...b` or `-3`."""
    return bool(
        _LAST.match(text) or (".." in text and not text.startswith(("../", "./..", "/")) and text != "..")
    )


def read_range(text: str, repository: Repository) -> Series:
    """The series of `A..B` (as `A...B`), `-N` (the last ones of this branch) or a single commit.

    Merge commits are left out and named in `skipped`; `base_commit` is the parent of the
    first patch.

    Raises:
        SourceError: a revision is unknown, or the range holds no commit to review, too many, or
            one that imports a tree, as what a shallow clone begins with.
    """
    chosen, merges = _chosen(text, repository)
    if not chosen:
        what = "a merge commit" if merges else "an empty range"
        message = f"{text} is {what}: nothing to review"
        raise SourceError(message)
    if len(chosen) > _MOST:
        message = f"{text} holds {len(chosen)} commits; name a range of at most {_MOST}"
        raise SourceError(message)
    _check_first(chosen, text, repository)
    patches = []
    for index, (commit, diff) in enumerate(repository.diffs(chosen), 1):
        patches.append(_patch(index, commit, repository.commit(commit), diff))
    skipped = tuple(
        f"merge commit {commit[:12]} left out: {_subject(commit, repository)}" for commit in merges
    )
    parents = _parents(repository.commit(chosen[0]))
    return Series(
        subject=patches[0].subject,
        revision=1,
        total=len(patches),
        patches=tuple(patches),
        base_commit=parents[0] if parents else None,
        skipped=skipped,
        unread=tuple(unread for patch in patches for unread in patch.unread),
    )


def _chosen(text: str, repository: Repository) -> tuple[list[str], list[str]]:
    """The commits to review, oldest first, and the merges among them."""
    if match := _LAST.match(text):
        return _last(int(match[1]), repository)
    if match := _RANGE.match(text):
        start, end = (repository.resolve(name or "HEAD") for name in match.groups())
        return _listed(repository, "--no-merges", end, f"^{start}"), _listed(
            repository, "--merges", end, f"^{start}"
        )
    commit = repository.resolve(text)
    is_merge = len(_parents(repository.commit(commit))) > 1
    return ([], [commit]) if is_merge else ([commit], [])


def _check_first(commits: list[str], text: str, repository: Repository) -> None:
    """Refuses a commit without its parent, where all files of a tree would be new in it."""
    for commit in commits:
        added = 0 if _parents(repository.commit(commit)) else _count(commit, repository)
        if added > _MOST_AT_FIRST:
            message = (
                f"{text}: {commit[:12]} is the first commit and brings in {added} files;"
                " that is no series: name later commits"
            )
            raise SourceError(message)
        if repository.begins_with(commit):
            message = (
                f"{text}: this shallow clone begins with {commit[:12]}, what was before it is not here;"
                " git fetch --deepen=100, or name later commits"
            )
            raise SourceError(message)


def _count(commit: str, repository: Repository) -> int:
    """How many files a commit has."""
    return repository.run("ls-tree", "-r", "-z", "--name-only", commit).count(b"\0")


def _last(count: int, repository: Repository) -> tuple[list[str], list[str]]:
    tip = repository.resolve("HEAD")
    chosen = _listed(repository, "--first-parent", "--no-merges", f"--max-count={count}", tip)
    if not chosen:
        return [], []
    _check_first(chosen, f"-{count}", repository)
    parents = _parents(repository.commit(chosen[0]))
    merges = _listed(repository, "--first-parent", "--merges", tip, *(f"^{parent}" for parent in parents))
    return chosen, merges


def _listed(repository: Repository, *arguments: str) -> list[str]:
    out = repository.run("rev-list", "--topo-order", *arguments, "--")
    return out.decode("ascii", "replace").split()[::-1]


def _parents(data: bytes) -> list[str]:
    head = data.partition(b"\n\n")[0]
    return [line[7:].decode("ascii", "replace") for line in head.split(b"\n") if line.startswith(b"parent ")]


def _subject(commit: str, repository: Repository) -> str:
    return _message(repository.commit(commit)).strip().partition("\n")[0]


def _message(data: bytes) -> str:
    head, _, message = data.partition(b"\n\n")
    encoding = next((line[9:] for line in head.split(b"\n") if line.startswith(b"encoding ")), b"utf-8")
    return text_of(message, encoding.decode("ascii", "replace"))


def _patch(index: int, commit: str, data: bytes, diff: bytes) -> Patch:
    files, unread = read_diff(diff)
    subject, _, body = _message(data).strip("\n").partition("\n\n")
    author, date = _author(data)
    return Patch(
        index=index,
        subject=" ".join(subject.split()),
        body=body.strip("\n"),
        notes="",
        author=author,
        date=date,
        trailers=trailers_of(f"\n\n{body}"),
        files=files,
        commit=commit,
        unread=unread,
    )


def _author(data: bytes) -> tuple[Person, datetime | None]:
    head = data.partition(b"\n\n")[0]
    line = next((line[7:] for line in head.split(b"\n") if line.startswith(b"author ")), b"")
    match = _PERSON.match(text_of(line[:1000], "utf-8"))
    if match is None:
        return Person("", ""), None
    offset = timedelta(hours=int(match[4][1:3]), minutes=int(match[4][3:5]))
    zone = timezone(-offset if match[4][0] == "-" else offset) if offset < timedelta(hours=24) else UTC
    try:
        date = datetime.fromtimestamp(int(match[3]), zone)
    except (ValueError, OverflowError, OSError):
        date = None
    return Person(match[1], match[2]), date
