"""Calls become primitives as the .def file says."""

import pytest

from reviewbot.errors import LitmusError
from reviewbot.memory_model.litmus import model, parse
from reviewbot.memory_model.litmus.macros import expand, read_definitions
from reviewbot.memory_model.litmus.write import expression_text
from tests.memory_model.texts import MACROS, one_thread


def expanded(code: str, macros: str = MACROS) -> list[str]:
    (body,) = expand(parse(one_thread(code)), macros, "t.litmus")
    found = []
    for statement in body:
        match statement:
            case model.Assign(name, value):
                found.append(f"{name} = {expression_text(value)}")
            case model.Evaluate(call):
                found.append(expression_text(call))
    return found


@pytest.mark.parametrize(
    ("written", "primitives"),
    [
        ("r0 = READ_ONCE(*x)", ["r0 = __load{once}(*x)"]),
        ("r0 = smp_load_acquire(x)", ["r0 = __load{acquire}(*x)"]),
        ("WRITE_ONCE(*x, 1 + r0)", ["__store{once}(*x, 1 + r0)"]),
        ("smp_store_mb(*x, 1)", ["__store{once}(*x, 1)", "__fence{mb}()"]),
        ("smp_mb__after_unlock_lock()", ["__fence{after-unlock-lock}()"]),
        ("r0 = atomic_read(x)", ["r0 = __load{once}(*x)"]),
        ("r0 = atomic_dec_and_test(x)", ["r0 = __atomic_op_return{mb}(x, -, 1) == 0"]),
        ("atomic_andnot(2, x)", ["__atomic_op(x, &~, 2)"]),
        ("r0 = atomic_add_unless(x, 1, 2)", ["r0 = atomic_add_unless(x, 1, 2)"]),
        ("r0 = READ_ONCE(*READ_ONCE(*x))", ["r0 = __load{once}(*__load{once}(*x))"]),
        ("xchg(x, 1)", ["__xchg{mb}(x, 1)"]),
    ],
)
def test_calls(written: str, primitives: list[str]) -> None:
    assert expanded(f"{written};") == primitives


def test_primitive_keeps_the_text_and_line_of_the_call() -> None:
    (body,) = expand(parse(one_thread("smp_store_mb(*x, 1);")), MACROS, "t.litmus")
    assert {(each.text, each.line) for each in body} == {("smp_store_mb(*x, 1)", 7)}


def test_two_tags() -> None:
    macros = "cas(X,V,W) __cmpxchg{MB,ONCE}(X,V,W)\n"
    assert expanded("r0 = cas(x, 0, 1);", macros) == ["r0 = __cmpxchg{MB,ONCE}(x, 0, 1)"]


@pytest.mark.parametrize(
    ("code", "macros", "words"),
    [
        ("frobnicate(x);", MACROS, "t.litmus:7:1: the memory model does not know frobnicate()"),
        ("r0 = smp_mb();", MACROS, "t.litmus:7:6: smp_mb() has no value"),
        ("WRITE_ONCE(*x);", MACROS, "t.litmus:7:1: WRITE_ONCE() takes 2 operands, not 1"),
        ("again(x);", "again(X) { again(X); }", "is defined by itself"),
        ("again(x);", "again(X) again(X) + again(X)", "is defined by itself"),
        ("f(x);", "f(X", "linux-kernel.def:1:4: expected ','"),
    ],
)
def test_complaints(code: str, macros: str, words: str) -> None:
    with pytest.raises(LitmusError) as caught:
        expanded(code, macros)
    assert words in str(caught.value)


def test_macros_are_read_once() -> None:
    assert read_definitions(MACROS) is read_definitions(MACROS)
