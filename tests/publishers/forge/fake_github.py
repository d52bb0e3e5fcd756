"""A GitHub of our own on loopback: one pull request that remembers, and faults on demand."""

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from reviewbot.series.model import FileDiff

TOKEN = f"ghs_{0x5EC2E7:024x}"
HEAD = "a" * 40
NEXT = "b" * 40
BOT = "github-actions"


class Comment(msgspec.Struct):
    id: int
    author: str
    body: str
    commit: str = ""


class Thread(msgspec.Struct):
    id: str
    path: str
    line: int | None
    text: str
    comments: list[Comment]
    is_resolved: bool = False


class Logged(msgspec.Struct, frozen=True):
    method: str
    path: str
    body: Any

    @property
    def is_write(self) -> bool:
        if self.path.endswith("/graphql"):
            return "mutation" in self.body["query"]
        return self.method != "GET"


class Fault(msgspec.Struct):
    """What to do once, with the n-th request that matches."""

    matches: Callable[[Logged], bool]
    status: int = 0
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    message: str = "no"
    is_done: bool = False
    """Whether the request is carried out all the same."""
    skip: int = 0
    times: int = 1
    body: Any = None
    """In place of the message; bytes are sent as they are."""


RESET = 0
"""A status: the connection is reset instead of an answer."""


def patch_text(file: FileDiff) -> str:
    lines = []
    for hunk in file.hunks:
        lines.append(f"@@ -{hunk.before_start},{hunk.before_count} +{hunk.after_start},{hunk.after_count} @@")
        lines += hunk.lines
    return "\n".join(lines)


class FakeGitHub:
    """The state, and what the API does to it."""

    def __init__(self, repository: str = "larch/linux", number: int = 7) -> None:
        self.repository, self.number = repository, number
        self.head, self.state = HEAD, "OPEN"
        self.files: list[dict[str, Any]] = []
        self.threads: list[Thread] = []
        self.comments: list[Comment] = []
        self.checks: list[dict[str, Any]] = []
        self.reviews: list[str] = []
        self.permissions: dict[str, str] = {}
        self.log: list[Logged] = []
        self.faults: list[Fault] = []
        self.denied: set[str] = set()
        self.tokens: set[str] = set()
        self.page = 100
        self.can_resolve = True
        self._id = 5_000_000_000
        self._lock = threading.Lock()

    # what tests do

    def shows(self, *files: FileDiff) -> None:
        self.files = [
            {"filename": file.path, "status": "modified", "patch": patch_text(file)} for file in files
        ]

    def push(self, head: str, *files: FileDiff) -> None:
        """A new head; comments stay on the line with the text that they were made on, or are outdated."""
        self.shows(*files)
        self.head = head
        for thread in self.threads:
            lines = self.right(thread.path)
            thread.line = next((number for number, text in lines.items() if text == thread.text), None)

    def reply(self, thread: Thread, author: str, body: str) -> None:
        thread.comments.append(Comment(self.new_id(), author, body))

    def fault(self, what: str, status: int, **more: Any) -> None:
        """`what` is a pattern of `METHOD PATH`; for GraphQL, of the query behind it as well."""

        def matches(logged: Logged) -> bool:
            query = logged.body["query"] if logged.path.endswith("/graphql") else ""
            return re.search(what, f"{logged.method} {logged.path} {query}") is not None

        self.faults.append(Fault(matches, status, **more))

    @property
    def writes(self) -> list[Logged]:
        return [logged for logged in self.log if logged.is_write]

    def new_id(self) -> int:
        self._id += 1
        return self._id

    def right(self, path: str) -> dict[int, str]:
        """The lines that may be commented on."""
        found: dict[int, str] = {}
        for file in self.files:
            if file["filename"] == path:
                number = 0
                for line in file["patch"].split("\n"):
                    if line.startswith("@@"):
                        number = int(line.split("+")[1].split(",")[0])
                    elif not line.startswith("-"):
                        found[number] = line[1:]
                        number += 1
        return found

    # what the API does

    def answer(self, logged: Logged, token: str) -> tuple[int, Any]:
        if token not in (f"token {TOKEN}", f"Bearer {TOKEN}"):
            return 401, {"message": "Bad credentials"}
        split = urlsplit(logged.path)
        if split.path == "/graphql":
            return self.graphql(logged.body["query"], logged.body["variables"])
        root = f"/repos/{self.repository}"
        for method, pattern, action in self.routes():
            found = re.fullmatch(root + pattern, split.path)
            if found and method == logged.method:
                if any(re.search(denied, logged.path) for denied in self.denied) and method != "GET":
                    return 403, {"message": "Resource not accessible by integration"}
                query = {key: values[0] for key, values in parse_qs(split.query).items()}
                return action(found, logged.body, query)
        return 404, {"message": "Not Found"}

    def routes(self) -> list[tuple[str, str, Callable[..., tuple[int, Any]]]]:
        pull, issue = f"/pulls/{self.number}", f"/issues/{self.number}"
        return [
            ("GET", f"{pull}/files", self.list_files),
            ("POST", f"{pull}/reviews", self.review),
            ("POST", f"{pull}/comments", self.line_comment),
            ("PATCH", r"/pulls/comments/(\d+)", self.edit_line_comment),
            ("DELETE", r"/pulls/comments/(\d+)", self.delete_line_comment),
            ("POST", f"{issue}/comments", self.comment),
            ("PATCH", r"/issues/comments/(\d+)", self.edit_comment),
            ("DELETE", r"/issues/comments/(\d+)", self.delete_comment),
            ("GET", r"/commits/(\w+)/check-runs", self.list_checks),
            ("POST", "/check-runs", self.check),
            ("PATCH", r"/check-runs/(\d+)", self.edit_check),
            ("GET", r"/collaborators/([^/]+)/permission", self.permission),
        ]

    def list_files(self, _: Any, __: Any, query: dict[str, str]) -> tuple[int, Any]:
        start = (int(query["page"]) - 1) * int(query["per_page"])
        return 200, self.files[start : start + int(query["per_page"])]

    def review(self, _: Any, body: Any, __: Any) -> tuple[int, Any]:
        if not body["body"] or body["event"] != "COMMENT":
            return 422, {"message": "body"}
        if len(body["comments"]) > 30:
            return 422, {"message": "too many for this test"}
        if not all(self.fits(comment) for comment in body["comments"]):
            return 422, {"message": "Unprocessable Entity", "errors": ["Line could not be resolved"]}
        self.reviews.append(body["body"])
        for comment in body["comments"]:
            self.add(comment, body["commit_id"])
        return 200, {"id": self.new_id()}

    def line_comment(self, _: Any, body: Any, __: Any) -> tuple[int, Any]:
        if not self.fits(body):
            return 422, {"message": "Validation Failed"}
        self.add(body, body["commit_id"])
        return 201, {"id": self.new_id()}

    def fits(self, comment: Any) -> bool:
        is_short = len(comment["body"].encode()) <= 65_536
        return comment["side"] == "RIGHT" and comment["line"] in self.right(comment["path"]) and is_short

    def add(self, comment: Any, commit: str) -> None:
        first = Comment(self.new_id(), BOT, comment["body"].strip(), commit)
        text = self.right(comment["path"])[comment["line"]]
        self.threads.append(Thread(f"PRRT_{first.id}", comment["path"], comment["line"], text, [first]))

    def of_line(self, id_: str) -> Comment | None:
        found = (comment for thread in self.threads for comment in thread.comments)
        return next((comment for comment in found if comment.id == int(id_)), None)

    def edit_line_comment(self, found: Any, body: Any, _: Any) -> tuple[int, Any]:
        return self.edited(self.of_line(found[1]), body)

    def edited(self, comment: Comment | None, body: Any) -> tuple[int, Any]:
        if comment is None:
            return 404, {"message": "Not Found"}
        assert comment.author == BOT, "edits only what it wrote"
        comment.body = body["body"].strip()
        return 200, {"id": comment.id}

    def delete_line_comment(self, found: Any, _: Any, __: Any) -> tuple[int, Any]:
        comment = self.of_line(found[1])
        if comment is None:
            return 404, {"message": "Not Found"}
        assert comment.author == BOT, "deletes only what it wrote"
        for thread in self.threads:
            thread.comments = [each for each in thread.comments if each is not comment]
        self.threads = [thread for thread in self.threads if thread.comments]
        return 204, None

    def comment(self, _: Any, body: Any, __: Any) -> tuple[int, Any]:
        if len(body["body"].encode()) > 65_536:
            return 422, {"message": "body is too long"}
        self.comments.append(Comment(self.new_id(), BOT, body["body"]))
        return 201, {"id": self._id}

    def of_talk(self, id_: str) -> Comment | None:
        return next((comment for comment in self.comments if comment.id == int(id_)), None)

    def edit_comment(self, found: Any, body: Any, _: Any) -> tuple[int, Any]:
        return self.edited(self.of_talk(found[1]), body)

    def delete_comment(self, found: Any, _: Any, __: Any) -> tuple[int, Any]:
        comment = self.of_talk(found[1])
        if comment is None:
            return 404, {"message": "Not Found"}
        assert comment.author == BOT, "deletes only what it wrote"
        self.comments.remove(comment)
        return 204, None

    def list_checks(self, found: Any, _: Any, query: dict[str, str]) -> tuple[int, Any]:
        assert query["check_name"] == "reviewbot"
        runs = [check for check in self.checks if check["head_sha"] == found[1]]
        return 200, {"total_count": len(runs), "check_runs": runs}

    def check(self, _: Any, body: Any, __: Any) -> tuple[int, Any]:
        if len(body["output"]["summary"].encode()) > 65_535:
            return 422, {"message": "output is too long"}
        self.checks.append({"id": self.new_id(), **body})
        return 201, self.checks[-1]

    def edit_check(self, found: Any, body: Any, _: Any) -> tuple[int, Any]:
        for check in self.checks:
            if check["id"] == int(found[1]):
                check.update(body)
                return 200, check
        return 404, {"message": "Not Found"}

    def permission(self, found: Any, _: Any, __: Any) -> tuple[int, Any]:
        given = self.permissions.get(unquote(found[1]))
        if given is None:
            return 404, {"message": "Not Found"}
        return 200, {"permission": given, "role_name": given}

    def graphql(self, query: str, variables: dict[str, Any]) -> tuple[int, Any]:
        if "mutation" in query:
            return self.resolve(query, variables["id"])
        if (variables["owner"], variables["name"]) != tuple(self.repository.split("/")):
            return 200, {"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "no"}]}
        if variables["number"] != self.number:
            return 200, {
                "data": {"repository": {"pullRequest": None}},
                "errors": [{"type": "NOT_FOUND", "message": "no"}],
            }
        request: dict[str, Any] = {"state": self.state, "headRefOid": self.head}
        if variables["wantsThreads"]:
            nodes = [self.thread_node(thread) for thread in self.threads]
            request["reviewThreads"] = self.connection(nodes, variables["threadsAfter"])
        if variables["wantsNotes"]:
            nodes = [self.comment_node(comment) for comment in self.comments]
            request["comments"] = self.connection(nodes, variables["notesAfter"])
        return 200, {"data": {"repository": {"pullRequest": request}}}

    def connection(self, nodes: list[Any], after: str | None) -> dict[str, Any]:
        start = int(after or 0)
        end = start + self.page
        page = {"hasNextPage": end < len(nodes), "endCursor": str(end)}
        return {"pageInfo": page, "nodes": nodes[start:end]}

    def thread_node(self, thread: Thread) -> dict[str, Any]:
        return {
            "id": thread.id,
            "isResolved": thread.is_resolved,
            "viewerCanResolve": not thread.is_resolved and self.can_resolve,
            "viewerCanUnresolve": thread.is_resolved and self.can_resolve,
            "path": thread.path,
            "line": thread.line,
            "comments": {
                "pageInfo": {"hasNextPage": False},
                "nodes": [self.comment_node(comment) for comment in thread.comments],
            },
        }

    def comment_node(self, comment: Comment) -> dict[str, Any]:
        author = {"login": comment.author} if comment.author else None
        return {
            "fullDatabaseId": str(comment.id),
            "body": comment.body,
            "viewerDidAuthor": comment.author == BOT,
            "author": author,
            "originalCommit": {"oid": comment.commit} if comment.commit else None,
        }

    def resolve(self, query: str, id_: str) -> tuple[int, Any]:
        if "resolve" in self.denied:
            return 200, {"data": None, "errors": [{"type": "FORBIDDEN", "message": "no"}]}
        for thread in self.threads:
            if thread.id == id_:
                thread.is_resolved = "unresolve" not in query
                return 200, {"data": {}}
        return 200, {"data": None, "errors": [{"type": "NOT_FOUND", "message": "no"}]}

    # the wire

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        raw = handler.rfile.read(length)
        logged = Logged(handler.command, handler.path, json.loads(raw) if raw else None)
        with self._lock:
            token = handler.headers.get("Authorization", "")
            self.tokens.add(token)
            self.log.append(logged)
            fault = self.next_fault(logged)
            if fault is None or fault.is_done:
                status, body = self.answer(logged, token)
        if fault is None:
            respond(handler, status, {}, body)
        elif fault.status == RESET:
            reset(handler)
        else:
            respond(handler, fault.status, fault.headers, fault.body or {"message": fault.message})

    def next_fault(self, logged: Logged) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.matches(logged):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None


def respond(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: Any) -> None:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def reset(handler: BaseHTTPRequestHandler) -> None:
    # with a linger of no seconds the connection is reset rather than closed
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


@contextmanager
def served(serve: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """The address that it is served at."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def answer(self) -> None:
            serve(self)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
