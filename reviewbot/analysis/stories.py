"""The story of a field: every access of it at hand, with all that is known around each.

A story is found by the member's name and then split by struct; an access whose struct
could not be told joins the one struct of that name, if there is only one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reviewbot.analysis.accessors import Accessors
from reviewbot.analysis.facts import Field, SharedAccess
from reviewbot.analysis.held import Holding
from reviewbot.analysis.objects import CONSTRUCTOR, DESTRUCTOR, Objects
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.types import object_text
from reviewbot.syntax.model import Access, Kind, Member, Root, Test, TypeName


@dataclass(frozen=True, slots=True)
class Seen:
    """An access and where it stands: the study and the number of its event there."""

    access: SharedAccess
    study: Study
    event: int
    source: Access
    is_setup: bool
    """In a function that builds the object, before anybody else can have it (S01, S02)."""
    is_teardown: bool
    """In a function that takes the object apart (S05)."""
    is_helper_body: bool = False
    """In a one-line helper whose calls stand for it."""

    @property
    def is_live(self) -> bool:
        """Whether other threads may be at the object at the same time."""
        return not (self.access.is_fresh or self.is_setup or self.is_teardown)


@dataclass(frozen=True, slots=True)
class Story:
    """All accesses of one field, in the order of path and line."""

    field: Field
    seen: tuple[Seen, ...]
    member: Member | None
    """Its declaration in a struct at hand."""
    type: TypeName | None
    is_new: bool
    """The series declares it."""

    @property
    def writes(self) -> tuple[Seen, ...]:
        """The stores that others may see happen."""
        return tuple(s for s in self.seen if s.access.is_write and s.is_live)

    @property
    def reads(self) -> tuple[Seen, ...]:
        """The loads that may see a concurrent store."""
        return tuple(s for s in self.seen if s.access.kind is Kind.READ and s.is_live and not s.is_helper_body)


class Stories:
    """The stories of one program, each told once."""

    def __init__(self, program: Program, holding: Holding, objects: Objects, accessors: Accessors) -> None:
        self._program = program
        self._holding = holding
        self._objects = objects
        self._accessors = accessors
        self._told: dict[str, tuple[Story, ...]] = {}
        self._expanded: dict[Study, tuple[tuple[int, Access, str | None], ...]] = {}

    def of(self, name: str) -> tuple[Story, ...]:
        """The stories of all fields and globals called `name`."""
        if name not in self._told:
            self._told[name] = self._tell(name)
        return self._told[name]

    def story(self, field: Field) -> Story | None:
        """The story of one field."""
        return next((story for story in self.of(field.name) if story.field == field), None)

    def expanded(self, study: Study) -> tuple[tuple[int, Access, str | None], ...]:
        """The accesses of a function, those made through one-line helpers included.

        Each is (event, access, helper); the helper's own body gives none where it is called.
        """
        if study not in self._expanded:
            own: list[tuple[int, Access, str | None]] = [(i, a, None) for i, a in study.accesses()]
            own += [
                (index, access, call.function)
                for index, call in study.calls()
                if (access := self._accessors.access(study, call)) is not None
            ]
            self._expanded[study] = tuple(sorted(own, key=lambda entry: entry[0]))
        return self._expanded[study]

    def _tell(self, name: str) -> tuple[Story, ...]:
        groups: dict[Field, list[Seen]] = {}
        for word in (name, *self._accessors.helpers_of(name)):
            for study in self._program.mentioning(word):
                is_body = self._accessors.is_called_helper(study)
                for event, access, via in self.expanded(study):
                    field = self._program.types.field(access.path)
                    if field is not None and field.name == name:
                        seen = self._look(study, event, access, field, via)
                        if seen is not None:
                            groups.setdefault(field, []).append(replace(seen, is_helper_body=is_body))
        return tuple(self._story(field, seen) for field, seen in _joined(groups))

    def _look(self, study: Study, event: int, access: Access, field: Field, via: str | None) -> Seen | None:
        if _is_own_memory(access):
            return None
        state = self._holding.at(study, event)
        shared = SharedAccess(
            field=field,
            place=study.place(access.line),
            kind=access.kind,
            marking=access.marking,
            text=access.path.text,
            line_text=study.line_text(access.line),
            accessor=access.accessor,
            held=state.locks,
            sections=state.sections,
            is_fresh=self._objects.is_private(study, event, access.path),
            is_new=study.is_new(access.line),
            object_text=object_text(access.path),
            value_text=access.value.text if access.value else "",
            is_test=access.tested or self._is_tested(study, event),
            via=via,
        )
        name = study.name
        is_setup = "__init" in study.function.annotations or bool(CONSTRUCTOR.search(name))
        return Seen(shared, study, event, access, is_setup, bool(DESTRUCTOR.search(name)))

    @staticmethod
    def _is_tested(study: Study, event: int) -> bool:
        return any(event in test.events for test in study.function.tests)

    def _story(self, field: Field, seen: list[Seen]) -> Story:
        member = self._program.types.member(field.struct, field.name) if field.struct else None
        unique = {(s.study.file.path, s.study.name, s.event, s.access.via): s for s in seen}
        ordered = sorted(unique.values(), key=lambda s: (s.access.place.path, s.access.place.line, s.event))
        declared = member.type if member else self._program.global_type(field.name) if not field.struct else None
        return Story(field, tuple(ordered), member, declared, self._program.declares(field))


def _is_own_memory(access: Access) -> bool:
    """Whether the memory belongs to this task or CPU alone (S06)."""
    path = access.path
    return path.root_kind is Root.GLOBAL and path.root == "current" and len(path.members) == 1


def _joined(groups: dict[Field, list[Seen]]) -> list[tuple[Field, list[Seen]]]:
    """The groups by field; accesses of unknown structs split by the name of the object.

    Such an access joins the one struct whose objects go by the same name in other accesses.
    """
    strong = [(field, seen) for field, seen in groups.items() if not field.weak]
    by_name: dict[str, list[Seen]] = {}
    for field, seen in groups.items():
        for one in seen if field.weak else ():
            by_name.setdefault(_object_name(one), []).append(one)
    found = {field: list(seen) for field, seen in strong}
    apart = []
    for name, seen in sorted(by_name.items()):
        same = [field for field, known in strong if any(_object_name(one) == name for one in known)]
        if len(same) == 1:
            found[same[0]] += seen
        else:
            apart.append((seen[0].access.field, seen))
    return sorted(found.items(), key=lambda item: item[0].key) + apart


def _object_name(seen: Seen) -> str:
    """The last word of the expression for the object: `kvm` of `vcpu->kvm`."""
    return seen.access.object_text.rpartition(">")[2].rpartition(".")[2]


def tests_of(seen: Seen) -> Iterable[tuple[int, Test]]:
    """The tests that look at the value of this access, directly or through one local variable."""
    study, result = seen.study, seen.source.result
    for number, test in enumerate(study.function.tests):
        if seen.event in test.events:
            yield number, test
        elif result and result in test.operand.variables:
            if seen.event in study.tested_definitions(result, number):
                yield number, test
