"""The tree that a series is reviewed on: the one named, the one we stand in, or none."""

import posixpath
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from reviewbot.errors import ReviewbotError, TreeError
from reviewbot.series.model import Series, Status
from reviewbot.sources.base import find_base
from reviewbot.sources.git import Repository
from reviewbot.sources.read import names_commits


class Wish(msgspec.Struct, frozen=True):
    """What the command line says of the tree."""

    folder: Path | None
    """--tree; None for the repository we stand in, if we do."""
    is_wanted: bool
    """False for --no-tree."""
    base: str | None


class Ground(msgspec.Struct, frozen=True):
    """The repository and the commit to review on; both None for no tree. `notes`: a line each."""

    repository: Repository | None
    base: str | None
    notes: tuple[str, ...] = ()


@contextmanager
def opened(wish: Wish, sources: tuple[str, ...]) -> Iterator[Repository | None]:
    """The repository that the wish speaks of, closed at the end; for --no-tree only to read commits.

    Raises:
        TreeError: the folder named is in no repository.
    """
    with ExitStack() as stack:
        if not wish.is_wanted and not names_commits(sources):
            yield None
            return
        try:
            repository = Repository.open(wish.folder or Path())
        except TreeError:
            if wish.folder is not None:
                raise
            repository = None
        if repository is not None:
            stack.enter_context(repository)
        yield repository


def ground(series: Series, repository: Repository | None, wish: Wish) -> Ground:
    """What to review the series on.

    A repository that we merely stand in, and that cannot be what a mail applies to, is left
    aside, and that is said.

    Raises:
        ReviewbotError: the base asked for is unknown, or the tree asked for cannot be read.
    """
    if repository is None and wish.base is not None:
        raise TreeError("--base names a commit of a repository; stand in one, or give --tree")
    if repository is None or not wish.is_wanted:
        return Ground(None, None)
    if wish.base is None and series.base_commit is None and series.patches[0].commit is not None:
        return Ground(None, None, ("the series begins with the first commit: there is no tree before it",))
    is_asked = wish.folder is not None or wish.base is not None
    try:
        base, _ = find_base(series, repository, wish.base)
        is_its_tree = is_asked or series.patches[0].commit is not None or _fits(series, repository, base)
    except ReviewbotError as error:
        if is_asked:
            raise
        return Ground(None, None, (f"reviewed without the repository here: {error}",))
    if not is_its_tree:
        return Ground(None, None, _left_aside(repository, base))
    if is_asked and not _fits(series, repository, base):
        return Ground(repository, base, ("none of the files of the series is in the tree at the base",))
    return Ground(repository, base)


def _left_aside(repository: Repository, base: str) -> tuple[str, ...]:
    """A note where it may surprise; that a review lacks a tree is said by every output anyway."""
    is_kernel = any(repository.blob(base, name) is not None for name in ("Kbuild", "MAINTAINERS"))
    note = "the kernel here has none of the files of the series, so it was left aside; give --tree or --base"
    return (note,) if is_kernel else ()


def _fits(series: Series, repository: Repository, base: str) -> bool:
    """Whether the tree has any file that the series changes, or a folder that it adds a file to."""
    files = [file for patch in series.patches for file in patch.files]
    changed = {file.before_path for file in files if file.status is not Status.ADDED and file.before_path}
    added = {file.after_path for file in files if file.status is Status.ADDED and file.after_path}
    if any(repository.blob(base, path) is not None for path in sorted(changed - added)):
        return True
    folders = {posixpath.dirname(path) for path in added} - {""}
    return any(_is_folder(repository, base, folder) for folder in sorted(folders))


def _is_folder(repository: Repository, base: str, path: str) -> bool:
    found = repository.shadow.object(f"{base}:{path}")
    return found is not None and found[0] == b"tree"
