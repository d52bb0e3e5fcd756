"""`reviewbot bot`: from the environment of a job to requests, and to what is said without permission."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from reviewbot.commands.event import Named, github_event
from reviewbot.errors import ForgeError
from tests.cli.conftest import EXAMPLE, ROOT, Run, git
from tests.publishers.forge.fake_github import HEAD, NEXT, TOKEN, FakeGitHub, served
from tests.publishers.forge.fake_gitlab import API, FakeGitLab
from tests.publishers.forge.fake_gitlab import TOKEN as GITLAB_TOKEN

pytest.importorskip("github", reason="PyGithub is not installed")


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the job that it may run in."""
    names = ("TOKEN", "REPOSITORY", "EVENT_PATH", "SHA", "API_URL", "STEP_SUMMARY", "ACTIONS")
    for name in names:
        monkeypatch.delenv(f"GITHUB_{name}", raising=False)


@pytest.fixture
def job(kernel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """A job for the pull request that `topic` is."""
    from reviewbot.publishers.forge import github  # noqa: PLC0415 - needs PyGithub

    monkeypatch.setattr(github, "BETWEEN_WRITES", 0)
    head, base = git(kernel, "rev-parse", "topic", "main").split()
    event = {"pull_request": {"number": 7, "head": {"sha": head}, "base": {"sha": base}}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    fake = FakeGitHub()
    fake.head = head
    diff = git(kernel, "diff", "main", "topic")
    patch = diff[diff.index("@@") :].rstrip("\n")
    fake.files = [{"filename": "drivers/misc/larch.c", "status": "modified", "patch": patch}]
    with served(fake.serve) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_REPOSITORY", fake.repository)
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
        yield fake


def test_job_comments_and_again_says_nothing(run: Run, kernel: Path, job: FakeGitHub) -> None:
    done = run("bot", "github", cwd=kernel)
    assert (done.status, done.text) == (0, "")
    assert done.err == "reviewbot: 1 question, 1 on lines, 0 answered; 3 changes in 6 requests\n"
    (thread,) = job.threads
    assert thread.text == "\tl->ready = true;"
    job.log.clear()
    assert "no changes in 3 requests" in run("bot", "github", cwd=kernel).err
    assert job.writes == []


def test_token_is_sent_to_the_forge_and_shown_nowhere(
    run: Run, kernel: Path, job: FakeGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outputs = [run("bot", "github", "-v", cwd=kernel), run("bot", "github", "--dry-run", cwd=kernel)]
    job.fault(".", 401)
    outputs.append(run("bot", "github", cwd=kernel))
    assert outputs[-1].status == 2
    assert all(TOKEN in token for token in job.tokens)
    assert all(TOKEN not in done.text + done.err for done in outputs)
    assert TOKEN not in caplog.text


ENDS = {
    "github --repository": ('"commit_id": "{head}"',),
    "gitlab --project": ('"base_sha": "{base}"', '"head_sha": "{head}"'),
}


@pytest.mark.parametrize("named", ENDS)
def test_dry_run_of_a_range_where_no_job_runs(
    run: Run, kernel: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COMMIT_SHA", "MERGE_REQUEST_DIFF_BASE_SHA", "MERGE_REQUEST_SOURCE_BRANCH_SHA"):
        monkeypatch.delenv(f"CI_{name}", raising=False)
    head, base = git(kernel, "rev-parse", "topic", "main").split()
    request = (*named.split(), "larch/linux", "--number", "7")
    done = run("bot", *request, "--dry-run", "main..topic", cwd=kernel)
    assert done.status == 0
    assert all(words.format(head=head, base=base) in done.text for words in ENDS[named])


def test_dry_run_prints_and_sends_nothing(run: Run, kernel: Path, job: FakeGitHub) -> None:
    done = run("bot", "github", "--dry-run", cwd=kernel)
    assert job.writes == []
    heads = [line for line in done.text.splitlines() if line[:1].isalpha()]
    assert heads == [
        "POST /repos/larch/linux/pulls/7/comments",
        "POST /repos/larch/linux/issues/7/comments",
        "POST /repos/larch/linux/check-runs",
    ]
    run("bot", "github", cwd=kernel)
    assert run("bot", "github", "--dry-run", cwd=kernel).text == "Nothing to send.\n"


def test_fail_on(run: Run, kernel: Path, job: FakeGitHub) -> None:
    assert run("bot", "github", "--fail-on", "lifetime", cwd=kernel).status == 0
    assert run("bot", "github", "--fail-on", "ordering", cwd=kernel).status == 1
    assert job.checks[-1]["conclusion"] == "failure"
    job.permissions = {"lukasz": "admin"}
    job.reply(job.threads[0], "lukasz", "reviewbot: allow only at probe")
    assert run("bot", "github", "--fail-on", "ordering", cwd=kernel).status == 0


def test_fork_gets_notices_and_a_summary(
    run: Run, kernel: Path, job: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.denied = {"."}
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    done = run("bot", "github", cwd=kernel)
    assert done.status == 0
    assert done.text.startswith("::notice file=drivers/misc/larch.c,line=25,title=flag-publishes-data")
    assert done.text.count("\n") == 1
    assert "no permission for comments on lines" in done.err
    assert "**reviewbot**: 1 question" in (tmp_path / "page.md").read_text()


def test_without_a_token_nothing_is_asked(
    run: Run, kernel: Path, job: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    done = run("bot", "github", "--fail-on", "question", cwd=kernel)
    assert done.status == 1
    assert done.text.startswith("::notice ")
    assert job.log == []


def test_options_overrule_the_job(run: Run, job: FakeGitHub) -> None:
    job.head, job.files = HEAD, []
    done = run("bot", "github", "--number", "7", "--head-commit", HEAD, "--no-check", str(EXAMPLE))
    assert "2 questions" in done.err
    assert job.checks == []
    assert "drivers/misc/larch.c:42" in job.comments[0].body, "on no line of this diff"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "--repository OWNER/NAME"),
        (("--repository", "a/../../x"), "--repository OWNER/NAME"),
        (("--repository", "a/b", "--number", "7"), "--head-commit"),
        (("--repository", "a/b", "--head-commit", HEAD), "--number"),
        (("--repository", "a/b", "--head-commit", HEAD, "--number", "7"), "--base-commit"),
        (("--repository", "a/b", "--head-commit", "HEAD", "--number", "7"), "40 digits"),
    ],
)
def test_what_is_missing_is_named(run: Run, arguments: tuple[str, ...], complaint: str) -> None:
    assert complaint in run("bot", "github", *arguments).complaint


def test_event_is_hostile_too(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    environment = {"GITHUB_EVENT_PATH": str(path), "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": HEAD}
    named = Named(number=1)
    for text in (
        "[]",
        "{}",
        '{"pull_request": [1]}',
        '{"pull_request": {"head": {"sha": "--x"}, "base": 3}}',
    ):
        path.write_text(text)
        event = github_event(named, environment)
        assert (event.head, event.base) == (HEAD, "")
    path.write_text("{")
    with pytest.raises(ForgeError, match="GITHUB_EVENT_PATH"):
        github_event(named, environment)


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_example_is_told_in_the_same_bytes(
    run: Run, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch, forge: str
) -> None:
    where = {"github": "--repository", "gitlab": "--project"}[forge]
    named = (where, "larch/linux", "--number", "7", "--head-commit", HEAD, "--base-commit", NEXT)
    monkeypatch.delenv("GITLAB_TOKEN", raising=False)
    told = [run("bot", forge, "--dry-run", *named, str(EXAMPLE)).text for _ in range(2)]
    assert told[0] == told[1]
    golden(ROOT / f"tests/publishers/golden/larch.{forge}.txt", told[0])


def test_page_shows_a_comment(run: Run, golden: Callable[[Path, str], None]) -> None:
    named = ("--repository", "larch/linux", "--number", "7", "--head-commit", HEAD)
    told = run("bot", "github", "--dry-run", *named, str(EXAMPLE)).text
    whole = json.loads(told[told.index("{") : told.index("\n}\n") + 2])
    golden(ROOT / "docs/examples/comment.md", whole["comments"][0]["body"] + "\n")


@pytest.mark.parametrize("name", ["action.yml", "docs/examples/github.yml"])
def test_workflows_are_read_and_hold_no_text_of_strangers_in_scripts(name: str) -> None:
    whole = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    steps = whole["runs"]["steps"] if "runs" in whole else whole["jobs"]["review"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert scripts
    assert not any("${{" in script for script in scripts)


def test_example_for_gitlab_is_a_job() -> None:
    whole = yaml.safe_load((ROOT / "docs/examples/gitlab-ci.yml").read_text(encoding="utf-8"))
    assert all(isinstance(line, str) for line in whole["reviewbot"]["script"])


@pytest.mark.parametrize("name", ["github.yml", "gitlab-ci.yml"])
def test_examples_take_the_bot_from_a_copy_of_ones_own(name: str) -> None:
    example = (ROOT / "docs/examples" / name).read_text(encoding="utf-8")
    assert example.count("in place of OWNER") == 1
    assert "OWNER/reviewbot@main" in example
    section = (ROOT / "docs/ci.md").read_text(encoding="utf-8").partition(f"({'examples/' + name})")[2]
    assert "`OWNER`" in section.partition("\n## ")[0]


def test_example_fits_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    example = yaml.safe_load((ROOT / "docs/examples/github.yml").read_text(encoding="utf-8"))
    last = example["jobs"]["review"]["steps"][-1]
    assert set(last["with"]) <= set(action["inputs"])
    assert example["permissions"] == {"contents": "read", "pull-requests": "write", "checks": "write"}


@pytest.fixture
def pipeline(kernel: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitLab]:
    """A pipeline for the merge request that `topic` is."""
    fake = FakeGitLab()
    fake.head, base = git(kernel, "rev-parse", "topic", "main").split()
    diff = git(kernel, "diff", "main", "topic")
    path = "drivers/misc/larch.c"
    fake.diffs = [{"old_path": path, "new_path": path, "diff": diff[diff.index("@@") :]}]
    with served(fake.serve) as address:
        job = {"PROJECT_ID": "larch/linux", "MERGE_REQUEST_IID": "7", "COMMIT_SHA": fake.head}
        for name, value in {**job, "MERGE_REQUEST_DIFF_BASE_SHA": base, "API_V4_URL": address + API}.items():
            monkeypatch.setenv(f"CI_{name}", value)
        monkeypatch.delenv("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", raising=False)
        monkeypatch.setenv("GITLAB_TOKEN", GITLAB_TOKEN)
        yield fake


def test_pipeline_comments_and_again_says_nothing(run: Run, kernel: Path, pipeline: FakeGitLab) -> None:
    done = run("bot", "gitlab", cwd=kernel)
    assert (done.status, done.text) == (0, "")
    assert done.err == "reviewbot: 1 question, 1 on lines, 0 answered; 2 changes in 6 requests\n"
    assert pipeline.threads[0]["text"] == "\tl->ready = true;"
    pipeline.log.clear()
    assert "no changes in 4 requests" in run("bot", "gitlab", cwd=kernel).err
    assert pipeline.writes == []
    assert run("bot", "gitlab", "--fail-on", "ordering", cwd=kernel).status == 1


def test_pipeline_without_a_token(
    run: Run, kernel: Path, pipeline: FakeGitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITLAB_TOKEN")
    assert run("bot", "gitlab", cwd=kernel).text == ""
    printed = run("bot", "gitlab", "--dry-run", cwd=kernel).text
    assert printed.startswith("POST /projects/larch%2Flinux/merge_requests/7/discussions\n")
    assert '"position_type": "text"' in printed
    assert pipeline.log == []


@pytest.mark.parametrize(("project", "number"), [("../x", "7"), ("larch/linux", "seven"), ("", "7")])
def test_pipeline_that_is_none(
    run: Run, pipeline: FakeGitLab, monkeypatch: pytest.MonkeyPatch, project: str, number: str
) -> None:
    monkeypatch.setenv("CI_PROJECT_ID", project)
    monkeypatch.setenv("CI_MERGE_REQUEST_IID", number)
    assert "give --" in run("bot", "gitlab").complaint


def test_report_on_code_quality(run: Run, kernel: Path) -> None:
    (entry,) = json.loads(run("review", "topic", "--format", "gitlab-codequality", cwd=kernel).text)
    assert entry["location"] == {"path": "drivers/misc/larch.c", "lines": {"begin": 25}}
