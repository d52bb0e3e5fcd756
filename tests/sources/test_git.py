import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewbot.errors import SourceError, TreeError
from reviewbot.series.model import Series, Status
from reviewbot.series.tree import SeriesTree
from reviewbot.sources import commits
from reviewbot.sources.base import find_base
from reviewbot.sources.commits import is_range, read_range
from reviewbot.sources.git import Repository
from reviewbot.sources.threeway import three_way
from tests.sources.repositories import commit, fingerprint, git, new_repository

LINES = [f"int part_{number};" for number in range(1, 41)]


def source(**changes: str) -> str:
    return "".join(f"{changes.get(line[4:-1], line)}\n" for line in LINES)


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """A base, then two commits on `topic`, the second of which renames a header."""
    folder = new_repository(tmp_path / "user")
    commit(
        folder,
        "base",
        {"net/flame.c": source(), "net/flame.h": "struct flame {\n\tint a;\n\tint b;\n\tint c;\n};\n"},
    )
    git(folder, "checkout", "-q", "-b", "topic")
    commit(
        folder,
        "flame: lit\n\nLight it.\n\nSigned-off-by: Ada <a@b>",
        {"net/flame.c": source(part_10="int lit;")},
    )
    header = (folder / "net/flame.h").read_text()
    commit(
        folder,
        "flame: dark",
        {
            "net/flame.c": source(part_10="int lit;", part_30="int dark;"),
            "net/flame.h": None,
            "net/wick.h": header,
        },
    )
    return folder


@pytest.fixture
def repository(user: Path) -> Iterator[Repository]:
    with Repository.open(user) as opened:
        yield opened


def overlaid(series: Series, repository: Repository, base: str) -> SeriesTree:
    return SeriesTree(series, lambda path: repository.read(base, path), three_way(repository))


def test_a_range_becomes_a_series(repository: Repository) -> None:
    series = read_range("main..topic", repository)
    assert [patch.subject for patch in series.patches] == ["flame: lit", "flame: dark"]
    first, second = series.patches
    assert first.body == "Light it.\n\nSigned-off-by: Ada <a@b>"
    assert [trailer.key for trailer in first.trailers] == ["Signed-off-by"]
    assert (first.author.name, first.author.address) == ("Ada Lamp", "ada@example.org")
    assert first.date is not None
    assert first.date.isoformat() == "2026-03-02T10:00:00+01:00"
    assert first.commit == repository.resolve("topic~1")
    assert series.base_commit == repository.resolve("main")
    assert sorted((file.path, file.status) for file in second.files) == [
        ("net/flame.c", Status.MODIFIED),
        ("net/wick.h", Status.RENAMED),
    ]


@pytest.mark.parametrize("text", ["main..", "main...topic", "-2", "main..HEAD"])
def test_other_spellings_of_a_range(repository: Repository, text: str) -> None:
    assert is_range(text)
    assert len(read_range(text, repository).patches) == 2


def test_one_commit_is_a_series(repository: Repository) -> None:
    assert [patch.subject for patch in read_range("topic~1", repository).patches] == ["flame: lit"]


def test_the_first_commit_of_all_has_no_base(repository: Repository) -> None:
    series = read_range("main", repository)
    assert series.base_commit is None
    assert {file.status for file in series.patches[0].files} == {Status.ADDED}


def test_the_import_of_a_tree_is_no_series(
    user: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(git(user, "ls-tree", "-r", "--name-only", "main").split())
    monkeypatch.setattr(commits, "_MOST_AT_FIRST", count)
    assert read_range("main", repository).patches
    monkeypatch.setattr(commits, "_MOST_AT_FIRST", count - 1)
    for text in ("main", "-9"):
        with pytest.raises(
            SourceError, match=rf"{text}: \w{{12}} is the first commit and brings in {count} files"
        ):
            read_range(text, repository)


@pytest.mark.parametrize("text", ["topic~1", "-2", "-3"])
@pytest.mark.parametrize("is_linked", [False, True], ids=["clone", "linked worktree"])
def test_what_a_shallow_clone_begins_with_is_refused(
    user: Path, tmp_path: Path, text: str, is_linked: bool
) -> None:
    place = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=2", "--branch=topic", user.as_uri(), str(place))
    if is_linked:
        git(place, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
        place = tmp_path / "linked"
    with Repository.open(place) as repository:
        assert [patch.subject for patch in read_range("HEAD~1..HEAD", repository).patches] == ["flame: dark"]
        with pytest.raises(SourceError, match=r"this shallow clone begins with \w{12}, .*--deepen"):
            read_range(text.replace("topic", "HEAD"), repository)


def test_merges_are_left_out_and_named(user: Path, repository: Repository) -> None:
    git(user, "checkout", "-q", "main")
    commit(user, "other", {"other.c": "int other;\n"})
    git(user, "checkout", "-q", "topic")
    git(user, "merge", "-q", "-m", "Merge of main", "main")
    last = commit(user, "flame: more", {"net/more.c": "int more;\n"})
    series = read_range("main..topic", repository)
    assert [patch.subject for patch in series.patches] == ["flame: lit", "flame: dark", "flame: more"]
    assert len(series.skipped) == 1
    assert "Merge of main" in series.skipped[0]
    assert read_range("-1", repository).patches[0].commit == last
    with pytest.raises(SourceError, match="merge commit"):
        read_range("topic~1", repository)


@pytest.mark.parametrize(
    "text", ["nope", "--help", "-x", "main..nope", "HEAD~99", "", "main:net", "a\nb", "a\0b"]
)
def test_unknown_revisions_are_said(repository: Repository, text: str) -> None:
    with pytest.raises(SourceError, match="unknown revision"):
        read_range(text, repository)


def test_an_empty_range_is_said(repository: Repository) -> None:
    with pytest.raises(SourceError, match="empty range"):
        read_range("topic..main", repository)


def test_no_repository_is_said(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(TreeError, match="no git repository"):
            Repository.open(place)


def test_files_are_read_and_nothing_else_is(user: Path, repository: Repository) -> None:
    (user / "link.c").symlink_to("net/flame.c")
    tip = commit(user, "a link", {})
    assert repository.read(tip, "net/flame.c") == source(part_10="int lit;", part_30="int dark;").encode()
    for path in ("link.c", "net", "absent.c", "net/flame.c/x", "", "../x", "a\nb", "net/flame.h"):
        assert repository.read(tip, path) is None, path
    assert repository.blob(tip, "net/flame.c") == git(user, "rev-parse", "HEAD:net/flame.c")
    assert repository.listing(tip, "net") == ("net/flame.c", "net/wick.h")


def test_words_are_found_whole(repository: Repository) -> None:
    tip = repository.resolve("topic")
    assert repository.grep(["lit", "dark"], tip) == ("net/flame.c",)
    assert repository.grep(["par"], tip) == ()
    assert repository.grep(["-h", "--", ""], tip) == ()
    assert repository.grep(["flame"], tip, ("*.h",)) == ("net/wick.h",)
    assert repository.occurrences(["lit", "flame", "absent"], tip) == {
        "lit": {"net/flame.c": 1},
        "flame": {"net/wick.h": 1},
        "absent": {},
    }


@pytest.mark.parametrize("kind", ["bare", "worktree", "inside", "git folder", "sha256"])
def test_repositories_of_all_kinds(user: Path, tmp_path: Path, kind: str) -> None:
    place = user
    if kind == "bare":
        place = tmp_path / "bare.git"
        git(tmp_path, "clone", "-q", "--bare", str(user), str(place))
    elif kind == "worktree":
        place = tmp_path / "linked"
        git(user, "worktree", "add", "-q", "--detach", str(place), "topic")
    elif kind == "inside":
        place = user / "net"
    elif kind == "git folder":
        place = user / ".git"
    else:
        place = new_repository(tmp_path / "sha256", "--object-format=sha256")
        commit(place, "base", {"net/flame.c": source()})
        git(place, "checkout", "-q", "-b", "topic")
        commit(place, "flame: lit", {"net/flame.c": source(part_10="int lit;")})
        git(place, "branch", "-q", "main-2")
    with Repository.open(place) as repository:
        series = read_range("main..topic", repository)
        assert series.patches[0].subject == "flame: lit"
        assert series.base_commit is not None
        assert overlaid(series, repository, series.base_commit).applied[0] == 1


def mailed(series: Series) -> Series:
    """The series as a mail would show it: it names no base."""
    return Series(series.subject, 1, series.total, series.patches)


def test_the_base_is_the_one_asked_for_or_named(repository: Repository) -> None:
    series = read_range("main..topic", repository)
    main, topic = repository.resolve("main"), repository.resolve("topic")
    assert find_base(series, repository, "topic") == (topic, "as asked")
    assert find_base(series, repository, None) == (main, "named by the series")
    with pytest.raises(SourceError, match="unknown revision"):
        find_base(series, repository, "nope")


def test_the_base_is_the_commit_with_the_blobs(user: Path, repository: Repository) -> None:
    series = mailed(read_range("main..topic", repository))
    right = repository.resolve("main")
    commit(user, "later", {"net/flame.c": source(part_1="int later;")})
    commit(user, "unrelated", {"other.c": "int x;\n"})
    found, why = find_base(series, repository, None)
    assert found == right
    assert why == "1 of 1 blobs of the index lines are there"


def test_without_any_sign_the_base_is_the_tip(user: Path, repository: Repository, tmp_path: Path) -> None:
    other = new_repository(tmp_path / "other")
    commit(other, "x", {"z.c": "int z;\n"})
    with Repository.open(other) as elsewhere:
        series = mailed(read_range("HEAD", elsewhere))
    found, why = find_base(series, repository, None)
    assert found == repository.resolve("HEAD")
    assert why.startswith("HEAD")


def clashing(user: Path) -> tuple[str, Series]:
    """A commit that the topic's second patch no longer applies to but merges with, and the series."""
    with Repository.open(user) as repository:
        series = mailed(read_range("main..topic", repository))
    git(user, "checkout", "-q", "main")
    text = source(part_8="int other_8;", part_28="int other_28;")
    return commit(user, "near by", {"net/flame.c": text}), series


def test_what_does_not_apply_is_merged(user: Path) -> None:
    base, series = clashing(user)
    with Repository.open(user) as repository:
        tree = overlaid(series, repository, base)
        assert tree.applied == (1, 2)
        assert tree.notes == ()
        view = tree.tip("net/flame.c")
    assert view is not None
    expected = source(part_8="int other_8;", part_28="int other_28;", part_10="int lit;", part_30="int dark;")
    assert view.fragments[0].text == expected.encode()
    added = [(origin.patch, origin.line) for origin in view.fragments[0].origins if origin.patch]
    assert added == [(1, 10), (2, 30)]


def test_what_cannot_be_merged_is_read_from_its_diff(user: Path) -> None:
    _, series = clashing(user)
    base = commit(user, "same place", {"net/flame.c": source(part_10="int mine;")})
    with Repository.open(user) as repository:
        tree = overlaid(series, repository, base)
    assert 1 not in tree.applied
    assert any(note.startswith("patches 1 and 2 do not apply: reviewed") for note in tree.notes)


def test_the_repository_stays_byte_for_byte_as_it_is(user: Path) -> None:
    base, series = clashing(user)
    (user / "net/flame.c").write_text("work in progress\n")
    (user / "staged.c").write_text("staged\n")
    git(user, "add", "staged.c")
    before = fingerprint(user)
    with Repository.open(user) as repository:
        find_base(series, repository, None)
        tree = overlaid(series, repository, base)
        assert tree.applied == (1, 2)
        repository.grep(["lit"], base)
        read_range("main..topic", repository)
        folder = repository.shadow.root
        assert folder.is_dir()
    assert not folder.exists()
    assert fingerprint(user) == before


def test_a_repository_that_cannot_be_written_is_read(user: Path) -> None:
    base, series = clashing(user)
    paths = [user, *user.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        with Repository.open(user) as repository:
            assert overlaid(series, repository, base).applied == (1, 2)
    finally:
        for path in paths:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)


def test_nothing_of_a_hostile_repository_runs(
    user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, series = clashing(user)
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\ntouch {ran}\ncat "$1" 2>/dev/null\n')
    script.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.editor",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "merge.evil.driver",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "uploadpack.packObjectsHook",
    ):
        git(user, "config", key, str(script))
    git(user, "config", "filter.evil.required", "true")
    git(user, "config", "core.hooksPath", str(tmp_path))
    (user / ".gitattributes").write_text("* diff=evil merge=evil filter=evil text\n")
    (user / ".git/info/attributes").write_text("* diff=evil merge=evil filter=evil\n")
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        (user / ".git/hooks").mkdir(exist_ok=True)
        (user / ".git/hooks" / hook).write_bytes(script.read_bytes())
        (user / ".git/hooks" / hook).chmod(0o755)
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(script))
    monkeypatch.setenv("GIT_PAGER", str(script))
    with Repository.open(user) as repository:
        find_base(series, repository, None)
        read = read_range("main..topic", repository)
        assert read.patches[0].files == series.patches[0].files
        assert overlaid(series, repository, base).applied == (1, 2)
        assert repository.grep(["part_1"], base) == ("net/flame.c",)
    assert not ran.exists()


def test_replaced_objects_are_read_as_they_were(user: Path) -> None:
    other = git(user, "hash-object", "-w", "--stdin", given=b"int replaced;\n")
    git(user, "replace", git(user, "rev-parse", "topic:net/flame.c"), other)
    with Repository.open(user) as repository:
        assert b"part_1;" in (repository.read(repository.resolve("topic"), "net/flame.c") or b"")


def test_variables_of_a_hook_do_not_lead_astray(
    user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_repository(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git/objects"))
    with Repository.open(user) as repository:
        assert len(read_range("main..topic", repository).patches) == 2
    assert os.environ["GIT_DIR"] == str(other / ".git")
