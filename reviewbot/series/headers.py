"""Mail headers, read so that a hostile one is at worst read as it stands; nothing is raised."""

import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from reviewbot.series.model import Envelope, Person
from reviewbot.series.paths import decoded

_LONGEST = 100_000
"""Characters of one header that are looked at; a Cc: of a thousand people has 50,000."""
_ID = re.compile(r"<([^<>\s]+)>")
_ODD_CODECS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
_UTF8 = frozenset({"", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "8bit"})


class Headers:
    """The headers of one message by name, in any case."""

    def __init__(self, message: Message) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            self._values.setdefault(name.lower(), []).append(_unfolded(str(value)))

    def all(self, name: str) -> tuple[str, ...]:
        """Every value, unfolded and still encoded."""
        return tuple(self._values.get(name.lower(), ()))

    def first(self, name: str) -> str:
        """The first value, or the empty string."""
        return next(iter(self._values.get(name.lower(), ())), "")


def _unfolded(value: str) -> str:
    raw = value[:_LONGEST].encode("utf-8", "surrogateescape")
    return " ".join(decoded(raw).split())


def text_of(data: bytes, charset: str) -> str:
    """`data` in its charset where Python knows that, else as UTF-8 with surrogate escapes."""
    name = charset.strip().strip("'\"").lower()
    if name in _UTF8 or name.replace("-", "_") in _ODD_CODECS:
        return decoded(data)
    try:
        return data.decode(name)
    except (LookupError, ValueError):
        return decoded(data)


def plain(value: str) -> str:
    """A header without its RFC 2047 encoding, on one line."""
    try:
        parts = decode_header(value) if "=?" in value else [(value, None)]
    except (HeaderParseError, binascii.Error, ValueError):
        return value
    words = [part if isinstance(part, str) else text_of(_raw(part), charset or "") for part, charset in parts]
    return " ".join("".join(words).split())


def _raw(part: bytes) -> bytes:
    """decode_header() hands on unencoded parts through raw-unicode-escape; this takes that back."""
    if b"\\u" not in part:
        return part
    try:
        return part.decode("raw-unicode-escape").encode("utf-8", "surrogateescape")
    except UnicodeError:
        return part


def people(values: Iterable[str]) -> tuple[Person, ...]:
    """The people of address headers; an entry that is none at all is left out."""
    found: list[Person] = []
    for value in values:
        found.extend(_people(value))
    return tuple(found)


def _people(value: str) -> list[Person]:
    if value.count("(") > 50 or value.count("[") > 50:
        pairs = [("", word.strip("<>()[]\"';")) for word in re.split(r"[\s,]", value) if "@" in word]
    else:
        pairs = _address_pairs(value)
    return [Person(plain(name), address) for name, address in pairs if name or address]


def _address_pairs(value: str) -> list[tuple[str, str]]:
    try:
        pairs = getaddresses([value])
    except (IndexError, ValueError, RecursionError):
        pairs = []
    if any(address for _, address in pairs):
        return pairs
    match = re.match(r"\s*\"?(.*?)\"?\s*<([^<>\s]+)>", value)
    return [(match[1], match[2])] if match else [("", value.strip())]


def message_ids(value: str) -> tuple[str, ...]:
    """The message ids of a header, without angle brackets."""
    found = tuple(_ID.findall(value))
    if found or not value:
        return found
    word = value.split(maxsplit=1)[0].strip("<>")
    return (word,) if "@" in word else ()


def date_of(value: str) -> datetime | None:
    """The date of a mail, with a time zone; None where it cannot be read."""
    try:
        date = parsedate_to_datetime(value[:200])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def envelope_of(headers: Headers) -> Envelope:
    """What a reply to this mail needs."""
    own = message_ids(headers.first("message-id"))
    above = message_ids(headers.first("in-reply-to"))
    senders = people(headers.all("from")[:1])
    return Envelope(
        message_id=own[0] if own else "",
        in_reply_to=above[0] if above else None,
        references=message_ids(headers.first("references")),
        to=people(headers.all("to")),
        cc=people(headers.all("cc")),
        reply_to=people(headers.all("reply-to")),
        sender=senders[0] if senders else None,
        raw_subject=plain(headers.first("subject")),
    )
