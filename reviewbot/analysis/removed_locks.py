"""Locks that the series takes away from around accesses of a field that others still store (N3).

Each function is compared with what it was before: an access that was made under a lock, and is made
under none now; or a check and the store that follows from it, which one section held together.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from reviewbot.analysis import wording
from reviewbot.analysis.before import Before, Removal
from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.facts import Confidence, HeldLock, Known, Place
from reviewbot.analysis.locks import same_lock
from reviewbot.analysis.objects import CONSTRUCTOR, DESTRUCTOR
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.sightings import Sightings
from reviewbot.analysis.stories import UNMARKED, Seen, tests_of
from reviewbot.analysis.types import object_text
from reviewbot.analysis.unprotected import RemovedLock
from reviewbot.syntax.model import Access, Kind, Root

Key = tuple[str, str, bool, tuple[str, ...]]
"""A member, the text of its object, whether it is read, and the lines that gave the object's variable."""

CHANGES = (Kind.READ, Kind.WRITE, Kind.RMW)


class Lost(msgspec.Struct, frozen=True):
    """An access that is made without a lock now, and the lock that it was made under."""

    seen: Seen
    lock: HeldLock


class RemovedLocks:
    """The facts of one program."""

    def __init__(
        self,
        program: Program,
        before: Before,
        contexts: Contexts,
        sightings: Sightings,
        scenarios: Scenarios,
    ) -> None:
        self._program = program
        self._before = before
        self._contexts = contexts
        self._sightings = sightings
        self._scenarios = scenarios
        self._studies: dict[str, tuple[Study, ...]] = {}

    def all_facts(self) -> Iterator[RemovedLock]:
        """The facts about every function of the files that lost a lock; lines need not be added there."""
        for path in self._before.paths:
            file = self._program.files.get(path)
            for name in dict.fromkeys(header.name for header in file.functions) if file else ():
                study = self._program.study(path, name) if self._before.may_lose(path, name) else None
                if study is not None:
                    yield from self.facts(study)

    def facts(self, study: Study) -> Iterator[RemovedLock]:
        """What is to be asked of one function: at most one fact."""
        older = self._before.study(study)
        if older is None or not study.function.is_whole or self._is_quiet(study) or _locks_anew(study):
            return
        for lost in self._lost(study, older):
            fact = self._apart(lost) or self._bare(lost)
            if fact is not None:
                yield fact
                return

    def _is_quiet(self, study: Study) -> bool:
        is_alone = self._contexts.is_single_threaded(study)
        return is_alone or bool(CONSTRUCTOR.search(study.name) or DESTRUCTOR.search(study.name))

    def _lost(self, study: Study, older: Study) -> Iterator[Lost]:
        """The accesses under no lock now that were made under one which the function took.

        Those of one field count as one kind: it must have more under no lock, and fewer under one, than
        before. An access that never was under the lock has not lost it.
        """
        under: dict[Key, list[HeldLock | None]] = {}
        bare: Counter[Key] = Counter()
        for event, access in older.accesses():
            if _is_of_member(access):
                key = _key(older, event, access)
                if self._before.holding.at(older, event).locks:
                    under.setdefault(key, []).append(self._taken(older, event))
                else:
                    bare[key] += 1
        now: dict[Key, list[Seen]] = {}
        for event, access in study.accesses() if under else ():
            if _is_of_member(access) and (key := _key(study, event, access)) in under:
                now.setdefault(key, []).append(self._seen(study, event, access))
        for key, found in now.items():
            lock = next((lock for lock in under[key] if lock is not None), None)
            # a hint that some lock is held is taken at its word
            lost = [seen for seen in found if not (seen.access.held or seen.access.is_fresh)]
            is_fewer = len(found) - len(lost) < len(under[key])
            if lock is not None and is_fewer and len(lost) > bare[key]:
                lost.sort(key=lambda seen: seen.access.place.patch is None)
                yield from (Lost(seen, lock) for seen in lost)

    def _taken(self, older: Study, event: int) -> HeldLock | None:
        """The one lock that the function itself held, if a line that took it is gone."""
        held = self._before.holding.at(older, event).locks
        if len(held) != 1 or held[0].known != Known.SEEN.value or not held[0].is_exclusive:
            return None
        return held[0] if self._removal(held[0]) is not None else None

    def _removal(self, lock: HeldLock) -> Removal | None:
        name = lock.identity.rpartition(".")[2]
        return next((r for r in self._before.removals if name in r.text), None)

    # -- a check and its store, no longer held together ---------------------------------------

    def _apart(self, lost: Lost) -> RemovedLock | None:
        """A store that follows from a read of the same field, where one section held both."""
        if lost.seen.access.kind is not Kind.WRITE or not self._is_checked(lost.seen):
            return None
        others = self._others(lost)
        if not any(other.access.is_write for other in others):
            return None
        return self._fact(lost, others, is_apart=True)

    def _is_checked(self, store: Seen) -> bool:
        """Whether the store stands behind a test of the same field."""
        study = store.study
        for event, access in study.accesses():
            if access.kind is Kind.READ and _place(access) == _place(store.source):
                check = self._seen(study, event, access)
                for number, _ in tests_of(check):
                    behind = study.flow.governed(number, True) | study.flow.governed(number, False)
                    if behind >> store.event & 1:
                        return True
        return False

    # -- an access that nothing protects any more ---------------------------------------------

    def _bare(self, lost: Lost) -> RemovedLock | None:
        """A plain access that runs into those of others."""
        mine = lost.seen.access
        if mine.marking not in UNMARKED:
            return None
        others = [other for other in self._others(lost) if mine.is_write or other.access.is_write]
        if not others:
            return None
        ends = (lost.seen, others[0]) if mine.is_write else (others[0], lost.seen)
        fact = self._fact(lost, others, is_apart=False)
        return replace(fact, scenarios=(self._scenarios.race(*ends),))

    def _others(self, lost: Lost) -> list[Seen]:
        """The accesses of the field in other functions; none if a store was never made under the lock.

        A part of a function may not show what it holds: that alone neither speaks for nor against.
        """
        found = [
            seen
            for part in self._parts(lost.seen.source.path.members[-1])
            if part.name != lost.seen.study.name and not self._is_quiet(part)
            for event, access in part.accesses()
            if _is_of_member(access) and _name(access) == _name(lost.seen.source)
            if _may_be_same(seen := self._seen(part, event, access), lost.seen)
        ]
        stores = [seen for seen in found if seen.access.is_write]
        under = [seen for seen in stores if self._is_under(seen, lost.lock)]
        if any(seen.study.function.is_whole for seen in stores if seen not in under):
            return []
        if stores and not under:
            return []
        return sorted(found, key=lambda seen: (not seen.access.is_write, seen.access.place.key))

    def _is_under(self, seen: Seen, lock: HeldLock) -> bool:
        """Whether an access is made under the lock, or was before the series."""
        if any(same_lock(held.identity, lock.identity) for held in seen.access.held):
            return True
        return any(
            _place(access) == _place(seen.source)
            and (access.kind is Kind.READ) == (seen.source.kind is Kind.READ)
            and any(
                same_lock(held.identity, lock.identity) for held in self._before.holding.at(part, event).locks
            )
            for part in self._before.parts(seen.study)
            for event, access in part.accesses()
        )

    def _parts(self, member: str) -> tuple[Study, ...]:
        """The functions that may access a member; of those that hunks show, each part."""
        if member not in self._studies:
            files = (self._program.files[path] for path in sorted(self._program.files))
            self._studies[member] = tuple(
                Study(part, file)
                for file in files
                for name in file.functions_accessing(member)
                if not file.is_cut(name)
                for part in file.parts(name)
            )
        return self._studies[member]

    def _seen(self, study: Study, event: int, access: Access) -> Seen:
        return Seen(self._sightings.access(study, event), study, event, access, False, False)

    def _fact(self, lost: Lost, others: Sequence[Seen], *, is_apart: bool) -> RemovedLock:
        mine = lost.seen.access
        accesses = [other.access for other in others]
        return RemovedLock(
            field=mine.field,
            place=self._anchor(lost),
            accesses=(mine, *accesses),
            confidence=Confidence.MEDIUM,
            store=mine.line_text,
            target=mine.text,
            **wording.sides(mine, accesses, "access"),
            lock=lost.lock.text,
            check="the check" if is_apart else "",
            other=wording.function(accesses[0]),
            is_apart=is_apart,
            write_wanted="cmpxchg" if is_apart else "WRITE_ONCE",
            read_wanted="READ_ONCE",
        )

    def _anchor(self, lost: Lost) -> Place:
        """The access, if the series wrote it; else in the patch that took the lock away."""
        place = lost.seen.access.place
        if place.patch is not None:
            return place
        removal = self._removal(lost.lock)
        return replace(place, patch=removal.patch if removal else None)


def _locks_anew(study: Study) -> bool:
    """Whether a line of the series calls something that may take a lock in a way not known here."""
    return any("lock" in call.function and study.is_new(call.line) for _, call in study.calls())


def _is_of_member(access: Access) -> bool:
    return access.kind in CHANGES and bool(access.path.members)


def _may_be_same(seen: Seen, other: Seen) -> bool:
    """Whether two accesses of members of one name can be of one field of a shared object."""
    one, two = seen.access.field, other.access.field
    return not seen.access.is_fresh and (one == two or one.weak or two.weak)


def _name(access: Access) -> str:
    return access.path.members[-1] if access.path.members else ""


def _place(access: Access) -> tuple[str, str]:
    return _name(access), object_text(access.path)


def _key(study: Study, event: int, access: Access) -> Key:
    """What an access and the one that it was before the series have in common."""
    path = access.path
    given = study.definitions(path.root, event) if path.root_kind is Root.LOCAL else ()
    lines = tuple(dict.fromkeys(study.line_text(study.function.events[d].line) for d in given))
    return (*_place(access), access.kind is Kind.READ, lines)
