"""RCU: readers, list primitives, grace periods and deferred frees."""

from collections.abc import Mapping

import msgspec

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary.read import Section, Table
from reviewbot.kernel.vocabulary.words import FLAVOURS, IMPLICATIONS, LockName, lock_name

_WAYS = frozenset({"sync", "async", "poll", "barrier"})
_LIST_KINDS = frozenset({"add", "delete", "move", "replace", "splice", "init", "walk", "next"})
_EFFECTS = frozenset({"poisons", "relinks"})


class Flavour(msgspec.Struct, frozen=True):
    """A kind of RCU.

    `counts_as` is the flavour whose grace periods wait for its readers too; `satisfied_by` are
    the implications (`preempt_off`) that make a reader; `may_sleep`: its readers may.
    """

    counts_as: str
    satisfied_by: tuple[str, ...]
    may_sleep: bool
    note: str


class ReadSide(msgspec.Struct, frozen=True):
    """A read-side section. `domain` names the srcu_struct, None for other flavours."""

    flavour: str
    domain: LockName | None
    implies: tuple[str, ...]
    enters: tuple[str, ...]
    exits: tuple[str, ...]
    note: str


class ListPrimitive(msgspec.Struct, frozen=True):
    """A list primitive; `object`, `head` and `member` are argument numbers or None.

    `object` of an add is what gets visible, of a walk the cursor. `wanted` is the counterpart on
    the other side (list_add <-> list_add_rcu), empty where there is none. `effect` of a plain
    delete on readers: `poisons` (they fault) or `relinks` (they spin), else empty.
    """

    kind: str
    is_rcu: bool
    wanted: str
    object: int | None
    head: int | None
    member: int | None
    effect: str
    note: str

    @property
    def is_write(self) -> bool:
        """Whether it changes the list."""
        return self.kind not in ("walk", "next")


class GracePeriod(msgspec.Struct, frozen=True):
    """`way`: `sync` waits, `async` calls back after one, `poll` asks, `barrier` waits for callbacks."""

    way: str
    flavours: tuple[str, ...]
    domain: LockName | None
    note: str


class DeferredFree(msgspec.Struct, frozen=True):
    """Frees, or lets a callback free, the object of argument `object` after a grace period."""

    flavour: str
    object: int
    note: str


class Lookup(msgspec.Struct, frozen=True):
    """A function whose result other threads can find too, protected by this flavour.

    `domain` is the srcu_struct as `arg0->member`, empty for other flavours.
    """

    flavour: str
    domain: str


class Rcu(msgspec.Struct, frozen=True):
    """The tables of RCU, by function name."""

    flavours: Mapping[str, Flavour]
    enters: Mapping[str, ReadSide]
    exits: Mapping[str, ReadSide]
    lists: Mapping[str, ListPrimitive]
    grace_periods: Mapping[str, GracePeriod]
    deferred_frees: Mapping[str, DeferredFree]
    lookups: Mapping[str, Lookup]
    typesafe_slab_flags: frozenset[str]
    implicit_contexts: frozenset[str]
    handoff: frozenset[str]
    pointer_annotations: frozenset[str]
    head_types: frozenset[str]

    def enter(self, name: str) -> ReadSide | None:
        """The section that a call of `name` begins."""
        return self.enters.get(name)

    def exit(self, name: str) -> ReadSide | None:
        """The section that a call of `name` ends."""
        return self.exits.get(name)

    def list_read(self, name: str) -> ListPrimitive | None:
        """The walk or step `name`, plain or RCU."""
        found = self.lists.get(name)
        return None if found is None or found.is_write else found

    def list_write(self, name: str) -> ListPrimitive | None:
        """The change of a list `name`, plain or RCU."""
        found = self.lists.get(name)
        return found if found is not None and found.is_write else None

    def grace_period(self, name: str) -> GracePeriod | None:
        """What a call of `name` has to do with grace periods."""
        return self.grace_periods.get(name)

    def lookup(self, name: str) -> Lookup | None:
        """What `name` finds an object under."""
        return self.lookups.get(name)

    def deferred_free(self, name: str) -> DeferredFree | None:
        """The free after a grace period that `name` is."""
        return self.deferred_frees.get(name)


def read_rcu(top: Section) -> Rcu:
    """The tables of `rcu.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    enters, exits = _read_sides(top)
    top.text("typesafe_slab_note")
    rcu = Rcu(
        flavours=_flavours(top.section("flavours")),
        enters=enters,
        exits=exits,
        lists=_lists(top),
        grace_periods=_grace_periods(top),
        deferred_frees=_deferred_frees(top),
        lookups=_lookups(top),
        typesafe_slab_flags=frozenset(top.names("typesafe_slab_flags")),
        implicit_contexts=frozenset(top.names("implicit_contexts")),
        handoff=frozenset(top.names("handoff")),
        pointer_annotations=frozenset(top.names("pointer_annotations")),
        head_types=frozenset(top.names("head_types")),
    )
    top.close()
    return rcu


def _domain(row: Section) -> LockName | None:
    text = row.text("domain", "")
    return lock_name(f"{row.path}.domain", text) if text else None


def _flavours(section: Section) -> Mapping[str, Flavour]:
    table: Table[Flavour] = Table()
    for row in section.sections():
        counts_as = row.word("counts_as", FLAVOURS, "")
        satisfied_by = row.names("satisfied_by", IMPLICATIONS)
        table.add(
            row.path,
            (row.name,),
            Flavour(counts_as, satisfied_by, row.flag("may_sleep"), row.text("note", "")),
        )
    return table.frozen()


def _read_sides(top: Section) -> tuple[Mapping[str, ReadSide], Mapping[str, ReadSide]]:
    enters: Table[ReadSide] = Table()
    exits: Table[ReadSide] = Table()
    for row in top.rows("read_side"):
        side = ReadSide(
            flavour=row.word("flavour", FLAVOURS),
            domain=_domain(row),
            implies=row.names("implies", IMPLICATIONS),
            enters=row.names("enter"),
            exits=row.names("exit"),
            note=row.text("note", ""),
        )
        if not (side.enters and side.exits):
            raise VocabularyError(f"{row.path}: both enter and exit are wanted")
        enters.add(row.path, side.enters, side)
        exits.add(row.path, side.exits, side)
    return enters.frozen(), exits.frozen()


def _lists(top: Section) -> Mapping[str, ListPrimitive]:
    table: Table[ListPrimitive] = Table()
    for row in top.rows("lists"):
        kind, effect = row.word("kind", _LIST_KINDS), row.word("effect", _EFFECTS, "")
        note = row.text("note", "")
        plain, rcu = row.names("plain"), row.names("rcu")
        arguments = row.number("object"), row.number("head"), row.number("member")
        wanted = row.text("wanted", rcu[0] if rcu else "")
        table.add(row.path, plain, ListPrimitive(kind, False, wanted, *arguments, effect, note))
        counterpart = plain[0] if plain else ""
        table.add(row.path, rcu, ListPrimitive(kind, True, counterpart, *arguments, "", note))
    return table.frozen()


def _grace_periods(top: Section) -> Mapping[str, GracePeriod]:
    table: Table[GracePeriod] = Table()
    for row in top.rows("grace_periods"):
        flavours = row.names("flavour", FLAVOURS)
        entry = GracePeriod(row.word("way", _WAYS), flavours, _domain(row), row.text("note", ""))
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()


def _deferred_frees(top: Section) -> Mapping[str, DeferredFree]:
    table: Table[DeferredFree] = Table()
    for row in top.rows("deferred_frees"):
        number = row.number("object")
        if number is None:
            raise VocabularyError(f"{row.path}.object: missing")
        entry = DeferredFree(row.word("flavour", FLAVOURS), number, row.text("note", ""))
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()


def _lookups(top: Section) -> Mapping[str, Lookup]:
    table: Table[Lookup] = Table()
    for row in top.rows("lookups"):
        table.add(row.path, row.names("fn"), Lookup(row.word("flavour", FLAVOURS), row.text("domain", "")))
    return table.frozen()
