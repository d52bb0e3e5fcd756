"""What orders a store after what was written before it, and a load before what is used after it."""

from reviewbot.analysis.flow import bits
from reviewbot.analysis.program import Study
from reviewbot.analysis.stories import Seen
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Call, Marking

ORDERING_STORES = frozenset({Marking.RELEASE, Marking.FULL})
ORDERING_LOADS = frozenset({Marking.ACQUIRE, Marking.FULL})


class Ordering:
    """Barriers and ordered accesses on the way (suppressor S15 included)."""

    def __init__(self) -> None:
        self._barriers = vocabulary().barriers

    def orders_store(self, seen: Seen) -> bool:
        """Whether what was stored before is visible before this store: release, or a barrier above."""
        if seen.access.marking in ORDERING_STORES or seen.access.accessor == "rcu_assign_pointer":
            return True
        return self._barrier(seen.study, seen.study.flow.must_precede(seen.event), "store") is not None

    def orders_load(self, seen: Seen) -> bool:
        """Whether what is loaded later is loaded after this: acquire, or a barrier below."""
        if seen.access.marking in ORDERING_LOADS:
            return True
        return self._barrier(seen.study, seen.study.flow.may_follow(seen.event), "load") is not None

    def has_full_barrier(self, study: Study, after: int, before: int) -> bool:
        """Whether a full barrier stands on every path between two events of a function."""
        between = study.flow.may_follow(after) & study.flow.must_precede(before)
        return self._barrier(study, between, "all") is not None

    def barrier_name(self, seen: Seen) -> str:
        """The barrier that orders the access, for naming it."""
        flow = seen.study.flow
        if seen.access.is_write:
            return self._barrier(seen.study, flow.must_precede(seen.event), "store") or "smp_wmb"
        return self._barrier(seen.study, flow.may_follow(seen.event), "load") or "smp_rmb"

    def _barrier(self, study: Study, events: int, what: str) -> str | None:
        """The name of a barrier among the events that orders `what` against its like."""
        for index in bits(events):
            event = study.function.events[index]
            if isinstance(event, Call) and self._orders(event.function, what):
                return event.function
        return None

    def _orders(self, function: str, what: str) -> bool:
        barrier = self._barriers.barrier(function)
        if barrier is None:
            return self._barriers.implies_full(function)
        before, _, after = barrier.orders.partition(" -> ")
        if what == "all":
            return before == after == "all"
        return before in (what, "all") and after in (what, "all") and barrier.between != "compiler"
