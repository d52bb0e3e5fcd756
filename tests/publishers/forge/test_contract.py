"""The bot against GitHub's own description of its API, served by a mock that validates every request.

Needs the npm packages that `.ci/run` fetches; REVIEWBOT_NPM names the folder they are in.
"""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from reviewbot.publishers.forge import github_requests, github_state
from reviewbot.publishers.forge.github_requests import Target
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.plan import Ask, Delete, Edit, Judge, Manners, Plan, Resolve, Tell, plan
from reviewbot.publishers.forge.rounds import publish
from reviewbot.publishers.forge.state import State
from reviewbot.publishers.forge.wire import Request, UnfitError
from tests.publishers import factory
from tests.publishers.forge.cases import PULL, report
from tests.publishers.forge.fake_github import HEAD, TOKEN, Comment, FakeGitHub, Thread, patch_text, served

pytest.importorskip("github", reason="PyGithub is not installed")
pytestmark = pytest.mark.forge

from reviewbot.publishers.forge.github import GitHub, PyGithubWire  # noqa: E402
from reviewbot.publishers.forge.lines import shown_file  # noqa: E402

TARGET = Target("larch/linux", 7, HEAD)
PATHS = (
    "/repos/{owner}/{repo}/pulls/{pull_number}/files",
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    "/repos/{owner}/{repo}/pulls/{pull_number}/comments",
    "/repos/{owner}/{repo}/pulls/comments/{comment_id}",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/commits/{ref}/check-runs",
    "/repos/{owner}/{repo}/check-runs",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}",
    "/repos/{owner}/{repo}/collaborators/{username}/permission",
)


@pytest.fixture(scope="session")
def packages() -> Path:
    named = os.environ.get("REVIEWBOT_NPM")
    if not named:
        pytest.skip("REVIEWBOT_NPM names no folder with @octokit/openapi and @stoplight/prism-cli")
    return Path(named)


def trimmed(description: dict[str, Any]) -> dict[str, Any]:
    """The description with our paths and what they refer to: the whole takes a minute to load."""
    kept: dict[str, Any] = {"paths": {path: description["paths"][path] for path in PATHS}, "components": {}}
    waiting = [kept["paths"]]
    while waiting:
        for name in references(waiting.pop()):
            _, _, kind, key = name.split("/")
            group = kept["components"].setdefault(kind, {})
            if key not in group:
                group[key] = description["components"][kind][key]
                waiting.append(group[key])
    # its own example lacks what its schema asks for
    examples = kept["components"]["examples"]
    example = next(each["value"] for name, each in examples.items() if "collaborator-permission" in name)
    example["user"].setdefault("role_name", example["permission"])
    return {"openapi": description["openapi"], "info": description["info"], **kept}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


@pytest.fixture(scope="session")
def prism(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the mock."""
    folder = tmp_path_factory.mktemp("prism")
    whole = json.loads((packages / "api.github.com.json").read_text(encoding="utf-8"))
    (folder / "api.json").write_text(json.dumps(trimmed(whole)), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(packages / "node_modules/.bin/prism"),
        "mock",
        "--errors",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen([*command, "api.json"], cwd=folder, stdout=log) as run,
    ):
        try:
            wait_for(port, run)
            yield f"http://127.0.0.1:{port}"
        finally:
            run.terminate()


def wait_for(port: int, run: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert run.poll() is None, "prism ended"
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("prism does not start")


class Front(msgspec.Struct):
    """Answers GraphQL from the fake, and leaves the rest to the mock."""

    fake: FakeGitHub
    prism: str
    statuses: list[tuple[str, int]] = msgspec.field(default_factory=list)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        data = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if handler.path == "/graphql":
            body = json.loads(data)
            status, answer = self.fake.graphql(body["query"], body["variables"])
            text = json.dumps(answer).encode()
        else:
            status, text = self.forwarded(handler, data)
            self.statuses.append((f"{handler.command} {handler.path}", status))
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def forwarded(self, handler: BaseHTTPRequestHandler, data: bytes) -> tuple[int, bytes]:
        names = ("Authorization", "Content-Type", "Accept", "User-Agent")
        headers = {name: handler.headers[name] for name in names if handler.headers[name]}
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.prism + handler.path, data or None, headers, method=handler.command
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


@pytest.fixture
def front(prism: str) -> Iterator[tuple[Front, Patience]]:
    behind = Front(FakeGitHub(), prism)
    with served(behind.serve) as address:
        yield behind, Patience(PyGithubWire(TOKEN, address, pause=0), lambda _: None)


def everything() -> Plan:
    """A plan with every action, made of real comments."""
    shown = {PULL.path: shown_file(PULL.path, PULL.path, patch_text(PULL))}
    first = plan(factory.series(), report(), State(HEAD, shown=shown), Manners())
    assert first.asks
    assert first.tell is not None
    assert first.judge is not None
    return replace(
        first,
        edits=(Edit("T", "123", "text"),),
        deletes=(Delete("T", "5000000001"),),
        resolves=(),
        repeated=("77",),
    )


def sent(made: Plan, *, is_single: bool) -> list[Request]:
    return list(github_requests.requests(made, TARGET, is_single=is_single))


ALL = [*sent(everything(), is_single=False), *sent(everything(), is_single=True)]
AGAIN = sent(Plan(tell=Tell("text", "55"), judge=Judge("66", "failure", "t", "x", "d")), is_single=False)


@pytest.mark.parametrize("request_", [*ALL, *AGAIN], ids=lambda each: f"{each.method} {each.path}")
def test_request_is_as_described(request_: Request, front: tuple[Front, Patience]) -> None:
    answer = front[1].send(request_)
    assert 200 <= answer.status < 300


def test_mock_refuses_what_is_not_as_described(front: tuple[Front, Patience]) -> None:
    review = next(each for each in ALL if each.path.endswith("/reviews"))
    assert review.body
    with pytest.raises(UnfitError):
        front[1].send(replace(review, body={**review.body, "event": "SHOUT"}))
    check = next(each for each in ALL if each.path.endswith("/check-runs"))
    assert check.body
    with pytest.raises(UnfitError):
        front[1].send(replace(check, body={**check.body, "head_sha": None}))


def test_a_whole_run(front: tuple[Front, Patience]) -> None:
    behind, patience = front
    first = everything().asks[0]
    assert isinstance(first, Ask)
    talk = [Comment(1, "github-actions", first.body), Comment(2, "ravi", "reviewbot: allow RTNL is held")]
    behind.fake.threads.append(Thread("T", first.spot.path, 47, "", talk))
    forge = GitHub(TARGET, patience)
    outcome = publish(forge, factory.series(), report(), Manners())
    assert [status for _, status in behind.statuses if status >= 300] == []
    asked = [what.partition("?")[0].replace("/repos/larch/linux", "") for what, _ in behind.statuses]
    assert asked == [
        "GET /pulls/7/files",
        f"GET /commits/{HEAD}/check-runs",
        "GET /collaborators/ravi/permission",
        "POST /issues/7/comments",
        "POST /check-runs",
    ]
    assert outcome.plan.silenced == (factory.finding().fingerprint,), (
        "the example in the description is an admin"
    )


def test_answers_of_the_description_are_read(front: tuple[Front, Patience]) -> None:
    forge = GitHub(TARGET, front[1])
    (file,) = forge._files()
    assert file.path == "file1.txt"
    assert forge._check() is None, "a check of somebody else"
    assert forge._may_write("octocat")


QUERIES = {
    "conversation": github_state.CONVERSATION,
    **{
        f"resolve-{each}": next(iter(sent(Plan(resolves=(Resolve("T", each),)), is_single=False))).body[
            "query"
        ]  # type: ignore[index]
        for each in (True, False)
    },
}

VALIDATE = """
const {buildSchema, parse, validate} = require("graphql");
// the schema as published defines two of its fields twice
const text = require("fs").readFileSync(process.argv[1], "utf8");
const schema = buildSchema(text, {assumeValidSDL: true});
const query = require("fs").readFileSync(0, "utf8");
for (const error of validate(schema, parse(query))) console.log(error.message);
"""


@pytest.mark.parametrize("name", [*QUERIES, "wrong"])
def test_query_is_of_the_schema(packages: Path, name: str) -> None:
    query = QUERIES.get(name, "{ viewer { password } }")
    done = subprocess.run(
        ["node", "-e", VALIDATE, str(packages / "schema.graphql")],
        input=query,
        capture_output=True,
        text=True,
        check=True,
        cwd=packages,
    )
    assert bool(done.stdout) == (name == "wrong"), done.stdout
