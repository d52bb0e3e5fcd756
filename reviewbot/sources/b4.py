"""A review branch of b4: the commits of the patches, and on them a commit that keeps what was said.

b4 writes that commit; nothing of it is trusted to have any form.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from reviewbot.errors import SourceError
from reviewbot.series.diff import read_diff
from reviewbot.series.model import FileDiff, Patch
from reviewbot.sources.git import Repository

PREFIX = "b4/review/"
"""What b4 calls its review branches, before the id of the change."""
_NOT_IN_REFS = re.compile(r"[\x00-\x20~^:?*\[\\\x7f]|\.\.|@\{|\.lock\Z|\A\Z")
"""What would make a revision of something else of it."""

_MARKER = "--- b4-review-tracking ---"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST = 1000
"""Patches of one series."""
_LARGEST = 64 << 20
"""Bytes of tracking data that are read."""


class Said(msgspec.Struct, frozen=True):
    """What one reviewer said of a patch, or of the series, as b4 keeps it."""

    address: str
    note: str = ""
    comments: tuple[str, ...] = ()
    is_skipped: bool = False


class Tracked(msgspec.Struct, frozen=True):
    """A patch, or the series, as b4 keeps it."""

    message_id: str = ""
    said: tuple[Said, ...] = ()

    @property
    def is_skipped(self) -> bool:
        """Whether anybody set it aside: then no mail about it is sent."""
        return any(each.is_skipped for each in self.said)


class Tracking(msgspec.Struct, frozen=True):
    """What b4 keeps of a series. `first` is the commit of the first patch; texts may be empty."""

    first: str
    change_id: str
    series: Tracked
    patches: tuple[Tracked, ...]

    @property
    def branch(self) -> str | None:
        """The ref of the review branch, if the id of the change can be part of one."""
        return None if _NOT_IN_REFS.search(self.change_id) else f"refs/heads/{PREFIX}{self.change_id}"


class ReviewBranch(msgspec.Struct, frozen=True):
    """A branch with its tracking commit at the tip, and the commits of the patches, in order."""

    tip: str
    commits: tuple[str, ...]
    tracking: Tracking

    @property
    def source(self) -> str:
        """The patches as a range of commits, for `review`."""
        return f"{self.tracking.first}~1..{self.tip}~1"


def read_branch(repository: Repository, revision: str) -> ReviewBranch:
    """The review branch that `revision` is the tip of.

    Raises:
        SourceError: it is none, or the patches that it speaks of are not below it.
        TreeError: git cannot read it.
    """
    tip = repository.resolve(revision)
    message = repository.commit(tip).partition(b"\n\n")[2].decode("utf-8", "replace")
    _, found, text = message.partition(_MARKER)
    if not found:
        raise SourceError(
            f"{tip[:12]} is no tracking commit of b4 review: check out its branch ({PREFIX}...), or name it"
        )
    tracking = read_tracking("\n".join(line for line in text.split("\n") if not line.startswith("#")))
    if not tracking.first or not repository.knows(f"{tracking.first}~1"):
        raise SourceError(f"the tracking commit {tip[:12]} names no first patch with a parent in this clone")
    if not repository.knows(f"{tip}~1"):
        raise SourceError(f"the tracking commit {tip[:12]} stands on no patch")
    listed = repository.run("rev-list", f"--max-count={_MOST + 1}", f"{tracking.first}~1..{tip}~1", "--")
    commits = tuple(reversed(listed.decode("ascii", "replace").split()))
    if not commits or commits[0] != tracking.first:
        raise SourceError(f"the tracking commit {tip[:12]} names a first patch that is not on its branch")
    return ReviewBranch(tip, commits, tracking)


def place_in(repository: Repository, commits: tuple[str, ...], patch: Patch) -> str | None:
    """Which of the commits is the patch of a mail: the one that changes the very same lines."""
    wanted = _changes(patch.files)
    for commit, diff in repository.diffs(commits):
        if _changes(read_diff(diff)[0]) == wanted:
            return commit
    return None


def newest(repository: Repository, count: int) -> tuple[str, ...]:
    """The last `count` commits of HEAD that change a file, oldest first; none where there are fewer.

    Commits without a change are left out: b4 prep keeps cover letters in such ones.
    """
    if not 1 <= count <= _MOST or not repository.knows("HEAD"):
        return ()
    limits = ("--first-parent", "--no-merges", f"--max-count={count + 1}", repository.resolve("HEAD"))
    listed = repository.run("rev-list", *limits, "--").decode("ascii", "replace").split()
    changing = [commit for commit, diff in repository.diffs(reversed(listed)) if diff.strip()]
    chosen = tuple(changing[-count:])
    return chosen if len(chosen) == count and repository.knows(f"{chosen[0]}~1") else ()


def _changes(files: tuple[FileDiff, ...]) -> list[tuple[str, list[tuple[str, ...]]]]:
    """What a diff changes, without ids of blobs and names of functions, which depend on settings."""
    return [(file.path, [hunk.lines for hunk in file.hunks]) for file in files]


def read_tracking_file(path: Path) -> Tracking:
    """The tracking data in a file of its own, as b4 hands it to checks.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST)
    except (OSError, ValueError):
        raise SourceError("cannot read the file that B4_TRACKING_FILE names") from None
    return read_tracking(text.decode("utf-8", "replace"))


def read_tracking(text: str) -> Tracking:
    """The tracking data in JSON; what has another form than it should counts as not there.

    Raises:
        SourceError: it is no JSON object.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise SourceError("the tracking data of b4 cannot be read: it is no JSON object")
    series = _mapping(data.get("series"))
    first = _text(series.get("first-patch-commit"))
    return Tracking(
        first=first if _COMMIT.fullmatch(first) else "",
        change_id=_text(series.get("change-id")),
        series=_tracked(series),
        patches=tuple(_tracked(_mapping(each)) for each in _list(data.get("patches"))),
    )


def _tracked(data: Mapping[str, Any]) -> Tracked:
    reviews = _mapping(data.get("reviews"))
    return Tracked(
        message_id=_text(_mapping(data.get("header-info")).get("msgid")).strip("<> "),
        said=tuple(_said(address, _mapping(review)) for address, review in reviews.items()),
    )


def _said(address: str, review: Mapping[str, Any]) -> Said:
    comments = (_text(_mapping(each).get("text")) for each in _list(review.get("comments")))
    return Said(
        address=address,
        note=_text(review.get("note")),
        comments=tuple(comment for comment in comments if comment),
        is_skipped=review.get("patch-state") == "skip",
    )


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _list(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
