"""Locks that the series takes away."""

# ruff: noqa: E101  (hunks begin their lines with a blank)

import pytest

from reviewbot.analysis.before import takes_lock
from reviewbot.analysis.unprotected import RemovedLock
from tests.analysis.series import facts, reviewed

BARE = """
 void wren_set(struct wren *w, u64 eggs)
 {
 	spin_lock(&w->lock);
 	w->eggs = eggs;
 	spin_unlock(&w->lock);
 }

 u64 wren_room(struct wren *w, u64 used)
 {
-	u64 room;
-
-	spin_lock(&w->lock);
-	room = w->eggs - used;
-	spin_unlock(&w->lock);
-	return room;
+	return w->eggs - used;
 }
"""

APART = """
 void wren_claim(struct wren *w, u32 id)
 {
-	spin_lock(&w->lock);
-	if (!w->owner)
-		w->owner = id;
-	spin_unlock(&w->lock);
+	if (!READ_ONCE(w->owner))
+		WRITE_ONCE(w->owner, id);
 }

 void wren_force(struct wren *w, u32 id)
 {
-	spin_lock(&w->lock);
-	w->owner = id;
-	spin_unlock(&w->lock);
+	WRITE_ONCE(w->owner, id);
 }
"""

DROPPED = """
+/* The lock is for those who set the eggs. */
 void wren_set(struct wren *w, u64 eggs)
 {
 	spin_lock(&w->lock);
 	w->eggs = eggs;
 	spin_unlock(&w->lock);
 }

 void wren_lay(struct wren *w)
 {
-	spin_lock(&w->lock);
 	w->eggs++;
-	spin_unlock(&w->lock);
 }
"""

NEVER = """
 void wren_set(struct wren *w, u64 eggs)
 {
 	spin_lock(&w->lock);
 	w->eggs = eggs;
 	spin_unlock(&w->lock);
 }

 u64 wren_room(struct wren *w, u64 used)
 {
 	u64 room;

 	if (w->eggs < used)
 		return 0;
 	spin_lock(&w->lock);
-	room = w->eggs - used;
+	room = w->eggs - used - 1;
 	spin_unlock(&w->lock);
 	return room;
 }

 void wren_note(struct wren *w)
 {
-	spin_lock(&w->lock);
 	w->noted++;
-	spin_unlock(&w->lock);
 }
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_read_that_nothing_protects_any_more() -> None:
    (fact,) = facts(BARE, RemovedLock)
    assert (fact.lock, fact.is_apart, fact.other) == ("w->lock", False, "wren_set()")
    assert fact.store == "return w->eggs - used;"
    assert len(fact.scenarios) == 1


def test_check_and_store_come_apart() -> None:
    (fact,) = facts(APART, RemovedLock)
    assert (fact.is_apart, fact.check, fact.write_wanted) == (True, "the check", "cmpxchg")
    assert (fact.writer, fact.other) == ("wren_claim()", "wren_force()")


def test_line_that_stayed_is_spoken_of_in_the_patch_that_unlocked_it() -> None:
    (fact,) = facts(DROPPED, RemovedLock)
    assert (fact.store, fact.place.patch) == ("w->eggs++;", 1)
    (finding,) = [f for f in reviewed(DROPPED).report.findings if f.is_shown]
    assert finding.rule == "removed-lock"


def test_access_that_never_was_under_the_lock_has_not_lost_it() -> None:
    assert [fact.field.name for fact in facts(NEVER, RemovedLock)] == []


def test_of_two_accesses_one_has_lost_the_lock() -> None:
    lost = changed(
        NEVER,
        (" \tspin_lock(&w->lock);\n-\troom", "-\tspin_lock(&w->lock);\n-\troom"),
        ("- 1;\n \tspin_unlock", "- 1;\n-\tspin_unlock"),
    )
    (fact,) = facts(lost, RemovedLock)
    assert fact.store == "room = w->eggs - used - 1;"


OTHER_OBJECT = """
 void wren_set(struct wren *w, u64 eggs)
 {
 	struct nest *n = wren_nest(w);

 	spin_lock(&w->lock);
 	n->eggs = eggs;
 	spin_unlock(&w->lock);
 }

 u64 wren_room(struct wren *w, struct state *state)
 {
-	struct nest *n = wren_nest(w);
-	u64 room;
-
-	spin_lock(&w->lock);
-	room = n->eggs;
-	spin_unlock(&w->lock);
-	return room;
+	struct nest *n = wren_nest_of(state);
+
+	return n->eggs;
 }
"""


def test_variable_that_holds_another_object_now() -> None:
    assert facts(OTHER_OBJECT, RemovedLock) == []
    same = changed(OTHER_OBJECT, ("wren_nest_of(state)", "wren_nest(w)"))
    assert len(facts(same, RemovedLock)) == 1


BARE_SILENT = {
    "marked": (("w->eggs - used;\n }", "READ_ONCE(w->eggs) - used;\n }"),),
    "asserted": (("+\treturn", "+\tlockdep_assert_held(&w->lock);\n+\treturn"),),
    "guard": (("+\treturn", "+\tguard(spinlock)(&w->lock);\n+\treturn"),),
    "another way to lock": (("+\treturn", "+\twren_lock_all(w);\n+\treturn"),),
    "a new name": ((" u64 wren_room(", "-u64 wren_room(struct wren *w, u64 used)\n+u64 wren_space("),),
    "no writer": (("\tw->eggs = eggs;", "\tw->rate = eggs;"),),
    "never under it": (
        (" \tspin_lock(&w->lock);\n \tw->eggs = eggs;\n \tspin_unlock(&w->lock);", " \tw->eggs = eggs;"),
    ),
    "being taken apart": (("wren_room(", "wren_destroy("),),
    "more than one lock": (("-\tu64 room;", " \tguard(mutex)(&w->mutex);\n-\tu64 room;"),),
    "an exchange": (("w->eggs - used;\n }", "xchg(&w->eggs, used);\n }"),),
}


@pytest.mark.parametrize("changes", BARE_SILENT.values(), ids=BARE_SILENT.keys())
def test_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert facts(changed(BARE, *changes), RemovedLock) == []


APART_SILENT = {
    "cmpxchg": (
        ("+\tif (!READ_ONCE(w->owner))\n+\t\tWRITE_ONCE(w->owner, id);", "+\tcmpxchg(&w->owner, 0, id);"),
    ),
    "the one function that stores it": (("wren_force", "wren_claim_init"),),
    "no check": (("+\tif (!READ_ONCE(w->owner))\n", ""),),
}


@pytest.mark.parametrize("changes", APART_SILENT.values(), ids=APART_SILENT.keys())
def test_apart_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert facts(changed(APART, *changes), RemovedLock) == []


def test_lines_that_take_a_lock() -> None:
    assert takes_lock("\tmutex_lock(&w->lock);")
    assert takes_lock("\tguard(mutex)(&w->lock);")
    assert not takes_lock("\tspin_lock_init(&w->lock);")
    assert not takes_lock("\tw->lock = 1;")
