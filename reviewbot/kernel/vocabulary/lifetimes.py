"""Lifetimes: memory, teardown, and what runs before or without anybody else."""

from collections.abc import Mapping

import msgspec

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary.read import Section, Table, compiled

_CALLBACKS = frozenset({"timer", "work", "irq", "thread", "tasklet", "napi", "rcu", "urb", "fence"})


class Free(msgspec.Struct, frozen=True):
    """Argument `object` is freed, or (`is_by_reference`) may be when the last reference goes."""

    object: int
    is_by_reference: bool
    note: str


class Memory(msgspec.Struct, frozen=True):
    """The tables of memory, by function name."""

    allocations: Mapping[str, bool]
    """name -> whether the memory is zeroed."""
    frees: Mapping[str, Free]
    cleanup_attributes: frozenset[str]
    copies: frozenset[str]
    user_copies: frozenset[str]
    walked_entries: frozenset[str]
    """Types of page-table entries, which are read without locks."""
    set_up: Mapping[str, tuple[str, ...]]
    """Struct -> words in the names of functions that are handed one before others see it."""

    def is_allocation(self, name: str) -> bool:
        """Whether the result of `name` is a fresh object."""
        return name in self.allocations

    def is_zeroing(self, name: str) -> bool:
        """Whether the result of `name` is fresh and all zero."""
        return self.allocations.get(name, False)

    def sets_up(self, name: str, struct: str) -> bool:
        """Whether a function of this name is handed such a struct before others see it."""
        return any(f"_{word}_" in f"_{name}_" for word in self.set_up.get(struct, ()))

    def free(self, name: str) -> Free | None:
        """What a call of `name` frees."""
        return self.frees.get(name)


class Teardown(msgspec.Struct, frozen=True):
    """Stops a `kind` of callback; `waits`: it has finished on return; `is_final`: for good."""

    kind: str
    waits: bool
    is_final: bool


class Teardowns(msgspec.Struct, frozen=True):
    """The tables of teardown and of single-threaded words."""

    teardowns: Mapping[str, Teardown]
    unregister_names: str
    """A regular expression for the names of functions that unregister."""
    single_threaded: Mapping[str, str]
    """word -> group: sections, initcalls, boot_phase, per_task, per_cpu, once, module_param, …"""

    def teardown(self, name: str) -> Teardown | None:
        """What a call of `name` stops."""
        return self.teardowns.get(name)

    def is_unregister(self, name: str) -> bool:
        """Whether `name` undoes a registration, by its name."""
        return compiled(self.unregister_names).fullmatch(name) is not None

    def single_threaded_group(self, word: str) -> str | None:
        """The group of single-threaded words that `word` is in."""
        return self.single_threaded.get(word)


def read_memory(top: Section) -> Memory:
    """The tables of `memory.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    for note in ("free_via_ref_note", "ownership_note", "copies_note", "user_copies_note"):
        top.text(note)
    allocations: Table[bool] = Table()
    allocations.add("memory.alloc", top.names("alloc"), False)
    allocations.add("memory.zeroing", top.names("zeroing"), True)
    frees: Table[Free] = Table()
    _add_frees(top, "free", frees, is_by_reference=False)
    _add_frees(top, "free_via_ref", frees, is_by_reference=True)
    set_up: Table[tuple[str, ...]] = Table()
    for row in top.rows("set_up"):
        set_up.add(row.path, (row.text("struct"),), row.names("words"))
    memory = Memory(
        allocations=allocations.frozen(),
        frees=frees.frozen(),
        cleanup_attributes=frozenset(top.names("cleanup_attributes")),
        copies=frozenset(top.names("copies")),
        user_copies=frozenset(top.names("user_copies")),
        walked_entries=frozenset(top.names("walked_entries")),
        set_up=set_up.frozen(),
    )
    top.close()
    return memory


def _add_frees(top: Section, key: str, table: Table[Free], *, is_by_reference: bool) -> None:
    for row in top.rows(key):
        number = row.number("object")
        if number is None:
            raise VocabularyError(f"{row.path}.object: missing")
        table.add(row.path, row.names("fn"), Free(number, is_by_reference, row.text("note", "")))


def read_teardowns(top: Section) -> Teardowns:
    """The tables of `teardown.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    table: Table[Teardown] = Table()
    for row in top.rows("teardown"):
        entry = Teardown(row.word("kind", _CALLBACKS), row.flag("waits"), row.flag("final"))
        table.add(row.path, row.names("fn"), entry)
    teardowns = Teardowns(
        teardowns=table.frozen(),
        unregister_names=top.text("unregister_names"),
        single_threaded=top.section("single_threaded").groups(),
    )
    top.close()
    return teardowns
