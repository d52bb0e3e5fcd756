"""Single accesses and calls with all that is known around them, for facts about one function.

Stories tell of a field everywhere; this tells of one event, list primitives and frees included.
"""

from reviewbot.analysis.facts import Field, SharedAccess
from reviewbot.analysis.held import Holding
from reviewbot.analysis.objects import Objects
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.types import object_text
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Kind, Marking, Path, Root


class Sightings:
    """The events of one program as shared accesses."""

    def __init__(self, program: Program, holding: Holding, objects: Objects) -> None:
        self._program = program
        self._holding = holding
        self._objects = objects
        self._lists = vocabulary().rcu.lists

    def field(self, path: Path) -> Field:
        """The field that a path names; a weak one of its text where that cannot be told."""
        return self._program.types.field(path) or Field(None, path.text, weak=True)

    def access(self, study: Study, event: int, path: Path | None = None) -> SharedAccess:
        """The access or call that is this event; of a call, as an access of `path`."""
        found = study.function.events[event]
        if isinstance(found, Access):
            kind, marking, accessor = found.kind, found.marking, found.accessor
        else:
            kind, marking = self._meaning(found.function) if isinstance(found, Call) else _NOTHING
            accessor = found.function if isinstance(found, Call) else None
        where = path or (found.path if isinstance(found, Access) else Path("", Root.OTHER, (), ""))
        state = self._holding.at(study, event)
        return SharedAccess(
            field=self.field(where),
            place=study.place(found.line),
            kind=kind,
            marking=marking,
            text=where.text,
            line_text=study.line_text(found.line),
            accessor=accessor,
            held=state.locks,
            sections=state.sections,
            is_fresh=self._objects.is_private(study, event, where),
            is_new=study.is_new(found.line),
            object_text=object_text(where),
            value_text=found.value.text if isinstance(found, Access) and found.value else "",
        )

    def _meaning(self, function: str) -> tuple[Kind, Marking]:
        """What a call does to the place that it is told of: list primitives, and frees."""
        primitive = self._lists.get(function)
        if primitive is None:
            return Kind.WRITE, Marking.PLAIN
        kind = Kind.WRITE if primitive.is_write else Kind.READ
        return kind, Marking.RCU if primitive.is_rcu else Marking.PLAIN


_NOTHING = (Kind.READ, Marking.PLAIN)
