import mailbox
from datetime import timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from reviewbot.errors import ReviewbotError
from reviewbot.publishers import outbox
from reviewbot.publishers.mail import Draft, drafts, write
from tests.publishers.factory import NOW, finding, report, series


def made(later: int = 0) -> tuple[Draft, ...]:
    numbers = count(later)
    now = NOW + timedelta(hours=later)
    return drafts(series(), report(), make_id=lambda: f"{next(numbers)}@example.org", now=now)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_of_files(tmp_path: Path) -> None:
    files = write(made(), tmp_path / "new" / "drafts")
    assert [file.name for file in files] == names(tmp_path / "new" / "drafts")
    assert files[0].read_bytes() == bytes(made()[0].message)


def test_the_same_drafts_may_be_written_again(tmp_path: Path) -> None:
    write(made(), tmp_path)
    files = write(made(later=5), tmp_path)
    assert b"Message-ID: <5@example.org>" in files[0].read_bytes()
    assert len(names(tmp_path)) == 2


def test_a_draft_that_somebody_changed_is_left_alone(tmp_path: Path) -> None:
    files = write(made(), tmp_path)
    files[1].write_text("mine")
    with pytest.raises(ReviewbotError, match="may hold your changes"):
        write(made(later=5), tmp_path)
    assert files[1].read_text() == "mine"
    assert b"<0@example.org>" in files[0].read_bytes()


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    folder = tmp_path / "drafts"
    folder.mkdir()
    (folder / made()[0].name).symlink_to(outside)
    with pytest.raises(ReviewbotError, match="is there already"):
        write(made(), folder)
    assert not outside.exists()


def test_an_mbox_that_mail_programs_read(tmp_path: Path) -> None:
    (file,) = write(made(), tmp_path / "out.mbox")
    subjects = [message["In-Reply-To"] for message in mailbox.mbox(file)]
    assert subjects == [draft.message["In-Reply-To"] for draft in made()]
    with pytest.raises(ReviewbotError, match="is there already"):
        write(made(), file)


def test_from_at_the_start_of_a_line_is_quoted_in_an_mbox(tmp_path: Path) -> None:
    one = replace(finding(), message="From here on >From nowhere", line_text="From x")
    numbers = count()
    some = drafts(series(), report(one), make_id=lambda: f"{next(numbers)}@example.org", now=NOW)
    (file,) = write(some, tmp_path / "out.mbox")
    text = file.read_bytes()
    assert b"\n>From here on >From nowhere\n" in text
    assert text.count(b"\nFrom ") == 0
    assert len(mailbox.mbox(file)) == 1


@pytest.mark.parametrize("name", ["Maildir", "out.maildir", "there"])
def test_a_maildir_with_the_draft_flag(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    if name == "there":
        mailbox.Maildir(folder, create=True)
    files = write(made(), folder)
    box = mailbox.Maildir(folder, create=False)
    assert sorted(message.get_flags() for message in box) == ["D", "D"]
    assert all(file.parent.name == "cur" for file in files)
    assert names(folder / "tmp") == []


def test_no_drafts_no_files(tmp_path: Path) -> None:
    assert write((), tmp_path / "drafts") == ()
    assert names(tmp_path) == []


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReviewbotError, match="cannot write drafts to"):
        write(made(), tmp_path / "file" / "drafts")
    with pytest.raises(ReviewbotError, match="cannot write drafts to"):
        write(made(), tmp_path / "file")


def test_an_interrupted_write_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(made(), tmp_path)
    assert names(tmp_path) == []


def test_write_takes_whatever_has_a_name_and_a_message(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content("y\n")
    assert outbox.write((Draft("0001-x.eml", message),), tmp_path)[0].name == "0001-x.eml"
