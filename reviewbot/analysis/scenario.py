"""The scenario of a question: the few threads it is about, with what stands between their accesses.

It is what a reviewer would write down to argue by: one store of the data, one of the flag, the
barriers and locks between, and the same for the reader. The proof makes a litmus test of it.
"""

from enum import Enum

import msgspec

from reviewbot.syntax.model import Marking


class Shape(Enum):
    """What the outcome to be excluded is; decides which repairs make sense."""

    MESSAGE = "message"
    """Data beside what announces it: the reader sees the field set and the data as before."""
    POINTER = "pointer"
    """Data reached through the field: the reader follows it to memory not filled in yet."""
    CROSSED = "crossed"
    """Each side stores its own and misses the other's store."""
    RACE = "race"
    """Nothing but the field: a data race, and no order to ask for."""
    RECLAIM = "reclaim"
    """The reader uses an object after it was freed."""
    LATE = "late"
    """The object is found before the store that completes it, even where all is in order."""


class Doing(Enum):
    """What an act does."""

    WRITE = "write"
    READ = "read"
    EXCHANGE = "exchange"
    """A read-modify-write."""
    FENCE = "fence"
    LOCK = "lock"
    UNLOCK = "unlock"
    ENTER = "enter"
    """A read-side section begins."""
    LEAVE = "leave"
    WAIT = "wait"
    """A grace period."""


class Act(msgspec.Struct, frozen=True):
    """One step of a thread.

    Attributes:
        doing: What it does.
        name: The variable, the lock, the fence's function, or the section's flavour ("rcu", "srcu").
        marking: Of an access.
        value: Of a write: "1", or "&x" for the address of a variable.
        register: Of a read: what takes the value.
        through: The register that holds the address, in place of a variable's name.
        guard: A register: the act only happens where that is not zero.
        is_field: Whether it is an access of the field in question, which a repair may change.
        text: The line of the source, for the table of threads.
    """

    doing: Doing
    name: str = ""
    marking: Marking = Marking.PLAIN
    value: str = ""
    register: str = ""
    through: str = ""
    guard: str = ""
    is_field: bool = False
    text: str = ""


class Thread(msgspec.Struct, frozen=True):
    """A title for its column (`foo()`), and its acts in program order."""

    title: str
    acts: tuple[Act, ...]


class Outcome(msgspec.Struct, frozen=True):
    """A register of a thread with the value that it must not get."""

    thread: int
    register: str
    value: str


class Scenario(msgspec.Struct, frozen=True):
    """Two or three threads and the outcome to be excluded; no outcome where only a race is meant.

    `initial` are the variables that do not start as zero, with their values.
    """

    shape: Shape
    threads: tuple[Thread, ...]
    bad: tuple[Outcome, ...] = ()
    initial: tuple[tuple[str, str], ...] = ()
    partner: tuple[int, str] | None = None
    """The thread that lacks its half of a pair, and the primitive that would complete it."""
