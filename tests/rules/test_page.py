"""Reading a page: every mistake is named with its file and line."""

import os
from pathlib import Path

import pytest

from reviewbot.analysis.facts import Confidence, Publication
from reviewbot.errors import RuleError
from reviewbot.findings import Concern
from reviewbot.rulebook.catalogue import new_page
from reviewbot.rulebook.page import read_page
from reviewbot.rulebook.rule import Mark, Status
from reviewbot.rulebook.rulebook import bundled_pages


def write(folder: Path, text: str, name: str = "my-rule") -> Path:
    path = folder / f"{name}.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_page_becomes_rule() -> None:
    rule = read_page(bundled_pages() / "plain-publication.md")
    assert rule.title == "Pointer published with a plain store"
    assert (rule.status, rule.concern, rule.confidence) == (Status.ACTIVE, Concern.ORDERING, Confidence.HIGH)
    assert rule.when.type is Publication
    assert ("is_fresh", (True,)) in rule.when.attributes
    assert [test.result for test in rule.litmus] == ["Sometimes", "Never"]


def test_marks_are_taken_off_and_kept() -> None:
    block = read_page(bundled_pages() / "lone-flag.md").bad[1].patches[0].blocks[0]
    assert block.path == "drivers/misc/snipe-mini.c"
    assert block.marks == (Mark("lone-flag", 18),)
    assert block.lines[18] == "+\ts->stop = true;"


def test_two_patches_are_one_example() -> None:
    example = read_page(bundled_pages() / "flag-publishes-data.md").bad[0]
    assert [patch.subject for patch in example.patches] == [
        "quill: Remember that the table is loaded",
        "quill: Use the table in the fast path",
    ]
    assert example.caption.startswith("An ioctl fills")


def test_new_page_reads_without_a_mistake(tmp_path: Path) -> None:
    assert read_page(write(tmp_path, new_page("my-rule"))).id == "my-rule"


# what stands on the page, what is there instead, what is said, and where, if not on that line
MISTAKES: list[tuple[str, str, str, int | None]] = [
    ("# What is seen", "What is seen", "a page begins with '# Title'", None),
    ("```toml", "```yaml", "add a ```toml fence", 1),
    ('status = "preview"', 'status = "previw"', "write preview, active or retired", None),
    ('status = "preview"', "status = preview", "no TOML: Invalid value (at line 2", 4),
    ('since = "0.1"\n', "", "has no 'since'", 4),
    ('since = "0.1"', "since = 1", "since must be a text", None),
    ('concern = "race"', 'severity = "race"', "unknown key 'severity'", None),
    ('concern = "race"', 'concern = "grave"', "write lifetime, ordering, race, marking or", None),
    ('fact = "mixed_marking"', 'fact = "fields"', "fact 'fields' is not known", None),
    ('fact = "mixed_marking"\n', "", "has no 'fact'", 10),
    (
        "is_new_reader = false",
        "has_writer = false",
        "unknown key 'has_writer' for fact 'mixed_marking'",
        None,
    ),
    (
        "is_new_reader = false",
        'is_new_reader = "no"',
        "is_new_reader cannot be 'no'; write true or false",
        None,
    ),
    ("is_new_reader = false", "is_new_reader = 0", "is_new_reader cannot be 0", None),
    ("is_new_reader = false", 'confidence = "sure"', 'write "high", "medium" or "low"', None),
    ("[when]", "[whom]", "unknown key 'whom'", None),
    ('write = "WRITE_ONCE"', 'store = "WRITE_ONCE"', "unknown key 'store' in [suggest]", None),
    ('write = "WRITE_ONCE"', "write = 1", "write must be the name of a primitive", None),
    ('write = "WRITE_ONCE"', "write = [1]", "write must be the name of a primitive", None),
    ('write = "WRITE_ONCE"', 'write = "{missing}"', "has no slot {missing}", None),
    ('id = "RULE-ID"', 'id = "Rule"', "use small letters", None),
    ('id = "RULE-ID"', 'id = "rule-id"', "must be named rule-id.md", None),
    ("One or two sentences: what is seen.\n", "", "the summary is missing", 4),
    ("## Why", "## Reason", "section 'Reason' is not known", None),
    ("## Not when", "## Why", "section 'Why' stands twice", None),
    ("What orders {field}", "What orders {flag}", "has no slot {flag}", None),
    ("What orders {field}", "What orders {field", "a brace that belongs to no slot", None),
    ("- [ ] The question", "- [ ] Of {nobody}", "has no slot {nobody}", None),
    ("- [ ] And the last.", "- And the last.", "write each item", None),
    ("+void example_set(struct example *e)", "void example_set()", "a diff line begins with", None),
    ("```diff drivers/misc/example.c", "```diff /drivers/misc/example.c", "examples are fences of", None),
    ("```diff drivers/misc/example.c", "```diff ../example.c", "examples are fences of", None),
]


@pytest.mark.parametrize(("right", "wrong", "said", "line"), MISTAKES)
def test_mistake_is_named_with_its_line(
    tmp_path: Path, right: str, wrong: str, said: str, line: int | None
) -> None:
    page = new_page("RULE-ID")
    changed = 1 + page[: page.index(right)].count("\n")
    path = write(tmp_path, page.replace(right, wrong, 1).replace("RULE-ID", "my-rule"))
    with pytest.raises(RuleError) as error:
        read_page(path)
    assert said in str(error.value)
    assert str(error.value).startswith(f"{path}:{line or changed}: ")


def test_bad_example_needs_its_mark(tmp_path: Path) -> None:
    path = write(tmp_path, new_page("my-rule").replace(" //~ my-rule", ""))
    with pytest.raises(RuleError, match="no line here is marked '//~ my-rule'; mark it"):
        read_page(path)


def test_section_missing(tmp_path: Path) -> None:
    page = new_page("my-rule")
    path = write(tmp_path, page[: page.index("## References")])
    with pytest.raises(RuleError, match="section '## References' is missing or empty; add it"):
        read_page(path)


def test_good_example_has_no_mark(tmp_path: Path) -> None:
    page = new_page("my-rule").replace("+\tmutex_unlock(&e->lock);", "+\tmutex_unlock(&e->lock); //~ my-rule")
    with pytest.raises(RuleError, match="a good example has no mark"):
        read_page(write(tmp_path, page))


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("C my-rule-bad\n(* Result: Perhaps *)", "a litmus test begins with"),
        ("C my-rule-bad\n(* Result: Never *)", "needs the two tests"),
        ("C other-bad\n(* Result: Never *)", "needs the two tests"),
    ],
)
def test_litmus_comes_in_pairs(tmp_path: Path, test: str, said: str) -> None:
    page = new_page("my-rule").replace("## Suggest", f"## Litmus\n\n```litmus\n{test}\n```\n\n## Suggest")
    with pytest.raises(RuleError, match=said):
        read_page(write(tmp_path, page))


def test_patches_are_numbered_in_order(tmp_path: Path) -> None:
    page = new_page("my-rule").replace("```diff drivers/misc/example.c", "### Patch 2/2: a: b\n\n```diff x.c")
    with pytest.raises(RuleError, match="patch 2 is out of order"):
        read_page(write(tmp_path, page))


def test_page_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "my-rule.md"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(RuleError, match="cannot be read"):
        read_page(path)
    with pytest.raises(RuleError, match="cannot be read"):
        read_page(tmp_path / "none.md")


def test_page_that_is_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "my-rule.md"
    os.mkfifo(path)
    with pytest.raises(RuleError, match="it is no file"):
        read_page(path)


def test_declaration_without_end(tmp_path: Path) -> None:
    page = new_page("my-rule").replace("[when]", f"deep = {'[' * 50_000}\n[when]", 1)
    with pytest.raises(RuleError, match=r"my-rule\.md:4: the declaration nests too deeply"):
        read_page(write(tmp_path, page))


def test_empty_page(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="a page begins with"):
        read_page(write(tmp_path, ""))
