"""A function that several hunks show parts of: all are asked about; what one holds quiets the others."""

# ruff: noqa: E101, W293  (hunks begin their lines with a blank)

import pytest

from reviewbot.analysis.facts import Flag, MixedMarking
from reviewbot.analysis.stories import Seen
from tests.analysis.series import analysis, facts, in_hunks

HEADING = "static void wren_feed(struct wren *w, struct seed *s)"

FIRST = """
 static void wren_feed(struct wren *w, struct seed *s)
 {
 	struct nest *n = w->nest;
 	int left;
 
 	s->kind = 1;
+	s->size = 2;
 	s->shape = 3;
 	wren_sing(w);
"""

SECOND = """
 	wren_rest(w);
+	w->rate = 4;
 	wren_fly(w);
"""

OTHER = """
 u64 wren_delay(struct wren *w, u32 n)
 {
 	u64 found;
 
+	found = n * READ_ONCE(w->rate);
 	return found;
 }
"""

LOCKED = """
 u64 wren_delay(struct wren *w, u32 n)
 {
 	u64 found;
 
 	spin_lock(&w->lock);
+	found = n * READ_ONCE(w->rate);
 	spin_unlock(&w->lock);
 	return found;
 }
"""


def series(first: str = FIRST, second: str = SECOND, other: str = OTHER, last: str = "") -> bytes:
    shown = [("", first), (HEADING, second), *([(HEADING, last)] if last else []), ("", other)]
    return in_hunks(*shown)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def questions(mail: bytes) -> list[str]:
    return [fact.store for fact in facts(mail, MixedMarking)]


def held(mail: bytes, name: str = "rate") -> list[tuple[str, str]]:
    """The locks at the store in the second hunk."""
    (access,) = [seen.access for seen in store(mail, name)]
    return [(lock.text, lock.known) for lock in access.held]


def store(mail: bytes, name: str) -> list[Seen]:
    return [seen for story in analysis(mail).stories.of(name) for seen in story.seen if seen.access.is_write]


def test_a_store_in_the_smaller_hunk_is_asked_about() -> None:
    (fact,) = facts(series(), MixedMarking)
    assert (fact.store, fact.wanted) == ("w->rate = 4;", "WRITE_ONCE()")
    assert fact.place.function == "wren_feed"
    assert fact.unseen == ("the rest of wren_feed()",)


def test_its_line_is_that_of_its_own_hunk() -> None:
    (fact,) = facts(series(), MixedMarking)
    assert fact.place.line == 40 + 8 + 100 + 1 + 1


def test_a_marked_store_in_the_smaller_hunk_is_not() -> None:
    assert questions(series(second=changed(SECOND, "w->rate = 4", "WRITE_ONCE(w->rate, 4)"))) == []


def test_the_type_comes_from_the_first_hunk() -> None:
    mail = series(second=changed(SECOND, "w->rate = 4", "n->warm = 4"))
    (story,) = analysis(mail).stories.of("warm")
    assert str(story.field) == "nest.warm"


TAKEN = {
    "taken in the first hunk": (changed(FIRST, "wren_sing(w);", "spin_lock(&w->lock);"), SECOND, ""),
    "taken by a guard in the first hunk": (
        changed(FIRST, "wren_sing(w);", "guard(spinlock)(&w->lock);"),
        SECOND,
        "",
    ),
    "released in a later hunk": (
        FIRST,
        SECOND,
        " \twren_sing(w);\n+\ts->size = 5;\n \tspin_unlock(&w->lock);\n",
    ),
    "asserted in a later hunk": (
        FIRST,
        SECOND,
        " \twren_sing(w);\n+\ts->size = 5;\n \tlockdep_assert_held(&w->lock);\n",
    ),
    "released on an error in the first hunk": (
        changed(
            FIRST,
            "wren_sing(w);",
            "spin_lock(&w->lock);\n \tif (!n) {\n \t\tspin_unlock(&w->lock);\n \t\treturn;\n \t}",
        ),
        SECOND,
        "",
    ),
}

NOT_TAKEN = {
    "released in the first hunk": (
        changed(FIRST, "wren_sing(w);", "spin_lock(&w->lock);\n \tspin_unlock(&w->lock);"),
        SECOND,
        "",
    ),
    "of another object": (changed(FIRST, "wren_sing(w);", "spin_lock(&s->lock);"), SECOND, ""),
    "taken where it is released": (
        FIRST,
        SECOND,
        " \tspin_lock(&w->lock);\n+\ts->size = 5;\n \tspin_unlock(&w->lock);\n",
    ),
    "taken in a later hunk": (FIRST, SECOND, " \twren_sing(w);\n+\ts->size = 5;\n \tspin_lock(&w->lock);\n"),
    "a guard of an inner block": (
        changed(FIRST, "wren_sing(w);", "if (n) {\n \t\tguard(spinlock)(&w->lock);\n \t}"),
        SECOND,
        "",
    ),
}


@pytest.mark.parametrize("hunks", TAKEN.values(), ids=TAKEN)
def test_a_lock_of_another_hunk_keeps_quiet(hunks: tuple[str, str, str]) -> None:
    first, second, last = hunks
    mail = series(first, second, LOCKED, last)
    assert held(mail) == [("w->lock", "hinted")]
    assert questions(mail) == []


@pytest.mark.parametrize("hunks", NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_a_lock_that_is_not_held_there_does_not(hunks: tuple[str, str, str]) -> None:
    first, second, last = hunks
    mail = series(first, second, LOCKED, last)
    assert questions(mail) == ["w->rate = 4;"]


def test_a_lock_of_another_hunk_is_no_evidence() -> None:
    """Who reads with no lock is not asked why, where only hunks apart say that the stores take one."""
    mail = series(changed(FIRST, "wren_sing(w);", "spin_lock(&w->lock);"), SECOND)
    (fact,) = facts(mail, MixedMarking)
    assert fact.lock == ""
    assert "w->lock" not in fact.locks


def test_a_lock_released_between_two_hunks_is_over() -> None:
    first = changed(FIRST, "wren_sing(w);", "spin_lock(&w->lock);")
    second = " \ts->shape = 1;\n+\ts->size = 3;\n \tspin_unlock(&w->lock);\n \twren_rest(w);\n"
    mail = series(first, second, LOCKED, SECOND)
    assert held(mail) == []
    assert questions(mail) == ["w->rate = 4;"]


def test_an_object_made_in_another_hunk_is_fresh() -> None:
    first = changed(FIRST, "w->nest;", "kzalloc(sizeof(*n), GFP_KERNEL);")
    second = changed(SECOND, "w->rate = 4", "n->rate = 4")
    other = OTHER.replace("w->rate", "n->rate").replace("struct wren *w", "struct nest *n")
    assert questions(series(first, second, other)) == []
    published = changed(first, "GFP_KERNEL);", "GFP_KERNEL);\n \tlist_add_rcu(&n->node, &w->nests);")
    assert questions(series(published, second, other)) == ["n->rate = 4;"]


def test_no_order_is_claimed_between_hunks() -> None:
    """The payload is stored in one hunk and the flag in the other: what barrier is between is not known."""
    poll = """
 int wren_poll(struct wren *w)
 {
+	if (READ_ONCE(w->ready))
+		return w->size;
 	return 0;
 }
"""
    fill, flag = "+\tw->size = 2;\n", "+\tWRITE_ONCE(w->ready, true);\n"
    first = changed(FIRST, "+\ts->size = 2;\n", fill)
    apart = series(first, changed(SECOND, "+\tw->rate = 4;\n", flag), poll)
    close = series(changed(first, fill, fill + flag), SECOND, poll)
    assert [fact.has_payload for fact in facts(close, Flag)] == [True]
    assert not any(fact.has_payload for fact in facts(apart, Flag))
