"""Requests and answers of a forge, and what an answer means; no client is known here."""

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, Protocol

import msgspec

from reviewbot.errors import ForgeError
from reviewbot.publishers import clean


class Purpose(Enum):
    """What a request is for: forges give permission for each of these apart."""

    READ = "read"
    COMMENT = "comment"
    RESOLVE = "resolve"
    SUMMARY = "summary"
    CHECK = "check"


class Request(msgspec.Struct, frozen=True):
    """One request, without what proves who sends it. `path` is below the address of the API."""

    method: str
    path: str
    purpose: Purpose
    body: Mapping[str, Any] | None = None
    is_repeatable: bool = True
    """Whether a second one does nothing more; False where it would make a second comment."""
    keys: tuple[str, ...] = ()
    """Of the questions that it asks."""


class Answer(msgspec.Struct, frozen=True):
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    text: str = ""

    @property
    def data(self) -> Any:
        """The JSON; None where there is none.

        Raises:
            BrokenAnswerError: it is no JSON.
        """
        try:
            return json.loads(self.text) if self.text.strip() else None
        except ValueError:
            raise BrokenAnswerError("the forge's answer is no JSON") from None

    @property
    def message(self) -> str:
        """What a refusal says, clean and short; empty where it says nothing."""
        try:
            said = self.data
        except BrokenAnswerError:
            return ""
        said = said.get("message") or said.get("error") if isinstance(said, dict) else ""
        return clean.clip(clean.line(said if isinstance(said, str) else json.dumps(said)), 200)


class Wire(Protocol):
    """Carries one request; the clients are made of this."""

    def exchange(self, request: Request) -> Answer:
        """The answer, whatever its status.

        Raises:
            BrokenAnswerError: none came, or not whole: nobody knows whether the request was carried out.
        """


class BrokenAnswerError(ForgeError):
    """No answer, or none that can be read."""


class DoubtfulError(ForgeError):
    """Nobody knows whether something was made; look before making it again."""


class DeniedError(ForgeError):
    """403: the token may not do this."""


class MissingError(ForgeError):
    """404, 410: it is not there, or not to be seen with this token."""


class UnfitError(ForgeError):
    """422, 400: the forge does not take it, for instance a line that is not in its diff."""
