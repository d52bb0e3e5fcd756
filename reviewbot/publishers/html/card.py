"""A comment as the page shows it: every text clean, nothing wrapped."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from markupsafe import Markup

from reviewbot.analysis.facts import Interleaving, SharedAccess
from reviewbot.comments import Comment, raised
from reviewbot.findings import Finding, Witness
from reviewbot.publishers import clean
from reviewbot.publishers.html.words import prose
from reviewbot.publishers.layout import thread_rows
from reviewbot.publishers.quote import about

Anchors = Mapping[tuple[int, str, int], str]
"""The ids of lines that comments speak of: by patch, path and number after the patch."""

_ARROWS = {"- ->": "→", "?": "?"}
_ARROW_WORDS = {"- ->": "is read by", "?": "nothing orders it"}


class Cell(NamedTuple):
    """A cell of a table of threads; `words` say an arrow to those who hear it."""

    text: str
    words: str = ""


class Threads(NamedTuple):
    """The table of threads: cells of columns and, between them, of arrows; the remark is the last."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Held(NamedTuple):
    """A lock or a section, and how it is known."""

    text: str
    known: str


class Told(NamedTuple):
    """A row of a field's story."""

    where: str
    anchor: str
    function: str
    kind: str
    marking: str
    held: tuple[Held, ...]
    patch: int | None


class Test(NamedTuple):
    """A litmus test, with what the model says of it."""

    title: str
    verdict: str
    text: str


class Item(NamedTuple):
    """An entry of the checklist; its text is what it is remembered by."""

    text: str
    words: Markup


class Card(msgspec.Struct, frozen=True):
    """One comment."""

    id: str
    rule: str
    title: str
    concern: str
    confidence: str
    field: str
    where: str
    function: str
    code: str
    about: Markup
    """Which line is meant, where the comment cannot stand under it."""
    paragraphs: tuple[Markup, ...]
    suggestion: Markup
    proof: Markup
    caveat: Markup
    threads: Threads | None
    picture: Markup
    story: tuple[Told, ...]
    checklist: tuple[Item, ...]
    tests: tuple[Test, ...]
    reason: str
    """Why it is not shown; empty for one that is."""


def card(comment: Comment, name: str, anchors: Anchors, draw: Callable[[Witness], Markup]) -> Card:
    """The card of a comment; `name` is its id, `draw` makes the picture."""
    finding, words = comment.finding, comment.words
    place, witness = finding.place, finding.witness
    is_near = comment.position is not None and comment.position.is_exact
    return Card(
        id=name,
        rule=clean.line(finding.rule),
        title=clean.line(finding.title) or clean.line(finding.rule),
        concern=finding.concern.word,
        confidence=finding.confidence.value,
        field=clean.line(str(finding.field)),
        where=clean.line(f"{place.path}:{place.line}"),
        function=clean.line(f"{place.function}()") if place.function else "",
        code=clean.code(finding.line_text.strip()),
        about=_about(comment, is_near),
        paragraphs=tuple(prose(text) for text in words.paragraphs),
        suggestion=prose(words.suggestion),
        proof=prose(words.proof),
        caveat=prose(words.caveat),
        threads=_threads(finding.interleaving) if finding.interleaving else None,
        picture=draw(witness) if witness and not finding.hidden else Markup(),
        story=tuple(_told(access, anchors) for access in finding.accesses),
        checklist=tuple(Item(clean.line(item), prose(item)) for item in finding.checklist),
        tests=tuple(_tests(witness)) if witness else (),
        reason=_why(finding),
    )


def _about(comment: Comment, is_near: bool) -> Markup:
    """Which line is meant; or who asked before."""
    if comment.finding.raised:
        who = raised(comment.finding.raised)
        return prose(f"{who[:1].upper()}{who[1:]}.")
    return Markup() if is_near or comment.finding.hidden else prose(about(comment))


def _why(finding: Finding) -> str:
    return finding.hidden.value if finding.hidden else ""


def _threads(table: Interleaving) -> Threads | None:
    count = len(table.columns)
    if not count:
        return None
    rows = []
    for row in thread_rows(table.steps, count):
        arrows = [*(_arrow(arrow) for arrow in row.arrows), Cell(row.remark.replace("<-", "←"))]
        pairs = zip(row.cells, arrows, strict=True)
        rows.append(tuple(each for cell, arrow in pairs for each in (Cell(cell), arrow)))
    return Threads(tuple(clean.line(title) for title in table.columns), tuple(rows))


def _arrow(arrow: str) -> Cell:
    return Cell(_ARROWS.get(arrow, arrow), _ARROW_WORDS.get(arrow, ""))


def _told(access: SharedAccess, anchors: Anchors) -> Told:
    place = access.place
    via = f" via {access.via}()" if access.via else ""
    return Told(
        where=clean.line(f"{place.path}:{place.line}"),
        anchor=anchors.get((place.patch, place.path, place.line), "") if place.patch is not None else "",
        function=clean.line(f"{place.function}(){via}") if place.function else "",
        kind=access.kind.value,
        marking=clean.line(access.accessor or access.marking.value),
        held=tuple(_held(access)),
        patch=place.patch,
    )


def _held(access: SharedAccess) -> Iterator[Held]:
    for lock in access.held:
        yield Held(clean.line(lock.text), clean.line(lock.known) + ("" if lock.is_exclusive else ", shared"))
    for section in access.sections:
        yield Held(clean.line(f"{section.flavour} {section.domain}"), "read-side section")


def _tests(witness: Witness) -> Iterator[Test]:
    yield Test("as posted", witness.as_posted, clean.block(witness.test_as_posted))
    if witness.test_as_suggested:
        yield Test("as suggested", witness.as_suggested, clean.block(witness.test_as_suggested))
