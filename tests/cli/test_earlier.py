"""Two revisions on the command line: beside each other, named with --since, and not wanted."""

import io
import json
from pathlib import Path

from reviewbot.commands.earlier import Before, compared
from reviewbot.errors import TreeError
from reviewbot.pipeline import Review, review
from reviewbot.series.model import Series
from reviewbot.sources.read import read_series
from tests.cli.conftest import EXAMPLE, Run, git
from tests.discussion.mails import next_revision

STORED, CHECKED = "+\tl->calibrated = true;", "+\tif (l->calibrated)"
REPAIRED = next_revision(
    (STORED, "+\tsmp_store_release(&l->calibrated, true);"),
    (CHECKED, "+\tif (smp_load_acquire(&l->calibrated))"),
)
EXPECTED = """
Since v1:
  repaired  drivers/misc/larch.c:38 flag-publishes-data: now with
            smp_store_release() and smp_load_acquire()
  open      drivers/misc/larch.c:66 plain-publication
"""


def both(folder: Path, *more: bytes) -> str:
    file = folder / "both.mbox"
    file.write_bytes(b"\n".join((EXAMPLE.read_bytes(), REPAIRED, *more)))
    return str(file)


def test_two_revisions_in_one_mailbox(run: Run, tmp_path: Path) -> None:
    done = run("review", both(tmp_path))
    assert EXPECTED in done.text
    assert "not reviewed" not in done.text
    assert done.out == run("review", both(tmp_path)).out


def test_a_revision_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "v2.mbox").write_bytes(REPAIRED)
    alone = run("review", "v2.mbox")
    assert "Since" not in alone.text
    assert EXPECTED in run("review", "v2.mbox", "--since", str(EXAMPLE)).text
    assert EXPECTED in run("review", "v2.mbox", "--since", both(tmp_path)).text
    assert EXPECTED in run("review", "-", "--since", str(EXAMPLE), stdin=REPAIRED).text
    assert run("review", "v2.mbox", "--no-earlier").out == alone.out


def test_the_last_but_one_is_taken(run: Run, tmp_path: Path) -> None:
    third = both(tmp_path, next_revision(number=3))
    text = run("review", third).text
    assert "Since v2:\n  open      drivers/misc/larch.c:66 plain-publication\n" in text
    assert "revision 1 not reviewed" in text
    assert "Since v1:\n  repaired" in run("review", "--revision", "2", third).text


def test_it_may_be_unwanted(run: Run, tmp_path: Path) -> None:
    text = run("review", "--no-earlier", both(tmp_path)).text
    assert "Since" not in text
    assert "revision 1 not reviewed" in text


def test_json(run: Run, tmp_path: Path) -> None:
    told = json.loads(run("review", "--format", "json", both(tmp_path)).text)
    assert told["since"] == "v1"
    fates = {each["rule"]: each for each in told["earlier"]}
    assert {rule: each["fate"] for rule, each in fates.items()} == {
        "flag-publishes-data": "repaired",
        "plain-publication": "open",
    }
    shown = {each["fingerprint"] for each in told["findings"] if each["shown"]}
    assert fates["plain-publication"]["now"] in shown
    assert fates["flag-publishes-data"]["why"] == "now with smp_store_release() and smp_load_acquire()"
    alone = json.loads(run("review", "--format", "json", str(EXAMPLE)).text)
    assert not {"since", "earlier"} & set(alone)


def test_commits(run: Run, kernel: Path) -> None:
    file = kernel / "drivers/misc/larch.c"
    git(kernel, "tag", "v1")
    git(kernel, "checkout", "-q", "-b", "again", "main")
    git(kernel, "cherry-pick", "topic")
    text = file.read_text().replace("l->ready = true", "smp_store_release(&l->ready, true)")
    file.write_text(text.replace("!l->ready", "!smp_load_acquire(&l->ready)"))
    git(kernel, "commit", "-q", "-a", "--amend", "--no-edit")
    done = run("review", "main..again", "--since", "main..v1", cwd=kernel)
    assert "Since main..v1:\n  repaired  drivers/misc/larch.c:" in done.text


def test_one_that_cannot_be_read_is_told(run: Run, tmp_path: Path) -> None:
    assert "nothing.mbox" in run("review", str(EXAMPLE), "--since", "nothing.mbox").complaint


def test_one_that_cannot_be_reviewed_is_a_note() -> None:
    series = read_series((str(EXAMPLE),), None, None, io.BytesIO())
    done = review(series)

    def fail(_: Series) -> Review:
        raise TreeError("the base is unknown")

    found = compared(done, Before(series, "v1"), fail).report
    assert found.findings == done.report.findings
    assert found.notes == ("not compared with v1: the base is unknown",)
