"""What stands on a request already: the input of a plan beside the findings. Texts are hostile."""

import re

import msgspec

from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.lines import Shown

_ALLOW = re.compile(
    r"^[ \t]*reviewbot:[ \t]*allow\b[ \t:]*(?:`?([0-9a-f]{16}(?:-\d{1,4})?)`?[ \t:]+)?(\S.*)$", re.M
)


class Note(msgspec.Struct, frozen=True):
    """One comment: of a thread, or of the conversation."""

    id: str
    body: str
    is_ours: bool
    """Whether the forge says that we wrote it; a marker alone proves nothing."""
    author: str

    @property
    def marker(self) -> marker.Marker | None:
        """The marker of a comment of ours."""
        return marker.read(self.body) if self.is_ours else None


class Thread(msgspec.Struct, frozen=True):
    """A comment on a line with its replies. `line` is None where the line is gone (outdated)."""

    id: str
    notes: tuple[Note, ...]
    path: str
    line: int | None
    is_resolved: bool
    commit: str = ""
    """The commit that it was written on."""
    is_whole: bool = True
    """False where there are more replies than were read."""
    can_resolve: bool = True
    """Whether the token may resolve it and open it again."""

    @property
    def marker(self) -> marker.Marker | None:
        """The marker of a thread that we began."""
        return self.notes[0].marker if self.notes else None

    @property
    def has_reply(self) -> bool:
        """Whether anybody but us wrote in it; then it is not ours to touch."""
        return not self.is_whole or any(not note.is_ours for note in self.notes)


class Check(msgspec.Struct, frozen=True):
    """A check of ours on the head: its id, and the digest of what it says."""

    id: str
    digest: str


class State(msgspec.Struct, frozen=True):
    """A request as it stands."""

    head: str
    """The newest commit."""
    is_open: bool = True
    shown: Shown = msgspec.field(default_factory=dict)
    threads: tuple[Thread, ...] = ()
    notes: tuple[Note, ...] = ()
    """The conversation below the request."""
    check: Check | None = None
    writers: frozenset[str] = frozenset()
    """Of those who wrote `reviewbot: allow`, the ones with write access."""


def allow(text: str) -> tuple[str, str] | None:
    """Key and reason of `reviewbot: allow [KEY] REASON` on a line of its own; the key may be empty."""
    found = _ALLOW.search(text)
    return (found[1] or "", found[2].strip()) if found else None


def askers(threads: tuple[Thread, ...], notes: tuple[Note, ...]) -> tuple[str, ...]:
    """Who asked for silence where it could count: whose access is to be looked up. Sorted."""
    replies = [note for thread in threads if thread.marker for note in thread.notes]
    named = [note for note in notes if (said := allow(note.body)) and said[0]]
    asking = (note for note in (*replies, *named) if not note.is_ours and allow(note.body))
    return tuple(sorted({note.author for note in asking if note.author}))


def allowed(state: State) -> dict[str, str]:
    """The findings that somebody with write access silenced: key and reason."""
    found: dict[str, str] = {}
    for thread in state.threads:
        if thread.marker is not None:
            for note in thread.notes:
                if (said := _counted(note, state)) is not None:
                    found.setdefault(said[0] or thread.marker.key, said[1])
    for note in state.notes:
        said = _counted(note, state)
        if said is not None and said[0]:
            found.setdefault(*said)
    return found


def _counted(note: Note, state: State) -> tuple[str, str] | None:
    return allow(note.body) if not note.is_ours and note.author in state.writers else None
