"""Barriers: what they order, what implies one, and what hands data over without one."""

from collections.abc import Mapping

import msgspec

from reviewbot.kernel.vocabulary.read import Section, Table

_KINDS = ("load", "store", "all")
_ORDERS = frozenset({f"{before} -> {after}" for before in _KINDS for after in _KINDS} | {"address -> load"})
_BETWEEN = frozenset({"smp", "device", "mmio", "hypervisor", "compiler"})


class Barrier(msgspec.Struct, frozen=True):
    """A stand-alone barrier.

    `orders` is `before -> after`, each load, store or all. `between` says whom it concerns:
    smp (other CPUs), device (coherent DMA), mmio, hypervisor, compiler. `only_before` and
    `only_after` name what it must stand next to, in fixed words or function names.
    """

    orders: str
    between: str
    pairs: tuple[str, ...]
    only_before: str
    only_after: str


class Handoff(msgspec.Struct, frozen=True):
    """What stands before the call is seen by `to` (`backwards`: the callback's by the caller)."""

    to: str
    is_backwards: bool
    note: str


class Barriers(msgspec.Struct, frozen=True):
    """The tables of ordering, by function name."""

    primitives: Mapping[str, Barrier]
    implied_full: frozenset[str]
    implied_only_if_woken: frozenset[str]
    implied_none: frozenset[str]
    handoffs: Mapping[str, Handoff]

    def barrier(self, name: str) -> Barrier | None:
        """The barrier `name`."""
        return self.primitives.get(name)

    def handoff(self, name: str) -> Handoff | None:
        """To whom a call of `name` hands over what was stored before it."""
        return self.handoffs.get(name)

    def implies_full(self, name: str) -> bool:
        """Whether a call of `name` orders everything before against everything after."""
        return name in self.implied_full


def read_barriers(top: Section) -> Barriers:
    """The tables of `barriers.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    for note in ("implied_full_note", "implied_none_note", "handoff_note"):
        top.text(note)
    barriers = Barriers(
        primitives=_primitives(top),
        implied_full=frozenset(top.names("implied_full")),
        implied_only_if_woken=frozenset(top.names("implied_only_if_woken")),
        implied_none=frozenset(top.names("implied_none")),
        handoffs=_handoffs(top),
    )
    top.close()
    return barriers


def _primitives(top: Section) -> Mapping[str, Barrier]:
    table: Table[Barrier] = Table()
    for row in top.rows("primitives"):
        entry = Barrier(
            orders=row.word("orders", _ORDERS),
            between=row.word("between", _BETWEEN),
            pairs=row.names("pairs"),
            only_before=row.text("only_before", ""),
            only_after=row.text("only_after", ""),
        )
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()


def _handoffs(top: Section) -> Mapping[str, Handoff]:
    table: Table[Handoff] = Table()
    for row in top.rows("handoffs"):
        entry = Handoff(row.text("to"), row.flag("backwards"), row.text("note", ""))
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()
