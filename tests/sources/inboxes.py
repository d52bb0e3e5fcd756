"""A server on loopback that answers as a public-inbox does, or as badly as a test wants it to."""

import gzip
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_plus, urlsplit

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers by path; searches (POST) by the path `?`."""

    server: "Inbox"
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append((self.command, unquote_plus(self.path), dict(self.headers)))
        given = int(self.headers.get("Content-Length", 0))
        self.rfile.read(given)
        name = "?" if self.command == "POST" else unquote_plus(parts.path)
        self.server.answers.get(name, status(404))(self)

    do_GET = do_POST = do_HEAD = answer  # noqa: N815

    def send(self, data: bytes, status: int = 200, size: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if size is None else size))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Inbox(ThreadingHTTPServer):
    """`base` is the address of the archive; `asked` what came in."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.over = threading.Event()
        self.base = f"http://127.0.0.1:{self.server_address[1]}/inbox"

    def keeps(self, mbox: bytes, *ids: str) -> None:
        """Gives this thread for each of the Message-IDs."""
        for name in ids:
            self.answers[f"/inbox/{name}/t.mbox.gz"] = packed(mbox)

    def finds(self, mbox: bytes) -> None:
        """Gives this for each search."""
        self.answers["?"] = packed(mbox)


@contextmanager
def served() -> Iterator[Inbox]:
    """An inbox without mail, gone at the end."""
    inbox = Inbox()
    thread = threading.Thread(target=inbox.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.over.set()
        inbox.shutdown()
        inbox.server_close()
        thread.join()


def packed(mbox: bytes) -> Answer:
    return plain(gzip.compress(mbox))


def plain(data: bytes, code: int = 200, **headers: str) -> Answer:
    return lambda handler: handler.send(data, code, **headers)


def status(code: int) -> Answer:
    return plain(b"<html>no</html>", code)


def redirect(target: str) -> Answer:
    return plain(b"", 302, Location=target)


def cut(data: bytes) -> Answer:
    """Promises more than it sends, and closes."""

    def answer(handler: Handler) -> None:
        handler.close_connection = True
        handler.send(data, size=len(data) + 1000)

    return answer


def reset(handler: Handler) -> None:
    """Resets the connection in the middle of the answer."""
    handler.close_connection = True
    handler.send(b"\x1f\x8b", size=1000)
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def silent(handler: Handler) -> None:
    """Never answers."""
    handler.server.over.wait(20)


def drip(handler: Handler) -> None:
    """Sends a byte now and then, so that no pause is ever long."""
    handler.close_connection = True
    handler.send(b"", size=1000)
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b"\x1f")
        handler.wfile.flush()
