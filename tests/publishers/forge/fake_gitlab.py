"""A GitLab of our own on loopback: one merge request that remembers, and faults on demand."""

import json
import re
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reviewbot.series.model import FileDiff
from tests.publishers.forge.fake_github import HEAD, RESET, Fault, Logged, patch_text, reset, respond

TOKEN = f"glpat-{0x5EC2E7:020x}"
OURS = 42
API = "/api/v4"
BASE = "c" * 40


class FakeGitLab:
    """The state, and what the API does to it."""

    def __init__(self) -> None:
        self.head, self.state = HEAD, "opened"
        self.diffs: list[dict[str, Any]] = []
        self.discussions: list[dict[str, Any]] = []
        self.levels: dict[int, int] = {}
        self.log: list[Logged] = []
        self.faults: list[Fault] = []
        self.is_denied = False
        self._id = 100

    def shows(self, *files: FileDiff) -> None:
        self.diffs = [
            {"old_path": each.path, "new_path": each.path, "diff": patch_text(each)} for each in files
        ]

    def push(self, head: str, *files: FileDiff) -> None:
        """A new head: positions are carried over where the line is there with the same text."""
        self.shows(*files)
        self.head = head
        for discussion in self.discussions:
            position = discussion["notes"][0].get("position")
            lines = self.right(position["new_path"]) if position else {}
            found = next((number for number, text in lines.items() if text == discussion["text"]), None)
            if found is not None:
                position |= {"new_line": found, "head_sha": head}
                discussion["notes"].append(self.note("changed this line in version 2", 1, system=True))

    def right(self, path: str) -> dict[int, str]:
        """The lines that may be commented on."""
        found: dict[int, str] = {}
        for diff in self.diffs:
            number = 0
            for line in diff["diff"].split("\n") if diff["new_path"] == path else ():
                if line.startswith("@@"):
                    number = int(line.split("+")[1].split(",")[0])
                elif not line.startswith("-"):
                    found[number] = line[1:]
                    number += 1
        return found

    def reply(self, discussion: dict[str, Any], author: int, body: str) -> None:
        discussion["notes"].append(self.note(body, author))

    def fault(self, what: str, status: int, **more: Any) -> None:
        self.faults.append(
            Fault(
                lambda logged: re.search(what, f"{logged.method} {logged.path}") is not None, status, **more
            )
        )

    @property
    def writes(self) -> list[Logged]:
        return [logged for logged in self.log if logged.method != "GET"]

    @property
    def threads(self) -> list[dict[str, Any]]:
        return [each for each in self.discussions if each["notes"][0].get("position")]

    @property
    def summaries(self) -> list[str]:
        bodies = [each["notes"][0]["body"] for each in self.discussions if each not in self.threads]
        return [body for body in bodies if "reviewbot:v1 summary" in body]

    def note(self, body: str, author: int = OURS, **more: Any) -> dict[str, Any]:
        self._id += 1
        return {
            "id": self._id,
            "body": body,
            "author": {"id": author},
            "system": False,
            "resolved": False,
            **more,
        }

    def answer(self, logged: Logged) -> tuple[int, Any]:
        split = urlsplit(logged.path.removeprefix(API))
        query = {key: values[0] for key, values in parse_qs(split.query).items()}
        parts = split.path.strip("/").split("/")
        if parts == ["user"]:
            return 200, {"id": OURS}
        if parts[:2] != ["projects", "larch%2Flinux"]:
            return 404, {"message": "404 Project Not Found"}
        if logged.method != "GET":
            return self.change(logged.method, parts[4:], logged.body)
        return self.look(parts[2:], query)

    def look(self, parts: list[str], query: dict[str, str]) -> tuple[int, Any]:
        match parts:
            case ["members", "all", user]:
                level = self.levels.get(int(user))
                return (200, {"access_level": level}) if level else (404, {"message": "404 Not found"})
            case ["merge_requests", "7"]:
                refs = {"base_sha": BASE, "start_sha": BASE, "head_sha": self.head}
                return 200, {"state": self.state, "sha": self.head, "diff_refs": refs}
            case ["merge_requests", "7", ("diffs" | "discussions") as what]:
                start = (int(query["page"]) - 1) * int(query["per_page"])
                return 200, getattr(self, what)[start : start + int(query["per_page"])]
        return 404, {"message": "404 Not found"}

    def change(self, method: str, parts: list[str], body: Any) -> tuple[int, Any]:
        if self.is_denied:
            return 403, {"message": "403 Forbidden"}
        match [method, *parts]:
            case ["POST", "discussions"]:
                return self.discuss(body)
            case ["POST", "notes"]:
                self.discussions.append(
                    {"id": "n", "individual_note": True, "notes": [self.note(body["body"])]}
                )
                return 201, {}
            case ["PUT", "discussions", id_]:
                for discussion in self.discussions:
                    if discussion["id"] == id_:
                        discussion["notes"][0]["resolved"] = body["resolved"]
                        return 200, {}
            case ["PUT" | "DELETE", "notes", id_] | ["PUT" | "DELETE", "discussions", _, "notes", id_]:
                return self.edit(method, int(id_), body)
        return 404, {"message": "404 Not found"}

    def discuss(self, body: Any) -> tuple[int, Any]:
        position = body["position"]
        text = self.right(position["new_path"]).get(position["new_line"])
        if text is None or position["head_sha"] != self.head or not position["base_sha"]:
            return 400, {"message": '400 Bad request - Note {:line_code=>["can\'t be blank"]}'}
        note = self.note(body["body"], position=dict(position))
        self.discussions.append({"id": f"d{note['id']}", "notes": [note], "text": text})
        return 201, {}

    def edit(self, method: str, id_: int, body: Any) -> tuple[int, Any]:
        for discussion in list(self.discussions):
            for note in list(discussion["notes"]):
                if note["id"] == id_:
                    assert note["author"]["id"] == OURS, "touches only what it wrote"
                    if method == "PUT":
                        note["body"] = body["body"]
                        return 200, {}
                    discussion["notes"].remove(note)
                    if not discussion["notes"]:
                        self.discussions.remove(discussion)
                    return 204, None
        return 404, {"message": "404 Not found"}

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        logged = Logged(handler.command, handler.path, json.loads(raw) if raw else None)
        self.log.append(logged)
        fault = next((each for each in self.faults if each.times and each.matches(logged)), None)
        status, body = 401, {"message": "401 Unauthorized"}
        if handler.headers.get("PRIVATE-TOKEN") == TOKEN and (fault is None or fault.is_done):
            status, body = self.answer(logged)
        if fault is None:
            respond(handler, status, {}, body)
            return
        fault.times -= 1
        if fault.status == RESET:
            reset(handler)
        else:
            respond(handler, fault.status, fault.headers, {"message": fault.message})
