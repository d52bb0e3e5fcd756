"""Review branches of b4, made by hand: the tracking commit comes from outside and may be anything."""

import json
from pathlib import Path
from typing import Any

import pytest

from reviewbot.errors import SourceError
from reviewbot.sources.b4 import newest, place_in, read_branch, read_tracking, read_tracking_file
from reviewbot.sources.git import Repository
from reviewbot.sources.read import read_series
from tests.b4.larch import EXAMPLE, apply, git, keep, make_tree, track


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with the example on it."""
    made = make_tree(tmp_path / "linux")
    apply(made, EXAMPLE.read_bytes())
    return made


def read(tree: Path, revision: str = "HEAD") -> Any:
    with Repository.open(tree) as repository:
        return read_branch(repository, revision)


def test_a_branch_is_its_patches_and_what_was_said_of_them(tree: Path) -> None:
    commits = git(tree, "rev-list", "--reverse", "HEAD~3..HEAD").split()
    tip = track(tree, commits[0], 3)
    branch = read(tree)
    assert (branch.tip, list(branch.commits)) == (tip, commits)
    assert branch.source == f"{commits[0]}~1..{tip}~1"
    assert branch.tracking.branch == "refs/heads/b4/review/larch"
    assert [each.message_id for each in branch.tracking.patches] == [f"{n}@example.org" for n in (1, 2, 3)]


def test_what_reviewers_said_is_read() -> None:
    review = {"name": "M", "note": "n", "comments": [{"text": "one"}, {"path": "x"}], "patch-state": "skip"}
    [patch] = read_tracking(json.dumps({"patches": [{"reviews": {"m@example.org": review}}]})).patches
    [said] = patch.said
    assert (said.address, said.note, said.comments) == ("m@example.org", "n", ("one",))
    assert patch.is_skipped


ODD = [None, 1, True, "x", [], {}, [[]], {"a": None}]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_what_has_an_odd_form_counts_as_not_there(odd: object) -> None:
    for data in (
        {"series": odd, "patches": odd},
        {"series": {"first-patch-commit": odd, "change-id": odd, "reviews": odd}, "patches": [odd]},
        {"patches": [{"header-info": odd, "reviews": {"a": odd}}, {"header-info": {"msgid": odd}}]},
        {"patches": [{"reviews": {"a": {"note": odd, "comments": odd, "patch-state": odd}}}]},
        {"patches": [{"reviews": {"a": {"comments": [odd, {"text": odd}]}}}]},
    ):
        tracking = read_tracking(json.dumps(data))
        assert tracking.first == ""
        assert not any(each.is_skipped for each in tracking.patches)


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "[" * 100_000, '{"a": NaN'])
def test_what_is_no_json_object_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no JSON object"):
        read_tracking(text)
    (tmp_path / "x").write_text(text)
    with pytest.raises(SourceError, match="no JSON object"):
        read_tracking_file(tmp_path / "x")


@pytest.mark.parametrize(
    "change_id", ["", "a..b", "a b", "a~1", "a^", "a@{1}", "x.lock", "a\nb", "a:b", "\x7f"]
)
def test_a_change_id_that_is_no_part_of_a_ref_names_no_branch(change_id: str) -> None:
    assert read_tracking(json.dumps({"series": {"change-id": change_id}})).branch is None


def test_a_commit_without_tracking_data_is_refused(tree: Path) -> None:
    with pytest.raises(SourceError, match="is no tracking commit of b4 review"):
        read(tree)
    keep(tree, [])
    with pytest.raises(SourceError, match="no JSON object"):
        read(tree)


def test_a_cover_letter_with_the_marker_in_it_is_no_tracking_data(tree: Path) -> None:
    """As b4 itself, which then refuses the branch."""
    first = git(tree, "rev-parse", "HEAD~2")
    evil = f'Hi.\n--- b4-review-tracking ---\n{{"series": {{"first-patch-commit": "{first}"}}}}'
    keep(tree, {"series": {"first-patch-commit": first}}, text=evil)
    with pytest.raises(SourceError, match="no JSON object"):
        read(tree)


@pytest.mark.parametrize("first", ["HEAD", "0" * 40, "", "--all", "0" * 39, None, "ROOT"])
def test_a_first_patch_that_is_none_is_refused(tree: Path, first: str | None) -> None:
    named = git(tree, "rev-list", "--max-parents=0", "HEAD") if first == "ROOT" else first
    keep(tree, {"series": {"first-patch-commit": named}})
    with pytest.raises(SourceError, match="names no first patch with a parent in this clone"):
        read(tree)


def test_a_first_patch_of_another_branch_is_refused(tree: Path) -> None:
    git(tree, "checkout", "-q", "-b", "other", "HEAD~3")
    git(tree, "commit", "-q", "--allow-empty", "-m", "elsewhere")
    other = git(tree, "rev-parse", "HEAD")
    git(tree, "checkout", "-q", "main")
    keep(tree, {"series": {"first-patch-commit": other}})
    with pytest.raises(SourceError, match="a first patch that is not on its branch"):
        read(tree)


def test_a_tracking_commit_without_patches_is_refused(tree: Path) -> None:
    tip = git(tree, "rev-parse", "HEAD")
    keep(tree, {"series": {"first-patch-commit": tip}}, "--amend")
    with pytest.raises(SourceError, match="a first patch that is not on its branch"):
        read(tree)


def test_the_newest_commits_that_change_something(tree: Path) -> None:
    commits = tuple(git(tree, "rev-list", "--reverse", "HEAD~3..HEAD").split())
    git(tree, "commit", "-q", "--allow-empty", "-m", "a cover letter at the tip")
    with Repository.open(tree) as repository:
        assert newest(repository, 3) == commits
        assert newest(repository, 1) == commits[2:]
        assert newest(repository, 4) == newest(repository, 9) == newest(repository, 0) == ()


def test_a_mail_is_found_among_commits_by_what_it_changes(tree: Path) -> None:
    series = read_series((str(EXAMPLE),), None, None, None)  # type: ignore[arg-type]
    with Repository.open(tree) as repository:
        commits = newest(repository, 3)
        assert [place_in(repository, commits, patch) for patch in series.patches] == list(commits)
        assert place_in(repository, commits[1:], series.patches[0]) is None


def test_a_plain_diff_is_what_git_shows(tree: Path) -> None:
    tip = git(tree, "rev-parse", "HEAD")
    git(tree, "config", "diff.noprefix", "true")
    git(tree, "config", "diff.external", "/bin/false")
    git(tree, "config", "color.ui", "always")
    wanted = ("-c", "diff.noprefix=false", "-c", "color.ui=never", "diff", "--no-ext-diff", "HEAD~1", "HEAD")
    with Repository.open(tree) as repository:
        assert repository.plain_diff(tip).decode().strip() == git(tree, *wanted)
