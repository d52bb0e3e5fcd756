"""Copies that go stale before they take the place of what they were copied from.

Gives `StructCopy` facts (rule stale-copy; pub-struct-copy of the catalogue): while one
function copies an object and installs the copy, another, under a lock that the first does
not hold, sets a member of the object that readers can still find. The value is lost.
"""

import itertools
from collections.abc import Iterator, Sequence

import msgspec

from reviewbot.analysis import wording
from reviewbot.analysis.copies import COPYING, Copies, Copy, Install, origins
from reviewbot.analysis.facts import Confidence, Field, HeldLock, Interleaving, Step, StructCopy
from reviewbot.analysis.held import Holding
from reviewbot.analysis.objects import Objects
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.provenance import Provenance
from reviewbot.analysis.sightings import Sightings
from reviewbot.analysis.spelling import variable_given
from reviewbot.analysis.stories import Seen, Stories
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Kind, Member, Path, Root, ValueKind

DEPTH = 4
"""How many calls may stand between a store and the place where its object was found."""

NESTED = 3
"""Structs within structs whose members are looked at."""

MOST_MEMBERS = 80
"""Members of a struct whose stores are looked for."""

_LINKS = frozenset(
    {"list_head", "hlist_node", "hlist_head", "rcu_head", "rb_node", "rb_root", "callback_head"}
)
"""Types of members that a copy does not keep anyway."""


class Setter(msgspec.Struct, frozen=True):
    """A store of a member of an object that readers can find, and a lock that it is made under."""

    seen: Seen
    lock: HeldLock


class StaleCopies:
    """The struct-copy facts of one program."""

    def __init__(  # noqa: PLR0913, PLR0917  (one collaborator for each question)
        self,
        program: Program,
        objects: Objects,
        stories: Stories,
        provenance: Provenance,
        holding: Holding,
        sightings: Sightings,
    ) -> None:
        self._program = program
        self._objects = objects
        self._stories = stories
        self._provenance = provenance
        self._holding = holding
        self._sightings = sightings
        self._copies = Copies(program, objects)
        self._synchronised = vocabulary().waiting.self_synchronised_types

    def facts(self, study: Study) -> Iterator[StructCopy]:
        """What is to be asked of the copies in a function, and of its stores against older copies."""
        for copy in self._copies.of(study):
            for install in self._copies.installs(copy):
                if self._is_new(copy, install):
                    setter = self._setter(copy, install, self._stores(copy))
                    if setter is not None:
                        yield self._fact(copy, install, setter, is_late=False)
                        break
        yield from self._of_setter(study)

    @staticmethod
    def _is_new(copy: Copy, install: Install) -> bool:
        """Whether the series wrote the copy, or what puts it in place."""
        lines = ((copy.study, copy.event), (install.study, install.event), (install.study, install.copied))
        return any(study.is_new(study.function.events[event].line) for study, event in lines)

    # -- who sets a member meanwhile ----------------------------------------------------------

    def _stores(self, copy: Copy) -> Iterator[Seen]:
        """The stores at hand of the members that the copy takes along."""
        members = list(self._members(copy.tag, NESTED))[:MOST_MEMBERS]
        self._program.look_for(member.name for _, member in members)
        for tag, member in members:
            story = self._stories.story(Field(tag, member.name))
            yield from (seen for seen in (story.seen if story else ()) if self._is_store(seen, copy.tag))

    def _members(self, tag: str, depth: int) -> Iterator[tuple[str, Member]]:
        """The members of a struct that a value can be lost of, those of structs inside it too."""
        struct = self._program.types.struct(tag)
        for member in struct.members if struct is not None else ():
            name = member.type.tag or member.type.name
            if name in _LINKS or name in self._synchronised or member.type.name in self._synchronised:
                continue
            if member.type.tag and not member.type.pointers:
                if depth:
                    yield from self._members(member.type.tag, depth - 1)
            else:
                yield tag, member

    def _is_store(self, seen: Seen, tag: str) -> bool:
        access = seen.source
        if access.kind not in (Kind.WRITE, Kind.RMW) or seen.is_teardown or seen.access.is_fresh:
            return False
        if access.value is not None and access.value.kind is ValueKind.NULL:
            return False
        is_found = access.path.root_kind in (Root.PARAMETER, Root.LOCAL) and tag in self._tags(access.path)
        return is_found and self._is_inside(access.path)

    def _is_inside(self, path: Path) -> bool:
        """Whether the memory is part of the struct: an element of an array in it, not behind a pointer."""
        if path.steps[-1].name != "[]":
            return path.steps[-1].name != "*"
        declared = self._program.types.type_of(path)
        return declared is not None and declared.array

    def _tags(self, path: Path) -> tuple[str, ...]:
        """The structs that hold what a path names, up to the last pointer on the way."""
        declared = self._program.types.root_type(path)
        tags: list[str] = []
        for name in path.members:
            if declared is None or declared.tag is None:
                return tuple(tags)
            tags = [*tags, declared.tag] if not declared.pointers or not tags else [declared.tag]
            member = self._program.types.member(declared.tag, name)
            declared = member.type if member is not None else None
        return tuple(tags)

    def _setter(self, copy: Copy, install: Install, stores: Iterator[Seen]) -> Setter | None:
        """A store that can come between the copy and its install, as far as the locks tell."""
        kept = self._kept(copy, install)
        if kept is None:
            return None
        fields = {field for path in install.origins if (field := self._program.types.field(path))}
        for seen in stores:
            if seen.study in (copy.study, install.study):
                continue
            if self._copies.is_set_anew(install, seen.access.field):
                continue
            for locks in self._ways(seen.study, seen.event, seen.source.path.root, (fields, DEPTH), ()):
                free = [lock for lock in locks if lock.is_exclusive and _is_sure(lock)]
                if free and not {_name(lock) for lock in free} & kept:
                    return Setter(seen, free[0])
        return None

    def _kept(self, copy: Copy, install: Install) -> frozenset[str] | None:
        """The locks held from the copy to its install, by name, hints too; None where one has no name."""
        here = self._holding.at(copy.study, copy.event).locks
        above = self._holding.at(install.study, install.copied).locks
        there = self._holding.at(install.study, install.event).locks
        if any(lock.identity in ("", "?") for lock in (*here, *above, *there)):
            return None
        return frozenset(map(_name, (*here, *above))) & frozenset(map(_name, there))

    def _ways(
        self,
        study: Study,
        event: int,
        variable: str,
        where: tuple[set[Field], int],
        locks: Sequence[HeldLock],
    ) -> Iterator[tuple[HeldLock, ...]]:
        """What is held on each way to a store whose object others can find: RCU readers, or in a field."""
        fields, depth = where
        held = (*locks, *self._holding.at(study, event).locks)
        parameters = [parameter.name for parameter in study.function.parameters]
        if variable in parameters:
            for site in self._program.sites(study) if depth else ():
                given = variable_given(site.call, parameters.index(variable))
                yield from self._ways(site.caller, site.event, given, (fields, depth - 1), held)
        elif variable and not self._objects.is_fresh(study, event, variable):
            found = self._provenance.found(study, event, variable)
            places = {self._program.types.field(path) for path in origins(study, event, variable)}
            if (found is not None and found.flavour) or places & fields:
                yield held

    # -- a new store against older copies -----------------------------------------------------

    def _of_setter(self, study: Study) -> Iterator[StructCopy]:
        for index, access in study.accesses():
            if not study.is_new(access.line) or not self._hangs(study, index, access):
                continue
            if any(self._ways(study, index, access.path.root, (set(), DEPTH), ())):
                fact = self._against(study, index, access)
                if fact is not None:
                    yield fact

    def _hangs(self, study: Study, index: int, access: Access) -> bool:
        """Whether a store hangs a new object on one that was there before."""
        value = access.value
        if access.kind not in (Kind.WRITE, Kind.RMW) or value is None or not access.path.members:
            return False
        if self._objects.is_private(study, index, access.path):
            return False
        if value.kind is ValueKind.CALL:
            return self._objects.is_allocation(value.name, study.file.path)
        return value.kind is ValueKind.VARIABLE and self._objects.is_fresh(study, index, value.name)

    def _against(self, study: Study, index: int, access: Access) -> StructCopy | None:
        tags = self._tags(access.path)
        story = self._stories.story(Field(tags[-1], access.path.members[-1])) if tags else None
        mine = [s for s in (story.seen if story else ()) if s.study is study and s.event == index]
        for other in self._copying(tags, access.path) if mine else ():
            for copy in self._copies.of(other):
                for install in self._copies.installs(copy) if copy.tag in tags else ():
                    setter = None if self._is_new(copy, install) else self._setter(copy, install, iter(mine))
                    if setter is not None:
                        return self._fact(copy, install, setter, is_late=True)
        return None

    def _copying(self, tags: Sequence[str], path: Path) -> Iterator[Study]:
        """The functions at hand that may copy one of the structs."""
        self._program.look_for(tags)
        for name in sorted(self._program.files):
            file = self._program.files[name]
            found = [file.functions_mentioning(tag) for tag in tags]
            found += [file.functions_accessing(member) for member in path.members[:-1]]
            for function in dict.fromkeys(itertools.chain(*found)):
                if COPYING.search(file.function_text(function)):
                    study = self._program.study(name, function)
                    if study is not None:
                        yield study

    # -- in words -----------------------------------------------------------------------------

    def _fact(self, copy: Copy, install: Install, setter: Setter, *, is_late: bool) -> StructCopy:
        at = self._sightings.access(copy.study, copy.event, copy.source)
        writer = setter.seen.access
        here = writer if is_late else at
        installer = install.study.function.events[install.event]
        put = install.study.line_text(installer.line)
        return StructCopy(
            field=self._field(copy, writer.field),
            place=here.place,
            accesses=(writer, at),
            confidence=self._confidence(copy, install, setter),
            store=here.line_text,
            target=writer.text,
            **wording.sides(writer, [at], "copy", place=here.place, outer=setter.lock.text),
            payload=writer.text,
            interleaving=Interleaving(
                (wording.function(at), wording.function(writer)),
                (
                    Step(0, at.line_text),
                    Step(1, writer.line_text),
                    Step(0, put, remark="<- what was stored is lost"),
                ),
            ),
            primitive=copy.primitive,
            source=copy.source.text,
            copy=copy.new,
            installer=f"{_called(installer)}()" if _called(installer) else put,
            lock=setter.lock.text,
            is_late=is_late,
        )

    def _field(self, copy: Copy, member: Field) -> Field:
        """The struct that was copied, where it is a member itself; else the member that is lost."""
        return self._program.types.field(copy.source) or member

    def _confidence(self, copy: Copy, install: Install, setter: Setter) -> Confidence:
        studies = (copy.study, install.study, setter.seen.study)
        top = install.study
        is_open = not self._holding.at(top, install.copied).locks and not top.function.is_static
        if is_open and not self._program.sites(top):
            return Confidence.LOW
        is_whole = all(study.function.is_whole for study in studies)
        return Confidence.HIGH if self._program.has_tree and is_whole else Confidence.MEDIUM


def _is_sure(lock: HeldLock) -> bool:
    return not lock.is_hinted and lock.identity not in ("", "?")


def _name(lock: HeldLock) -> str:
    return lock.identity.rpartition(".")[2]


def _called(event: object) -> str:
    if isinstance(event, Call):
        return event.function
    return (event.accessor or "") if isinstance(event, Access) else ""
