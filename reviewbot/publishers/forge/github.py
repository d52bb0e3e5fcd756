"""The client for GitHub: PyGithub carries the requests; waiting and repeating is ours.

PyGithub repeats a POST after an error of the server, which may make a comment twice, so its own
retries are off.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from reviewbot import __version__
from reviewbot.errors import ForgeError
from reviewbot.publishers.forge import github_requests, github_state
from reviewbot.publishers.forge.address import check_address
from reviewbot.publishers.forge.github_requests import CHECK, GRAPHQL, Target
from reviewbot.publishers.forge.lines import ShownFile
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.plan import Plan
from reviewbot.publishers.forge.state import Check, Note, State, Thread, askers
from reviewbot.publishers.forge.wire import (
    Answer,
    BrokenAnswerError,
    DeniedError,
    MissingError,
    Purpose,
    Request,
)

API = "https://api.github.com"
_PAGE = 100
_FILE_PAGES = 30
"""GitHub shows 3,000 files of a pull request."""
_TIMEOUT = 30
BETWEEN_WRITES = 1.0
"""Seconds; GitHub asks for it where much is written."""


class PyGithubWire:
    """Carries requests with PyGithub."""

    def __init__(self, token: str, api: str = API, pause: float | None = None) -> None:
        """Raises ForgeError where PyGithub is missing, or the address would show the token to others."""
        try:
            from github import Auth, Github  # noqa: PLC0415 - an extra, and slow to import
        except ImportError:
            raise ForgeError(
                "PyGithub is missing; in reviewbot's checkout: pip install '.[github]'"
            ) from None
        check_address(api, "GITHUB_API_URL", "GITHUB_TOKEN")
        client = Github(
            base_url=api.rstrip("/"),
            auth=Auth.Token(token),
            user_agent=f"reviewbot/{__version__}",
            timeout=_TIMEOUT,
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=BETWEEN_WRITES if pause is None else pause,
        )
        self._requester = client.requester

    def exchange(self, request: Request) -> Answer:
        """One request, one answer; see `Wire`."""
        from requests import RequestException  # noqa: PLC0415 - comes with PyGithub

        url = self._requester.graphql_url if request.path == GRAPHQL else request.path
        try:
            status, headers, text = self._requester.requestJson(request.method, url, input=request.body)
        except RequestException as error:
            # its text may hold the address with all that is in it: the kind of error is enough
            raise BrokenAnswerError(f"no answer from the forge ({type(error).__name__})") from None
        except RuntimeError:
            raise ForgeError("the forge sends us to another address; set GITHUB_API_URL to it") from None
        if request.path == GRAPHQL and status == 200 and '"RATE_LIMITED"' in text:
            status = 403  # as REST says it
        return Answer(status, {name.lower(): str(value) for name, value in headers.items()}, text)


class GitHub:
    """A pull request, for `rounds.publish`."""

    info = "suggestion"

    def __init__(self, target: Target, patience: Patience, *, has_checks: bool = True) -> None:
        """Nothing is sent before `read`."""
        self.target = target
        self.head = target.head
        self.patience = patience
        self._has_checks = has_checks

    def read(self) -> State:
        """Five requests for a small pull request.

        Raises:
            ForgeError: there is no such pull request, or the token may not read it.
        """
        request, threads, notes = self._conversation()
        head = str(request.get("headRefOid") or "")
        if request.get("state") != "OPEN" or head != self.head:
            return State(head, is_open=request.get("state") == "OPEN")
        asking = askers(threads, notes)
        return State(
            head=head,
            shown={file.path: file for file in self._files()},
            threads=threads,
            notes=notes,
            check=self._check() if self._has_checks else None,
            writers=frozenset(name for name in asking if self._may_write(name)),
        )

    def requests(self, made: Plan, state: State, *, is_single: bool) -> Iterator[Request]:
        """See `rounds.Forge`."""
        del state
        return github_requests.requests(made, self.target, is_single=is_single)

    def send(self, request: Request) -> None:
        """One request that changes something."""
        answer = self.patience.send(request)
        if request.path == GRAPHQL:
            _graphql_data(answer)

    def _conversation(self) -> tuple[dict[str, Any], tuple[Thread, ...], tuple[Note, ...]]:
        owner, _, name = self.target.repository.partition("/")
        variables = {"owner": owner, "name": name, "number": self.target.number}
        variables |= {"wantsThreads": True, "wantsNotes": True, "threadsAfter": None, "notesAfter": None}
        threads: list[Thread] = []
        notes: list[Note] = []
        while True:
            request = self._pull_request(variables)
            found, talk = request.get("reviewThreads") or {}, request.get("comments") or {}
            threads += [github_state.thread(node) for node in found.get("nodes") or () if node]
            notes += [github_state.note(node) for node in talk.get("nodes") or () if node]
            variables["wantsThreads"] = github_state.has_more(found)
            variables["wantsNotes"] = github_state.has_more(talk)
            if not variables["wantsThreads"] and not variables["wantsNotes"]:
                return request, tuple(threads), tuple(notes)
            variables["threadsAfter"] = (found.get("pageInfo") or {}).get("endCursor")
            variables["notesAfter"] = (talk.get("pageInfo") or {}).get("endCursor")

    def _pull_request(self, variables: dict[str, Any]) -> dict[str, Any]:
        body = {"query": github_state.CONVERSATION, "variables": dict(variables)}
        data = _graphql_data(self.patience.send(Request("POST", GRAPHQL, Purpose.READ, body)))
        request = (data.get("repository") or {}).get("pullRequest")
        if not request:
            raise MissingError(f"there is no pull request {self.target.number} in {self.target.repository}")
        return dict(request)

    def _files(self) -> Iterator[ShownFile]:
        for page in range(1, _FILE_PAGES + 1):
            query = f"per_page={_PAGE}&page={page}"
            entries = self._read(f"{self.target.path}/pulls/{self.target.number}/files?{query}") or []
            yield from map(github_state.file, entries)
            if len(entries) < _PAGE:
                return

    def _check(self) -> Check | None:
        query = f"check_name={CHECK}&filter=latest&per_page={_PAGE}"
        try:
            found = self._read(f"{self.target.path}/commits/{self.head}/check-runs?{query}")
        except DeniedError:
            return None
        return github_state.check(found.get("check_runs") or ())

    def _may_write(self, login: str) -> bool:
        try:
            found = self._read(f"{self.target.path}/collaborators/{quote(login, safe='')}/permission")
        except (MissingError, DeniedError):
            return False
        return found.get("permission") in ("admin", "maintain", "write")

    def _read(self, path: str) -> Any:
        return self.patience.send(Request("GET", path, Purpose.READ)).data


def _graphql_data(answer: Answer) -> dict[str, Any]:
    """The data of an answer to GraphQL, which tells of errors in a 200."""
    whole = answer.data or {}
    kinds = {str(error.get("type")) for error in whole.get("errors") or () if isinstance(error, dict)}
    if {"FORBIDDEN", "INSUFFICIENT_SCOPES"} & kinds:
        raise DeniedError("the token may not do this")
    if "NOT_FOUND" in kinds:
        raise MissingError("not there, or the token may not see it")
    if kinds:
        raise ForgeError(f"the forge refuses a query ({', '.join(sorted(kinds))})")
    return whole.get("data") or {}
