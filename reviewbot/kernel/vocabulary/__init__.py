"""What the kernel calls things: frozen tables and lookups, no logic.

A table is read, and checked, when it is first asked for, and so is the module that knows its form:
a series that an earlier run looked at needs none of them. Lookups take the name of a function
as the code spells it and give None for a name that is not known; argument numbers count from 0.
"""

from functools import cache, cached_property
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from reviewbot.kernel.vocabulary.barriers import Barriers
    from reviewbot.kernel.vocabulary.contexts import Contexts
    from reviewbot.kernel.vocabulary.foreign_memory import ForeignMemory
    from reviewbot.kernel.vocabulary.homes import Homes
    from reviewbot.kernel.vocabulary.lifetimes import Memory, Teardowns
    from reviewbot.kernel.vocabulary.locks import Locks
    from reviewbot.kernel.vocabulary.publication import Publications
    from reviewbot.kernel.vocabulary.rcu import Rcu
    from reviewbot.kernel.vocabulary.read import Section
    from reviewbot.kernel.vocabulary.remarks import RemarkWords
    from reviewbot.kernel.vocabulary.waiting import Diagnostics, Waiting

__all__ = ["Baseline", "Vocabulary", "vocabulary"]


class Baseline(msgspec.Struct, frozen=True):
    """The kernel that the names were compared with, and the names it does not have."""

    release: str
    newer: frozenset[str]
    older: frozenset[str]


class Vocabulary:
    """All tables; each is read at its first use.

    Raises:
        VocabularyError: At that first use: a table is wrong; the text names the key.
    """

    @cached_property
    def locks(self) -> "Locks":
        """Locks, guards, assertions, exclusions."""
        from reviewbot.kernel.vocabulary.locks import read_locks  # noqa: PLC0415 - see the module

        return read_locks(_table("locks"))

    @cached_property
    def rcu(self) -> "Rcu":
        """Read sides, list primitives, grace periods."""
        from reviewbot.kernel.vocabulary.rcu import read_rcu  # noqa: PLC0415 - as above

        return read_rcu(_table("rcu"))

    @cached_property
    def publications(self) -> "Publications":
        """Pointer stores, containers, registrations, starts of callbacks."""
        from reviewbot.kernel.vocabulary.publication import read_publications  # noqa: PLC0415 - as above

        return read_publications(_table("publication"))

    @cached_property
    def barriers(self) -> "Barriers":
        """Barriers and handing over."""
        from reviewbot.kernel.vocabulary.barriers import read_barriers  # noqa: PLC0415 - as above

        return read_barriers(_table("barriers"))

    @cached_property
    def contexts(self) -> "Contexts":
        """Contexts, registrars, operations structs."""
        from reviewbot.kernel.vocabulary.contexts import read_contexts  # noqa: PLC0415 - as above

        return read_contexts(_table("contexts"))

    @cached_property
    def teardowns(self) -> "Teardowns":
        """Waiting for callbacks, unregistering, single-threaded words."""
        from reviewbot.kernel.vocabulary.lifetimes import read_teardowns  # noqa: PLC0415 - as above

        return read_teardowns(_table("teardown"))

    @cached_property
    def memory(self) -> "Memory":
        """Allocation, freeing, copying."""
        from reviewbot.kernel.vocabulary.lifetimes import read_memory  # noqa: PLC0415 - as above

        return read_memory(_table("memory"))

    @cached_property
    def foreign_memory(self) -> "ForeignMemory":
        """Memory that user space or a device writes, too."""
        from reviewbot.kernel.vocabulary.foreign_memory import read_foreign_memory  # noqa: PLC0415 - as above

        return read_foreign_memory(_table("foreign_memory"))

    @cached_property
    def waiting(self) -> "Waiting":
        """Waiting, waking, completions, sequence counters."""
        from reviewbot.kernel.vocabulary.waiting import read_waiting  # noqa: PLC0415 - as above

        return read_waiting(_table("waiting"))

    @cached_property
    def diagnostics(self) -> "Diagnostics":
        """Printing and counting."""
        from reviewbot.kernel.vocabulary.waiting import read_diagnostics  # noqa: PLC0415 - as above

        return read_diagnostics(_table("diagnostics"))

    @cached_property
    def homes(self) -> "Homes":
        """Where the code of a header lives."""
        from reviewbot.kernel.vocabulary.homes import read_homes  # noqa: PLC0415 - as above

        return read_homes(_table("homes"))

    @cached_property
    def remarks(self) -> "RemarkWords":
        """What reviewers and authors say of concerns."""
        from reviewbot.kernel.vocabulary.remarks import read_remark_words  # noqa: PLC0415 - as above

        return read_remark_words(_table("remarks"))

    @cached_property
    def baseline(self) -> Baseline:
        """The kernel that the names were compared with."""
        return _baseline(_table("baseline"))

    def is_allocation(self, name: str) -> bool:
        """Whether the result of `name` is a fresh object."""
        return self.memory.is_allocation(name)

    def publishes(self, name: str, argument: int) -> bool:
        """Whether a call of `name` makes what argument `argument` points to visible to others.

        Stores of pointers, inserts, registrations and starts of callbacks; the latter two hand
        over whatever they are given.
        """
        publications = self.publications
        store, insert = publications.pointer_store(name), publications.container(name)
        return (
            (store is not None and store.value == argument)
            or (insert is not None and insert.object == argument)
            or publications.is_fd(name)
            or publications.registration(name) is not None
            or publications.async_start(name) is not None
        )


@cache
def vocabulary() -> Vocabulary:
    """The one vocabulary."""
    return Vocabulary()


def _table(name: str) -> "Section":
    from reviewbot.kernel.vocabulary.read import read_table  # noqa: PLC0415 - as above

    return read_table(name)


def _baseline(top: "Section") -> Baseline:
    baseline = Baseline(
        top.text("baseline"),
        frozenset(top.names("newer_than_baseline")),
        frozenset(top.names("older_than_baseline")),
    )
    top.close()
    return baseline
