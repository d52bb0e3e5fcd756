"""Messages become series: by thread, revision, prefix and count."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from reviewbot.series.mail import Message
from reviewbot.series.model import Patch, Reply, Series

_SENT = re.compile(r"(\d{8,14}\.\d+)-\d+-(?:git-send-email-)?(.+)")
_MOST_REVISIONS = 50
"""Revisions that are kept behind the one that is reviewed."""
_MOST_STRANGERS = 3
"""Other series that are named one by one."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class _Group(msgspec.Struct):
    """The messages of one series while they are collected."""

    thread: str
    key: tuple[object, ...]
    patches: dict[int, Message] = msgspec.field(default_factory=dict)
    cover: Message | None = None
    replies: list[Reply] = msgspec.field(default_factory=list)

    def takes(self, message: Message) -> bool:
        """Whether the place of this message is still free."""
        if message.label.index == 0:
            return self.cover is None
        return (message.label.index or 1) not in self.patches and message.label.index is not None

    def add(self, message: Message) -> None:
        if message.patch is not None:
            self.patches[message.patch.index] = message
        else:
            self.cover = message

    def messages(self) -> Iterator[Message]:
        """The cover letter, then the patches as they came."""
        if self.cover is not None:
            yield self.cover
        yield from self.patches.values()

    def ids(self) -> Iterator[str]:
        """The ids of the cover letter and the patches."""
        return (message.envelope.message_id for message in self.messages())

    def sender(self) -> str:
        """The address that sent the first of them."""
        sender = next(self.messages()).envelope.sender
        return sender.address.lower() if sender else ""

    def is_completed_by(self, other: "_Group") -> bool:
        """Whether a group of the same thread and count holds only what is missing here."""
        is_counted = all(message.label.index is not None for message in (*self.messages(), *other.messages()))
        is_disjoint = not self.patches.keys() & other.patches.keys() and not (self.cover and other.cover)
        return bool(self.thread) and is_counted and is_disjoint


class Thread(msgspec.Struct, frozen=True):
    """The series of one thread, in the order of their first message."""

    series: tuple[Series, ...]


def group(messages: Iterable[Message]) -> tuple[Thread, ...]:
    """Sorts messages into threads and series; messages of threads without a patch are left out.

    A message that comes twice counts once. Messages that tell no id (patch files) are one
    thread; those of them that are not counted n/m are one series in the order given.
    """
    known = _once(messages)
    roots = _threads(known)
    groups = _groups(known, roots)
    by_thread: dict[str, list[_Group]] = {}
    for entry in groups:
        by_thread.setdefault(entry.thread, []).append(entry)
    _attach_replies(known, roots, by_thread)
    return tuple(Thread(tuple(map(_series, members))) for members in by_thread.values())


def _once(messages: Iterable[Message]) -> list[Message]:
    seen: set[str] = set()
    kept: list[Message] = []
    for message in messages:
        own = message.envelope.message_id
        if own and own in seen:
            continue
        seen.add(own)
        kept.append(message)
    return kept


def _links(message: Message) -> tuple[str, ...]:
    """The ids above a message, the nearest first."""
    envelope = message.envelope
    nearest = (envelope.in_reply_to,) if envelope.in_reply_to else ()
    return (*nearest, *reversed(envelope.references))


def _threads(messages: list[Message]) -> dict[str, str]:
    """The root of each id: ids that ever stood in one message are one thread."""
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while parents.setdefault(name, name) != name:
            parents[name] = parents[parents[name]]
            name = parents[name]
        return name

    for message in messages:
        names = _names(message)
        for other in (*names[1:], *_posting(message)):
            parents[root(other)] = root(names[0])
    return {name: root(name) for message in messages for name in _names(message)}


def _names(message: Message) -> tuple[str, ...]:
    """The ids of a message and of those above it."""
    return tuple(name for name in (message.envelope.message_id, *_links(message)) if name)


def _posting(message: Message) -> tuple[str, ...]:
    """A name that counted messages of one posting share where nothing links them.

    That is the stem of the ids that git send-email makes (`<20220628081707.1997-2-a@b>`), or
    who sent what under which prefix.
    """
    label, own = message.label, message.envelope.message_id
    if not own or label.index is None or label.is_reply:
        return ()
    if match := _SENT.fullmatch(own):
        return (f"posting {match[1]} {match[2]}",)
    if label.index == 0 or _links(message):
        return ()
    sender = message.envelope.sender
    return (f"posting {sender and sender.address} {label.revision} {label.total} {label.group}",)


def _thread_of(message: Message, roots: dict[str, str]) -> str:
    names = _names(message)
    return roots[names[0]] if names else ""


def _groups(messages: list[Message], roots: dict[str, str]) -> list[_Group]:
    groups: list[_Group] = []
    by_key: dict[tuple[object, ...], list[_Group]] = {}
    for message in messages:
        label = message.label
        if message.patch is None and (label.index != 0 or label.is_reply):
            continue
        thread = _thread_of(message, roots)
        key = (thread, label.revision, label.total, label.group)
        candidates = by_key.setdefault(key, [])
        chosen = _best(candidates, message)
        if chosen is None:
            chosen = _Group(thread, key)
            candidates.append(chosen)
            groups.append(chosen)
        _place(chosen, message)
    return _united(groups)


def _united(groups: list[_Group]) -> list[_Group]:
    """Joins what differs in the prefix alone: `[PATCHSET 0/2]`, `[PATCH 1/2]` and `[RFC PATCH 2/2]`."""
    kept: list[_Group] = []
    by_count: dict[tuple[object, ...], list[_Group]] = {}
    for entry in groups:
        known = by_count.setdefault((entry.thread, *entry.key[1:3], entry.sender()), [])
        partner = next((other for other in known if other.is_completed_by(entry)), None)
        if partner is None:
            known.append(entry)
            kept.append(entry)
        else:
            partner.patches |= entry.patches
            partner.cover = partner.cover or entry.cover
    return kept


def _best(candidates: list[_Group], message: Message) -> _Group | None:
    """The group that waits for this message: one that it answers to, else the first."""
    if not message.envelope.message_id and message.label.index is None:
        return candidates[0] if candidates else None
    free = [entry for entry in candidates if entry.takes(message)]
    above = set(_links(message))
    answered = (entry for entry in free if above.intersection(entry.ids()))
    return next(answered, free[0] if free else None)


def _place(chosen: _Group, message: Message) -> None:
    """Puts a message in its group; patch files that are not counted get the next number."""
    if message.patch is not None and message.label.index is None and chosen.patches:
        index = max(chosen.patches) + 1
        message = replace(message, content=replace(message.patch, index=index))
    chosen.add(message)


def _attach_replies(
    messages: list[Message], roots: dict[str, str], by_thread: dict[str, list[_Group]]
) -> None:
    """Gives each other message of a thread to the series that it answers."""
    owners = {
        name: entry for groups in by_thread.values() for entry in groups for name in entry.ids() if name
    }
    for message in messages:
        groups = by_thread.get(_thread_of(message, roots))
        reply = message.reply
        if reply is None or not groups or any(entry.cover is message for entry in groups):
            continue
        owner = next((owners[name] for name in _links(message) if name in owners), groups[0])
        owner.replies.append(reply)
        owners.setdefault(message.envelope.message_id, owner)


def _series(entry: _Group) -> Series:
    messages = [entry.patches[index] for index in sorted(entry.patches)]
    patches = tuple(message.patch for message in messages if message.patch is not None)
    told = ([entry.cover] if entry.cover else []) + messages
    label = told[0].label
    total = max(label.total or 0, *entry.patches, 0)
    return Series(
        subject=label.subject,
        revision=label.revision,
        total=total,
        patches=patches,
        prefix=label.prefix,
        cover=entry.cover.reply if entry.cover else None,
        replies=tuple(entry.replies),
        missing=tuple(index for index in range(1, total + 1) if index not in entry.patches),
        base_commit=next((message.base_commit for message in told if message.base_commit), None),
        prerequisites=tuple(dict.fromkeys(name for message in told for name in message.prerequisites)),
        unread=tuple(unread for patch in patches for unread in patch.unread),
    )


def newest(
    threads: tuple[Thread, ...], revision: int | None, meant: str = ""
) -> tuple[Series | None, tuple[int, ...]]:
    """The series to review, and the revisions to choose from.

    Of the first series with patches and its kin, that is the newest revision (or the one asked
    for); of several of one revision the fullest, then the last sent. `meant` is the Message-ID
    of a patch or cover letter that is in the series rather than in the first one. What else was
    found is named in `skipped`.
    """
    series = [entry for thread in threads for entry in _with_patches(thread)]
    if not series:
        return None, ()
    named = next((entry for entry in series if meant in _ids(entry)), None) if meant else None
    topic = _kin(named, series) if named else _topic(threads)
    revisions = tuple(sorted({entry.revision for entry in topic}))
    wanted = revisions[-1] if revision is None else revision
    fitting = [entry for entry in topic if entry.revision == wanted]
    if not fitting:
        return None, revisions
    chosen = _fullest(fitting)
    kin = [left_out(entry) for entry in series if entry is not chosen and entry in topic]
    others = [entry for entry in series if entry not in topic]
    return replace(chosen, skipped=(*kin, *_strangers(others)), earlier=_before(chosen, topic)), revisions


def _strangers(series: list[Series]) -> list[str]:
    """What is said of the other series found: a mailbox of a list has hundreds."""
    notes = [f"another series not reviewed: {entry.subject}" for entry in series[:_MOST_STRANGERS]]
    more = len(series) - len(notes)
    return (
        [*notes, f"{more} more series not reviewed; to choose one, give its mails alone"] if more else notes
    )


def _fullest(series: list[Series]) -> Series:
    return max(series, key=lambda entry: (len(entry.patches), _sent(entry)))


def _before(series: Series, topic: list[Series]) -> Series | None:
    """The revision before, which has those before it."""
    older: dict[int, list[Series]] = {}
    for entry in topic:
        if entry.revision < series.revision:
            older.setdefault(entry.revision, []).append(entry)
    found: Series | None = None
    for revision in sorted(older)[-_MOST_REVISIONS:]:
        found = replace(_fullest(older[revision]), earlier=found)
    return found


def _topic(threads: tuple[Thread, ...]) -> list[Series]:
    """The first series and its other revisions, in its own thread and in others."""
    own, *others = (found for thread in threads if (found := _with_patches(thread)))
    first = own[0]
    topic = [
        entry for entry in own if entry is first or _senders(entry) & _senders(first) or _is_kin(entry, first)
    ]
    return topic + [
        entry for found in others for entry in found if any(_is_kin(entry, known) for known in topic)
    ]


def _kin(first: Series, series: list[Series]) -> list[Series]:
    """A series and its other revisions, wherever they stand."""
    return [entry for entry in series if entry is first or _is_kin(entry, first)]


def _ids(series: Series) -> set[str]:
    envelopes = [patch.envelope for patch in series.patches]
    told = [*envelopes, series.cover.envelope if series.cover else None]
    return {envelope.message_id for envelope in told if envelope}


def _is_kin(series: Series, known: Series) -> bool:
    """Whether two series are one at heart: a subject in common, or another revision of the same files."""
    if _subjects(series) & _subjects(known):
        return True
    is_revision = series.revision != known.revision and bool(_senders(series) & _senders(known))
    return is_revision and bool(_paths(series) & _paths(known))


def _paths(series: Series) -> set[str]:
    return {file.path for patch in series.patches for file in patch.files}


def _with_patches(thread: Thread) -> list[Series]:
    return [entry for entry in thread.series if entry.patches]


def _subjects(series: Series) -> set[str]:
    return {series.subject, *(patch.subject for patch in series.patches)}


def _senders(series: Series) -> set[str]:
    envelopes = [patch.envelope for patch in series.patches if patch.envelope]
    counted = Counter(entry.sender.address for entry in envelopes if entry.sender)
    return set(counted) - {""}


def _sent(series: Series) -> datetime:
    return max((patch.date for patch in series.patches if patch.date), default=_LONG_AGO)


def left_out(series: Series) -> str:
    """What is said of a revision that is not reviewed."""
    return f"revision {series.revision} not reviewed: {series.subject}"


def as_one(series: tuple[Series, ...]) -> Series:
    """Series of patch files that the user named together, as one series in that order."""
    patches: list[Patch] = []
    for entry in series:
        patches.extend(
            replace(patch, index=len(patches) + number) for number, patch in enumerate(entry.patches, 1)
        )
    return replace(
        series[0],
        total=len(patches),
        patches=tuple(patches),
        missing=(),
        replies=tuple(reply for entry in series for reply in entry.replies),
        unread=tuple(unread for entry in series for unread in entry.unread),
    )
