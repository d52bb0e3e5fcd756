"""The folder that b4 looks into: `.git/b4-review/<id of the tip>/`.

It is made beside its place and then renamed, so that b4 finds all of it or nothing. Every step is
relative to an open folder, and no link is followed.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from reviewbot.errors import ReviewbotError
from reviewbot.publishers import clean
from reviewbot.publishers.b4.files import IDENTITY

_NAME = "b4-review"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LARGEST = 64 << 20
"""Bytes of a file that is compared."""


def put(git_dir: Path, tip: str, files: Mapping[str, str]) -> bool:
    """Write the files for the branch whose tip that is; whether there was anything to write.

    The very same files may be there already. A folder that anybody else made, or that holds
    something else, is left as it is.

    Raises:
        ReviewbotError: it cannot be written, or belongs to somebody else.
    """
    content = {name: text.encode("utf-8", "backslashreplace") for name, text in files.items()}
    try:
        with _opened(git_dir) as top, _inside(top, _NAME) as reviews:
            if _is_there(reviews, tip, content):
                return False
            _make(reviews, tip, content)
            return True
    except OSError as error:
        where = clean.line(str(git_dir / _NAME))
        raise ReviewbotError(f"cannot write into {where}: {error.strerror or error}") from error


@contextmanager
def _opened(path: Path | str, parent: int | None = None, flags: int = 0) -> Iterator[int]:
    descriptor = os.open(path, _FOLDER | flags, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _inside(parent: int, name: str) -> Iterator[int]:
    """The folder, made if need be; a link is refused."""
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=parent)
    with _opened(name, parent, os.O_NOFOLLOW) as descriptor:
        yield descriptor


def _is_there(reviews: int, tip: str, content: Mapping[str, bytes]) -> bool:
    """Whether the files are there as they would be written.

    Raises:
        ReviewbotError: a folder is there that holds something else.
    """
    try:
        with _opened(tip, reviews, os.O_NOFOLLOW) as folder:
            names = sorted(entry.name for entry in os.scandir(folder))
            is_ours = "identity.txt" in names and _read(folder, "identity.txt") == f"{IDENTITY}\n".encode()
            is_same = names == sorted(content) and all(
                _read(folder, name) == text for name, text in content.items()
            )
    except FileNotFoundError:
        return False
    where = f".git/{_NAME}/{tip}"
    if not is_ours:
        raise ReviewbotError(
            f"{where} was not written by reviewbot, and b4 takes one reviewer a folder: "
            "let b4 review take it in first, then run this again"
        )
    if not is_same:
        raise ReviewbotError(
            f"{where} holds another review of ours: let b4 review take it in first, or remove that folder"
        )
    return True


def _read(folder: int, name: str) -> bytes:
    # a pipe would make us wait, and is no file of ours
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb") as file:
        return file.read(_LARGEST)


def _make(reviews: int, tip: str, content: Mapping[str, bytes]) -> None:
    half = f".reviewbot-{secrets.token_hex(8)}"
    os.mkdir(half, dir_fd=reviews)
    with ExitStack() as unfinished:
        unfinished.callback(_remove, reviews, half, content)
        with _opened(half, reviews, os.O_NOFOLLOW) as folder:
            for name, text in content.items():
                _write(folder, name, text)
        os.rename(half, tip, src_dir_fd=reviews, dst_dir_fd=reviews)
        unfinished.pop_all()  # it is whole, and in its place


def _write(folder: int, name: str, text: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(name, flags, 0o666, dir_fd=folder), "wb") as file:
        file.write(text)


def _remove(reviews: int, half: str, names: Mapping[str, bytes]) -> None:
    with suppress(OSError):
        with _opened(half, reviews, os.O_NOFOLLOW) as folder:
            for name in names:
                with suppress(OSError):
                    os.unlink(name, dir_fd=folder)
        os.rmdir(half, dir_fd=reviews)
