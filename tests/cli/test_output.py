"""What a person at a terminal sees, and what a pipe gets."""

import io
import time
from pathlib import Path

import pytest

from reviewbot.commands import output
from reviewbot.commands.folders import cache_folder, state_folder
from reviewbot.commands.output import Progress, emit, wants_color, width
from reviewbot.errors import ReviewbotError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_color_only_for_people_who_did_not_decline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert wants_color("auto", Terminal())
    assert not wants_color("auto", io.StringIO())
    monkeypatch.setenv("NO_COLOR", "")
    assert wants_color("auto", Terminal()), "set but empty: no wish (no-color.org)"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color("auto", Terminal())
    assert wants_color("always", io.StringIO()), "said on the command line"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_color("auto", Terminal())


def test_width(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, wanted in (("20", 60), ("90", 90), ("300", 100)):
        monkeypatch.setenv("COLUMNS", columns)
        assert width(Terminal()) == wanted
        assert width(io.StringIO()) == 80


def test_short_work_leaves_no_trace() -> None:
    stream = Terminal()
    with Progress(stream, is_told=False, is_quiet=False) as progress:
        progress("reading")
        progress("looking")
    assert stream.getvalue() == ""


def test_long_work_says_where_it_is_and_cleans_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_PATIENCE", 0.01)
    stream = Terminal()
    with Progress(stream, is_told=False, is_quiet=False) as progress:
        progress("reading")
        time.sleep(0.1)
        progress("looking")
    said = stream.getvalue()
    assert said.index("reading ...") < said.index("looking ...")
    assert said.endswith("\r\x1b[K")
    assert "\n" not in said


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_quiet_says_nothing(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> None:
    monkeypatch.setattr(output, "_PATIENCE", 0.0)
    with Progress(stream, is_told=True, is_quiet=True) as progress:
        progress("reading")
        time.sleep(0.02)
    assert stream.getvalue() == ""


def test_output_that_cannot_be_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, "ascii"))
    emit("Jörg → ok\n", None)
    assert raw.getvalue() == b"J\\xf6rg \\u2192 ok\n"


def test_folders_follow_the_specification() -> None:
    assert cache_folder({"HOME": "/home/r"}) == Path("/home/r/.cache/reviewbot")
    assert state_folder({"HOME": "/home/r"}) == Path("/home/r/.local/state/reviewbot")
    assert cache_folder({"HOME": "/home/r", "XDG_CACHE_HOME": "/var/c"}) == Path("/var/c/reviewbot")
    assert cache_folder({"HOME": "/home/r", "XDG_CACHE_HOME": "c"}) == Path("/home/r/.cache/reviewbot")
    assert cache_folder({}) is None
    assert cache_folder({"HOME": "relative"}) is None


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.json"
    target.write_text("before")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(ReviewbotError, match="No space left"):
            emit("after", target)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.json", "before")]
    emit("after", target)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.json", "after")]
