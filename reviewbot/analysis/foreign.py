"""Memory that the kernel shares with user space (S23) or with a device (S22).

No lock keeps such a partner out, and its half of a pair is out of sight: what is asked of the
kernel's own memory is not asked here. The vocabulary names the structs and the functions.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.stories import USER_SPACE, Seen, Story
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Path

NOT_KERNEL = (*USER_SPACE, "samples/", "Documentation/")
"""Folders whose programs are that user space."""

AHEAD = 2
"""Events behind an allocation among which the store of its result stands."""


class Foreign:
    """The answers for one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._memory = vocabulary().foreign_memory
        self._shared: dict[tuple[Study, ...], frozenset[str]] = {}
        """By the functions that allocate such memory: more of them may come to hand."""

    def is_shared(self, story: Story) -> bool:
        """Whether somebody outside the kernel writes the field, or a device looks at it; noted."""
        owner = next((owner for seen in story.seen if (owner := self.owner(seen))), "")
        if owner:
            words = f"{owner} writes it too: only plain reads of it are asked about"
            story.reasons.note(Quiet.FOREIGN, words)
        elif any(map(self._is_of_device, story.seen)):
            words = "the device has it too: its order is a matter of dma_wmb(), readl() and their like"
            story.reasons.note(Quiet.DEVICE, words)
        else:
            return False
        return True

    def owner(self, seen: Seen) -> str:
        """Who writes the place of an access beside the kernel; empty where nobody does."""
        access, path = seen.access, seen.source.path
        if access.place.path.startswith(NOT_KERNEL) or access.is_fresh or len(path.members) == 0:
            return ""
        if not any(step.arrow or step.name == "*" for step in path.steps):
            return ""
        by_struct = self._memory.writer(self._struct(path), path.members[-1])
        return by_struct or self._by_origin(seen)

    def _struct(self, path: Path) -> str | None:
        """The struct of the last member, pointers that only the vocabulary knows followed."""
        known = self._program.types.root_type(path)
        tag = known.tag if known else None
        for name in path.members[:-1]:
            member = self._program.types.member(tag, name) if tag else None
            tag = member.type.tag if member else self._memory.pointers.get((tag or "", name))
        return tag

    def _by_origin(self, seen: Seen) -> str:
        """The writer of what a call gave the variable that the access goes through."""
        made = seen.study.definitions(seen.source.path.root, seen.event)
        events = [seen.study.function.events[index] for index in made]
        owners = {self._memory.results.get(e.function, "") if isinstance(e, Call) else "" for e in events}
        return owners.pop() if len(owners) == 1 and len(seen.source.path.members) == 1 else ""

    # -- devices ----------------------------------------------------------------------------------

    def _is_of_device(self, seen: Seen) -> bool:
        """Whether the memory is mapped from a device, or was allocated to be shared with one."""
        path = seen.source.path
        if not path.members:
            return False
        if seen.access.field.struct in self._coherent():
            return True
        holder = self._program.types.type_of(replace(path, steps=path.steps[:-1]))
        return holder is not None and "__iomem" in holder.annotations

    def _coherent(self) -> frozenset[str]:
        """The structs of which objects are allocated to be shared with a device."""
        names = sorted(self._memory.coherent)
        studies = tuple(dict.fromkeys(study for name in names for study in self._program.mentioning(name)))
        if studies not in self._shared:
            self._shared[studies] = frozenset(
                tag
                for study in studies
                for index, call in study.calls()
                if call.function in self._memory.coherent
                for tag in self._given(study, index, call)
            )
        return self._shared[studies]

    def _given(self, study: Study, index: int, call: Call) -> Iterator[str]:
        """The structs that the pointers which get the result point to."""
        variables = (v for v in study.function.locals if v.name == call.result)
        types = [variable.type for variable in variables]
        for event in study.function.events[index + 1 : index + 1 + AHEAD]:
            if isinstance(event, Access) and event.value is not None and event.value.name == call.function:
                known = self._program.types.type_of(event.path)
                types += [known] if known is not None else []
        yield from (type_.tag for type_ in types if type_.tag and type_.pointers == 1)
