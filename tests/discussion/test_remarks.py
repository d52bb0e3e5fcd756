"""Replies are taken apart into remarks: own words, and the lines quoted right above them."""

import io
import time

import pytest

from reviewbot.discussion.raised import marker
from reviewbot.discussion.remarks import Talk, remarks, talk
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.series.model import Envelope, Person, Reply, Series
from reviewbot.sources.read import read_series
from tests.discussion.mails import RAVI, ROBIN, patch_id, reply, thread
from tests.series.mails import mbox
from tests.sources.test_read import counted


def taken(body: str) -> list[tuple[tuple[str, ...], str]]:
    answer = Reply("Re: x", body, Person("Ravi Reader", "ravi@example.com"), None, Envelope("r@example.com"))
    return [(each.quoted, each.text) for each in remarks(answer, 1)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("> +a\n\nOne.\n\n> +b\nTwo.\n", [(("+a",), "One."), (("+b",), "Two.")]),
        ("On Monday, Robin wrote:\n> +a\n> +b\n\nBoth.\n", [(("+a", "+b"), "Both.")]),
        ("Top.\n\n> +a\n> +b\n", [((), "Top.")]),
        ("> +a\nOne.\n-- \nRavi\n> +b\nno\n", [(("+a",), "One.")]),
        ("> > +a\n> What?\nThis.\n", [(("+a", "What?"), "This.")]),
        (">> +a\n\nOne,\n\nand two.\n", [(("+a",), "One,\n\nand two.")]),
        (">\t+a\n>+b\nOne.", [(("\t+a", "+b"), "One.")]),
        ("> +a\n\n\n", []),
        ("", []),
        ("> +a\n[ ... ]\n> +b\n\nTwo.", [(("+a",), "[ ... ]"), (("+b",), "Two.")]),
    ],
)
def test_what_is_taken(body: str, found: list[tuple[tuple[str, ...], str]]) -> None:
    assert taken(body) == found


def said(*replies: bytes) -> Talk:
    return talk(read_series(("-",), None, None, io.BytesIO(thread(*replies))))


def test_who_said_it_of_which_patch() -> None:
    both = said(
        reply("> +x\n\nOne.", patch_id(2)),
        reply("> One.\n\nTwo.", "r1@example.com", ROBIN, "a1@example.org"),
        reply("Three.", patch_id(0), RAVI, "r2@example.com"),
    )
    assert [(each.patch, each.text) for each in both.others] == [
        (2, "One."),
        (None, "On Tue, Mar 4, 2025, somebody wrote:\nThree."),
    ]
    assert [(each.message_id, each.text) for each in both.authors] == [("a1@example.org", "Two.")]


HOSTILE = [
    "wrote" + " " * 150_000 + "x",
    "no race " * 20_000,
    "> " * 50_000,
    ">" * 150_000 + "\nrace",
    "use-" * 40_000,
    "smp_" + "a" * 150_000,
    "\n" * 150_000 + "race",
    "'" * 150_000,
    "> +\tx;\nrace\n" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_replies_take_no_time(text: str) -> None:
    series: Series = read_series(("-",), None, None, io.BytesIO(thread(reply(text, patch_id(1)))))
    vocabulary().remarks.spoken_of("")
    start = time.process_time()
    marker(series)
    assert time.process_time() - start < 3


def test_the_revisions_before_hang_together() -> None:
    series = read_series(("-",), None, None, io.BytesIO(mbox(*counted(3), *counted(1), *counted(2))))
    assert series.revision == 3
    assert series.earlier is not None
    assert series.earlier.revision == 2
    assert series.earlier.earlier is not None
    assert (series.earlier.earlier.revision, series.earlier.earlier.earlier) == (1, None)
