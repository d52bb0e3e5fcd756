"""Whether some way into a function leads to an event with nothing held and in no section.

What the callers hold, part two: `Holding` says what all of them hold; this looks for one
that holds nothing, up to a function that the kernel calls from outside.
"""

import msgspec

from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.effects import Effects
from reviewbot.analysis.facts import Confidence
from reviewbot.analysis.held import Holding
from reviewbot.analysis.objects import CONSTRUCTOR, DESTRUCTOR
from reviewbot.analysis.program import Program, Study

DEPTH = 4


class Way(msgspec.Struct, frozen=True):
    """How an event is reached unprotected: `entry` is the function called from outside, if seen."""

    entry: Study | None
    confidence: Confidence


class Exposure:
    """The answers for one program."""

    def __init__(self, program: Program, holding: Holding, effects: Effects, contexts: Contexts) -> None:
        self._program = program
        self._holding = holding
        self._effects = effects
        self._contexts = contexts

    def way(self, study: Study, event: int) -> Way | None:
        """A way to the event with nothing held; None where there is none, or a hint says so.

        Low confidence where the callers are out of sight.
        """
        if not self._is_bare(study, event):
            return None
        entry = self._entry(study, event, DEPTH)
        if entry is not None:
            is_sure = self._program.has_tree and study.function.is_whole and entry.function.is_whole
            return Way(entry, Confidence.HIGH if is_sure else Confidence.MEDIUM)
        if self._contexts.of(study) or self._sites(study):
            return None
        return Way(None, Confidence.LOW)

    def _entry(self, study: Study, event: int, depth: int) -> Study | None:
        """The function called from outside from which a bare way leads to the event."""
        if not self._is_bare(study, event) or is_quiet(study):
            return None
        if self._contexts.is_registered(study):
            return study if self._contexts.is_open_entry(study) else None
        if depth == 0:
            return None
        found = (self._entry(caller, index, depth - 1) for caller, index in self._sites(study))
        return next((entry for entry in found if entry is not None), None)

    def _sites(self, study: Study) -> list[tuple[Study, int]]:
        """Where the function is called."""
        self._program.look_for((study.name,))
        return [(site.caller, site.event) for site in self._program.sites(study)]

    def _is_bare(self, study: Study, event: int) -> bool:
        """Whether nothing may be held: not surely, not on some paths, not by a hint."""
        state = self._holding.at(study, event)
        if state.locks or state.sections or not study.function.is_whole:
            return False
        if self._contexts.is_rcu_reader(study) or self._contexts.is_single_threaded(study):
            return False
        return not self._may_hold(study, event)

    def _may_hold(self, study: Study, event: int) -> bool:
        """Whether some path takes a lock or enters a section before the event and may not leave it."""
        before = study.flow.may_precede(event)
        changes = self._effects.changes(study)
        taking = {i: c for i, done in changes.items() if before >> i & 1 for c in done if c.acquires}
        for index, change in taking.items():
            ends = sum(
                1 << i
                for i, done in changes.items()
                if any(not c.acquires and c.hold.is_section == change.hold.is_section for c in done)
            )
            if study.flow.reaches(index, event, ends):
                return True
        return any(before >> index & 1 for index in self._effects.conditional(study))


def is_quiet(study: Study) -> bool:
    """Whether the function builds or takes apart what it works on (S02, S05)."""
    return bool(CONSTRUCTOR.search(study.name) or DESTRUCTOR.search(study.name)) or bool(
        {"__init", "__exit"} & set(study.function.annotations)
    )
