"""`reviewbot b4 review`, and what b4 makes of the files: its own code takes them in and shows them."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from reviewbot.publishers.b4.files import ADDRESS, IDENTITY
from tests.b4.conftest import BRANCH, MakeBranch
from tests.b4.larch import git
from tests.cli.conftest import Run

pytestmark = pytest.mark.b4

STORE = "+\tl->calibrated = true;"
PUBLISHED = "+\t\tl->log = log;"
WRITTEN = (
    "reviewbot: 2 comments written for b4 review, which takes them in when it is started; nothing was sent\n"
)


def session(b4: Any, branch: str = BRANCH) -> dict[str, Any]:
    """What `b4 review tui` does when it is started on a branch: take in what lies there."""
    found: dict[str, Any] = b4.review._review._prepare_review_session(argparse.Namespace(branch=branch))
    return found


def ours(target: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = target.get("reviews", {}).get(ADDRESS, {})
    return found


def folder(tree: Path, revision: str = BRANCH) -> Path:
    return tree / ".git/b4-review" / git(tree, "rev-parse", revision)


def saved(b4: Any, tree: Path) -> tuple[str, dict[str, Any]]:
    found: tuple[str, dict[str, Any]] = b4.review.load_tracking(str(tree), BRANCH)
    return found


def save(b4: Any, tree: Path, tracking: dict[str, Any]) -> None:
    assert b4.review.save_tracking_ref(str(tree), BRANCH, saved(b4, tree)[0], tracking)


def snapshot(tree: Path) -> dict[str, bytes]:
    paths = sorted(path for path in (tree / ".git").rglob("*") if path.is_file())
    return {str(path.relative_to(tree)): path.read_bytes() for path in paths}


def test_b4_takes_the_comments_in_under_their_lines(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    tree = make_branch()
    done = run("b4", "review", cwd=tree)
    assert (done.status, done.out, done.err) == (0, b"", WRITTEN)
    there = folder(tree)
    found = session(b4)
    first, second, third = found["patches"]
    [comment] = ours(first)["comments"]
    assert comment["text"].startswith("What orders l->scale and l->offset before l->calibrated")
    assert comment == comment | {"path": "b/drivers/misc/larch.c", "line": 38, "content": STORE}
    assert ours(first)["name"] == "reviewbot"
    assert ours(first)["note"].startswith("1 question: flag-publishes-data\n")
    [comment] = ours(third)["comments"]
    assert comment == comment | {"path": "b/drivers/misc/larch.c", "line": 66, "content": PUBLISHED}
    assert "reviews" not in second
    assert ours(found["series"])["note"].startswith("2 questions on patches 1, 3\n\nReviewed: 3 patches on ")
    assert not there.exists()  # b4 has taken it away
    assert b4.review._review._get_patch_state(first, b4.get_user_config()) == "external"


def test_a_run_after_that_finds_nothing_new(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    tree = make_branch()
    run("b4", "review", cwd=tree)
    session(b4)
    before = snapshot(tree)
    done = run("b4", "review", cwd=tree)
    assert done.err == "reviewbot: nothing new to write (2 known to b4)\n"
    assert snapshot(tree) == before


def test_a_run_before_that_finds_it_written(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    tree = make_branch()
    run("b4", "review", cwd=tree)
    before = {path: path.stat().st_mtime_ns for path in folder(tree).iterdir()}
    done = run("b4", "review", cwd=tree)
    assert done.err == ("reviewbot: 2 comments written already; b4 review takes them in when it is started\n")
    assert {path: path.stat().st_mtime_ns for path in folder(tree).iterdir()} == before


def test_b4_itself_knows_no_duplicates(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    """Why we must: the same files twice are the same comments twice."""
    tree = make_branch()
    run("b4", "review", cwd=tree)
    files = {path.name: path.read_bytes() for path in folder(tree).iterdir()}
    session(b4)
    folder(tree).mkdir()
    for name, content in files.items():
        (folder(tree) / name).write_bytes(content)
    assert len(ours(session(b4)["patches"][0])["comments"]) == 2


def test_only_what_is_new_is_written(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    tree = make_branch()
    run("b4", "review", cwd=tree)
    tracking = session(b4)["tracking"]
    del tracking["patches"][2]["reviews"]
    save(b4, tree, tracking)
    done = run("b4", "review", cwd=tree)
    assert done.err.startswith("reviewbot: 1 comment (1 known to b4) written")
    assert sorted(path.name for path in folder(tree).iterdir()) == ["0003.txt", "identity.txt"]
    found = session(b4)
    assert [len(ours(each).get("comments", ())) for each in found["patches"]] == [1, 0, 1]
    assert ours(found["series"])["note"].count("questions") == 1


def test_what_the_maintainer_deleted_is_not_asked_again(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    tree = make_branch()
    run("b4", "review", cwd=tree)
    tracking = session(b4)["tracking"]
    for patch in tracking["patches"]:
        b4.review._review._clear_other_comments(patch.get("reviews", {}), "morgan@example.org")
        assert not ours(patch).get("comments")
    save(b4, tree, tracking)
    assert run("b4", "review", cwd=tree).err == "reviewbot: nothing new to write (2 known to b4)\n"


def test_what_the_maintainer_made_their_own_is_not_asked_again(
    b4: Any, make_branch: MakeBranch, run: Run
) -> None:
    tree = make_branch()
    run("b4", "review", cwd=tree)
    tracking = session(b4)["tracking"]
    for patch in tracking["patches"]:
        comments = patch.pop("reviews", {}).get(ADDRESS, {}).get("comments", [])
        mine = [each | {"text": f"I wonder:\n\n{each['text']}"} for each in comments]
        patch["reviews"] = {"morgan@example.org": {"name": "Morgan", "comments": mine}}
    save(b4, tree, tracking)
    assert run("b4", "review", cwd=tree).err == "reviewbot: nothing new to write (2 known to b4)\n"


def test_skipped_patches_are_left_out(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    tree = make_branch()
    tracking = saved(b4, tree)[1]
    b4.review._review._set_patch_state(tracking["patches"][0], b4.get_user_config(), "skip")
    save(b4, tree, tracking)
    done = run("b4", "review", cwd=tree)
    assert done.err.startswith("reviewbot: 1 comment (1 on skipped patches) written")
    assert sorted(path.name for path in folder(tree).iterdir()) == ["0003.txt", "identity.txt", "series.txt"]
    found = session(b4)
    assert [bool(ours(each)) for each in found["patches"]] == [False, False, True]


def test_patches_are_counted_from_the_first_one_and_not_from_the_base(
    b4: Any, make_branch: MakeBranch, run: Run
) -> None:
    tree = make_branch(prerequisites=2)
    assert run("b4", "review", cwd=tree).err == WRITTEN
    found = session(b4)
    assert len(found["commit_shas"]) == 3
    assert [bool(ours(each)) for each in found["patches"]] == [True, False, True]
    assert ours(found["patches"][0])["comments"][0]["content"] == STORE


def test_a_commit_that_is_no_patch_is_not_commented(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    """b4 counts the commits, and has nowhere to put what is said of one too many."""
    tree = make_branch()
    tracking = saved(b4, tree)[1]
    del tracking["patches"][2]
    save(b4, tree, tracking)
    git(tree, "reset", "-q", "--hard")
    done = run("b4", "review", cwd=tree)
    assert "1 comment (1 on commits that are no patches of the series) written" in done.err
    assert [bool(ours(each)) for each in session(b4)["patches"]] == [True, False]


def test_a_linked_worktree_is_refused_for_b4_ignores_it(
    b4: Any, make_branch: MakeBranch, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = make_branch()
    run("b4", "review", cwd=tree)
    git(tree, "checkout", "-q", "main")
    linked = tree.parent / "linked"
    git(tree, "worktree", "add", "-q", str(linked), BRANCH)
    done = run("b4", "review", cwd=linked / "drivers")
    assert "its .git is a file, as in linked worktrees, and b4 ignores review files there" in done.complaint
    monkeypatch.chdir(linked)
    assert not any(ours(each) for each in session(b4)["patches"])
    assert folder(tree).is_dir()
    monkeypatch.chdir(tree)
    assert ours(session(b4)["patches"][0])


@pytest.mark.parametrize("identity", ["Other Tool <other@example.org>\n", "", IDENTITY, None])
def test_the_folder_of_another_tool_is_left_alone(
    b4: Any, make_branch: MakeBranch, run: Run, identity: str | None
) -> None:
    tree = make_branch()
    folder(tree).mkdir(parents=True)
    (folder(tree) / "series.txt").write_text("Theirs.\n")
    if identity is not None:
        (folder(tree) / "identity.txt").write_text(identity)
    before = snapshot(tree)
    done = run("b4", "review", cwd=tree)
    assert "was not written by reviewbot, and b4 takes one reviewer a folder" in done.complaint
    assert snapshot(tree) == before


def test_a_review_that_b4_has_not_taken_in_is_not_overwritten(
    b4: Any, make_branch: MakeBranch, run: Run
) -> None:
    tree = make_branch()
    run("b4", "review", cwd=tree)
    (folder(tree) / "0001.txt").write_text("Changed by a person.\n")
    before = snapshot(tree)
    done = run("b4", "review", cwd=tree)
    assert "holds another review of ours: let b4 review take it in first" in done.complaint
    assert snapshot(tree) == before


def test_nothing_else_in_the_repository_changes(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    tree = make_branch()
    (tree / ".git/b4-review").mkdir()
    (tree / ".git/b4-review/metadata.json").write_text("{}")
    before = snapshot(tree)
    run("b4", "review", cwd=tree)
    after = snapshot(tree)
    new = {name: after.pop(name) for name in set(after) - set(before)}
    assert after == before
    assert {str(Path(name).parent) for name in new} == {str(folder(tree).relative_to(tree))}
    assert git(tree, "status", "--porcelain") == ""


def test_a_dry_run_prints_the_files(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    tree = make_branch()
    before = snapshot(tree)
    done = run("b4", "review", "--dry-run", cwd=tree)
    assert done.text.startswith(f"identity.txt:\n{IDENTITY}\n\nseries.txt:\n2 questions on patches 1, 3\n")
    assert f"\n> {STORE}\n\nWhat orders l->scale" in done.text
    assert snapshot(tree) == before
    run("b4", "review", cwd=tree)
    for path in folder(tree).iterdir():
        assert f"{path.name}:\n{path.read_text()}" in done.text
    session(b4)
    assert run("b4", "review", "--dry-run", cwd=tree).text == "Nothing to write.\n"


@pytest.mark.parametrize("name", [BRANCH, "larch"])
def test_a_branch_that_is_not_checked_out_is_named(
    b4: Any, make_branch: MakeBranch, run: Run, name: str
) -> None:
    """As `b4 review tui` shows most of them."""
    tree = make_branch()
    git(tree, "checkout", "-q", "main")
    assert "is no tracking commit of b4 review" in run("b4", "review", cwd=tree).complaint
    assert run("b4", "review", "--branch", name, cwd=tree / "drivers").err == WRITTEN
    assert ours(session(b4)["patches"][0])


def test_it_is_a_review_agent_for_the_key_a(b4: Any, make_branch: MakeBranch, run: Run) -> None:
    """b4 adds one argument to the command, and takes the files in when that ends."""
    tree = make_branch()
    before = session(b4)
    done = run("b4", "review", "Read and execute the prompt from /somewhere/prompt.md", cwd=tree)
    assert done.err == WRITTEN
    topics = (before[name] for name in ("topdir", "cover_text", "tracking", "commit_shas", "patches"))
    assert b4.review._integrate_agent_reviews(*topics)
    assert ours(before["patches"][0])["comments"]
    assert "name the review branch with --branch" in run("b4", "review", "larch", cwd=tree).complaint


AWKWARD = [
    b"\tif (!l)\x0c\n",
    b"\x0c\n",
    b"\t/* \x1c \x1d \x1e \x85 \xe2\x80\xa8 \xe2\x80\xa9 */\n",
    b"\t/* Z\xfcrich */\n",
    b"\t\x1b[2J\x1b]0;owned\x07\n",
    b"\tx\r\ty\n",
    b"\tcrlf();\r\n",
    b"-- a/other.c\n",
    b"++ b/other.c\n",
    b"@@ -1,2 +3,4 @@\n",
    b"> quoted\n",
    b"\n",
]


ANCHORS = {"new": b"\tstruct larch_calibration cal;\n", "old": b"\treturn sizeof(value);\n"}


@pytest.mark.parametrize("where", ANCHORS)
@pytest.mark.parametrize("line", AWKWARD, ids=ascii)
def test_awkward_lines_move_no_comment_and_become_none(
    b4: Any, make_branch: MakeBranch, run: Run, line: bytes, where: str
) -> None:
    anchor = ANCHORS[where]
    tree = make_branch(change=lambda text: text.replace(anchor, anchor + b"\t/*\n" + line + b"\t */\n"))
    assert run("b4", "review", cwd=tree).err == WRITTEN
    for path in folder(tree).iterdir():
        assert path.read_bytes().decode().replace("\n", "").replace("\t", "").isprintable()
    found = session(b4)
    lines = (STORE, None, PUBLISHED)
    for patch, sha, stored in zip(found["patches"], found["commit_shas"], lines, strict=True):
        diff = b4.git_run_command(str(tree), ["diff", f"{sha}~1", sha])[1]
        shown = b4.review._review._render_quoted_diff_with_comments(diff, patch.get("reviews", {}), "m@x")
        above = [first for first, later in pairs(shown.split("\n")) if later.startswith("| reviewbot <")]
        assert above == ([f"> {stored}"] if stored else [])


def pairs(lines: list[str]) -> list[tuple[str, str]]:
    """Each line with the next but one: b4 puts an empty one above a comment."""
    return list(zip(lines, lines[2:], strict=False))


NAMES = ["a b.c", 'larch"s.c', "l\tarch.c", "lärch.c", "l\narch.c", "larch .c", "b/x b/y.c"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_awkward_names_lose_no_comment(b4: Any, make_branch: MakeBranch, run: Run, name: str) -> None:
    """A file whose name b4 cannot read: what is said of it goes into the note."""
    tree = make_branch(name=f"drivers/misc/{name}")
    assert run("b4", "review", cwd=tree).err == WRITTEN
    found = session(b4)
    comments = [each for patch in found["patches"] for each in ours(patch).get("comments", [])]
    notes = [ours(patch).get("note", "") for patch in found["patches"]]
    is_readable = "\n" not in name and "\t" not in name and '"' not in name and name.isascii()
    assert bool(comments) == is_readable
    assert any("What orders" in note for note in notes) == (not is_readable)
