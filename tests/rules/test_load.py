"""Which pages are read, and what is kept between runs."""

import sys
from pathlib import Path

import pytest

from reviewbot.errors import RuleError
from reviewbot.rulebook.catalogue import check_page, explain, new_page, rules_table
from reviewbot.rulebook.outline import Outlines, read_outline
from reviewbot.rulebook.rule import Status
from reviewbot.rulebook.rulebook import bundled_pages, load_rules


def test_every_bundled_page_is_a_rule() -> None:
    rules = load_rules()
    assert [rule.id for rule in rules] == sorted(page.stem for page in bundled_pages().glob("*.md"))
    assert len(rules) >= 19


def test_own_page_replaces_bundled_one(tmp_path: Path) -> None:
    (tmp_path / "lone-flag.md").write_text(new_page("lone-flag"), encoding="utf-8")
    (tmp_path / "my-rule.md").write_text(new_page("my-rule"), encoding="utf-8")
    rules = {rule.id: rule for rule in load_rules(tmp_path)}
    assert rules["lone-flag"].status is Status.PREVIEW
    assert "my-rule" in rules


def test_folder_without_pages_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no rule page here"):
        load_rules(tmp_path)


def test_cached_outlines_give_the_same_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache" / "outlines.json"
    first = load_rules(cache=cache)
    monkeypatch.setitem(sys.modules, "markdown_it", None)
    assert load_rules(cache=cache) == first


@pytest.mark.parametrize(
    "kept", ["", "[]", "{", '{"a": 1}', '{"a": [[1]]}', '{"a": [["x", "y", "", "", 1]]}', "\0"]
)
def test_damaged_cache_is_not_believed(tmp_path: Path, kept: str) -> None:
    cache = tmp_path / "outlines.json"
    cache.write_text(kept, encoding="utf-8")
    assert Outlines(cache).read("# Title\n") == read_outline("# Title\n")


def test_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    outlines = Outlines(tmp_path / "file" / "outlines.json")
    outlines.read("# Title\n")
    outlines.save()
    assert (tmp_path / "file").read_text(encoding="utf-8") == ""


def test_explain_says_why_and_shows_an_example() -> None:
    rules = {rule.id: rule for rule in load_rules()}
    text = explain(rules["one-sided-pair"])
    assert text.startswith("Ordering on one side only\n=====")
    assert "    +\tsmp_store_release(&t->done, 1);\n" in text
    assert "//~" not in text
    assert "reviewbot: allow one-sided-pair: why" in text


def test_table_lists_the_gravest_first() -> None:
    table = rules_table(load_rules())
    assert table[0][1] == "lifetime"
    assert table[-1] == (
        "new-field-unread",
        "question",
        "active",
        "New field that is written and not read yet",
    )


def test_check_page_names_a_fault_of_wording(tmp_path: Path) -> None:
    path = tmp_path / "my-rule.md"
    path.write_text(
        new_page("my-rule").replace("What orders {field} here?", "{field} is racy."), encoding="utf-8"
    )
    with pytest.raises(RuleError, match="must begin with one question"):
        check_page(path)
