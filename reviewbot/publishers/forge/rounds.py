"""Reads the state, makes the plan, sends it; and again from the beginning where something is in doubt."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec
from msgspec.structs import replace

from reviewbot.errors import ForgeError
from reviewbot.findings import Report
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.plan import Manners, Plan, plan
from reviewbot.publishers.forge.state import State
from reviewbot.publishers.forge.wire import (
    DeniedError,
    DoubtfulError,
    MissingError,
    Purpose,
    Request,
    UnfitError,
)
from reviewbot.series.model import Series

ROUNDS = 5


class Forge(Protocol):
    """What the rounds need of a forge."""

    head: str
    """The commit that was reviewed."""
    patience: Patience
    info: str
    """What a block is called that the forge can apply."""

    def read(self) -> State:
        """The request as it stands."""

    def requests(self, made: Plan, state: State, *, is_single: bool) -> Iterator[Request]:
        """What the plan is on the wire; `is_single` for one request a comment."""

    def send(self, request: Request) -> None:
        """One of them."""


class Outcome(msgspec.Struct):
    """How it went."""

    plan: Plan = msgspec.field(default_factory=Plan)
    """The last one."""
    written: Counter[Purpose] = msgspec.field(default_factory=Counter)
    """Requests that changed something, by purpose."""
    denied: dict[Purpose, str] = msgspec.field(default_factory=dict)
    """What the token may not do, and what the forge says of it."""
    moved_on: str = ""
    """Why nothing was sent: the request is closed, or has a newer head."""


class _Run(msgspec.Struct):
    forge: Forge
    outcome: Outcome
    unfit: set[str] = msgspec.field(default_factory=set)
    is_single: bool = False
    is_last: bool = False

    @property
    def refused(self) -> tuple[int, bool]:
        """Grows with each line that the forge does not take."""
        return len(self.unfit), self.is_single


def publish(forge: Forge, series: Series, report: Report, manners: Manners) -> Outcome:
    """Bring a request up to date; a second call with the same findings sends nothing that changes it.

    Raises:
        ForgeError: the forge cannot be read, or does not answer. What was sent stays.
    """
    run = _Run(forge, Outcome())
    for turn in range(ROUNDS):
        state = forge.read()
        if (why := _moved_on(forge, state)) != "":
            run.outcome.moved_on = why
            return run.outcome
        manners = replace(manners, unfit=frozenset(run.unfit), info=forge.info)
        run.outcome.plan = plan(series, report, state, manners)
        run.is_last = turn == ROUNDS - 1
        try:
            is_done = _sent(run, state)
        except DoubtfulError:
            forge.patience.pause(turn)
            continue
        if is_done:
            return run.outcome
    raise ForgeError("the forge keeps answering unclearly; what is there stays, and the next run goes on")


def _moved_on(forge: Forge, state: State) -> str:
    if not state.is_open:
        return "the request is closed"
    if state.head != forge.head:
        return f"its head is {state.head[:12]} by now, not {forge.head[:12]}; the run on that will speak"
    return ""


def _sent(run: _Run, state: State) -> bool:
    """Whether all was sent; False to look again: the forge did not take a line."""
    outcome, before = run.outcome, run.refused
    for request in run.forge.requests(outcome.plan, state, is_single=run.is_single):
        if request.purpose in outcome.denied:
            continue
        if request.purpose is not Purpose.COMMENT and before != run.refused and not run.is_last:
            return False  # the summary is to know of it
        try:
            run.forge.send(request)
        except DeniedError as error:
            outcome.denied[request.purpose] = str(error)
        except MissingError:
            if request.method == "POST" and request.purpose is not Purpose.RESOLVE:
                raise
            # somebody deleted it meanwhile: the next run sees that
        except UnfitError as error:
            _note_unfit(run, request, error)
        else:
            outcome.written[request.purpose] += 1
    return before == run.refused or run.is_last


def _note_unfit(run: _Run, request: Request, error: UnfitError) -> None:
    if not request.keys:
        raise error
    if len(request.keys) == 1:
        run.unfit.update(request.keys)
    else:
        run.is_single = True


def told(outcome: Outcome) -> Mapping[str, int]:
    """What was written, by the word of its purpose."""
    return {purpose.value: number for purpose, number in outcome.written.items()}
