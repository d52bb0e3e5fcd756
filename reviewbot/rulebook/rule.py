"""A rule: a question to ask about one kind of fact, with its documentation and its tests."""

from enum import Enum
from pathlib import Path

import msgspec

from reviewbot.analysis.facts import Confidence, Fact
from reviewbot.findings import Concern
from reviewbot.rulebook.template import Paragraph, Template


class Status(Enum):
    """How far a rule has come; preview rules are off unless asked for."""

    PREVIEW = "preview"
    ACTIVE = "active"
    RETIRED = "retired"


class When(msgspec.Struct, frozen=True):
    """Which facts a rule asks about: a kind, and for some attributes the values wanted."""

    name: str
    """`publication`."""
    type: type[Fact]
    attributes: tuple[tuple[str, tuple[str | bool, ...]], ...]

    def selects(self, fact: Fact) -> bool:
        """Whether each attribute named has one of the values wanted."""
        return type(fact) is self.type and all(
            _plain(getattr(fact, name)) in wanted for name, wanted in self.attributes
        )


class Mark(msgspec.Struct, frozen=True):
    """`//~ ID` on a line of an example: that rule must ask there."""

    rule: str
    row: int
    """Index into the lines of its block."""


class DiffBlock(msgspec.Struct, frozen=True):
    """A headerless diff of one file; lines keep their ' ', '+' or '-', marks are taken off."""

    path: str
    lines: tuple[str, ...]
    marks: tuple[Mark, ...]
    line: int
    """Of its first line, in the page."""


class ExamplePatch(msgspec.Struct, frozen=True):
    """One patch of an example."""

    subject: str
    blocks: tuple[DiffBlock, ...]


class Example(msgspec.Struct, frozen=True):
    """A series that the rule must speak of (Bad) or be silent on (Good)."""

    caption: str
    patches: tuple[ExamplePatch, ...]


class Litmus(msgspec.Struct, frozen=True):
    """A litmus test and the verdict that its `Result:` line names."""

    name: str
    result: str
    text: str


class Pair(msgspec.Struct, frozen=True):
    """The primitives to suggest, alternatives first to last; a side may be empty."""

    write: Paragraph
    read: Paragraph


class Rule(msgspec.Struct, frozen=True):
    """A rule page, read and checked."""

    id: str
    title: str
    status: Status
    since: str
    concern: Concern
    confidence: Confidence
    """The most it may claim, whatever the evidence."""
    when: When
    pair: Pair
    summary: str
    why: str
    comment: Template
    checklist: Template
    """One paragraph an item."""
    not_when: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    litmus: tuple[Litmus, ...]
    suggestion: Template
    suggested_code: str
    """C, for the page's reader: both sides with their barrier comments."""
    references: tuple[str, ...]
    path: Path


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value
