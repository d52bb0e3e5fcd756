"""A review on a tree is judged by the tree's own memory model."""

from pathlib import Path

import reviewbot.memory_model
from reviewbot.judges import Judge
from reviewbot.memory_model.model import default
from reviewbot.sources.git import Repository
from tests.sources.repositories import commit, new_repository

FILES = Path(reviewbot.memory_model.__file__).parent / "default_model"


def judge(folder: Path, files: dict[str, str]) -> Judge:
    """The judge of a tree with these files in tools/memory-model."""
    new_repository(folder)
    base = commit(folder, "model", {f"tools/memory-model/{name}": text for name, text in files.items()})
    return Judge(Repository.open(folder), base)


def ours() -> dict[str, str]:
    return {path.name: path.read_text() for path in FILES.iterdir() if path.is_file()}


def test_without_a_tree_our_own() -> None:
    found = Judge(None, None)
    assert found.name is None
    assert found() is default()
    assert (found.name, found.note) == (default().name, "")


def test_the_tree_has_one(tmp_path: Path) -> None:
    files = ours() | {"ordering.cat": ours()["ordering.cat"]}
    found = judge(tmp_path / "tree", files)
    assert found() is not default()
    assert found.note == ""


def test_the_tree_has_none(tmp_path: Path) -> None:
    found = judge(tmp_path / "tree", {"README": "nothing else"})
    assert found() is default()
    assert found.note == ""


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    model = {"linux-kernel.cat": '"A model" include "../secret.cat"', "../secret.cat": "let x = po"}
    found = judge(tmp_path / "tree", model)
    assert found() is default()
    assert "linux-kernel.cat:1" in found.note
    assert "own memory model" in found.note


def test_nothing_outside_of_the_folder_is_read(tmp_path: Path) -> None:
    model = {"linux-kernel.cat": '"A model" include "../secret.cat"', "../secret.cat": "let x = po"}
    found = judge(tmp_path / "tree", model)
    assert found() is default()
    assert "secret.cat" in found.note
