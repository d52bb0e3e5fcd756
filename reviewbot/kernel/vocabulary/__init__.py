"""What the kernel calls things: frozen tables and lookups, no logic.

A table is read, and checked, when it is first asked for. Lookups take the name of a function
as the code spells it and give None for a name that is not known; argument numbers count from 0.
"""

from dataclasses import dataclass
from functools import cache, cached_property

from reviewbot.kernel.vocabulary.barriers import Barriers, read_barriers
from reviewbot.kernel.vocabulary.contexts import Contexts, read_contexts
from reviewbot.kernel.vocabulary.foreign_memory import ForeignMemory, read_foreign_memory
from reviewbot.kernel.vocabulary.homes import Homes, read_homes
from reviewbot.kernel.vocabulary.lifetimes import (
    Memory,
    Teardowns,
    read_memory,
    read_teardowns,
)
from reviewbot.kernel.vocabulary.locks import Locks, read_locks
from reviewbot.kernel.vocabulary.publication import Publications, read_publications
from reviewbot.kernel.vocabulary.rcu import Rcu, read_rcu
from reviewbot.kernel.vocabulary.read import Section, read_table
from reviewbot.kernel.vocabulary.remarks import RemarkWords, read_remark_words
from reviewbot.kernel.vocabulary.waiting import Diagnostics, Waiting, read_diagnostics, read_waiting

__all__ = ["Baseline", "Vocabulary", "vocabulary"]


@dataclass(frozen=True, slots=True)
class Baseline:
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
    def locks(self) -> Locks:
        """Locks, guards, assertions, exclusions."""
        return read_locks(read_table("locks"))

    @cached_property
    def rcu(self) -> Rcu:
        """Read sides, list primitives, grace periods."""
        return read_rcu(read_table("rcu"))

    @cached_property
    def publications(self) -> Publications:
        """Pointer stores, containers, registrations, starts of callbacks."""
        return read_publications(read_table("publication"))

    @cached_property
    def barriers(self) -> Barriers:
        """Barriers and handing over."""
        return read_barriers(read_table("barriers"))

    @cached_property
    def contexts(self) -> Contexts:
        """Contexts, registrars, operations structs."""
        return read_contexts(read_table("contexts"))

    @cached_property
    def teardowns(self) -> Teardowns:
        """Waiting for callbacks, unregistering, single-threaded words."""
        return read_teardowns(read_table("teardown"))

    @cached_property
    def memory(self) -> Memory:
        """Allocation, freeing, copying."""
        return read_memory(read_table("memory"))

    @cached_property
    def foreign_memory(self) -> ForeignMemory:
        """Memory that user space or a device writes, too."""
        return read_foreign_memory(read_table("foreign_memory"))

    @cached_property
    def waiting(self) -> Waiting:
        """Waiting, waking, completions, sequence counters."""
        return read_waiting(read_table("waiting"))

    @cached_property
    def diagnostics(self) -> Diagnostics:
        """Printing and counting."""
        return read_diagnostics(read_table("diagnostics"))

    @cached_property
    def homes(self) -> Homes:
        """Where the code of a header lives."""
        return read_homes(read_table("homes"))

    @cached_property
    def remarks(self) -> RemarkWords:
        """What reviewers and authors say of concerns."""
        return read_remark_words(read_table("remarks"))

    @cached_property
    def baseline(self) -> Baseline:
        """The kernel that the names were compared with."""
        return _baseline(read_table("baseline"))

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


def _baseline(top: Section) -> Baseline:
    baseline = Baseline(
        top.text("baseline"),
        frozenset(top.names("newer_than_baseline")),
        frozenset(top.names("older_than_baseline")),
    )
    top.close()
    return baseline
