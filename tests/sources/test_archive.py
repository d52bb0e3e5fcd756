"""Series from a mail archive: what is asked, what is made of it, and archives that answer badly."""

import gzip
import io
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("liblore")

from reviewbot.errors import SourceError
from reviewbot.series.model import Series
from reviewbot.sources.archive import LORE, Archive, archive_base
from reviewbot.sources.lore import Limits
from reviewbot.sources.read import read_series
from tests.series.mails import DIFF, mail, mbox
from tests.sources.inboxes import (
    Answer,
    Inbox,
    cut,
    drip,
    packed,
    plain,
    redirect,
    reset,
    served,
    silent,
    status,
)
from tests.sources.test_read import counted

QUICK = Limits(connect=2.0, pause=0.3, whole=0.5, packed=1 << 20, unpacked=1 << 20)


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with served() as inbox:
        yield inbox


def read(
    name: str, inbox: Inbox, revision: int | None = None, cache: Path | None = None, limits: Limits = QUICK
) -> Series:
    return read_series((name,), None, revision, io.BytesIO(), Archive(inbox.base, cache, limits))


@pytest.mark.parametrize("name", ["<1.2@example.org>", "1.2@example.org"])
def test_a_message_id_gives_the_series(inbox: Inbox, name: str) -> None:
    inbox.keeps(mbox(*counted()), "1.2@example.org")
    series = read(name, inbox)
    assert (series.subject, len(series.patches)) == ("lantern: three", 3)
    assert series.cover is not None


@pytest.mark.parametrize("end", ["", "/", "/T/#u", "/t.mbox.gz", "/raw", "?x=1"])
def test_an_address_gives_the_series(inbox: Inbox, end: str) -> None:
    inbox.keeps(mbox(*counted()), "1.2@example.org")
    series = read_series((f"{inbox.base}/1.2%40example.org{end}",), None, None, io.BytesIO())
    assert len(series.patches) == 3


def test_the_newest_revision_of_the_thread_is_read(inbox: Inbox) -> None:
    inbox.keeps(mbox(*counted(1), *counted(2, parent="c1@example.org")), "1.1@example.org")
    assert read("<1.1@example.org>", inbox).revision == 2
    assert read("<1.1@example.org>", inbox, revision=1).revision == 1
    with pytest.raises(SourceError, match=r"no revision 7 is in the archive; found v1, v2"):
        read("<1.1@example.org>", inbox, revision=7)


def test_a_revision_in_a_thread_of_its_own_is_searched_for(inbox: Inbox) -> None:
    inbox.keeps(mbox(*counted(1)), "1.1@example.org")
    inbox.finds(mbox(*counted(1), *counted(3)))
    series = read("<1.1@example.org>", inbox)
    assert series.revision == 3
    assert series.skipped == ("revision 1 not reviewed: lantern: three",)
    method, path, _ = inbox.asked[-1]
    assert method == "POST"
    assert '((s:"lantern: three" OR s:"lantern: part 1") AND f:"ada@example.org")' in path
    assert "t=1" in path


def test_what_a_search_finds_besides_is_left_out(inbox: Inbox) -> None:
    inbox.keeps(mbox(*counted(1)), "1.1@example.org")
    other = mail("[PATCH v9] bellows: leak less", message_id="other@example.org")
    inbox.finds(mbox(other, *counted(2)))
    series = read("<1.1@example.org>", inbox)
    assert (series.revision, series.skipped) == (2, ("revision 1 not reviewed: lantern: three",))


def test_a_change_id_is_searched_for_and_counts_as_the_same_series(inbox: Inbox) -> None:
    change = "change-id: 20250101-lantern-abcdef"
    first = mail("[PATCH] lantern: light", f"Light.\n---\n{change}\n\n{DIFF}", "a1@example.org")
    second = mail("[PATCH v2] lantern: shine", f"Light.\n---\n{change}\n\n{DIFF}", "a2@example.org")
    inbox.keeps(mbox(first), "a1@example.org")
    inbox.finds(mbox(second))
    assert read("<a1@example.org>", inbox).revision == 2
    assert 'OR nq:"change-id: 20250101-lantern-abcdef"' in inbox.asked[-1][1]


def test_that_nothing_can_be_searched_is_said(inbox: Inbox) -> None:
    inbox.keeps(mbox(*counted()), "1.1@example.org")
    (note,) = read("<1.1@example.org>", inbox).skipped
    assert "finds the series" in note
    inbox.answers["?"] = status(500)
    (note,) = read("<1.1@example.org>", inbox).skipped
    assert "could not be looked for" in note
    assert "answers 500" in note


def test_the_series_of_the_mail_named_is_meant(inbox: Inbox) -> None:
    other = mail("[PATCH] bellows: leak less", message_id="b@example.org", reply_to="1.3@example.org")
    answer = mail("Re: [PATCH] bellows: leak less", "Fine.\n", "d@example.org", "b@example.org")
    thread = mbox(*counted(), other, answer)
    inbox.keeps(thread, "b@example.org", "d@example.org", "1.1@example.org")
    assert read("<d@example.org>", inbox).subject == "bellows: leak less"
    assert read("<b@example.org>", inbox).subject == "bellows: leak less"
    assert read("<1.1@example.org>", inbox).subject == "lantern: three"


def test_answers_are_kept_for_a_while(inbox: Inbox, tmp_path: Path) -> None:
    cache = tmp_path / "mail"
    inbox.keeps(mbox(*counted()), "1.1@example.org")
    inbox.finds(mbox(*counted()))
    first = read("<1.1@example.org>", inbox, cache=cache)
    count = len(inbox.asked)
    assert read("<1.1@example.org>", inbox, cache=cache) == first
    assert len(inbox.asked) == count
    read("<1.1@example.org>", inbox)
    assert len(inbox.asked) > count


def test_a_cache_that_cannot_be_made_is_done_without(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    inbox.keeps(mbox(*counted()), "1.1@example.org")
    assert read("<1.1@example.org>", inbox, cache=tmp_path / "mail" / "below").patches


BOMB = gzip.compress(b"\0" * (4 << 20))
WHOLE = gzip.compress(mbox(*counted()))
BAD: list[tuple[str, Answer, str]] = [
    ("404", status(404), r"has no message <1\.1@example\.org>; --archive names another archive"),
    ("500", status(500), r"answers 500; try again later"),
    ("403", status(403), r"answers 403"),
    ("silent", silent, r"no answer in time"),
    ("drip", drip, r"takes more than"),
    ("reset", reset, r"broke"),
    ("cut", cut(WHOLE[:-9]), r"broke|cut off"),
    ("cut while packed", plain(WHOLE[:-9]), r"a mailbox that is cut off"),
    ("damaged", plain(WHOLE[:40] + b"\xff" * 40 + WHOLE[80:]), r"a mailbox that is broken|cut off"),
    ("web page", plain(b"<html>Are you a robot?</html>"), r"no mailbox; is it a public-inbox"),
    ("empty answer", plain(b""), r"no mailbox"),
    ("empty mbox", packed(b""), r"empty"),
    ("bomb", plain(BOMB), r"more than 1 MiB unpacked"),
    ("large", plain(b"\x1f\x8b" + b"x" * (2 << 20)), r"sends more than 1 MiB;"),
    ("no patch", packed(mbox(mail("hello", "No patch.\n", "1.1@example.org"))), r"no patch is in its thread"),
    ("no mail", packed(b"\xff\xfe\x00\x01" * 40), r"UTF-16"),
    ("other scheme", redirect("file:///etc/passwd"), r"cannot ask"),
]


@pytest.mark.parametrize(("answer", "text"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_an_archive_that_answers_badly_is_told_in_a_line(
    inbox: Inbox, answer: Answer, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.answers["/inbox/1.1@example.org/t.mbox.gz"] = answer
    start = time.monotonic()
    with pytest.raises(SourceError, match=text) as error:
        read("<1.1@example.org>", inbox)
    assert "\n" not in str(error.value)
    assert time.monotonic() - start < 8


def test_redirects_end(inbox: Inbox) -> None:
    inbox.answers["/inbox/1.1@example.org/t.mbox.gz"] = redirect("/inbox/1.1@example.org/t.mbox.gz")
    with pytest.raises(SourceError, match="redirects more than 5 times"):
        read("<1.1@example.org>", inbox)
    assert len(inbox.asked) == 6


def test_a_redirect_to_the_list_is_followed(inbox: Inbox) -> None:
    inbox.answers["/1.1@example.org/"] = redirect("/inbox/1.1@example.org/")
    inbox.answers["/inbox/1.1@example.org/"] = plain(b"page")
    inbox.keeps(mbox(*counted()), "1.1@example.org")
    bare = inbox.base.removesuffix("/inbox")
    assert len(read_series((f"{bare}/1.1@example.org/",), None, None, io.BytesIO()).patches) == 3


def test_nobody_listens(inbox: Inbox) -> None:
    with pytest.raises(SourceError, match=r"^cannot reach 127\.0\.0\.1:1: connection refused$"):
        read("http://127.0.0.1:1/inbox/a@example.org/", inbox)


def test_no_credentials_are_sent(inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "netrc"
    secrets.write_text("default login robin password sesame\n")
    monkeypatch.setenv("NETRC", str(secrets))
    inbox.keeps(mbox(*counted()), "2@example.org")
    inbox.answers["/inbox/1.1@example.org/t.mbox.gz"] = redirect("/inbox/2@example.org/t.mbox.gz")
    read("<1.1@example.org>", inbox)
    assert len(inbox.asked) > 2
    assert not any("authorization" in map(str.lower, headers) for _, _, headers in inbox.asked)
    agents = {headers["User-Agent"].partition("/")[0] for _, _, headers in inbox.asked}
    assert agents == {"reviewbot"}


def test_liblore_writes_nothing_itself(
    inbox: Inbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with pytest.raises(SourceError):
        read("http://127.0.0.1:1/inbox/a@example.org/", inbox)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "http://robin:sesame@127.0.0.1/a@example.org/",
            r"^127\.0\.0\.1: the address holds a name or password",
        ),
        ("http://[::1/a@example.org", "no address of a mail archive"),
        ("http://127.0.0.1:99999/a@example.org", "no address of a mail archive"),
        ("https://127.0.0.1/inbox/", "no Message-ID is in this address"),
    ],
)
def test_wrong_addresses(inbox: Inbox, name: str, text: str) -> None:
    with pytest.raises(SourceError, match=text):
        read(name, inbox)
    assert inbox.asked == []


def test_one_mail_at_a_time(inbox: Inbox) -> None:
    with pytest.raises(SourceError, match="name one mail"):
        read_series(("<a@example.org>", "<b@example.org>"), None, None, io.BytesIO(), Archive(inbox.base))


def test_a_file_keeps_its_meaning(inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("1.1@example.org").write_bytes(mbox(*counted()))
    assert len(read("1.1@example.org", inbox).patches) == 3
    assert inbox.asked == []
    with pytest.raises(SourceError, match="No such file"):
        read("drafts@example.org.mbox", inbox)
    with pytest.raises(SourceError, match="git repository"):
        read("topic@{1}", inbox)


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://lore.kernel.org", LORE),
        ("https://lore.kernel.org/all/%s", LORE),
        ("https://lore.kernel.org/r/%s", LORE),
        ("https://lore.kernel.org/kvm/", "https://lore.kernel.org/kvm"),
        ("HTTP://127.0.0.1:8080/inbox", "http://127.0.0.1:8080/inbox"),
        ("https://lkml.kernel.org/r/", LORE),
    ],
)
def test_the_address_of_an_archive(given: str, base: str) -> None:
    assert archive_base(given) == base


@pytest.mark.parametrize("given", ["lore", "ftp://example.org/inbox", "file:///srv/inbox", ""])
def test_no_address_of_an_archive(given: str) -> None:
    with pytest.raises(SourceError, match="no address of a mail archive"):
        archive_base(given)
