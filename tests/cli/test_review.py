"""`reviewbot review` as a person or a script runs it."""

import json
import mailbox
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLE, Run, git


def rules(out: bytes) -> list[str]:
    return [finding["rule"] for finding in json.loads(out)["findings"] if finding["shown"]]


def test_bundled_example(run: Run) -> None:
    done = run("review", str(EXAMPLE))
    assert done.status == 0
    assert done.err == ""
    assert "2 comments" in done.text
    assert "no tree" in done.text
    assert rules(run("review", str(EXAMPLE), "--format", "json").out) == [
        "flag-publishes-data",
        "plain-publication",
    ]


def test_standard_input_named_or_not(run: Run) -> None:
    named = run("review", "-", stdin=EXAMPLE.read_bytes())
    assert named == run("review", stdin=EXAMPLE.read_bytes())
    assert "2 comments" in named.text


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "rdjson"])
def test_two_runs_are_byte_identical(run: Run, form: str) -> None:
    first = run("review", str(EXAMPLE), "--format", form)
    assert first == run("review", str(EXAMPLE), "--format", form)
    assert first.out.count(b"\n") > 10


def test_range_in_the_tree_one_stands_in(run: Run, kernel: Path) -> None:
    done = run("review", "main..topic", "--format", "json", cwd=kernel)
    assert rules(done.out) == ["flag-publishes-data"]
    assert json.loads(done.out)["series"]["base"] == git(kernel, "rev-parse", "main").strip()


@pytest.mark.parametrize("source", ["-1", "topic", "HEAD", "main..", "topic~1..topic"])
def test_ways_to_name_commits(run: Run, kernel: Path, source: str) -> None:
    done = run("review", "--format", "json", source, "--no-tree", "--pedantic", cwd=kernel)
    assert rules(done.out) == ["flag-publishes-data"]
    assert json.loads(done.out)["series"]["base"] is None


def test_bare_repository(run: Run, kernel: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(kernel), str(bare))
    inside = run("review", "main..topic", "--format", "json", cwd=bare)
    assert rules(inside.out) == ["flag-publishes-data"]
    assert run("review", "main..topic", "--format", "json", "--tree", str(bare)).out == inside.out


def test_linked_worktree_and_a_folder_below(run: Run, kernel: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(kernel, "worktree", "add", "-q", str(linked), "main")
    done = run("review", "main..topic", "--format", "json", cwd=linked / "drivers")
    assert rules(done.out) == ["flag-publishes-data"]


def test_repository_stays_as_it_is(run: Run, kernel: Path) -> None:
    def state() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in kernel.rglob("*") if path.is_file()}

    before = state()
    assert run("review", "main..topic", cwd=kernel).status == 0
    assert run("review", "-", cwd=kernel, stdin=EXAMPLE.read_bytes()).status == 0
    assert state() == before


def test_mail_with_its_tree(run: Run, kernel: Path) -> None:
    mail = git(kernel, "format-patch", "-1", "--stdout", "topic").encode()
    done = run("review", "-", "--format", "json", cwd=kernel, stdin=mail)
    assert json.loads(done.out)["series"]["base"] == git(kernel, "rev-parse", "main").strip()
    assert json.loads(done.out)["series"]["applied"] == [1]
    assert "base" in run("review", "-", "--tree", str(kernel), "-v", stdin=mail).err


def test_mail_in_a_kernel_without_its_files(run: Run, kernel: Path) -> None:
    mail = EXAMPLE.read_bytes().replace(b"drivers/misc/", b"drivers/iio/")
    done = run("review", "-", cwd=kernel, stdin=mail)
    assert done.status == 0
    assert "no tree" in done.text
    assert "left aside" in done.text
    asked = run("review", "-", "--tree", str(kernel), stdin=mail)
    assert "none of the files" in asked.text


def test_mail_in_a_repository_of_something_else(run: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    unborn = run("review", str(EXAMPLE))
    assert unborn.status == 0
    (tmp_path / "letter").write_text("x")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "letter")
    done = run("review", str(EXAMPLE))
    assert "2 comments" in done.text
    assert "no tree" in done.text
    assert "Note" not in done.text


def test_exit_code(run: Run) -> None:
    assert run("review", str(EXAMPLE), "--exit-code").status == 1
    assert run("review", str(EXAMPLE), "--exit-code", "--min-confidence", "high").status == 0


def test_confidence(run: Run) -> None:
    assert rules(run("review", str(EXAMPLE), "--format", "json", "--min-confidence", "high").out) == []
    assert len(rules(run("review", str(EXAMPLE), "--format", "json", "--pedantic").out)) >= 2


def test_verbose_tells_the_stages_on_stderr_only(run: Run) -> None:
    done = run("review", str(EXAMPLE), "-v")
    assert "reading the series" in done.err
    assert "reading the series" not in done.text
    assert "[ ] " in done.text
    assert run("review", str(EXAMPLE), "-v", "-q").err == ""


def test_output_replaces_a_file_at_once(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    target.chmod(0o640)
    done = run("review", str(EXAMPLE), "--format", "json", "--output", str(target))
    assert done.out == b""
    assert rules(target.read_bytes())
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_output_is_left_alone_by_a_run_that_fails(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old")
    assert "nothing.mbox" in run("review", "nothing.mbox", "--output", str(target)).complaint
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]


def test_output_into_what_is_no_file(run: Run, tmp_path: Path) -> None:
    assert "folder" in run("review", str(EXAMPLE), "--output", str(tmp_path)).complaint
    assert "there is no folder" in run("review", str(EXAMPLE), "--output", "a/b").complaint
    assert run("review", str(EXAMPLE), "--output", "/dev/null").status == 0
    through = tmp_path / "link"
    through.symlink_to(tmp_path / "real")
    run("review", str(EXAMPLE), "--output", str(through))
    assert through.is_symlink()
    assert "2 comments" in (tmp_path / "real").read_text()


def test_reply_drafts_beside_the_output(run: Run, tmp_path: Path) -> None:
    done = run("review", str(EXAMPLE), "--reply", "drafts")
    assert "2 comments" in done.text
    names = sorted(path.name for path in (tmp_path / "drafts").iterdir())
    assert [name[:5] for name in names] == ["0001-", "0003-"]
    assert [line for line in done.err.splitlines() if "not sent" in line and names[0] in line]
    again = run("review", str(EXAMPLE), "--reply", "all.mbox", "-q")
    assert again.err == ""
    assert len(mailbox.mbox(tmp_path / "all.mbox")) == 2
    (tmp_path / "drafts" / names[0]).write_text("changed by hand")
    assert "may hold your changes" in run("review", str(EXAMPLE), "--reply", "drafts").complaint


def test_no_drafts_for_a_bare_diff(run: Run) -> None:
    pieces = EXAMPLE.read_bytes().split(b"diff --git")[1:]
    diff = b"".join(b"diff --git" + piece.partition(b"\n-- \n")[0] + b"\n" for piece in pieces)
    done = run("review", "-", "--pedantic", "--reply", "drafts", stdin=diff)
    assert "this is a bare diff" in done.complaint


def test_the_first_commit_has_no_tree_before_it(run: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.c").write_text("int a;\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Begin")
    done = run("review", "HEAD")
    assert "no tree" in done.text
    assert "begins with the first commit" in done.text
    assert "already" not in done.text


def test_no_drafts_for_commits(run: Run, kernel: Path) -> None:
    done = run("review", "-1", "--reply", "drafts", cwd=kernel)
    assert "patches are commits" in done.complaint
    assert "1 comment" in done.text


@pytest.mark.parametrize(
    ("environment", "arguments", "is_coloured"),
    [
        ({}, (), False),
        ({}, ("--color", "always"), True),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, ("--color", "auto"), False),
        ({"FORCE_COLOR": "1"}, ("--color", "never"), False),
    ],
)
def test_color_when_piped(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    arguments: tuple[str, ...],
    is_coloured: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (b"\x1b[" in run("review", str(EXAMPLE), *arguments).out) is is_coloured


def test_rules_of_ones_own(run: Run, tmp_path: Path) -> None:
    assert run("rules", "new", "my-question").status == 0
    done = run("review", str(EXAMPLE), "--rules", "my-question.md", "--format", "sarif")
    known = {rule["id"] for rule in json.loads(done.out)["runs"][0]["tool"]["driver"]["rules"]}
    assert "flag-publishes-data" in known
    (tmp_path / "my-question.md").write_text("# no page")
    assert "my-question.md:1:" in run("review", str(EXAMPLE), "--rules", "my-question.md").complaint


def test_without_a_home(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plain = run("review", str(EXAMPLE))
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert run("review", str(EXAMPLE)) == plain
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert run("review", str(EXAMPLE)) == plain


def test_cache_is_used_and_a_broken_one_ignored(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    plain = run("review", str(EXAMPLE))
    cache = tmp_path / "reviewbot" / "rules.json"
    assert cache.is_file()
    cache.write_text('{"x": [[]]}')
    assert run("review", str(EXAMPLE)) == plain
