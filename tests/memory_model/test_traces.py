"""What each primitive does: events, tags, dependencies, and the ways through a thread."""

import pytest

from reviewbot.errors import LitmusError
from reviewbot.memory_model.litmus import parse
from reviewbot.memory_model.machine import LimitError
from reviewbot.memory_model.program import Limits, prepare
from reviewbot.memory_model.traces import Trace
from reviewbot.memory_model.values import Combined, ReadValue
from tests.memory_model.texts import MACROS, one_thread


def ways(code: str, tags_both: bool = False, **limits: int) -> tuple[Trace, ...]:
    test = parse(one_thread(code))
    return prepare(test, MACROS, Limits(**limits), tags_both=tags_both).threads[0]


def events(code: str, tags_both: bool = False) -> list[str]:
    """Each way as ``R[once] x; W x; (condition)``."""
    return [
        "; ".join(
            f"{step.kind}{f'[{step.tag}]' if step.tag else ''}{f' {step.location}' if step.location else ''}"
            for step in trace.steps
        )
        for trace in ways(code, tags_both)
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("r0 = READ_ONCE(*x);", ["R[once] x"]),
        ("r0 = *x;", ["R x"]),
        ("*x = *y;", ["R y; W x"]),
        ("r0 = smp_load_acquire(x);", ["R[acquire] x"]),
        ("smp_store_release(x, 1);", ["W[release] x"]),
        ("smp_store_mb(*x, 1);", ["W[once] x; F[mb]"]),
        ("r0 = xchg(x, 1);", ["F[mb]; R[once] x; W[once] x; F[mb]"]),
        ("r0 = xchg_acquire(x, 1);", ["R[acquire] x; W[once] x"]),
        ("r0 = cmpxchg(x, 0, 1);", ["F[mb]; R[once] x; W[once] x; F[mb]", "R[once] x"]),
        ("r0 = cmpxchg_release(x, 0, 1);", ["R[once] x; W[release] x", "R[once] x"]),
        ("r0 = atomic_add_unless(x, 1, 0);", ["F[mb]; R[once] x; W[once] x; F[mb]", "R[once] x"]),
        ("atomic_inc(x);", ["R[noreturn] x; W[once] x"]),
        ("r0 = atomic_add_return_relaxed(1, x);", ["R[once] x; W[once] x"]),
        ("r0 = atomic_fetch_add(1, x);", ["F[mb]; R[once] x; W[once] x; F[mb]"]),
        ("spin_lock(x);", ["LKR x; LKW x"]),
        ("spin_unlock(x);", ["UL x"]),
        ("r0 = spin_trylock(x);", ["LKR x; LKW x", "LF x"]),
        ("r0 = spin_is_locked(x);", ["RL x", "RU x"]),
        ("r0 = srcu_read_lock(x);", ["SRCU[srcu-lock] x"]),
        ("srcu_read_unlock(x, 1);", ["SRCU[srcu-unlock] x"]),
        ("synchronize_srcu(x);", ["SRCU[sync-srcu] x"]),
    ],
)
def test_events(code: str, expected: list[str]) -> None:
    assert events(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("r0 = xchg(x, 1);", ["R[mb] x; W[mb] x"]),
        ("r0 = cmpxchg(x, 0, 1);", ["R[mb] x; W[mb] x", "R[mb] x"]),
        ("r0 = cmpxchg_release(x, 0, 1);", ["R[release] x; W[release] x", "R[release] x"]),
        ("r0 = xchg_acquire(x, 1);", ["R[acquire] x; W[acquire] x"]),
    ],
)
def test_tags_on_both_events(code: str, expected: list[str]) -> None:
    assert events(code, tags_both=True) == expected


def test_atomic_events_are_told_even_if_they_fail() -> None:
    done, failed = ways("r0 = cmpxchg_release(x, 0, 1);")
    assert [(step.atomic, step.rmw) for step in done.steps] == [(True, -1), (True, 0)]
    assert [step.atomic for step in failed.steps] == [True]
    assert done.constraints == ((Combined("==", ReadValue(0, 0), 0), True),)
    assert failed.constraints == ((Combined("==", ReadValue(0, 0), 0), False),)


def dependencies(code: str, way: int = 0) -> list[str]:
    """``addr 0>1`` for each dependency between steps."""
    found = []
    for number, step in enumerate(ways(code)[way].steps):
        for kind in ("addr", "data", "ctrl"):
            mask = getattr(step, kind)
            found += [f"{kind} {i}>{number}" for i in range(number + 1) if mask >> i & 1]
    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("r0 = *x; *y = r0;", ["data 0>1"]),
        ("r0 = *x; r1 = r0 + 1; *y = r1 - r0;", ["data 0>1"]),
        ("*y = *x & 0;", ["data 0>1"]),
        ("*y = 1 + READ_ONCE(*x);", ["data 0>1"]),
        ("r0 = *x; if (r0) *y = 1; *z = 1;", ["ctrl 0>1"]),
        ("r0 = *x; if (r0) { if (*y) *z = 1; } *z = 2;", ["ctrl 0>1", "ctrl 0>2", "ctrl 1>2"]),
        # a register assigned under an if carries the question, as control
        ("r0 = *x; if (r0) r1 = 1; *y = r1;", ["ctrl 0>1"]),
        ("r0 = *x; if (r0) r1 = 1; r2 = r1; if (r2) *y = 1;", ["ctrl 0>1"]),
        # inside an atomic operation: from the read, but not where the value does not come from it
        ("atomic_inc(x);", ["data 0>1"]),
        ("r0 = xchg_acquire(x, 1);", []),
        ("r0 = *y; r1 = xchg_acquire(x, r0);", ["data 0>2"]),
        ("r0 = cmpxchg_release(x, *y, *z);", ["data 1>3"]),
        ("r0 = xchg_acquire(x, 1); *y = r0;", ["data 0>2"]),
        (
            "r0 = *y; r1 = atomic_add_return_relaxed(r0, x); *z = r1;",
            ["data 0>2", "data 1>2", "data 0>3", "data 1>3"],
        ),
        # success of a trylock is known by a write, which nothing depends on
        ("r0 = spin_trylock(x); if (r0) *y = 1;", []),
        ("r0 = spin_is_locked(x); if (r0) *y = 1;", ["ctrl 0>1"]),
    ],
)
def test_dependencies(code: str, expected: list[str]) -> None:
    assert dependencies(code) == expected


def test_failed_trylock_is_a_source() -> None:
    code = "r0 = spin_trylock(x); if (r0) *y = 1; else *y = 2;"
    assert dependencies(code, way=1) == ["ctrl 0>1"]


def test_address_depends_on_the_pointer_read() -> None:
    code = "r0 = READ_ONCE(*x); r1 = *r0; *z = y;"
    (loaded, stopped) = ways(code)
    assert [step.location for step in loaded.steps] == ["x", "y", "z"]
    assert loaded.steps[1].addr == 1
    assert loaded.constraints == ((Combined("==", ReadValue(0, 0), "y"), True),)
    assert stopped.stopped == "P0: what is no address is used as one in line 7"


def test_only_variables_whose_address_is_taken_are_behind_pointers() -> None:
    assert len(ways("r0 = READ_ONCE(*x); r1 = *r0;")) == 1
    assert len(ways("r0 = READ_ONCE(*x); r1 = *r0; r2 = y; r3 = z;")) == 3


def test_same_question_is_asked_once() -> None:
    assert len(ways("r0 = *x; if (r0) *y = 1; if (r0) *z = 1;")) == 2
    assert len(ways("r0 = *x; r1 = *x; if (r0) *y = 1; if (r1) *z = 1;")) == 4
    assert len(ways("if (1) *y = 1; else *z = 1;")) == 1
    assert len(ways("r0 = *x; if (r0 == r0) *y = 1;")) == 1


def test_loop_is_unrolled_to_a_bound() -> None:
    found = ways("r0 = *x; while (r0 != 1) { r0 = *x; }", unroll=3)
    assert [len(trace.steps) for trace in found] == [4, 4, 3, 2, 1]
    assert found[0].stopped == "P0: the loop in line 7 goes round more than 3 times"
    assert not any(trace.stopped for trace in found[1:])


def test_loop_that_counts_ends_by_itself() -> None:
    (only,) = ways("while (r0 < 2) { r0 = r0 + 1; *x = r0; }", unroll=2)
    assert [step.term for step in only.steps] == [1, 2]
    assert only.stopped is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("r0 = 0; *r0 = 1;", "P0: 0 is used as an address in line 7"),
        ("r0 = x * 2;", "P0: x * 2 in line 7 has no value"),
        ("r0 = 1 / 0;", "P0: 1 / 0 in line 7 has no value"),
    ],
)
def test_what_has_no_meaning_stops_the_thread(code: str, reason: str) -> None:
    (only,) = ways(code)
    assert only.stopped == reason


def test_bounds() -> None:
    with pytest.raises(LimitError, match="P0 has more than 10 ways through it"):
        ways("if (*x) ; " * 5, ways=10)
    with pytest.raises(LimitError, match="P0 has more than 4 events"):
        ways("*x = 1; " * 5, events=4)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("r0 = READ_ONCE(x);", "7:6: this takes what a pointer points to"),
        ("r0 = __xchg{mb}(x);", "7:6: __xchg takes 2 operands, not 1"),
        ("__atomic_op(x, 1, 2);", "7:1: __atomic_op takes an operator"),
    ],
)
def test_wrong_operands(code: str, words: str) -> None:
    with pytest.raises(LitmusError, match="litmus:" + words):
        ways(code)
