"""Store buffering: each side stores its own and then loads the other's (ord-store-load).

Only a full barrier on both sides, or one lock, keeps the two from missing each other.
"""

from collections.abc import Iterator

from reviewbot.analysis import wording
from reviewbot.analysis.evidence import Evidence, Overlap, excludes
from reviewbot.analysis.facts import Crossing, Interleaving, Step
from reviewbot.analysis.ordering import Ordering
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Stories, Story
from reviewbot.syntax.model import Kind, Marking, ValueKind

MARKS = frozenset({Marking.ONCE, Marking.RELEASE, Marking.ACQUIRE, Marking.RELAXED})
"""Only marked accesses count: a mark says that the author meant the two sides to run at once."""


class Crossings:
    """The crossed pairs of one program."""

    def __init__(
        self, stories: Stories, ordering: Ordering, evidence: Evidence, scenarios: Scenarios
    ) -> None:
        self._stories = stories
        self._ordering = ordering
        self._evidence = evidence
        self._scenarios = scenarios

    def facts(self, story: Story) -> Iterator[Crossing]:
        """What is to be asked of a store followed by the load of another flag: at most one fact."""
        for store in (s for s in story.writes if _is_flag_store(s)):
            for other, load in self._loaded_next(story, store):
                fact = self._crossed(story, store, other, load)
                if fact is not None:
                    yield fact
                    return

    def _loaded_next(self, story: Story, store: Seen) -> Iterator[tuple[Story, Seen]]:
        """The marked loads of other flags of the same object behind the store."""
        study = store.study
        later = study.flow.may_follow(store.event)
        for event, access, _via in self._stories.expanded(study):
            if not later >> event & 1 or access.kind is not Kind.READ or access.marking not in MARKS:
                continue
            names = access.path.members
            for other in self._stories.of(names[-1]) if names else ():
                load = next((s for s in other.reads_in.get(study, ()) if s.event == event), None)
                if load is not None and other.field != story.field and _same_object(store, load):
                    yield other, load

    def _crossed(self, story: Story, store: Seen, other: Story, load: Seen) -> Crossing | None:
        """The mirror image in another function: it stores the other field and loads this one."""
        for theirs in (s for s in other.writes if _is_flag_store(s) and s.study in story.reads_in):
            if theirs.study is store.study:
                continue
            later = theirs.study.flow.may_follow(theirs.event)
            mine = next((s for s in story.reads_in[theirs.study] if later >> s.event & 1), None)
            if mine is None or excludes(store, mine) or not _same_object(theirs, mine):
                continue
            if not (mine.access.is_test and load.access.is_test) and not _is_returned(mine, load):
                continue
            if store.access.place.key > theirs.access.place.key or not any(
                s.access.is_new for s in (store, load, theirs, mine)
            ):
                continue
            return self._fact(story, store, load, theirs, mine)
        return None

    def _fact(self, story: Story, store: Seen, load: Seen, theirs: Seen, mine: Seen) -> Crossing | None:
        full = self._is_ordered(store, load), self._is_ordered(theirs, mine)
        if all(full):
            words = f"full barriers stand in both {store.study.name}() and {theirs.study.name}()"
            story.reasons.note(Quiet.ORDERED, words)
            return None
        ends = (store, theirs, load, mine)
        anchor = store if store.access.is_new else next(s for s in ends if s.access.is_new)
        overlap = Overlap(f"{wording.function(mine.access)} marks its accesses of the same two", 2)
        return Crossing(
            field=story.field,
            place=anchor.access.place,
            accesses=tuple(s.access for s in ends),
            store=store.access.line_text,
            target=store.access.text,
            **wording.sides(store.access, [mine.access], "check"),
            **self._evidence.grounds(overlap, ends),
            interleaving=_table(store, load, theirs, mine),
            other=load.access.field.name,
            scenarios=(self._scenarios.crossed((store, load), (theirs, mine)),),
        )

    def _is_ordered(self, store: Seen, load: Seen) -> bool:
        if Marking.FULL in (store.access.marking, load.access.marking):
            return True
        return self._ordering.has_full_barrier(store.study, store.event, load.event)


def _is_flag_store(seen: Seen) -> bool:
    """A marked store of a constant: each side says where it is, and looks where the other is."""
    value = seen.source.value
    is_bit = seen.access.marking is Marking.RELAXED
    return seen.access.marking in MARKS and (
        is_bit or (value is not None and value.kind is ValueKind.CONSTANT)
    )


def _is_returned(mine: Seen, load: Seen) -> bool:
    """Whether both functions do nothing with what they load but hand it out."""
    return all(len(seen.study.function.tests) == 0 for seen in (mine, load))


def _same_object(one: Seen, other: Seen) -> bool:
    return one.access.object_text == other.access.object_text


def _table(store: Seen, load: Seen, theirs: Seen, mine: Seen) -> Interleaving:
    return Interleaving(
        (wording.function(store.access), wording.function(theirs.access)),
        (
            Step(0, store.access.line_text),
            Step(1, theirs.access.line_text),
            Step(0, load.access.line_text, remark="<- misses the other's store"),
            Step(1, mine.access.line_text, remark="<- misses the first store"),
        ),
    )
