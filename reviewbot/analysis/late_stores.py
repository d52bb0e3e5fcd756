"""Members filled in after their object was published: the stores stand in the wrong order.

Gives `LateStore` facts (rule late-initialisation; pub-late-init and the reg-*-before-init
rules of the catalogue). Asked only where a function at hand that can find the object uses
the member.
"""

import itertools
import re
from collections.abc import Iterator, Sequence

import msgspec

from reviewbot.analysis import wording
from reviewbot.analysis.aliases import group_of, pointers, points_into
from reviewbot.analysis.facts import Confidence, HeldLock, Interleaving, LateStore, Step
from reviewbot.analysis.finders import Finders, Published
from reviewbot.analysis.flow import bits
from reviewbot.analysis.held import Holding
from reviewbot.analysis.locks import same_lock
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.provenance import Provenance
from reviewbot.analysis.scenario import Act, Doing, Scenario
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Stories
from reviewbot.analysis.threads import Point
from reviewbot.syntax.model import Access, Call, Event, Kind, Marking, ValueKind

_INITIALISES = re.compile(
    r"INIT_[A-Z_]+|init_(?:completion|waitqueue_head|rwsem|irq_work|llist_head|srcu_struct|task_work|usb_anchor)"
    r"|(?:raw_)?spin_lock_init|rwlock_init|(?:rt_)?mutex_init|sema_init|seq(?:lock|count)_init|kref_init|idr_init"
    r"|ida_init|xa_init\w*|xa_init|timer_setup|hrtimer_(?:setup|init)|tasklet_(?:setup|init)|kthread_init_\w+"
    r"|skb_queue_head_init|percpu_ref_init|kfifo_alloc|bio_list_init|rhashtable_init|mempool_init\w*"
)
"""Calls that set up the member whose address they are given."""

_FILLS = re.compile(r"\w*(?:init|setup|alloc|fill|reset)\w*")
"""Calls that may fill in an object that they are given: enough to be silent."""

_COPIES = re.compile(r"dup|clone|copy|realloc")
"""Allocations that come filled in."""


class Late(msgspec.Struct, frozen=True):
    """A store or set-up of a member: the event of its access, and the member as the code spells it."""

    event: int
    text: str
    name: str
    is_setup: bool


class LateStores:
    """The late-store facts of one program."""

    def __init__(  # noqa: PLR0913, PLR0917  (one collaborator for each question)
        self,
        program: Program,
        stories: Stories,
        provenance: Provenance,
        holding: Holding,
        finders: Finders,
        scenarios: Scenarios,
    ) -> None:
        self._program = program
        self._scenarios = scenarios
        self._stories = stories
        self._provenance = provenance
        self._holding = holding
        self._finders = finders
        self._filled: dict[tuple[Study, str], dict[int, Late]] = {}

    def facts(self, study: Study) -> Iterator[LateStore]:
        """What is to be asked of the order in which a function fills in and publishes: one fact an object."""
        groups = dict.fromkeys(group_of(study, variable) for variable in pointers(study))
        for group in groups:
            facts = (
                fact
                for index in range(len(study.function.events))
                if study.flow.is_reached(index)
                for fact in self._of_event(study, index, group)
            )
            yield from itertools.islice(facts, 1)

    def _of_event(self, study: Study, index: int, group: frozenset[str]) -> Iterator[LateStore]:
        if not _may_publish(study.function.events[index], group):
            return
        lates = [late for late in self._later(study, index, group) if _is_new_order(study, index, late.event)]
        published = self._finders.published(study, index, group) if lates else None
        if published is None:
            return
        for late in lates:
            was_private = self._was_private(study, published, late, group)
            fact = self._ask(study, published, late) if was_private else None
            if fact is not None:
                yield fact

    def _later(self, study: Study, published: int, group: frozenset[str]) -> Iterator[Late]:
        """The members of the object filled in after the event, error paths left out."""
        found: dict[int, Late] = {}
        for root in group:
            key = (study, root)
            if key not in self._filled:
                self._filled[key] = _filled(study, root)
            found |= self._filled[key]
        if found:
            flow = study.flow
            wanted = flow.may_follow(published) & ~_failed(study, published) & ~flow.may_precede(published)
            yield from (found[index] for index in sorted(found) if wanted >> index & 1)

    def _was_private(self, study: Study, published: Published, late: Late, group: frozenset[str]) -> bool:
        """Whether those that the publication lets in could not have the object before.

        What a callback or an operation needs is set up before it is started, whoever has
        the object by then; so there it is enough that the object was made here.
        """
        if any(self._provenance.is_private(study, published.event, name) for name in group):
            return True
        if not published.is_start:
            return False
        parameters = {parameter.name for parameter in study.function.parameters}
        return (late.is_setup and bool(parameters & group)) or any(
            self._provenance.is_private(study, made + 1, name)
            for name in group
            for made in study.definitions(name, published.event)
            if made + 1 < len(study.function.events) and study.flow.is_reached(made + 1)
        )

    def _ask(self, study: Study, published: Published, late: Late) -> LateStore | None:
        if _is_set_before(study, published, late):
            return None
        for story in self._stories.of(late.name):
            if story.field.weak:
                continue
            writer = next((s for s in story.seen if s.study is study and s.event == late.event), None)
            if writer is None:
                continue
            others = set(published.studies) - {study}
            seen = (s for s in story.seen if s.study in others)
            readers = [s for s in seen if self._is_early(s, writer, published, late)]
            if readers:
                return self._fact(writer, readers, published)
        return None

    def _is_early(self, seen: Seen, writer: Seen, published: Published, late: Late) -> bool:
        """Whether a read can come between the publication and the store, and mind it."""
        if seen.is_setup or seen.is_teardown or seen.access.is_fresh:
            return False
        uses = (Kind.READ, Kind.RMW, Kind.ADDRESS) if late.is_setup else (Kind.READ,)
        if seen.access.kind not in uses or (seen.access.is_test and not late.is_setup):
            return False
        return not self._is_locked_out(seen, writer, published) and not self._is_gated(seen, writer)

    def _is_locked_out(self, seen: Seen, writer: Seen, published: Published) -> bool:
        """Whether a lock held from the publication to the store keeps the reader out."""
        before = self._holding.at(writer.study, published.event).locks
        still = [lock for lock in writer.access.held if any(lock.text == other.text for other in before)]
        if _shares(still, seen):
            return True
        if published.is_start:
            return False
        if published.is_marked:
            # the reader's callers may hold the lock, unless it shows that it is lockless
            return bool(still) and not (seen.access.sections and not seen.access.held)
        return not _shares([lock for lock in before if not lock.is_hinted], seen, are_sure=True)

    def _is_gated(self, seen: Seen, writer: Seen) -> bool:
        """Whether the reader tests the member itself, or one that is stored later still."""
        later = {
            event.path.members[-1]
            for i in (*bits(writer.study.flow.may_follow(writer.event)), writer.event)
            if isinstance(event := writer.study.function.events[i], Access)
            and event.kind in (Kind.WRITE, Kind.RMW)
            and event.path.members
        }
        tests = seen.study.function.tests
        return any(
            isinstance(event := seen.study.function.events[i], Access)
            and event.path.members
            and event.path.members[-1] in later
            for test, _ in seen.study.flow.conditions(seen.event)
            for i in tests[test].events
        )

    def _fact(self, writer: Seen, readers: Sequence[Seen], published: Published) -> LateStore:
        accesses = [reader.access for reader in readers]
        first = wording.function(accesses[0])
        is_sure = self._program.has_tree and all(s.study.function.is_whole for s in (writer, *readers))
        why = published.why.format(reader=first)
        publication = writer.study.line_text(writer.study.function.events[published.event].line)
        return LateStore(
            field=writer.access.field,
            accesses=(writer.access, *accesses),
            confidence=Confidence.LOW if published.is_delayed else _sureness(is_sure=is_sure),
            **wording.about(writer.access),
            **wording.sides(writer.access, accesses, "read"),
            overlap=why if why.startswith(first) else f"{first} runs from then on: {why}",
            interleaving=Interleaving(
                (wording.function(writer.access), first),
                (
                    Step(0, publication, arrow="- ->"),
                    Step(1, accesses[0].line_text, remark="<- not set yet"),
                    Step(0, writer.access.line_text),
                ),
            ),
            publisher=published.name,
            object=writer.access.object_text,
            is_initialisation=True,
            scenarios=(self._scenario(writer, readers[0], published),),
        )

    def _scenario(self, writer: Seen, reader: Seen, published: Published) -> Scenario:
        event = writer.study.function.events[published.event]
        act = Act(Doing.WRITE, "", Marking.RCU, text=writer.study.line_text(event.line))
        publish = Point(act, writer.study, published.event)
        return self._scenarios.late(publish, writer, reader, published.name.removesuffix("()"))


def _sureness(*, is_sure: bool) -> Confidence:
    return Confidence.HIGH if is_sure else Confidence.MEDIUM


def _shares(locks: Sequence[HeldLock], seen: Seen, *, are_sure: bool = False) -> bool:
    """Whether the reader holds a lock under which the object was published; or surely holds it."""
    held = [lock for lock in seen.access.held if not (are_sure and lock.is_hinted)]
    return any(same_lock(lock.identity, other.identity) for lock in locks for other in held)


def _may_publish(event: Event, group: frozenset[str]) -> bool:
    """Whether an event stores a pointer to the object, or hands one on."""
    if isinstance(event, Access):
        is_store = event.kind in (Kind.WRITE, Kind.RMW) and event.value is not None
        return is_store and event.value is not None and points_into(event.value, group)
    return isinstance(event, Call) and any(points_into(value, group) for value in event.arguments)


def _filled(study: Study, root: str) -> dict[int, Late]:
    """The members of an object that a function fills in, by event."""
    found: dict[int, Late] = {}
    for index, event in enumerate(study.function.events):
        if not isinstance(event, Access) or event.path.root != root or not _is_own_member(event):
            continue
        if event.kind is Kind.WRITE and event.value is not None and event.value.kind is not ValueKind.NULL:
            found[index] = Late(index, event.path.text, event.path.members[-1], False)
        elif event.kind is Kind.ADDRESS and _sets_up(study, index, event):
            found[index] = Late(index, event.path.text, event.path.members[-1], True)
    return found


def _is_new_order(study: Study, published: int, late: int) -> bool:
    """Whether the series wrote the publication or the store that follows it."""
    return any(study.is_new(study.function.events[index].line) for index in (published, late))


def _failed(study: Study, published: int) -> int:
    """The events that only run where the publishing call has failed."""
    call = study.function.events[published]
    result = call.result if isinstance(call, Call) else None
    failed = 0
    for number, test in enumerate(study.function.tests):
        name = result if result in test.operand.variables else None
        is_its = name is not None and published in study.tested_definitions(name, number)
        if published in test.events or is_its:
            failed |= study.flow.governed(number, True)
    return failed


def _is_own_member(access: Access) -> bool:
    steps = access.path.steps
    return bool(steps) and steps[0].arrow and not any(s.arrow or s.name in ("*", "[]") for s in steps[1:])


def _sets_up(study: Study, index: int, access: Access) -> bool:
    """Whether the address is the first argument of a call that initialises it."""
    calls = (e for e in study.function.events[index + 1 : index + 6] if isinstance(e, Call))
    call = next(calls, None)
    if call is None or not call.arguments or not _INITIALISES.fullmatch(call.function):
        return False
    return call.arguments[0].path == access.path


def _is_set_before(study: Study, published: Published, late: Late) -> bool:
    """Whether the member, or all of the object, was given a value before the publication."""
    path = study.function.events[late.event]
    if not isinstance(path, Access):
        return True
    before = (study.function.events[index] for index in bits(study.flow.may_precede(published.event)))
    return any(_gives_value(event, path, late.text) for event in before)


def _gives_value(event: Event, path: Access, text: str) -> bool:
    """Whether an event fills in the member: itself, with all of the object, or in a set-up call."""
    root = path.path.root
    if isinstance(event, Access) and event.path.root == root:
        is_it = event.path.text == text and event.kind in (Kind.WRITE, Kind.RMW, Kind.ADDRESS)
        return is_it or event.kind is Kind.COPY
    if not isinstance(event, Call):
        return False
    if event.result == root:
        return _COPIES.search(event.function) is not None
    if not _FILLS.fullmatch(event.function):
        return False
    return any(value.kind is ValueKind.VARIABLE and value.name == root for value in event.arguments)
