"""Publication: what makes an object visible to others, and what starts a callback."""

from collections.abc import Mapping

import msgspec

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary.read import Section, Table

_ORDERINGS = frozenset({"none", "release", "full", "full_on_success", "locked", "static"})
_SAFE = frozenset(
    {"null_value", "unpublished_destination", "value_already_published", "readers_take_same_lock"}
)
_DESTINATIONS = {"arg0": False, "*arg0": True, "": False}


class PointerStore(msgspec.Struct, frozen=True):
    """An accessor that stores a pointer.

    `is_indirect`: argument 0 points to the destination, else it is the destination's lvalue.
    `value` is the argument stored, `condition` that of a lockdep condition. `safe_when` says in
    fixed words when a store without ordering is right.
    """

    is_indirect: bool
    value: int
    ordering: str
    condition: int | None
    returns_old: bool
    safe_when: tuple[str, ...]


class Container(msgspec.Struct, frozen=True):
    """An insert: argument `object` (None: the result) can be seen by others from the call on.

    `ordering` `none` with `safe_when` `readers_take_same_lock`: right only under a lock that the
    readers take; `locked`: it takes that lock itself. `reserves`: with NULL as the object it
    only reserves a place.
    """

    object: int | None
    container: int | None
    ordering: str
    safe_when: tuple[str, ...]
    reserves: bool
    note: str


class Publications(msgspec.Struct, frozen=True):
    """The tables of publications, by function name."""

    pointers: Mapping[str, PointerStore]
    containers: Mapping[str, Container]
    reserves: frozenset[str]
    fds: frozenset[str]
    registrations: Mapping[str, str]
    async_starts: Mapping[str, str]

    def pointer_store(self, name: str) -> PointerStore | None:
        """The accessor `name` that stores a pointer."""
        return self.pointers.get(name)

    def container(self, name: str) -> Container | None:
        """The insert `name`."""
        return self.containers.get(name)

    def is_fd(self, name: str) -> bool:
        """Whether `name` gives user space a file descriptor."""
        return name in self.fds

    def registration(self, name: str) -> str | None:
        """The family (char_misc, device, user_files, net, …) that `name` registers with.

        `devm_X` stands for `X`: it registers at the call too.
        """
        return self.registrations.get(name) or self.registrations.get(name.removeprefix("devm_"))

    def async_start(self, name: str) -> str | None:
        """The kind (irq, timer, work, thread, dma) of callback that may run from `name` on."""
        return self.async_starts.get(name) or self.async_starts.get(name.removeprefix("devm_"))


def read_publications(top: Section) -> Publications:
    """The tables of `publication.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    for note in ("plain_note", "devm_note"):
        top.text(note)
    publications = Publications(
        pointers=_pointers(top),
        containers=_containers(top),
        reserves=frozenset(top.names("reserves")),
        fds=frozenset(top.names("fd")),
        registrations=top.section("registrations").groups(),
        async_starts=top.section("async_starts").groups(),
    )
    top.close()
    return publications


def _pointers(top: Section) -> Mapping[str, PointerStore]:
    table: Table[PointerStore] = Table()
    for row in top.rows("pointers"):
        value = row.number("value")
        if value is None:
            raise VocabularyError(f"{row.path}.value: missing")
        entry = PointerStore(
            is_indirect=_DESTINATIONS[row.word("destination", frozenset(_DESTINATIONS), "")],
            value=value,
            ordering=row.word("ordering", _ORDERINGS),
            condition=row.number("condition"),
            returns_old=row.flag("returns_old"),
            safe_when=row.names("safe_when", _SAFE),
        )
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()


def _containers(top: Section) -> Mapping[str, Container]:
    table: Table[Container] = Table()
    for row in top.rows("containers"):
        entry = Container(
            object=row.number("object"),
            container=row.number("container"),
            ordering=row.word("ordering", _ORDERINGS),
            safe_when=row.names("safe_when", _SAFE),
            reserves=row.flag("reserve"),
            note=row.text("note", ""),
        )
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()
