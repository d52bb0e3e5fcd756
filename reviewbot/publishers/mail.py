"""Reply drafts: one mail a commented patch, for a human to read, change and send.

The headers are encoded and folded here and handed to `email` ready made, so that a draft
has the same bytes under every version of Python. Nothing is sent.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from reviewbot.comments import Comment, comments
from reviewbot.errors import ReviewbotError
from reviewbot.findings import Report
from reviewbot.publishers import clean
from reviewbot.publishers.outbox import write
from reviewbot.publishers.quote import body
from reviewbot.series.model import Envelope, Patch, Person, Series

if TYPE_CHECKING:
    from email.message import EmailMessage

__all__ = ["Draft", "drafts", "write"]

_LONGEST = 998
"""Octets in a line of mail (RFC 5322, 2.1.1)."""

_LONGEST_NAME, _LONGEST_SUBJECT = 200, 900
"""Characters; what is longer is cut, so that no unfolded line grows past the limit."""

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,900}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]+")


class Draft(msgspec.Struct, frozen=True):
    """A reply, and the name of its file: `0001-subject.eml`, safe on every file system."""

    name: str
    message: "EmailMessage"


def drafts(
    series: Series,
    report: Report,
    *,
    make_id: Callable[[], str],
    now: datetime,
    sender: Person | None = None,
) -> tuple[Draft, ...]:
    """A draft for each patch with comments, in the order of the series.

    `make_id` gives a new Message-ID at each call; `now` (aware) becomes the Date; without
    `sender` there is no From and the mail program fills it in. A mail without a Message-ID
    (`git format-patch` writes none) gets a draft that does not name it.

    Raises:
        ReviewbotError: a commented patch is a commit; there is no mail to reply to.
    """
    writer = _Writer(make_id, now, sender)
    made: list[Draft] = []
    found = comments(series, report)
    for patch in series.patches:
        here = [comment for comment in found if comment.patch is patch]
        if here:
            name = _file_name(patch, {draft.name for draft in made})
            made.append(Draft(name, _reply(series, patch, here, writer)))
    return tuple(made)


class _Writer(msgspec.Struct, frozen=True):
    make_id: Callable[[], str]
    now: datetime
    sender: Person | None


def _reply(series: Series, patch: Patch, here: list[Comment], writer: _Writer) -> "EmailMessage":
    from email.utils import format_datetime  # noqa: PLC0415

    envelope = patch.envelope
    if envelope is None and patch.commit is None:
        raise ReviewbotError("reply drafts answer mails, and this is a bare diff: review the mail it came in")
    if envelope is None:
        raise ReviewbotError(
            "reply drafts answer mails, and these patches are commits: review the mails, "
            "or `git format-patch --stdout A..B | reviewbot review -`"
        )
    headers = [
        *_addressed(patch, envelope, writer.sender),
        ("Subject", _unstructured("Subject", _subject(series, patch, envelope))),
        ("Date", format_datetime(writer.now)),
        ("Message-ID", "\n ".join(_ids([writer.make_id()]))),
        ("In-Reply-To", "\n ".join(_ids([envelope.message_id]))),
        ("References", "\n ".join(_ids([*envelope.references, envelope.message_id]))),
        ("X-Unsent", "1"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'text/plain; charset="utf-8"; format="fixed"'),
    ]
    return _message([(name, value) for name, value in headers if value], body(patch, here))


def _message(headers: list[tuple[str, str]], text: str) -> "EmailMessage":
    """`email` parses what it will print again unchanged; long lines make it quoted-printable."""
    from email import message_from_bytes, policy, quoprimime  # noqa: PLC0415
    from email.message import EmailMessage  # noqa: PLC0415

    coding = "8bit"
    content = text.encode()
    if any(len(line) > _LONGEST for line in content.split(b"\n")):
        coding = "quoted-printable"
        content = quoprimime.body_encode(content.decode("latin-1")).encode("ascii")
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    raw = f"{head}Content-Transfer-Encoding: {coding}\n\n".encode("ascii") + content
    # the policy makes messages of this class
    return message_from_bytes(raw, EmailMessage, policy=policy.default.clone(refold_source="none"))


def _addressed(patch: Patch, envelope: Envelope, sender: Person | None) -> list[tuple[str, str]]:
    """From, To and Cc; each address once, the sender's own never answered."""
    writing = [sender] if sender else []
    own = {person.address.lower() for person in writing}
    to = _distinct(envelope.reply_to or [patch.author], own)
    posted = [envelope.sender] if envelope.sender else []
    known = own | {person.address.lower() for person in to}
    cc = _distinct([*posted, *envelope.to, *envelope.cc], known)
    return [("From", _people(_distinct(writing, set()))), ("To", _people(to)), ("Cc", _people(cc))]


def _distinct(people: Iterable[Person], known: set[str]) -> list[Person]:
    """Those with an address that can be written in a header as it is; others are left out."""
    chosen: dict[str, Person] = {}
    for person in people:
        address = person.address.lower()
        if _ADDRESS.fullmatch(address) and address not in known:
            chosen.setdefault(address, person)
    return list(chosen.values())


def _people(people: Iterable[Person]) -> str:
    return ",\n ".join(_person(person) for person in people)


def _person(person: Person) -> str:
    from email.header import Header  # noqa: PLC0415
    from email.utils import formataddr  # noqa: PLC0415

    name = clean.clip(clean.line(person.name), _LONGEST_NAME)
    if _is_plain(name):
        return formataddr((name, person.address))
    return f"{Header(name, 'utf-8').encode()}\n <{person.address}>"


def _is_plain(text: str) -> bool:
    """Whether it can stand in a header as it is.

    Text that merely looks encoded cannot: the reader would decode it, into anything.
    """
    return text.isascii() and "=?" not in text


def _unstructured(name: str, text: str) -> str:
    """A header's text, encoded as RFC 2047 says where it is not ASCII, folded at 78."""
    from email.header import Header  # noqa: PLC0415

    charset = "us-ascii" if _is_plain(text) else "utf-8"
    return Header(text, charset, header_name=name).encode(maxlinelen=78)


def _subject(series: Series, patch: Patch, envelope: Envelope) -> str:
    subject = clean.line(envelope.raw_subject)
    if not subject:
        number = f" {patch.index}/{series.total}" if series.total > 1 else ""
        subject = f"[{clean.line(series.prefix) or 'PATCH'}{number}] {clean.line(patch.subject)}"
    return clean.clip(subject if subject.lower().startswith("re:") else f"Re: {subject}", _LONGEST_SUBJECT)


def _ids(ids: Iterable[str]) -> list[str]:
    """Message-IDs in angle brackets, each once; what is no Message-ID is left out."""
    bare = (one.strip().removeprefix("<").removesuffix(">") for one in ids)
    return [f"<{one}>" for one in dict.fromkeys(bare) if _MESSAGE_ID.fullmatch(one)]


def _file_name(patch: Patch, taken: set[str]) -> str:
    slug = _NOT_IN_NAMES.sub("-", patch.subject).strip("-")[:52].strip("-") or "patch"
    name = f"{patch.index:04d}-{slug}.eml"
    count = 1
    while name in taken:
        count += 1
        name = f"{patch.index:04d}-{slug}-{count}.eml"
    return name
