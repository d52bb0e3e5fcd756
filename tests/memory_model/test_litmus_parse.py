"""Litmus tests are read as herd reads them, and complaints say where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.errors import LitmusError
from reviewbot.memory_model.litmus import model, parse, write
from reviewbot.memory_model.litmus.model import (
    And,
    Binary,
    Equal,
    Initial,
    Name,
    Not,
    Number,
    Or,
    Place,
    Quantifier,
)
from tests.memory_model.texts import MAIL, one_thread


def test_parts_of_a_test() -> None:
    test = parse(MAIL)
    assert test.name == "mail-and-note"
    assert test.result == "Sometimes"
    assert [len(thread.body) for thread in test.threads] == [2, 4]
    assert test.threads[0].parameters[1] == model.Parameter("int *", "note")
    assert test.condition.quantifier is Quantifier.EXISTS
    assert test.condition.bad == And((Equal(Place("r0", 1), 1), Equal(Place("r1", 1), 0)))


def test_statement_knows_its_text_and_line() -> None:
    read = parse(MAIL).threads[1].body[2]
    assert isinstance(read, model.Assign)
    assert (read.text, read.line) == ("r0 = READ_ONCE(*note)", 22)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("x = 1;", Initial(Place("x"), 1)),
        ("x=-0x10", Initial(Place("x"), -16)),
        ("int x = 1;", Initial(Place("x"), 1, "int")),
        ("int *p = &x;", Initial(Place("p"), "x", "int *")),
        ("p = x;", Initial(Place("p"), "x")),
        ("[x] = 2;", Initial(Place("x"), 2)),
        ("0:r1 = x;", Initial(Place("r1", 0), "x")),
        ("int 0:r1 = 3;", Initial(Place("r1", 0), 3, "int")),
        ("spinlock_t s;", Initial(Place("s"), None, "spinlock_t")),
        ("atomic_t v = ATOMIC_INIT(4);", Initial(Place("v"), 4, "atomic_t")),
    ],
)
def test_initial_values(written: str, expected: Initial) -> None:
    test = parse(f"C t\n{{ {written} (* a comment *) }}\nP0(int *x) {{ }}\nexists (x=1)\n")
    assert test.initial == (expected,)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("x=1", Equal(Place("x"), 1)),
        ("(0:r0=x)", Equal(Place("r0", 0), "x")),
        ("x!=1", Equal(Place("x"), 1, negated=True)),
        ("~x=1", Not(Equal(Place("x"), 1))),
        ("not (x=1)", Not(Equal(Place("x"), 1))),
        ("true", And(())),
        (
            "x=1 \\/ y=1 /\\ z=1",
            Or((Equal(Place("x"), 1), And((Equal(Place("y"), 1), Equal(Place("z"), 1))))),
        ),
        ("x=1 => y=1", Or((Not(Equal(Place("x"), 1)), Equal(Place("y"), 1)))),
    ],
)
def test_propositions(written: str, expected: model.Proposition) -> None:
    assert parse(one_thread("", condition=f"exists {written}")).condition.proposition == expected


def test_other_questions() -> None:
    assert parse(one_thread("", condition="~exists (x=1)")).condition.quantifier is Quantifier.NOT_EXISTS
    forall = parse(one_thread("", condition="forall (x=1)")).condition
    assert forall.bad == Not(Equal(Place("x"), 1))
    assert parse(one_thread("")).condition.proposition == And(())


def test_locations_and_filter() -> None:
    test = parse(one_thread("", condition="locations [0:r1; x;]\nfilter (0:r1=1)\nexists (x=1)"))
    assert test.locations == (Place("r1", 0), Place("x"))
    assert test.filter == Equal(Place("r1", 0), 1)


def value_of(code: str) -> model.Expression:
    statement = parse(one_thread(f"r0 = {code};")).threads[0].body[0]
    assert isinstance(statement, model.Assign)
    return statement.value


def test_operators_bind_as_in_c() -> None:
    one, two, three = Number(1), Number(2), Number(3)
    assert value_of("1 + 2 * 3") == Binary("+", one, Binary("*", two, three))
    assert value_of("1 - 2 - 3") == Binary("-", Binary("-", one, two), three)
    assert value_of("1 | 2 == 3") == Binary("|", one, Binary("==", two, three))
    assert value_of("1 & 2 ^ 3") == Binary("^", Binary("&", one, two), three)
    assert value_of("(1 + 2) * 3") == Binary("*", Binary("+", one, two), three)
    assert value_of("(int *) r1") == Name("r1")
    assert value_of("-1") == Number(-1)
    assert value_of("**x") == model.Deref(model.Deref(Name("x")))


def test_else_belongs_to_the_nearest_if() -> None:
    outer = parse(one_thread("if (r0) if (r1) r2 = 1; else r2 = 2;")).threads[0].body[0]
    assert isinstance(outer, model.If)
    assert not outer.otherwise
    assert isinstance(outer.then[0], model.If)
    assert len(outer.then[0].otherwise) == 1


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "1:1", "begins with 'C'"),
        ("PPC t\n{}\n", "1:1", "other languages"),
        ("C t\n{}\n", "3:1", "the thread P0"),
        ("C t\n{}\nP1(int *x) { }\n", "3:1", "count from P0"),
        ("C t\n{ x = ; }\nP0(int *x) { }\n", "2:7", "a number or the name"),
        ("C t\n{}\nP0(int x) { }\n", "3:4", "is a pointer"),
        ("C t\n(* no end\n{}\n", "2:1", "has no end"),
        ("C t\n{}\nP0(int *x) { r0 = 1 }\n", "3:21", "expected ';'"),
        ("C t\n{}\nP0(int *x) { if (!x) r0 = 1; }\n", "3:18", "write 'e == 0'"),
        ("C t\n{}\nP0(int *x) { if (r0 && r1) r0 = 1; }\n", "3:21", "inside the other"),
        ("C t\n{}\nP0(int *x) { r0 = x->y; }\n", "3:20", "variables of their own"),
        ("C t\n{}\nP0(int *x) { r0 = &x; }\n", "3:20", "is its address"),
        ("C t\n{}\nP0(int *x) { for (;;) ; }\n", "3:14", "no 'for'"),
        ("C t\n{}\nP0(int *x) { r0; }\n", "3:14", "does nothing"),
        ("C t\n{}\nP0(int *x) { int a, b; }\n", "3:19", "one variable at a time"),
        ("C t\n{}\nP0(int *x) { r0 = 09; }\n", "3:19", "is no number"),
        ("C t\n{}\nP0(int *x) { r0 = 1;\n", "4:1", "the end of the file"),
        ("C t\n{}\nP0(int *x) { \x1b }\n", "3:14", "cannot read '\\x1b'"),
        ("C t\n{}\nP0(int *x) { }\nexists (x=1\n", "5:1", "expected ')'"),
        ("C t\n{}\nP0(int *x) { }\nexists (1:r0=1)\n", "5:1", "only 1 threads"),
        ("C t\n{}\nP0(int *x) { }\nexists (x=1) more\n", "4:14", "the end of the test"),
    ],
)
def test_complaint_names_the_place(text: str, place: str, words: str) -> None:
    with pytest.raises(LitmusError) as caught:
        parse(text, "some.litmus")
    assert str(caught.value).startswith(f"some.litmus:{place}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "code",
    [
        "r0 = " + "(" * 5000 + "1",
        "r0 = " + "*" * 5000 + "x;",
        "{" * 5000,
        "if (1) " * 5000,
        "r0 = 1" + "1" * 5000 + ";",
    ],
)
def test_depth_is_bounded(code: str) -> None:
    with pytest.raises(LitmusError, match=r"deep|too long"):
        parse(one_thread(code))
    with pytest.raises(LitmusError, match="deep"):
        parse(one_thread("", condition="exists " + "~" * 5000 + "x=1"))
    with pytest.raises(LitmusError, match="longer than"):
        parse(MAIL + " " * 1_000_000)


WORDS = ("C", "P0", "int", "exists", "if", "else", *"(){}[]*;=/~<>&|!\"'\n\t 01xr:,", "(*", "/*", "/\\", "==")


@given(st.lists(st.sampled_from(WORDS), max_size=40).map("".join))
def test_any_text_is_read_or_refused(tail: str) -> None:
    for text in (tail, f"C t\n{tail}", f"C t\n{{}}\nP0(int *x) {{{tail}", f"{MAIL}{tail}"):
        assert outcome(text).startswith(("litmus:", "C "))


def outcome(text: str) -> str:
    try:
        return write(parse(text))
    except LitmusError as error:
        return str(error)
