"""What one open file, one walk or one queue has to itself: its callers run one after the other.

The vocabulary names where such private state hangs: `seq_file.private`, used by one call at a
time. State reached through it does not race with itself.
"""

from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.stories import Seen
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.kernel.vocabulary.contexts import Serial
from reviewbot.syntax.model import Access, Assign, Event, Path, ValueKind

DEPTH = 3


class Serialised:
    """The answers for one program."""

    def __init__(self, program: Program, contexts: Contexts) -> None:
        self._program = program
        self._contexts = contexts
        self._table = vocabulary().contexts.serialised

    def apart(self, one: Seen, other: Seen) -> bool:
        """Whether both reach the object through state that their callers use one at a time."""
        return bool(self._owners(one) & self._owners(other))

    def _owners(self, seen: Seen) -> frozenset[Serial]:
        """The members that all ways to the object go through, and whose contexts are the function's."""
        contexts = self._contexts.of(seen.study)
        return frozenset(
            owner
            for owner in self._table
            if contexts <= owner.contexts
            and self._is_from(seen.study, seen.event, seen.source.path, owner, DEPTH)
        )

    def _is_from(self, study: Study, event: int, path: Path, owner: Serial, depth: int) -> bool:
        if self._passes(path, owner):
            return True
        if depth == 0:
            return False
        names = [parameter.name for parameter in study.function.parameters]
        if path.root in names:
            return self._callers_hand_in(study, names.index(path.root), owner, depth)
        made = [study.function.events[index] for index in study.definitions(path.root, event)]
        return bool(made) and all(self._gives(study, event, one, owner, depth) for one in made)

    def _gives(self, study: Study, event: int, made: Event, owner: Serial, depth: int) -> bool:
        """Whether a local variable gets what hangs on the owner, or is reached through it."""
        if isinstance(made, Access):
            return self._is_from(study, event, made.path, owner, depth - 1)
        if not isinstance(made, Assign) or made.value.path is None:
            return False
        return self._is_from(study, event, made.value.path, owner, depth - 1)

    def _callers_hand_in(self, study: Study, position: int, owner: Serial, depth: int) -> bool:
        """Whether every caller that is no constructor hands in such an object."""
        sites = [s for s in self._program.sites(study) if self._contexts.of(s.caller)]
        return bool(sites) and all(
            position < len(site.call.arguments)
            and site.call.arguments[position].kind is ValueKind.VARIABLE
            and self._is_variable_from(
                site.caller, site.event, site.call.arguments[position].name, owner, depth
            )
            for site in sites
        )

    def _is_variable_from(self, study: Study, event: int, name: str, owner: Serial, depth: int) -> bool:
        made = [study.function.events[index] for index in study.definitions(name, event)]
        if made:
            return all(self._gives(study, event, one, owner, depth) for one in made)
        names = [parameter.name for parameter in study.function.parameters]
        return name in names and self._callers_hand_in(study, names.index(name), owner, depth - 1)

    def _passes(self, path: Path, owner: Serial) -> bool:
        """Whether a path starts with the owner's member: `seq->private`."""
        known = self._program.types.root_type(path)
        return known is not None and known.tag == owner.struct and path.members[:1] == (owner.member,)
