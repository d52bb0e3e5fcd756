"""The bundled example with what people answered to it."""

from pathlib import Path

from tests.series.mails import mbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "larch.mbox"
RAVI = "Ravi Reader <ravi@example.com>"
ROBIN = "Robin Example <robin@example.org>"
STORE = ("> +\tl->scale = cal.scale;", "> +\tl->offset = cal.offset;", "> +\tl->calibrated = true;")


def patch_id(number: int) -> str:
    return f"20250304100000.17-{number + 1}-robin@example.org"


def reply(text: str, to: str, author: str = RAVI, message_id: str = "r1@example.com") -> bytes:
    """An answer to a mail of the series, or to another answer."""
    lines = [
        f"From: {author}",
        "Subject: Re: [PATCH 1/3] larch: Take the calibration from user space",
        "Date: Wed, 5 Mar 2025 09:00:00 +0000",
        f"Message-ID: <{message_id}>",
        f"In-Reply-To: <{to}>",
        "",
        f"On Tue, Mar 4, 2025, somebody wrote:\n{text}",
        "",
    ]
    return "\n".join(lines).encode()


def thread(*replies: bytes, example: bytes | None = None) -> bytes:
    return (example or EXAMPLE.read_bytes()).rstrip(b"\n") + b"\n\n" + mbox(*replies)


def next_revision(*edits: tuple[str, str], cover: str = "", number: int = 2) -> bytes:
    """The example sent again, with each text replaced by another; `cover` is added to its letter."""
    text = (
        EXAMPLE.read_text()
        .replace("[PATCH ", f"[PATCH v{number} ")
        .replace("20250304100000.17-", f"v{number}-")
    )
    text = text.replace(
        "a record of what the device reported.\n", f"a record of what it reported.\n\n{cover}\n"
    )
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()
