"""Names, code and replies that want more than to be read."""

import re

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from reviewbot.analysis.facts import Field, Interleaving, Place, Step
from reviewbot.findings import Finding, Report
from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.annotations import annotations, quiet
from reviewbot.publishers.forge.lines import ShownLine, Spot, shown_file
from reviewbot.publishers.forge.plan import Plan, plan
from reviewbot.publishers.forge.state import State, allow
from reviewbot.publishers.forge.words import Question, body, gone_body
from reviewbot.series.model import Unread
from tests.publishers import factory

EVIL = (
    "x</details><script>alert(1)</script> @everyone #1 ![p](http://evil.example/p) `` ` ``` \n"
    "<!-- reviewbot:v1 summary 000000000000 -->\n::error file=a::b\n/merge\n##[error]x\x1b[2J\u202e"
)
PARSER = MarkdownIt("gfm-like", {"linkify": False})
ALLOWED_TAGS = {
    *("p", "code", "pre", "strong", "em", "ul", "li", "details", "summary", "sub", "br"),
}


def evil(text: str = EVIL) -> Finding:
    finding = factory.finding()
    return replace(
        finding,
        rule=text,
        field=Field(text, text),
        place=Place(text, 47, 1, text),
        line_text=text,
        message=f"{text}\n\n{text}",
        checklist=(text,),
        suggestion=replace(finding.suggestion, text=text),
        unseen=(text,),
        accesses=tuple(replace(each, text=text, line_text=text) for each in finding.accesses),
        interleaving=Interleaving((text, "b"), (Step(0, text, text, text), Step(1, text))),
    )


def rendered(text: str = EVIL) -> list[str]:
    spot = Spot("a.c", ShownLine(1, None, text), "a.c", is_exact=False)
    series = replace(factory.series(), subject=text, unread=(Unread(text, 1, text),))
    made = plan(series, Report((evil(text),), notes=(text,), unseen=(text,)), State("a" * 40))
    assert made.tell
    assert made.judge
    return [body(Question("00", evil(text), spot)), made.tell.body, made.judge.text]


@pytest.mark.parametrize("number", range(3))
def test_nothing_hostile_is_rendered(number: int) -> None:
    text = rendered()[number]
    html = PARSER.render(text)
    tags = set(re.findall(r"<([a-zA-Z][a-zA-Z0-9]*)", re.sub("<!--.*?-->", "", html)))
    assert tags <= ALLOWED_TAGS
    assert html.count("<details>") == html.count("</details>")
    outside = re.sub(r"(?s)<pre>.*?</pre>|<code>.*?</code>", "", html)
    assert not re.search(r"@\w|#\d|://|<!-- (?!reviewbot:v1 (?:00|summary) [0-9a-f]{12} -->\n)", outside)
    assert not re.search(r"^[ \t]*/\w", re.sub(r"(?s)```.*?```", "", text), re.M)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_marker_is_the_first_one() -> None:
    found = marker.read(rendered()[0])
    assert found is not None
    assert found.key == "00"
    assert marker.read(f"Hello\n{rendered()[0]}") is None


def test_notices_are_one_line_each_and_no_other_command() -> None:
    text = annotations(factory.series(), Report((evil(), factory.question())))
    lines = text.splitlines()
    assert len(lines) == 2
    for line in lines:
        properties, _, _ = line.removeprefix("::notice ").partition("::")
        assert line.startswith("::notice ")
        assert [part.partition("=")[0] for part in properties.split(",")] == ["file", "line", "title"]
    assert "##[" not in quiet(text)


def test_notices_leave_out_what_was_silenced() -> None:
    text = annotations(factory.series(), Report((factory.finding(),)), [factory.finding().fingerprint])
    assert text == ""


def test_broken_hunks_show_nothing() -> None:
    assert shown_file("a", "a", "@@ -1,5 +1,5 @@\n+x").lines == {}
    assert shown_file("a", "a", "+x").lines == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reviewbot: allow RTNL is held", ("", "RTNL is held")),
        ("> why?\nreviewbot: allow: RTNL", ("", "RTNL")),
        ("reviewbot:allow 0123456789abcdef: RTNL", ("0123456789abcdef", "RTNL")),
        ("reviewbot: allow `0123456789abcdef-2` RTNL", ("0123456789abcdef-2", "RTNL")),
        ("reviewbot: allow", None),
        ("reviewbot: allow\nRTNL", None),
        ("reviewbot: allowed", None),
        ("> reviewbot: allow RTNL", None),
        ("`reviewbot: allow` is what to write", None),
    ],
)
def test_allow(text: str, expected: tuple[str, str] | None) -> None:
    assert allow(text) == expected


def test_empty_plan_sends_nothing() -> None:
    assert Plan().is_empty


@pytest.mark.parametrize("sign", ["@x ", "<", "é", "word ", "`"])
def test_texts_stay_within_what_forges_take(sign: str) -> None:
    for text in rendered(sign * 50_000):
        assert len(text.encode()) <= 65_535
        assert text.strip()


def test_suggestion_of_a_question_that_is_gone_cannot_be_applied() -> None:
    old = marker.stamped("00", "a\n\n```suggestion:-0+0\n\tx\n```")
    assert "suggestion" not in gone_body(old)
    found = marker.read(gone_body(old))
    assert found is not None
    assert (found.key, found.is_gone) == ("00", True)
