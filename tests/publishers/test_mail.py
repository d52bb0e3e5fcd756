import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.analysis.facts import Place
from reviewbot.errors import ReviewbotError
from reviewbot.publishers.mail import Draft, drafts
from reviewbot.series.mail import read_message
from reviewbot.series.model import Envelope, Hunk, Patch, Person, Series
from tests.publishers.factory import (
    ANNA,
    CORE,
    NOW,
    RAVI,
    SETUP,
    finding,
    modified,
    patch,
    question,
    report,
    series,
    store,
)
from tests.publishers.test_clean import ANYTHING

GOLDEN = Path(__file__).parent / "golden"
ME = Person("Rita Reviewer", "rita@example.org")


def made(sent: Series | None = None, *findings: object, sender: Person | None = ME) -> tuple[Draft, ...]:
    numbers = count(1)
    said = report(*findings) if findings else report()  # type: ignore[arg-type]
    return drafts(
        sent or series(), said, make_id=lambda: f"draft-{next(numbers)}@example.org", now=NOW, sender=sender
    )


def with_envelope(**changes: object) -> Series:
    """A series of one patch, its envelope changed."""
    first = series().patches[0]
    assert first.envelope
    changed = replace(first, envelope=replace(first.envelope, **changes))  # type: ignore[arg-type]
    return replace(series(), patches=(changed,))


def text(draft: Draft) -> str:
    content = draft.message.get_content()
    assert isinstance(content, str)
    return content


def test_the_whole_drafts(golden: Callable[[Path, str], None]) -> None:
    for draft in made():
        golden(GOLDEN / draft.name, bytes(draft.message).decode())


def test_one_draft_a_commented_patch() -> None:
    assert [draft.name[:4] for draft in made(None, question())] == ["0002"]
    assert made(None, replace(finding(), hidden=report().findings[2].hidden)) == ()


def test_headers_answer_the_mail() -> None:
    first, second = (draft.message for draft in made())
    assert first["Subject"] == "Re: [PATCH net-next v2 1/3] net: demo: remember when the table is ready"
    assert first["In-Reply-To"] == "<20240301200507.1234-2-anna@example.org>"
    assert first["References"].split() == [
        "<20240301200507.1234-1-anna@example.org>",
        "<20240301200507.1234-2-anna@example.org>",
    ]
    assert (first["Message-ID"], second["Message-ID"]) == ("<draft-1@example.org>", "<draft-2@example.org>")
    assert first["From"] == "Rita Reviewer <rita@example.org>"
    assert first["To"] == "Anna Example <anna@example.org>"
    assert first["X-Unsent"] == "1"
    assert first.get_content_type() == "text/plain"
    assert first["Content-Type"].params == {"charset": "utf-8", "format": "fixed"}


def test_names_are_encoded_and_quoted() -> None:
    cc = made()[0].message["Cc"]
    assert [address.display_name for address in cc.addresses] == ["", "Ravi Reader", "Łukasz, the maintainer"]
    assert "Łukasz".encode() not in bytes(made()[0].message).split(b"\n\n")[0]


def test_without_an_identity_there_is_no_from() -> None:
    assert "From" not in made(sender=None)[0].message


def test_reply_to_wins_and_nobody_is_named_twice() -> None:
    sent = with_envelope(reply_to=(RAVI,), cc=(RAVI, ANNA, ME, Person("", "ANNA@example.org")), sender=ANNA)
    message = made(sent)[0].message
    assert message["To"] == "Ravi Reader <ravi@example.com>"
    assert [address.addr_spec for address in message["Cc"].addresses] == [
        "anna@example.org",
        "netdev@example.org",
    ]


def test_who_posted_for_the_author_is_copied() -> None:
    poster = Person("Post Er", "post@example.org")
    message = made(with_envelope(sender=poster, to=(), cc=()))[0].message
    assert (message["To"], message["Cc"]) == ("Anna Example <anna@example.org>", "Post Er <post@example.org>")


def test_a_mail_without_an_id_is_answered_without_one() -> None:
    message = made(with_envelope(message_id="", references=()))[0].message
    assert "In-Reply-To" not in message
    assert "References" not in message


def test_the_subject_falls_back_to_the_series_and_keeps_one_re() -> None:
    assert (
        made(with_envelope(raw_subject=""))[0]
        .message["Subject"]
        .startswith("Re: [PATCH net-next v2 1/3] net: ")
    )
    assert made(with_envelope(raw_subject="RE: [PATCH] x"))[0].message["Subject"] == "RE: [PATCH] x"
    assert made(with_envelope(raw_subject="Ł\nX-Evil: 1"))[0].message["Subject"] == "Re: Ł X-Evil: 1"


def test_a_subject_is_decoded_when_it_is_read_and_not_again() -> None:
    word = "=?utf-8?q?=C5=81?="
    quoted = f"=?utf-8?q?{word.replace('=', '=3D').replace('?', '=3F')}?="
    headers = f"From: a@example.org\nSubject: [PATCH] {quoted}\nMessage-ID: <1@example.org>\n\nx\n"
    envelope = read_message(headers.encode()).envelope
    assert envelope.raw_subject == f"[PATCH] {word}"
    message = made(with_envelope(raw_subject=envelope.raw_subject))[0].message
    assert read_message(bytes(message)).envelope.raw_subject == f"Re: [PATCH] {word}"


def test_commits_cannot_be_answered() -> None:
    commits = tuple(replace(one, envelope=None, commit="1" * 40) for one in series().patches)
    with pytest.raises(ReviewbotError, match="these patches are commits"):
        made(replace(series(), patches=commits))


def long_patch(*files: tuple[str, int]) -> Patch:
    """A patch with one hunk of added lines a file: path and number of lines."""
    diffs = (
        modified(path, Hunk(1, 0, 1, lines, "", tuple(f"+line {n}" for n in range(1, lines + 1))))
        for path, lines in files
    )
    return patch(1, "s", *diffs)


def quoted(places: list[tuple[str, int]], *files: tuple[str, int]) -> list[str]:
    """The quoted lines of the draft with comments at these places."""
    findings = [replace(finding(), place=Place(path, line, 1)) for path, line in places]
    (draft,) = made(Series("s", 1, 1, (long_patch(*files),)), *findings)
    return [line for line in text(draft).splitlines() if line.startswith(">")]


def test_five_lines_above_and_nothing_after() -> None:
    assert quoted([("a.c", 30)], ("a.c", 60)) == [
        "> diff --git a/a.c b/a.c",
        "> @@ -1,0 +1,60 @@",
        "> [ ... skip 24 lines ... ]",
        *(f"> +line {n}" for n in range(25, 31)),
    ]


def test_fewer_than_ten_lines_are_not_left_out() -> None:
    assert quoted([("a.c", 15)], ("a.c", 60))[2:] == [f"> +line {n}" for n in range(1, 16)]
    assert quoted([("a.c", 16)], ("a.c", 60))[2] == "> [ ... skip 10 lines ... ]"


def test_the_quote_goes_on_after_a_comment() -> None:
    lines = quoted([("a.c", 3), ("a.c", 5), ("a.c", 40)], ("a.c", 60))
    assert lines[2:7] == [f"> +line {n}" for n in range(1, 6)]
    assert lines[7:9] == ["> [ ... skip 29 lines ... ]", "> +line 35"]


def test_two_comments_under_one_line_share_the_quote() -> None:
    assert quoted([("a.c", 2), ("a.c", 2)], ("a.c", 60))[2:] == ["> +line 1", "> +line 2"]


def test_hunks_and_files_between_are_counted() -> None:
    lines = quoted([("a.c", 4), ("c.c", 1)], ("a.c", 10), ("b.c", 7), ("c.c", 3))
    assert lines[6:] == [
        "> [ ... skip 13 lines ... ]",
        "> diff --git a/c.c b/c.c",
        "> @@ -1,0 +1,3 @@",
        "> +line 1",
    ]


def test_a_comment_on_the_whole_patch_stands_above_the_quotes() -> None:
    elsewhere = replace(finding(), place=Place("other.c", 3, 1, "f"), line_text="x = 1;")
    body = text(made(None, elsewhere, finding())[0])
    assert body.split("\n\n")[1] == "This is about `x = 1;` in f(), other.c."
    assert body.index("This is about") < body.index("> diff")


def test_comments_are_wrapped_and_quotes_are_not() -> None:
    wide = replace(SETUP, lines=(*SETUP.lines[:6], "+\t/* " + "wide " * 40 + "*/", *SETUP.lines[7:]))
    sent = Series("s", 1, 1, (patch(1, "s", modified(CORE, wide)),))
    lines = text(made(sent, replace(finding(), message="word " * 60))[0]).splitlines()
    assert max(len(line) for line in lines if not line.startswith(">")) <= 76
    assert any(len(line) > 200 for line in lines if line.startswith("> +\t/*"))


def test_quoted_lines_are_those_of_the_diff() -> None:
    body = text(made(None, finding())[0])
    lines = [line.removeprefix("> ") for line in body.splitlines() if line.startswith("> ")]
    assert tuple(lines[2:]) == SETUP.lines[:8]


def test_the_date_is_that_of_the_patch_in_its_own_zone() -> None:
    assert text(made()[0]).startswith("On Fri, Mar 01, 2024 at 09:05:07PM +0100, Anna Example wrote:\n")
    undated = replace(series(), patches=(replace(series().patches[0], date=None),))
    assert text(made(undated, finding())[0]).startswith("Anna Example wrote:\n")


def test_a_line_too_long_for_mail_makes_it_quoted_printable() -> None:
    wide = replace(SETUP, lines=(*SETUP.lines[:6], "+\t/* " + "é" * 1200 + " */", *SETUP.lines[7:]))
    sent = Series("s", 1, 1, (patch(1, "s", modified(CORE, wide)),))
    (draft,) = made(sent, finding())
    assert draft.message["Content-Transfer-Encoding"] == "quoted-printable"
    assert max(len(line) for line in bytes(draft.message).splitlines()) <= 78
    assert "é" * 1200 in text(draft)


def test_file_names_are_safe_and_differ() -> None:
    evil = replace(series().patches[0], subject="../../etc/Ünï \x00:*?\n" + "x" * 300)
    names = [draft.name for draft in made(replace(series(), patches=(evil, replace(evil))), finding())]
    assert re.fullmatch(r"0001-etc-n-x+\.eml", names[0])
    assert len(names[0]) < 64


HOSTILE = st.one_of(
    ANYTHING, st.sampled_from(["a\r\nBcc: x@example.org", "=?utf-8?q?a=0D=0ABcc:_x?=", '"', "a,b <c@d>"])
)
KNOWN = {
    "From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "X-Unsent",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_header_can_be_injected(one: str, two: str, three: str) -> None:
    person = Person(one, "evil@example.org")
    envelope = Envelope(two, two, (two, "good@id"), (person,), (Person(one, three),), (), person, three)
    evil = replace(series().patches[0], author=Person(three, two), subject=one, envelope=envelope)
    (draft,) = made(replace(series(), subject=two, prefix=three, patches=(evil,)), finding(), sender=person)
    raw = bytes(draft.message)
    parsed = message_from_bytes(raw, EmailMessage, policy=policy.default)
    assert set(parsed.keys()) <= KNOWN
    assert len(parsed.keys()) == len(set(parsed.keys()))
    assert not parsed.defects
    head = raw.split(b"\n\n")[0]
    assert head.isascii()
    assert all(len(line) <= 998 for line in head.split(b"\n"))
    assert "\n" not in str(parsed["Subject"])
    assert parsed.get_content() == draft.message.get_content()


@given(HOSTILE.filter(lambda name: "\u200c" not in name and "\u200d" not in name))
def test_any_name_survives_as_a_name(name: str) -> None:
    sent = with_envelope(reply_to=(Person(name, "who@example.org"),))
    (draft,) = made(sent, finding())
    assert [address for _, address in getaddresses([str(draft.message["To"])])] == ["who@example.org"]
    assert [address.addr_spec for address in draft.message["To"].addresses] == ["who@example.org"]


@given(st.lists(ANYTHING, min_size=1, max_size=6))
def test_quoted_lines_stay_one_line_each(lines: list[str]) -> None:
    hunk = Hunk(1, 0, 1, len(lines), "", tuple(f"+{line}" for line in lines))
    sent = Series("s", 1, 1, (patch(1, "s", modified(CORE, hunk)),))
    (draft,) = made(sent, replace(finding(), place=Place(CORE, len(lines), 1), accesses=(store(),)))
    body = text(draft)
    assert [line for line in body.split("\n") if line.startswith("> +")] == [
        line for line in body.splitlines() if line.startswith("> +")
    ]
    assert sum(line.startswith("> +") for line in body.split("\n")) == len(lines)
