"""Of each question on the revision before the next review says what became of it."""

import io
import json
from pathlib import Path

import pytest

from reviewbot.discussion.revisions import compare
from reviewbot.findings import Earlier, Fate, Hidden, Report
from reviewbot.pipeline import review
from reviewbot.publishers import html, sarif, terminal
from reviewbot.series.model import Series
from reviewbot.sources.read import read_series
from tests.discussion.mails import EXAMPLE, ROBIN, STORE, next_revision, patch_id, reply, thread

FLAG = "flag-publishes-data"
STORED, CHECKED = "+\tl->calibrated = true;", "+\tif (l->calibrated)"


def read(data: bytes) -> Series:
    return read_series(("-",), None, None, io.BytesIO(data))


def compared(now: bytes, before: bytes | None = None) -> Report:
    first, second = read(before or EXAMPLE.read_bytes()), read(now)
    return compare(second, review(second).report, first, review(first).report, "v1")


def fate(report: Report, rule: str = FLAG) -> Earlier:
    (found,) = [each for each in report.earlier if each.finding.rule == rule]
    return found


def test_what_is_ordered_now_is_repaired() -> None:
    report = compared(
        next_revision(
            (STORED, "+\tsmp_store_release(&l->calibrated, true);"),
            (CHECKED, "+\tif (smp_load_acquire(&l->calibrated))"),
        )
    )
    found = fate(report)
    assert (found.fate, found.why, found.now) == (
        Fate.REPAIRED,
        "now with smp_store_release() and smp_load_acquire()",
        None,
    )
    assert fate(report, "plain-publication").fate is Fate.OPEN


def test_a_repair_of_one_side_only_is_not_called_one() -> None:
    report = compared(next_revision((STORED, "+\tWRITE_ONCE(l->calibrated, true);")))
    assert fate(report).fate is Fate.OPEN


def test_code_that_is_away_is_gone() -> None:
    report = compared(next_revision(("calibrated", "known"), (STORED.replace("calibrated", "known"), "+")))
    assert (fate(report).fate, fate(report).why) == (Fate.GONE, "no line of the series has calibrated")


def test_what_is_unchanged_is_open_and_shown() -> None:
    report = compared(next_revision())
    found = fate(report)
    assert (found.fate, found.why) == (Fate.OPEN, "")
    (now,) = [each for each in report.findings if each.rule == FLAG]
    assert now.is_shown
    assert found.now == now.fingerprint


ANSWER = "- No barrier for l->calibrated, because user space\n  cannot open the device before it is set."


def test_an_answer_in_the_cover_letter_sticks() -> None:
    report = compared(next_revision(cover=ANSWER))
    assert (fate(report).fate, fate(report).why) == (Fate.ANSWERED, "in the cover letter")
    (now,) = [each for each in report.findings if each.rule == FLAG]
    assert now.hidden is Hidden.ANSWERED
    assert fate(report, "plain-publication").fate is Fate.OPEN


def test_an_answer_under_the_break_sticks() -> None:
    lines = "---\n drivers/misc/larch.c | 29"
    report = compared(next_revision((lines, f"---\nv2:\n{ANSWER}\n\n{lines[4:]}")))
    assert fate(report).why == "in the notes of patch 1"


@pytest.mark.parametrize(
    "cover",
    [
        "Use smp_store_release() for l->calibrated because the barrier was missing.",
        "l->calibrated is set last.",
        "There is no race, because it is safe.",
        "l->scale needs no barrier, since it is constant.",
        "l->calibrated is safe.\n\nOther things need a barrier.",
    ],
)
def test_what_explains_nothing_is_no_answer(cover: str) -> None:
    assert fate(compared(next_revision(cover=cover))).fate is Fate.OPEN


def test_an_answer_in_the_code_is_one() -> None:
    allowed = f"{STORED}\t/* reviewbot: allow {FLAG}: see the text */"
    found = fate(compared(next_revision((STORED, allowed))))
    assert (found.fate, found.why) == (Fate.ANSWERED, "allowed in the code")


def test_an_answer_in_the_thread_is_one() -> None:
    quote = "\n".join(STORE)
    asked = reply(f"{quote}\n\nWhat orders these? A memory barrier?", patch_id(1))
    text = (
        "> > +\tl->calibrated = true;\n>\n> What orders these? A memory barrier?\n\n"
        "No need: nobody can call read() yet, as the barrier in open() is later."
    )
    answer = reply(text, "r1@example.com", ROBIN, "a1@example.org")
    found = fate(compared(next_revision(), thread(asked, answer)))
    assert found.finding.raised is not None
    assert found.finding.raised.by == "Ravi Reader"
    assert (found.fate, found.why) == (Fate.ANSWERED, "in <a1@example.org>")
    assert fate(compared(next_revision(), thread(asked))).fate is Fate.OPEN


def test_every_output_has_a_line_each() -> None:
    second = read(next_revision(cover=ANSWER))
    report = compared(next_revision(cover=ANSWER))
    text = terminal.render(second, report)
    assert "Since v1:\n  answered  drivers/misc/larch.c:38 flag-publishes-data: in the cover letter\n" in text
    assert "  open      drivers/misc/larch.c:66 plain-publication\n" in text
    assert "1 answered by the author" in text
    line = "Since v1: answered: drivers/misc/larch.c:38 flag-publishes-data: in the cover letter"
    assert line in html.render(second, report)
    notes = json.loads(sarif.render(second, report, {}))["runs"][0]["invocations"][0]
    assert line in [each["message"]["text"] for each in notes["toolExecutionNotifications"]]


def test_the_same_comparison_twice(tmp_path: Path) -> None:
    second = read(next_revision(cover=ANSWER))
    once, again = (html.render(second, compared(next_revision(cover=ANSWER))) for _ in range(2))
    assert once == again
