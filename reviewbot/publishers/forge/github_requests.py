"""A plan as requests to GitHub: reviews, comments, threads, checks. REST but for the threads."""

from collections.abc import Iterator
from typing import Any

import msgspec

from reviewbot.publishers.forge.plan import Ask, Judge, Plan, Tell
from reviewbot.publishers.forge.wire import Purpose, Request

CHECK = "reviewbot"
"""The name of the check, and the word before the digest in its `external_id`."""
GRAPHQL = "/graphql"

_RESOLVE = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"
_REOPEN = "mutation($id: ID!) { unresolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"


class Target(msgspec.Struct, frozen=True):
    """A pull request: `repository` is OWNER/NAME, `head` the commit that was reviewed."""

    repository: str
    number: int
    head: str

    @property
    def path(self) -> str:
        """Of the repository, below the API."""
        return f"/repos/{self.repository}"


def requests(made: Plan, target: Target, *, is_single: bool) -> Iterator[Request]:
    """The requests in their order; new comments as one review, or each alone."""
    path = target.path
    yield from _singles(made.asks, target) if is_single or len(made.asks) == 1 else _review(made.asks, target)
    for edit in made.edits:
        comment = f"{path}/pulls/comments/{edit.note}"
        yield Request("PATCH", comment, Purpose.COMMENT, {"body": edit.body})
    for delete in made.deletes:
        yield Request("DELETE", f"{path}/pulls/comments/{delete.note}", Purpose.COMMENT)
    for resolve in made.resolves:
        query = _RESOLVE if resolve.is_resolved else _REOPEN
        yield Request("POST", GRAPHQL, Purpose.RESOLVE, {"query": query, "variables": {"id": resolve.thread}})
    if made.tell is not None:
        yield _tell(made.tell, target)
    for note in made.repeated:
        yield Request("DELETE", f"{path}/issues/comments/{note}", Purpose.SUMMARY)
    if made.judge is not None:
        yield _judge(made.judge, target)


def _review(asks: tuple[Ask, ...], target: Target) -> Iterator[Request]:
    """All in one: one request, one mail to those who watch, all or none."""
    if asks:
        body = {
            "commit_id": target.head,
            "event": "COMMENT",
            "body": f"{len(asks)} questions.",
            "comments": [_comment(ask) for ask in asks],
        }
        keys = tuple(ask.key for ask in asks)
        path = f"{target.path}/pulls/{target.number}/reviews"
        yield Request("POST", path, Purpose.COMMENT, body, is_repeatable=False, keys=keys)


def _singles(asks: tuple[Ask, ...], target: Target) -> Iterator[Request]:
    for ask in asks:
        body = {"commit_id": target.head, **_comment(ask)}
        path = f"{target.path}/pulls/{target.number}/comments"
        yield Request("POST", path, Purpose.COMMENT, body, is_repeatable=False, keys=(ask.key,))


def _comment(ask: Ask) -> dict[str, Any]:
    return {"path": ask.spot.path, "line": ask.spot.line.number, "side": "RIGHT", "body": ask.body}


def _tell(tell: Tell, target: Target) -> Request:
    body = {"body": tell.body}
    if tell.note is not None:
        return Request("PATCH", f"{target.path}/issues/comments/{tell.note}", Purpose.SUMMARY, body)
    path = f"{target.path}/issues/{target.number}/comments"
    return Request("POST", path, Purpose.SUMMARY, body, is_repeatable=False)


def _judge(judge: Judge, target: Target) -> Request:
    body: dict[str, Any] = {
        "name": CHECK,
        "external_id": f"{CHECK}:{judge.digest}",
        "status": "completed",
        "conclusion": judge.conclusion,
        "output": {"title": judge.title, "summary": judge.text},
    }
    if judge.id is not None:
        return Request("PATCH", f"{target.path}/check-runs/{judge.id}", Purpose.CHECK, body)
    body["head_sha"] = target.head
    return Request("POST", f"{target.path}/check-runs", Purpose.CHECK, body, is_repeatable=False)
