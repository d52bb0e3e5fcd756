"""Names, code and replies that want more than to be read."""

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from reviewbot.analysis.facts import Field, Interleaving, Place, Step
from reviewbot.findings import Finding, Report
from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.annotations import annotations, quiet
from reviewbot.publishers.forge.lines import ShownLine, Spot, shown_file
from reviewbot.publishers.forge.plan import Plan, plan
from reviewbot.publishers.forge.state import State, allow
from reviewbot.publishers.forge.words import Question, body
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


def evil() -> Finding:
    finding = factory.finding()
    return replace(
        finding,
        rule=EVIL,
        field=Field(EVIL, EVIL),
        place=Place(EVIL, 47, 1, EVIL),
        line_text=EVIL,
        message=f"{EVIL}\n\n{EVIL}",
        checklist=(EVIL,),
        suggestion=replace(finding.suggestion, text=EVIL),
        unseen=(EVIL,),
        accesses=tuple(replace(each, text=EVIL, line_text=EVIL) for each in finding.accesses),
        interleaving=Interleaving((EVIL, "b"), (Step(0, EVIL, EVIL, EVIL), Step(1, EVIL))),
    )


def rendered() -> list[str]:
    spot = Spot("a.c", ShownLine(1, None, EVIL), "a.c", is_exact=False)
    series = replace(factory.series(), subject=EVIL, unread=(Unread(EVIL, 1, EVIL),))
    made = plan(series, Report((evil(),), notes=(EVIL,), unseen=(EVIL,)), State("a" * 40))
    assert made.tell
    assert made.judge
    return [body(Question("00", evil(), spot)), made.tell.body, made.judge.text]


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
