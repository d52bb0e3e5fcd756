"""`reviewbot bot patchwork` against a Patchwork of our own on loopback."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from reviewbot.findings import Concern
from reviewbot.publishers.forge.patchwork import verdicts
from tests.cli.conftest import EXAMPLE, Run
from tests.publishers import factory
from tests.publishers.forge.cases import report
from tests.publishers.forge.fake_github import RESET, reset, respond, served

pytest.importorskip("requests", reason="requests is not installed")

TOKEN = f"{0x5EC2E7:040x}"


class FakePatchwork:
    """The patches of the bundled example, and their checks."""

    def __init__(self) -> None:
        text = EXAMPLE.read_text(encoding="utf-8")
        self.ids = re.findall(r"^Message-I[dD]: <(.*)>$", text, re.M)[1:]
        self.checks: dict[int, list[dict[str, Any]]] = {}
        self.posts = 0
        self.faults: list[tuple[int, bool]] = []
        self.tokens: set[str | None] = set()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        split = urlsplit(handler.path.removeprefix("/api/1.3"))
        self.tokens.add(handler.headers.get("Authorization"))
        if handler.command == "GET":
            respond(handler, 200, {}, self.look(split.path, parse_qs(split.query)))
            return
        if handler.headers.get("Authorization") != f"Token {TOKEN}":
            respond(handler, 403, {}, {"detail": "no"})
            return
        self.posts += 1
        status, is_done = self.faults.pop() if self.faults else (201, True)
        if is_done:
            made = self.checks.setdefault(int(split.path.split("/")[2]), [])
            made.append({"id": self.posts, **json.loads(raw)})
        if status == RESET:
            reset(handler)
        else:
            respond(handler, status, {}, {})

    def look(self, path: str, query: dict[str, list[str]]) -> Any:
        if path == "/patches/":
            return [{"id": self.ids.index(each) + 1} for each in query["msgid"] if each in self.ids]
        return self.checks.get(int(path.split("/")[2]), [])


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakePatchwork, str]]:
    monkeypatch.setenv("PATCHWORK_TOKEN", TOKEN)
    there = FakePatchwork()
    with served(there.serve) as address:
        yield there, f"{address}/api/1.3"


def test_a_check_a_patch_and_none_twice(run: Run, fake: tuple[FakePatchwork, str]) -> None:
    there, address = fake
    done = run("bot", "patchwork", "--address", address, str(EXAMPLE))
    assert (done.status, done.err) == (0, "reviewbot: 3 verdicts, 3 changes\n")
    said = [there.checks[number][0] for number in (1, 2, 3)]
    assert [each["state"] for each in said] == ["warning", "success", "warning"]
    assert said[0]["description"] == "1 question: flag-publishes-data"
    run("bot", "patchwork", "--address", address, str(EXAMPLE))
    assert there.posts == 3


def test_fail_only_where_asked_for_and_the_newest_counts(run: Run, fake: tuple[FakePatchwork, str]) -> None:
    there, address = fake
    run("bot", "patchwork", "--address", address, str(EXAMPLE))
    done = run("bot", "patchwork", "--address", address, "--fail-on", "ordering", str(EXAMPLE))
    assert done.status == 1
    assert [each["state"] for each in there.checks[1]] == ["warning", "fail"]
    assert len(there.checks[2]) == 1


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("status", [RESET, 502])
def test_fault_makes_no_second_check(
    run: Run, fake: tuple[FakePatchwork, str], status: int, is_done: bool
) -> None:
    there, address = fake
    there.faults = [(status, is_done)]
    run("bot", "patchwork", "--address", address, str(EXAMPLE))
    assert [len(there.checks[number]) for number in (1, 2, 3)] == [1, 1, 1]


def test_dry_run_needs_no_token(
    run: Run, fake: tuple[FakePatchwork, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, address = fake
    monkeypatch.delenv("PATCHWORK_TOKEN")
    done = run("bot", "patchwork", "--address", address, "--dry-run", str(EXAMPLE))
    assert done.text.count("POST /patches/") == 3
    assert (there.posts, there.tokens) == (0, {None})
    assert "PATCHWORK_TOKEN" in run("bot", "patchwork", "--address", address, str(EXAMPLE)).complaint


def test_mail_that_patchwork_has_not(run: Run, fake: tuple[FakePatchwork, str]) -> None:
    there, address = fake
    there.ids = there.ids[:1]
    assert run("bot", "patchwork", "--address", address, str(EXAMPLE)).err.endswith(", 2 not in Patchwork\n")


def test_wrong_token_and_address(
    run: Run, fake: tuple[FakePatchwork, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATCHWORK_TOKEN", "wrong")
    assert "may not do this" in run("bot", "patchwork", "--address", fake[1], str(EXAMPLE)).complaint
    complaint = run("bot", "patchwork", "--address", "http://pw.example.org", str(EXAMPLE)).complaint
    assert "--address must begin with https://" in complaint


def test_verdicts_are_of_the_patches() -> None:
    found = verdicts(factory.series(), report(), Concern.ORDERING)
    assert [each.state for each in found] == ["fail", "warning"]
