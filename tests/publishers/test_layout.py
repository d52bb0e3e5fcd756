from hypothesis import given
from hypothesis import strategies as st

from reviewbot.analysis.facts import Interleaving, Step
from reviewbot.publishers.layout import TABLE_WIDTH, checklist, paragraph, thread_table
from tests.publishers.factory import THREADS


def test_the_table_joins_a_step_and_the_one_it_points_to() -> None:
    assert thread_table(THREADS) == [
        "demo_alloc()                  demo_find()",
        "------------                  -----------",
        "memset(d->table, ...)",
        "d->ready = true        - ->   if (d->ready)",
        "                          ?       d->table[key]   <- may be old",
    ]


def test_three_threads() -> None:
    table = Interleaving(
        ("a()", "b()", "c()"),
        (Step(0, "x = 1", arrow="- ->"), Step(1, "r = x"), Step(1, "y = r", arrow="?"), Step(2, "use(y)")),
    )
    assert thread_table(table) == [
        "a()           b()           c()",
        "---           ---           ---",
        "x = 1  - ->   r = x",
        "              y = r     ?   use(y)",
    ]


def test_a_remark_that_does_not_fit_stands_under_its_line() -> None:
    table = Interleaving(("a()", "b()"), (Step(0, "x" * 30), Step(1, "y" * 30, remark="<- may be old")))
    lines = thread_table(table)
    assert lines[-1].endswith("<- may be old")
    assert lines[-2].endswith("yyy")


def test_no_columns_no_table() -> None:
    assert thread_table(Interleaving((), (Step(0, "x"),))) == []


STEPS = st.builds(
    Step, st.integers(-1, 4), st.text(max_size=90), st.text(max_size=90), st.sampled_from(("", "- ->", "?"))
)


@given(st.lists(st.text(max_size=90), min_size=1, max_size=4), st.lists(STEPS, max_size=6))
def test_a_table_is_never_wider_than_its_page(columns: list[str], steps: list[Step]) -> None:
    lines = thread_table(Interleaving(tuple(columns), tuple(steps)))
    assert all(len(line) <= TABLE_WIDTH for line in lines)
    assert not any(len(line.splitlines()) > 1 for line in lines)


def test_paragraphs_wrap_between_words_only() -> None:
    long = "drivers/" + "x" * 90 + ".c"
    assert paragraph(f"See {long} there", 72) == ["See", long, "there"]
    assert paragraph("one two three", 9, "a  ") == ["a  one", "   two", "   three"]


def test_checklist_items_hang() -> None:
    assert checklist(["all readers are converted"], 20) == ["[ ] all readers are", "    converted"]
