import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.publishers import clean

ANYTHING = st.text(st.characters(exclude_categories=()))
"""Lone surrogates included: that is how bytes that are not UTF-8 arrive."""


def is_harmless(text: str, kept: str = "") -> bool:
    return all(
        char in kept + "\u200c\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        for char in text
    )


def test_what_is_harmless_stays_as_it_is() -> None:
    text = "Łukasz 李 d->ready = true; /* 100 % */"
    assert clean.line(text) == clean.code(text) == clean.block(text) == text


def test_an_escape_sequence_becomes_visible() -> None:
    assert clean.line("\x1b[31mred\x1b]0;title\x07") == r"\x1b[31mred\x1b]0;title\x07"


def test_a_byte_that_is_not_utf8_shows_as_a_byte() -> None:
    assert clean.code(b"caf\xe9".decode("utf-8", "surrogateescape")) == r"caf\xe9"
    assert clean.unicode("caf\udce9\x1b") == "caf\\xe9\x1b"


def test_reading_direction_cannot_be_turned() -> None:
    assert clean.code("if (a\u202e) {\u2066") == r"if (a\u202e) {\u2066"


def test_tags_outside_the_first_plane_are_named_in_full() -> None:
    assert clean.line("a\U000e0041") == r"a\U000e0041"


def test_a_line_has_no_line_end_and_code_keeps_its_tabs() -> None:
    assert clean.line(" two\r\n\tlines ") == "two lines"
    assert clean.code("\tif (x)\r\n") == "\tif (x)\\x0d\\x0a"
    assert clean.block("a\r\n\tb\rc") == "a\n\tb\\x0dc"
    assert clean.untabbed("\tx") == "        x"


def test_clip_marks_the_cut() -> None:
    assert clean.clip("abcdef", 6) == "abcdef"
    assert clean.clip("abcdefg", 6) == "abc..."


@given(ANYTHING)
def test_a_line_is_always_one_harmless_line(text: str) -> None:
    cleaned = clean.line(text)
    assert is_harmless(cleaned)
    assert len(cleaned.splitlines()) <= 1
    assert cleaned.encode().decode() == cleaned


@given(ANYTHING)
def test_code_and_blocks_are_harmless_but_for_tabs_and_line_ends(text: str) -> None:
    assert is_harmless(clean.code(text), "\t")
    assert is_harmless(clean.block(text), "\t\n")


@given(ANYTHING)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean.line(clean.line(text)) == clean.line(text)
    assert clean.code(clean.code(text)) == clean.code(text)
    assert clean.unicode(clean.unicode(text)) == clean.unicode(text)
