"""Small trees under b4's own hand. Without b4 the tests marked `b4` are skipped."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.b4.larch import EXAMPLE, apply, environment, git, make_program, make_tree
from tests.cli.conftest import run

__all__ = ["run"]

CHANGE = "larch"
BRANCH = f"b4/review/{CHANGE}"

MakeBranch = Callable[..., Path]


@pytest.fixture
def b4(monkeypatch: pytest.MonkeyPatch) -> Any:
    """b4 itself, with nothing left over of what it read in another repository, and no network."""
    found = pytest.importorskip("b4", reason="b4 is not installed")
    pytest.importorskip("b4.review", reason="b4 here has no review")
    monkeypatch.setattr(found, "MAIN_CONFIG", dict(found.DEFAULT_CONFIG))
    monkeypatch.setattr(found, "USER_CONFIG", {"name": "Morgan Maintainer", "email": "morgan@example.org"})
    monkeypatch.setattr(found, "can_network", False)
    for name, value in environment().items():
        if name.startswith("GIT_") and name not in os.environ:
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
    """`make_branch(mbox)` lets b4 make a review branch of a series, and checks it out."""

    def make(mbox: bytes = EXAMPLE.read_bytes(), prerequisites: int = 0) -> Path:
        monkeypatch.chdir(tree)
        box = b4.LoreMailbox()
        for message in b4.mailsplit_bytes(mbox):
            box.add_message(message)
        git(tree, "checkout", "-q", "-b", "incoming", "main")
        for number in range(prerequisites):
            git(tree, "commit", "-q", "--allow-empty", "-m", f"needed {number}")
        apply(tree, mbox)
        git(tree, "checkout", "-q", "main")
        git(tree, "fetch", "-q", ".", "incoming")
        links = ("https://example.org/1", "https://example.org/%s")
        b4.review.create_review_branch(str(tree), BRANCH, "main", box.get_series(), *links, prerequisites)
        return tree

    return make
