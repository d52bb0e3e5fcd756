"""Remarks: what somebody wrote in a reply, and the lines that they quoted right above it."""

import re
from collections.abc import Iterator

import msgspec

from reviewbot.series.model import Person, Reply, Series

_QUOTE = re.compile(r" ?((?:> ?)+)")
_ATTRIBUTION = re.compile(r".{0,200}\b(?:wrote|writes|said|schrieb|escribió|a écrit)\s*:?\s*\Z", re.DOTALL)
_TAIL = 12
"""Quoted lines kept above a remark."""
_OURS = "@reviewbot.invalid"
"""The end of the Message-IDs of our own drafts."""
_MOST, _LONGEST, _LONGEST_REMARK = 2000, 200_000, 4000
"""Remarks of a series, and characters of a reply and of a remark, that are looked at."""
_LONGEST_ATTRIBUTION = 400


class Remark(msgspec.Struct, frozen=True):
    """Own words under a quote. `patch` is the index of the patch answered, None for a cover letter."""

    author: Person
    message_id: str
    patch: int | None
    quoted: tuple[str, ...]
    """The last lines quoted above, without their quote marks."""
    text: str


class Talk(msgspec.Struct, frozen=True):
    """What was said of a series: by others, and by who sent it or wrote the patch that is spoken of."""

    others: tuple[Remark, ...] = ()
    authors: tuple[Remark, ...] = ()


def talk(series: Series) -> Talk:
    """The remarks in the replies to a series, in the order of the mails; our own drafts are left out."""
    senders = _senders(series)
    authors = {patch.index: _marks(patch.author) for patch in series.patches}
    patches = {patch.envelope.message_id: patch.index for patch in series.patches if patch.envelope}
    found: tuple[list[Remark], list[Remark]] = ([], [])
    for reply in series.replies:
        if reply.envelope.message_id.endswith(_OURS):
            continue
        patch = _patch(reply, patches)
        is_own = bool(_marks(reply.author) & (senders | authors.get(patch or 0, set())))
        found[is_own].extend(remarks(reply, patch))
        if len(found[0]) + len(found[1]) > _MOST:
            break
    return Talk(tuple(found[0]), tuple(found[1]))


def remarks(reply: Reply, patch: int | None) -> Iterator[Remark]:
    """The remarks of one reply; what stands below the signature is none."""
    quoted: list[str] = []
    said: list[str] = []
    for line in [*_unsigned(reply.body[:_LONGEST].split("\n")), ">"]:
        match = _QUOTE.match(line)
        if match is None:
            said.append(line.rstrip())
            continue
        own = _own_words(said)
        if own:
            yield Remark(reply.author, reply.envelope.message_id, patch, tuple(quoted[-_TAIL:]), own)
            quoted.clear()
        said.clear()
        quoted.append(line[match.end() :].rstrip())


def _unsigned(lines: list[str]) -> list[str]:
    end = next((number for number, line in enumerate(lines) if line.rstrip() == "--"), len(lines))
    return lines[:end]


def _own_words(lines: list[str]) -> str:
    text = "\n".join(lines).strip("\n")
    is_attribution = len(text) < _LONGEST_ATTRIBUTION and _ATTRIBUTION.fullmatch(text)
    return "" if is_attribution else text[:_LONGEST_REMARK]


def _patch(reply: Reply, patches: dict[str, int]) -> int | None:
    envelope = reply.envelope
    above = (envelope.in_reply_to or "", *reversed(envelope.references))
    return next((patches[name] for name in above if name in patches), None)


def _senders(series: Series) -> set[str]:
    people = [patch.envelope.sender for patch in series.patches if patch.envelope and patch.envelope.sender]
    people += [series.cover.author] if series.cover else []
    return {mark for person in people for mark in _marks(person)}


def _marks(person: Person) -> set[str]:
    """What a person is known by: the address, and a name of at least two words."""
    name = " ".join(person.name.lower().split())
    return {person.address.lower(), name if " " in name else ""} - {""}
