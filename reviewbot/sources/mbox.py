"""Where messages come from: mbox, maildir, patch files, a folder of them, standard input."""

import gzip
import io
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from reviewbot.errors import SourceError
from reviewbot.series.diff import has_diff

_FROM_LINE = re.compile(rb"From \S.*\d\d?:\d\d(?::\d\d)? .*\d{4}")
_HEADER = re.compile(rb"[!-9;-~]+:")
_ESCAPED = re.compile(rb">+From ")
_MAIL_HEADER = re.compile(rb"^(?:From|Subject|Message-ID|Date):", re.IGNORECASE | re.MULTILINE)
_DIFF_LINE = re.compile(rb"diff |[-+]{3}|@@ ")
_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_PATCH_NAMES = (".patch", ".diff", ".eml", ".mbox", ".mbx", ".txt", ".mbox.gz")
_HEAD = 200_000
"""Bytes in which the headers of a mail end."""
_UTF8_BOM = b"\xef\xbb\xbf"
_LONGEST = 1 << 25
"""Bytes of a line; a device or a binary file may never end one."""
_UNPACKED, _TIMES = 1 << 24, 200
"""Unpacked bytes from which on the share is looked at, and times the packed ones that are no
mail any more: text shrinks to a twentieth, rarely to a fiftieth."""


class RawMessage(msgspec.Struct, frozen=True):
    """The bytes of one message, and where it stood: `v2.mbox`, `0001-fix.patch`."""

    data: bytes
    name: str
    is_plain: bool = False
    """A diff without mail headers: only what `name` says is known of it."""


def read_stream(stream: BinaryIO, name: str) -> Iterator[RawMessage]:
    """The messages of an mbox, a bare mail, or a plain diff, one at a time.

    Raises:
        SourceError: it is empty, no text, cut off while packed, or holds neither mail nor diff.
    """
    buffered = io.BufferedReader(_Raw(stream)) if not hasattr(stream, "peek") else stream
    head = buffered.peek(512)[:512]
    if head[:2] == b"\x1f\x8b":
        packed = _Raw(buffered)
        yield from _read_text(_unpacked(packed, name), name)
    else:
        yield from _read_text(_lines(buffered, name), name)


class _Raw(io.RawIOBase):
    """A stream that only knows read(), for io.BufferedReader."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0
        """Bytes read so far."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


def _lines(stream: BinaryIO | gzip.GzipFile, name: str) -> Iterator[bytes]:
    while line := stream.readline(_LONGEST + 1):
        if len(line) > _LONGEST:
            message = f"{name}: a line of more than {_LONGEST >> 20} MiB; give a mailbox or a patch"
            raise SourceError(message)
        yield line


def _unpacked(packed: _Raw, name: str) -> Iterator[bytes]:
    """The lines of a gzip stream, given up where they are far more than mail can have been."""
    count = 0
    for line in _lines(gzip.GzipFile(fileobj=packed), name):
        count += len(line)
        if count > _UNPACKED and count > _TIMES * packed.count:
            message = f"{name}: unpacks to more than {_TIMES} times its size, so it is no mail"
            raise SourceError(message)
        yield line


def _read_text(lines: Iterator[bytes], name: str) -> Iterator[RawMessage]:
    try:
        yield from _split(lines, name)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        message = f"{name}: the packed file is cut off or broken; fetch it again"
        raise SourceError(message) from None


def _split(lines: Iterator[bytes], name: str) -> Iterator[RawMessage]:
    """Splits at the `From ` lines that headers follow; a file may start without one.

    What stands above the first of them and is no mail belongs to no message.
    """
    current = bytearray()
    is_mbox, count = False, 0
    pending = b""
    for line in lines:
        if pending and (_HEADER.match(line) or line.startswith(b">From ")):
            if is_mbox or is_mail(bytes(current[:_HEAD])):
                count += 1
                yield _checked(_emptied(current), name, is_mbox)
            is_mbox, pending = True, b""
            current.clear()
        current += pending
        pending = b""
        if line.startswith(b"From ") and len(line) < 1000 and _FROM_LINE.match(line):
            pending = line
        else:
            current += line[1:] if line[:1] == b">" and is_mbox and _ESCAPED.match(line) else line
    current += pending
    if current and not current.isspace():
        yield _checked(_emptied(current), name, is_mbox)
    elif not count:
        message = f"{name}: the file is empty; give a mailbox, a patch or a commit range"
        raise SourceError(message)


def _emptied(buffer: bytearray) -> bytes:
    """The content of a buffer, which is not kept twice while a large message is read."""
    data = bytes(buffer)
    buffer.clear()
    return data


def _checked(data: bytes, name: str, is_mbox: bool) -> RawMessage:
    """The message, if it is one."""
    data = data.removeprefix(_UTF8_BOM)
    start = data[:2000]
    if not is_mbox and (start[:2] in _BOMS or start.count(b"\0") > len(start) // 8):
        what = "is UTF-16; save it as UTF-8" if _is_utf16(start) else "is no text; give a mailbox or a patch"
        message = f"{name}: the file {what}"
        raise SourceError(message)
    if is_mbox or is_mail(data):
        return RawMessage(data.lstrip(b"\r\n"), name)
    if has_diff(data):
        return RawMessage(data, name, is_plain=True)
    message = f"{name}: neither a mail nor a diff is in it; give a mailbox, a patch or a commit range"
    raise SourceError(message)


def _is_utf16(start: bytes) -> bool:
    return start[:2] in _BOMS or not any(start[1:200:2]) or not any(start[0:200:2])


def is_mail(data: bytes) -> bool:
    """Whether `data` starts with mail headers that tell a sender, a subject or a date.

    One line that is no header is forgiven where two of these are told: some program spoilt it.
    """
    head, _, _ = data.lstrip(b"\r\n")[:_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")
    told = {name.lower() for name in _MAIL_HEADER.findall(head)}
    if not told:
        return False
    lines = [line for line in head.split(b"\n") if line]
    wrong = [line for line in lines if not (line[:1] in b" \t" or _HEADER.match(line))]
    is_spoilt = len(wrong) == 1 and wrong[0] is not lines[0] and not _DIFF_LINE.match(wrong[0])
    return not wrong or (is_spoilt and len(told) > 1)


def read_path(path: Path) -> Iterator[RawMessage]:
    """The messages of a file, a maildir or a folder of patches.

    Raises:
        SourceError: it cannot be opened, or nothing in it is a mail or a patch.
    """
    if path.is_dir():
        yield from _read_folder(path)
        return
    try:
        with path.open("rb") as stream:
            yield from read_stream(stream, path.name)
    except OSError as error:
        message = f"{path}: {error.strerror or 'cannot be read'}"
        raise SourceError(message) from None


def _read_folder(path: Path) -> Iterator[RawMessage]:
    files = folder_files(path)
    if not files:
        message = f"{path}: no mail or patch is in this folder; give a mailbox, a patch or a commit range"
        raise SourceError(message)
    for file in files:
        yield from read_path(file)


def folder_files(path: Path) -> tuple[Path, ...]:
    """The files of a folder in order: a maildir's cur and new, quilt's `series`, or by name."""
    if is_maildir(path):
        found = [
            Path(entry) for part in ("cur", "new") for entry in os.scandir(path / part) if entry.is_file()
        ]
        return tuple(sorted(found, key=lambda file: file.name))
    if is_quilt(path):
        return _quilt(path)
    return tuple(
        sorted(file for file in path.iterdir() if file.is_file() and file.name.endswith(_PATCH_NAMES))
    )


def is_maildir(path: Path) -> bool:
    """Whether a folder is a maildir."""
    return (path / "cur").is_dir() and (path / "new").is_dir()


def is_quilt(path: Path) -> bool:
    """Whether a folder holds patches that a `series` file puts in order."""
    return not is_maildir(path) and (path / "series").is_file()


def _quilt(path: Path) -> tuple[Path, ...]:
    """The patches that quilt's `series` file names; none from outside the folder."""
    text = (path / "series").read_text("utf-8", "surrogateescape")
    names = [line.split("#")[0].split() for line in text.splitlines()]
    root = path.resolve()
    files = [(path / words[0]) for words in names if words and "\0" not in words[0]]
    return tuple(file for file in files if file.is_file() and file.resolve().is_relative_to(root))
