"""What the page holds: patches with their files and comments, what is not shown, what can be filtered."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import msgspec

from reviewbot.comments import Comment, comments, fates, reason, unread, words
from reviewbot.findings import Finding, Hidden, Report
from reviewbot.publishers import clean
from reviewbot.publishers.counts import extent, heading, tally
from reviewbot.publishers.html.card import Anchors, Card, card
from reviewbot.publishers.html.diff import Part, Room, parts, room
from reviewbot.publishers.html.picture import Pictures
from reviewbot.publishers.html.words import Names
from reviewbot.series.model import FileDiff, Patch, Series, Status

MOST_HIDDEN = 500
"""Findings of one reason that are listed although they are not shown; the others are counted."""

_NEVER = "/dev/null"


class File(NamedTuple):
    """The part of a patch for one file."""

    path: str
    status: str
    parts: tuple[Part, ...]


class PatchPart(msgspec.Struct, frozen=True):
    """A patch: `number` is `1/3`, `cards` what is said of it as a whole."""

    id: str
    number: str
    subject: str
    author: str
    date: str
    message: str
    files: tuple[File, ...]
    cards: tuple[Card, ...]
    all_cards: tuple[Card, ...]


class Unshown(NamedTuple):
    """The findings that one reason hides."""

    reason: str
    words: str
    total: int
    cards: tuple[Card, ...]
    more: int


class Choice(NamedTuple):
    """What the comments shown can be filtered by: the values with how many have them."""

    key: str
    label: str
    values: tuple[tuple[str, int], ...]


class Page(msgspec.Struct, frozen=True):
    """The whole page."""

    heading: str
    extent: str
    tally: str
    model: str
    cover: str
    remarks: tuple[tuple[str, str], ...]
    patches: tuple[PatchPart, ...]
    unshown: tuple[Unshown, ...]
    choices: tuple[Choice, ...]
    count: int
    is_large: bool
    """Whether parts of it are folded or left out."""


def page(series: Series, report: Report, pictures: Pictures) -> Page:
    """The page of a review; `pictures` draws witnesses and learns which styles they need."""
    made = comments(series, report)
    anchors = _anchors(series, made)
    names = Names()

    def show(comment: Comment) -> Card:
        return card(comment, names.new(comment.finding.fingerprint), anchors, pictures.draw)

    shown = [(comment, show(comment)) for comment in made]
    left = room(series.patches, len(made))
    return Page(
        heading=heading(series) or "A series",
        extent=extent(series, report),
        tally=tally(report, len(made)),
        model=clean.line(report.model or ""),
        cover=clean.block(series.cover.body).strip("\n") if series.cover else "",
        remarks=tuple(_remarks(series, report)),
        patches=tuple(_patches(series, shown, anchors, left)),
        unshown=tuple(_unshown(series, report, show)),
        choices=tuple(_choices([made_card for _, made_card in shown])),
        count=len(made),
        is_large=not left.is_all_open,
    )


def _anchors(series: Series, made: Iterable[Comment]) -> Anchors:
    """Ids for the lines that comments speak of, where a diff has them."""
    places = (access.place for comment in made for access in comment.finding.accesses)
    wanted = {(place.patch, place.path, place.line) for place in places}
    paths = {path for _, path, _ in wanted}
    found: dict[tuple[int, str, int], str] = {}
    for patch in series.patches:
        for number, file in enumerate(patch.files):
            for line in _numbers(file) if file.path in paths else ():
                key = (patch.index, file.path, line)
                if key in wanted:
                    found.setdefault(key, f"line-{patch.index}-{number + 1}-{line}")
    return found


def _numbers(file: FileDiff) -> Iterator[int]:
    return (line.after for hunk in file.hunks for line in hunk.numbered() if line.after is not None)


def _remarks(series: Series, report: Report) -> Iterator[tuple[str, str]]:
    yield from (("Note", clean.line(note)) for note in (*fates(report), *report.notes))
    for item in unread(series, report):
        where = f"{item.file}:{item.line}" if item.line is not None else item.file
        yield "Not read", clean.line(f"{where}: {item.reason}")
    yield from (("Not seen", clean.line(item)) for item in report.unseen)


def _patches(
    series: Series, shown: list[tuple[Comment, Card]], anchors: Anchors, left: Room
) -> Iterator[PatchPart]:
    names = Names()
    seen: set[int] = set()
    for patch in series.patches:
        here = [each for each in shown if each[0].patch is patch]
        # of two patches of one number the first is the one that lines are known by
        known = {} if patch.index in seen else anchors
        seen.add(patch.index)
        yield PatchPart(
            id=names.new(f"patch-{patch.index}"),
            number=f"{patch.index}/{series.total}" if series.total > 1 else "",
            subject=clean.line(patch.subject) or "(no subject)",
            author=clean.line(patch.author.name or patch.author.address),
            date=_date(patch.date) if patch.date else "",
            message=clean.block(_message(patch)).strip("\n"),
            files=tuple(_files(patch, here, known, left)),
            cards=tuple(made for comment, made in here if comment.position is None),
            all_cards=tuple(made for _, made in here),
        )


def _files(patch: Patch, here: list[tuple[Comment, Card]], anchors: Anchors, left: Room) -> Iterator[File]:
    for number, file in enumerate(patch.files):
        talks: dict[tuple[int, int], tuple[Card, ...]] = {}
        for comment, made in here:
            at = comment.position
            if at is not None and at.file == number:
                talks[at.hunk, at.line] = (*talks.get((at.hunk, at.line), ()), made)
        shown = tuple(parts(patch.index, file, talks, anchors, left))
        yield File(clean.line(file.path), clean.line(_status(file)), shown)


def _status(file: FileDiff) -> str:
    if file.status in (Status.RENAMED, Status.COPIED):
        return f"{file.status.value} from {file.before_path or _NEVER}"
    words = [] if file.status is Status.MODIFIED else [file.status.value]
    return ", ".join([*words, *(["binary"] if file.is_binary else [])])


def _message(patch: Patch) -> str:
    return f"{patch.body}\n---\n{patch.notes}" if patch.notes.strip() else patch.body


def _date(date: datetime) -> str:
    return f"{date:%Y-%m-%d %H:%M %z}".strip()


def _unshown(series: Series, report: Report, show: Callable[[Comment], Card]) -> Iterator[Unshown]:
    if not series.patches:
        return

    def order(finding: Finding) -> int:
        return list(Hidden).index(finding.hidden) if finding.hidden else 0

    hidden = sorted((finding for finding in report.findings if finding.hidden), key=order)
    for kind, group in groupby(hidden, key=lambda finding: finding.hidden):
        found = list(group)
        listed = [show(_unplaced(series, finding)) for finding in found[:MOST_HIDDEN]]
        if kind is not None:
            yield Unshown(kind.value, reason(kind), len(found), tuple(listed), len(found) - len(listed))


def _unplaced(series: Series, finding: Finding) -> Comment:
    return Comment(finding, words(finding), series.patches[0], None)


def _choices(cards: list[Card]) -> Iterator[Choice]:
    """Only what tells comments apart."""
    for key, label in (("rule", "Rule"), ("concern", "Concern"), ("confidence", "Confidence")):
        values = Counter(str(getattr(each, key)) for each in cards)
        if len(values) > 1:
            yield Choice(key, label, tuple(sorted(values.items())))
