"""The final state of an execution, and whether a proposition holds in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reviewbot.memory_model.litmus.model import And, Equal, Not, Or, Place, Proposition, Test, places
from reviewbot.memory_model.values import Value

State = tuple[tuple[Place, Value], ...]
"""The final values that a test shows, in the order of `shown_places`."""


def shown_places(test: Test) -> tuple[Place, ...]:
    """What the states of a test name: registers by thread and name, then variables, as herd orders them."""
    found = {*places(test.condition.proposition), *test.locations}
    return tuple(sorted(found, key=lambda each: (each.thread is None, each.thread or 0, each.name)))


def holds(proposition: Proposition, is_equal: Callable[[Equal], bool | None]) -> bool | None:
    """Whether a proposition holds; None where that hangs on what is not known.

    Args:
        proposition: What is asked.
        is_equal: Whether a place has a value (`negated` left aside), None where that is not known.
    """
    match proposition:
        case Equal():
            found = is_equal(proposition)
            return None if found is None else found is not proposition.negated
        case Not(of):
            inner = holds(of, is_equal)
            return None if inner is None else not inner
        case And(of):
            return _joined(of, is_equal, stopper=False)
        case Or(of):
            return _joined(of, is_equal, stopper=True)


def _joined(
    of: tuple[Proposition, ...], is_equal: Callable[[Equal], bool | None], stopper: bool
) -> bool | None:
    """`stopper` if one part is that, else None if one is open, else the contrary."""
    result: bool | None = not stopper
    for each in of:
        found = holds(each, is_equal)
        if found is stopper:
            return stopper
        if found is None:
            result = None
    return result


def state_text(state: State) -> str:
    """A state as herd prints it: ``0:r0=1; x=2;``."""
    return " ".join(f"{place}={value};" for place, value in state)


def is_so(proposition: Proposition, state: Mapping[Place, Value]) -> bool:
    """Whether a proposition holds in a state that has all that it names."""
    return bool(holds(proposition, lambda each: state.get(each.place, 0) == each.value))
