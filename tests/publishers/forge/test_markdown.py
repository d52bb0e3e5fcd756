"""Hostile text in the Markdown of forges, read back by a Markdown parser."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reviewbot.publishers.forge.markdown import block, code, prose

PARSER = MarkdownIt("gfm-like", {"linkify": False})


def shown(text: str) -> str:
    """What of the rendered HTML a reader sees, without what breaks references."""
    html = PARSER.render(text).strip()
    return re.sub(r"<[^>]*>", "", html).replace("\u200b", "")


HOSTILE = [
    "@maintainer please",
    "mail me: a.b@example.org",
    "fixes #12 and torvalds/linux#3, GH-7 and !4",
    "see https://forge.example/o/r/issues/1 and www.forge.example",
    "<img src=x onerror=alert(1)> <!-- reviewbot:v1 00 -->",
    "[click](javascript:alert(1)) ![x](http://x)",
    "**bold** _it_ ~~gone~~ `code",
    "/close",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "===",
    "~label %milestone $3 ^alert#1 &2",
    "[issue:1] *iteration:2",
    "a | b",
    "0123456789abcdef0123456789abcdef01234567",
    "x &lt;b&gt; &#64;you",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_prose_is_one_plain_paragraph(text: str) -> None:
    html = PARSER.render(prose(text)).strip()
    assert re.fullmatch(r"<p>[^<]*</p>", html.replace("<code>", "").replace("</code>", "")), html
    outside = re.sub(r"<code>.*?</code>", "", html)
    assert not re.search(r"[@#!~%^$](?=[\w])|://|www\.|\bGH-\d|[0-9a-f]{7}|&amp;\d|\[\w+:", outside), outside
    assert not prose(text).startswith("/")


@pytest.mark.parametrize("text", HOSTILE)
def test_prose_reads_as_it_was(text: str) -> None:
    expected = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert shown(prose(text)) == expected


@given(st.text(max_size=60))
def test_code_ends_where_it_should(text: str) -> None:
    made = code(text)
    html = PARSER.render(f"x {made} y").strip()
    assert re.fullmatch(r"<p>x (<code>[^<]*</code>)? ?y</p>", html) or not made


@given(st.text(max_size=60))
def test_no_text_begins_a_second_block(text: str) -> None:
    html = PARSER.render(prose(text))
    assert len(re.findall("<(?:p|h[1-6]|ul|ol|li|pre|blockquote|hr|table|a|img)[ >]", html)) <= 1
    assert "<a" not in html


def test_names_of_code_are_code() -> None:
    text = "What orders d->table[] before d->ready in demo_find(), and e.g. smp_mb()? A `flag` too."
    assert prose(text) == (
        "What orders `d->table[]` before `d->ready` in `demo_find()`, and e.g. `smp_mb()`? A `flag` too."
    )


@pytest.mark.parametrize("line", ["```", "~~~~", "````x", "a\x1b[31m"])
def test_block_holds_its_lines(line: str) -> None:
    made = block([line, "b"])
    html = PARSER.render(f"{made}\n\n*after*")
    assert html.count("<pre>") == 1
    assert "<em>after</em>" in html
    assert "\x1b" not in made
