"""The story of a field: every access of it at hand, with all that is known around each.

A story is found by the member's name and then split by struct; an access whose struct
could not be told joins the one struct of that name, if there is only one.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

import msgspec

from reviewbot.analysis.accessors import Accessors
from reviewbot.analysis.facts import Field, Known, SharedAccess
from reviewbot.analysis.held import Holding
from reviewbot.analysis.knobs import Knobs
from reviewbot.analysis.locks import common_locks, owner_text
from reviewbot.analysis.objects import CONSTRUCTOR, DESTRUCTOR, Objects
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.reasons import Quiet, Reasons
from reviewbot.analysis.types import object_name, object_text
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Kind, Marking, Member, Root, Test, TypeName

MOST_ACCESSES = 1000
"""Accesses of one field that are compared, each with each; the busiest fields of Linux have some hundreds."""

UNMARKED = frozenset(
    {Marking.PLAIN, Marking.PLAIN_BITOP, Marking.DATA_RACE, Marking.PERCPU, Marking.VOLATILE}
)

USER_SPACE = ("tools/", "scripts/", "usr/")
"""Folders of a kernel tree whose programs run beside the kernel, in memory of their own."""


class Seen(msgspec.Struct, frozen=True):
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


class Spot(msgspec.Struct, frozen=True):
    """An access as the code has it, before anything was worked out around it."""

    field: Field
    study: Study
    event: int
    access: Access
    via: str | None
    is_helper_body: bool


class Story:
    """All accesses of one field; what is around each is worked out when first asked for."""

    def __init__(
        self, field: Field, spots: Sequence[Spot], look: Callable[[Spot], Seen], program: Program
    ) -> None:
        self.field = field
        self.reasons = Reasons()
        """Why nothing is asked of it, as the analysis decides."""
        self._spots = spots
        self._look = look
        self._program = program

    @cached_property
    def seen(self) -> tuple[Seen, ...]:
        """The accesses, in the order of path and line."""
        found = {(s.study.file.path, s.study.name, s.event, s.via): s for s in self._spots}
        looked = [self._look(spot) for spot in found.values()]
        return tuple(sorted(looked, key=lambda s: (s.access.place.path, s.access.place.line, s.event)))

    @cached_property
    def member(self) -> Member | None:
        """Its declaration in a struct at hand."""
        return self._program.types.member(self.field.struct, self.field.name) if self.field.struct else None

    @cached_property
    def type(self) -> TypeName | None:
        """Its declared type, if known."""
        if self.member is not None:
            return self.member.type
        return None if self.field.struct else self._program.global_type(self.field.name)

    @cached_property
    def is_new(self) -> bool:
        """Whether the series declares it."""
        return self._program.declares(self.field)

    @cached_property
    def is_touched(self) -> bool:
        """Whether a line of the series declares or accesses it."""
        return self.is_new or any(map(_is_of_series, self._spots))

    @cached_property
    def writes(self) -> tuple[Seen, ...]:
        """The stores that others may see happen."""
        return tuple(s for s in self.seen if s.access.is_write and s.is_live)

    @cached_property
    def reads(self) -> tuple[Seen, ...]:
        """The loads that may see a concurrent store; of a helper its calls, not its body."""
        return tuple(
            s for s in self.seen if s.access.kind is Kind.READ and s.is_live and not s.is_helper_body
        )

    @cached_property
    def first_marked(self) -> Seen | None:
        """The first access whose mark says that others may be at the field."""
        return next((s for s in self.seen if s.is_live and s.access.marking not in UNMARKED), None)

    @cached_property
    def common_locks(self) -> tuple[str, ...]:
        """The locks held at all accesses that others may run into, as the first one spells them."""
        live = [s.access for s in self.seen if s.is_live and s.access.kind is not Kind.ADDRESS]
        if len(live) < 2:
            return tuple(lock.text for access in live for lock in access.held)
        shared = (
            [lock for lock in live[0].held if lock in common_locks(live[0], other)] for other in live[1:]
        )
        found = functools.reduce(lambda one, other: [lock for lock in one if lock in other], shared)
        return tuple(lock.text for lock in found)

    @cached_property
    def locked_in(self) -> dict[Study, tuple[Seen, ...]]:
        """The accesses under a lock that is more than a hint, by function."""
        return by_study(s for s in self.seen if any(not h.is_hinted for h in s.access.held))

    @cached_property
    def seen_in(self) -> dict[Study, tuple[Seen, ...]]:
        """The accesses by function."""
        return by_study(self.seen)

    @cached_property
    def reads_in(self) -> dict[Study, tuple[Seen, ...]]:
        """The loads by function."""
        return by_study(self.reads)


def by_study(seen: Iterable[Seen]) -> dict[Study, tuple[Seen, ...]]:
    """Accesses by function, each in their order."""
    found: dict[Study, list[Seen]] = {}
    for one in seen:
        found.setdefault(one.study, []).append(one)
    return {study: tuple(those) for study, those in found.items()}


class Stories:
    """The stories of one program, each told once."""

    def __init__(self, program: Program, holding: Holding, objects: Objects, accessors: Accessors) -> None:
        self.program = program
        self._holding = holding
        self._objects = objects
        self._accessors = accessors
        self._knobs = Knobs(program)
        self._told: dict[str, tuple[Story, ...]] = {}
        self._by_field: dict[str, dict[Field, Story]] = {}
        self._expanded: dict[Study, tuple[tuple[int, Access, str | None], ...]] = {}
        self._named: dict[Study, dict[str, list[tuple[int, Access, str | None]]]] = {}

    def of(self, name: str) -> tuple[Story, ...]:
        """The stories of all fields and globals called `name`."""
        if name not in self._told:
            self._told[name] = self._tell(name)
        return self._told[name]

    def story(self, field: Field) -> Story | None:
        """The story of one field."""
        if field.name not in self._by_field:
            told = reversed(self.of(field.name))  # of two programs the first
            self._by_field[field.name] = {story.field: story for story in told}
        return self._by_field[field.name].get(field)

    def note(self, field: Field, kind: Quiet, words: str) -> None:
        """Remember a reason that was found in a function, where the field's story is told at all."""
        story = self.story(field) if field.name in self._told else None
        if story is not None:
            story.reasons.note(kind, words)

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
        spots = [
            spot for spot in self._spots(name) if spot.field.name == name and not _is_own_memory(spot.access)
        ]
        return tuple(
            Story(field, self._few(field, found), self._look, self.program)
            for program in _by_program(spots)
            for field, found in _joined(program, self._only_new(name))
        )

    def _only_new(self, name: str) -> Field | None:
        """The member of this name that the series adds, if to one struct only."""
        declared = self.program.declared(name)
        return declared[0] if len(declared) == 1 and declared[0].struct else None

    def _few(self, field: Field, spots: list[Spot]) -> list[Spot]:
        """As many of the accesses as are compared with each other, those of the series first."""
        if len(spots) <= MOST_ACCESSES:
            return spots
        own = [spot for spot in spots if _is_of_series(spot)]
        others = (spot for spot in spots if not _is_of_series(spot))
        kept = {id(spot) for spot in itertools.islice(itertools.chain(own, others), MOST_ACCESSES)}
        for path in dict.fromkeys(spot.study.file.path for spot in spots if id(spot) not in kept):
            self.program.leave_out(
                path, f"{field} is accessed in {len(spots)} places: only {MOST_ACCESSES} were looked at"
            )
        return [spot for spot in spots if id(spot) in kept]

    def _spots(self, name: str) -> Iterator[Spot]:
        """The accesses in all functions that have the name, or call a helper that returns it."""
        callers = (
            study for helper in self._accessors.helpers_of(name) for study in self.program.mentioning(helper)
        )
        for study in dict.fromkeys((*self.program.accessing(name), *callers)):
            is_body = self._accessors.is_called_helper(study)
            for event, access, via in self._naming(study).get(name, ()):
                field = self.program.types.field(access.path)
                if field is not None:
                    yield Spot(field, study, event, access, via, is_body)
        for handler in self._knobs.of(name):
            field = self.program.types.field(handler.store.path)
            if field is not None and not field.weak:
                yield Spot(field, handler, 0, handler.store, None, False)

    def _naming(self, study: Study) -> dict[str, list[tuple[int, Access, str | None]]]:
        """The accesses of a function by the member that they end in, and by the variable they begin with."""
        if study not in self._named:
            found: dict[str, list[tuple[int, Access, str | None]]] = {}
            for entry in self.expanded(study):
                path = entry[1].path
                for name in {path.root, *path.members[-1:]}:
                    found.setdefault(name, []).append(entry)
            self._named[study] = found
        return self._named[study]

    def _look(self, spot: Spot) -> Seen:
        study, event, access = spot.study, spot.event, spot.access
        state = self._holding.at(study, event)
        shared = SharedAccess(
            field=spot.field,
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
            is_test=access.tested or study.is_tested(event),
            via=spot.via,
        )
        is_setup = (
            "__init" in study.function.annotations
            or (_builds(study, shared) and not self._is_copied_from(spot))
            or self._objects.is_registered_behind(study, event, access.path)
        )
        is_teardown = bool(DESTRUCTOR.search(study.name))
        return Seen(shared, study, event, access, is_setup, is_teardown, spot.is_helper_body)

    def _is_copied_from(self, spot: Spot) -> bool:
        """Whether the line copies the field to another object of its kind: `new->mode = old->mode`."""
        access = spot.access
        return access.kind is Kind.READ and any(
            other.line == access.line
            and other.kind is Kind.WRITE
            and object_text(other.path) != object_text(access.path)
            and self.program.types.field(other.path) == spot.field
            for _, other in spot.study.accesses()
        )


def _is_of_series(spot: Spot) -> bool:
    return spot.study.is_of_series(spot.access.line)


def _builds(study: Study, access: SharedAccess) -> bool:
    """Whether the function builds the object, by its name; who has an object alone takes no lock for it.

    But a global lock that callers hold may be there for what they do, such as adding to a list.
    """
    is_locked = any(
        not lock.is_hinted and (owner_text(lock) or lock.known != Known.CALLERS.value) for lock in access.held
    )
    is_named_so = CONSTRUCTOR.search(study.name) or vocabulary().memory.sets_up(
        study.name, access.field.struct or ""
    )
    return bool(is_named_so) and not is_locked


def _is_own_memory(access: Access) -> bool:
    """Whether the memory belongs to this task or CPU alone (S06)."""
    path = access.path
    return path.root_kind is Root.GLOBAL and path.root == "current" and len(path.members) == 1


def _by_program(spots: Sequence[Spot]) -> list[list[Spot]]:
    """The accesses of the kernel, then those of programs beside it, which share structs but no memory."""
    kernel = [spot for spot in spots if not spot.study.file.path.startswith(USER_SPACE)]
    beside = [spot for spot in spots if spot.study.file.path.startswith(USER_SPACE)]
    return [found for found in (kernel, beside) if found]


def _joined(spots: Sequence[Spot], added: Field | None) -> list[tuple[Field, list[Spot]]]:
    """The accesses by field; those of unknown structs split by the name of the object.

    Such an access joins the one struct whose objects go by the same name in other accesses. Where
    all of them are new, as is the member `added` of that name, they are accesses of that.
    """
    strong: dict[Field, list[Spot]] = {}
    by_name: dict[str, list[Spot]] = {}
    for spot in spots:
        if spot.field.weak:
            by_name.setdefault(object_name(spot.access.path), []).append(spot)
        else:
            strong.setdefault(spot.field, []).append(spot)
    if added is not None and _are_of(added, strong, by_name):
        strong[added] = [*strong.get(added, ()), *(spot for found in by_name.values() for spot in found)]
        by_name = {}
    fields: dict[str, dict[Field, None]] = {}
    for field, known in strong.items() if by_name else ():
        for spot in known:
            fields.setdefault(object_name(spot.access.path), {})[field] = None
    apart = []
    for name, found in sorted(by_name.items()):
        same = list(fields.get(name, ()))
        if len(same) == 1:
            strong[same[0]] += found
        else:
            apart.append((found[0].field, found))
    return sorted(strong.items(), key=lambda item: item[0].key) + apart


def _are_of(added: Field, strong: dict[Field, list[Spot]], by_name: dict[str, list[Spot]]) -> bool:
    """Whether accesses of unknown structs can only be meant for a member that the series adds."""
    is_only = all(field == added for field in strong)
    return is_only and all(
        spot.study.is_new(spot.access.line) for found in by_name.values() for spot in found
    )


def tests_of(seen: Seen) -> Iterable[tuple[int, Test]]:
    """The tests that look at the value of this access, directly or through one local variable."""
    tests = seen.study.function.tests
    return ((number, tests[number]) for number in seen.study.tests_of(seen.event, seen.source.result))
