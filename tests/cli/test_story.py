"""`reviewbot story`: the accesses of a field, from a series or from a tree."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLE, Run, git


def row(text: str, function: str, kind: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if function in line and line.strip().startswith(kind)]
    return line.split()


def test_story_of_a_series(run: Run) -> None:
    done = run("story", "larch.calibrated", str(EXAMPLE))
    assert done.status == 0
    assert done.text.startswith("larch.calibrated, bool, declared by this series\n")
    assert row(done.text, "larch_calibrate()", "write")[1:] == [
        "plain",
        "drivers/misc/larch.c:38",
        "larch_calibrate()",
        "ioctl",
        "1",
        "l->config_lock",
        "seen",
    ]
    assert row(done.text, "larch_read()", "read")[-4:] == ["2", "nothing", "seen", "-"]
    assert "No lock in common: larch_calibrate() and larch_read()" in done.text
    assert "no tree" in done.text


def test_story_of_commits_over_their_tree(run: Run, kernel: Path) -> None:
    done = run("story", "struct larch.width", "-1", cwd=kernel)
    assert row(done.text, "larch_ioctl()", "write")[4:6] == ["ioctl", "1"]
    assert "No lock in common" in done.text
    assert (
        "Asked: flag-publishes-data (high) at drivers/misc/larch.c:"
        in run("story", "larch.ready", "-1", cwd=kernel).text
    )


def test_story_of_a_tree(run: Run, kernel: Path) -> None:
    done = run("story", "larch.ready", cwd=kernel)
    assert row(done.text, "larch_ioctl()", "write")[4:6] == ["ioctl", "-"]
    assert "Were it all new: asked: flag-publishes-data (high) at" in done.text
    assert "1 of 1 files" in done.text
    assert "no access of larch.ready" in run("story", "larch.ready", "--base", "main", cwd=kernel).complaint
    assert done.out == run("story", "larch.ready", "--tree", str(kernel)).out
    assert "name it as the code declares it" in run("story", "larch.redy", cwd=kernel).complaint


def test_wide_field_is_looked_up_near_its_struct(run: Run, kernel: Path) -> None:
    for number in range(250):
        folder = kernel / f"drivers/d{number % 5}"
        folder.mkdir(exist_ok=True)
        (folder / f"f{number}.c").write_text("int ready;\n")
    git(kernel, "add", "-A")
    git(kernel, "commit", "-q", "-m", "many")
    done = run("story", "larch.ready", cwd=kernel)
    assert "1 of 251 files" in done.text
    assert "larch_ioctl()" in done.text


def test_field_that_is_not_there(run: Run, kernel: Path) -> None:
    assert "there is larch.ready" in run("story", "birch.ready", "-1", cwd=kernel).complaint
    assert "name a SOURCE" in run("story", "larch.ready").complaint
    assert "name a SOURCE" in run("story", "larch.ready", "--no-tree", cwd=kernel).complaint


def test_what_is_known_is_told_instead(run: Run) -> None:
    def complaint(name: str) -> str:
        return run("story", name, str(EXAMPLE)).complaint

    assert "there is larch.calibrated" in complaint("calibrated")
    assert "larch is a struct: name a field of it, larch." in complaint("larch")
    assert "struct larch has larch." in complaint("larch.nothing")
    assert "known by a name like it: larch.calibrated" in complaint("calibratd")
    assert "structs known here: larch" in complaint("zzzzz")


HIDDEN_AND_PLAIN = ("larch.calibrated", "larch.scale", "larch_calibration.offset", "larch_log.entries")


def test_tables_and_reasons(run: Run, golden: Callable[[Path, str], None]) -> None:
    told = (run("story", name, str(EXAMPLE)).text for name in HIDDEN_AND_PLAIN)
    golden(Path(__file__).parent / "golden" / "stories.txt", "\n".join(told))


def test_verbose_review_names_each_new_field(run: Run) -> None:
    text = " ".join(run("review", "-v", str(EXAMPLE)).text.partition("New fields:")[2].split())
    assert text.startswith(
        "larch.calibrated: asked: flag-publishes-data (medium) at drivers/misc/larch.c:38 "
    )
    assert "larch.offset, larch.scale: not asked: larch_read() checks first what" in text
    assert "New fields:" not in run("review", str(EXAMPLE)).text


REASONS = {
    "kvm_arch.shadow_root_allocated": "not asked: smp_store_release() in mmu_first_shadow_root_alloc() pairs",
    "kvm_arch.indirect_shadow_pages": "asked: mixed-marking (medium) at arch/x86/kvm/mmu/mmu.c:",
    "kvm_dirty_gfn.flags": "not asked: user space writes it too: only plain reads of it are asked about",
}


@pytest.mark.tree
@pytest.mark.parametrize(("name", "words"), REASONS.items(), ids=REASONS.keys())
def test_reason_in_linux(run: Run, kernel_tree: Path, name: str, words: str) -> None:
    assert f"Were it all new: {words}" in run("story", name, "--tree", str(kernel_tree)).text


@pytest.mark.tree
def test_story_in_linux(run: Run, kernel_tree: Path) -> None:
    done = run("story", "kvm_arch.shadow_root_allocated", "--tree", str(kernel_tree))
    assert row(done.text, "mmu_first_shadow_root_alloc()", "write")[1] == "smp_store_release"
    assert "smp_load_acquire" in done.text


@pytest.mark.tree
def test_example_in_linux_is_reviewed_without_it(run: Run, kernel_tree: Path) -> None:
    mail = EXAMPLE.read_bytes().replace(b"drivers/misc/", b"drivers/larch/")
    done = run("review", "-", cwd=kernel_tree, stdin=mail)
    assert "left aside" in done.text
    assert "2 comments" in done.text
