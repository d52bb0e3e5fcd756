"""The folder in .git that b4 looks into: whole or not at all, and nobody else's."""

import os
from pathlib import Path

import pytest

from reviewbot.errors import ReviewbotError
from reviewbot.publishers.b4 import IDENTITY, folder, put

TIP = "c" * 40
FILES = {"identity.txt": f"{IDENTITY}\n", "0001.txt": "1 question\n"}


@pytest.fixture
def git_dir(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path / ".git"


def everything(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path)) for each in path.rglob("*"))


def test_it_is_written_once(git_dir: Path) -> None:
    assert put(git_dir, TIP, FILES)
    assert not put(git_dir, TIP, FILES)
    assert everything(git_dir) == [
        "b4-review",
        *(f"b4-review/{TIP}{end}" for end in ("", "/0001.txt", "/identity.txt")),
    ]
    assert {path.name: path.read_text() for path in (git_dir / "b4-review" / TIP).iterdir()} == FILES


def test_text_that_is_no_unicode_is_written_all_the_same(git_dir: Path) -> None:
    assert put(git_dir, TIP, {**FILES, "series.txt": "\ud800"})
    assert (git_dir / "b4-review" / TIP / "series.txt").read_text() == "\\ud800"


@pytest.mark.parametrize("place", ["b4-review", f"b4-review/{TIP}"])
@pytest.mark.parametrize("is_there", [True, False])
def test_no_link_is_followed(git_dir: Path, tmp_path: Path, place: str, is_there: bool) -> None:
    outside = tmp_path / "outside"
    if is_there:
        outside.mkdir()
    (git_dir / place).parent.mkdir(exist_ok=True)
    (git_dir / place).symlink_to(outside)
    with pytest.raises(ReviewbotError, match="cannot write into"):
        put(git_dir, TIP, FILES)
    assert outside.exists() == is_there
    assert not is_there or list(outside.iterdir()) == []


def test_a_link_in_the_folder_is_not_followed(git_dir: Path, tmp_path: Path) -> None:
    put(git_dir, TIP, FILES)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
        (git_dir / "b4-review" / TIP / name).unlink()
        (git_dir / "b4-review" / TIP / name).symlink_to(tmp_path / name)
    with pytest.raises(ReviewbotError, match="cannot write into"):
        put(git_dir, TIP, FILES)


def test_a_pipe_in_the_folder_is_not_waited_for(git_dir: Path) -> None:
    (git_dir / "b4-review" / TIP).mkdir(parents=True)
    os.mkfifo(git_dir / "b4-review" / TIP / "identity.txt")
    with pytest.raises(ReviewbotError, match="was not written by reviewbot"):
        put(git_dir, TIP, FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_failure_leaves_nothing_half_written(
    git_dir: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = folder._write

    def fail(where: int, file: str, text: bytes) -> None:
        write(where, file, text)
        if file == name:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "_write", fail)
    with pytest.raises(ReviewbotError, match="No space left on device"):
        put(git_dir, TIP, FILES)
    assert everything(git_dir) == ["b4-review"]


def test_an_interrupt_leaves_nothing_half_written(git_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "_write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        put(git_dir, TIP, FILES)
    assert everything(git_dir) == ["b4-review"]


def test_who_came_in_between_is_not_overwritten(git_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_is_there", lambda *_: False)
    theirs = git_dir / "b4-review" / TIP
    theirs.mkdir(parents=True)
    (theirs / "identity.txt").write_text("Other <other@example.org>\n")
    with pytest.raises(ReviewbotError, match="cannot write into"):
        put(git_dir, TIP, FILES)
    assert everything(git_dir / "b4-review") == [TIP, f"{TIP}/identity.txt"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ReviewbotError, match=r"cannot write into .*/b4-review: No such file"):
        put(tmp_path / "nowhere", TIP, FILES)


def test_the_folder_is_as_open_as_others(git_dir: Path) -> None:
    mask = os.umask(0o022)
    try:
        put(git_dir, TIP, FILES)
    finally:
        os.umask(mask)
    made = git_dir / "b4-review" / TIP
    assert (made.stat().st_mode & 0o777, (made / "0001.txt").stat().st_mode & 0o777) == (0o755, 0o644)
