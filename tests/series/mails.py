"""Mails made for tests: a header, a text and a small diff of our own."""

DIFF = "\n".join(
    (
        "diff --git a/net/lantern/flame.c b/net/lantern/flame.c",
        "index 1111111..2222222 100644",
        "--- a/net/lantern/flame.c",
        "+++ b/net/lantern/flame.c",
        "@@ -10,7 +10,8 @@ static int flame_light(struct flame *f)",
        " {",
        " \tint err;",
        " ",
        "-\tf->lit = true;",
        "+\tf->fuel = 3;",
        "+\tWRITE_ONCE(f->lit, true);",
        " \terr = flame_check(f);",
        " \treturn err;",
        " }",
        "",
    )
)


def mail(
    subject: str = "[PATCH] lantern: mark the flame",
    text: str = "Mark it.\n\nSigned-off-by: Ada Lamp <ada@example.org>\n---\n net/lantern/flame.c | 3 ++-\n\n"
    + DIFF,
    message_id: str | None = "1@example.org",
    reply_to: str | None = None,
    more: str = "",
) -> bytes:
    """One message; `more` holds further header lines."""
    lines = [
        "From: Ada Lamp <ada@example.org>",
        f"Subject: {subject}",
        "Date: Mon, 2 Mar 2026 10:00:00 +0100",
    ]
    if message_id:
        lines.append(f"Message-ID: <{message_id}>")
    if reply_to:
        lines += [f"In-Reply-To: <{reply_to}>", f"References: <{reply_to}>"]
    return "\n".join([*lines, *([more] if more else []), "", text]).encode()


def mbox(*mails: bytes) -> bytes:
    """An mboxrd of messages."""
    escaped = (b"\n".join(_escaped(line) for line in entry.split(b"\n")) for entry in mails)
    return b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + entry + b"\n\n" for entry in escaped)


def _escaped(line: bytes) -> bytes:
    return b">" + line if line.lstrip(b">").startswith(b"From ") else line
