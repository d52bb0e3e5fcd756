"""Verdicts, outcomes, races and witnesses, by the model that comes with reviewbot."""

from itertools import count

import pytest

from reviewbot.memory_model.check import Allowed, Never, Unknown, check, outcomes, races
from reviewbot.memory_model.draw import WIDTH, draw
from reviewbot.memory_model.litmus import parse
from reviewbot.memory_model.model import default
from reviewbot.memory_model.outcome import state_text
from reviewbot.memory_model.program import Limits
from tests.memory_model.texts import BOXES, FENCED_BOXES, MAIL, ORDERED_MAIL, PLAIN, one_thread

MODEL = default()


def test_missed_mail() -> None:
    verdict = check(parse(MAIL), MODEL)
    assert isinstance(verdict, Allowed)
    witness = verdict.witness
    assert state_text(witness.state) == "1:r0=1; 1:r1=0;"
    assert [[event.text for event in thread] for thread in witness.threads] == [
        ["WRITE_ONCE(*mail, 1)", "WRITE_ONCE(*note, 1)"],
        ["r0 = READ_ONCE(*note)", "r1 = READ_ONCE(*mail)"],
    ]
    mail, note = (event.index for event in witness.threads[0])
    read_note, read_mail = (event.index for event in witness.threads[1])
    assert (note, read_note) in witness.rf
    assert witness.fr == ((read_mail, mail),)
    assert len(witness.co) == 2
    assert witness.execution.allowed


def test_ordered_mail() -> None:
    verdict = check(parse(ORDERED_MAIL), MODEL)
    assert isinstance(verdict, Never)
    assert verdict.reasons == ("happens-before",)
    assert verdict.witness is not None
    assert state_text(verdict.witness.state) == "1:r0=1; 1:r1=0;"


@pytest.mark.parametrize(("text", "word"), [(BOXES, "Sometimes"), (FENCED_BOXES, "Never")])
def test_boxes(text: str, word: str) -> None:
    result = outcomes(parse(text), MODEL)
    assert (result.word, result.holding, result.others) == (word, int(word == "Sometimes"), 3)
    assert isinstance(check(parse(text), MODEL), Allowed if result.is_ok else Never)
    states = [state_text(state) for state, _ in result.states]
    assert states == sorted(states)
    assert "0:r0=0; 1:r0=1;" in states


def test_quantifiers() -> None:
    never = outcomes(parse(MAIL.replace("exists (", "~exists (")), MODEL)
    assert (never.word, never.is_ok) == ("Sometimes", False)
    forall = parse(ORDERED_MAIL.replace("exists (1:r0=1 /\\ 1:r1=0)", "forall (1:r0=0 \\/ 1:r1=1)"))
    assert (outcomes(forall, MODEL).word, outcomes(forall, MODEL).is_ok) == ("Always", True)
    assert isinstance(check(forall, MODEL), Never)
    assert isinstance(check(parse(MAIL.replace("exists (", "forall (")), MODEL), Allowed)


def test_outcome_that_no_value_comes_to() -> None:
    assert check(parse(MAIL.replace("1:r1=0", "1:r1=7")), MODEL) == Never()


def test_filter_and_locations() -> None:
    text = MAIL.replace("exists", "locations [mail;]\nfilter (1:r0=1)\nexists")
    result = outcomes(parse(text), MODEL)
    assert [state_text(state) for state, _ in result.states] == [
        "1:r0=1; 1:r1=0; mail=1;",
        "1:r0=1; 1:r1=1; mail=1;",
    ]


def test_last_value_of_a_variable() -> None:
    text = "C t\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); WRITE_ONCE(*x, 2); }\nexists (x=1)\n"
    assert isinstance(check(parse(text), MODEL), Never)
    assert isinstance(check(parse(text.replace("x=1)", "x=2)")), MODEL), Allowed)
    two = "C t\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nP1(int *x) { WRITE_ONCE(*x, 2); }\nexists (x=1)\n"
    result = outcomes(parse(two), MODEL)
    assert (result.word, result.holding, result.others) == ("Sometimes", 1, 1)


def test_races() -> None:
    assert isinstance(races(parse(PLAIN), MODEL), Never)
    assert isinstance(check(parse(PLAIN), MODEL), Never)
    unguarded = parse(PLAIN.replace("smp_rmb();", ""))
    verdict = races(unguarded, MODEL)
    assert isinstance(verdict, Allowed)
    assert "data-race" in verdict.witness.execution.flags
    assert outcomes(unguarded, MODEL).flags == ("data-race",)
    assert isinstance(check(unguarded, MODEL), Allowed)


SPIN = """C spin
{}
P0(int *x, int *y) { WRITE_ONCE(*x, 1); smp_store_release(y, 1); }
P1(int *x, int *y) { int r0; int r1; while (smp_load_acquire(y) == 0) r0 = 1; r1 = READ_ONCE(*x); }
exists (1:r1=0)
"""


def test_loop_that_may_go_on() -> None:
    verdict = check(parse(SPIN), MODEL)
    assert verdict == Unknown("P1: the loop in line 4 goes round more than 2 times")
    assert isinstance(check(parse(SPIN.replace("smp_load_acquire(y)", "READ_ONCE(*y)")), MODEL), Allowed)
    result = outcomes(parse(SPIN), MODEL)
    assert (result.holding, result.unknown) == (0, verdict.limit)


def test_loop_that_cannot_go_on() -> None:
    text = "C t\n{}\nP0(int *x) { int r0; while (READ_ONCE(*x) == 1) r0 = 1; }\nexists (0:r0=1)\n"
    assert isinstance(check(parse(text), MODEL), Never)


def test_pointer_to_nothing() -> None:
    text = """C t
{}
P0(int *a, int **p) { smp_store_release(p, a); }
P1(int *a, int **p) { int *r0; int r1; r0 = READ_ONCE(*p); if (r0) r1 = READ_ONCE(*r0); }
exists (1:r1=1)
"""
    assert isinstance(check(parse(text), MODEL), Never)
    assert check(parse(text.replace("if (r0) ", "")), MODEL) == Unknown(
        "P1: what is no address is used as one in line 4"
    )


MANY = "C t\n{}\n" + "".join(
    f"P{i}(int *x) {{ int r0; int r1; r0 = READ_ONCE(*x); WRITE_ONCE(*x, {i + 1}); r1 = READ_ONCE(*x); }}\n"
    for i in range(6)
)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(threads=5), "more than 5 threads"),
        (Limits(events=2), "P0 has more than 2 events"),
        (Limits(candidates=500), "more than 500 candidates"),
        (Limits(seconds=3), "more than 3 seconds"),
    ],
)
def test_limits(limits: Limits, reason: str) -> None:
    ticking = count()
    test = parse(MANY + "exists (0:r0=99)\n")
    race = races(test, MODEL, limits, lambda: next(ticking) / 100)
    assert race == Unknown(reason)
    assert outcomes(test, MODEL, limits, lambda: next(ticking) / 100).unknown == reason


def test_unknown_is_not_said_where_it_was_found() -> None:
    test = parse(MANY + "exists (0:r0=0)\n")
    assert isinstance(check(test, MODEL, Limits(candidates=100)), Allowed)


def test_lock_that_is_never_given_back() -> None:
    text = one_thread("spin_lock(x); spin_lock(x); WRITE_ONCE(*y, 1);", condition="exists (y=1)")
    result = outcomes(parse(text), MODEL)
    assert (result.word, result.states) == ("Never", ())


def test_drawing() -> None:
    verdict = check(parse(MAIL), MODEL)
    assert isinstance(verdict, Allowed)
    assert (
        draw(verdict.witness)
        == """\
P0                                    P1
------------------------------------  ------------------------------------
WRITE_ONCE(*mail, 1)
WRITE_ONCE(*note, 1)
                                      r0 = READ_ONCE(*note) [1]
                                      r1 = READ_ONCE(*mail) [0]

P1 R note=1 reads from P0 W note=1
P1 R mail=0 reads from the start
"""
    )


@pytest.mark.parametrize("threads", [1, 3, 4, 7])
def test_drawing_is_narrow(threads: int) -> None:
    body = "WRITE_ONCE(*a_variable_with_a_long_name, READ_ONCE(*another_variable_with_a_long_name));"
    test = "".join(
        f"P{i}(int *a_variable_with_a_long_name, int *another_variable_with_a_long_name) {{ {body} }}\n"
        for i in range(threads)
    )
    verdict = check(parse(f"C t\n{{}}\n{test}exists (a_variable_with_a_long_name=0)\n"), MODEL)
    assert isinstance(verdict, Allowed)
    lines = draw(verdict.witness).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert sum("P6" in line for line in lines) >= (threads == 7)


@pytest.mark.parametrize(
    "text",
    [
        # each of these would take for ever, or all of the stack, if it were followed
        one_thread("r0 = *x; " + "r0 = r0 + r0; " * 300 + "if (r0) *y = 1;", condition="exists (y=1)"),
        one_thread(
            "".join(f"r{i} = 0; while (r{i} < 2) {{ r{i} = r{i} + 1; " for i in range(30)) + "}" * 30,
            condition="exists (x=1)",
        ),
        "C t\n{}\n"
        + "".join(
            f"P{i}(int *x{i}, int *x{i + 1}) {{ int r0; r0 = *x{i}; *x{i + 1} = r0 + r0; }}\n"
            for i in range(16)
        )
        + "exists (x16=1)\n",
        "C t\n{}\n"
        + "".join(f"P{i}(int *x) {{ {'if (*x) *x = 2; ' * 6} }}\n" for i in range(16))
        + "exists (x=3)\n",
    ],
)
def test_hostile_tests_end(text: str) -> None:
    verdict = check(parse(text), MODEL, Limits(seconds=0.5))
    assert isinstance(verdict, Unknown | Never)


def test_values_of_reads_that_have_none() -> None:
    text = """C t
{}
P0(int *a, int *x) { *x = a; }
P1(int *x, int *y) { int r0; r0 = *x; *y = r0 * 2; }
exists (y=1)
"""
    verdict = check(parse(text), MODEL)
    assert verdict == Unknown("a * 2 has no value")


def test_never_stands_though_there_is_no_time_for_the_reason() -> None:
    hurried = [check(parse(ORDERED_MAIL), MODEL, Limits(candidates=n)) for n in range(30)]
    assert Never() in hurried
    kinds = [type(each) for each in hurried]
    assert kinds == sorted(kinds, key=lambda kind: kind is Never)
