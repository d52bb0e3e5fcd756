"""The race that is left of a question of order which the memory model answers.

What stands behind a flag or a pointer may be in order, by a lock for instance, while the flag or
the pointer itself is stored and loaded plainly at the same time.
"""

from collections.abc import Sequence

from reviewbot.analysis import wording
from reviewbot.analysis.evidence import Evidence
from reviewbot.analysis.facts import Flag
from reviewbot.analysis.purposes import is_looked_at_again
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Story
from reviewbot.syntax.model import Marking

STRENGTH = (
    Marking.DATA_RACE,
    Marking.PLAIN,
    Marking.PLAIN_BITOP,
    Marking.VOLATILE,
    Marking.RELAXED,
    Marking.ONCE,
)
"""Markings that do not order, the weakest first."""


class Races:
    """The races on the fields of one program."""

    def __init__(self, evidence: Evidence, scenarios: Scenarios) -> None:
        self._evidence = evidence
        self._scenarios = scenarios

    def left(
        self, story: Story, writer: Seen, readers: Sequence[Seen], payload: str, noun: str
    ) -> Flag | None:
        """The race of a new field that nobody marks, should what it announces be in order all the same.

        `noun` is what the loads are called: a check, a read.
        """
        if not story.is_new or story.first_marked is not None:
            return None
        racing = [reader for reader in readers if not is_looked_at_again(story, reader)]
        if not any(s.access.is_new for s in (writer, *racing)) or not racing:
            return None
        overlap = self._evidence.overlap(story, writer, racing)
        loads = [reader.access for reader in racing]
        anchor = writer if writer.access.is_new else next(r for r in racing if r.access.is_new)
        return Flag(
            field=story.field,
            place=anchor.access.place,
            accesses=(writer.access, *loads),
            store=writer.access.line_text,
            target=writer.access.text,
            **wording.sides(writer.access, loads, noun, place=anchor.access.place),
            **self._evidence.grounds(overlap, (writer, *racing)),
            payload=payload,
            scenarios=(self._scenarios.race(writer, racing[0]),),
            store_marking=writer.access.marking,
            check_marking=weakest(racing),
            has_payload=False,
        )


def weakest(readers: Sequence[Seen]) -> Marking:
    """The marking of the loads that does the least."""
    markings = {reader.access.marking for reader in readers}
    return next((m for m in STRENGTH if m in markings), next(iter(sorted(markings, key=lambda m: m.value))))
