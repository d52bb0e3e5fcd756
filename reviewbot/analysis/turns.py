"""Accesses that all belong to one callback which never runs twice at a time (suppressor S11).

A work item, a timer, a NAPI instance: of one object each runs once at a time, so that what only
it and its helpers touch needs no lock. Only where all callers are at hand.
"""

from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.stories import Seen
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Call

DEPTH = 4

ONE_AT_A_TIME = frozenset({"workqueue", "softirq_timer", "hardirq_timer", "napi"})
"""Contexts of which an object has one, and that one never overlaps itself."""


class Turns:
    """The answers for one program."""

    def __init__(self, program: Program, contexts: Contexts) -> None:
        self._program = program
        self._contexts = contexts
        self._callbacks = vocabulary().contexts.callbacks
        self._entries: dict[tuple[Study, int], frozenset[Study] | None] = {}
        self._is_single: dict[Study, bool] = {}

    def one_callback(self, one: Seen, other: Seen) -> str:
        """The callback that both are part of, taking turns with itself; empty where there is none."""
        entries = self._entry(one.study, DEPTH)
        if not entries or len(entries) != 1 or entries != self._entry(other.study, DEPTH):
            return ""
        (entry,) = entries
        return f"{entry.name}()" if self._takes_turns(entry) else ""

    def _entry(self, study: Study, depth: int) -> frozenset[Study] | None:
        """The callbacks from which a function is reached; None where others may call it."""
        key = (study, depth)
        if key not in self._entries:
            self._entries[key] = self._from_callers(study, depth)
        return self._entries[key]

    def _from_callers(self, study: Study, depth: int) -> frozenset[Study] | None:
        if not study.function.is_static or not study.file.view.complete:
            return None
        sites = self._program.sites(study)
        found = frozenset({study}) if self._contexts.is_registered(study) else frozenset[Study]()
        if depth == 0 or not (sites or found) or (not found and study.file.takes_address(study.name)):
            return None
        for caller in dict.fromkeys(site.caller for site in sites):
            above = self._entry(caller, depth - 1)
            if above is None:
                return None
            found |= above
        return found

    def _takes_turns(self, entry: Study) -> bool:
        """Whether the callback runs once at a time for an object: of one context, and set up once."""
        if entry not in self._is_single:
            contexts = self._contexts.of(entry)
            self._is_single[entry] = (
                bool(contexts) and contexts <= ONE_AT_A_TIME and len(self._set_up(entry)) == 1
            )
        return self._is_single[entry]

    def _set_up(self, entry: Study) -> set[str]:
        """What the callback is set up with, as the code spells it: one work item, or several."""
        found = set()
        for study in self._program.mentioning(entry.name):
            for _, call in study.calls():
                if call.function in self._callbacks and _names(call, entry.name):
                    path = call.arguments[0].path
                    field = self._program.types.field(path) if path is not None else None
                    found.add(str(field) if field else call.arguments[0].text)
        return found


def _names(call: Call, function: str) -> bool:
    return any(value.text.lstrip("&") == function for value in call.arguments)
