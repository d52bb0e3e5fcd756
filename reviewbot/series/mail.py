"""One RFC 2822 message becomes a patch, a cover letter or an answer."""

import binascii
import quopri
import re
from datetime import datetime
from email.message import Message as Mail
from email.parser import BytesParser

import msgspec
from msgspec.structs import replace

from reviewbot.series.body import base_of, prerequisites_of, read_text, split_diff, trailers_of
from reviewbot.series.diff import read_diff
from reviewbot.series.flowed import is_stuffed, unstuffed, untabbed
from reviewbot.series.headers import Headers, date_of, envelope_of, people, plain, text_of
from reviewbot.series.model import Envelope, FileDiff, Patch, Person, Reply, Unread
from reviewbot.series.subject import Label, read_subject

_BLANK = re.compile(rb"\r?\n\r?\n")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|From ")
_PATCH_NAME = re.compile(r".*\.(?:patch|diff|txt|eml)\Z", re.IGNORECASE)
_ENDING = re.compile(r"\.(?:patch|diff|txt)(?:\.gz)?\Z")
_WIDE = ("utf-16", "utf-32", "utf-7", "utf16", "utf32", "utf7", "ucs")
_LONGEST_PARAMETERS = 5000
"""Characters of a Content-Type that is looked at: email takes the square of it in time."""
_PARAMETERS = re.compile(rb"^(content-(?:type|disposition):[^\n]{5000})[^\n]*", re.IGNORECASE | re.MULTILINE)
_TAIL = 20_000
"""Bytes after the last hunk that are searched for `base-commit:`."""


class Message(msgspec.Struct, frozen=True):
    """A message, and what its subject and text say of the series it belongs to."""

    label: Label
    content: Patch | Reply
    envelope: Envelope
    base_commit: str | None = None
    prerequisites: tuple[str, ...] = ()

    @property
    def patch(self) -> Patch | None:
        """The patch that it carries."""
        return self.content if isinstance(self.content, Patch) else None

    @property
    def reply(self) -> Reply | None:
        """The cover letter or answer that it is."""
        return self.content if isinstance(self.content, Reply) else None


class _Part(msgspec.Struct, frozen=True):
    """A readable part of a mail."""

    data: bytes
    charset: str = ""
    is_flowed: bool = False


def read_message(raw: bytes, name: str = "") -> Message:
    """Reads one message without its mbox line; nothing is raised.

    `name` says in `Unread.file` where the message stood; by default its subject does. What a
    reply quotes or carries is never a patch. A message that announces a patch and carries no
    diff is a patch without files, and says so in `unread`.
    """
    match = _BLANK.search(raw)
    end = len(raw) if match is None else match.end()
    mail = BytesParser().parsebytes(_only_headers(raw[:end]))
    headers = Headers(mail)
    parts = _parts(mail, raw, end)
    return _message(headers, parts, name)


def _only_headers(head: bytes) -> bytes:
    """The head of a mail without lines that are no header, at which the parser would stop."""
    lines = head.splitlines(keepends=True)
    return b"".join(line for line in lines if line[:1] in b" \t\r\n>" or _HEADER.match(line))


def read_plain(data: bytes, name: str) -> Message:
    """Reads a diff that stands outside of any mail; its subject is `name` without the ending."""
    subject = _ENDING.sub("", name)
    label, envelope = Label(subject), Envelope("", raw_subject=subject)
    above, diff = split_diff(data)
    patch = _with_files(_patch(label, envelope, None, text_of(above, "")), diff, False, name)
    return Message(label, replace(patch, envelope=None), envelope)


def _message(headers: Headers, parts: tuple[_Part, ...], name: str) -> Message:
    envelope = envelope_of(headers)
    label = read_subject(envelope.raw_subject)
    part = _joined(parts)
    above, diff = (part.data, b"") if label.is_reply or label.index == 0 else split_diff(part.data)
    text = text_of(above, part.charset)
    told = text + text_of(diff[-_TAIL:], part.charset)
    bases = () if label.is_reply else (base_of(told), prerequisites_of(told))
    date = date_of(headers.first("date"))
    content: Patch | Reply
    if _is_patch(label, diff):
        content = _patch(label, envelope, date, text)
        content = _with_files(content, diff, part.is_flowed, name)
    else:
        body = text.replace("\r\n", "\n").strip("\n")
        content = Reply(label.subject, body, envelope.sender or Person("", ""), date, envelope)
    return Message(replace(label, subject=content.subject), content, envelope, *bases)


def _is_patch(label: Label, diff: bytes) -> bool:
    """Whether a message carries a patch, or announces one that is not there."""
    if label.is_reply or label.index == 0:
        return False
    is_announced = label.is_patch_prefix and "patch" in label.prefix.lower()
    return bool(diff) or label.index is not None or is_announced


def _patch(label: Label, envelope: Envelope, date: datetime | None, text: str) -> Patch:
    """The patch but for its files."""
    said = read_text(text)
    inner = people((said.author,)) if said.author else ()
    return Patch(
        index=label.index or 1,
        subject=read_subject(plain(said.subject)).subject if said.subject else label.subject,
        body=said.body,
        notes=said.notes,
        author=inner[0] if inner else envelope.sender or Person("", ""),
        date=(date_of(said.date) if said.date else None) or date,
        trailers=trailers_of(said.body),
        envelope=envelope,
    )


def _with_files(patch: Patch, diff: bytes, is_flowed: bool, name: str) -> Patch:
    files, unread = _files(diff, is_flowed)
    if not files and not unread:
        unread = (Unread(name or patch.subject, None, "no diff in this mail"),)
    return replace(patch, files=files, unread=unread)


def _files(diff: bytes, is_flowed: bool) -> tuple[tuple[FileDiff, ...], tuple[Unread, ...]]:
    """The file diffs, with format=flowed undone where the sender's program had done it."""
    if is_flowed and is_stuffed(diff):
        readings = [read_diff(unstuffed(diff)), read_diff(unstuffed(diff, joined=True))]
        files, unread = min(readings, key=lambda reading: len(reading[1]))
    else:
        files, unread = read_diff(diff)
    if is_flowed:
        unread = tuple(replace(entry, reason=f"{entry.reason} (format=flowed)") for entry in unread)
    return files, unread + untabbed(files)


def _joined(parts: tuple[_Part, ...]) -> _Part:
    """The text with the first diff of an attachment behind it."""
    if not parts:
        return _Part(b"")
    first, *others = parts
    for other in others:
        if not split_diff(first.data)[1] and split_diff(other.data)[1]:
            return replace(first, data=first.data.rstrip() + b"\n" + _headless(other.data))
    return first


def _headless(data: bytes) -> bytes:
    """An attached patch without mail headers of its own, except where the body lacks them."""
    if not re.match(rb"(?:From [0-9a-f]{40}[^\n]*\n)?(?:From|Subject|Date): ", data):
        return data
    return split_diff(data)[1]


def _parts(mail: Mail, raw: bytes, end: int) -> tuple[_Part, ...]:
    """The readable parts: text, and attachments that are named like a patch."""
    if mail.get_content_maintype() != "multipart":
        body = _transfer_decoded(raw[end:], str(mail.get("content-transfer-encoding", "")))
        return (_part(mail, body),) if mail.get_content_subtype() != "html" else ()
    try:
        whole = BytesParser().parsebytes(_PARAMETERS.sub(rb"\1", raw))
        leaves = [leaf for leaf in whole.walk() if not leaf.is_multipart()]
    except RecursionError:
        return (_Part(raw[end:]),)
    return tuple(_part(leaf, _payload(leaf)) for leaf in leaves if _is_readable(leaf))


def _is_readable(leaf: Mail) -> bool:
    kind = leaf.get_content_type()
    if kind in ("text/plain", "text/x-patch", "text/x-diff"):
        return True
    named = _PATCH_NAME.match(_parameter(leaf, "name", "content-type") or _parameter(leaf, "filename"))
    return bool(named) and kind not in ("text/html", "application/pgp-keys")


def _part(mail: Mail, data: bytes) -> _Part:
    charset = _parameter(mail, "charset", "content-type").lower()
    if charset.startswith(_WIDE):
        data, charset = text_of(data, charset).encode("utf-8", "surrogateescape"), "utf-8"
    flowed = _parameter(mail, "format", "content-type").lower() == "flowed"
    return _Part(data, charset, flowed)


def _parameter(mail: Mail, name: str, header: str = "content-disposition") -> str:
    """A parameter of a header; email raises many things on hostile ones."""
    if len(str(mail.get(header, ""))) > _LONGEST_PARAMETERS:
        return ""
    try:
        value = mail.get_param(name, "", header)
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    return value[2] if isinstance(value, tuple) else str(value)


def _payload(leaf: Mail) -> bytes:
    try:
        data = leaf.get_payload(decode=True)
    except (ValueError, LookupError):
        return b""
    return data if isinstance(data, bytes) else b""


def _transfer_decoded(body: bytes, encoding: str) -> bytes:
    """Undoes quoted-printable and base64; what says base64 and is none stays as it is."""
    word = encoding.strip().lower()
    if word == "quoted-printable":
        return quopri.decodestring(body)
    if word != "base64":
        return body
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        return body
