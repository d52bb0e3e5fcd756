"""What others asked in the thread is named and not repeated; both field and concern must agree."""

import io
from pathlib import Path

import pytest

from reviewbot.findings import Finding, Hidden
from reviewbot.pipeline import review
from reviewbot.publishers import html, json, mail, sarif, terminal
from reviewbot.sources.read import read_series
from tests.discussion.mails import EXAMPLE, RAVI, ROBIN, STORE, patch_id, reply, thread
from tests.publishers.factory import NOW

QUOTE = "\n".join(STORE)
FLAG = "flag-publishes-data"


def finding(*replies: bytes, rule: str = FLAG) -> Finding:
    series = read_series(("-",), None, None, io.BytesIO(thread(*replies)))
    (found,) = [each for each in review(series).report.findings if each.rule == rule]
    return found


@pytest.mark.parametrize(
    "text",
    [
        f"{QUOTE}\n\nThis needs smp_store_release().",
        f"{QUOTE}\n> +\tmutex_unlock(&l->config_lock);\n\nDoes that race with read()?",
        f"{QUOTE}\n>\n\nNo memory barrier?\n\n> +\tmutex_unlock(&l->config_lock);\n",
        "> +static int larch_calibrate(struct larch *l, void __user *from)\n> +{\n\n"
        "What orders the stores before l->calibrated, as the reader has no lock?",
        f"> larch: Take it\n\nHi.\n\n{QUOTE}\n\nCould be reordered.",
    ],
)
def test_a_remark_on_the_same_field_and_concern_is_named(text: str) -> None:
    found = finding(reply(text, patch_id(1)))
    assert found.hidden is Hidden.RAISED
    assert found.raised is not None
    assert (found.raised.by, found.raised.message_id, found.raised.answered_in) == (
        "Ravi Reader",
        "r1@example.com",
        "",
    )


@pytest.mark.parametrize(
    "text",
    [
        f"{QUOTE}\n\nPlease rename it.",
        f"{QUOTE}\n\nThere is no race here, fine.",
        f"{QUOTE}\n\n-- \nRavi, who likes smp_store_release()",
        f"> {QUOTE}\n> > +\tfoo();\n>\n> Robin wrote about smp_store_release().\n\nYes.",
        "> +\t\treturn -EFAULT;\n\nThis needs smp_store_release().",
        "> +\tl->scale = cal.scale;\n> +\tl->offset = cal.offset;\n\nRename.\n\n"
        "> +\treturn 0;\n> +}\n\nA memory barrier?",
        "The word calibrated is odd; is there a memory barrier?",
        f"{QUOTE}\n",
        f"This needs smp_store_release().\n\n{QUOTE}",
    ],
)
def test_a_remark_on_something_else_is_not(text: str) -> None:
    found = finding(reply(text, patch_id(1)))
    assert found.is_shown
    assert found.raised is None


def test_a_remark_belongs_to_the_patch_that_it_answers() -> None:
    text = f"{QUOTE}\n\nThis needs smp_store_release()."
    assert finding(reply(text, patch_id(3))).is_shown
    assert finding(reply(text, patch_id(0))).hidden is Hidden.RAISED


def test_the_other_side_of_the_pair_counts_as_well() -> None:
    text = "> +\tif (l->calibrated)\n> +\t\tvalue = value * l->scale + l->offset;\n\nsmp_load_acquire()?"
    assert finding(reply(text, patch_id(2))).hidden is Hidden.RAISED


def test_a_lesser_concern_does_not_silence_a_graver_one() -> None:
    text = "> +\tl->calibrated = true;\n\nPlease use WRITE_ONCE() here."
    assert finding(reply(text, patch_id(1))).is_shown


def test_only_this_question_is_silenced() -> None:
    text = f"{QUOTE}\n\nThis needs smp_store_release()."
    assert finding(reply(text, patch_id(1)), rule="plain-publication").is_shown


@pytest.mark.parametrize(
    ("author", "message_id"),
    [
        (ROBIN, "r1@example.com"),
        ("Robin Example <robin@home.example.net>", "r1@example.com"),
        (RAVI, "r1@reviewbot.invalid"),
    ],
)
def test_authors_and_our_own_drafts_raise_nothing(author: str, message_id: str) -> None:
    text = f"{QUOTE}\n\nThis needs smp_store_release()."
    assert finding(reply(text, patch_id(1), author, message_id)).is_shown


def test_an_answer_of_the_author_is_named() -> None:
    asked = reply(f"{QUOTE}\n\nThis needs smp_store_release().", patch_id(1))
    text = "> > +\tl->calibrated = true;\n>\n> This needs smp_store_release().\n\nNobody can read yet."
    answer = reply(text, "r1@example.com", ROBIN, "a1@example.org")
    found = finding(asked, answer).raised
    assert found is not None
    assert found.answered_in == "a1@example.org"
    other = reply("> Thanks.\n\nYou are welcome.", "r1@example.com", ROBIN, "a1@example.org")
    found = finding(asked, other).raised
    assert found is not None
    assert found.answered_in == ""


def test_the_first_of_several_is_named() -> None:
    text = f"{QUOTE}\n\nThis needs smp_store_release()."
    second = reply(text, patch_id(1), "Wren Other <wren@example.com>", "r2@example.com")
    found = finding(reply(text, patch_id(1)), second).raised
    assert found is not None
    assert found.by == "Ravi Reader"


def test_every_output_says_so(tmp_path: Path) -> None:
    hostile = "Ravi \x1b[31m<b>Reader <ravi@example.com>"
    asked = reply(f"{QUOTE}\n\nThis needs smp_store_release().", patch_id(1), hostile)
    done = review(read_series(("-",), None, None, io.BytesIO(thread(asked))))
    text = terminal.render(done.series, done.report)
    assert "\x1b" not in text
    assert "  drivers/misc/larch.c:38 flag-publishes-data: raised by Ravi " in text
    assert "1 comment, 2 not shown (1 raised in the thread already, 1 too little evidence)." in text
    assert '"answered_in": null' in json.render(done.series, done.report)
    assert "in <r1@example.com>" in sarif.render(done.series, done.report, {})
    page = html.render(done.series, done.report)
    assert "Raised by Ravi" in page
    assert "<b>Reader" not in page
    drafts = mail.drafts(done.series, done.report, make_id=lambda: "<d@example.org>", now=NOW)
    assert [draft.name[:4] for draft in drafts] == ["0003"]


def test_without_replies_nothing_is_said_of_them() -> None:
    done = review(read_series((str(EXAMPLE),), None, None, io.BytesIO()))
    assert '"raised"' not in json.render(done.series, done.report)
