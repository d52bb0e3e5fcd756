"""A draft as a mail program shows it: mutt, in a terminal of tmux."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

TOUR = ROOT / "docs/tour.md"
START, END = "<!-- mutt: written by pytest --bless -->\n", "<!-- end of mutt -->"
SETTINGS = """\
set editor="true" copy=no
set realname="R E Viewer" from="reviewer@example.org" hostname="example.org"
set postponed="/dev/null" record="" mailcap_path="" tmpdir="." folder="."
"""
LONGEST = 20
"""Seconds that mutt has for showing what is waited for."""

pytestmark = pytest.mark.skipif(
    not (shutil.which("mutt") and shutil.which("tmux")), reason="mutt or tmux is not installed"
)


class Terminal:
    """A terminal of 106 columns and 60 lines in which one program runs."""

    def __init__(self, folder: Path, command: str) -> None:
        self._socket = str(folder / "tmux")
        self.tmux("new-session", "-d", "-x", "106", "-y", "60", "-c", str(folder), command)

    def tmux(self, *words: str) -> str:
        command = ["tmux", "-f", os.devnull, "-S", self._socket, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def shows(self, text: str, key: str = "") -> str:
        """The screen once it has the text; the key is pressed until then."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            screen = self.tmux("capture-pane", "-p")
            if text in screen:
                return screen
            if key:
                self.tmux("send-keys", key)
            time.sleep(0.3)
        raise AssertionError(f"{text!r} is not shown:\n{screen}")


@pytest.fixture
def mutt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Mutt with the example's first draft in its compose menu."""
    code = "from reviewbot.cli import main; main()"
    words = ["review", "examples/larch.mbox", "--no-tree", "--reply", str(tmp_path / "drafts")]
    subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, cwd=ROOT)
    (tmp_path / "muttrc").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.setenv("TERM", "screen")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    first = min((tmp_path / "drafts").iterdir())
    terminal = Terminal(tmp_path, f"mutt -n -F muttrc -H drafts/{first.name}")
    yield terminal
    terminal.tmux("kill-server")


def test_draft_in_mutt(mutt: Terminal, golden: Callable[[Path, str], None]) -> None:
    menu = mutt.shows("-- Attachments", key="Enter")
    headers = [line for line in menu.splitlines() if line.strip().startswith(("From:", "To:", "Subject:"))]
    body = mutt.shows("wrote:", key="C-j")
    lines = [*headers, "", *body.splitlines()]
    last = max(number for number, line in enumerate(lines) if line.startswith("[ ] "))
    shown = "\n".join(lines[: last + 1])
    before, _, rest = TOUR.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    golden(TOUR, f"{before}{START}\n```text\n{shown}\n```\n\n{END}{after}")
