"""The client for GitLab."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from reviewbot.publishers.forge import gitlab_requests, gitlab_state
from reviewbot.publishers.forge.address import check_address
from reviewbot.publishers.forge.gitlab_requests import Refs, Target
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.plan import Plan
from reviewbot.publishers.forge.requests_wire import RequestsWire
from reviewbot.publishers.forge.state import State, Thread, askers
from reviewbot.publishers.forge.wire import DeniedError, MissingError, Purpose, Request

API = "https://gitlab.com/api/v4"
INFO = "suggestion:-0+0"
_PAGE = 100
_PAGES = 50


def gitlab_wire(token: str, api: str = API) -> RequestsWire:
    """A wire to this address of the API; see `RequestsWire`."""
    check_address(api, "CI_API_V4_URL", "GITLAB_TOKEN")
    return RequestsWire(api, {"PRIVATE-TOKEN": token})


class GitLab:
    """A merge request, for `rounds.publish`."""

    info = INFO

    def __init__(self, target: Target, patience: Patience) -> None:
        """Nothing is sent before `read`."""
        self.target = target
        self.head = target.head
        self.patience = patience
        self._refs = Refs("", "", "")

    def read(self) -> State:
        """Four requests for a small merge request.

        Raises:
            ForgeError: there is no such merge request, or the token may not read it.
        """
        request = self._read(self.target.path) or {}
        self._refs = gitlab_state.refs(request)
        is_open, head = request.get("state") == "opened", str(request.get("sha") or "")
        if not is_open or head != self.head:
            return State(head, is_open=is_open)
        ours = str((self._read("/user") or {}).get("id", ""))
        threads, notes = gitlab_state.conversation(list(self._pages("discussions")), ours)
        files = map(gitlab_state.file, self._pages("diffs"))
        return State(
            head=head,
            shown={file.path: file for file in files},
            threads=tuple(self._current(thread) for thread in threads),
            notes=notes,
            writers=frozenset(user for user in askers(threads, notes) if self._may_write(user)),
        )

    def requests(self, made: Plan, state: State, *, is_single: bool) -> Iterator[Request]:
        """See `rounds.Forge`."""
        del state, is_single
        return gitlab_requests.requests(made, self.target, self._refs)

    def send(self, request: Request) -> None:
        """One request that changes something."""
        self.patience.send(request)

    def _current(self, thread: Thread) -> Thread:
        """GitLab carries a position over to the new head where it can, and leaves it where it cannot."""
        return thread if thread.commit == self.head else replace(thread, line=None)

    def _pages(self, what: str) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            entries = self._read(f"{self.target.path}/{what}?per_page={_PAGE}&page={page}") or []
            yield from entries
            if len(entries) < _PAGE:
                return

    def _may_write(self, user: str) -> bool:
        try:
            found = self._read(f"{self.target.project_path}/members/all/{user}")
        except (MissingError, DeniedError):
            return False
        level = (found or {}).get("access_level")
        return isinstance(level, int) and level >= gitlab_state.WRITING

    def _read(self, path: str) -> Any:
        return self.patience.send(Request("GET", path, Purpose.READ)).data
