"""Who updates a field: the functions around its stores, and the locks that some callers bring.

Both answer for what cannot be seen whole. Whoever stores a field under its lock reads it
plainly on the way there; a lock that one caller holds is the convention of all.
"""

from collections.abc import Iterator, Sequence

from reviewbot.analysis.facts import HeldLock
from reviewbot.analysis.held import Holding
from reviewbot.analysis.locks import owner_text, same_lock
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.stories import Seen, Story
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Call, Marking

DEPTH = 2
CALLER_DEPTH = 3


class UpdateSide:
    """The answers for one program."""

    def __init__(self, program: Program, holding: Holding) -> None:
        self._program = program
        self._holding = holding
        self._seqcounts = vocabulary().waiting

    def reads(self, story: Story, seen: Seen) -> bool:
        """Whether a plain read belongs to those who store the field, and so need no mark.

        Its function stores the field marked, or by a macro that gets the member's name; or it
        is a static one whose callers, all of them, store the field themselves.
        """
        stores = [s for s in story.seen if s.access.is_write]
        if any(s.study is seen.study and s.access.marking is not Marking.PLAIN for s in stores):
            return True
        if _names_member(seen.study, story.field.name):
            return True
        writers = {s.study for s in stores if s.is_live}
        return self._called_by(seen.study, story.field.name, writers, DEPTH)

    def _called_by(self, study: Study, member: str, writers: set[Study], depth: int) -> bool:
        """Whether all callers of a static function store the field, or are called by who does."""
        if depth == 0 or not study.is_only_called:
            return False
        callers = {site.caller for site in self._program.sites(study)}
        return bool(callers) and all(
            caller in writers
            or _names_member(caller, member)
            or self._called_by(caller, member, writers, depth - 1)
            for caller in callers
        )

    def is_likely_locked(self, seen: Seen, others: Sequence[Seen]) -> bool:
        """Whether some caller holds an object's lock that the other side's accesses hold too.

        For a read most of the stores, for a store all of the reads. A lock of everything
        (rtnl_mutex) says little: callers hold it for other reasons.
        """
        least = len(others) if seen.access.is_write else len(others) / 2
        return any(
            sum(any(same_lock(lock.identity, held.identity) for held in s.access.held) for s in others)
            >= least
            for lock in self._brought(seen.study, CALLER_DEPTH)
            if owner_text(lock)
        )

    def _brought(self, study: Study, depth: int) -> Iterator[HeldLock]:
        """The locks that any of the callers at hand holds at its call."""
        for site in self._program.sites(study) if depth else ():
            yield from (lock for lock in self._holding.at(site.caller, site.event).locks if _is_real(lock))
            yield from self._brought(site.caller, depth - 1)

    def is_retried(self, seen: Seen) -> bool:
        """Whether a read stands in a section that is run again when a sequence count has moved."""
        return self._is_retried(seen.study, seen.event, DEPTH)

    def _is_retried(self, study: Study, event: int, depth: int) -> bool:
        before, behind = study.flow.may_precede(event), study.flow.may_follow(event)
        done = {
            (self._seqcounts.seqcount(call.function), bool(before >> index & 1), bool(behind >> index & 1))
            for index, call in study.calls()
        }
        if any(what == "read_begin" and is_before for what, is_before, _ in done):
            return any(what == "read_retry" and is_behind for what, _, is_behind in done)
        sites = self._program.sites(study) if depth and study.function.is_static else ()
        return bool(sites) and all(self._is_retried(site.caller, site.event, depth - 1) for site in sites)


def _is_real(lock: HeldLock) -> bool:
    return not lock.is_hinted


def _names_member(study: Study, member: str) -> bool:
    """Whether a macro gets the member's bare name: `ring_move(r, next)`; it may store it."""
    declared = {v.name for v in (*study.function.parameters, *study.function.locals)}
    return member not in declared and any(
        isinstance(event, Call) and any(value.text == member for value in event.arguments)
        for event in study.function.events
    )
