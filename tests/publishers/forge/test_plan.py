"""Plans, without a forge: what is sent once needs nothing the next time, whatever stood there before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.analysis.facts import Place
from reviewbot.findings import Report
from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.lines import ShownFile, ShownLine, shown_by, shown_file, spot
from reviewbot.publishers.forge.plan import INLINE, Manners, Plan, plan
from reviewbot.publishers.forge.state import Check, Note, State, Thread
from tests.publishers import factory
from tests.publishers.forge.cases import PULL, many, report
from tests.publishers.forge.fake_github import HEAD, NEXT, patch_text

SERIES, ALL, FILE = many(50)
SHOWN = {FILE.path: shown_file(FILE.path, FILE.path, patch_text(FILE))}


def done(state: State, made: Plan) -> State:
    """The state after the plan."""
    threads = {thread.id: thread for thread in state.threads}
    for number, ask in enumerate(made.asks, start=len(threads)):
        id_ = f"new{number}-{ask.key}"
        threads[id_] = Thread(
            id_, (Note(id_, ask.body, True, "bot"),), ask.spot.path, ask.spot.line.number, False, state.head
        )
    for edit in made.edits:
        first, *others = threads[edit.thread].notes
        notes = (replace(first, body=edit.body), *others)
        threads[edit.thread] = replace(threads[edit.thread], notes=notes)
    for resolve in made.resolves:
        threads[resolve.thread] = replace(threads[resolve.thread], is_resolved=resolve.is_resolved)
    for delete in made.deletes:
        del threads[delete.thread]
    notes = state.notes
    if made.tell:
        notes = (*notes[:0], Note("told", made.tell.body, True, "bot"))
    check = Check("1", made.judge.digest) if made.judge else state.check
    return replace(state, threads=tuple(threads.values()), notes=notes, check=check)


def subset(numbers: set[int]) -> Report:
    return Report(tuple(each for number, each in enumerate(ALL.findings) if number in numbers))


NUMBERS = st.sets(st.integers(0, 49), max_size=45)
REPLIES = st.lists(st.sampled_from(["Thanks.", "reviewbot: allow it is fine"]), max_size=3)


@given(st.lists(st.tuples(NUMBERS, REPLIES, st.booleans()), min_size=1, max_size=4))
def test_every_plan_settles_and_stays_within_limits(runs: list[tuple[set[int], list[str], bool]]) -> None:
    state = State(HEAD, shown=SHOWN, writers=frozenset({"lukasz"}))
    for numbers, replies, is_pushed in runs:
        made = plan(SERIES, subset(numbers), state)
        touched = {each.thread for each in (*made.edits, *made.deletes, *made.resolves)}
        assert not touched & {thread.id for thread in state.threads if thread.has_reply}
        state = done(state, made)
        assert plan(SERIES, subset(numbers), state).is_empty
        keys = [thread.marker.key for thread in state.threads if thread.marker and not thread.marker.is_gone]
        assert len(keys) == len(set(keys)), "nothing is asked twice"
        threads = list(state.threads)
        for number, text in enumerate(replies[: len(threads)]):
            threads[number] = replace(
                threads[number], notes=(*threads[number].notes, Note("r", text, False, "lukasz"))
            )
        if is_pushed:
            threads = [replace(each, line=None) if each.line and each.line % 3 else each for each in threads]
        state = replace(state, threads=tuple(threads), head=NEXT if is_pushed else state.head)


def test_same_fingerprint_twice_is_two_questions() -> None:
    shown = {PULL.path: shown_file(PULL.path, PULL.path, patch_text(PULL))}
    made = plan(factory.series(), report(factory.finding(), factory.finding()), State(HEAD, shown=shown))
    assert [ask.key for ask in made.asks] == ["00c0ffee00c0ffee", "00c0ffee00c0ffee-2"]


def test_no_more_than_the_limit_and_none_that_was_refused() -> None:
    unfit = frozenset({f"{1:016x}"})
    made = plan(SERIES, ALL, State(HEAD, shown=SHOWN), Manners(unfit=unfit))
    assert len(made.asks) == INLINE
    assert not unfit & {ask.key for ask in made.asks}


def test_thread_not_read_to_its_end_counts_as_replied_to() -> None:
    first = plan(SERIES, ALL, State(HEAD, shown=SHOWN))
    state = done(State(HEAD, shown=SHOWN), first)
    state = replace(state, threads=tuple(replace(each, is_whole=False) for each in state.threads))
    made = plan(SERIES, Report(()), state)
    assert (made.edits, made.resolves) == ((), ())


def test_marker_is_read_back() -> None:
    for is_gone in (False, True):
        found = marker.read(marker.stamped("00-2", "text", is_gone=is_gone))
        assert found == ("00-2", marker.digest("text"), is_gone)


@pytest.mark.parametrize(
    "body", ["", "text", "<!-- reviewbot:v1 -->", "<!-- reviewbot:v2 00 000000000000 -->"]
)
def test_no_marker(body: str) -> None:
    assert marker.read(body) is None


def lines(*numbers: int, added: bool = True) -> dict[str, ShownFile]:
    made = {number: ShownLine(number, None if added else number, "x") for number in numbers}
    return {factory.CORE: ShownFile(factory.CORE, factory.CORE, made)}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (lines(46, 47, 93), (47, True)),
        (lines(46, 93), (93, False)),  # the line of the first check
        (lines(40, 50), (50, False)),  # the nearest added line
        (lines(40, 50, added=False), None),
        ({}, None),
    ],
)
def test_spot(shown: dict[str, ShownFile], expected: tuple[int, bool] | None) -> None:
    found = spot(factory.series(), factory.finding(), shown)
    assert (found and (found.line.number, found.is_exact)) == expected


def test_series_shows_its_own_lines() -> None:
    shown = shown_by(factory.series())
    assert shown[factory.CORE].lines[47].text == "\td->ready = true;"
    found = spot(factory.series(), replace(factory.finding(), place=Place("other.c", 1, 1)), shown)
    assert found is not None
    assert not found.is_exact
