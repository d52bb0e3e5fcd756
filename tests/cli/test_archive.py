"""`reviewbot review` of a mail in an archive, as a user meets it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("liblore")

from tests.cli.conftest import EXAMPLE, Run, git
from tests.sources.inboxes import Inbox, served

NAME = "20250304100000.17-2-robin@example.org"


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with served() as inbox:
        inbox.keeps(EXAMPLE.read_bytes(), NAME)
        inbox.finds(EXAMPLE.read_bytes())
        yield inbox


def test_a_mail_is_reviewed_as_its_mbox_is(run: Run, inbox: Inbox) -> None:
    expected = run("review", str(EXAMPLE))
    for source in (f"<{NAME}>", NAME, f"{inbox.base}/{NAME}/"):
        done = run("review", "--archive", inbox.base, source)
        assert (done.status, done.out, done.err) == (0, expected.out, "")


def test_the_second_run_asks_nothing_unless_told(run: Run, inbox: Inbox) -> None:
    run("review", "--archive", inbox.base, f"<{NAME}>")
    count = len(inbox.asked)
    run("story", "larch.calibrated", "--archive", f"{inbox.base}/%s", f"<{NAME}>")
    assert len(inbox.asked) == count
    assert "answers of archives" in run("cache", "info").text
    run("cache", "clear")
    assert "answers of archives" not in run("cache", "info").text
    run("review", "--no-cache", "--archive", inbox.base, f"<{NAME}>")
    assert len(inbox.asked) == 2 * count
    assert "answers of archives" not in run("cache", "info").text


def test_a_branch_of_that_name_is_a_branch(run: Run, inbox: Inbox, kernel: Path) -> None:
    git(kernel, "branch", NAME)
    done = run("review", "--archive", inbox.base, NAME, cwd=kernel)
    assert "larch: Let user space set the width" in done.text
    assert inbox.asked == []


def test_complaints_are_one_line(run: Run, inbox: Inbox) -> None:
    assert (
        "has no message <no@example.org>"
        in run("review", "--archive", inbox.base, "<no@example.org>").complaint
    )
    assert "connection refused" in run("review", "http://127.0.0.1:1/x/no@example.org").complaint
    assert "no address of a mail archive" in run("review", "--archive", "lore", "<no@example.org>").complaint
    assert "\\x1b" in run("review", f"{inbox.base}/\x1b[31m@example.org").complaint


def test_without_liblore_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "liblore", None)
    monkeypatch.delitem(sys.modules, "reviewbot.sources.lore", raising=False)
    assert "pip install '.[lore]'" in run("review", f"<{NAME}>").complaint
