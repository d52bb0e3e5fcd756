"""A plan as requests to GitLab: discussions on lines, notes. The job itself is the check."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from reviewbot.publishers.forge.plan import Ask, Plan
from reviewbot.publishers.forge.wire import Purpose, Request


class Target(msgspec.Struct, frozen=True):
    """A merge request: `project` is its number or GROUP/NAME, `head` the commit that was reviewed."""

    project: str
    number: int
    head: str

    @property
    def project_path(self) -> str:
        """Of the project, below the API."""
        return f"/projects/{quote(self.project, safe='')}"

    @property
    def path(self) -> str:
        """Of the merge request, below the API."""
        return f"{self.project_path}/merge_requests/{self.number}"


class Refs(msgspec.Struct, frozen=True):
    """The commits that a position on a line names."""

    base: str
    start: str
    head: str


def requests(made: Plan, target: Target, refs: Refs) -> Iterator[Request]:
    """The requests in their order, one a comment: GitLab takes no more at once."""
    discussions = f"{target.path}/discussions"
    for ask in made.asks:
        body = {"body": ask.body, "position": _position(ask, refs)}
        yield Request("POST", discussions, Purpose.COMMENT, body, is_repeatable=False, keys=(ask.key,))
    for edit in made.edits:
        note = f"{discussions}/{edit.thread}/notes/{edit.note}"
        yield Request("PUT", note, Purpose.COMMENT, {"body": edit.body})
    for delete in made.deletes:
        yield Request("DELETE", f"{discussions}/{delete.thread}/notes/{delete.note}", Purpose.COMMENT)
    for resolve in made.resolves:
        whole = f"{discussions}/{resolve.thread}"
        yield Request("PUT", whole, Purpose.RESOLVE, {"resolved": resolve.is_resolved})
    yield from _summary(made, target)


def _summary(made: Plan, target: Target) -> Iterator[Request]:
    notes = f"{target.path}/notes"
    if made.tell is not None and made.tell.note is None:
        yield Request("POST", notes, Purpose.SUMMARY, {"body": made.tell.body}, is_repeatable=False)
    elif made.tell is not None:
        yield Request("PUT", f"{notes}/{made.tell.note}", Purpose.SUMMARY, {"body": made.tell.body})
    for note in made.repeated:
        yield Request("DELETE", f"{notes}/{note}", Purpose.SUMMARY)


def _position(ask: Ask, refs: Refs) -> dict[str, Any]:
    spot = ask.spot
    position: dict[str, Any] = {
        "position_type": "text",
        "base_sha": refs.base,
        "start_sha": refs.start,
        "head_sha": refs.head,
        "old_path": spot.before_path,
        "new_path": spot.path,
        "new_line": spot.line.number,
    }
    if spot.line.before is not None:
        position["old_line"] = spot.line.before  # GitLab wants both for a line that is only shown
    return position
