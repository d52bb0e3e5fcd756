"""How facts put what they know into words: counts, places, locks. No rule's own wording."""

from collections.abc import Sequence
from typing import TypedDict

from reviewbot.analysis.facts import Place, SharedAccess


class About(TypedDict):
    """The attributes of a fact that stands at the access it is about."""

    place: Place
    store: str
    target: str


class Sides(TypedDict):
    """The attributes of a fact that tell of two sides."""

    writer: str
    reader: str
    readers: str
    locks: str


def about(access: SharedAccess) -> About:
    """Where a comment about one access stands, and its text."""
    return About(place=access.place, store=access.line_text, target=access.text)


def sides(
    writer: SharedAccess,
    readers: Sequence[SharedAccess],
    noun: str,
    *,
    place: Place | None = None,
    outer: str = "",
) -> Sides:
    """A store and those who may read while it is made; `place` and `outer` are those of `locks`."""
    return Sides(
        writer=function(writer),
        reader=functions(readers),
        readers=counted(readers, noun) if readers else "",
        locks=locks(writer, readers, place, outer),
    )


def sides_of_any(access: SharedAccess, others: Sequence[SharedAccess]) -> Sides:
    """An access, of whatever kind, and the others that it may run into; some of all store."""
    every = (access, *others)
    return Sides(
        writer=functions([each for each in every if each.is_write]),
        reader=functions([each for each in every if not each.is_write]),
        readers=counted(others, "access") if others else "",
        locks=locks(access, others) if others else "",
    )


def function(access: SharedAccess) -> str:
    """`foo()`."""
    return f"{access.place.function}()" if access.place.function else access.place.path


def functions(accesses: Sequence[SharedAccess]) -> str:
    """`foo()`, `foo() and bar()`, or `foo() and 3 more`, each function once, in order."""
    names = list(dict.fromkeys(function(access) for access in accesses))
    if len(names) <= 1:
        return names[0] if names else ""
    return " and ".join(names) if len(names) == 2 else f"{names[0]} and {len(names) - 1} more"


def counted(accesses: Sequence[SharedAccess], noun: str) -> str:
    """`the check in foo()`, `the 2 checks in foo()`, `the 13 checks in patch 2`.

    Accesses on one line count as one: that is what a person would see there.
    """
    count = len({access.place for access in accesses})
    if count == 1:
        return f"the {noun} in {function(accesses[0])}"
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    patches = {access.place.patch for access in accesses}
    if len({function(access) for access in accesses}) > 1 and len(patches) == 1 and None not in patches:
        return f"the {count} {plural} in patch {patches.pop()}"
    return f"the {count} {plural} in {functions(accesses)}"


def held(access: SharedAccess) -> str:
    """`a->lock and b->lock`; empty where no lock is held. Hints are left out."""
    texts = [lock.text for lock in access.held if not lock.is_hinted]
    return " and ".join(dict.fromkeys(texts))


def locks(
    writer: SharedAccess, readers: Sequence[SharedAccess], place: Place | None = None, outer: str = ""
) -> str:
    """What is held on each side: `with d->lock held here and no lock in foo()`.

    `place` is where the comment stands, if not at the write; `outer` is a lock that a caller
    holds around the write.
    """
    here = "here" if place in (None, writer.place) else f"in {function(writer)}"
    mine = held(writer) or outer
    there = list(dict.fromkeys(held(reader) for reader in readers))
    names = functions(readers)
    if not readers:
        return f"{_said(mine, here)}, the readers out of sight"
    if there == [""]:
        return (
            f"with {mine} held {here} and no lock in {names}"
            if mine
            else f"with no lock {here} or in {names}"
        )
    said = _said(mine, here)
    if len(there) == 1:
        return f"{said} and with {there[0]} in {names}"
    some = sum(1 for reader in readers if held(reader))
    return f"{said} and with a lock around {some} of the {len(readers)} reads"


def _said(mine: str, here: str) -> str:
    return f"with {mine} held {here}" if mine else f"with no lock {here}"
