"""Wrong input: one clear line, exit 2, and whatever can be read is still reviewed."""

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLE, ROOT, Run, git, start_program

NASTY = "\x1b]0;owned\x07\x1b[31m\u202e"


def test_not_a_mailbox(run: Run, tmp_path: Path) -> None:
    (tmp_path / "note.mbox").write_text("Dear all,\nthis is no mail.\n")
    assert "neither a mail nor a diff" in run("review", "note.mbox").complaint
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(400))
    assert "no text" in run("review", "./picture.png").complaint


def test_mail_without_a_patch(run: Run, tmp_path: Path) -> None:
    (tmp_path / "talk.mbox").write_text("From: A <a@example.org>\nSubject: Hello\n\nNothing.\n")
    assert "no patch" in run("review", "talk.mbox").complaint


def test_empty(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.mbox").write_bytes(b"")
    assert "empty" in run("review", "empty.mbox").complaint
    assert "standard input: the file is empty" in run("review", "-").complaint
    (tmp_path / "folder").mkdir()
    assert "no mail or patch" in run("review", "./folder").complaint


def test_missing_or_unreadable(run: Run, tmp_path: Path) -> None:
    assert "No such file" in run("review", "gone.mbox").complaint
    loop = tmp_path / "loop.mbox"
    loop.symlink_to(loop)
    assert "loop.mbox" in run("review", "loop.mbox").complaint


def test_truncated_gzip(run: Run, tmp_path: Path) -> None:
    packed = gzip.compress(EXAMPLE.read_bytes())
    (tmp_path / "whole.mbox.gz").write_bytes(packed)
    assert "2 comments" in run("review", "whole.mbox.gz").text
    (tmp_path / "half.mbox.gz").write_bytes(packed[: len(packed) // 2])
    assert "cut off" in run("review", "half.mbox.gz").complaint
    (tmp_path / "start.mbox.gz").write_bytes(packed[:40])
    assert "cut off" in run("review", "start.mbox.gz").complaint


def test_one_of_several_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Dear all,\nthis is no mail.\n")
    (tmp_path / "larch.mbox").write_bytes(EXAMPLE.read_bytes())
    for sources in (
        ("note.txt", "larch.mbox"),
        ("larch.mbox", "note.txt"),
        ("larch.mbox", "gone.mbox"),
        (".",),
    ):
        done = run("review", *sources)
        assert done.complaint.endswith("; the rest was reviewed")
        assert "2 comments" in done.text
        assert "Not read: " in done.text
    assert "note.txt" in json.loads(run("review", ".", "--format", "json").out)["unread"][0]["file"]
    assert run("review", "note.txt", "gone.mbox").out == b""


def test_truncated_mailbox_is_read_as_far_as_it_goes(run: Run, tmp_path: Path) -> None:
    text = EXAMPLE.read_bytes()
    (tmp_path / "half.mbox").write_bytes(text[: text.index(b"+\tif (l->log) {")])
    done = run("review", "half.mbox", "--format", "json")
    assert "larch.c" in done.complaint
    report = json.loads(done.out)
    assert "flag-publishes-data" in [finding["rule"] for finding in report["findings"]]
    assert report["unread"], "the cut is named"


def test_wrong_encoding(run: Run, tmp_path: Path) -> None:
    text = EXAMPLE.read_bytes()
    (tmp_path / "wide.mbox").write_bytes(text.decode().encode("utf-16"))
    assert "UTF-16" in run("review", "wide.mbox").complaint
    (tmp_path / "latin.mbox").write_bytes(text.replace(b"Robin Example", "Robín Éxample".encode("latin-1")))
    assert "2 comments" in run("review", "latin.mbox").text


def test_line_counts_that_lie(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lie.mbox").write_bytes(
        EXAMPLE.read_bytes().replace(b"@@ -51,6 +77,8 @@", b"@@ -51,600 +77,8 @@")
    )
    done = run("review", "lie.mbox", "--format", "json")
    assert "the hunk holds fewer lines than its header says; the rest was reviewed" in done.complaint
    report = json.loads(done.out)
    assert "plain-publication" in [finding["rule"] for finding in report["findings"]]
    assert any("larch.c" in item["file"] for item in report["unread"])
    assert "Not read" in run("review", "lie.mbox").text


def test_path_that_leaves_the_tree(run: Run, tmp_path: Path) -> None:
    text = EXAMPLE.read_bytes()
    (tmp_path / "out.mbox").write_bytes(text.replace(b"drivers/misc/larch.h", b"../../etc/larch.h"))
    done = run("review", "out.mbox", "--format", "json")
    assert done.status == 2
    assert done.err.count("\n") == len(json.loads(done.out)["unread"])
    report = json.loads(done.out)
    assert any(".." in item["file"] or ".." in item["reason"] for item in report["unread"])
    assert "flag-publishes-data" in [finding["rule"] for finding in report["findings"]]


def test_unknown_revision(run: Run, kernel: Path) -> None:
    assert "unknown revision 'nothing'" in run("review", "main..nothing", cwd=kernel).complaint
    assert "unknown revision" in run("review", "nothing", cwd=kernel).complaint
    assert "unknown revision" in run("review", str(EXAMPLE), "--base", "nothing", cwd=kernel).complaint
    assert "empty range" in run("review", "topic..main", cwd=kernel).complaint
    assert "main" in run("review", "main..topic", str(EXAMPLE), cwd=kernel).complaint


def test_unknown_revision_of_a_series(run: Run) -> None:
    assert "revision 7" in run("review", str(EXAMPLE), "--revision", "7").complaint


def test_tree_without_git(run: Run, tmp_path: Path) -> None:
    (tmp_path / "linux").mkdir()
    assert "no git repository" in run("review", str(EXAMPLE), "--tree", "linux").complaint
    assert "no git repository" in run("review", str(EXAMPLE), "--tree", "nowhere").complaint
    assert "git repository" in run("review", "main..topic").complaint


def test_broken_repository(run: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "broken")
    (tmp_path / "broken/.git/config").write_text("[core\n")
    done = run("review", str(EXAMPLE), cwd=tmp_path / "broken")
    assert done.status == 0
    assert "2 comments" in done.text
    assert run("review", str(EXAMPLE), "--tree", "broken").complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ("review", "--nonsense"),
        ("review", "--format", "xml", "x"),
        ("review", "--tree", "a", "--no-tree", "x"),
        ("review", "--revision", "two", "x"),
        ("nonsense",),
        ("explain",),
        ("story",),
        ("rules", "nonsense"),
    ],
)
def test_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert "--help" in run(*arguments).complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ("review", f"{NASTY}.mbox"),
        ("review", f"--{NASTY}"),
        ("review", str(EXAMPLE), "--base", NASTY, "--tree", "."),
        ("review", str(EXAMPLE), "--tree", NASTY),
        ("review", str(EXAMPLE), "--rules", f"{NASTY}.md"),
        ("review", str(EXAMPLE), "--output", f"{NASTY}/x"),
        ("explain", NASTY),
        ("rules", "new", NASTY),
        ("story", NASTY, str(EXAMPLE)),
        (NASTY,),
        ("review", "a\nb\nreviewbot: all is well.mbox"),
    ],
)
def test_hostile_arguments_do_not_reach_the_terminal(run: Run, arguments: tuple[str, ...]) -> None:
    complaint = run(*arguments).complaint
    assert "\x07" not in complaint
    assert "\u202e" not in complaint


def test_hostile_names_in_a_folder(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "patches"
    folder.mkdir()
    (folder / f"0001-{NASTY}.patch").write_text("no patch")
    done = run("review", "./patches")
    assert done.status == 2
    assert "\x1b" not in done.err


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "rdjson"])
def test_hostile_mail(run: Run, tmp_path: Path, form: str) -> None:
    text = EXAMPLE.read_text().replace("larch: Take", f"larch: {NASTY}Take").replace("Robin", f"Ro{NASTY}bin")
    text = text.replace("drivers/misc/larch", f"drivers/misc/{NASTY}larch")
    text = text.replace("l->calibrated = true;", f"l->calibrated = true; /* {NASTY} */")
    (tmp_path / "nasty.mbox").write_bytes(text.encode())
    done = run("review", "nasty.mbox", "-v", "--format", form, "--reply", "drafts")
    assert done.status == 0
    for shown in (done.out, done.err.encode()):
        assert b"\x1b" not in shown
        assert b"\x07" not in shown
        assert "\u202e".encode() not in shown


def test_a_bug_is_told_as_one(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import reviewbot.pipeline as p, reviewbot.cli as c\n"
        "def fail(*a, **k): raise KeyError('\\x1b[31mboom')\n"
        "p.load_rules = fail\nc.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "review", str(EXAMPLE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "this is a bug" in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    (file,) = (tmp_path / "state/reviewbot").iterdir()
    assert str(file) in done.stderr
    report = file.read_text()
    assert "Traceback" in report
    assert "tree-sitter" in report
    assert "\x1b" not in report


def test_interrupt() -> None:
    process = start_program("review", "-", "-v")
    assert process.stderr is not None
    assert b"reading the series" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err


def test_reader_that_goes_away() -> None:
    process = start_program("review", str(EXAMPLE), "-v", "--format", "sarif")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    assert process.wait(timeout=60) == 141
    assert b"Traceback" not in err
    assert b"Broken" not in err


def test_full_disk() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "reviewbot", "review", str(EXAMPLE)],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == b"reviewbot: cannot write to standard output: No space left on device\n"


@pytest.mark.parametrize(
    ("closed", "source", "status"), [("<&-", "-", 2), ("<&-", str(EXAMPLE), 0), ("2>&-", str(EXAMPLE), 0)]
)
def test_standard_streams_that_are_closed(closed: str, source: str, status: int) -> None:
    command = f'exec "$0" -m reviewbot review "$1" {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable, source], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == status
    assert b"bug" not in done.stderr
    assert (b"2 comments" in done.stdout) == (status == 0)


def test_output_to_a_file_with_standard_output_closed(tmp_path: Path) -> None:
    command = 'exec "$0" -m reviewbot review "$1" --output "$2" >&- 2>&-'
    file = tmp_path / "out.txt"
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable, str(EXAMPLE), str(file)], cwd=ROOT, check=False
    )
    assert done.returncode == 0
    assert file.read_text().startswith("[PATCH 0/3] larch")


def test_memory_that_is_not_enough(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("reviewbot.commands.review.read_series", fail)
    assert "not enough memory" in run("review", str(EXAMPLE)).complaint


def test_base_without_a_repository(run: Run) -> None:
    assert "--base names a commit" in run("review", "--base", "v1", str(EXAMPLE)).complaint
    assert "exclude each other" in run("review", "--base", "v1", "--no-tree", str(EXAMPLE)).complaint
