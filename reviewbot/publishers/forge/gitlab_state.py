"""GitLab's answers as a state. Everything in them may be missing or null."""

from collections.abc import Mapping, Sequence
from typing import Any

from reviewbot.publishers.forge.gitlab_requests import Refs
from reviewbot.publishers.forge.lines import ShownFile, shown_file
from reviewbot.publishers.forge.state import Note, Thread

WRITING = 30
"""The access level of a Developer, the least that may push."""


def conversation(
    discussions: Sequence[Mapping[str, Any]], ours: str
) -> tuple[tuple[Thread, ...], tuple[Note, ...]]:
    """The threads, and the notes that stand alone; `ours` is our own user number.

    What GitLab itself writes into a thread (`changed this line in version 2`) is no reply.
    """
    threads: list[Thread] = []
    notes: list[Note] = []
    for discussion in discussions:
        said = [each for each in discussion.get("notes") or () if each and not each.get("system")]
        made = tuple(_note(each, ours) for each in said)
        if made and said[0].get("position"):
            threads.append(_thread(discussion, said[0], made))
        else:
            notes += made
    return tuple(threads), tuple(notes)


def _thread(discussion: Mapping[str, Any], first: Mapping[str, Any], notes: tuple[Note, ...]) -> Thread:
    position = first["position"]
    return Thread(
        id=str(discussion.get("id", "")),
        notes=notes,
        path=position.get("new_path") or "",
        line=position.get("new_line"),
        is_resolved=bool(first.get("resolved")),
        commit=position.get("head_sha") or "",
    )


def _note(each: Mapping[str, Any], ours: str) -> Note:
    author = str((each.get("author") or {}).get("id", ""))
    return Note(str(each.get("id", "")), each.get("body") or "", author == ours, author)


def file(entry: Mapping[str, Any]) -> ShownFile:
    """An entry of the merge request's diffs."""
    path = str(entry.get("new_path") or "")
    patch = "" if entry.get("deleted_file") else entry.get("diff") or ""
    return shown_file(path, entry.get("old_path") or path, patch)


def refs(request: Mapping[str, Any]) -> Refs:
    """The commits that positions name."""
    found = request.get("diff_refs") or {}
    return Refs(*(str(found.get(f"{name}_sha") or "") for name in ("base", "start", "head")))
