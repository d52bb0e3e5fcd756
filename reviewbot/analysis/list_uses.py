"""Walks and changes of lists, and which of them are of the same list.

Two uses belong together when they name the same head, or where one of them names none, the
same link member of the same struct.
"""

import itertools
from collections.abc import Iterable, Iterator

import msgspec

from reviewbot.analysis.facts import Field, SharedAccess
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.sightings import Sightings
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.kernel.vocabulary.rcu import ListPrimitive
from reviewbot.syntax.model import Assign, Call, Path, Root, Step, Value, ValueKind

MOST_USES = 500
"""Walks and changes of one list that each new one is compared with."""

CHANGES = frozenset({"add", "delete", "move", "replace", "splice"})


class ListUse(msgspec.Struct, frozen=True):
    """A walk or a change of a list; `head` and `link` are its fields as far as they can be told."""

    study: Study
    event: int
    call: Call
    primitive: ListPrimitive
    head: Field | None
    link: Field | None
    access: SharedAccess
    head_name: str
    """The last member of the head, known where its struct is not; empty where there is no head."""
    is_local: bool
    """The head is a variable of the function's own."""
    is_blind: bool
    """The head is named, but only by a variable: which list it is cannot be told."""

    @property
    def name(self) -> str:
        """`list_add()`."""
        return f"{self.call.function}()"

    @property
    def is_change(self) -> bool:
        """Whether it changes the list."""
        return self.primitive.kind in CHANGES


class _Replayed:
    """What an iterator gives, found as far as somebody asks and kept for the next who does."""

    def __init__(self, source: Iterator[ListUse]) -> None:
        self._source = source
        self._known: list[ListUse] = []

    def __iter__(self) -> Iterator[ListUse]:
        index = 0
        while True:
            if index == len(self._known):
                following = next(self._source, None)
                if following is None:
                    return
                self._known.append(following)
            yield self._known[index]
            index += 1


class ListUses:
    """The uses of lists in one program, found once a function."""

    def __init__(self, program: Program, sightings: Sightings) -> None:
        self._program = program
        self._sightings = sightings
        self._rcu = vocabulary().rcu
        self._uses: dict[Study, tuple[ListUse, ...]] = {}
        self._partners: dict[tuple[object, ...], _Replayed] = {}

    def of(self, study: Study) -> tuple[ListUse, ...]:
        """The walks and changes of lists in a function."""
        if study not in self._uses:
            found = (self._use(study, index, call) for index, call in study.calls())
            self._uses[study] = tuple(use for use in found if use is not None)
        return self._uses[study]

    def partners(self, use: ListUse) -> Iterator[ListUse]:
        """The other walks and changes of the same list at hand."""
        names = {field.name for field in (use.head, use.link) if field is not None}
        self._program.look_for(names)
        files = len(self._program.files)
        key = (use.head, use.link, use.head_name, use.is_local, use.is_blind, files)
        if key not in self._partners:
            self._partners[key] = _Replayed(self._of_same_list(use, names))
        return iter(self._partners[key])

    def _of_same_list(self, use: ListUse, names: set[str]) -> Iterator[ListUse]:
        """At most `MOST_USES`; that there were more is noted."""
        studies = (study for name in sorted(names) for study in self._program.mentioning(name))
        others = (other for study in _once(studies) for other in self.of(study))
        same = (other for other in others if _is_same_list(use, other))
        yield from itertools.islice(same, MOST_USES)
        if next(same, None) is not None:
            what = use.head or use.link
            self._program.leave_out(
                use.study.file.path, f"{what} is a list of more than {MOST_USES} uses: no more were looked at"
            )

    def walked_head(self, study: Study, variable: str, event: int) -> Value | None:
        """The head of the walk of the function that gave the variable its value at the event."""
        made = {study.function.events[d].line for d in study.definitions(variable, event)}
        for _, call in study.calls():
            primitive = self._rcu.list_read(call.function)
            if primitive is not None and call.line in made and primitive.kind == "walk":
                cursor, head = _argument(call, primitive.object), _argument(call, primitive.head)
                if cursor is not None and cursor.name == variable and head is not None:
                    return head
        return None

    def _use(self, study: Study, index: int, call: Call) -> ListUse | None:
        primitive = self._rcu.lists.get(call.function)
        if primitive is None or primitive.kind not in (*CHANGES, "walk"):
            return None
        head, entry = _argument(call, primitive.head), _argument(call, primitive.object)
        if head is None and entry is not None and entry.path is not None:
            head = self.walked_head(study, entry.path.root, index)
        head = _resolved(study, index, head)
        is_walk = primitive.kind == "walk"
        path = _path(head) if is_walk or entry is None or entry.path is None else entry.path
        if path is None:
            return None
        return ListUse(
            study=study,
            event=index,
            call=call,
            primitive=primitive,
            head=self._strong(head.path) if head is not None else None,
            link=self._link(study, call, primitive),
            access=self._sightings.access(study, index, path),
            head_name=_last_name(head),
            is_local=head is not None and is_local(head),
            is_blind=head is not None and head.kind is ValueKind.VARIABLE,
        )

    def _link(self, study: Study, call: Call, primitive: ListPrimitive) -> Field | None:
        """The member that links the entries."""
        if primitive.kind != "walk":
            entry = _argument(call, primitive.object)
            return self._strong(entry.path) if entry is not None and primitive.kind != "splice" else None
        cursor, member = _argument(call, primitive.object), _argument(call, primitive.member)
        if cursor is None or member is None or not member.text.isidentifier():
            return None
        variables = (*study.function.locals, *study.function.parameters)
        declared = next((v.type.tag for v in variables if v.name == cursor.name), None)
        return Field(declared, member.text) if declared else None

    def _strong(self, path: Path | None) -> Field | None:
        field = self._sightings.field(path) if path is not None else None
        return None if field is None or field.weak else field


def _once(studies: Iterable[Study]) -> Iterator[Study]:
    seen: set[Study] = set()
    for study in studies:
        if study not in seen:
            seen.add(study)
            yield study


def _argument(call: Call, position: int | None) -> Value | None:
    return call.arguments[position] if position is not None and position < len(call.arguments) else None


def _resolved(study: Study, event: int, head: Value | None) -> Value | None:
    """The head that a local variable stands for: `&d->table[i]` of `bucket`."""
    if head is None or head.kind is not ValueKind.VARIABLE:
        return head
    made = [study.function.events[d] for d in study.definitions(head.name, event)]
    values = [d.value for d in made if isinstance(d, Assign) and d.value.kind is ValueKind.ADDRESS]
    return values[0] if len(values) == len(made) == 1 else head


def _path(value: Value | None) -> Path | None:
    """The lvalue that an argument points at; for a variable, what it points to."""
    if value is None or value.path is not None or value.kind is not ValueKind.VARIABLE:
        return value.path if value is not None else None
    return Path(value.name, Root.LOCAL, (Step("*"),), value.name)


def _last_name(head: Value | None) -> str:
    path = head.path if head is not None else None
    return "" if path is None else (path.members[-1] if path.members else path.root)


def is_local(head: Value) -> bool:
    """Whether a head is a variable of the function's own."""
    path = head.path
    if path is None or head.kind is ValueKind.VARIABLE or path.root_kind is not Root.LOCAL:
        return False
    return not any(step.arrow or step.name == "*" for step in path.steps)


def _is_same_list(one: ListUse, other: ListUse) -> bool:
    """Whether two uses can be of one list: the same head, or where one has none, the same link."""
    if one.head is not None and other.head is not None:
        return one.head == other.head
    if one.is_local or other.is_local or one.is_blind or other.is_blind:
        return False
    if one.head_name and other.head_name and one.head_name != other.head_name:
        return False
    return one.link is not None and one.link == other.link
