"""Takes a question to the memory model: does it stand, and which is the weakest repair that answers it?"""

from collections.abc import Callable, Iterable
from enum import Enum
from functools import cached_property

import msgspec

from reviewbot.analysis.scenario import Scenario, Shape
from reviewbot.errors import LitmusError
from reviewbot.memory_model.check import Allowed, MemoryModel, Never, Unknown, Verdict, check, races
from reviewbot.memory_model.litmus import parse
from reviewbot.memory_model.program import Limits
from reviewbot.memory_model.witness import Witness
from reviewbot.proof.litmus import Written, canonical, litmus
from reviewbot.proof.repairs import Candidate, Repair, candidates

LIMITS = Limits(threads=4, events=24, ways=200, candidates=20_000, unroll=0, seconds=2.0)
"""Of one test; a scenario has a dozen events, so this is only reached where something is wrong."""


class Standing(Enum):
    """What became of a question."""

    PROVED = "proved"
    """The outcome may happen as posted, and cannot with the repair."""
    REFUTED = "refuted"
    """The model forbids the outcome as posted, and there is no race."""
    UNREPAIRED = "unrepaired"
    """It may happen, and no repair that we know excludes it."""
    UNKNOWN = "unknown"
    """A limit was reached."""


class Judged(msgspec.Struct, frozen=True):
    """What the model says of one test: whether the outcome may happen, whether there is a race."""

    is_allowed: bool | None
    """None where a limit was reached."""
    has_race: bool
    witness: Witness | None
    """How it may happen; or, where it cannot, the candidate that the model forbids."""
    reasons: tuple[str, ...] = ()
    """The axioms that forbid it."""

    @property
    def word(self) -> str:
        """In herd's words; the outcome of a scenario never happens always."""
        return "Unknown" if self.is_allowed is None else "Sometimes" if self.is_allowed else "Never"


class Proof(msgspec.Struct, frozen=True, dict=True):
    """A scenario before and after its repair, as the model judges them."""

    standing: Standing
    scenario: Scenario
    posted: Judged
    repaired: Candidate | None
    suggested: Judged | None

    @cached_property
    def canonical_test(self) -> Written:
        """What the model judged; the lines of the witness are its lines."""
        return canonical(self.scenario)

    def as_posted(self, name: str) -> str:
        """The litmus test of the code as posted, with the names of the code."""
        return litmus(self.scenario, f"{name}-posted", self.posted.word).text

    def as_suggested(self, name: str) -> str:
        """The litmus test with the repair; empty where none works."""
        if self.repaired is None or self.suggested is None:
            return ""
        return litmus(self.repaired.scenario, f"{name}-suggested", self.suggested.word).text

    @property
    def repair(self) -> Repair | None:
        """The weakest repair that works."""
        return self.repaired.repair if self.repaired else None


class Prover:
    """Proves scenarios in one model, read when first needed; those of one form are judged once."""

    def __init__(self, model: Callable[[], MemoryModel]) -> None:
        self.model = model
        self._judged: dict[str, Judged] = {}
        self._verdicts: dict[str, Verdict] = {}

    def prove(self, scenarios: Iterable[Scenario]) -> Proof | None:
        """The proof of the first scenario in which the question stands; else of the first open one.

        It is refuted only where every scenario is. None where there is no scenario: the
        question is not one of order.
        """
        proofs = []
        for scenario in scenarios:
            proof = self._prove(scenario)
            if proof.standing is Standing.PROVED:
                return proof
            proofs.append(proof)
        is_open = (proof for proof in proofs if proof.standing is not Standing.REFUTED)
        return next(is_open, proofs[0] if proofs else None)

    def _prove(self, scenario: Scenario) -> Proof:
        posted = self.judge(scenario)
        if posted.is_allowed is None:
            return Proof(Standing.UNKNOWN, scenario, posted, None, None)
        if not _is_bad(scenario, posted):
            return Proof(Standing.REFUTED, scenario, posted, None, None)
        for candidate in candidates(scenario):
            suggested = self._answered(candidate.scenario)
            if suggested is not None:
                return Proof(Standing.PROVED, scenario, posted, candidate, suggested)
        return Proof(Standing.UNREPAIRED, scenario, posted, None, None)

    def _answered(self, scenario: Scenario) -> Judged | None:
        """What the model says of a repaired scenario; None where the outcome or a race is left."""
        if scenario.shape is not Shape.RACE and not self._excludes(scenario):
            return None
        judged = self.judge(scenario)
        return None if judged.is_allowed is None or judged.has_race else judged

    def _excludes(self, scenario: Scenario) -> bool:
        """Whether the outcome cannot happen; most repairs fail here, before races are looked for."""
        return isinstance(self._verdict(canonical(scenario).text), Never)

    def judge(self, scenario: Scenario) -> Judged:
        """What the model says of a scenario."""
        text = canonical(scenario).text
        if text not in self._judged:
            self._judged[text] = self._judge(text)
        return self._judged[text]

    def _judge(self, text: str) -> Judged:
        verdict = self._verdict(text)
        if isinstance(verdict, Unknown):
            return Judged(None, False, None)
        has_race = isinstance(races(parse(text), self.model(), LIMITS), Allowed)
        if isinstance(verdict, Allowed):
            return Judged(True, has_race, verdict.witness)
        return Judged(False, has_race, verdict.witness, verdict.reasons)

    def _verdict(self, text: str) -> Verdict:
        if text not in self._verdicts:
            self._verdicts[text] = self._checked(text)
        return self._verdicts[text]

    def _checked(self, text: str) -> Verdict:
        """What the model says; a tree's own may not know all that our tests call."""
        try:
            return check(parse(text), self.model(), LIMITS)
        except LitmusError as error:
            return Unknown(str(error))


def _is_bad(scenario: Scenario, judged: Judged) -> bool:
    """Whether a test of the code as posted shows what should not be.

    A race alone is enough only where nothing but a race is asked about.
    """
    return judged.has_race if scenario.shape is Shape.RACE else bool(judged.is_allowed)
