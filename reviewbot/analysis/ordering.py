"""What orders a store after what was written before it, and a load before what is used after it.

A barrier counts by where it stands: behind the payload and before the flag on the side that
stores, behind the flag and before the payload on the side that loads.
"""

from reviewbot.analysis.flow import bits
from reviewbot.analysis.program import Study
from reviewbot.analysis.stories import Seen, Story
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Kind, Marking

ORDERING_LOADS = frozenset({Marking.ACQUIRE, Marking.FULL})


class Ordering:
    """Barriers and ordered accesses on the way (suppressor S15 included)."""

    def __init__(self) -> None:
        self._barriers = vocabulary().barriers
        self._ordering: dict[tuple[Study, str], int] = {}

    def orders_store(self, seen: Seen, payload: int = 0) -> bool:
        """Whether what was stored before is visible before this store: release, or a barrier above.

        `payload` is a set of events of the function; the barrier must stand behind them all.
        """
        return is_release(seen) or self.store_barrier(seen, payload) is not None

    def orders_load(self, seen: Seen, payload: int = 0) -> bool:
        """Whether what is loaded later is loaded after this: acquire, or a barrier below.

        `payload` is a set of events of the function; the barrier must stand before them all.
        """
        return is_acquire(seen) or self.load_barrier(seen, payload) is not None

    def store_barrier(self, seen: Seen, payload: int = 0) -> int | None:
        """The event that orders the payload before this store, other than the store itself."""
        flow = seen.study.flow
        between = flow.must_precede(seen.event)
        for event in bits(payload):
            between &= flow.may_follow(event)
        return self._last(seen.study, between, "store")

    def load_barrier(self, seen: Seen, payload: int = 0) -> int | None:
        """The event that orders this load before the payload, other than the load itself."""
        flow = seen.study.flow
        between = flow.may_follow(seen.event)
        for event in bits(payload):
            between &= flow.must_precede(event)
        return self._last(seen.study, between, "load")

    def has_barrier(self, study: Study, events: int, what: str) -> bool:
        """Whether one of the events is a barrier by trade that orders `what` (`store`, `load`)."""
        index = self._last(study, events, what)
        return index is not None and self.is_explicit(_called(study, index))

    def has_full_barrier(self, study: Study, after: int, before: int) -> bool:
        """Whether a full barrier stands on every path between two events of a function."""
        between = study.flow.may_follow(after) & study.flow.must_precede(before)
        return self._last(study, between, "all") is not None

    def is_explicit(self, function: str) -> bool:
        """Whether the call is a barrier by trade, and not one that merely implies it."""
        return self._barriers.barrier(function) is not None

    def _last(self, study: Study, events: int, what: str) -> int | None:
        """The last of the events that orders `what` against its like, barriers by trade first."""
        found = list(bits(events & self._all(study, what)))
        by_trade = [index for index in found if self.is_explicit(_called(study, index))]
        return next(reversed(by_trade or found), None)

    def _all(self, study: Study, what: str) -> int:
        """The events of a function that order `what` against its like."""
        key = (study, what)
        if key not in self._ordering:
            events = range(len(study.function.events))
            self._ordering[key] = sum(1 << index for index in events if self._orders(study, index, what))
        return self._ordering[key]

    def _orders(self, study: Study, index: int, what: str) -> bool:
        event = study.function.events[index]
        if isinstance(event, Access):
            return event.marking is Marking.FULL
        if not isinstance(event, Call):
            return False
        barrier = self._barriers.barrier(event.function)
        if barrier is None:
            return self._barriers.implies_full(event.function)
        before, _, after = barrier.orders.partition(" -> ")
        return before in (what, "all") and after in (what, "all") and barrier.between != "compiler"


def is_release(seen: Seen) -> bool:
    """Whether the store itself orders what was stored before it; smp_store_mb() does not."""
    access = seen.access
    if access.marking is Marking.FULL:
        return access.kind is Kind.RMW
    return access.marking in (Marking.RELEASE, Marking.RCU)


def is_acquire(seen: Seen) -> bool:
    """Whether the load itself orders what is loaded after it."""
    return seen.access.marking in ORDERING_LOADS


def has_own_acquire(story: Story, writer: Seen) -> bool:
    """Whether the function of the store itself has the acquire that pairs: `if (ready) return; set_up()`.

    Whoever goes on then has come through it, and need not look again in order.
    """
    return any(s.study is writer.study and s.access.kind is Kind.READ and is_acquire(s) for s in story.seen)


def _called(study: Study, index: int) -> str:
    event = study.function.events[index]
    return event.function if isinstance(event, Call) else ""
