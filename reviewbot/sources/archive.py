"""A Message-ID or an address of a mail archive becomes the messages of a series, all its revisions.

The thread comes first. A revision may have a thread of its own, so the archive is searched for
the series' subjects by the same author, and for its change-id.
"""

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec

from reviewbot.errors import SourceError
from reviewbot.series.mail import Message, read_message
from reviewbot.sources.mbox import read_stream

if TYPE_CHECKING:
    from reviewbot.sources.lore import Limits, Lore

LORE = "https://lore.kernel.org/all"
"""The archive of Message-IDs, unless another is named."""

_POINTERS = ("lkml.kernel.org", "msgid.link", "patch.msgid.link")
"""Hosts that keep no mail, and only lead to lore."""
_BRACKETED = re.compile(r"<([^\s<>]+@[^\s<>]+)>\Z")
_BARE = re.compile(r"[^\s<>/@:]+@(?!\{)[^\s<>/@{}]+\Z")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_CHANGE_ID = re.compile(rb"^change-id:[ \t]*([A-Za-z0-9][\w.-]{7,120})[ \t\r]*$", re.MULTILINE)
_NOT_IN_QUERY = re.compile(r'["\x00-\x1f\x7f]+')
_LONGEST = 200
"""Characters of a subject that are searched for."""


class Archive(msgspec.Struct, frozen=True):
    """Where Message-IDs are looked up, and the folder in which answers are kept for a while."""

    base: str = LORE
    cache: Path | None = None
    limits: "Limits | None" = None


class Fetched(msgspec.Struct, frozen=True):
    """Messages, and which of them was meant; `notes`, a line each."""

    messages: tuple[Message, ...]
    meant: str
    """The Message-ID of a patch or cover letter: the one named, or that the mail named answers."""
    notes: tuple[str, ...] = ()


def is_mail_name(text: str) -> bool:
    """Whether an argument can only be a Message-ID (`<a@b>`) or the address of a mail."""
    return bool(_BRACKETED.match(text) or _ADDRESS.match(text))


def may_be_mail_name(text: str) -> bool:
    """Whether an argument looks like a Message-ID without its brackets, unless it is something else."""
    return bool(_BARE.match(text))


def archive_base(text: str) -> str:
    """The address of an archive as given, `https://host/list`, also with b4's `/%s` behind it.

    Raises:
        SourceError: it is none.
    """
    base, _ = _split(text.removesuffix("%s").rstrip("/"))
    return base


def fetch(name: str, archive: Archive) -> Fetched:
    """The thread of a message, and the threads of other revisions of the series in it.

    Raises:
        SourceError: liblore is not there, or the archive has no such message or does not answer well.
    """
    base, message_id = _named(name, archive.base)
    try:
        from reviewbot.sources.lore import Lore  # noqa: PLC0415 - brings HTTP, and is optional
    except ImportError:
        text = f"{name}: reading mail archives needs liblore; in reviewbot's checkout: pip install '.[lore]'"
        raise SourceError(text) from None
    with Lore(base, archive.cache, archive.limits) as lore:
        own = _messages(lore.thread(message_id), f"<{message_id}>")
        if not any(message.patch for message, _ in own):
            raise SourceError(f"<{message_id}>: mail, but no patch is in its thread")
        meant = _meant([message for message, _ in own], message_id)
        others, notes = _others(lore, own, meant)
    return Fetched(tuple(message for message, _ in (*own, *others)), meant.envelope.message_id, notes)


_Raw = tuple[Message, bytes]


def _messages(mbox: bytes, name: str) -> list[_Raw]:
    raw = read_stream(io.BytesIO(mbox), name)
    return [(read_message(entry.data, entry.name), entry.data) for entry in raw]


def _named(name: str, default: str) -> tuple[str, str]:
    """The archive and the Message-ID of an argument."""
    if not _ADDRESS.match(name):
        return archive_base(default), name.removeprefix("<").removesuffix(">")
    base, message_id = _split(name)
    if not message_id:
        raise SourceError(f"{name}: no Message-ID is in this address; give that of one mail")
    return base, message_id


def _split(address: str) -> tuple[str, str]:
    """An address as the archive's and what is said to be a Message-ID in it, perhaps empty."""
    try:
        parts = urlsplit(address)
        host, has_password = parts.hostname, parts.username is not None or parts.password is not None
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        host, has_password = None, False
    if host is None or parts.scheme.lower() not in ("http", "https"):
        raise SourceError(f"{address}: no address of a mail archive, as in {LORE}")
    if has_password:
        raise SourceError(f"{host}: the address holds a name or password; reviewbot sends none")
    path = parts.path.split("/")
    place = next((number for number, part in enumerate(path) if "@" in unquote(part)), len(path))
    message_id = unquote(path[place]) if place < len(path) else ""
    inbox = "/".join(path[:place]).rstrip("/")
    is_lore = host == "lore.kernel.org" and inbox in ("", "/r")
    if is_lore or host in _POINTERS:
        return LORE, message_id
    return f"{parts.scheme.lower()}://{parts.netloc}{inbox}", message_id


def _meant(messages: list[Message], message_id: str) -> Message:
    """The patch or cover letter that was named, or that the mail named answers; else the first."""
    posted = {message.envelope.message_id: message for message in messages if _is_posted(message)}
    asked = next((message for message in messages if message.envelope.message_id == message_id), None)
    above = (message_id, *(_names(asked) if asked else ()))
    return next((posted[name] for name in above if name in posted), next(iter(posted.values())))


def _is_posted(message: Message) -> bool:
    return message.patch is not None or (message.label.index == 0 and not message.label.is_reply)


def _others(lore: "Lore", own: list[_Raw], meant: Message) -> tuple[list[_Raw], tuple[str, ...]]:
    """Messages of other revisions in threads of their own, and what to say of the search."""
    kin = [entry for entry in own if _is_posted(entry[0]) and _is_together(entry[0], meant)]
    changes = {match for _, data in kin for match in _CHANGE_ID.findall(data)}
    query = _query(meant, [message for message, _ in kin], sorted(changes))
    try:
        mbox = lore.search(query) if query else None
    except SourceError as error:
        return [], (f"newer revisions in other threads could not be looked for: {error}",)
    if mbox is None:
        return [], (f"no search of {lore.host} finds the series: newer ones in other threads are not seen",)
    found = _messages(mbox, "search") if mbox else []
    subjects = {message.label.subject for message, _ in kin}
    kin = [entry for entry in found if _is_kin(entry, subjects, changes)]
    threads = {name for message, _ in kin for name in _names(message)}
    return [entry for entry in found if threads.intersection(_names(entry[0]))], ()


def _is_kin(entry: _Raw, subjects: set[str], changes: set[bytes]) -> bool:
    message, data = entry
    if not _is_posted(message):
        return False
    return message.label.subject in subjects or bool(changes.intersection(_CHANGE_ID.findall(data)))


def _names(message: Message) -> Iterable[str]:
    envelope = message.envelope
    return (envelope.message_id, *filter(None, (envelope.in_reply_to,)), *reversed(envelope.references))


def _is_together(message: Message, other: Message) -> bool:
    """Whether two messages of a thread were posted as one series."""
    label, known = message.label, other.label
    return (label.revision, label.total) == (known.revision, known.total)


def _query(meant: Message, kin: list[Message], changes: list[bytes]) -> str:
    """What finds the other revisions, in the words of public-inbox; empty where nothing would."""
    terms = []
    covers = [message for message in kin if message.label.index == 0]
    subjects = dict.fromkeys(_searchable(message.label.subject) for message in (*covers[:1], meant))
    address = _searchable(meant.envelope.sender.address) if meant.envelope.sender else ""
    if address and any(subjects):
        words = " OR ".join(f's:"{subject}"' for subject in subjects if subject)
        terms.append(f'(({words}) AND f:"{address}")')
    terms += [f'nq:"change-id: {change.decode("ascii")}"' for change in changes[:1]]
    return " OR ".join(terms)


def _searchable(text: str) -> str:
    return _NOT_IN_QUERY.sub(" ", text)[:_LONGEST].strip()
