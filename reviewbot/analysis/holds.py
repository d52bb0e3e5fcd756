"""What is held: a lock or a read-side section, and what the paths of a function make of it."""

import msgspec
from msgspec.structs import replace

from reviewbot.analysis import locks
from reviewbot.analysis.facts import Known, ReadSection
from reviewbot.analysis.flow import solve
from reviewbot.analysis.program import Study

RANK = {Known.SEEN: 0, Known.ASSERTED: 1, Known.CALLERS: 2, Known.HINTED: 3}


class Hold(msgspec.Struct, frozen=True):
    """A lock held or a read-side section entered."""

    text: str
    identity: str
    is_exclusive: bool
    known: Known
    is_section: bool = False
    flavour: str = ""
    implies: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[bool, str]:
        """What two holds of the same lock, spelled alike, have in common."""
        return self.is_section, self.text

    @property
    def name(self) -> str:
        """What it goes by where locks are compared: its identity, or else its spelling."""
        return self.identity or self.text

    @property
    def rank(self) -> int:
        """How unsure the knowledge is; 0 is seen."""
        return RANK[self.known]

    def sections(self) -> tuple[ReadSection, ...]:
        """The read-side sections that it stands for."""
        if self.is_section:
            return (ReadSection(self.flavour, self.text if self.flavour == "srcu" else ""),)
        return (ReadSection("rcu"),) if "rcu" in self.implies else ()


class Change(msgspec.Struct, frozen=True):
    """One hold that an event begins (`acquires`) or ends."""

    hold: Hold
    acquires: bool


Conditional = tuple[Change, bool]
"""A change, and whether it happens on a non-zero result (else on zero)."""


def net_changes(study: Study, changes: dict[int, tuple[Change, ...]]) -> list[Change]:
    """The holds that every way out of the function has gained, and those it has lost."""
    function = study.function
    empty: frozenset[Change] = frozenset()

    def through(block: int, state: frozenset[Change]) -> frozenset[Change]:
        for event in function.blocks[block].events:
            for change in changes.get(event, ()):
                if change.hold.known is not Known.SEEN:
                    continue
                opposite = replace(change, acquires=not change.acquires)
                partners = {
                    c for c in state if c.acquires != change.acquires and c.hold.key == change.hold.key
                }
                state = state - partners - {opposite} if partners else state | {change}
        return state

    starts = solve(function, empty, through, lambda _b, _e, s: s, lambda a, b: a & b)
    ends = [
        through(number, state)
        for number, (block, state) in enumerate(zip(function.blocks, starts, strict=True))
        if state is not None and not block.edges
    ]
    kept = frozenset.intersection(*ends) if ends else empty
    return sorted(kept, key=lambda c: (c.acquires, c.hold.text))


def unmatched_releases(study: Study, changes: dict[int, tuple[Change, ...]]) -> list[Change]:
    """The releases of locks that no path of the function has taken before: held on entry."""
    taken: dict[str, int] = {}
    for index, found in changes.items():
        for change in found:
            if change.acquires:
                taken[change.hold.name] = taken.get(change.hold.name, 0) | 1 << index
    unmatched = []
    for index, found in changes.items():
        if not study.flow.is_reached(index):
            continue
        before = study.flow.may_precede(index)
        for change in found:
            earlier = (name for name, mask in taken.items() if mask & before)
            if not change.acquires and not any(locks.same_lock(change.hold.name, name) for name in earlier):
                unmatched.append(Change(replace(change.hold, known=Known.SEEN), True))
    return unmatched
