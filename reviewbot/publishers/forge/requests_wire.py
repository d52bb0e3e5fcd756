"""Carries requests with the library of that name; waiting and repeating is not its business."""

from collections.abc import Mapping
from typing import Any

from reviewbot import __version__
from reviewbot.errors import ForgeError
from reviewbot.publishers.forge.wire import Answer, BrokenAnswerError, Request

_TIMEOUT = 30


class RequestsWire:
    """A wire to one address; see `Wire`."""

    def __init__(self, api: str, headers: Mapping[str, str]) -> None:
        """`headers` say who we are. Raises ForgeError where the library is missing."""
        try:
            import requests  # noqa: PLC0415 - an extra, and slow to import
        except ImportError:
            raise ForgeError(
                "requests is missing; in reviewbot's checkout: pip install '.[gitlab,patchwork]'"
            ) from None
        self._api = api.rstrip("/")
        self._session = requests.Session()
        self._session.auth = _unchanged  # else a .netrc would be asked
        self._session.headers.update({"User-Agent": f"reviewbot/{__version__}", **headers})
        self._errors = requests.RequestException

    def exchange(self, request: Request) -> Answer:
        """One request, one answer. Redirects are not followed: the token would go along."""
        try:
            answer = self._session.request(
                request.method,
                self._api + request.path,
                json=request.body,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except self._errors as error:
            # its text may hold the address with all that is in it: the kind of error is enough
            raise BrokenAnswerError(f"no answer from the forge ({type(error).__name__})") from None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, headers, answer.content.decode("utf-8", "replace"))


def _unchanged(request: Any) -> Any:
    return request
