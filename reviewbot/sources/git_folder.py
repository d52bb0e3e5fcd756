"""Where the repository of a folder is kept.

GitPython knows all kinds of repositories, but takes as long to load as a tenth of a review of
what is known. So the two ordinary kinds are told without it: a `.git` folder, and a bare one.
"""

import os
import re
from pathlib import Path

from reviewbot.errors import TreeError

_VARIABLES = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES")
"""What may say that it is elsewhere."""
_HEAD = re.compile(rb"ref: refs/|[0-9a-f]{40}\s")


def git_folders(path: Path) -> tuple[Path, Path]:
    """The folder of the repository that `path` is in, and the one that has its objects.

    Raises:
        TreeError: there is none.
    """
    found = _ordinary(path)
    return (found, found) if found is not None else _of_any_kind(path)


def _ordinary(path: Path) -> Path | None:
    """The nearest `.git` folder or bare repository; None where anything about it is unusual."""
    if any(name in os.environ for name in _VARIABLES) or "$" in str(path) or str(path).startswith("~"):
        return None
    place = Path(os.path.abspath(path))  # noqa: PTH100 - symlinks are left as they are, as GitPython does
    for folder in (place, *place.parents):
        inside = folder / ".git"
        if os.path.lexists(inside):
            return inside.resolve() if _is_ordinary(inside) else None
        if os.path.lexists(folder / "HEAD"):
            return folder.resolve() if _is_ordinary(folder) else None
    return None


def _is_ordinary(folder: Path) -> bool:
    """Whether a folder is a repository by itself, neither a linked worktree nor half of one."""
    head = folder / "HEAD"
    if folder.is_symlink() or head.is_symlink() or os.path.lexists(folder / "commondir"):
        return False
    try:
        text = head.read_bytes()[:256]
    except OSError:
        return False
    return _HEAD.match(text) is not None and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _of_any_kind(path: Path) -> tuple[Path, Path]:
    from git import Repo  # noqa: PLC0415 - slow to import
    from git.exc import GitError  # noqa: PLC0415 - as above

    try:
        with Repo(path, search_parent_directories=True) as repo:
            return Path(repo.git_dir).resolve(), Path(repo.common_dir).resolve()
    except (GitError, OSError, ValueError):
        message = f"{path}: no git repository; give --tree the folder of one, or --no-tree"
        raise TreeError(message) from None
