"""A wrong table is refused, and the error names the key."""

import pytest

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary.barriers import read_barriers
from reviewbot.kernel.vocabulary.lifetimes import read_teardowns
from reviewbot.kernel.vocabulary.read import Table, parse_table
from reviewbot.kernel.vocabulary.words import lock_name

TEARDOWN = """
teardown:
  - {kind: timer, waits: true, fn: stop_it}
unregister_names: 'stop_\\w+'
single_threaded:
  sections: __init
"""
BARRIERS = """
primitives:
  - {fn: smp_mb, orders: all -> all, between: smp}
implied_full: schedule
implied_full_note: "n"
implied_only_if_woken: wake_up
implied_none: rcu_read_lock
implied_none_note: "n"
handoffs:
  - {fn: queue_work, to: work_function}
handoff_note: "n"
"""


def test_a_right_table_is_read():
    assert read_teardowns(parse_table("teardown", TEARDOWN)).teardown("stop_it") is not None
    assert read_barriers(parse_table("barriers", BARRIERS)).barrier("smp_mb") is not None


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("waits: true", "waits: true, wait: true", "teardown.teardown[0].wait: unknown key"),
        ("kind: timer", "kind: tymer", "teardown.teardown[0].kind: unknown word 'tymer'"),
        ("kind: timer, ", "", "teardown.teardown[0].kind: missing"),
        ("waits: true", "waits: maybe", "teardown.teardown[0].waits: unknown word 'maybe'"),
        ("waits: true", "waits: true, waits: false", "teardown.teardown[0].waits: stands twice"),
        ("fn: stop_it", "fn: stop_it stop_it", "teardown.teardown[0].fn: a name stands twice"),
        ("fn: stop_it", "fn: [stop_it]", "teardown.teardown[0].fn: text is wanted here"),
        (
            "sections: __init",
            "sections: __init\n  other: __init",
            "teardown.single_threaded.other: __init",
        ),
        ("single_threaded:\n  sections: __init", "", "teardown.single_threaded: missing"),
        ("single_threaded:\n  sections: __init", "single_threaded: x", "teardown.single_threaded: a mapping"),
        ("unregister_names", "unregister", "teardown.unregister_names: missing"),
        ("single_threaded:", "singel: x\nsingle_threaded:", "teardown.singel: unknown key"),
        ("{kind: timer, waits: true, fn: stop_it}", "stop_it", "teardown.teardown[0]: a mapping"),
    ],
)
def test_a_mistake_is_named_by_its_key(old, new, key):
    assert old in TEARDOWN
    with pytest.raises(VocabularyError) as caught:
        read_teardowns(parse_table("teardown", TEARDOWN.replace(old, new)))
    assert str(caught.value).startswith(key)


def test_a_name_in_two_rows_is_refused():
    row = "  - {kind: timer, waits: true, fn: stop_it}\n"
    text = TEARDOWN.replace(row, row + "  - {kind: work, waits: false, fn: stop_it}\n")
    with pytest.raises(VocabularyError, match=r"teardown\.teardown\[1\]: stop_it stands"):
        read_teardowns(parse_table("teardown", text))


def test_a_barrier_orders_known_kinds_only():
    text = BARRIERS.replace("all -> all", "all -> none")
    with pytest.raises(VocabularyError, match=r"barriers\.primitives\[0\]\.orders: unknown word"):
        read_barriers(parse_table("barriers", text))


@pytest.mark.parametrize(
    "text", ["", "- x", "a: &x b\nc: *x", "a: [", "[a]: b", "just text", "a: b\x00", "? {a: b}\n: c"]
)
def test_what_is_no_table_is_refused(text):
    with pytest.raises(VocabularyError, match=r"^hostile"):
        parse_table("hostile", text)


def test_tags_make_no_objects():
    section = parse_table("hostile", "a: !!python/object/apply:os.getcwd []")
    with pytest.raises(VocabularyError, match=r"^hostile\.a: text is wanted here"):
        section.text("a")


def test_words_that_yaml_calls_booleans_stay_text():
    assert parse_table("t", "sleeps: no").text("sleeps") == "no"


@pytest.mark.parametrize("text", ["-1", "one", "0x1", "٣"])
def test_argument_numbers_are_digits(text):
    with pytest.raises(VocabularyError, match=r"^t\.object: a number is wanted here"):
        parse_table("t", f"object: '{text}'").number("object")


@pytest.mark.parametrize("text", ["", "arg0->", "arg10", "arg0[1]", "a b", "->x", "&lock"])
def test_what_names_no_lock_is_refused(text):
    with pytest.raises(VocabularyError, match=r"^t\.lock: "):
        lock_name("t.lock", text)


def test_a_table_takes_a_name_once():
    table: Table[int] = Table()
    table.add("t", ("one", "two"), 1)
    with pytest.raises(VocabularyError, match=r"^t: two stands"):
        table.add("t", ("two",), 2)
    assert dict(table.frozen()) == {"one": 1, "two": 1}
