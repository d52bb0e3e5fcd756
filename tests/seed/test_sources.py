"""However the series comes in, what is found is the same: T19 and T20 of the seed thread."""

import io
import json
import mailbox
from pathlib import Path

import pytest

from reviewbot.analysis.facts import Confidence
from reviewbot.pipeline import read_series, review
from reviewbot.publishers import json as json_publisher
from reviewbot.sources.git import Repository
from tests.seed.fixture import V2, format_patch, make_repository
from tests.seed.reviews import from_mail, mails, rules, shown, the

COUNT = len(V2.steps)


def findings(names: tuple[str, ...], repository: Repository | None = None, stdin: bytes = b"") -> str:
    """The findings of the JSON output, as its bytes have them."""
    series = read_series(names, repository, None, io.BytesIO(stdin))
    whole = json.loads(json_publisher.render(series, review(series, repository).report))
    assert len(whole["series"]["patches"]) == COUNT
    assert whole["findings"]
    return json.dumps(whole["findings"], indent=2)


def parts() -> list[bytes]:
    """The mails, one by one."""
    begin = b"From "
    return [begin + part for part in mails(V2).removeprefix(begin).split(b"\n\nFrom ")]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    make_repository(V2, folder)
    return folder


ORDERS = {
    "backwards": list(range(COUNT))[::-1],
    "interleaved": [6, 0, 5, 1, 4, 2, 3],
}


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_t19_the_order_in_a_mailbox_does_not_matter(order: str) -> None:
    """The same mails in another order give the same bytes."""
    shuffled = b"\n\n".join(parts()[n] for n in ORDERS[order])
    assert findings(("-",), stdin=shuffled) == findings(("-",), stdin=mails(V2))


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_t19_the_names_in_a_folder_do_not_matter(tmp_path: Path, order: str) -> None:
    """A folder of patch files, named in another order than they were sent."""
    for name, number in enumerate(ORDERS[order]):
        (tmp_path / f"{name}.patch").write_bytes(parts()[number])
    assert findings((str(tmp_path),)) == findings(("-",), stdin=mails(V2))


def test_t19_files_in_any_order_a_folder_and_a_maildir_are_the_same(repository: Path, tmp_path: Path) -> None:
    """What git format-patch writes, named forwards, backwards or by their folder."""
    folder = tmp_path / "out"
    format_patch(repository, V2, "-o", str(folder))
    files = sorted(str(path) for path in folder.iterdir())
    box = mailbox.Maildir(tmp_path / "maildir")
    for part in parts():
        box.add(part)
    expected = findings(("-",), stdin=mails(V2))
    for names in (tuple(files), tuple(files[::-1]), (str(folder),), (str(tmp_path / "maildir"),)):
        assert findings(names) == expected


def test_t19_a_range_and_its_mails_over_the_same_tree_are_the_same(repository: Path) -> None:
    """Commits or mails: with the tree at hand both give the same bytes."""
    with Repository.open(repository) as opened:
        ranged = findings((f"HEAD~{COUNT}..HEAD",), opened)
        mailed = findings(("-",), opened, mails(V2))
    assert ranged == mailed


def test_t19_the_fingerprint_is_the_same_with_and_without_the_tree(repository: Path) -> None:
    """The tree adds readers and confidence; which question it is stays, where the struct is known."""
    with Repository.open(repository) as opened:
        series = read_series((f"HEAD~{COUNT}..HEAD",), opened, None, io.BytesIO())
        over = the(review(series, opened), "flag-publishes-data")
    assert over.fingerprint == the(from_mail(V2), "flag-publishes-data").fingerprint


def test_t20_without_a_tree_both_questions_are_asked_and_say_what_was_not_seen() -> None:
    """The diff alone carries both comments, with less confidence."""
    done = from_mail(V2)
    assert rules(done) == ["flag-publishes-data", "nested-publication"]
    assert {each.confidence for each in shown(done)} == {Confidence.MEDIUM}
    assert any("the tree" in text for text in done.report.unseen)
    assert any("the rest of" in text for text in the(done, "flag-publishes-data").unseen)
    assert "the readers" in the(done, "nested-publication").unseen


def test_t20_missing_patches_are_named() -> None:
    """A thread of which only some mails are at hand is reviewed, and the gap is said."""
    some = b"\n\n".join(parts()[n] for n in (0, 1, 3, 6))
    series = read_series(("-",), None, None, io.BytesIO(some))
    done = review(series)
    assert series.missing == (3, 5, 6)
    assert "patches 3, 5, 6" in done.report.unseen
    assert "flag-publishes-data" in rules(done)
