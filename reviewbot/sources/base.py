"""Which commit a series applies to."""

from collections.abc import Iterator, Mapping

from reviewbot.series.model import Series
from reviewbot.sources.git import Repository

_DEPTH = 10_000
"""Commits behind HEAD among which a base is looked for: some two months of the kernel."""
_CANDIDATES = 400
"""Commits that touch the series' files and are looked at."""


def find_base(series: Series, repository: Repository, asked: str | None) -> tuple[str, str]:
    """The commit that a series applies to, and in a few words why this one.

    That is the one asked for, else the `base-commit:` of the series if it is known here, else
    the newest commit whose blobs the `index` lines name, else HEAD.

    Raises:
        SourceError: the revision asked for is unknown, or there is no commit at all.
    """
    if asked is not None:
        return repository.resolve(asked), "as asked"
    if series.base_commit is not None and repository.knows(series.base_commit):
        return repository.resolve(series.base_commit), "named by the series"
    head = repository.resolve("HEAD")
    blobs = _blobs(series)
    if blobs:
        found, count = _by_blobs(blobs, repository, head)
        if count:
            return found, f"{count} of {len(blobs)} blobs of the index lines are there"
    return head, "HEAD: nothing in the series names its base"


def _blobs(series: Series) -> dict[str, str]:
    """The blob that each file has before the first patch that touches it."""
    blobs: dict[str, str] = {}
    seen: set[str] = set()
    for patch in series.patches:
        for file in patch.files:
            before = file.before_path
            if before is not None and before not in seen and file.before_blob:
                blobs[before] = file.before_blob
            seen.update(path for path in (before, file.after_path) if path is not None)
    return blobs


def _by_blobs(blobs: Mapping[str, str], repository: Repository, head: str) -> tuple[str, int]:
    """The commit with the most of the blobs, the newest of equals, and how many it has."""
    best, most = head, _count(blobs, repository, head)
    for commit in _candidates(blobs, repository, head) if most < len(blobs) else ():
        count = _count(blobs, repository, commit)
        if count > most:
            best, most = commit, count
        if most == len(blobs):
            break
    return best, most


def _count(blobs: Mapping[str, str], repository: Repository, commit: str) -> int:
    return sum((repository.blob(commit, path) or "").startswith(blob) for path, blob in blobs.items())


def _candidates(blobs: Mapping[str, str], repository: Repository, head: str) -> Iterator[str]:
    """The commits that touch the files, newest first, and the parents of the last of them."""
    boundary = (
        repository.run("rev-list", f"--skip={_DEPTH}", "--max-count=1", head, "--").decode("ascii").split()
    )
    paths = [f":(literal){path}" for path in blobs]
    limits = [f"--max-count={_CANDIDATES}", head, *(f"^{commit}" for commit in boundary)]
    out = repository.run("rev-list", "--parents", *limits, "--", *paths)
    seen = {head}
    for line in out.decode("ascii").splitlines():
        for commit in line.split():
            if commit not in seen:
                seen.add(commit)
                yield commit
