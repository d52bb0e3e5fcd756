"""Locks: what takes, releases, guards and asserts them, and what else keeps others out."""

from collections.abc import Mapping

import msgspec

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary.read import Section, Table
from reviewbot.kernel.vocabulary.words import FLAVOURS, IMPLICATIONS, Held, LockName, lock_name

KINDS = frozenset(
    {"spin", "raw_spin", "rw", "mutex", "rwsem", "sem", "rtmutex", "ww", "bit", "seq", "percpu_rwsem"}
    | {"local", "sock", "sock_bh", "vma", "ref", "pcm"}
)
_MODES = frozenset({"write", "read"})
_ANY_MODE = frozenset({"write", "read", "any"})
_EXCLUSIVE = {"write": True, "read": False, "any": None}
_ENTRIES = frozenset({"write", "read", "none"})
_HINTS = frozenset({"held", "not_held", "rcu_reader"})
_SCOPES = frozenset({"this_cpu"})
_WAYS = {
    "acquire": (Held.ALWAYS, False),
    "acquire_zero": (Held.ZERO, False),
    "acquire_nonzero": (Held.NONZERO, False),
    "try": (Held.NONZERO, True),
    "try_zero": (Held.ZERO, True),
}


class LockEffect(msgspec.Struct, frozen=True):
    """What a call that takes a lock does.

    `is_exclusive` is False for a reader; a reader excludes writers only. `scope` is `this_cpu`
    where only this CPU is kept out. `sleeps`: it may wait asleep. A failed try orders nothing.
    `released_by` are the functions that end it, in no order.
    """

    kind: str
    is_exclusive: bool
    lock: LockName
    held: Held
    is_try: bool
    implies: tuple[str, ...]
    sleeps: bool
    scope: str
    released_by: tuple[str, ...]
    note: str


class ReleaseEffect(msgspec.Struct, frozen=True):
    """What a call that releases a lock does; `ends` is what its acquire implied."""

    kind: str
    is_exclusive: bool
    lock: LockName
    ends: tuple[str, ...]
    scope: str


class Exclusion(msgspec.Struct, frozen=True):
    """No lock, yet it keeps others out (`implies`) or waits for them (`orders`, in words)."""

    implies: tuple[str, ...]
    scope: str
    orders: str
    ended_by: tuple[str, ...]


class GuardClass(msgspec.Struct, frozen=True):
    """A cleanup class: its argument 0 is argument 0 of `like`.

    `lock` or `exclusion` is what `like` does; both None for the classes of RCU sections, whose
    `like` the RCU tables know.
    """

    like: str
    lock: LockEffect | None
    exclusion: Exclusion | None


class Assertion(msgspec.Struct, frozen=True):
    """What is known where the call stands (a condition: where it is true).

    `is_exclusive` None: a reader or a writer. `condition` is the argument that is a condition
    of these kinds itself; `is_negated`: what it states is the condition's opposite. `is_weak`:
    the lock is held by somebody, who may be another task.
    """

    lock: LockName | None
    is_exclusive: bool | None
    implies: tuple[str, ...]
    flavour: str
    condition: int | None
    is_negated: bool
    is_weak: bool
    note: str


class Attribute(msgspec.Struct, frozen=True):
    """A function attribute that names a lock: held at entry, at exit (`write`, `read`, `none`)."""

    entry: str
    exit: str


class NameHint(msgspec.Struct, frozen=True):
    """What the start or end of a function's name suggests: `held`, `not_held`, `rcu_reader`."""

    affix: str
    is_prefix: bool
    says: str
    note: str


class Locks(msgspec.Struct, frozen=True):
    """The tables of locks, by function name. Shape of every table: name -> entry."""

    acquires: Mapping[str, LockEffect]
    releases: Mapping[str, ReleaseEffect]
    downgrades: Mapping[str, LockName]
    guards: Mapping[str, GuardClass]
    guard_forms: frozenset[str]
    guard_definitions: frozenset[str]
    assertions: Mapping[str, Assertion]
    conditions: Mapping[str, Assertion]
    not_held: frozenset[str]
    attributes: Mapping[str, Attribute]
    field_attributes: Mapping[str, str]
    exclusions: Mapping[str, Exclusion]
    exclusion_ends: Mapping[str, Exclusion]
    name_hints: tuple[NameHint, ...]
    comment_regex: str

    def acquire(self, name: str) -> LockEffect | None:
        """What a call of `name` takes; trylocks included."""
        return self.acquires.get(name)

    def release(self, name: str) -> ReleaseEffect | None:
        """What a call of `name` releases."""
        return self.releases.get(name)

    def downgrade(self, name: str) -> LockName | None:
        """The lock that a call of `name` turns from write to read."""
        return self.downgrades.get(name)

    def guard_class(self, name: str) -> GuardClass | None:
        """The cleanup class `name` of guard(name)."""
        return self.guards.get(name)

    def assertion(self, name: str) -> Assertion | None:
        """What a call of `name` asserts at this place."""
        return self.assertions.get(name)

    def condition(self, name: str) -> Assertion | None:
        """What the expression `name(...)` means where it is true."""
        return self.conditions.get(name)

    def attribute(self, name: str) -> Attribute | None:
        """The function attribute `name`."""
        return self.attributes.get(name)

    def exclusion(self, name: str) -> Exclusion | None:
        """What a call of `name` keeps out without a lock."""
        return self.exclusions.get(name)

    def exclusion_end(self, name: str) -> Exclusion | None:
        """What a call of `name` lets in again."""
        return self.exclusion_ends.get(name)


def read_locks(top: Section) -> Locks:
    """The tables of `locks.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    acquires, releases = _families(top)
    exclusions, ends = _exclusions(top)
    top.text("guard_note")
    locks = Locks(
        acquires=acquires,
        releases=releases,
        downgrades=_downgrades(top),
        guards=_guards(top.section("guards"), acquires, exclusions),
        guard_forms=frozenset(top.names("guard_forms")),
        guard_definitions=frozenset(top.names("guard_definitions")),
        assertions=_assertions(top, "assertions"),
        conditions=_assertions(top, "conditions"),
        not_held=frozenset(top.names("not_held")),
        attributes=_attributes(top),
        field_attributes=_texts(top.section("field_attributes")),
        exclusions=exclusions,
        exclusion_ends=ends,
        name_hints=tuple(_name_hint(row) for row in top.rows("name_hints")),
        comment_regex=top.text("comment_regex"),
    )
    top.close()
    return locks


def _families(top: Section) -> tuple[Mapping[str, LockEffect], Mapping[str, ReleaseEffect]]:
    acquires: Table[LockEffect] = Table()
    releases: Table[ReleaseEffect] = Table()
    for row in top.rows("families"):
        kind = row.word("kind", KINDS)
        lock = lock_name(f"{row.path}.lock", row.text("lock"))
        is_exclusive = row.word("mode", _MODES, "write") == "write"
        implies = row.names("implies", IMPLICATIONS)
        scope = row.word("scope", _SCOPES, "")
        release = row.names("release")
        releases.add(row.path, release, ReleaseEffect(kind, is_exclusive, lock, implies, scope))
        released_by = release + row.names("released_by")
        sleeps, note = row.flag("sleeps"), row.text("note", "")
        for key, (held, is_try) in _WAYS.items():
            names = row.names(key)
            if names and not released_by:
                raise VocabularyError(f"{row.path}.release: missing")
            if names:
                effect = LockEffect(
                    kind, is_exclusive, lock, held, is_try, implies, sleeps, scope, released_by, note
                )
                acquires.add(f"{row.path}.{key}", names, effect)
    return acquires.frozen(), releases.frozen()


def _exclusions(top: Section) -> tuple[Mapping[str, Exclusion], Mapping[str, Exclusion]]:
    starts: Table[Exclusion] = Table()
    ends: Table[Exclusion] = Table()
    for row in top.rows("exclusions"):
        entry = Exclusion(
            row.names("implies", IMPLICATIONS),
            row.word("scope", _SCOPES, ""),
            row.text("orders", ""),
            row.names("ended_by"),
        )
        starts.add(row.path, row.names("fn"), entry)
        ends.add(row.path, entry.ended_by, entry)
    return starts.frozen(), ends.frozen()


def _downgrades(top: Section) -> Mapping[str, LockName]:
    table: Table[LockName] = Table()
    for row in top.rows("downgrades"):
        table.add(row.path, row.names("fn"), lock_name(f"{row.path}.lock", row.text("lock")))
    return table.frozen()


def _guards(
    section: Section, acquires: Mapping[str, LockEffect], exclusions: Mapping[str, Exclusion]
) -> Mapping[str, GuardClass]:
    table: Table[GuardClass] = Table()
    for name in section.left():
        like = section.text(name)
        guard = GuardClass(like, acquires.get(like), exclusions.get(like))
        if not (guard.lock or guard.exclusion or "rcu_read_lock" in like):
            raise VocabularyError(f"{section.path}.{name}: {like} is in no table")
        table.add(section.path, (name,), guard)
    return table.frozen()


def _assertions(top: Section, key: str) -> Mapping[str, Assertion]:
    table: Table[Assertion] = Table()
    for row in top.rows(key):
        lock = row.text("lock", "")
        entry = Assertion(
            lock=lock_name(f"{row.path}.lock", lock) if lock else None,
            is_exclusive=_EXCLUSIVE[row.word("mode", _ANY_MODE, "any")],
            implies=row.names("implies", IMPLICATIONS),
            flavour=row.word("flavour", FLAVOURS, ""),
            condition=row.number("condition"),
            is_negated=row.flag("negated"),
            is_weak=row.flag("weak"),
            note=row.text("note", ""),
        )
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()


def _attributes(top: Section) -> Mapping[str, Attribute]:
    table: Table[Attribute] = Table()
    for row in top.rows("attributes"):
        entry = Attribute(row.word("entry", _ENTRIES), row.word("exit", _ENTRIES))
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()


def _texts(section: Section) -> Mapping[str, str]:
    table: Table[str] = Table()
    for name in section.left():
        table.add(section.path, (name,), section.text(name))
    return table.frozen()


def _name_hint(row: Section) -> NameHint:
    prefix, suffix = row.text("prefix", ""), row.text("suffix", "")
    if bool(prefix) == bool(suffix):
        raise VocabularyError(f"{row.path}: one of prefix and suffix is wanted")
    return NameHint(prefix or suffix, bool(prefix), row.word("says", _HINTS), row.text("note", ""))
