"""Accesses made once all that could run has been waited for (suppressor S05).

`cancel_work_sync(&d->work)`, `timer_delete_sync()`, `kthread_stop(d->thread)`: behind the call the
callback does not run any more, and so does not race, unless the function starts it again before.
"""

from collections.abc import Iterator

from reviewbot.analysis.flow import bits
from reviewbot.analysis.handoffs import Handoffs
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.stories import Seen
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Value

DEPTH = 3

KINDS = frozenset({"timer", "work", "thread", "tasklet", "irq"})
"""Kinds of teardown that name the one callback that they wait for."""


class Drains:
    """The answers for one program."""

    def __init__(self, program: Program, handoffs: Handoffs) -> None:
        self._program = program
        self._handoffs = handoffs
        self._teardowns = vocabulary().teardowns
        self._waits: dict[Study, tuple[tuple[int, Call], ...]] = {}
        self._ended: dict[tuple[Study, int], frozenset[str]] = {}

    def waits_for(self, one: Seen, other: Seen) -> str:
        """The call before `one` that waits for all that `other` is part of; empty where there is none."""
        for index, call in self._waiting(one.study):
            if not one.study.flow.must_precede(one.event) >> index & 1:
                continue
            ended = self._callbacks(one.study, index, call)
            if ended and self._is_within(other.study, ended, DEPTH) and not self._restarts(one, index, ended):
                return f"{call.function}()"
        return ""

    def _waiting(self, study: Study) -> tuple[tuple[int, Call], ...]:
        """The calls of a function that wait for a callback."""
        if study not in self._waits:
            self._waits[study] = tuple((i, call) for i, call in study.calls() if self._is_wait(call))
        return self._waits[study]

    def _is_wait(self, call: Call) -> bool:
        teardown = self._teardowns.teardown(call.function)
        return teardown is not None and teardown.waits and teardown.kind in KINDS

    def _callbacks(self, study: Study, index: int, call: Call) -> frozenset[str]:
        """The functions that do not run any more once the call returns."""
        key = (study, index)
        if key not in self._ended:
            found: set[str] = set()
            for value in call.arguments[:1]:
                found = self._handoffs.set_up_with(value) or set(self._threads(value))
            self._ended[key] = frozenset(found)
        return self._ended[key]

    def _threads(self, value: Value) -> Iterator[str]:
        """The functions of the threads whose task is kept where the argument names it."""
        types = self._program.types
        field = types.field(value.path) if value.path is not None else None
        for study in self._program.mentioning(field.name) if field is not None else ():
            for event, call in study.calls():
                kept = study.function.events[event + 1 : event + 3]
                is_kept = any(isinstance(e, Access) and types.field(e.path) == field for e in kept)
                if is_kept and self._handoffs.is_start(call):
                    yield from self._handoffs.handlers(call)

    def _is_within(self, study: Study, names: frozenset[str], depth: int) -> bool:
        """Whether a function is one of these callbacks, or only they call it."""
        if study.name in names:
            return True
        if depth == 0 or not study.is_only_called:
            return False
        sites = self._program.sites(study)
        return bool(sites) and all(self._is_within(site.caller, names, depth - 1) for site in sites)

    def _restarts(self, seen: Seen, wait: int, names: frozenset[str]) -> bool:
        """Whether the function starts the callback again between the wait and the access."""
        between = seen.study.flow.may_follow(wait) & seen.study.flow.may_precede(seen.event)
        events = (seen.study.function.events[index] for index in bits(between))
        calls = (event for event in events if isinstance(event, Call) and self._handoffs.is_start(event))
        return any(names & self._handoffs.started(call) for call in calls)
