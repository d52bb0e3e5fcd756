"""Waits for a grace period that a reader of it holds up: in a reader, or under a lock that readers take.

Gives `GraceWait` facts (rule grace-period-deadlock; rcu-sync-deadlock of the catalogue).
"""

from collections.abc import Iterator

import msgspec

from reviewbot.analysis import wording
from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.effects import Effects
from reviewbot.analysis.facts import (
    Confidence,
    Field,
    GraceWait,
    Interleaving,
    Known,
    ReadSection,
    SharedAccess,
    Step,
)
from reviewbot.analysis.held import Holding
from reviewbot.analysis.holds import Change, Hold
from reviewbot.analysis.locks import same_lock
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.sightings import Sightings
from reviewbot.analysis.spelling import arguments, field_named, for_caller, lvalue, owner
from reviewbot.analysis.waits import Wait, Waits, may_wait
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Call, Path, Root, Scope

DEPTH = 3
"""How many calls a reader's section may stand above the lock."""

MOST_WAYS = 40
"""Ways into a reader that are looked at."""

_COUNTS_AS = {"rcu_bh": "rcu", "rcu_sched": "rcu"}
_WORDS = {"rcu": "RCU", "srcu": "SRCU", "rcu_tasks_trace": "RCU Tasks Trace"}


class Taken(msgspec.Struct, frozen=True):
    """A lock taken in a read-side section: `lock` and `domain` as the function of the section spells them."""

    study: Study
    event: int
    lock: str
    domain: str
    top: Study
    is_new: bool


class Cycle(msgspec.Struct, frozen=True):
    """What holds a wait up: a section it stands in, or a lock that a reader takes."""

    lock: str = ""
    section: str = ""
    taken: Taken | None = None
    is_at_wait: bool = True
    """The series brought the wait or its lock, rather than the reader's."""


class GraceWaits:
    """The wait facts of one program."""

    def __init__(
        self, program: Program, holding: Holding, effects: Effects, contexts: Contexts, sightings: Sightings
    ) -> None:
        self._program = program
        self._holding = holding
        self._effects = effects
        self._contexts = contexts
        self._sightings = sightings
        self._waits = Waits(program, holding, effects)
        self._locks = vocabulary().locks
        self._rcu = vocabulary().rcu

    def facts(self, study: Study) -> Iterator[GraceWait]:
        """What is to be asked of the waits in a function, and of the locks its read-side sections take."""
        for wait in self._waits.of(study):
            fact = self._inside(wait) or self._locked(wait)
            if fact is not None:
                yield fact
        yield from self._of_reader(study)

    # -- a wait in a reader -----------------------------------------------------------------

    def _inside(self, wait: Wait) -> GraceWait | None:
        for hold in self._waits.held(wait):
            begin = self._begin(wait, hold) if self._is_section_of(hold, wait) else ""
            if begin and self._is_new_under(wait, hold):
                cycle = Cycle(section=begin) if hold.is_section else Cycle(lock=hold.text)
                return self._fact(wait, cycle)
        return None

    def _is_section_of(self, hold: Hold, wait: Wait) -> bool:
        """Whether a hold is a read-side section of the domain waited for; a spinlock is one of RCU."""
        sections = hold.sections()
        if not hold.is_section:
            return wait.flavour == "rcu" and bool(sections)
        return any(self._is_reader(section, wait.study, wait.flavour, wait) for section in sections)

    def _is_reader(self, section: ReadSection, study: Study, flavour: str, wait: Wait) -> bool:
        if _COUNTS_AS.get(section.flavour, section.flavour) != flavour:
            return False
        return flavour != "srcu" or self._same_field(section.domain, study, wait.domain, wait.study)

    def _same_field(self, one: str, study: Study, other: str, there: Study) -> bool:
        """Whether two expressions can name one srcu_struct: of the same object, or of a field."""
        if study is there:
            return one.lstrip("&") == other.lstrip("&")
        mine = field_named(one, study, self._program.types)
        theirs = field_named(other, there, self._program.types)
        if mine is None or theirs is None:
            return False
        if mine.weak or theirs.weak:
            return mine.name == theirs.name and study.file is there.file
        return mine == theirs

    def _is_new_under(self, wait: Wait, hold: Hold) -> bool:
        """Whether the series wrote the wait, or where what it stands under begins or ends."""
        events = (wait.event, *self._waits.beginning(wait, hold), *self._ending(wait, hold))
        return any(wait.study.is_new(wait.study.function.events[index].line) for index in events)

    def _ending(self, wait: Wait, hold: Hold) -> list[int]:
        """The events of the function that end a hold after the wait."""
        after = wait.study.flow.may_follow(wait.event)
        return [
            index
            for index, changes in self._effects.changes(wait.study).items()
            if after >> index & 1
            and any(not change.acquires and change.hold.key == hold.key for change in changes)
        ]

    def _begin(self, wait: Wait, hold: Hold) -> str:
        """The primitive that began a hold in this very function; empty where that is not seen."""
        for index in self._waits.beginning(wait, hold):
            event = wait.study.function.events[index]
            if isinstance(event, Scope):
                return f"guard({event.class_name})"
            if isinstance(event, Call) and (
                self._rcu.enter(event.function) or self._locks.acquire(event.function)
            ):
                return f"{event.function}()"
        return ""

    # -- a wait under a lock that readers take ------------------------------------------------

    def _locked(self, wait: Wait) -> GraceWait | None:
        if wait.flavour == "rcu":
            return None  # what an RCU reader takes is a spinlock, under which nobody can wait
        for hold in self._waits.held(wait):
            if hold.is_section or hold.identity in ("", "?"):
                continue
            if hold.known is Known.CALLERS and self._waits.is_wrapper(wait.study):
                continue
            for taken in self._takers(hold, wait):
                is_at_wait = self._is_new_under(wait, hold)
                if is_at_wait or taken.is_new:
                    return self._fact(wait, Cycle(hold.text, "", taken, is_at_wait))
        return None

    def _takers(self, hold: Hold, wait: Wait) -> Iterator[Taken]:
        """Where readers of the domain take the lock."""
        name = hold.identity.rpartition(".")[2]
        self._program.look_for((name,))
        for reader in self._program.mentioning(name):
            if reader is wait.study:
                continue
            taken = [
                (index, other)
                for index, other in self._takes(reader)
                if same_lock(other.identity, hold.identity) and (other.is_exclusive or hold.is_exclusive)
            ]
            # asked last: it takes all callers of the reader
            for index, other in taken if taken and not self._contexts.is_single_threaded(reader) else ():
                yield from self._in_section(reader, index, other, (hold, wait))

    def _takes(self, study: Study) -> Iterator[tuple[int, Hold]]:
        """The locks that a function waits for, and takes."""
        for index, changes in self._effects.changes(study).items():
            for change in changes:
                if _is_taken(change):
                    yield index, change.hold
        for index, conditional in self._effects.conditional(study).items():
            call = study.function.events[index]
            effect = self._locks.acquire(call.function) if isinstance(call, Call) else None
            if effect is not None and not effect.is_try:
                yield from ((index, change.hold) for change, _ in conditional)

    def _in_section(
        self, reader: Study, index: int, hold: Hold, against: tuple[Hold, Wait]
    ) -> Iterator[Taken]:
        mine, wait = against
        for top, event, lock, is_new in self._ways(reader, index, hold.text):
            for held in self._holding.holds(top, event):
                if not held.is_section or held.known is Known.HINTED:
                    continue
                for section in held.sections():
                    is_its = self._is_reader(section, top, wait.flavour, wait)
                    if is_its and _hang_alike(lock, section.domain, mine.text, wait.domain):
                        yield Taken(reader, index, lock, section.domain, top, is_new)

    def _ways(self, study: Study, event: int, lock: str) -> Iterator[tuple[Study, int, str, bool]]:
        """The function itself and those that call it, with the lock as they spell it."""
        level = [(study, event, lock, study.is_new(study.function.events[event].line))]
        seen = 0
        for _ in range(DEPTH):
            above: list[tuple[Study, int, str, bool]] = []
            for here, index, text, is_new in level:
                seen += 1
                if seen > MOST_WAYS:
                    return
                yield here, index, text, is_new
                above += [
                    (
                        site.caller,
                        site.event,
                        for_caller(text, arguments(here, site.call)),
                        is_new or site.caller.is_new(site.call.line),
                    )
                    for site in self._program.sites(here)
                ]
            level = above

    def _of_reader(self, study: Study) -> Iterator[GraceWait]:
        """New locks in the sections of a function, against waits that are older than the series."""
        for index, hold in self._takes(study):
            if not study.is_new(study.function.events[index].line):
                continue
            for held in self._holding.holds(study, index):
                if held.is_section and held.flavour == "srcu" and held.known is not Known.HINTED:
                    yield from self._waiting_for(study, index, hold, held)

    def _waiting_for(self, study: Study, index: int, hold: Hold, section: Hold) -> Iterator[GraceWait]:
        domain = section.text
        name = domain.lstrip("&")[len(owner(domain)) :].lstrip("->.")
        self._program.look_for((name,))
        for other in self._program.mentioning(name):
            if other.is_touched or not may_wait(other.file.function_text(other.name)):
                continue
            for wait in self._waits.of(other):
                taken = Taken(study, index, hold.text, domain, study, True)
                if wait.flavour == "srcu" and self._same_field(domain, study, wait.domain, other):
                    mine = next(
                        (h for h in self._waits.held(wait) if self._is_same(h, hold, wait, taken)), None
                    )
                    if mine is not None:
                        yield self._fact(wait, Cycle(mine.text, "", taken, is_at_wait=False))
                        return

    @staticmethod
    def _is_same(mine: Hold, theirs: Hold, wait: Wait, taken: Taken) -> bool:
        if mine.is_section or not same_lock(mine.identity, theirs.identity):
            return False
        is_exclusive = mine.is_exclusive or theirs.is_exclusive
        return is_exclusive and _hang_alike(taken.lock, taken.domain, mine.text, wait.domain)

    # -- in words ---------------------------------------------------------------------------

    def _sighted(self, wait: Wait) -> SharedAccess:
        path = lvalue(wait.domain, wait.study) if wait.domain else None
        name = wait.domain.lstrip("&") or wait.flavour
        return self._sightings.access(wait.study, wait.event, path or Path(name, Root.GLOBAL, (), name))

    def _fact(self, wait: Wait, cycle: Cycle) -> GraceWait:
        at, taken = self._sighted(wait), cycle.taken
        path = lvalue(taken.lock, taken.study) if taken else None
        other = self._sightings.access(taken.study, taken.event, path) if taken else None
        here = other if other is not None and not cycle.is_at_wait else at
        field = self._field(wait, cycle) or at.field
        return GraceWait(
            field=field,
            place=here.place,
            accesses=(at, other) if other else (at,),
            confidence=self._confidence(wait, cycle),
            store=here.line_text,
            target=cycle.lock,
            writer=f"{wait.study.name}()",
            reader=wording.function(other) if other else "",
            readers="",
            locks="",
            overlap=_way(taken) if taken else "",
            interleaving=_table(cycle, at, other) if other else None,
            primitive=wait.primitive,
            domain=wait.domain,
            flavour=_WORDS.get(wait.flavour, wait.flavour),
            lock=cycle.lock,
            section=cycle.section,
            is_inside=taken is None,
        )

    def _field(self, wait: Wait, cycle: Cycle) -> Field | None:
        return field_named(cycle.lock, wait.study, self._program.types) if cycle.lock else None

    def _confidence(self, wait: Wait, cycle: Cycle) -> Confidence:
        studies = [wait.study, *([cycle.taken.study, cycle.taken.top] if cycle.taken else [])]
        is_whole = all(study.function.is_whole for study in studies)
        return Confidence.HIGH if self._program.has_tree and is_whole else Confidence.MEDIUM


def _is_taken(change: Change) -> bool:
    hold = change.hold
    return change.acquires and not hold.is_section and hold.known is Known.SEEN


def _hang_alike(lock: str, domain: str, other_lock: str, other_domain: str) -> bool:
    """Whether lock and domain belong together on both sides alike: both to one object, or one is global."""
    if not owner(lock) or not owner(domain):
        return bool(owner(other_lock)) == bool(owner(lock))
    return owner(lock) == owner(domain) and owner(other_lock) == owner(other_domain)


def _way(taken: Taken) -> str:
    """How the lock comes to be taken in a section: `foo() takes it in a section that bar() begins`."""
    taker, top = f"{taken.study.name}()", f"{taken.top.name}()"
    return f"{taker} takes it in a section" + (f" of {top}" if taken.top is not taken.study else "")


def _table(cycle: Cycle, at: SharedAccess, other: SharedAccess) -> Interleaving:
    return Interleaving(
        (wording.function(at), wording.function(other)),
        (
            Step(0, f"take {cycle.lock}"),
            Step(1, "enter the read-side section"),
            Step(0, at.line_text, remark="<- waits for the section"),
            Step(1, other.line_text, remark="<- waits for the lock"),
        ),
    )
