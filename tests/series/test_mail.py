import base64
import quopri
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.series.mail import Message, read_message
from reviewbot.series.model import Patch, Person, Reply, Trailer
from tests.series.mails import DIFF, mail

ADDED = ("f->fuel = 3;", "WRITE_ONCE(f->lit, true);")


def patch_of(raw: bytes) -> Patch:
    content = read_message(raw).content
    assert isinstance(content, Patch)
    return content


def added(patch: Patch) -> tuple[str, ...]:
    lines = (line for file in patch.files for hunk in file.hunks for line in hunk.lines)
    return tuple(line[1:].strip() for line in lines if line[0] == "+")


def test_a_patch_is_read_whole() -> None:
    patch = patch_of(mail("[PATCH v2 3/7] lantern: mark the flame"))
    assert patch.index == 3
    assert patch.subject == "lantern: mark the flame"
    assert patch.body == "Mark it.\n\nSigned-off-by: Ada Lamp <ada@example.org>"
    assert patch.notes == "net/lantern/flame.c | 3 ++-".rjust(28)
    assert patch.author == Person("Ada Lamp", "ada@example.org")
    assert patch.date is not None
    assert patch.date.astimezone(UTC) == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert patch.trailers == (Trailer("Signed-off-by", "Ada Lamp <ada@example.org>"),)
    assert added(patch) == ADDED
    assert patch.unread == ()


def test_a_signature_is_no_part_of_the_diff() -> None:
    patch = patch_of(mail(text=f"Text.\n---\n{DIFF}-- \n2.31.1\n\nbase-commit: {'a' * 40}\n"))
    assert patch.files[0].hunks[0].lines[-1] == " }"
    assert patch.unread == ()


def test_the_base_is_named_behind_the_diff_or_in_the_cover_letter() -> None:
    tail = f"-- \n2.31.1\n\nbase-commit: {'a' * 40}\nprerequisite-patch-id: {'b' * 40}\n"
    behind = read_message(mail(text=f"Text.\n---\n{DIFF}{tail}"))
    cover = read_message(mail("[PATCH 0/3] lantern", f"Three of them.\n\n{tail}"))
    for message in (behind, cover):
        assert message.base_commit == "a" * 40
        assert message.prerequisites == ("b" * 40,)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_transfer_encodings_are_undone(encoding: str) -> None:
    plain = mail(text=f"Für alle.\n---\n{DIFF}").partition(b"\n\n")[2]
    encoded = base64.encodebytes(plain) if encoding == "base64" else quopri.encodestring(plain)
    more = f"Content-Transfer-Encoding: {encoding}\nContent-Type: text/plain; charset=UTF-8"
    patch = patch_of(mail(text=encoded.decode("ascii"), more=more))
    assert patch.body == "Für alle."
    assert added(patch) == ADDED


def test_a_text_in_another_charset_is_decoded() -> None:
    raw = mail(
        text=f"Fackeln fuer alle: XX.\n---\n{DIFF}", more="Content-Type: text/plain; charset=iso-8859-1"
    )
    assert patch_of(raw.replace(b"XX", "grün".encode("latin-1"))).body == "Fackeln fuer alle: grün."


@pytest.mark.parametrize("charset", ["no-such", "unicode_escape", "idna", "'", '"utf-8', "zip"])
def test_a_charset_that_is_none_does_no_harm(charset: str) -> None:
    raw = mail(text=f"gr\\u00fcn ü\n---\n{DIFF}", more=f"Content-Type: text/plain; charset={charset}")
    patch = patch_of(raw)
    assert patch.body == "gr\\u00fcn ü"
    assert added(patch) == ADDED


def test_encoded_headers_are_decoded() -> None:
    raw = mail("=?UTF-8?q?=5BPATCH_2/3=5D_lantern=3A_hei=C3=9F?=")
    raw = raw.replace(
        b"From: Ada Lamp",
        "From: =?utf-8?b?{}?=".format(base64.b64encode("Åda, L.".encode()).decode()).encode(),
    )
    patch = patch_of(raw)
    assert (patch.index, patch.subject) == (2, "lantern: heiß")
    assert patch.author == Person("Åda, L.", "ada@example.org")


def test_headers_in_the_body_overrule() -> None:
    text = (
        f"From: Bo Wick <bo@example.org>\nSubject: [PATCH] lantern: the real\n one\n\nMark it.\n---\n{DIFF}"
    )
    patch = patch_of(mail(text=text))
    assert patch.author == Person("Bo Wick", "bo@example.org")
    assert patch.subject == "lantern: the real one"
    assert patch.body == "Mark it."
    assert patch.envelope is not None
    assert patch.envelope.sender == Person("Ada Lamp", "ada@example.org")


def test_a_sentence_is_no_header() -> None:
    patch = patch_of(mail(text=f"From: the reader's side it is late.\n\nMore.\n---\n{DIFF}"))
    assert patch.author.address == "ada@example.org"
    assert patch.body.startswith("From: the reader's side")


def test_what_stands_above_scissors_is_no_message() -> None:
    patch = patch_of(
        mail(text=f"How about this?\n\n-- >8 --\nFrom: Bo <bo@example.org>\n\nMark it.\n---\n{DIFF}")
    )
    assert patch.body == "Mark it."
    assert patch.author.address == "bo@example.org"
    assert patch.notes == "How about this?"


def test_notes_stand_between_the_line_and_the_diff() -> None:
    patch = patch_of(mail(text=f"Mark it.\n---\nv2: the lock is held by all callers.\n\n{DIFF}"))
    assert patch.body == "Mark it."
    assert patch.notes == "v2: the lock is held by all callers."


def test_crlf_mail_reads_like_any_other() -> None:
    plain, crlf = mail(), mail().replace(b"\n", b"\r\n")
    assert patch_of(crlf).files == patch_of(plain).files
    assert patch_of(crlf).body == patch_of(plain).body


BOUNDARY = "Content-Type: multipart/mixed; boundary=XX"


def part(kind: str, text: str, name: str = "") -> str:
    disposition = f"\nContent-Disposition: attachment; filename={name}" if name else ""
    return f"--XX\nContent-Type: {kind}{disposition}\n\n{text}\n"


def test_a_patch_may_be_attached() -> None:
    text = part("text/plain", "Mark it.\n\n---") + part("text/x-patch", DIFF, "a.patch") + "--XX--\n"
    patch = patch_of(mail(text=text, more=BOUNDARY))
    assert patch.body == "Mark it."
    assert added(patch) == ADDED


def test_an_attached_mail_gives_its_diff() -> None:
    head = f"From {'1' * 40} Mon Sep 17 00:00:00 2001\nFrom: Bo <bo@example.org>\nSubject: [PATCH] x"
    inner = f"{head}\n\nInner.\n---\n{DIFF}"
    text = (
        part("text/plain", "See attachment.")
        + part("application/octet-stream", inner, "0001-x.patch")
        + "--XX--\n"
    )
    assert added(patch_of(mail(text=text, more=BOUNDARY))) == ADDED


def test_a_signature_part_is_passed_over() -> None:
    text = (
        part("text/plain", f"Mark it.\n---\n{DIFF}")
        + part("application/pgp-signature", "-----BEGIN")
        + "--XX--\n"
    )
    assert added(patch_of(mail(text=text, more=BOUNDARY))) == ADDED


def test_format_flowed_is_unstuffed() -> None:
    stuffed = "".join(f" {line}" if line.startswith(" ") else line for line in DIFF.splitlines(keepends=True))
    patch = patch_of(mail(text=f"Mark it.\n---\n{stuffed}", more="Content-Type: text/plain; format=flowed"))
    assert patch.files == patch_of(mail()).files
    assert patch.unread == ()


def test_format_flowed_that_is_only_claimed_is_left_alone() -> None:
    patch = patch_of(mail(more="Content-Type: text/plain; format=flowed"))
    assert patch.files == patch_of(mail()).files


def test_a_wrapped_line_is_said() -> None:
    wrapped = DIFF.replace("+	WRITE_ONCE(f->lit, true);", "+	WRITE_ONCE(f->lit,\ntrue);")
    patch = patch_of(mail(text=f"Mark it.\n---\n{wrapped}", more="Content-Type: text/plain; format=flowed"))
    assert [(entry.file, entry.line) for entry in patch.unread] == [("net/lantern/flame.c", 10)]
    assert "mailer" in patch.unread[0].reason
    assert "format=flowed" in patch.unread[0].reason


def test_tabs_that_became_spaces_are_said() -> None:
    patch = patch_of(mail(text=f"Mark it.\n---\n{DIFF}".replace("\t", " " * 8)))
    assert [entry.reason for entry in patch.unread] == [
        "tabs became spaces on the way: the patch will not apply as it is"
    ]
    assert added(patch) == ADDED


def test_code_indented_by_four_is_not_mangled() -> None:
    patch = patch_of(mail(text=f"Mark it.\n---\n{DIFF}".replace("\t", " " * 4)))
    assert patch.unread == ()


def test_an_answer_that_carries_a_diff_is_no_patch() -> None:
    content = read_message(mail("Re: [PATCH 1/2] lantern", reply_to="0@example.org")).content
    assert isinstance(content, Reply)
    assert content.envelope.in_reply_to == "0@example.org"


def test_a_missing_diff_is_said() -> None:
    patch = patch_of(mail("[PATCH 2/3] lantern: empty", "See the web.\n"))
    assert patch.files == ()
    assert patch.unread[0].reason == "no diff in this mail"


def test_the_envelope_holds_what_a_reply_needs() -> None:
    more = "To: a@x.org,\n\tB <b@x.org>\nCc: c@x.org\nReply-To: list@x.org"
    envelope = patch_of(mail(reply_to="0@example.org", more=more)).envelope
    assert envelope is not None
    assert [person.address for person in envelope.to] == ["a@x.org", "b@x.org"]
    assert [person.address for person in envelope.cc] == ["c@x.org"]
    assert [person.address for person in envelope.reply_to] == ["list@x.org"]
    assert (envelope.message_id, envelope.in_reply_to, envelope.references) == (
        "1@example.org",
        "0@example.org",
        ("0@example.org",),
    )
    assert envelope.raw_subject == "[PATCH] lantern: mark the flame"


def test_a_mail_in_utf16_is_read() -> None:
    body = f"Mark it.\n---\n{DIFF}".encode("utf-16")
    text = base64.encodebytes(body).decode("ascii")
    more = "Content-Transfer-Encoding: base64\nContent-Type: text/plain; charset=utf-16"
    assert added(patch_of(mail(text=text, more=more))) == ADDED


PIECES = (
    b"From: |Subject: [PATCH |Date: |To: |Content-Type: multipart/mixed; boundary=|References: <|=?utf-8?b?"
    b"|=?x?q?=ff?=|Content-Transfer-Encoding: base64|Content-Type: text/plain; charset=|((|\n\n"
    b"|\n|--- \n|-- >8 --\n|diff --git a/x b/x\n|@@ -1,2 +1 @@\n|+a\n|-b\n| c\n"
)
HEADER = st.sampled_from(PIECES.split(b"|"))


@given(st.lists(st.one_of(HEADER, st.binary(max_size=12)), max_size=40))
def test_no_mail_makes_the_reader_raise(pieces: list[bytes]) -> None:
    assert isinstance(read_message(b"".join(pieces)), Message)


@given(st.binary(max_size=6), st.integers(0, 700))
def test_a_mail_damaged_anywhere_is_read(noise: bytes, place: int) -> None:
    raw = mail()
    damaged = raw[:place] + noise + raw[place + len(noise) :]
    assert isinstance(read_message(damaged), Message)
