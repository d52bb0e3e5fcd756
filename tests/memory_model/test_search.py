"""Candidates: every choice of traces and rf whose values fit, and no other."""

from collections.abc import Iterator

import pytest

from reviewbot.memory_model.coherence import is_coherent
from reviewbot.memory_model.events import EventKind, Execution, Relation, Skeleton
from reviewbot.memory_model.litmus import parse
from reviewbot.memory_model.litmus.model import Place
from reviewbot.memory_model.model import default
from reviewbot.memory_model.program import Limits, prepare
from reviewbot.memory_model.search import Candidate, candidates
from reviewbot.memory_model.witness import pairs
from tests.memory_model.texts import BOXES, MACROS, MAIL, one_thread


def found(text: str, is_pruned: bool = False, ticks: list[None] | None = None) -> list[Candidate]:
    test = parse(text)
    program = prepare(test, MACROS, Limits())
    seen: list[None] = [] if ticks is None else ticks
    wanted = (test.condition.bad,) if is_pruned else ()
    return list(candidates(program, wanted, lambda: seen.append(None)))


def test_each_read_reads_each_write() -> None:
    all_ = found(MAIL)
    values = [(each.registers[Place("r0", 1)], each.registers[Place("r1", 1)]) for each in all_]
    assert sorted(values) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for each in all_:
        events = each.skeleton.events
        assert [event.index for event in events] == list(range(6))
        assert [event.location for event in events[:2]] == ["mail", "note"]
        for write, read in pairs(each.rf, 6):
            assert events[write].location == events[read].location
            assert events[write].value == events[read].value
            assert events[read].kind is EventKind.READ


def test_po_is_transitive_and_within_threads() -> None:
    skeleton = found("C t\n{}\nP0(int *x) { *x = 1; *x = 2; *x = 3; }\nP1(int *x) { *x = 4; }\n")[0].skeleton
    assert list(pairs(skeleton.po, 5)) == [(1, 2), (1, 3), (2, 3)]


def test_question_prunes() -> None:
    all_, few = list[None](), list[None]()
    assert len(found(BOXES, ticks=all_)) == 4
    (only,) = found(BOXES, is_pruned=True, ticks=few)
    assert set(only.registers.values()) == {0, "left", "right"}
    assert len(few) < len(all_)


def test_question_about_a_variable_that_nobody_writes_so() -> None:
    assert found(one_thread("*x = 1;", condition="exists (x=2)"), is_pruned=True) == []
    assert len(found(one_thread("*x = 1;", condition="exists (x=1)"), is_pruned=True)) == 1
    assert len(found(one_thread("spin_lock(x);", condition="exists (x=1)"), is_pruned=True)) == 1


def test_branch_is_taken_by_values_that_lead_there() -> None:
    text = """C t
{}
P0(int *x, int *y) { int r0; r0 = *x; if (r0 == 2) *y = 1; }
P1(int *x) { *x = 1; }
P2(int *x) { *x = 2; }
"""
    lengths = [len(each.skeleton.events) for each in found(text)]
    assert sorted(lengths) == [5, 5, 6]


def test_pointer_leads_where_its_value_does() -> None:
    text = """C t
{ p = a; }
P0(int *b, int **p) { *b = 5; *p = b; }
P1(int *a, int *b, int **p) { int *r0; int r1; r0 = *p; r1 = *r0; }
"""
    read = {(each.registers[Place("r0", 1)], each.registers[Place("r1", 1)]) for each in found(text)}
    assert read == {("a", 0), ("b", 0), ("b", 5)}


def test_counter() -> None:
    threads = "\n".join(f"P{i}(int *x) {{ int r0; r0 = xchg_acquire(x, {i + 1}); }}" for i in range(3))
    assert len(found(f"C t\n{{}}\n{threads}\n")) == 4**3


def test_values_run_through_several_threads() -> None:
    text = """C t
{}
P0(int *x) { *x = 3; }
P1(int *x, int *y) { int r0; r0 = *x; *y = r0 * 2; }
P2(int *y, int *z) { int r0; r0 = *y; *z = r0 + 1; }
P3(int *z) { int r0; r0 = *z; }
"""
    assert {each.registers[Place("r0", 3)] for each in found(text)} == {0, 1, 7}


def test_value_is_not_its_own_cause() -> None:
    text = """C t
{}
P0(int *x, int *y) { int r0; r0 = *x; *y = r0; }
P1(int *x, int *y) { int r0; r0 = *y; *x = r0; }
"""
    assert len(found(text)) == 3
    assert len(found(text.replace("*y = r0;", "*y = 1 + (r0 ^ r0);"))) == 4


def test_filter_of_impossible_constraints() -> None:
    assert found(one_thread("r0 = cmpxchg_release(x, 7, 8); if (r0 == 7) *y = 1;")) != []
    assert all(len(each.skeleton.events) < 5 for each in found(one_thread("r0 = cmpxchg_release(x, 7, 8);")))


def test_end_by_tick() -> None:
    def tick() -> None:
        raise TimeoutError

    program = prepare(parse(MAIL), MACROS, Limits())
    search: Iterator[Candidate] = candidates(program, (), tick)
    with pytest.raises(TimeoutError):
        next(search)


def test_coherent_choices() -> None:
    text = one_thread("*x = 1; *x = 2; r0 = *x; *x = 3;")
    program = prepare(parse(text), MACROS, Limits())

    def read(is_coherent: bool) -> list[object]:
        return [
            each.registers[Place("r0", 0)]
            for each in candidates(program, (), lambda: None, lambda: is_coherent)
        ]

    assert read(is_coherent=True) == [2]
    assert read(is_coherent=False) == [2, 0, 1, 3]


def test_model_is_asked_for_its_coherence() -> None:
    assert is_coherent(default())
    assert not is_coherent(Lenient())


class Lenient:
    """A model that allows everything."""

    def executions(self, skeleton: Skeleton, rf: Relation) -> Iterator[Execution]:
        yield Execution(skeleton, rf, 0)
