"""`reviewbot litmus --svg`: where pictures go, and which tests have none."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Run
from tests.memory_model.texts import BOXES, FENCED_BOXES, MAIL


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    """Two tests, and a third of the same name as the first in a folder of its own."""
    folder = tmp_path / "tests"
    (folder / "inner").mkdir(parents=True)
    (folder / "mail.litmus").write_text(MAIL)
    (folder / "boxes.litmus").write_text(BOXES)
    (folder / "inner/mail.litmus").write_text(FENCED_BOXES)
    return folder


def title(path: Path) -> str:
    return ElementTree.parse(path).getroot()[0].text or ""  # noqa: S314 - our own


def test_one_test_one_file(run: Run, tests: Path, tmp_path: Path) -> None:
    plain = run("litmus", "tests/mail.litmus")
    done = run("litmus", "--svg", "mail.svg", "tests/mail.litmus")
    assert (done.status, done.text, done.err) == (0, plain.text, "")
    assert title(tmp_path / "mail.svg") == "mail-and-note: may happen: 1:r0=1; 1:r1=0;"
    run("litmus", "--svg", "mail.svg", "tests/inner/mail.litmus")
    assert title(tmp_path / "mail.svg").startswith("boxes: forbidden by propagation: ")


def test_several_tests_one_folder(run: Run, tests: Path, tmp_path: Path) -> None:
    assert run("litmus", "--svg", "out/pictures", "tests").status == 0
    made = {path.name: title(path).partition(":")[0] for path in (tmp_path / "out/pictures").iterdir()}
    assert made == {"boxes.svg": "boxes", "mail.svg": "boxes", "mail-2.svg": "mail-and-note"}


def test_a_folder_for_one(run: Run, tests: Path, tmp_path: Path) -> None:
    assert run("litmus", "--svg", "tests", "tests/mail.litmus").status == 0
    assert (tests / "mail.svg").is_file()
    assert run("litmus", "--svg", "tests", "-", stdin=MAIL.encode()).status == 0
    assert (tests / "stdin.svg").is_file()


def test_several_do_not_go_to_one_file(run: Run, tests: Path) -> None:
    wanted = "reviewbot: 3 pictures do not go to one file all.svg; name a folder"
    done = run("litmus", "--svg", "all.svg", "tests")
    assert (done.complaint, done.text) == (wanted, "")
    (tests / "there").write_text("")
    assert "name a folder" in run("litmus", "--svg", "tests/there", "tests").complaint
    assert "there is no folder" in run("litmus", "--svg", "none/x.svg", "tests/mail.litmus").complaint


def test_no_picture(run: Run, tests: Path, tmp_path: Path) -> None:
    (tests / "mail.litmus").write_text(MAIL.replace("1:r1=0", "1:r1=7"))
    done = run("litmus", "--svg", "x.svg", "tests/mail.litmus")
    assert done.err == "reviewbot: tests/mail.litmus: no picture: no choice of values comes to this outcome\n"
    assert not (tmp_path / "x.svg").exists()
