"""The names of locks: how the code spells one, and which lock it is.

The vocabulary says which argument of a call names the lock (`arg0->i_rwsem`); this turns
it into text (`inode->i_rwsem`) and an identity (`inode.i_rwsem`) that holds in every function.
"""

import re
from collections.abc import Sequence

from reviewbot.analysis.facts import HeldLock, SharedAccess
from reviewbot.analysis.types import Types
from reviewbot.syntax.model import Path, Value, ValueKind

_ARGUMENT = re.compile(r"^(?:arg(\d+)|(result))(.*)$")
_WORDS = re.compile(r"[A-Za-z_]\w*")


def spelled(pattern: str, arguments: Sequence[str], result: str | None = None) -> str | None:
    """The lock that `pattern` names for these argument texts; None when it cannot be told.

    `arg0` gives the argument with a leading `&` taken off, `arg0->member` a member of what
    it points to, a plain word the global of that name.
    """
    match = _ARGUMENT.match(pattern)
    if match is None:
        inner = re.fullmatch(r"arg1\[arg0\]", pattern)
        return f"{arguments[1]}[{arguments[0]}]" if inner and len(arguments) > 1 else pattern
    number, is_result, rest = match.groups()
    if is_result:
        base = result
    elif number and int(number) < len(arguments):
        base = arguments[int(number)]
    else:
        base = None
    if not base:
        return None
    base = base.strip()
    if rest.startswith("[") and number == "1":
        return f"{base}[{arguments[0]}]"
    if not rest:
        return base[1:].strip("() ") if base.startswith("&") else base
    return base[1:].strip("() ") + "." + rest[2:] if base.startswith("&") else base + rest


def identity(text: str, value: Value | None, types: Types) -> str:
    """Which lock a spelling means: `struct.member`, or the name of a global.

    Without the declared type it is `?.member`, equal to any lock of that name.
    """
    path = value.path if value is not None and value.kind in (ValueKind.ADDRESS, ValueKind.LOAD) else None
    if path is not None and path.members and text.endswith(path.members[-1]):
        return _of_path(path, types)
    names = _WORDS.findall(re.sub(r"\[[^\]]*\]|\([^()]*\)", "", text))
    if not names:
        return text
    return names[0] if len(names) == 1 and "->" not in text else f"?.{names[-1]}"


def _of_path(path: Path, types: Types) -> str:
    tag = types.owner_tag(path)
    return f"{tag or '?'}.{path.members[-1]}"


def same_lock(one: str, other: str) -> bool:
    """Whether two identities can be the same lock; an unknown struct matches by member name."""
    if one == other:
        return True
    if not (one.startswith("?.") or other.startswith("?.")):
        return False
    return one.rpartition(".")[2] == other.rpartition(".")[2]


def owner_text(lock: HeldLock) -> str:
    """The object that a lock lives in, as the code spells it: `kvm` of `kvm->slots_lock`."""
    head, arrow, _ = lock.text.rpartition("->")
    return head if arrow else lock.text.rpartition(".")[0]


def _fits(lock: HeldLock, access: SharedAccess) -> bool:
    """Whether the lock can belong to the object of the access.

    A lock of the very struct that the field lives in must hang on the same object: two
    objects' own locks never exclude each other.
    """
    struct, _, _ = lock.identity.rpartition(".")
    if not struct or struct != access.field.struct:
        return True
    return owner_text(lock) == access.object_text


def _hang_alike(lock: HeldLock, one: SharedAccess, partner: HeldLock, other: SharedAccess) -> bool:
    """Whether two locks of which one's struct is unknown can be the same, by where they hang.

    The object's own lock on one side is not the lock of another object on the other side.
    """
    if not (lock.identity.startswith("?.") or partner.identity.startswith("?.")):
        return True
    owners = owner_text(lock), owner_text(partner)
    is_own = [owner == access.object_text for owner, access in zip(owners, (one, other), strict=True)]
    is_inner = [
        owner.startswith(f"{access.object_text}->")
        for owner, access in zip(owners, (one, other), strict=True)
    ]
    return not ((is_own[0] and is_inner[1]) or (is_own[1] and is_inner[0]))


def common_locks(one: SharedAccess, other: SharedAccess) -> tuple[HeldLock, ...]:
    """The locks of `one` that exclude `other`: the same lock, on the side of each writer exclusive."""
    if not one.held or not other.held:
        return ()
    found = (
        lock
        for lock in one.held
        for partner in other.held
        if same_lock(lock.identity, partner.identity)
        and _excludes(lock, one, partner, other)
        and _fits(lock, one)
        and _fits(partner, other)
        and _hang_alike(lock, one, partner, other)
    )
    return tuple(dict.fromkeys(found))


def _excludes(lock: HeldLock, one: SharedAccess, partner: HeldLock, other: SharedAccess) -> bool:
    """Whether the modes keep the two apart: a writer holds it exclusively, and at least one side does."""
    mine = lock.is_exclusive or not one.is_write
    theirs = partner.is_exclusive or not other.is_write
    return mine and theirs and (lock.is_exclusive or partner.is_exclusive)
