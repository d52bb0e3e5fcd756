"""Plain stores into page tables, which are walked without locks, by the hardware too.

Gives `MixedMarking` facts: who stores an entry holds a lock, who walks the table holds none.
"""

from collections.abc import Iterator

from reviewbot.analysis import wording
from reviewbot.analysis.facts import Confidence, Field, HeldLock, MixedMarking, SharedAccess, Side
from reviewbot.analysis.held import Holding
from reviewbot.analysis.objects import CONSTRUCTOR, DESTRUCTOR
from reviewbot.analysis.program import Study
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Kind, Marking, Root


class PageTables:
    """The facts about stores of page-table entries of one program."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._entries = vocabulary().memory.walked_entries

    def facts(self, study: Study) -> Iterator[MixedMarking]:
        """What is to be asked of the stores in a function: at most one fact."""
        if CONSTRUCTOR.search(study.name) or DESTRUCTOR.search(study.name) or study.is_single_threaded:
            return
        for event, access in study.accesses():
            if self._is_entry(access) and study.is_new(access.line):
                yield self._fact(study, event, access)
                return

    def _is_entry(self, access: Access) -> bool:
        """A plain `*pmdp = ...` through a pointer that was handed in."""
        known = access.path.root_type
        is_store = access.kind is Kind.WRITE and access.marking is Marking.PLAIN
        is_whole = tuple(step.name for step in access.path.steps) == ("*",)
        is_handed = access.path.root_kind is Root.PARAMETER
        is_entry = known is not None and known.name in self._entries and known.pointers == 1
        return is_store and is_whole and is_handed and is_entry

    def _fact(self, study: Study, event: int, access: Access) -> MixedMarking:
        held = self._holding.at(study, event).locks
        shared = SharedAccess(
            field=Field(None, access.path.root, weak=True),
            place=study.place(access.line),
            kind=access.kind,
            marking=access.marking,
            text=access.path.text,
            line_text=study.line_text(access.line),
            held=held,
            is_new=True,
            object_text=access.path.root,
            value_text=access.value.text if access.value else "",
        )
        return MixedMarking(
            field=shared.field,
            accesses=(shared,),
            confidence=Confidence.MEDIUM,
            **wording.about(shared),
            writer=f"{study.name}()",
            reader="a walk of the table",
            readers="the walks of the table",
            locks=f"with {_held(held)} here and no lock in the walks",
            overlap="Page tables are walked without locks, by the hardware and in GUP-fast",
            kind=access.kind,
            wanted="WRITE_ONCE()",
            other_side=Side.READ,
            write_wanted="WRITE_ONCE",
        )


def _held(locks: tuple[HeldLock, ...]) -> str:
    names = [lock.text for lock in locks if not lock.is_hinted]
    return names[0] if names else "no lock"
