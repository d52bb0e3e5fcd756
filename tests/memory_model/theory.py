"""What simple known rules say of a critical cycle: a second opinion, with no evaluation of a model in it.

From the explanation of the model that comes with the kernel and from the literature on critical cycles:

- A thread that has its accesses in plain program order lets the cycle happen, whatever the others do.
- A full barrier in every thread forbids it.
- All accesses under one lock forbid it.
- A cycle of reads-from alone needs no more of a thread than that it runs in order.
- With one link that is not reads-from, releases up to a last thread that runs in order forbid it.
- Of two such links each needs a full barrier after it, before the next one; without, it happens.
- A ring of readers and grace periods is forbidden if there are as many grace periods as readers.
"""

from collections.abc import Iterator

from tests.memory_model.cycles import ACROSS, COUNTS, INSIDE, SWAPS, Cycle

NEVER, SOMETIMES = "Never", "Sometimes"
_FULL_ATOMICS = frozenset(
    name for name in SWAPS | COUNTS if "_" not in name.removeprefix("add_").removeprefix("fetch_")
)
_NOTHING = frozenset({"po", "barrier", "before", "after", "asl", "asru", "aul"})
_OF_READERS = frozenset({"rcu", "rlock", "runlock", "srcu", "srcu2", "slock", "sunlock"})
_OF_LOCKS = frozenset({"held", "lock", "unlock", "lock2"})
_READERS = {"rcu": "gp", "srcu": "sgp", "srcu2": "sgp2"}
_STRONG = frozenset({"mb", "gp", "sgp", "sgp2"})


class _Thread:
    """One thread: its accesses and the edges between them."""

    def __init__(
        self, ways: tuple[str, ...], edges: tuple[tuple[str, ...], ...], idle: frozenset[str]
    ) -> None:
        self.ways, self.edges, self.idle = ways, edges, idle
        self.parts = frozenset(part for edge in edges for part in edge)
        # to a fence beside an atomic operation one that fails is an atomic operation as well
        is_beside = "Rf" in ways and bool(self.parts & {"before", "after"})
        self.is_atomic = is_beside or any(way in SWAPS or way in COUNTS or way == "inc" for way in ways)
        self.is_plain = any(way in ("Rp", "Wp") for way in ways)

    @property
    def is_strong(self) -> bool:
        """Whether a full barrier stands between first and last."""
        first, last = self.ways[0], self.ways[-1]
        if len(self.ways) == 1:
            return first in _FULL_ATOMICS
        return bool(
            self.parts & _STRONG
            or first in _FULL_ATOMICS | {"Wm"}
            or last in _FULL_ATOMICS
            or any(_is_strong_in_steps(edge) for edge in self.edges)
            or (_is_atomic(first) and "after" in self.edges[0])
            or (_is_atomic(last) and "before" in self.edges[-1])
        )

    @property
    def is_bare(self) -> bool:
        """Whether nothing at all orders its two accesses."""
        if len(self.ways) != 2 or self.is_atomic:
            return False
        first, last = self.ways
        if self.is_strong or self.is_handed:
            return False
        nothing = _NOTHING | self.idle | {"ctrl" if last[0] == "R" else ""}
        if first[0] == "W" or last[0] == "W":
            nothing |= {"rmb"}
        if first[0] == "R" or last[0] == "R":
            nothing |= {"wmb"}
        return self.parts <= nothing and first != "Ra" and last != "Wr" and first != "Wm"

    @property
    def is_handed(self) -> bool:
        """Whether an unlock and a lock stand between two accesses, which order them."""
        return any("unlock.lock" in ".".join(edge) for edge in self.edges) and not self.is_atomic

    @property
    def runs_in_order(self) -> bool:
        """Whether the second access surely runs after the first; False where no rule here says so."""
        if self.is_strong or self.is_handed or len(self.ways) == 1:
            return True
        if len(self.ways) != 2 or self.is_atomic or self.is_plain:
            return False
        first, last = self.ways
        return (
            first == "Ra"
            or last == "Wr"
            or "addr" in self.parts
            or (last[0] == "W" and bool(self.parts & {"data", "ctrl"}))
            or (first[0] == last[0] == "R" and "rmb" in self.parts)
            or (first[0] == last[0] == "W" and "wmb" in self.parts)
        )

    @property
    def releases(self) -> bool:
        """Whether who sees its last write also sees what it saw before."""
        if len(self.ways) == 1:
            return self.ways[0] == "W"
        return self.is_strong or (len(self.ways) == 2 and self.ways[-1] == "Wr")

    @property
    def publishes(self) -> bool:
        """Whether who sees its last write also sees its first."""
        is_wmb = self.ways[0][0] == self.ways[-1][0] == "W" and len(self.ways) == 2 and "wmb" in self.parts
        return self.releases or self.is_handed or is_wmb


def _is_atomic(way: str) -> bool:
    return way in SWAPS or way in COUNTS or way == "inc"


def _is_strong_in_steps(edge: tuple[str, ...]) -> bool:
    """A lock, an unlock and lock, or an SRCU unlock, and the fence that makes it a full barrier."""
    text = ".".join(edge)
    return any(
        strong in text for strong in ("lock.asl", "unlock.lock.aul", "unlock.lock2.aul", "sunlock.asru")
    )


def expected(made: Cycle) -> str | None:
    """The verdict that a rule gives, or None where none of them speaks."""
    threads = tuple(_threads(made, _idle(made)))
    across = [edge[0] for edge in made.edges if edge[0] in ACROSS]
    if any(thread.is_plain for thread in threads):
        return None
    if any(thread.is_bare for thread in threads):
        return SOMETIMES
    several = [thread for thread in threads if len(thread.ways) > 1]
    if several and all(thread.is_strong for thread in several):
        return NEVER
    return _of_sections(threads) or _of_links(threads, across)


def _idle(made: Cycle) -> frozenset[str]:
    """What orders nothing in this cycle: readers that nobody waits for, a lock that nobody else takes."""
    parts = frozenset(part for edge in made.edges for part in edge)
    takers = sum(any(_OF_LOCKS & {*made.edges[i]} for i in numbers[:-1]) for numbers in made.threads)
    waits = any(part in parts for part in _READERS.values())
    return (frozenset() if waits else _OF_READERS) | (_OF_LOCKS if takers <= 1 else frozenset())


def _threads(made: Cycle, idle: frozenset[str]) -> Iterator[_Thread]:
    for numbers in made.threads:
        yield _Thread(tuple(made.ways[i] for i in numbers), tuple(made.edges[i] for i in numbers[:-1]), idle)


def _of_sections(threads: tuple[_Thread, ...]) -> str | None:
    """Locks, and rings of readers and grace periods of one kind."""
    if all(thread.edges == (("held",),) for thread in threads):
        return NEVER
    for reader, period in _READERS.items():
        kinds = [thread.edges for thread in threads]
        readers, periods = kinds.count(((reader,),)), kinds.count(((period,),))
        if readers + periods == len(threads) and all(
            way in "RW" for thread in threads for way in thread.ways
        ):
            return NEVER if periods >= readers else SOMETIMES
    return None


def _of_links(threads: tuple[_Thread, ...], across: list[str]) -> str | None:
    """What the links that are not reads-from ask for."""
    links = [i for i, edge in enumerate(across) if edge != "rfe"]
    known = _NOTHING | {"rmb", "wmb", "mb", "addr", "data", "ctrl", "gp"}
    if not all(thread.parts <= known | thread.idle and not thread.parts & INSIDE for thread in threads):
        return None
    if any(thread.is_atomic for thread in threads):
        return None
    if not links:
        return NEVER if all(thread.runs_in_order for thread in threads) else None
    rows = [
        _row(threads, link, following) for link, following in zip(links, links[1:] + links[:1], strict=True)
    ]
    if len(links) == 1:
        (row,) = rows
        is_kept = len(row) > 1 and row[0].publishes and row[-1].runs_in_order
        return NEVER if is_kept and all(thread.releases for thread in row[1:-1]) else None
    return (
        None
        if all(any(thread.is_strong for thread in row if len(thread.ways) > 1) for row in rows)
        else SOMETIMES
    )


def _row(threads: tuple[_Thread, ...], link: int, following: int) -> list[_Thread]:
    """The threads after one link up to the next one."""
    count = len(threads)
    length = (following - link - 1) % count + 1
    return [threads[(link + 1 + i) % count] for i in range(length)]
