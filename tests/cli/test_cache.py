"""The cache on the command line: it changes the time that a run takes, and nothing else."""

import os
import sqlite3
from pathlib import Path

import pytest

from reviewbot.cache import info
from reviewbot.commands.folders import facts_path
from tests.cli.conftest import EXAMPLE, Run, git

DRIVER = """\
#include "larch.h"

static int larch_setup(struct larch *l)
{
	mutex_lock(&l->config_lock);
	l->rate = 5;
	mutex_unlock(&l->config_lock);
	return 0;
}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = facts_path()
    assert path is not None
    return path


def bytes_of(run: Run, kernel: Path, *options: str) -> tuple[str, ...]:
    """What the commands print: a series of the tree, and a story without one."""
    asked = [("review", "-1", "--format", "json", "--pedantic"), ("story", "larch.ready")]
    return tuple(run(*words, *options, cwd=kernel).text for words in asked)


def test_cold_warm_and_none_are_the_same(run: Run, kernel: Path, cache: Path) -> None:
    without = bytes_of(run, kernel, "--no-cache")
    assert any("ready" in text for text in without)
    assert not cache.exists()
    assert bytes_of(run, kernel) == without
    known = info(cache)
    assert known.entries >= 5
    assert bytes_of(run, kernel) == without
    assert info(cache).entries == known.entries, "a warm run learns nothing new"


def test_the_example_on_a_small_tree(run: Run, kernel: Path, cache: Path) -> None:
    (kernel / "drivers/misc").mkdir(parents=True, exist_ok=True)
    (kernel / "drivers/misc/larch_setup.c").write_text(DRIVER)
    git(kernel, "add", "-A")
    git(kernel, "commit", "-q", "-m", "larch: set up")
    asked = ("review", "--tree", str(kernel), str(EXAMPLE), "--format", "json", "--pedantic")
    without, cold, warm = run(*asked, "--no-cache"), run(*asked), run(*asked)
    assert info(cache).entries > 0
    assert without.text == cold.text == warm.text
    assert without.status == warm.status


def test_a_warm_run_reads_what_was_kept(run: Run, kernel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("review", "-1", "--format", "json", "--pedantic")
    first = bytes_of(run, kernel)
    monkeypatch.setattr("reviewbot.syntax.facts.lower", None)
    monkeypatch.setattr("reviewbot.surroundings._words", None)
    assert bytes_of(run, kernel) == first
    monkeypatch.setattr("reviewbot.looks.Looks.find", lambda *_: None)
    assert run(*asked, cwd=kernel).text == first[0], "not the series, only its files are known"


def test_a_series_is_looked_at_once_on_a_tree(
    run: Run, kernel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("review", "--tree", str(kernel), str(EXAMPLE), "--format", "json")
    first = run(*asked).text
    monkeypatch.setattr("reviewbot.understood.understood", None)
    assert run(*asked).text == first
    assert run(*asked, "--pedantic", "--min-confidence", "low").status == 0, "what is shown is asked anew"
    assert run(*asked, "--no-cache").status == 3


def test_on_another_tree_the_series_is_looked_at_again(run: Run, kernel: Path, cache: Path) -> None:
    asked = ("review", "--tree", str(kernel), str(EXAMPLE), "--format", "json", "--pedantic")
    run(*asked)
    text = "static void larch_drop(struct larch *l)\n{\n\tWRITE_ONCE(l->rate, 0);\n}\n"
    (kernel / "drivers/misc").mkdir(parents=True, exist_ok=True)
    (kernel / "drivers/misc/larch_drop.c").write_text(text)
    git(kernel, "add", "-A")
    git(kernel, "commit", "-q", "-m", "larch: drop")
    entries = info(cache).entries
    assert run(*asked).text == run(*asked, "--no-cache").text
    assert info(cache).entries > entries


def test_another_version_knows_nothing(
    run: Run, kernel: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bytes_of(run, kernel)
    entries = info(cache).entries
    for module in ("reviewbot.syntax.shelf", "reviewbot.looks"):
        monkeypatch.setattr(f"{module}.stamp", lambda *_: b"another")
    assert bytes_of(run, kernel) == first
    assert info(cache).entries == 2 * entries


def test_content_of_another_kind_is_made_anew(
    run: Run, kernel: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewbot.syntax.codec.Codec.encode", lambda *_: b"[0]")
    first = bytes_of(run, kernel, "--no-cache")
    bytes_of(run, kernel)
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parents[1]))
    assert info(cache).entries >= 5
    assert bytes_of(run, kernel) == first


@pytest.mark.parametrize("text", [b"", b"no database" * 900])
def test_a_damaged_file_is_no_error(run: Run, kernel: Path, cache: Path, text: bytes) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_bytes(text)
    done = run("review", "-1", cwd=kernel)
    assert done.status == 0
    assert done.err == ""
    assert info(cache).entries > 0


def test_a_folder_that_cannot_be_made_is_no_error(run: Run, kernel: Path, cache: Path) -> None:
    cache.parents[1].write_text("in the way")
    done = run("review", "-1", cwd=kernel)
    assert (done.status, done.err) == (0, "")


def test_info_and_clear(run: Run, kernel: Path, cache: Path) -> None:
    assert "entries  0\n" in run("cache", "info").text
    run("review", "-1", cwd=kernel)
    told = run("cache", "info").text
    assert str(cache) in told
    assert f"entries  {info(cache).entries}\n" in told
    assert "MB of at most 200 MB" in told
    assert "oldest   last used 20" in told
    assert run("cache", "clear").status == 0
    assert info(cache).entries == 0
    assert [path.name for path in cache.parent.iterdir()] == ["facts.db"]


def test_clear_says_when_it_cannot(
    run: Run, kernel: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewbot.cache._PATIENCE", 0.01)
    run("review", "-1", cwd=kernel)
    other = sqlite3.connect(cache, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = run("cache", "clear")
    other.close()
    assert done.status == 2
    assert "in use" in done.err


def test_without_a_home_there_is_no_place(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert os.environ.get("HOME") is None
    for what in ("info", "clear"):
        done = run("cache", what)
        assert done.status == 2
        assert "no cache folder" in done.err
