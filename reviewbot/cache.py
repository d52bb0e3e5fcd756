"""What was learnt of a file, kept for the next run: one SQLite file that several runs share.

A cache is never needed, and nothing that goes wrong with it is the user's concern: after any
error of SQLite the run goes on without, and a file that is damaged is begun anew. An entry
carries a checksum over its name and content, so that what does not belong there is not found.
"""

import hashlib
import sqlite3
import time
import zlib
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import NamedTuple

LIMIT = 200_000_000
"""Bytes kept, about; what was used longest ago goes first."""

_LEFT = 0.75
"""What is left of the limit by clearing up, so that it is not needed again soon."""
_PATIENCE = 2.0
"""Seconds to wait while another run writes."""
_MOST_PENDING = 32_000_000
"""Bytes held before they are written in the midst of a run."""
_OVERHEAD = 60
"""Bytes of an entry beside its content."""
_FORM = 1
"""The form of the tables; a file with another one is begun anew."""
_HOUR = 3600
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_TABLE = "CREATE TABLE fact (name BLOB PRIMARY KEY, used INTEGER, content BLOB)"
_ANY = "SELECT 1 FROM fact LIMIT 1"
_OLDEST = (
    "DELETE FROM fact WHERE rowid IN (SELECT rowid FROM (SELECT rowid,"
    " SUM(length(content) + ?) OVER (ORDER BY used DESC, rowid DESC) AS total FROM fact)"
    " WHERE total > ?)"
)


class Info(NamedTuple):
    """What a cache holds."""

    entries: int
    size: int
    """Bytes on the disk."""
    oldest: int | None
    """When the entry unused for longest was last used, in seconds since 1970, to the hour."""


class Cache:
    """Entries by file (a digest) and part (a name). Use as a context manager: its end writes.

    With no path it knows nothing and keeps nothing.
    """

    def __init__(self, path: Path | None, limit: int = LIMIT, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._limit = limit
        self._hour = int(clock()) // _HOUR
        self._new: dict[bytes, bytes] = {}
        self._used: list[bytes] = []
        self._pending = 0
        self._link = self._opened()
        self._is_empty = self._has_nothing()

    def __enter__(self) -> "Cache":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.save()
        self._close()

    @property
    def is_open(self) -> bool:
        """Whether anything can be found or kept."""
        return self._link is not None

    def find(self, file: bytes, part: str) -> bytes | None:
        """The content kept under a name; None where there is none, or it is not what was kept."""
        if self._link is None or self._is_empty:
            return None
        name = _name(file, part)
        try:
            row = self._link.execute("SELECT content, used FROM fact WHERE name = ?", (name,)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        if row is None:
            return None
        content, used = row
        if used != self._hour:
            self._used.append(name)
        return _unpacked(name, content)

    def keep(self, file: bytes, part: str, content: bytes) -> None:
        """Remember a content; it is written at the end."""
        if self._link is not None:
            name = _name(file, part)
            packed = self._new[name] = _packed(name, content)
            self._pending += len(packed) + _OVERHEAD
            if self._pending > _MOST_PENDING:
                self.save()

    def save(self) -> None:
        """Write what is new, in one transaction; where another run writes for long, leave it."""
        if self._link is None or not (self._new or self._used):
            return
        rows = ((name, self._hour, content) for name, content in self._new.items())
        used = ((self._hour, name) for name in self._used)
        try:
            with self._link:
                self._link.execute("BEGIN IMMEDIATE")
                self._link.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?, ?)", rows)
                self._link.executemany("UPDATE fact SET used = ? WHERE name = ?", used)
            self._clear_up()
        except sqlite3.Error as error:
            self._give_up(error)
        self._new.clear()
        self._used.clear()
        self._pending = 0
        self._is_empty = False

    def _clear_up(self) -> None:
        """Drop what was used longest ago, where there is too much."""
        if self._link is not None and _size(self._link) > self._limit:
            with self._link:
                self._link.execute(_OLDEST, (_OVERHEAD, int(self._limit * _LEFT)))
            self._link.execute("PRAGMA incremental_vacuum").fetchall()

    def _opened(self) -> sqlite3.Connection | None:
        if self._path is None:
            return None
        for _ in range(2):
            try:
                return _connected(self._path)
            except sqlite3.Error as error:
                if not _is_damage(error):
                    return None
                remove(self._path)
            except OSError:
                return None
        return None

    def _has_nothing(self) -> bool:
        """Whether there is no entry at all yet, so that none need be looked for."""
        try:
            return self._link is not None and self._link.execute(_ANY).fetchone() is None
        except sqlite3.Error as error:
            self._give_up(error)
            return True

    def _give_up(self, error: sqlite3.Error) -> None:
        self._close()
        if self._path is not None and _is_damage(error):
            remove(self._path)

    def _close(self) -> None:
        if self._link is not None:
            with suppress(sqlite3.Error):
                self._link.close()
            self._link = None


def remove(path: Path) -> None:
    """Delete the file of a cache and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def clear(path: Path) -> bool:
    """Forget all; False where another run writes for so long that it could not be done.

    The file stays: another run may have it open.
    """
    if not path.exists():
        return True
    try:
        with closing(_connected(path)) as link:
            link.execute("DELETE FROM fact")
            link.execute("VACUUM")
    except sqlite3.Error as error:
        if not _is_damage(error):
            return False
        remove(path)
    return True


def info(path: Path) -> Info:
    """What the file of a cache holds; of one that is not there or cannot be read, nothing."""
    size = sum(
        beside.stat().st_size
        for suffix in ("", "-wal")
        if (beside := path.with_name(path.name + suffix)).is_file()
    )
    if not size:
        return Info(0, 0, None)
    with suppress(sqlite3.Error), closing(_connected(path)) as link:
        entries, oldest = link.execute("SELECT COUNT(*), MIN(used) FROM fact").fetchone()
        return Info(entries, size, None if oldest is None else oldest * _HOUR)
    return Info(0, size, None)


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        link = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        opened.callback(link.close)
        (form,) = link.execute("PRAGMA user_version").fetchone()
        if form != _FORM:  # before all else: the file takes it only while it is empty
            link.execute("PRAGMA auto_vacuum = INCREMENTAL")
        link.execute("PRAGMA journal_mode = WAL")
        link.execute("PRAGMA synchronous = NORMAL")
        if form != _FORM:
            with link:
                link.execute("BEGIN IMMEDIATE")
                link.execute("DROP TABLE IF EXISTS fact")
                link.execute(_TABLE)
                link.execute(f"PRAGMA user_version = {_FORM}")
        opened.pop_all()  # all went well: it stays open
    return link


def _is_damage(error: sqlite3.Error) -> bool:
    # a file of ours whose table has gone is no database of ours either
    code = getattr(error, "sqlite_errorcode", None)
    return code in _DAMAGE or "no such table" in str(error)


def _size(link: sqlite3.Connection) -> int:
    (pages,) = link.execute("PRAGMA page_count").fetchone()
    (free,) = link.execute("PRAGMA freelist_count").fetchone()
    (size,) = link.execute("PRAGMA page_size").fetchone()
    return int(pages - free) * int(size)


def _name(file: bytes, part: str) -> bytes:
    return hashlib.blake2b(file + part.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _sum(name: bytes, packed: bytes) -> bytes:
    return zlib.crc32(packed, zlib.crc32(name)).to_bytes(4, "big")


def _packed(name: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content, 1)
    return _sum(name, packed) + packed


def _unpacked(name: bytes, content: object) -> bytes | None:
    if not isinstance(content, bytes) or content[:4] != _sum(name, content[4:]):
        return None
    with suppress(zlib.error):
        return zlib.decompress(content[4:])
    return None
