"""Facts about accesses that nothing protects (any more), whatever the other side is."""

from reviewbot.analysis.facts import Fact


class ForeignRead(Fact, frozen=True):
    """A plain read of memory that somebody out of the kernel's sight writes."""

    owner: str
    """Who writes it: `user space`."""
    is_repeated: bool
    """The function reads it more than once, and may get two values."""


class RemovedLock(Fact, frozen=True):
    """An access made under a lock before the series, and under none now."""

    lock: str
    """The lock that was taken, as the code spelled it."""
    check: str
    """The line that reads the field before it is stored, if the lock held the two together; or empty."""
    other: str
    """A function that still stores the field."""
    is_apart: bool
    """A check and its store come apart: marks would not repair that."""
    write_wanted: str
    read_wanted: str
