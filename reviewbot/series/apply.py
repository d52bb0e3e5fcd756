"""Hunks laid over a whole text, with the strictness of `git apply`, keeping where lines came from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reviewbot.series.model import Hunk
from reviewbot.series.paths import encoded

_WORDS = re.compile(rb"\w")


class Entry(NamedTuple):
    """A line of a file: its bytes, the patch that added it, and its line number after that patch."""

    text: bytes
    patch: int | None = None
    line: int = 0


class Text(NamedTuple):
    """A file: its lines, and whether the last one is ended."""

    lines: tuple[Entry, ...]
    is_ended: bool = True

    def content(self) -> bytes:
        """The bytes of the file."""
        joined = b"\n".join(entry.text for entry in self.lines)
        return joined + b"\n" if self.is_ended and self.lines else joined


class Change(NamedTuple):
    """A text after a patch, and the lines that the patch removed."""

    text: Text
    removed: tuple[Entry, ...]


def text_from(content: bytes) -> Text:
    """A file older than the series."""
    if not content:
        return Text(())
    lines = content.split(b"\n")
    is_ended = lines[-1] == b""
    return Text(tuple(map(Entry, lines[:-1] if is_ended else lines)), is_ended)


def before_lines(hunk: Hunk) -> list[bytes]:
    """The lines that the hunk expects to find."""
    return [encoded(line[1:]) for line in hunk.lines if line[:1] in (" ", "-")]


def applied(text: Text, hunks: Iterable[Hunk], patch: int) -> Change | None:
    """The text after the hunks, or None where one does not fit exactly.

    Each hunk goes where its lines are found nearest to the line it names, behind the hunk
    before it; without leading (trailing) context only at the start (end) of the file.
    """
    found = [entry.text for entry in text.lines]
    out: list[Entry] = []
    removed: list[Entry] = []
    cursor, drift, is_ended = 0, 0, text.is_ended
    for hunk in hunks:
        before = before_lines(hunk)
        wanted = hunk.before_start - (1 if before else 0)
        position = _position(found, hunk, before, max(wanted, 0) + drift, cursor)
        if position is None:
            return None
        drift = position - max(wanted, 0)
        out.extend(text.lines[cursor:position])
        _lay(hunk, text.lines[position : position + len(before)], patch, out, removed)
        cursor = position + len(before)
        if cursor == len(found):
            is_ended = _is_ended(hunk, is_ended)
    out.extend(text.lines[cursor:])
    return Change(Text(tuple(out), is_ended), tuple(removed))


def _lay(hunk: Hunk, here: Sequence[Entry], patch: int, out: list[Entry], removed: list[Entry]) -> None:
    """Writes the hunk's lines: those kept keep their origin."""
    position = 0
    for line in hunk.numbered():
        if line.after is not None and line.before is None:
            out.append(Entry(encoded(line.text), patch, line.after))
            continue
        (removed if line.after is None else out).append(here[position])
        position += 1


def _is_ended(hunk: Hunk, was_ended: bool) -> bool:
    """Whether the last line is ended after a hunk that reaches the end of the file."""
    if not hunk.lines or hunk.lines[-1][:1] == "-":
        return True
    if hunk.lines[-1][:1] == "\\":
        return len(hunk.lines) > 1 and hunk.lines[-2][:1] == "-"
    return True if hunk.lines[-1][:1] == "+" else was_ended


def _position(found: list[bytes], hunk: Hunk, before: list[bytes], wanted: int, first: int) -> int | None:
    """Where the hunk's lines stand, nearest to `wanted` and not before `first`."""
    last = len(found) - len(before)
    if _is_at_start(hunk):
        candidates: Iterable[int] = (0,)
    elif _is_at_end(hunk):
        candidates = (last,)
    else:
        candidates = _candidates(found, before, wanted)
    for position in candidates:
        if first <= position <= last and found[position : position + len(before)] == before:
            return position
    return None


def _is_at_start(hunk: Hunk) -> bool:
    return hunk.before_start <= 1


def _is_at_end(hunk: Hunk) -> bool:
    marks = [line[:1] for line in hunk.lines if line[:1] != "\\"]
    return not marks or marks[-1] != " "


def _candidates(found: list[bytes], before: list[bytes], wanted: int) -> Iterator[int]:
    """First where the hunk says, then wherever its longest line stands, nearest first."""
    yield wanted
    if not before:
        return
    offset = max(range(len(before)), key=lambda number: len(before[number]))
    places = (number - offset for number, line in enumerate(found) if line == before[offset])
    yield from sorted(places, key=lambda place: (abs(place - wanted), place))


def rebuilt(before: Text, content: bytes, hunks: Iterable[Hunk], patch: int) -> Change:
    """A text that git merged, line by line: kept lines keep their origin, others are the patch's.

    An added line gets the number that the patch's own hunks give it, where they name it.
    """
    after = text_from(content)
    numbers = _numbers(hunks)
    out: list[Entry] = []
    removed: list[Entry] = []
    for same, old, new in _pieces(
        [entry.text for entry in before.lines], [entry.text for entry in after.lines]
    ):
        if same:
            out.extend(before.lines[old.start : old.stop])
            continue
        removed.extend(before.lines[old.start : old.stop])
        for number in range(new.start, new.stop):
            text = after.lines[number].text
            known = numbers.get(text)
            out.append(Entry(text, patch, known.pop(0) if known else number + 1))
    return Change(Text(tuple(out), after.is_ended), tuple(removed))


def _texts(text: Text) -> list[bytes]:
    return [entry.text for entry in text.lines]


def _numbers(hunks: Iterable[Hunk]) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for hunk in hunks:
        for line in hunk.numbered():
            if line.before is None and line.after is not None:
                found.setdefault(encoded(line.text), []).append(line.after)
    return found


def _pieces(before: list[bytes], after: list[bytes]) -> Iterator[tuple[bool, slice, slice]]:
    """Equal and differing stretches; what both ends share is not given to difflib, which is slow."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    yield True, slice(0, head), slice(0, head)
    from difflib import SequenceMatcher  # noqa: PLC0415 - slow to import, and merges are rare

    middle = SequenceMatcher(
        None, before[head : len(before) - tail], after[head : len(after) - tail], autojunk=False
    )
    for tag, old, old_end, new, new_end in middle.get_opcodes():
        yield tag == "equal", slice(head + old, head + old_end), slice(head + new, head + new_end)
    yield True, slice(len(before) - tail, len(before)), slice(len(after) - tail, len(after))


def has_words(text: bytes, least: int = 1) -> bool:
    """Whether a line holds at least so many letters, digits or underscores."""
    return len(_WORDS.findall(text)) >= least
