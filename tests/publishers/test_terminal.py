import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.findings import Hidden
from reviewbot.publishers import terminal
from reviewbot.series.model import Series
from tests.publishers.factory import finding, hidden, report, series
from tests.publishers.test_clean import ANYTHING, is_harmless

GOLDEN = Path(__file__).parent / "golden"


def commits() -> Series:
    """The same patches, read from git."""
    bare = tuple(replace(patch, envelope=None, commit="c" * 40) for patch in series().patches)
    return replace(series(), patches=bare, prefix="", missing=(), total=2)


@pytest.mark.parametrize("verbose", [False, True], ids=["short", "verbose"])
def test_the_whole_review(golden: Callable[[Path, str], None], verbose: bool) -> None:
    text = terminal.render(series(), report(), verbose=verbose)
    golden(GOLDEN / ("terminal-verbose.txt" if verbose else "terminal.txt"), text)


def test_no_line_is_wider_than_the_terminal() -> None:
    text = terminal.render(series(), report(), width=68, verbose=True)
    assert max(len(line) for line in text.splitlines()) <= 68


def test_a_range_of_commits_has_no_prefix_and_no_drafts() -> None:
    text = terminal.render(commits(), replace(report(), base="0123456789abcdef" * 2, applied=(1,)))
    assert text.startswith("net: demo: answer before the table is full")
    assert "2 patches on 0123456789ab, 1 not applied\n" in text
    assert "--reply" not in text


def test_subject_and_extent_share_a_line_where_they_fit() -> None:
    short = replace(commits(), subject="net: demo: short")
    first = terminal.render(short, report()).splitlines()[0]
    assert first.startswith("net: demo: short   ")
    assert first.endswith("  2 patches, no tree")
    assert len(first) == 80


def test_nothing_to_say() -> None:
    text = terminal.render(commits(), replace(report(hidden()), unread=(), unseen=(), notes=()))
    assert text.endswith("\nNo comments, 1 not shown (both ends older than this series).\n")
    assert "Why:" not in text


def test_reasons_are_counted_apart() -> None:
    folded = replace(hidden(), hidden=Hidden.FOLDED)
    text = terminal.render(series(), report(finding(), hidden(), folded, folded))
    assert "1 comment, 3 not shown (1 both ends older than this series, 2 folded into a" in text


def test_colour_changes_nothing_but_the_colour() -> None:
    coloured = terminal.render(series(), report(), color=True, verbose=True)
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain == terminal.render(series(), report(), verbose=True)


def test_plain_output_loads_neither_rich_nor_email() -> None:
    program = (
        "import sys, reviewbot.publishers.mail, reviewbot.publishers.terminal\n"
        "print('rich' in sys.modules, 'email' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


@given(ANYTHING, st.booleans())
def test_nothing_hostile_reaches_the_terminal(text: str, verbose: bool) -> None:
    one = replace(
        finding(), line_text=text, message=text, title=text, checklist=(text,), unseen=(text,), rule=text
    )
    one = replace(one, place=replace(one.place, path=text, function=text))
    sent = replace(series(), subject=text, prefix=text, patches=(replace(series().patches[0], subject=text),))
    out = terminal.render(
        sent, replace(report(one), notes=(text,), unseen=(text,), base=text), verbose=verbose
    )
    assert is_harmless(out, "\n")
