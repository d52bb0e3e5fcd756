"""The series that examples are made into can be read, and its marks stand on the right lines."""

import pytest

from reviewbot.rulebook.mails import Expected, mails
from reviewbot.rulebook.rule import DiffBlock, Example, ExamplePatch, Mark, Rule
from reviewbot.rulebook.rulebook import load_rules

RULES = load_rules()


def block(path: str, text: str, *marks: Mark) -> DiffBlock:
    return DiffBlock(path, tuple(text.split("\n")), marks, 1)


def series(*patches: DiffBlock) -> Example:
    return Example("", tuple(ExamplePatch("a: b", (each,)) for each in patches))


def hunks(mbox: bytes) -> list[str]:
    return [line for line in mbox.decode().split("\n") if line.startswith("@@")]


def test_new_file() -> None:
    mbox, expected = mails(series(block("a.c", "+one\n+two", Mark("r", 1))))
    assert hunks(mbox) == ["@@ -0,0 +1,2 @@"]
    assert b"--- /dev/null\n+++ b/a.c\n" in mbox
    assert expected == (Expected("r", 1, "a.c", 2),)


def test_later_patch_of_the_same_file_stands_below_what_is_known() -> None:
    mbox, expected = mails(
        series(block("a.c", "+1\n+2\n+3\n+4"), block("a.c", "+5", Mark("r", 0)), block("a.c", " 1\n+x\n 2"))
    )
    assert hunks(mbox) == ["@@ -0,0 +1,4 @@", "@@ -2,3 +2,4 @@", "@@ -1,2 +1,3 @@"]
    assert b" 2\n 3\n 4\n+5\n" in mbox
    assert expected == (Expected("r", 2, "a.c", 5),)


def test_older_line_is_counted_at_the_tip() -> None:
    mbox, expected = mails(
        series(block("a.c", " old\n-gone\n+new", Mark("r", 0), Mark("s", 2)), block("a.c", "+first\n old"))
    )
    assert hunks(mbox) == ["@@ -41,2 +41,2 @@", "@@ -41,1 +41,2 @@"]
    assert expected == (Expected("s", 1, "a.c", 42), Expected("r", None, "a.c", 42))


def test_unknown_code_stands_apart() -> None:
    mbox, _ = mails(series(block("a.c", " one"), block("a.c", " other\n+x")))
    assert hunks(mbox) == ["@@ -41,1 +41,1 @@", "@@ -82,1 +82,2 @@"]


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_examples_make_mails_with_unique_places(rule: Rule) -> None:
    for example in (*rule.bad, *rule.good):
        mbox, expected = mails(example)
        assert mbox.count(b"\nSubject: [PATCH") == len(example.patches)
        assert len(set(expected)) == len(expected)
        assert all(mark.line > 0 for mark in expected)
    assert all(mails(example)[1] for example in rule.bad)
