"""The review files themselves; needs no b4 but where its reader is asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.findings import Finding, Report
from reviewbot.publishers.b4 import IDENTITY, Made, rendered
from reviewbot.publishers.b4.files import ADDRESS
from reviewbot.publishers.b4.quoted import Spot, quoted
from reviewbot.series.model import FileDiff, Hunk, Series
from reviewbot.sources.b4 import ReviewBranch, Said, Tracked, Tracking
from tests.b4.conftest import import_b4
from tests.b4.larch import EXAMPLE, apply, git, track
from tests.cli.conftest import Run
from tests.publishers.factory import finding, question, report, series

GOLDEN = Path(__file__).parents[1] / "publishers/golden/b4"
COMMITS = ("a" * 40, "b" * 40)


def test_the_example_in_whole(tree: Path, run: Run, golden: Callable[[Path, str], None]) -> None:
    apply(tree, EXAMPLE.read_bytes())
    tip = track(tree, git(tree, "rev-parse", "HEAD~2"), 3)
    assert run("b4", "review", cwd=tree).status == 0
    folder = tree / ".git/b4-review" / tip
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(first) == ["0001.txt", "0003.txt", "identity.txt", "series.txt"]
    for name, content in first.items():
        golden(GOLDEN / name, content.decode())
        (folder / name).unlink()
    folder.rmdir()
    assert run("b4", "review", cwd=tree).status == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_the_quote_is_the_whole_diff(tree: Path, run: Run) -> None:
    apply(tree, EXAMPLE.read_bytes())
    tip = track(tree, git(tree, "rev-parse", "HEAD~2"), 3)
    run("b4", "review", cwd=tree)
    for number in (1, 3):
        text = (tree / ".git/b4-review" / tip / f"{number:04d}.txt").read_text()
        shown = [line[2:] for line in text.split("\n") if line.startswith("> ")]
        asked = ("diff", "--abbrev=7", f"{tip}~{5 - number}", f"{tip}~{4 - number}")
        assert "\n".join(shown) == git(tree, *asked)


def made(
    findings: tuple[Finding, ...] = (),
    sent: Series | None = None,
    patches: tuple[Tracked, ...] = (Tracked(), Tracked()),
    tracked: Tracked | None = None,
) -> Made:
    """The files for the made-up series, its patches being commits."""
    sent = sent or series()
    numbered = zip(sent.patches, COMMITS, strict=True)
    sent = replace(sent, patches=tuple(replace(patch, commit=commit) for patch, commit in numbered))
    branch = ReviewBranch("c" * 40, COMMITS, Tracking(COMMITS[0], "x", tracked or Tracked(), patches))
    diffs = dict(zip(COMMITS, (diff(patch.files) for patch in sent.patches), strict=True))
    return rendered(sent, report(*findings), branch, diffs.__getitem__)


def diff(files: tuple[FileDiff, ...]) -> bytes:
    return "".join(f"{line}\n" for file in files for line in file_lines(file)).encode()


def file_lines(file: FileDiff) -> list[str]:
    lines = [f"diff --git a/{file.path} b/{file.path}", f"--- a/{file.path}", f"+++ b/{file.path}"]
    for hunk in file.hunks:
        before, after = (hunk.before_start, hunk.before_count), (hunk.after_start, hunk.after_count)
        lines += [f"@@ -{before[0]},{before[1]} +{after[0]},{after[1]} @@", *hunk.lines]
    return lines


def test_a_file_a_commented_patch_and_nothing_without() -> None:
    assert sorted(made().files) == ["0001.txt", "0002.txt", "identity.txt", "series.txt"]
    assert sorted(made((question(),)).files) == ["0002.txt", "identity.txt", "series.txt"]
    assert made((replace(question(), hidden=report().findings[2].hidden),)).files == {}
    assert made().files["identity.txt"] == f"{IDENTITY}\n"


def test_the_series_file_has_a_verdict_an_empty_line_and_what_was_not_seen() -> None:
    lines = made().files["series.txt"].split("\n")
    assert lines[:2] == ["2 questions on patches 1, 2", ""]
    assert "Not seen: patch 3; the tree (give --tree for callers and other readers)." in lines
    assert "Note: patch 3 of 3 was not found." in lines


def test_each_finding_has_a_key_of_its_own() -> None:
    same = made((finding(), finding()))
    assert "Asked: 00c0ffee00c0ffee 00c0ffee00c0ffee-2\n" in same.files["0001.txt"]
    note = Said(ADDRESS.upper(), "2 questions\n\nAsked: 00c0ffee00c0ffee")
    assert made((finding(),), patches=(Tracked(said=(note,)), Tracked())).files == {}
    again = made((finding(), finding()), patches=(Tracked(said=(note,)), Tracked()))
    assert (again.written, again.known) == (1, 1)
    assert "Asked: 00c0ffee00c0ffee-2\n" in again.files["0001.txt"]


def test_what_another_says_in_a_note_silences_nothing() -> None:
    note = Said("other@example.org", "Asked: 00c0ffee00c0ffee")
    assert made((finding(),), patches=(Tracked(said=(note,)), Tracked())).written == 1


def test_a_note_of_ours_on_the_series_is_there_once() -> None:
    said = Tracked(said=(Said(ADDRESS, "1 question on patch 1"),))
    assert sorted(made(tracked=said).files) == ["0001.txt", "0002.txt", "identity.txt"]


def test_a_patch_that_is_skipped_and_a_commit_too_many() -> None:
    done = made(patches=(Tracked(said=(Said("m@example.org", is_skipped=True),)),))
    assert (done.files, done.written, done.skipped, done.homeless) == ({}, 0, 1, 1)


def with_hunk(hunk: Hunk) -> Series:
    """The made-up series, with that hunk in its first patch alone."""
    first, second = series().patches
    file = replace(first.files[1], hunks=(hunk,))
    return replace(series(), patches=(replace(first, files=(file,)), second))


def test_a_line_that_the_diff_does_not_show_is_spoken_of_in_the_note() -> None:
    sent = with_hunk(Hunk(1, 1, 1, 1, "", (" int other;",)))
    text = made((finding(),), sent).files["0001.txt"]
    note = text.partition("\n> diff --git ")[0]
    assert "This is about `d->ready = true;` in demo_alloc(),\ndrivers/net/demo/core.c.\n" in note
    assert "What orders d->table[]" in note
    assert note.count("This is about") == 1


HOSTILE = [
    "a" * 60 + " why > is this quoted?",
    "a" * 60 + " why # is this an instruction?",
    "a" * 60 + " why | is this another's?",
    "> diff --git a/x b/x",
    "[ ... ]",
    "one\n\n> diff --git a/x b/x\n\n> @@ -1 +1 @@\n\n> +evil",
    "\x1b[2J\u202e\u2028\x85\x0c",
    "\ud800",
]


@pytest.mark.b4
@pytest.mark.parametrize("message", HOSTILE, ids=ascii)
def test_a_comment_is_nothing_but_a_comment(b4: Any, message: str) -> None:
    asked = replace(finding(), message=message, interleaving=None, checklist=("> x", "# y"))
    text = made((asked,)).files["0001.txt"]
    note, _, rest = text.partition("\n> diff --git ")
    [comment] = b4.review._review._extract_comments_from_quoted_reply(f"> diff --git {rest}")
    assert (comment["path"], comment["line"]) == ("b/drivers/net/demo/core.c", 47)
    # when a maintainer makes it their own, b4 leaves out lines that begin so
    assert not [line for line in comment["text"].split("\n")[1:] if line.startswith((">", "#", "|"))]
    assert text.replace("\n", "").replace("\t", "").isprintable()
    assert note.count("Asked:") == 1
    sent = with_hunk(Hunk(1, 1, 1, 1, "", (" int other;",)))
    whole = made((asked,), sent).files["0001.txt"]
    assert whole.count("\n> diff --git ") == 1


LINES = st.lists(st.binary(max_size=30).map(lambda text: text.replace(b"\n", b"")), max_size=30)
STARTS = (b"", b"+", b"-", b" ", b"@@ -1,3 +1,4 @@", b"diff --git a/x b/x", b"--- a/x", b"+++ b/x", b"\\ No")


@pytest.mark.b4
@given(LINES, st.lists(st.sampled_from(STARTS), min_size=30, max_size=30))
def test_whatever_the_diff_holds_is_quoted(lines: list[bytes], starts: list[bytes]) -> None:
    reader = import_b4().review
    given_ = b"\n".join(start + line for start, line in zip(starts, lines, strict=False))
    found, places = quoted(given_)
    text = "\n".join(found)
    assert len(text.splitlines()) == len(found)
    assert all(line.startswith("> ") for line in found)
    assert reader._review._extract_comments_from_quoted_reply(text) == []
    assert all(0 <= number < len(found) for number in places.values())


def test_lines_are_found_on_both_sides() -> None:
    text = (
        b"diff --git a/old.c b/new.c\nrename from old.c\nrename to new.c\n--- a/old.c\n+++ b/new.c\n"
        b"@@ -5,3 +5,3 @@ int f(void)\n context\n-gone\n+come\n last\n\\ No newline at end of file\n"
        b"@@ -20 +20,2 @@\n x\n+y\ndiff --git a/z b/z\nBinary files differ\n"
    )
    lines, places = quoted(text)
    assert lines[places[Spot("old.c", False, 6)]] == "> -gone"
    assert lines[places[Spot("new.c", True, 6)]] == "> +come"
    assert places[Spot("old.c", False, 7)] == places[Spot("new.c", True, 7)]
    assert lines[places[Spot("new.c", True, 21)]] == "> +y"
    assert Spot("new.c", True, 22) not in places
    assert len(lines) == text.count(b"\n")


def test_lines_of_a_file_with_a_quoted_name_have_no_place() -> None:
    _, places = quoted(b'diff --git "a/\\t" "b/\\t"\n--- "a/\\t"\n+++ "b/\\t"\n@@ -1 +1 @@\n-x\n+y\n')
    assert places == {}


def test_a_report_without_findings_is_no_review() -> None:
    sent = series()
    branch = ReviewBranch("c" * 40, COMMITS, Tracking(COMMITS[0], "x", Tracked(), (Tracked(), Tracked())))
    assert rendered(sent, Report(()), branch, lambda _: b"") == Made({})
