"""Candidate executions written as one line, for the tests of the model."""

import itertools
import re
from collections.abc import Iterator
from random import Random

from reviewbot.memory_model.events import INITIAL, Event, EventKind, Execution, Judge, Relation, Skeleton

_EVENT = re.compile(
    r"(?P<label>\w+:)?(?P<kind>[A-Z]+\*?)(\[(?P<tag>[\w-]+)\])?( (?P<location>\w+))?(=(?P<value>\d+))?"
)


def skeleton(text: str, final: str = "", **dependencies: str) -> Skeleton:
    """Makes a skeleton of threads, ``W[once] x=1; F[mb]; R[once] y=0 | ...``.

    Events may have labels, ``a:R[once] x=1``; dependencies are given as ``addr="a-b c-d"``. ``R*`` and the
    ``W*`` after it are an atomic operation. Each location has an initial write of 0.
    """
    threads = [[_EVENT.fullmatch(part.strip()) for part in thread.split(";")] for thread in text.split("|")]
    found = [match for thread in threads for match in thread if match]
    assert len(found) == sum(len(thread) for thread in threads), text
    locations = list(dict.fromkeys(match["location"] for match in found if match["location"]))
    events = [Event(i, INITIAL, EventKind.WRITE, None, name, 0) for i, name in enumerate(locations)]
    labels: dict[str, int] = {}
    pairs: dict[str, list[tuple[int, int]]] = {"po": [], "addr": [], "data": [], "ctrl": [], "rmw": []}
    for number, thread in enumerate(threads):
        first = len(events)
        for match in thread:
            assert match
            index = len(events)
            labels[(match["label"] or f"{index}:")[:-1]] = index
            kind, star = match["kind"].rstrip("*"), match["kind"].endswith("*")
            value = int(match["value"]) if match["value"] else None
            events.append(
                Event(index, number, EventKind(kind), match["tag"], match["location"], value, "", 1, star)
            )
            if star and kind == "W":
                pairs["rmw"].append((index - 1, index))
        pairs["po"] += itertools.combinations(range(first, len(events)), 2)
    for name, edges in dependencies.items():
        pairs[name] += [(labels[edge.split("-")[0]], labels[edge.split("-")[1]]) for edge in edges.split()]
    n = len(events)
    relations = {name: sum(1 << i * n + j for i, j in set(edges)) for name, edges in pairs.items()}
    return Skeleton(tuple(events), **relations, final=frozenset(final.split()))


def reads_from(skeleton: Skeleton) -> Iterator[Relation]:
    """Every rf that gives each read its value."""
    n = len(skeleton.events)
    ways = []
    for read in skeleton.events:
        if read.kind == EventKind.READ:
            ways.append(
                [
                    1 << write.index * n + read.index
                    for write in skeleton.events
                    if write.kind == EventKind.WRITE
                    and (write.location, write.value) == (read.location, read.value)
                ]
            )
    for chosen in itertools.product(*ways):
        yield sum(chosen)


def allowed(model: Judge, skeleton: Skeleton) -> list[Execution]:
    """What the model lets happen."""
    return [found for rf in reads_from(skeleton) for found in model.executions(skeleton, rf)]


def everything(model: Judge, skeleton: Skeleton) -> list[Execution]:
    """What the model lets happen or forbids."""
    return [found for rf in reads_from(skeleton) for found in model.all_executions(skeleton, rf)]


_FENCES = (
    *("mb", "rmb", "wmb", "barrier", "before-atomic", "after-atomic", "after-spinlock", "after-unlock-lock"),
    *("after-srcu-read-unlock", "sync-rcu", "rcu-lock", "rcu-unlock"),
)
_LOCKS = ("LKR s; LKW s", "LKR s; LKW s", "UL s", "UL s", "LF s", "RL s", "RU s")
_SRCU = ("R[srcu-lock] q=0", "W[srcu-unlock] q=0", "SRCU[sync-srcu] q")


def random_skeleton(random: Random) -> Skeleton:  # noqa: C901 - one branch a kind
    """Two or three threads of everything that there is, few of which make sense."""
    threads: list[str] = []
    edges: dict[str, list[str]] = {"addr": [], "data": [], "ctrl": []}
    for number in range(random.choice((2, 2, 3))):
        parts: list[str] = []
        reads: list[str] = []
        for step in range(random.randint(2, 4)):
            label, location, kind = f"t{number}e{step}", random.choice("xy"), random.random()
            if kind < 0.3:
                tag = random.choice(("", "[once]", "[once]", "[acquire]", "[noreturn]"))
                parts.append(f"{label}:R{tag} {location}={random.choice((0, 1, 1, 2))}")
            elif kind < 0.6:
                tag = random.choice(("", "[once]", "[once]", "[release]"))
                parts.append(f"{label}:W{tag} {location}={random.choice((1, 1, 2))}")
            elif kind < 0.78:
                parts.append(f"F[{random.choice(_FENCES)}]")
            elif kind < 0.86:
                read, write = random.choice((("once", "once"), ("acquire", "once"), ("noreturn", "release")))
                parts.append(f"R*[{read}] {location}={random.choice((0, 1))}; W*[{write}] {location}=2")
            else:
                parts.append(random.choice(_LOCKS if kind < 0.93 else _SRCU))
            if kind < 0.6:
                names = ("addr", "ctrl") if kind < 0.3 else ("addr", "ctrl", "data", "data")
                for read in reads:
                    if random.random() < 0.3:
                        edges[random.choice(names)].append(f"{read}-{label}")
                if kind < 0.3:
                    reads.append(label)
        threads.append("; ".join(parts))
    given = {name: " ".join(found) for name, found in edges.items()}
    return skeleton(" | ".join(threads), random.choice(("", "x", "x y", "s")), **given)
