"""Small trees under b4's own hand. Without b4 the tests marked `b4` are skipped."""

from collections.abc import Callable
from email import charset
from pathlib import Path
from typing import Any

import pytest

from tests.b4.larch import EXAMPLE, apply, environment, git, make_program, make_tree
from tests.cli.conftest import run

__all__ = ["run"]

BRANCH = "b4/review/larch"
CODE_NAME = "drivers/misc/larch.c"

MakeBranch = Callable[..., Path]
Change = Callable[[bytes], bytes]


def import_b4() -> Any:
    """The module, with what it changes in `email` put right again; skips without it."""
    known = dict(charset.CHARSETS)
    found = pytest.importorskip("b4", reason="b4 is not installed")
    pytest.importorskip("b4.review", reason="b4 here has no review")
    charset.CHARSETS.clear()
    charset.CHARSETS.update(known)
    return found


@pytest.fixture
def b4(monkeypatch: pytest.MonkeyPatch) -> Any:
    """b4 itself, with nothing left over of what it read in another repository, and no network."""
    found = import_b4()
    # b4 wants its mails unencoded, and tells all of Python so
    monkeypatch.setitem(charset.CHARSETS, "utf-8", (None, None, None))
    monkeypatch.setattr(found, "MAIN_CONFIG", dict(found.DEFAULT_CONFIG))
    monkeypatch.setattr(found, "USER_CONFIG", {"name": "Morgan Maintainer", "email": "morgan@example.org"})
    monkeypatch.setattr(found, "can_network", False)
    for name, value in environment().items():
        if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER")):
            monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree on `main` that the example applies to."""
    return make_tree(tmp_path / "linux")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return make_program(tmp_path / "bin")


@pytest.fixture
def make_branch(b4: Any, tree: Path, monkeypatch: pytest.MonkeyPatch) -> MakeBranch:
    """Lets b4 make a review branch of the example, and checks it out.

    In every commit `change` is done to larch.c, and `name` is given to it.
    """

    def make(prerequisites: int = 0, change: Change = bytes, name: str = CODE_NAME) -> Path:
        monkeypatch.chdir(tree)
        box = b4.LoreMailbox()
        for message in b4.mailsplit_bytes(EXAMPLE.read_bytes()):
            box.add_message(message)
        git(tree, "checkout", "-q", "-b", "incoming", "main")
        for number in range(prerequisites):
            (tree / f"needed-{number}").touch()
            git(tree, "add", "-A")
            git(tree, "commit", "-q", "-m", f"needed {number}")
        apply(tree, EXAMPLE.read_bytes())
        if change is not bytes or name != CODE_NAME:
            rewrite(tree, change, name)
        git(tree, "checkout", "-q", "main")
        git(tree, "fetch", "-q", ".", "incoming")
        links = ("https://example.org/1", "https://example.org/%s")
        b4.review.create_review_branch(str(tree), BRANCH, "main", box.get_series(), *links, prerequisites)
        return tree

    return make


def rewrite(tree: Path, change: Change, name: str) -> None:
    """The commits of `main` and `incoming` anew, with larch.c changed and renamed in each."""
    commits = git(tree, "rev-list", "--reverse", "incoming").split()
    for commit in commits:
        git(tree, "checkout", "-q", *(("--orphan", "anew") if commit == commits[0] else ("anew",)))
        git(tree, "checkout", "-q", commit, "--", ".")
        text = change((tree / CODE_NAME).read_bytes())
        (tree / CODE_NAME).unlink()
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(text)
        git(tree, "add", "-A")
        git(tree, "commit", "-q", "-C", commit)
        if commit == commits[0]:
            git(tree, "branch", "-f", "main")
    git(tree, "branch", "-f", "incoming")
