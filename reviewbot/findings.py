"""A finding: one rule asking about one fact. Found is never dropped: it is shown or hidden with a reason."""

from collections.abc import Callable
from enum import Enum, IntEnum

import msgspec

from reviewbot.analysis.facts import Confidence, Field, Interleaving, Place, SharedAccess
from reviewbot.analysis.reasons import Account
from reviewbot.series.model import Unread


class Concern(IntEnum):
    """What is at stake, the gravest first; lesser ones on the same field fold into it."""

    LIFETIME = 1
    ORDERING = 2
    RACE = 3
    MARKING = 4
    QUESTION = 5

    @property
    def word(self) -> str:
        """The word of the outputs."""
        return self.name.lower()


class Hidden(Enum):
    """Why a finding is not shown."""

    PRE_EXISTING = "pre-existing"
    FOLDED = "folded"
    ALLOWED = "allowed"
    LOW_CONFIDENCE = "low-confidence"
    PREVIEW = "preview"
    DOCUMENTED = "documented"
    REFUTED = "refuted"
    UNPROVED = "unproved"
    SETTLED = "settled-in-series"
    GATED = "gated"
    BUDGET = "budget"
    RAISED = "raised"
    ANSWERED = "answered"


class Suggestion(msgspec.Struct, frozen=True):
    """The pair of primitives, and in words what to put where. A side may be empty."""

    write: str
    read: str
    text: str
    """One or two sentences, wrapped by the publisher."""


class Witness(msgspec.Struct, frozen=True):
    """What the memory model says of the question. Tests end in a newline."""

    as_posted: str
    """Whether the bad outcome may happen: Sometimes, Never or Unknown, in herd's words."""
    as_suggested: str
    """The same with the repair; empty where none works."""
    has_race: bool
    """Whether plain accesses race as posted."""
    repair: str
    """The weakest repair that works, in words; empty where none does."""
    test_as_posted: str
    """The litmus test of the code, with its names."""
    test_as_suggested: str
    text: str
    """One sentence for people."""
    draw: Callable[[], str] | None = None
    """Gives the execution as an SVG element; None or an empty text where there is none to draw.

    Drawing takes some hundredths of a second: only outputs that show the picture ask for it.
    """


class Raised(msgspec.Struct, frozen=True):
    """Who asked the same in the mails of the series. Texts are as sent: not clean."""

    by: str
    """A name, or an address."""
    message_id: str
    answered_in: str = ""
    """The mail in which an author of the series answered; empty where none did."""


class Finding(msgspec.Struct, frozen=True):
    """One question. Texts are plain, unwrapped, as read from hostile input: publishers clean them."""

    rule: str
    title: str
    concern: Concern
    confidence: Confidence
    field: Field
    place: Place
    line_text: str
    """The line the comment stands under, without indentation."""
    message: str
    """The question, one paragraph or two (separated by an empty line)."""
    checklist: tuple[str, ...]
    accesses: tuple[SharedAccess, ...]
    suggestion: Suggestion
    interleaving: Interleaving | None
    unseen: tuple[str, ...]
    fingerprint: str
    """Hex; from rule, struct, field, function and marking, never from line numbers."""
    hidden: Hidden | None = None
    witness: Witness | None = None
    """None where the question is not one of order, or was not asked of the model."""
    raised: Raised | None = None

    @property
    def is_shown(self) -> bool:
        """Whether it reaches the reader."""
        return self.hidden is None


class Fate(Enum):
    """What became of a question on the revision before."""

    REPAIRED = "repaired"
    GONE = "gone"
    ANSWERED = "answered"
    OPEN = "open"


class Earlier(msgspec.Struct, frozen=True):
    """A question on the revision before, and what became of it."""

    finding: Finding
    """As it was; its place is in the revision before."""
    fate: Fate
    why: str
    """A few words: `now with smp_store_release()`, `in the cover letter`; perhaps empty."""
    now: str | None = None
    """The fingerprint of an open question in this review."""


class Report(msgspec.Struct, frozen=True):
    """All that a run has to say; what publishers get beside the series."""

    findings: tuple[Finding, ...]
    """Sorted: by patch, file, line, concern, rule."""
    unread: tuple[Unread, ...] = ()
    unseen: tuple[str, ...] = ()
    """For the whole run: `patches 3, 5, 6`, `the tree`."""
    base: str | None = None
    """The commit the series was applied to; None without a tree."""
    applied: tuple[int, ...] = ()
    """The patches that applied; the others were reviewed from their diff alone."""
    model: str | None = None
    """The memory model that the findings were judged by; None where none was asked."""
    notes: tuple[str, ...] = ()
    """One line each: merge commits skipped, patch 3 does not apply, …"""
    since: str = ""
    """The revision before, `v1`, where it was reviewed too."""
    earlier: tuple[Earlier, ...] = ()
    """The questions shown on it, in their order."""
    accounts: tuple[Account, ...] = ()
    """Why nothing more is asked of each field that the series declares."""
