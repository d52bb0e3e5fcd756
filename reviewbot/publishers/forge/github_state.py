"""GitHub's answers as a state. Everything in them may be missing or null."""

from collections.abc import Mapping, Sequence
from typing import Any

from reviewbot.publishers.forge.github_requests import CHECK
from reviewbot.publishers.forge.lines import ShownFile, shown_file
from reviewbot.publishers.forge.state import Check, Note, Thread

CONVERSATION = """
query($owner: String!, $name: String!, $number: Int!, $threadsAfter: String, $notesAfter: String,
      $wantsThreads: Boolean!, $wantsNotes: Boolean!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      state
      headRefOid
      reviewThreads(first: 50, after: $threadsAfter) @include(if: $wantsThreads) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved viewerCanResolve viewerCanUnresolve path line
          comments(first: 50) {
            pageInfo { hasNextPage }
            nodes { fullDatabaseId body viewerDidAuthor author { login } originalCommit { oid } }
          }
        }
      }
      comments(first: 100, after: $notesAfter) @include(if: $wantsNotes) {
        pageInfo { hasNextPage endCursor }
        nodes { fullDatabaseId body viewerDidAuthor author { login } }
      }
    }
  }
}
"""


def thread(node: Mapping[str, Any]) -> Thread:
    """A node of reviewThreads."""
    comments = node.get("comments") or {}
    nodes = [each for each in comments.get("nodes") or () if each]
    first = nodes[0].get("originalCommit") or {} if nodes else {}
    return Thread(
        id=str(node.get("id", "")),
        notes=tuple(map(note, nodes)),
        path=node.get("path") or "",
        line=node.get("line"),
        is_resolved=bool(node.get("isResolved")),
        commit=first.get("oid") or "",
        is_whole=not has_more(comments),
        can_resolve=bool(node.get("viewerCanUnresolve" if node.get("isResolved") else "viewerCanResolve")),
    )


def note(node: Mapping[str, Any]) -> Note:
    """A comment; one whose author is gone has none."""
    author = node.get("author") or {}
    is_ours = bool(node.get("viewerDidAuthor"))
    return Note(
        str(node.get("fullDatabaseId", "")), node.get("body") or "", is_ours, author.get("login") or ""
    )


def has_more(connection: Mapping[str, Any]) -> bool:
    """Whether there is another page."""
    return bool((connection.get("pageInfo") or {}).get("hasNextPage"))


def file(entry: Mapping[str, Any]) -> ShownFile:
    """An entry of the pull request's files."""
    path = str(entry.get("filename") or "")
    is_gone = entry.get("status") == "removed"
    return shown_file(
        path, entry.get("previous_filename") or path, "" if is_gone else entry.get("patch") or ""
    )


def check(runs: Sequence[Mapping[str, Any]]) -> Check | None:
    """The newest check of ours among those of that name."""
    prefix = f"{CHECK}:"
    ours = [run for run in runs if str(run.get("external_id") or "").startswith(prefix)]
    newest = max(ours, key=lambda run: int(run["id"]), default=None)
    return Check(str(newest["id"]), str(newest["external_id"]).removeprefix(prefix)) if newest else None
