"""The cache of facts: what is kept is found, and whatever goes wrong, nobody hears of it."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from reviewbot.cache import Cache, clear, info

HOUR = 3600.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "facts.db"


def kept(path: Path, entries: dict[str, bytes], limit: int = 10**8, now: float = HOUR) -> None:
    with Cache(path, limit, lambda: now) as cache:
        for part, content in entries.items():
            cache.keep(b"file", part, content)


def found(path: Path, part: str, now: float = HOUR) -> bytes | None:
    with Cache(path, clock=lambda: now) as cache:
        return cache.find(b"file", part)


def test_what_was_kept_is_found(path: Path) -> None:
    kept(path, {"one": b"1" * 5000, "odd \0 \udc80": b""})
    assert found(path, "one") == b"1" * 5000
    assert found(path, "odd \0 \udc80") == b""
    assert found(path, "two") is None


def test_no_path_keeps_nothing() -> None:
    with Cache(None) as cache:
        cache.keep(b"file", "one", b"1")
        assert not cache.is_open
        assert cache.find(b"file", "one") is None


def test_a_run_that_fails_keeps_nothing(path: Path) -> None:
    def fail() -> None:
        with Cache(path) as cache:
            cache.keep(b"file", "one", b"1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert found(path, "one") is None


@pytest.mark.parametrize("text", [b"no database at all " * 500, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_file_is_begun_anew(path: Path, text: bytes) -> None:
    kept(path, {"one": b"1"})
    path.write_bytes(text)
    assert found(path, "one") is None
    kept(path, {"one": b"2"})
    assert found(path, "one") == b"2"


def test_damage_met_in_the_middle_ends_the_cache_and_not_the_run(path: Path) -> None:
    kept(path, {f"{n}": bytes([n]) * 3000 for n in range(200)})
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    with Cache(path) as cache:
        assert [cache.find(b"file", f"{n}") for n in range(200)] == [None] * 200
        cache.keep(b"file", "new", b"1")
    kept(path, {"one": b"1"})
    assert found(path, "one") == b"1"


def test_a_table_that_is_gone_comes_back(path: Path) -> None:
    kept(path, {"one": b"1"})
    link = sqlite3.connect(path)
    link.execute("DROP TABLE fact")
    link.close()
    assert found(path, "one") is None
    kept(path, {"one": b"1"})
    assert found(path, "one") == b"1"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE fact SET content = (SELECT content FROM fact ORDER BY rowid LIMIT 1)",
        "UPDATE fact SET content = 'text'",
        "UPDATE fact SET content = NULL",
        "UPDATE fact SET content = x''",
    ],
)
def test_content_that_is_not_what_was_kept_is_not_found(path: Path, change: str) -> None:
    kept(path, {"one": b"1", "two": b"2"})
    link = sqlite3.connect(path)
    link.execute(change)
    link.commit()
    link.close()
    assert found(path, "two") is None


def test_what_was_used_longest_ago_goes_first(path: Path) -> None:
    contents = {f"{n}": b"".join(b"%d," % (n * 7919 * i % 99991) for i in range(9000)) for n in range(1, 7)}
    for hour, (part, content) in enumerate(contents.items()):
        kept(path, {part: content}, now=hour * HOUR)
    assert found(path, "1", now=99 * HOUR) == contents["1"]
    kept(path, {"last": b"1"}, limit=info(path).size // 2, now=100 * HOUR)
    assert found(path, "1") is not None, "used last, though written first"
    assert found(path, "last") is not None
    assert found(path, "2") is None


def test_the_file_shrinks(path: Path) -> None:
    for hour in range(40):
        many = {f"{hour} {n}": b"%d" % (hour * n) * 3000 for n in range(20)}
        kept(path, many, limit=100_000, now=hour * HOUR)
    assert info(path).size < 200_000
    assert info(path).entries > 20


def test_a_locked_cache_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewbot.cache._PATIENCE", 0.01)
    kept(path, {"one": b"1"})
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    kept(path, {"two": b"2"})
    assert found(path, "one") == b"1"
    assert not clear(path)
    other.execute("ROLLBACK")
    other.close()
    assert found(path, "two") is None
    assert clear(path)
    assert found(path, "one") is None


def test_no_place_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept(tmp_path / "file" / "facts.db", {"one": b"1"})
    assert found(tmp_path / "file" / "facts.db", "one") is None
    assert (tmp_path / "file").read_text() == "in the way"


def test_nothing_to_tell_and_nothing_to_clear(path: Path) -> None:
    assert info(path) == (0, 0, None)
    assert clear(path)
    assert not path.exists()


def test_info_tells_what_there_is(path: Path) -> None:
    kept(path, {"one": b"1", "two": b"2"}, now=5 * HOUR + 7)
    assert info(path).entries == 2
    assert info(path).oldest == 5 * HOUR
    path.write_bytes(b"?" * 5000)
    assert info(path) == (0, 5000, None)


def _work(path: Path, number: int) -> int:
    wrong = 0
    for turn in range(4):
        with Cache(path) as cache:
            for n in range(40):
                content = cache.find(b"file", f"{n}")
                wrong += content not in (None, b"%d" % n)
                cache.keep(b"file", f"{n}", b"%d" % n)
            cache.keep(b"file", f"own {number} {turn}", b"x")
    return wrong


@pytest.fixture
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(4, get_context("spawn")) as found:
        yield found


def test_several_processes_at_once(path: Path, pool: ProcessPoolExecutor) -> None:
    assert sum(pool.map(_work, [path] * 4, range(4))) == 0
    assert found(path, "39") == b"39"
