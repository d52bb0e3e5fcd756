"""What a maintainer sees: b4's own screen, in a terminal of tmux."""

import importlib.util
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.b4.conftest import MakeBranch
from tests.b4.larch import ROOT
from tests.cli.conftest import Run
from tests.docs.test_mutt import Terminal

PAGE = ROOT / "docs/examples/b4.md"
MESSAGE = "▌"
"""How b4 frames its messages on the left."""
START, END = "<!-- b4: written by pytest --bless -->\n", "<!-- end of b4 -->"

pytestmark = [
    pytest.mark.b4,
    pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed"),
    pytest.mark.skipif(not importlib.util.find_spec("textual"), reason="b4's screens need textual: b4[tui]"),
]


@pytest.fixture
def screen(make_branch: MakeBranch, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """b4 review on the branch of the example, on which there are our review files."""
    tree = make_branch()
    assert run("b4", "review", cwd=tree).status == 0
    for name, value in (("TERM", "screen"), ("LC_ALL", "C.UTF-8"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    program = f"{sys.executable} -c 'from b4.command import cmd; cmd()' --offline-mode review"
    terminal = Terminal(tree, f"{program} enroll -i larch . && {program} tui --no-mouse")
    terminal.tmux("resize-window", "-x", "112", "-y", "50")
    yield terminal
    terminal.tmux("kill-server")


def test_comments_on_the_screen(screen: Terminal, golden: Callable[[Path, str], None]) -> None:
    screen.shows("± 1/3 larch")
    for key, text in (("]", "+static int larch_calibrate"), ("f", "╭"), (".", "statistics and teardown")):
        screen.tmux("send-keys", key)
        screen.shows(text)
    shown = settled(screen)
    text = PAGE.read_text(encoding="utf-8")
    page, _, rest = text.partition(START)
    told = rest.partition(END)[0]
    if panel(told) != panel(shown):  # the rest of the screen changes with b4 and textual
        lines = "\n".join(line.rstrip() for line in shown.rstrip().split("\n"))
        golden(PAGE, f"{page}{START}\n```text\n{lines}\n```\n\n{END}{rest.partition(END)[2]}")
    assert panel(shown)[0] == "+       l->calibrated = true;"


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
    right = [line.partition("│")[2] for line in screen.split("\n")]
    starts = [number for number, line in enumerate(right) if line.startswith("╭")]
    ends = [number for number, line in enumerate(right) if line.startswith("╰")]
    if not starts or not ends:
        return []
    inside = (line.removeprefix("│").partition("│")[0].rstrip() for line in right[starts[0] + 1 : ends[0]])
    return [right[starts[0] - 1].rstrip(), *inside]
