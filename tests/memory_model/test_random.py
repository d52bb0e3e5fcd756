"""Random programs: machines can do no more than the model allows; two models that mean the same agree."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewbot.memory_model.check import outcomes
from reviewbot.memory_model.litmus import parse
from reviewbot.memory_model.model import Model, default, load
from tests.memory_model import cycles, designed, families
from tests.memory_model.machines import Final, StrangeError, finals
from tests.memory_model.programs import programs
from tests.memory_model.recorded import of, texts

QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def allowed(text: str, model: Model) -> frozenset[Final]:
    found = outcomes(parse(text), model)
    assert found.unknown is None
    return frozenset(ordered((str(place), value) for place, value in state) for state, _ in found.states)


def ordered(state: object) -> Final:
    return tuple(sorted(state))  # type: ignore[call-overload, no-any-return]


def done(text: str, *, buffered: bool) -> frozenset[Final]:
    return frozenset(map(ordered, finals(parse(text), buffered=buffered)))


def test_what_machines_do_with_cycles_is_allowed() -> None:
    """Store buffers come to all that turns come to, so the slow machine need not look at every cycle."""
    few = [line for line in families.lines() if len(cycles.cycle(line).threads) < 4]
    for i, line in enumerate(few[::2]):
        text = texts()[line]
        did = done(text, buffered=i % 4 == 0)
        assert did, text
        assert did <= allowed(text, default()), text


def test_what_machines_do_with_designed_tests_is_allowed() -> None:
    strange = 0
    for name in designed.designed():
        text = texts()[name]
        try:
            did = done(text, buffered=True)
        except StrangeError:
            strange += 1
            continue
        assert did <= allowed(text, default()), name
    assert strange < 30


@given(programs())
@settings(max_examples=60, suppress_health_check=QUIET)
def test_what_machines_do_is_allowed(text: str) -> None:
    did = allowed(text, default())
    in_turns = done(text, buffered=False)
    assert in_turns <= done(text, buffered=True) <= did
    assert bool(in_turns) == bool(did)


@given(programs(barriers=True))
@settings(max_examples=40, suppress_health_check=QUIET)
def test_full_barriers_leave_only_turns(text: str) -> None:
    assert done(text, buffered=False) == done(text, buffered=True) == allowed(text, default())


def test_machines_differ() -> None:
    line = "W po R fre W po R fre"
    text = texts()[line]
    both_missed = (("0:r1", 0), ("1:r3", 0))
    assert both_missed in done(text, buffered=True)
    assert both_missed not in done(text, buffered=False)


@pytest.mark.tree
@given(data=st.data())
@settings(max_examples=300, suppress_health_check=QUIET)
def test_our_model_is_as_the_kernels(kernel_tree: Path, data: st.DataObject) -> None:
    text = data.draw(programs())
    model = _loaded(kernel_tree / "tools/memory-model")
    ours, theirs = outcomes(parse(text), default()), outcomes(parse(text), model)
    assert ours.states == theirs.states
    assert of(ours) == of(theirs)


_MODELS: dict[Path, Model] = {}


def _loaded(folder: Path) -> Model:
    if folder not in _MODELS:
        _MODELS[folder] = load(folder)
    return _MODELS[folder]
