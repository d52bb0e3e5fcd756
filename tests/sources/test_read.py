import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.errors import SourceError
from reviewbot.series.model import Series
from reviewbot.sources.mbox import read_path
from reviewbot.sources.read import read_all, read_series
from tests.series.mails import DIFF, mail, mbox

COVER = "[PATCH v{v} 0/3] lantern: three"


def counted(revision: int = 1, missing: int = 0, parent: str | None = None) -> list[bytes]:
    """A cover letter and three patches that answer it, in the wrong order."""
    mark = "" if revision == 1 else f" v{revision}"
    cover = f"c{revision}@example.org"
    found = [mail(f"[PATCH{mark} 0/3] lantern: three", "Three.\n", cover, parent)]
    for index in (3, 1, 2):
        if index != missing:
            subject = f"[PATCH{mark} {index}/3] lantern: part {index}"
            found.append(mail(subject, message_id=f"{revision}.{index}@example.org", reply_to=cover))
    return found


def read(data: bytes, revision: int | None = None) -> Series:
    return read_series(("-",), None, revision, io.BytesIO(data))


def test_a_series_is_put_in_order() -> None:
    series = read(mbox(*counted()))
    assert series.subject == "lantern: three"
    assert (series.revision, series.total, series.missing) == (1, 3, ())
    assert [(patch.index, patch.subject) for patch in series.patches] == [
        (1, "lantern: part 1"),
        (2, "lantern: part 2"),
        (3, "lantern: part 3"),
    ]
    assert series.cover is not None
    assert series.cover.body == "Three."


def test_missing_patches_are_named() -> None:
    series = read(mbox(*counted(missing=2)))
    assert series.missing == (2,)
    assert [patch.index for patch in series.patches] == [1, 3]


def test_without_a_cover_letter_the_first_patch_gives_the_subject() -> None:
    series = read(mbox(*counted()[1:]))
    assert (series.subject, series.cover, series.total) == ("lantern: part 1", None, 3)


@pytest.mark.parametrize("parent", [None, "c1@example.org"])
def test_the_newest_revision_is_read_and_another_on_demand(parent: str | None) -> None:
    both = mbox(*counted(1), *counted(2, parent=parent))
    assert read(both).revision == 2
    assert read(both).skipped == ("revision 1 not reviewed: lantern: three",)
    assert read(both, 1).revision == 1
    assert [patch.envelope.message_id for patch in read(both, 1).patches if patch.envelope] == [
        "1.1@example.org",
        "1.2@example.org",
        "1.3@example.org",
    ]
    with pytest.raises(SourceError, match=r"no revision 7 is here; found v1, v2"):
        read(both, 7)


def test_answers_belong_to_the_thread_and_are_no_patches() -> None:
    answer = mail("Re: [PATCH 1/3] lantern: part 1", f"> {DIFF}\n{DIFF}", "r1@example.org", "1.1@example.org")
    second = mail("Re: [PATCH 1/3] lantern: part 1", "Right.\n", "r2@example.org", "r1@example.org")
    series = read(mbox(*counted()[:2], answer, second, *counted()[2:]))
    assert len(series.patches) == 3
    assert [reply.envelope.message_id for reply in series.replies] == ["r1@example.org", "r2@example.org"]


def test_a_message_that_came_twice_counts_once() -> None:
    series = read(mbox(*counted(), *counted()))
    assert [patch.index for patch in series.patches] == [1, 2, 3]
    assert series.skipped == ()


def test_a_new_revision_sent_as_an_answer_is_a_series_of_its_own() -> None:
    first = mail("[PATCH] lantern: lit", message_id="1@example.org")
    second = mail("[PATCH v2] lantern: lit", message_id="2@example.org", reply_to="1@example.org")
    series = read(mbox(first, second))
    assert (series.revision, series.total, len(series.patches)) == (2, 1, 1)


def test_a_series_sent_again_is_read_once() -> None:
    again = [
        message.replace(b"PATCH ", b"PATCH RESEND ").replace(b"@example", b"@again") for message in counted()
    ]
    series = read(mbox(*counted(), *again))
    assert len(series.patches) == 3
    assert len(series.skipped) == 1


def test_messages_that_nothing_links_are_one_series() -> None:
    unlinked = [
        mail(f"[PATCH v2 {index}/3] lantern: part {index}", message_id=f"20260302.77-{index}-ada@example.org")
        for index in (1, 3, 2)
    ]
    assert [patch.index for patch in read(mbox(*unlinked)).patches] == [1, 2, 3]


def test_patch_files_without_any_id_are_one_series() -> None:
    plain = [mail(f"[PATCH] lantern: part {index}", message_id=None) for index in (1, 2, 3)]
    series = read(mbox(*plain))
    assert [(patch.index, patch.subject) for patch in series.patches] == [
        (1, "lantern: part 1"),
        (2, "lantern: part 2"),
        (3, "lantern: part 3"),
    ]


def test_words_of_the_prefix_do_not_split_a_series() -> None:
    messages = [
        mail("[PATCHSET for-next 0/2] lantern: two", "Two.\n", "0@example.org"),
        mail("[PATCH 1/2] lantern: a", message_id="1@example.org", reply_to="0@example.org"),
        mail("[RFC PATCH 2/2] lantern: b", message_id="2@example.org", reply_to="0@example.org"),
    ]
    series = read(mbox(*messages))
    assert series.missing == ()
    assert series.cover is not None


def test_the_base_of_the_cover_letter_is_that_of_the_series() -> None:
    cover = mail("[PATCH 0/1] lantern", f"One.\n\nbase-commit: {'a' * 40}\n", "0@example.org")
    series = read(mbox(cover, mail("[PATCH 1/1] lantern: a", reply_to="0@example.org")))
    assert series.base_commit == "a" * 40


def test_an_escaped_from_line_is_unescaped() -> None:
    text = f"First.\n\nFrom here on it burns.\n>From there too.\n---\n{DIFF}"
    series = read(mbox(mail(text=text), mail("[PATCH v2] other", message_id="9@example.org")))
    body = read(mbox(mail(text=text))).patches[0].body
    assert body == "First.\n\nFrom here on it burns.\n>From there too."
    assert series.revision == 2


def test_a_bare_mail_and_a_bare_diff() -> None:
    assert read(mail()).subject == "lantern: mark the flame"
    assert read(mail().replace(b"\n", b"\r\n")).subject == "lantern: mark the flame"
    series = read(b"Some words.\n\n" + DIFF.encode())
    assert (series.subject, series.patches[0].body) == ("standard input", "Some words.")
    assert series.patches[0].envelope is None


@pytest.mark.parametrize("wrong", [b"received somewhere", b"X-Odd header: 1", b"\xff\xfe"])
def test_a_spoilt_header_line_does_not_make_a_mail_a_diff(wrong: bytes) -> None:
    series = read(mail().replace(b"Subject:", wrong + b"\nSubject:", 1))
    (patch,) = series.patches
    assert (series.subject, patch.author.address) == ("lantern: mark the flame", "ada@example.org")
    assert patch.envelope is not None
    assert patch.envelope.message_id == "1@example.org"
    assert len(patch.files) == 1


def test_of_many_series_the_first_is_read_and_some_are_named() -> None:
    single = [mail(f"[PATCH] lamp {number}", message_id=f"{number}@example.org") for number in range(6)]
    series = read(mbox(*counted(), *single))
    assert series.subject == "lantern: three"
    assert series.skipped == (
        "another series not reviewed: lamp 0",
        "another series not reviewed: lamp 1",
        "another series not reviewed: lamp 2",
        "3 more series not reviewed; to choose one, give its mails alone",
    )


def test_words_above_a_diff_are_no_mail() -> None:
    text = b"This is what I have.\nFrom: the shelf\nSubject: none\n\n" + DIFF.encode()
    assert read(text).patches[0].envelope is None


def test_what_stands_around_mails_does_not_hide_them() -> None:
    odd = mail("[PATCH] odd", message_id="odd@example.org").partition(b"\n\n")[0] + b"\n\n" + bytes(4000)
    series = read(b"copied by hand\n\n" + mbox(odd, *counted()))
    assert (series.subject, len(series.patches)) == ("odd", 1)
    assert series.skipped == ("another series not reviewed: lantern: three",)


def folder(path: Path, **files: bytes) -> Path:
    path.mkdir(parents=True)
    for name, data in files.items():
        (path / name.replace("_", ".")).write_bytes(data)
    return path


def test_files_and_folders(tmp_path: Path) -> None:
    parts = [mail(f"[PATCH {index}/2] lantern: part {index}", message_id=None) for index in (1, 2)]
    place = folder(tmp_path / "out", b_patch=parts[0], a_patch=parts[1], notes_md=b"no patch")
    files = [str(place / "a.patch"), str(place / "b.patch")]
    for arguments in ((str(place),), tuple(files), tuple(reversed(files))):
        series = read_series(arguments, None, None, io.BytesIO())
        assert [patch.subject for patch in series.patches] == ["lantern: part 1", "lantern: part 2"]


def test_a_maildir(tmp_path: Path) -> None:
    place = folder(tmp_path / "box" / "cur", a=counted()[0], b=counted()[2]).parent
    folder(place / "new", c=counted()[1], d=counted()[3])
    folder(place / "tmp", e=b"half a mail")
    assert len(read_series((str(place),), None, None, io.BytesIO()).patches) == 3


def test_single_patches_named_together_are_one_series(tmp_path: Path) -> None:
    place = folder(
        tmp_path / "x", a_diff=DIFF.encode(), b_patch=mail("[PATCH] lantern: b", message_id="b@x.org")
    )
    series = read_series((str(place / "b.patch"), str(place / "a.diff")), None, None, io.BytesIO())
    assert [(patch.index, patch.subject) for patch in series.patches] == [(1, "lantern: b"), (2, "a")]


def test_a_quilt_series_is_one_in_its_order(tmp_path: Path) -> None:
    place = folder(
        tmp_path / "patches",
        z_patch=mail("[PATCH 3/9] lantern: first", message_id="z@x.org"),
        a_patch=mail("[PATCH v4] lantern: second", message_id="a@x.org"),
        m_diff=DIFF.encode(),
        unused_patch=mail(),
        series=b"# in order\nz.patch\na.patch -p1\n\n../secret\nm.diff # last\n",
    )
    (tmp_path / "secret").write_bytes(mail("[PATCH] secret"))
    series = read_series((str(place),), None, None, io.BytesIO())
    assert [patch.subject for patch in series.patches] == ["lantern: first", "lantern: second", "m"]
    assert (series.total, series.missing) == (3, ())


def test_packed_mail(tmp_path: Path) -> None:
    place = tmp_path / "t.mbox.gz"
    place.write_bytes(gzip.compress(mbox(*counted())))
    assert len(read_series((str(place),), None, None, io.BytesIO()).patches) == 3
    place.write_bytes(gzip.compress(mbox(*counted()))[:-20])
    try:
        reasons = [entry.reason for entry in read_series((str(place),), None, None, io.BytesIO()).unread]
    except SourceError as error:
        reasons = [str(error)]
    assert any("cut off or broken" in reason for reason in reasons)


@pytest.mark.parametrize("filling", [b"\0", b"+a line like any other\n"], ids=["one line", "lines"])
def test_what_unpacks_without_end_is_given_up(tmp_path: Path, filling: bytes) -> None:
    packed = tmp_path / "bomb.mbox.gz"
    with gzip.open(packed, "wb") as stream:
        for _ in range(40):
            stream.write(filling * (2_000_000 // len(filling)))
    with pytest.raises(SourceError, match=r"bomb\.mbox\.gz: (a line of more|unpacks to more)"):
        list(read_path(packed))


def test_all_series_of_an_archive(tmp_path: Path) -> None:
    other = mail("[PATCH] wick: other", message_id="o@example.org")
    talk = mail("A question", "How?\n", "q@example.org")
    place = tmp_path / "list.mbox"
    place.write_bytes(mbox(*counted(1), other, talk, *counted(2)))
    assert [(series.subject, series.revision) for series in read_all(place)] == [
        ("lantern: three", 1),
        ("wick: other", 1),
        ("lantern: three", 2),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"Just some words.\nAnd more.\n", "neither a mail nor a diff"),
        (b"\x7fELF\x02\x01\x01" + bytes(60), "is no text"),
        (mail().decode().encode("utf-16"), "is UTF-16"),
        (mail().decode().encode("utf-16-le"), "is UTF-16"),
        (mail("A question", "How?\n"), "no patch is in it"),
        (b"From x\n", "neither a mail nor a diff"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    place = tmp_path / "v2.mbox"
    place.write_bytes(data)
    with pytest.raises(SourceError, match=said) as error:
        read_series((str(place),), None, None, io.BytesIO())
    assert "\n" not in str(error.value)
    assert "v2.mbox" in str(error.value)


@pytest.mark.parametrize("name", ["absent.mbox", "./absent", "absent/0001.patch"])
def test_a_missing_file_is_said(name: str) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_series((name,), None, None, io.BytesIO())


@pytest.mark.parametrize("name", ["main..topic", "-3", "HEAD"])
def test_a_range_needs_a_repository(name: str) -> None:
    with pytest.raises(SourceError, match="stand in a git repository or give --tree"):
        read_series((name,), None, None, io.BytesIO())


def test_a_cut_mail_is_read_as_far_as_it_goes() -> None:
    whole = mbox(*counted())
    series = read(whole[:-120])
    assert len(series.patches) == 3
    assert [entry.reason for entry in series.unread] == ["the mail ends inside a hunk"]


@given(
    st.lists(st.one_of(st.sampled_from(counted() + counted(2)), st.binary(max_size=30)), max_size=8),
    st.integers(0, 3),
)
def test_no_mailbox_makes_the_reader_raise_anything_else(messages: list[bytes], cut: int) -> None:
    data = mbox(*messages)
    for text in (data, b"\n".join(messages), data[cut * 97 :]):
        try:
            series = read(text)
        except SourceError:
            continue
        else:
            indexes = [patch.index for patch in series.patches]
            assert indexes == sorted(set(indexes))
            assert set(series.missing).isdisjoint(indexes)
