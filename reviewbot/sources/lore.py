"""A public-inbox asked over HTTP, through liblore.

What comes back is a stranger's: only http and https are spoken, redirects are few and never lead
from https to http, no credentials are sent, and an answer is given up once it is too large, packed
or unpacked, or takes too long as a whole. Imported only where an archive is asked.
"""

import io
import logging
import re
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import liblore
import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter

import reviewbot
from reviewbot.errors import SourceError

_REDIRECTS = 5
_CHUNK = 1 << 16
_KEPT = 600
"""Seconds for which an answer is used again."""
_REASON = re.compile(r"\[Errno -?\d+\] ([\w .-]{3,80})")

# liblore tells its tries in warnings; what matters of them is in the one line of the error
logging.getLogger("liblore").addHandler(logging.NullHandler())


class Limits(msgspec.Struct, frozen=True):
    """How long an archive is waited for, in seconds, and how much is taken from it, in bytes."""

    connect: float = 10.0
    pause: float = 30.0
    """Without a byte."""
    whole: float = 120.0
    packed: int = 16 << 20
    unpacked: int = 64 << 20


class Lore:
    """One archive: `https://lore.kernel.org/all`, `http://127.0.0.1:8080/inbox`.

    With `cache`, a folder of its own, answers are kept there for ten minutes.
    """

    def __init__(self, base: str, cache: Path | None = None, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self.host = urlsplit(base).netloc
        self._session = _session(self._limits, self.host)
        self._node = liblore.LoreNode(
            base,
            request_timeout=(self._limits.connect, self._limits.pause),
            cache_dir=_tidied(cache),
            cache_ttl=_KEPT,
            follow_upstream=False,
        )
        self._node.set_requests_session(self._session)

    def __enter__(self) -> "Lore":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def thread(self, message_id: str) -> bytes:
        """The mbox of the thread that a message is in.

        Raises:
            SourceError: there is none, or the archive does not answer well.
        """
        found = self._asked(lambda: self._node.get_mbox_by_msgid(message_id))
        if found is None:
            raise SourceError(f"{self.host} has no message <{message_id}>; --archive names another archive")
        return found

    def search(self, query: str) -> bytes | None:
        """The mbox of all threads with a message that fits; None where none does, or none can be searched.

        Raises:
            SourceError: the archive does not answer well.
        """
        return self._asked(lambda: self._node.get_mbox_by_query(query, full_threads=True))

    def _asked(self, ask: Callable[[], bytes]) -> bytes | None:
        """The answer; None where it is a 404 or the like."""
        try:
            return ask()
        except liblore.RemoteError as error:
            if error.status_code is None:
                raise SourceError(f"cannot reach {self.host}: {_reason(error)}") from None
            if error.status_code in (300, 404, 410):
                return None
            raise SourceError(f"{self.host} answers {error.status_code}; try again later") from None
        except requests.TooManyRedirects:
            raise SourceError(f"{self.host} redirects more than {_REDIRECTS} times") from None
        except (liblore.LibloreError, requests.RequestException) as error:
            raise SourceError(f"cannot ask {self.host}: {_reason(error)}") from None
        except OSError as error:  # the cache: what requests raises stands above
            raise SourceError(f"cannot use the cache of mail: {error.strerror or error}") from None


def _tidied(cache: Path | None) -> str | None:
    """The folder, without answers that are too old; None where it cannot be made."""
    if cache is None:
        return None
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    for entry in cache.glob("*.lore.cache"):
        with suppress(OSError):
            if time.time() - entry.stat().st_mtime > _KEPT:
                entry.unlink()
    return str(cache)


def _reason(error: Exception) -> str:
    """Why there was no answer, in a few words."""
    text = f"{error} {error.__cause__ or ''}"
    if "NameResolution" in text or "Name or service" in text:
        return "its name is not known; are we offline?"
    if "timed out" in text:
        return "no answer in time"
    if "CERTIFICATE" in text.upper():
        return "its certificate is not trusted"
    if found := _REASON.search(text):
        return found[1].lower()
    return "the connection broke"


def _session(limits: Limits, host: str) -> Any:
    session = _Session()
    session.max_redirects = _REDIRECTS
    session.auth = _plain
    session.headers.update(
        {"User-Agent": f"reviewbot/{reviewbot.__version__}", "Accept-Encoding": "identity"}
    )
    adapter = _Adapter(limits, host)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _plain(request: Any) -> Any:
    """No credentials; without this `requests` would look for some in ~/.netrc."""
    return request


class _Session(requests.Session):  # type: ignore[misc,unused-ignore]  # untyped where there are no stubs
    """Follows redirects without credentials, and never to a place that anybody on the way can read."""

    def get_redirect_target(self, resp: Any) -> Any:
        target = super().get_redirect_target(resp)
        if target and resp.url.startswith("https:") and urlsplit(target).scheme == "http":
            raise SourceError(f"{urlsplit(resp.url).netloc} redirects from https to http")
        return target

    def rebuild_auth(self, prepared_request: Any, _response: Any) -> None:
        prepared_request.headers.pop("Authorization", None)


class _Adapter(HTTPAdapter):  # type: ignore[misc,unused-ignore]  # as above
    """Reads the whole answer itself, as far as `limits` allow."""

    def __init__(self, limits: Limits, host: str) -> None:
        super().__init__()
        self._limits = limits
        self._host = host

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs["stream"] = True
        response = super().send(request, *args, **kwargs)
        try:
            data = b"".join(self._read(response.raw))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            timed_out = isinstance(error, urllib3.exceptions.TimeoutError)
            what = "no answer in time" if timed_out else "the connection broke off"
            raise SourceError(f"cannot read from {self._host}: {what}") from None
        finally:
            response.raw.close()
        if response.status_code == 200 and request.method != "HEAD":
            _check_mbox(data, self._limits, self._host)
        response.raw = io.BytesIO(data)
        return response

    def _read(self, raw: Any) -> Iterator[bytes]:
        """What arrives, as it arrives, so that one byte at a time is noticed to take for ever."""
        start, size = time.monotonic(), 0
        read = getattr(raw, "read1", raw.read)
        while chunk := read(_CHUNK, decode_content=False):
            size += len(chunk)
            if size > self._limits.packed:
                raise SourceError(_too_much(self._host, self._limits.packed))
            if time.monotonic() - start > self._limits.whole:
                raise SourceError(f"{self._host} takes more than {self._limits.whole:.0f} s; try again later")
            yield chunk


def _too_much(host: str, most: int, how: str = "") -> str:
    return f"{host} sends more than {most >> 20} MiB{how}; save the mails of the series as an mbox"


def _check_mbox(data: bytes, limits: Limits, host: str) -> None:
    """Refuses what is no packed mbox, is cut off, or would fill the memory once unpacked."""
    if data[:2] != b"\x1f\x8b":
        raise SourceError(f"{host} answers with something that is no mailbox; is it a public-inbox?")
    size = 0
    while data:
        unpacker = zlib.decompressobj(31)
        try:
            while not unpacker.eof:
                text = unpacker.decompress(data, 1 << 20)
                size += len(text)
                if size > limits.unpacked:
                    raise SourceError(_too_much(host, limits.unpacked, " unpacked"))
                if not (text or unpacker.eof or unpacker.unconsumed_tail):
                    raise SourceError(f"{host} sends a mailbox that is cut off; try again")
                data = unpacker.unconsumed_tail
        except zlib.error:
            raise SourceError(f"{host} sends a mailbox that is broken; try again") from None
        data = unpacker.unused_data.lstrip(b"\0")
