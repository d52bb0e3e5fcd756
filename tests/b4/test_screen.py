"""What a maintainer sees: b4's own screens, in a terminal of tmux."""

import importlib.util
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.b4.conftest import BRANCH, MakeBranch
from tests.b4.larch import EXAMPLE, ROOT, git
from tests.cli.conftest import Run
from tests.docs.test_mutt import Terminal

PAGE = ROOT / "docs/examples/b4.md"
MESSAGE = "▌"
"""How b4 frames its messages on the left."""
BLOCKS = re.compile("[\u2580-\u259f]")
"""What scroll bars are made of."""
SIZE = ("-x", "112", "-y", "50")

pytestmark = [
    pytest.mark.b4,
    pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed"),
    pytest.mark.skipif(not importlib.util.find_spec("textual"), reason="b4's screens need textual: b4[tui]"),
]

Screen = Callable[[Path], Terminal]


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Starts b4 review in a tree, with no results of earlier checks."""
    values = {"TERM": "screen", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "XDG_DATA_HOME": str(tmp_path / "data")}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    started: list[Terminal] = []

    def start(tree: Path) -> Terminal:
        program = f"{sys.executable} -c 'from b4.command import cmd; cmd()' --offline-mode review"
        terminal = Terminal(tree, f"{program} enroll -i larch . && {program} tui --no-mouse")
        started.append(terminal)
        terminal.tmux("resize-window", *SIZE)
        return terminal

    yield start
    for terminal in started:
        terminal.tmux("kill-server")


@pytest.fixture
def page(golden: Callable[[Path, str], None]) -> Callable[[str, str, Callable[[str], list[str]]], None]:
    """`page(name, screen, essence)` compares the essence with that of the page, or writes the screen there.

    The rest of a screen changes with b4 and textual.
    """

    def compare(name: str, shown: str, essence: Callable[[str], list[str]]) -> None:
        start, end = f"<!-- {name}: written by pytest --bless -->\n", f"<!-- end of {name} -->"
        before, found, rest = PAGE.read_text(encoding="utf-8").partition(start)
        assert found, f"no place for the {name}"
        assert essence(shown)
        if essence(rest.partition(end)[0]) != essence(shown):
            lines = "\n".join(line.rstrip() for line in shown.rstrip().split("\n"))
            golden(PAGE, f"{before}{start}\n```text\n{lines}\n```\n\n{end}{rest.partition(end)[2]}")

    return compare


def test_comments_on_the_screen(
    make_branch: MakeBranch, run: Run, screen: Screen, page: Callable[..., None]
) -> None:
    tree = make_branch()
    assert run("b4", "review", cwd=tree).status == 0
    terminal = screen(tree)
    patiently(terminal, "± 1/3 larch")
    for key, text in (("]", "+static int larch_calibrate"), ("f", "╭"), (".", "statistics and teardown")):
        terminal.tmux("send-keys", key)
        terminal.shows(text)
        shown = settled(terminal)  # b4 draws anew what it has loaded, from the top
    page("comments", shown, panel)
    assert panel(shown)[0] == "+       l->calibrated = true;"


def test_checks_on_the_screen(
    b4: Any, make_branch: MakeBranch, program: Path, screen: Screen, page: Callable[..., None]
) -> None:
    """The thread lies in the tracking data, where b4 keeps it too, so that it asks no network."""
    tree = make_branch()
    cover, tracking = b4.review.load_tracking(str(tree), BRANCH)
    tracking["series"]["thread-blob"] = git(tree, "hash-object", "-w", "--stdin", given=EXAMPLE.read_bytes())
    assert b4.review.save_tracking_ref(str(tree), BRANCH, cover, tracking)
    git(tree, "config", "b4.review-perpatch-check-cmd", f"{program} b4 check")
    git(tree, "config", "b4.review-series-check-cmd", f"{program} b4 check --series")
    terminal = screen(tree)
    patiently(terminal, "1/3 larch")
    terminal.tmux("send-keys", "c")
    patiently(terminal, "● pass")
    shown = settled(terminal)
    page("checks", shown, matrix)
    assert [line.split()[-1] for line in matrix(shown)] == ["series", "warn", "–", "–", "–"]


def patiently(screen: Terminal, text: str) -> None:
    """Waits three times as long as for what comes at once."""
    for _ in range(2):
        with suppress(AssertionError):
            screen.shows(text)
            return
    screen.shows(text)


def settled(screen: Terminal) -> str:
    """The screen once b4's messages are gone from it, which stay for some seconds."""
    for _ in range(60):
        shown = screen.tmux("capture-pane", "-p")
        if MESSAGE not in shown:
            return shown
        time.sleep(0.5)
    raise AssertionError(f"a message stays:\n{shown}")


def panel(screen: str) -> list[str]:
    """The line that the comment stands under, and what the frame holds."""
    right = [BLOCKS.sub("", line).partition("│")[2] for line in screen.split("\n")]
    starts = [number for number, line in enumerate(right) if line.startswith("╭")]
    ends = [number for number, line in enumerate(right) if line.startswith("╰")]
    if not starts or not ends:
        return []
    inside = (line.removeprefix("│").partition("│")[0].rstrip() for line in right[starts[0] + 1 : ends[0]])
    return [right[starts[0] - 1].rstrip(), *inside]


def matrix(screen: str) -> list[str]:
    """The names of the checks, and a row a message."""
    inside = [line.split("│")[1].strip(" ▶") for line in screen.split("\n") if line.count("│") == 2]
    return [" ".join(line.split()) for line in inside if line.endswith(("series", "warn", "pass", "–"))]
