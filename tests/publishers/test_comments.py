import pytest
from msgspec.structs import replace

from reviewbot.analysis.facts import Place
from reviewbot.comments import Position, at_tip, comments, reason, unread
from reviewbot.findings import Finding, Hidden
from reviewbot.series.model import FileDiff, Hunk, Series, Status, Unread
from tests.publishers.factory import (
    CHECKS,
    CORE,
    check,
    finding,
    hidden,
    modified,
    patch,
    question,
    report,
    series,
    store,
)


def placed(one: Finding, sent: Series | None = None) -> tuple[int, Position | None]:
    """Patch index and position of the only comment."""
    (made,) = comments(sent or series(), report(one))
    return made.patch.index, made.position


def test_a_line_of_the_series_is_found_by_its_number() -> None:
    assert placed(finding()) == (1, Position(1, 0, 7, True))


def test_a_remark_about_a_missing_newline_counts_as_a_line() -> None:
    hunk = Hunk(1, 1, 1, 2, "", ("-old", "\\ No newline at end of file", "+old", "+new"))
    sent = Series("s", 1, 1, (patch(1, "s", modified("a.c", hunk)),))
    assert placed(replace(finding(), place=Place("a.c", 2, 1)), sent) == (1, Position(0, 0, 3, True))


def test_an_older_line_is_found_as_context_in_the_patch_that_brought_an_access() -> None:
    assert placed(question()) == (2, Position(0, 2, 5, True))


def test_an_older_line_that_is_not_shown_goes_to_the_nearest_changed_line() -> None:
    one = replace(question(), line_text="not shown", place=Place(CORE, 137, None))
    assert placed(one) == (2, Position(0, 1, 4, False))


def test_a_line_of_the_series_that_is_not_shown_goes_to_the_nearest_changed_line() -> None:
    assert placed(replace(finding(), place=Place(CORE, 900, 1))) == (1, Position(1, 0, 9, False))


def test_an_older_line_of_a_file_that_the_patch_leaves_alone_is_said_of_the_whole() -> None:
    one = replace(question(), place=Place("drivers/net/demo/old.c", 5, None))
    assert placed(one) == (2, None)


def test_without_new_accesses_the_first_patch_that_touches_the_file_is_taken() -> None:
    old = replace(check(7, "f"), place=Place("x.c", 7, None))
    one = replace(
        question(), line_text="none", accesses=(old,), place=Place("drivers/net/demo/demo.h", 14, None)
    )
    assert placed(one) == (1, Position(0, 0, 2, False))


def test_an_access_in_the_same_file_wins_over_an_earlier_one_elsewhere() -> None:
    elsewhere = modified("other.c", CHECKS[0])
    sent = Series("s", 1, 2, (patch(1, "a", elsewhere), patch(2, "b", modified(CORE, *CHECKS))))
    one = replace(
        question(), accesses=(replace(store(), place=Place("other.c", 93, 1)), check(93, "demo_find"))
    )
    assert placed(one, sent)[0] == 2


def test_removed_lines_serve_only_where_nothing_was_added() -> None:
    hunk = Hunk(5, 3, 5, 2, "", (" a", "-b", " c"))
    sent = Series("s", 1, 1, (patch(1, "s", modified("a.c", hunk)),))
    assert placed(replace(finding(), place=Place("a.c", 80, 1)), sent) == (1, Position(0, 0, 1, False))


def test_hidden_findings_make_no_comment_and_comments_come_in_mail_order() -> None:
    made = comments(series(), report(question(), finding(), hidden()))
    assert [comment.finding.rule for comment in made] == ["flag-publishes-data", "mixed-marking"]
    assert comments(replace(series(), patches=()), report()) == ()


def test_words() -> None:
    first, second = comments(series(), report())
    assert len(first.words.paragraphs) == 2
    assert first.words.suggestion.startswith("smp_store_release() here")
    assert second.words.suggestion == "READ_ONCE() on the reading side."
    assert second.words.caveat == "I could not see the callers of demo_next()."
    assert not second.words.is_in_question


def test_a_suggestion_that_the_question_makes_is_not_repeated() -> None:
    one = replace(question(), message="Should this be READ_ONCE()?")
    (made,) = comments(series(), report(one))
    assert made.words.is_in_question


def test_what_could_not_be_seen_is_listed() -> None:
    (made,) = comments(series(), report(replace(finding(), unseen=("a", "b", "c"))))
    assert made.words.caveat == "I could not see a, b and c."


@pytest.mark.parametrize("kind", list(Hidden))
def test_every_reason_has_words(kind: Hidden) -> None:
    assert reason(kind)


def test_unread_is_gathered_once() -> None:
    item = Unread("a.c", None, "binary")
    sent = replace(series(), unread=(item,), patches=(replace(series().patches[0], unread=(item,)),))
    assert unread(sent, report()) == (item, *report().unread)


def test_at_tip_counts_what_later_patches_add_and_remove() -> None:
    grow = Hunk(10, 2, 10, 4, "", (" a", "+b", "+c", " d"))
    shrink = Hunk(30, 3, 32, 2, "", (" e", "-f", " g"))
    sent = Series("s", 1, 2, (patch(1, "a"), patch(2, "b", modified("a.c", grow, shrink))))
    lines = {line: at_tip(sent, Place("a.c", line, 1))[1] for line in (9, 10, 11, 20, 31, 32, 40)}
    assert lines == {9: 9, 10: 10, 11: 13, 20: 22, 31: 32, 32: 33, 40: 41}
    assert at_tip(sent, Place("a.c", 20, 2)) == ("a.c", 20)
    assert at_tip(sent, Place("a.c", 20, None)) == ("a.c", 20)


def test_at_tip_follows_renames_but_not_copies() -> None:
    renamed = FileDiff("a.c", "b.c", Status.RENAMED)
    copied = FileDiff("a.c", "c.c", Status.COPIED)
    sent = Series("s", 1, 2, (patch(1, "a"), patch(2, "b", copied, renamed)))
    assert at_tip(sent, Place("a.c", 3, 1)) == ("b.c", 3)


def test_at_tip_counts_an_insertion_without_context() -> None:
    hunk = Hunk(5, 0, 6, 1, "", ("+x",))
    sent = Series("s", 1, 2, (patch(1, "a"), patch(2, "b", modified("a.c", hunk))))
    assert [at_tip(sent, Place("a.c", line, 1))[1] for line in (5, 6)] == [5, 7]
