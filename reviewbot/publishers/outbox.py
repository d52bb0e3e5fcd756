"""Reply drafts on disk: a folder of .eml files, an mbox, or a Maildir.

Every file is written beside its place and then renamed, so that an interrupted run leaves
no half draft. What is there already is not overwritten, for it may hold a person's changes;
only the very same draft is, where an earlier run left it in a folder of .eml files.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reviewbot.errors import ReviewbotError

if TYPE_CHECKING:
    from email.message import EmailMessage

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_MAILDIR = ("cur", "new", "tmp")


class Draft(Protocol):
    """What is written: a message and the name for its file."""

    @property
    def name(self) -> str:
        """A file name, no path."""

    @property
    def message(self) -> "EmailMessage":
        """The mail."""


def write(drafts: Sequence[Draft], path: str | Path) -> tuple[Path, ...]:
    """Write the drafts; the files made (one for an mbox, none without drafts).

    `*.mbox` is an mbox (mboxrd); a folder with cur, new and tmp, or one to be made with a
    name like `Maildir` or `*.maildir`, is a Maildir, where the drafts get the Draft flag;
    anything else is a folder of .eml files.

    Raises:
        ReviewbotError: a file is in the way, or the place cannot be written.
    """
    if not drafts:
        return ()
    target = Path(path)
    try:
        if _is_maildir(target):
            return _write_maildir(drafts, target)
        if target.suffix.lower() == ".mbox" and not target.is_dir():
            return _write_mbox(drafts, target)
        return _write_folder(drafts, target)
    except OSError as error:
        raise ReviewbotError(f"cannot write drafts to {target}: {error.strerror or error}") from error


def _is_maildir(target: Path) -> bool:
    if target.is_dir():
        return all((target / name).is_dir() for name in _MAILDIR)
    return target.name.lower() == "maildir" or target.suffix.lower() == ".maildir"


def _write_folder(drafts: Sequence[Draft], folder: Path) -> tuple[Path, ...]:
    files = {folder / draft.name: bytes(draft.message) for draft in drafts}
    for file, content in files.items():
        if not _is_same_draft(file, content):
            _refuse_if_taken(file)
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        _put(file, content, folder)
    return tuple(files)


def _write_mbox(drafts: Sequence[Draft], mbox: Path) -> tuple[Path, ...]:
    _refuse_if_taken(mbox)
    mbox.parent.mkdir(parents=True, exist_ok=True)
    _put(mbox, b"".join(_mbox_entry(draft.message) for draft in drafts), mbox.parent)
    return (mbox,)


def _mbox_entry(message: "EmailMessage") -> bytes:
    """A message as mboxrd wants it: a From_ line, `>` before what looks like one, an empty line."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    date = parsedate_to_datetime(str(message["Date"]))
    return f"From reviewbot {date.ctime()}\n".encode() + _FROM.sub(rb">\1", bytes(message)) + b"\n"


def _write_maildir(drafts: Sequence[Draft], maildir: Path) -> tuple[Path, ...]:
    for name in _MAILDIR:
        (maildir / name).mkdir(parents=True, exist_ok=True)
    files = {maildir / "cur" / _unique(draft): bytes(draft.message) for draft in drafts}
    for file in files:
        _refuse_if_taken(file)
    for file, content in files.items():
        _put(file, content, maildir / "tmp")
    return tuple(files)


def _unique(draft: Draft) -> str:
    """A Maildir name from the content; `:2,D` is the Draft flag."""
    digest = hashlib.sha256(bytes(draft.message)).hexdigest()[:20]
    return f"{draft.name.partition('-')[0]}.{digest}.reviewbot:2,D"


def _is_same_draft(file: Path, content: bytes) -> bool:
    """Whether this draft was written there by an earlier run, and nobody touched it since."""
    if file.is_symlink() or not file.is_file():
        return False
    return _lasting(file.read_bytes()) == _lasting(content)


def _lasting(content: bytes) -> list[bytes]:
    """The lines that do not change from run to run."""
    return [line for line in content.splitlines() if not line.startswith((b"Date: ", b"Message-ID: "))]


def _refuse_if_taken(file: Path) -> None:
    if os.path.lexists(file):
        raise ReviewbotError(
            f"{file} is there already and may hold your changes: move it, or name another place"
        )


def _put(file: Path, content: bytes, beside: Path) -> None:
    from tempfile import NamedTemporaryFile  # noqa: PLC0415

    with NamedTemporaryFile(dir=beside, prefix=".reviewbot-", delete=False) as half:
        try:
            half.write(content)
            half.close()
            Path(half.name).replace(file)
        finally:
            Path(half.name).unlink(missing_ok=True)  # gone already where all went well
