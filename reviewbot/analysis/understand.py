"""From files to facts: the one entry of the analysis."""

from collections.abc import Iterator

from reviewbot.analysis.accessors import Accessors
from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.effects import Effects
from reviewbot.analysis.evidence import Evidence
from reviewbot.analysis.facts import Fact
from reviewbot.analysis.flags import Flags
from reviewbot.analysis.gates import Gates
from reviewbot.analysis.held import Holding
from reviewbot.analysis.novelty import names_of_interest
from reviewbot.analysis.objects import Objects
from reviewbot.analysis.ordering import Ordering
from reviewbot.analysis.payload import Payloads
from reviewbot.analysis.program import Program
from reviewbot.analysis.provenance import Provenance
from reviewbot.analysis.publications import Publications
from reviewbot.analysis.stories import Stories, Story


class Analysis:
    """The analyses of one program, wired together; each answers lazily and once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.effects = Effects(program)
        self.holding = Holding(program, self.effects)
        self.objects = Objects(program)
        self.contexts = Contexts(program)
        self.stories = Stories(program, self.holding, self.objects, Accessors(program))
        self.evidence = Evidence(program, self.contexts, self.effects)
        ordering = Ordering()
        provenance = Provenance(program, self.objects, self.holding)
        self._flags = Flags(Payloads(program, self.objects), ordering, self.evidence)
        self._publications = Publications(
            self.objects, provenance, ordering, self.evidence, Gates(program, self.stories)
        )

    def facts(self) -> tuple[Fact, ...]:
        """All facts that the series gives rise to, in a fixed order."""
        found: list[Fact] = []
        for name in names_of_interest(self.program, self.stories):
            for story in self.stories.of(name):
                found += self._of_story(story)
        return tuple(dict.fromkeys(found))

    def _of_story(self, story: Story) -> Iterator[Fact]:
        yield from self._flags.facts(story)
        yield from self._publications.facts(story)
