"""A function that reads one field marked and plainly."""

# ruff: noqa: E101, W293  (hunks begin their lines with a blank)

import pytest

from reviewbot.analysis.facts import Confidence, MixedMarking, Side
from tests.analysis.series import facts

TWICE = """
 int wren_wake(struct wren *w, u32 flags)
 {
 	struct wren_nest *n = w->nest[flags];
 
+	if (flags & WREN_BOTH) {
+		if (!n->pool)
+			return -ENXIO;
+		wren_peck(n);
+	}
 	if (!READ_ONCE(n->pool))
 		return -EINVAL;
 	return 0;
 }
"""


def changed(*changes: tuple[str, str]) -> str:
    text = TWICE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_plain_beside_marked() -> None:
    (fact,) = facts(TWICE, MixedMarking)
    assert fact.store == "if (!n->pool)"
    assert (fact.wanted, fact.other_side, fact.marked_count) == ("READ_ONCE()", Side.READ, 1)
    assert fact.confidence is Confidence.MEDIUM
    assert fact.overlap == "wren_wake() already uses READ_ONCE() on it"


SILENT = {
    "marked": (("!n->pool)\n+\t\t\treturn", "!READ_ONCE(n->pool))\n+\t\t\treturn"),),
    "declared racy": (("!n->pool)\n+\t\t\treturn", "!data_race(n->pool))\n+\t\t\treturn"),),
    "under a lock": (("\t\tif (!n->pool)", "\t\tguard(mutex)(&n->lock);\n+\t\tif (!n->pool)"),),
    "another object": (("!n->pool)\n+", "!w->spare->pool)\n+"),),
    "the function stores it": (("\t\twren_peck(n);", "\t\tn->pool = NULL;"),),
    "another branch of the #if": (
        ("+\tif (flags", "+#ifdef CONFIG_WREN\n+\tif (flags"),
        ("+\t}\n", "+\t}\n+#else\n"),
        (
            "READ_ONCE(n->pool))\n \t\treturn -EINVAL;\n",
            "READ_ONCE(n->pool))\n \t\treturn -EINVAL;\n+#endif\n",
        ),
    ),
    "the plain one is old": (
        ("+\t\tif (!n->pool)\n+\t\t\treturn -ENXIO;", " \t\tif (!n->pool)\n \t\t\treturn -ENXIO;"),
    ),
}


@pytest.mark.parametrize("changes", SILENT.values(), ids=SILENT.keys())
def test_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert facts(changed(*changes), MixedMarking) == []


def test_lock_on_the_marked_side_alone_is_no_reason() -> None:
    locked = changed((" \tif (!READ_ONCE", " \tguard(mutex)(&n->lock);\n \tif (!READ_ONCE"))
    assert len(facts(locked, MixedMarking)) == 1
