"""From files to facts: the one entry of the analysis."""

from collections.abc import Iterator
from typing import Protocol

from msgspec.structs import replace

from reviewbot.analysis.accessors import Accessors
from reviewbot.analysis.announcements import Announcements
from reviewbot.analysis.bare_sides import BareSides
from reviewbot.analysis.before import NOTHING, Before
from reviewbot.analysis.beside import Beside
from reviewbot.analysis.candidates import Candidates
from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.crossings import Crossings
from reviewbot.analysis.dereferences import Dereferences
from reviewbot.analysis.documented import Documented
from reviewbot.analysis.double_checks import DoubleChecks
from reviewbot.analysis.effects import Effects
from reviewbot.analysis.evidence import Evidence
from reviewbot.analysis.exposure import Exposure
from reviewbot.analysis.facts import Fact
from reviewbot.analysis.finders import Finders
from reviewbot.analysis.flags import Flags
from reviewbot.analysis.followed import Followed
from reviewbot.analysis.foreign import Foreign
from reviewbot.analysis.foreign_reads import ForeignReads
from reviewbot.analysis.frees import Frees
from reviewbot.analysis.gates import Gates
from reviewbot.analysis.grace_waits import GraceWaits
from reviewbot.analysis.handoffs import Handoffs
from reviewbot.analysis.held import Holding
from reviewbot.analysis.late_stores import LateStores
from reviewbot.analysis.list_uses import ListUses
from reviewbot.analysis.lists import Lists
from reviewbot.analysis.markings import Markings
from reviewbot.analysis.new_fields import NewFields
from reviewbot.analysis.novelty import names_of_interest
from reviewbot.analysis.objects import Objects
from reviewbot.analysis.ordering import Ordering
from reviewbot.analysis.own_marks import OwnMarks
from reviewbot.analysis.page_tables import PageTables
from reviewbot.analysis.payload import Payloads
from reviewbot.analysis.production import is_beside, lowered
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.provenance import Provenance
from reviewbot.analysis.publications import Publications
from reviewbot.analysis.purposes import Purposes
from reviewbot.analysis.races import Races
from reviewbot.analysis.rcu_pointers import RcuPointers
from reviewbot.analysis.reasons import UNUSED, Account, Quiet
from reviewbot.analysis.removed_locks import RemovedLocks
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.sightings import Sightings
from reviewbot.analysis.stale_copies import StaleCopies
from reviewbot.analysis.stories import Stories, Story
from reviewbot.analysis.threads import Threads
from reviewbot.analysis.update_side import UpdateSide

MOST_TOLD = 200
"""New fields of which it is told why nothing is asked: more nobody reads."""


class FactMaker(Protocol):
    """Makes the facts of one kind."""

    def facts(self, story: Story) -> Iterator[Fact]:
        """The facts that the story of a field gives rise to."""


class FunctionFacts(Protocol):
    """Makes the facts of one kind about single functions."""

    def facts(self, study: Study) -> Iterator[Fact]:
        """The facts that a function of the series gives rise to."""


class Analysis:
    """The analyses of one program, wired together; each answers lazily and once."""

    def __init__(self, program: Program, before: Before = NOTHING) -> None:
        self.program = program
        self._before = before
        self.effects = Effects(program)
        self.contexts = Contexts(program)
        self.holding = Holding(program, self.effects, self.contexts)
        self.objects = Objects(program)
        self.stories = Stories(program, self.holding, self.objects, Accessors(program))
        self.evidence = Evidence(program, self.contexts, self.effects)
        ordering = Ordering()
        update_side = UpdateSide(program, self.holding)
        provenance = Provenance(program, self.objects, self.holding)
        gates = Gates(program, self.stories, ordering)
        scenarios = Scenarios(Threads(self.holding))
        races = Races(self.evidence, scenarios)
        self._makers: tuple[FactMaker, ...] = (
            Flags(
                Announcements(Payloads(program, self.objects), scenarios),
                ordering,
                self.evidence,
                Handoffs(program),
                update_side,
                scenarios,
                races,
            ),
            Publications(
                self.objects,
                provenance,
                ordering,
                self.evidence,
                gates,
                Beside(self.stories, ordering),
                scenarios,
                Followed(self.holding),
                races,
            ),
            DoubleChecks(ordering, self.evidence, scenarios),
            Crossings(self.stories, ordering, self.evidence, scenarios),
            Markings(self.evidence, Candidates(self.contexts), update_side, scenarios),
            RcuPointers(self.evidence),
            OwnMarks(self.evidence),
            BareSides(program, self.holding, self.contexts, self.stories, self.evidence, scenarios),
            NewFields(self.evidence),
        )
        self._foreign = Foreign(program)
        self._foreign_reads = ForeignReads(self._foreign, self.evidence)
        self._documented = Documented(program, self.contexts, before)
        self._purposes = Purposes()
        self._function_makers = self._of_functions(provenance, scenarios)

    def _of_functions(self, provenance: Provenance, scenarios: Scenarios) -> tuple[FunctionFacts, ...]:
        sightings = Sightings(self.program, self.holding, self.objects)
        self._removed = RemovedLocks(self.program, self._before, self.contexts, sightings, scenarios)
        list_uses = ListUses(self.program, sightings)
        exposure = Exposure(self.program, self.holding, self.effects, self.contexts)
        finders = Finders(self.program, list_uses, provenance)
        return (
            PageTables(self.holding),
            Dereferences(
                self.program, self.holding, self.effects, exposure, sightings, self.stories, scenarios
            ),
            Lists(self.program, self.contexts, provenance, list_uses, self.stories, scenarios),
            Frees(self.program, self.objects, list_uses, sightings, self.stories, scenarios),
            LateStores(self.program, self.stories, provenance, self.holding, finders, scenarios),
            StaleCopies(self.program, self.objects, self.stories, provenance, self.holding, sightings),
            GraceWaits(self.program, self.holding, self.effects, self.contexts, sightings),
        )

    def facts(self) -> tuple[Fact, ...]:
        """All facts that the series gives rise to, in a fixed order."""
        found: list[Fact] = []
        for name in names_of_interest(self.program, self.stories):
            for story in self.stories.of(name):
                if story.is_touched:
                    found += self.of_story(story)
        for study in tuple(self.program.touched()):
            for maker in self._function_makers:
                found += maker.facts(study)
        found += self._removed.all_facts()
        return tuple(dict.fromkeys(map(lowered, found)))

    def accounts(self) -> tuple[Account, ...]:
        """Why nothing is asked of each field that the series declares; known once the facts are.

        Of a series that declares very many the first `MOST_TOLD` are told.
        """
        declared = self.program.all_declared()[:MOST_TOLD]
        stories = ((field, self.stories.story(field)) for field in declared)
        return tuple(Account(field, story.reasons.told() if story else (UNUSED,)) for field, story in stories)

    def of_field(self, story: Story) -> tuple[Fact, ...]:
        """All facts about one field, those of the functions that access it too."""
        found = list(self.of_story(story))
        for study in dict.fromkeys(seen.study for seen in story.seen if seen.study.is_touched):
            for maker in self._function_makers:
                found += maker.facts(study)
        found += self._removed.all_facts()
        return tuple(dict.fromkeys(lowered(fact) for fact in found if fact.field == story.field))

    def of_story(self, story: Story) -> Iterator[Fact]:
        """What there is to ask of one field; its story knows why the rest is not asked."""
        is_shared = self._foreign.is_shared(story)
        for maker in (self._foreign_reads,) if is_shared else self._makers:
            for fact in maker.facts(story):
                if is_beside(fact.place.path):
                    words = "it is in tools, samples or tests: asked with low confidence"
                    story.reasons.note(Quiet.BESIDE_KERNEL, words)
                reason = fact.reason or self._documented.reason(story, fact)
                yield lowered(self._purposes.told(story, replace(fact, reason=reason)))
