"""What a flag announces: memory written before its store and used behind the checks of it.

Steps 2 to 6 of the rule catalogue, 1.1: P and D, whether the two meet, and what a proof of it is
made of.
"""

import itertools
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from reviewbot.analysis.checks import Check
from reviewbot.analysis.facts import Field
from reviewbot.analysis.flow import bits
from reviewbot.analysis.payload import Payloads, Touched
from reviewbot.analysis.program import Study
from reviewbot.analysis.scenario import Act, Doing, Scenario
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.threads import Point, fill_point

MOST_PROVED = 4
"""Fields of a payload that are taken to a proof, at most."""


class Announced(msgspec.Struct, frozen=True):
    """What a flag announces; `is_guess` when the uses behind the check could not be seen."""

    texts: tuple[str, ...]
    fields: tuple[Field, ...]
    is_guess: bool

    @property
    def text(self) -> str:
        """The payload in words, at most two items named."""
        if len(self.texts) <= 2:
            return " and ".join(self.texts)
        return f"{self.texts[0]}, {self.texts[1]} and {len(self.texts) - 2} more"


class Announcements:
    """What the flags of one program announce."""

    def __init__(self, payloads: Payloads, scenarios: Scenarios) -> None:
        self._payloads = payloads
        self._scenarios = scenarios

    def by(self, story: Story, writer: Seen, checks: Sequence[Check]) -> Announced | None:
        """P ∩ D; or what was allocated, where the code behind the check cannot be seen.

        What callers wrote before the store of an older flag is theirs, and older as well.
        """
        before = self._payloads.before(writer.study, writer.event, has_callers=story.is_new)
        opaque = False
        for check in checks:
            behind = self._payloads.behind(check.seen.study, check.test, check.taken)
            common = _common(before, behind, story.field)
            if common:
                return Announced(tuple(common.values()), tuple(common), False)
            opaque = opaque or bool(behind.opaque)
        allocated = [text for field, text in before.allocations.items() if field != story.field]
        if allocated and opaque and story.is_new:
            return Announced(tuple(allocated), (), True)
        return None

    def may_announce(self, story: Story, writer: Seen, checks: Sequence[Check]) -> bool:
        """Whether memory is written before the store, and the checks lead to code out of sight.

        Then to say that nothing depends on the flag would be wrong advice (1.1, step 6).
        """
        before = self._payloads.before(writer.study, writer.event)
        if not before.writes.keys() - {story.field}:
            return False
        behind = [self._payloads.behind(c.seen.study, c.test, c.taken) for c in checks]
        return any(b.opaque or any(field.weak for field in b.reads) for b in behind)

    def touching(self, study: Study, events: int, fields: set[Field]) -> int:
        """Those of the events that write or read one of the fields, in callees too."""
        found = 0
        for index in bits(events) if fields else ():
            touched = self._payloads.within(study, 1 << index)
            if fields & (touched.writes.keys() | touched.reads.keys()):
                found |= 1 << index
        return found

    def messages(
        self, writer: Seen, check: Check, announced: Announced, partner: tuple[int, str] | None
    ) -> tuple[Scenario, ...]:
        """What a proof needs: the store and one check, with each of the fields announced.

        `partner` is the half of a pair that is missing: the side, and its primitive.
        """
        items = itertools.islice(itertools.zip_longest(announced.texts, announced.fields), MOST_PROVED)
        made = (self._message(writer, check, text, field) for text, field in items)
        return tuple(replace(each, partner=partner) for each in made)

    def _message(self, writer: Seen, check: Check, text: str, field: Field | None) -> Scenario:
        fields = {field} if field is not None else set()
        before = writer.study.flow.may_precede(writer.event)
        fill = fill_point(writer, self.touching(writer.study, before, fields), f"{text} = ...")
        behind = check.seen.study.flow.governed(check.test, check.taken)
        used = next(bits(self.touching(check.seen.study, behind, fields)), None)
        act = Act(Doing.READ, text=f"    use {text}")
        use = Point(act) if used is None else Point(act, check.seen.study, used)
        return self._scenarios.message(text, (fill, writer), (check.seen, use))


def _common(before: Touched, behind: Touched, flag: Field) -> dict[Field, str]:
    """The memory written before the store and used after the check, by field."""
    used = behind.reads.keys() | behind.writes.keys()
    written = before.writes.items()
    return {field: text for field, text in written if field in used and field != flag and not field.weak}
