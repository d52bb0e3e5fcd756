"""Where `reviewbot b4 review` may write, and what of a repository has no say in it; needs no b4."""

from pathlib import Path

import pytest

from reviewbot.commands import b4_review
from tests.b4.larch import EXAMPLE, apply, git, make_tree, track
from tests.cli.conftest import Run


@pytest.fixture
def tracked(tmp_path: Path) -> Path:
    """A tree on a review branch, made by hand."""
    tree = make_tree(tmp_path / "linux")
    apply(tree, EXAMPLE.read_bytes())
    track(tree, git(tree, "rev-parse", "HEAD~2"), 3)
    return tree


def folders(tree: Path) -> list[str]:
    return [path.name for path in (tree / ".git/b4-review").glob("*")]


def test_outside_of_a_repository(run: Run, tmp_path: Path) -> None:
    assert "no worktree of a git repository; stand in one, or give --tree" in run("b4", "review").complaint


def test_a_bare_repository_has_no_worktree(run: Run, tracked: Path) -> None:
    bare = tracked.parent / "bare.git"
    git(tracked, "clone", "-q", "--bare", ".", str(bare))
    assert "no worktree of a git repository" in run("b4", "review", "--tree", str(bare)).complaint


def test_another_repository_is_named(run: Run, tracked: Path) -> None:
    assert run("b4", "review", "--tree", str(tracked / "drivers")).status == 0
    assert folders(tracked) == [git(tracked, "rev-parse", "HEAD")]


def test_a_git_folder_elsewhere_is_where_b4_finds_it(run: Run, tracked: Path) -> None:
    elsewhere = tracked.parent / "elsewhere"
    (tracked / ".git").rename(elsewhere)
    (tracked / ".git").symlink_to(elsewhere)
    assert run("b4", "review", cwd=tracked).status == 0
    assert folders(tracked) == [git(tracked, "rev-parse", "HEAD")]


def test_a_submodule_has_a_file_of_that_name(run: Run, tracked: Path) -> None:
    elsewhere = tracked.parent / "modules"
    (tracked / ".git").rename(elsewhere)
    (tracked / ".git").write_text(f"gitdir: {elsewhere}\n")
    assert "its .git is a file" in run("b4", "review", cwd=tracked).complaint
    assert not (elsewhere / "b4-review").exists()


@pytest.mark.parametrize("name", ["gone", "b4/review/gone", "-x", "../../heads/main", "", "a b"])
def test_a_branch_that_is_not_there(run: Run, tracked: Path, name: str) -> None:
    done = run("b4", "review", f"--branch={name}", cwd=tracked)
    assert "unknown revision" in done.complaint
    assert folders(tracked) == []


def test_a_branch_that_moves_meanwhile_is_not_written_to(
    run: Run, tracked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewed = b4_review.reviewed

    def moved(*arguments: object) -> object:
        git(tracked, "commit", "-q", "--amend", "--allow-empty", "-m", "changed")
        return reviewed(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(b4_review, "reviewed", moved)
    done = run("b4", "review", cwd=tracked)
    assert "the review branch changed while it was reviewed, and nothing was written" in done.complaint
    assert folders(tracked) == []


def test_nothing_of_the_repository_runs(run: Run, tracked: Path) -> None:
    trap = tracked.parent / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {trap}.sprung\n")
    trap.chmod(0o755)
    for key in ("diff.external", "core.fsmonitor", "core.pager", "core.sshCommand", "diff.x.textconv"):
        git(tracked, "config", key, str(trap))
    git(tracked, "config", "diff.x.command", str(trap))
    git(tracked, "config", "diff.noprefix", "true")
    git(tracked, "config", "color.ui", "always")
    git(tracked, "config", "core.hooksPath", str(trap.parent))
    (tracked / ".git/info/attributes").write_text("* diff=x filter=x\n")
    plain = run("b4", "review", "--dry-run", cwd=tracked)
    assert plain.status == 0
    assert "> +++ b/drivers/misc/larch.c\n" in plain.text
    assert not Path(f"{trap}.sprung").exists()


def test_a_note_on_the_way_is_on_stderr_alone(run: Run, tracked: Path) -> None:
    done = run("b4", "review", "--quiet", cwd=tracked)
    assert (done.out, done.err) == (b"", "")
    assert "reading the review branch" in run("b4", "review", "--verbose", cwd=tracked).err
