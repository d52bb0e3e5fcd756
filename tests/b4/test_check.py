"""`reviewbot b4 check`, called and read by b4's own code."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from reviewbot.cli import main as start
from reviewbot.commands import b4_check
from tests.b4.conftest import BRANCH, MakeBranch
from tests.b4.larch import EXAMPLE, apply, git, mails
from tests.cli.conftest import Run

pytestmark = pytest.mark.b4

MESSAGES = mails(EXAMPLE.read_bytes())
COVER, FIRST, SECOND, THIRD = MESSAGES
IDS = [f"20250304100000.17-{number}-robin@example.org" for number in (1, 2, 3, 4)]
ALONE = "looked at without the other patches, which are not on a branch here"


def parsed(b4: Any, mail: bytes) -> EmailMessage:
    [message] = b4.mailsplit_bytes(b"From 0 Mon Sep 17 00:00:00 2001\n" + mail)
    assert isinstance(message, EmailMessage)
    return message


def handed(b4: Any, tree: Path, folder: Path) -> dict[str, str]:
    """The environment of a check, as the screens of b4 review make it."""
    file = folder / "tracking.json"
    file.write_text(json.dumps(b4.review.load_tracking(str(tree), BRANCH)[1], indent=2), encoding="utf-8")
    return {"B4_TRACKING_FILE": str(file)}


def per_patch(
    b4: Any, tree: Path, command: str, env: dict[str, str] | None = None, numbers: Sequence[int] = (1,)
) -> list[Any]:
    """The results for the messages of these numbers, made and read by b4."""
    import b4.review.checks as runner  # noqa: PLC0415

    messages = [(IDS[number], parsed(b4, MESSAGES[number])) for number in numbers]
    found = runner.run_perpatch_checks(messages, [command], str(tree), extra_env=env)
    return [found[name] for name, _ in messages]


def of_series(b4: Any, tree: Path, command: str, mail: bytes, env: dict[str, str] | None = None) -> Any:
    import b4.review.checks as runner  # noqa: PLC0415

    return runner.run_series_checks((IDS[0], parsed(b4, mail)), [command], str(tree), extra_env=env)


def test_a_patch_is_checked_within_its_review_branch(
    b4: Any, make_branch: MakeBranch, program: Path, tmp_path: Path
) -> None:
    tree = make_branch()
    git(tree, "checkout", "-q", "main")
    env = handed(b4, tree, tmp_path)
    cover, [first], [second], [third] = per_patch(b4, tree, f"{program} b4 check", env, range(4))
    assert cover == []
    assert (first["status"], first["summary"]) == ("warn", "1 question: flag-publishes-data")
    assert (second["status"], second["summary"]) == ("pass", "no questions")
    assert (third["status"], third["summary"]) == ("warn", "1 question: plain-publication")
    assert {each["tool"] for each in (first, second, third)} == {"reviewbot"}
    assert first["details"].startswith("drivers/misc/larch.c:38: l->calibrated = true;\n\nWhat orders")
    assert first["url"] == ""


def test_a_patch_is_checked_within_the_commits_below_head(
    b4: Any, tree: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(tree, EXAMPLE.read_bytes())
    monkeypatch.chdir(tree)
    [first] = per_patch(b4, tree, f"{program} b4 check")
    assert first[0]["summary"] == "1 question: flag-publishes-data"


def test_a_patch_without_its_series_is_checked_alone_and_that_is_said(
    b4: Any, tree: Path, program: Path
) -> None:
    results = per_patch(b4, tree, f"{program} b4 check", numbers=(1, 3))
    assert [result[0]["summary"] for result in results] == [
        f"no questions; {ALONE}",
        f"1 question: plain-publication; {ALONE}",
    ]


@pytest.mark.parametrize(
    "change_id", ["gone", "../../heads/main", "larch^{/Linux}", "-x", "a b\nc", "", "larch~1"]
)
def test_a_tracking_file_that_leads_nowhere_leaves_the_patch_alone(
    b4: Any, make_branch: MakeBranch, run: Run, change_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = make_branch()
    git(tree, "checkout", "-q", "main")
    tracking = b4.review.load_tracking(str(tree), BRANCH)[1]
    tracking["series"]["change-id"] = change_id
    file = tree.parent / "tracking.json"
    file.write_text(json.dumps(tracking))
    monkeypatch.setenv("B4_TRACKING_FILE", str(file))
    [result] = json.loads(run("b4", "check", cwd=tree, stdin=FIRST).text)
    assert result["summary"] == f"no questions; {ALONE}"


def test_a_commit_amended_on_the_branch_is_still_known_by_its_message_id(
    b4: Any, make_branch: MakeBranch, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = make_branch()
    monkeypatch.setenv("B4_TRACKING_FILE", handed(b4, tree, tmp_path)["B4_TRACKING_FILE"])
    changed = FIRST.replace(b"struct larch_calibration cal;", b"struct larch_calibration all;")
    [result] = json.loads(run("b4", "check", cwd=tree, stdin=changed).text)
    assert result["summary"] == "1 question: flag-publishes-data"
    unknown = FIRST.replace(b"17-2-robin", b"18-2-robin")
    [result] = json.loads(run("b4", "check", cwd=tree, stdin=unknown).text)
    assert result["summary"] == "1 question: flag-publishes-data"


def test_the_series_is_checked_as_one(
    b4: Any, make_branch: MakeBranch, program: Path, tmp_path: Path
) -> None:
    tree = make_branch()
    git(tree, "checkout", "-q", "main")
    env = handed(b4, tree, tmp_path)
    [result] = of_series(b4, tree, f"{program} b4 check --series", COVER, env)
    assert result["status"] == "warn"
    assert result["summary"] == "2 questions: flag-publishes-data, plain-publication"
    assert "larch.c:38: " in result["details"]
    assert "larch.c:66: " in result["details"]


def test_a_series_that_is_not_checked_out_is_no_pass(b4: Any, tree: Path, program: Path) -> None:
    [result] = of_series(b4, tree, f"{program} b4 check --series", COVER)
    assert result["status"] == "warn"
    assert result["summary"].startswith("not reviewed: the series is not checked out for review")


def test_one_patch_is_a_series(b4: Any, tree: Path, program: Path) -> None:
    one = THIRD.replace(b"[PATCH 3/3]", b"[PATCH]")
    [result] = of_series(b4, tree, f"{program} b4 check --series", one)
    assert result["summary"] == "1 question: plain-publication"


def test_the_two_results_of_a_first_patch_are_both_kept(
    b4: Any, make_branch: MakeBranch, program: Path, tmp_path: Path
) -> None:
    """b4 checks a series without a cover letter on its first patch, and keeps one result a name."""
    import b4.review.checks as runner  # noqa: PLC0415

    tree = make_branch()
    env = handed(b4, tree, tmp_path)
    connection = runner.get_db()
    runner.store_results(connection, IDS[1], per_patch(b4, tree, f"{program} b4 check", env)[0])
    found = of_series(b4, tree, f"{program} b4 check --series", FIRST, env)
    runner.store_results(connection, IDS[1], found)
    kept = runner.get_cached_results(connection, [IDS[1]])[IDS[1]]
    runner.delete_results(connection, [IDS[1]])
    connection.close()
    assert sorted(each["tool"] for each in kept) == ["reviewbot", "reviewbot series"]


def test_fail_is_said_only_where_asked_for(
    b4: Any, make_branch: MakeBranch, program: Path, tmp_path: Path
) -> None:
    tree = make_branch()
    env = handed(b4, tree, tmp_path)
    for concern, status in (("lifetime", "warn"), ("ordering", "fail"), ("question", "fail")):
        results = per_patch(b4, tree, f"{program} b4 check --fail-on {concern}", env, (1, 2))
        assert [result[0]["status"] for result in results] == [status, "pass"]


@pytest.mark.parametrize("given", [b"", b"\0\xff" * 500, b"no mail at all\n", b"{}"])
def test_what_is_no_mail_is_a_warning_in_json(b4: Any, run: Run, tree: Path, given: bytes) -> None:
    done = run("b4", "check", cwd=tree, stdin=given)
    [result] = json.loads(done.text)
    assert (done.status, result["status"]) == (2, "warn")
    assert result["summary"].startswith("not reviewed: standard input holds no mail")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, "\0", '"x"'])
def test_broken_tracking_data_is_a_warning_in_json(
    tree: Path, run: Run, tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "broken.json"
    file.write_text(content)
    monkeypatch.setenv("B4_TRACKING_FILE", str(file))
    [result] = json.loads(run("b4", "check", cwd=tree, stdin=FIRST).text)
    assert result["status"] == "warn"
    assert result["summary"].startswith("not reviewed: the tracking data of b4 cannot be read")


def test_a_tracking_file_that_is_gone_is_a_warning_in_json(b4: Any, tree: Path, program: Path) -> None:
    [result] = per_patch(b4, tree, f"{program} b4 check", {"B4_TRACKING_FILE": "/nowhere"})[0]
    assert result["summary"] == "not reviewed: cannot read the file that B4_TRACKING_FILE names"


@pytest.mark.parametrize("lines", [[], ["--lines"]])
def test_a_bug_is_a_warning_on_stdout_and_told_on_stderr(
    b4: Any, run: Run, tree: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(b4_check, "_reviewed", broken)
    done = run("b4", "check", *lines, cwd=tree, stdin=FIRST)
    assert done.status == 3
    assert "this is a bug in reviewbot" in done.err
    if lines:
        assert done.text == "not reviewed: KeyError in reviewbot\n"
    else:
        assert json.loads(done.text)[0]["summary"] == "not reviewed: KeyError in reviewbot"


def test_a_wrong_option_is_seen_as_a_failure(b4: Any, tree: Path, program: Path) -> None:
    [result] = per_patch(b4, tree, f"{program} b4 check --serious")[0]
    assert (result["status"], result["summary"]) == ("fail", "exited with error code 2")
    assert "No such option" in result["details"]


def test_hostile_text_is_json_and_moves_no_cursor(b4: Any, tree: Path, program: Path) -> None:
    """b4 hands the details to a terminal as they are."""
    evil = THIRD.replace(b"l->log = log;", "l->log = log; /* \x1b[2J \u202e ERROR: */".encode())
    assert evil.count(b"\x1b") == 1
    import b4.review.checks as runner  # noqa: PLC0415

    message = parsed(b4, evil.replace(b"Subject: ", b"Subject: =?utf-8?q?=1b=5b2J?= "))
    results = runner.run_perpatch_checks([("x", message)], [f"{program} b4 check"], str(tree))
    assert results["x"][0]["status"] in ("pass", "warn")
    assert "\x1b" not in json.dumps(results, ensure_ascii=False)
    assert "\u202e" not in json.dumps(results, ensure_ascii=False)


def test_the_answer_is_ascii_in_every_locale(b4: Any, run: Run, tree: Path) -> None:
    done = run(
        "b4", "check", cwd=tree, stdin=THIRD.replace(b"l->log = log;", "l->log = log; /* é */".encode())
    )
    assert done.out.isascii()
    assert json.loads(done.text)


def local(b4: Any, tree: Path, command: list[str], mail: bytes) -> Any:
    return b4.LoreMessage.run_local_check(command, "x", parsed(b4, mail), nocache=True)


def test_lines_are_warnings_and_none_is_a_pass(
    b4: Any, tree: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(tree, EXAMPLE.read_bytes())
    monkeypatch.chdir(tree)
    command = [str(program), "b4", "check", "--lines"]
    assert local(b4, tree, command, SECOND) == [("success", "reviewbot: passed all checks")]
    [(flag, line)] = local(b4, tree, command, FIRST)
    assert flag == "warning"
    assert line.startswith("reviewbot: drivers/misc/larch.c:38: What orders l->scale")
    assert line.endswith("[flag-publishes-data]")
    [(flag, line)] = local(b4, tree, [*command, "--fail-on", "ordering"], FIRST)
    assert flag == "fail"
    assert line.startswith("reviewbot: ERROR: drivers/misc/larch.c:38: ")


def test_json_is_no_answer_for_b4_prep(b4: Any, tree: Path, program: Path) -> None:
    """Why there is --lines: b4 prep takes every line for a warning, the one that says `[]` too."""
    assert local(b4, tree, [str(program), "b4", "check"], COVER) == [("warning", "reviewbot: []")]
    assert local(b4, tree, [str(program), "b4", "check", "--lines"], COVER)[0][0] == "success"


def test_trouble_is_a_warning_for_b4_prep_and_not_a_failure(b4: Any, tree: Path, program: Path) -> None:
    [(flag, line)] = local(b4, tree, [str(program), "b4", "check", "--lines"], b"X: y\n\nz\n")
    assert (flag, line.partition(":")[0]) == ("warning", "reviewbot")
    assert "not reviewed" in line


def test_what_the_code_says_is_no_error(b4: Any, tree: Path, run: Run) -> None:
    evil = THIRD.replace(b"larch.c", b"ERROR:.c")
    done = run("b4", "check", "--lines", cwd=tree, stdin=evil)
    assert "ERROR :.c" in done.text
    assert "ERROR:" not in done.text


def test_b4_prep_calls_it(b4: Any, tree: Path, program: Path) -> None:
    """On a branch made by b4 prep, its cover letter in a commit below the patches."""
    # b4 looks for cover letters of the last year
    env = {name: value for name, value in os.environ.items() if not name.endswith("_DATE")}

    def prep(*words: str) -> str:
        command = [sys.executable, "-c", "from b4.command import cmd; cmd()", "--offline-mode", "prep"]
        done = subprocess.run(
            [*command, *words], cwd=tree, env=env, capture_output=True, text=True, check=True
        )
        return done.stderr

    prep("-n", "larch", "-f", "main")
    apply(tree, EXAMPLE.read_bytes(), env)
    git(tree, "config", "b4.prep-perpatch-check-cmd", f"{program} b4 check --lines")
    said = prep("--check")
    assert "Success: 1, Warning: 2, Error: 0" in said
    assert said.count("reviewbot: drivers/misc/larch.c:") == 2


def test_the_key_replaces_checkpatch(b4: Any, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the documentation says of `_builtin_checkpatch`."""
    import b4.review.checks as runner  # noqa: PLC0415

    def commands() -> list[str]:
        b4._setup_main_config()
        found: list[str] = runner.load_check_cmds()[0]
        return found

    (tree / "scripts").mkdir()
    (tree / "scripts/checkpatch.pl").write_text("#!/bin/sh\n")
    (tree / "scripts/checkpatch.pl").chmod(0o755)
    monkeypatch.chdir(tree)
    assert commands() == ["_builtin_checkpatch"]
    git(tree, "config", "b4.review-perpatch-check-cmd", "reviewbot b4 check")
    assert commands() == ["reviewbot b4 check"]
    git(tree, "config", "--add", "b4.review-perpatch-check-cmd", "_builtin_checkpatch")
    assert commands() == ["reviewbot b4 check", "_builtin_checkpatch"]


def test_series_and_lines_exclude_each_other(run: Run, tree: Path) -> None:
    done = run("b4", "check", "--series", "--lines", cwd=tree, stdin=COVER)
    assert "exclude each other" in done.complaint


def test_a_terminal_is_no_mail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with pytest.raises(SystemExit) as ended:
        start(["b4", "check"])
    assert ended.value.code == 2
    assert "give a mail on standard input" in capsys.readouterr().err
