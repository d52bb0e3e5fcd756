"""What a proof says to people: one sentence, and the repair in words."""

from reviewbot.analysis.scenario import Act, Doing, Scenario, Shape
from reviewbot.proof.prove import Proof, Standing
from reviewbot.proof.repairs import Repair

_WITH = {
    Repair.MARKING: "with both marked",
    Repair.DEPENDENCY: "with the pair",
    Repair.PARTNER: "with both halves of the pair",
    Repair.RELEASE_ACQUIRE: "with the pair",
    Repair.ORDER: "published last",
    Repair.SECTION: "used inside the read side",
    Repair.GRACE_PERIOD: "after a grace period",
    Repair.FULL_BARRIER: "with a full barrier on both sides",
    Repair.LOCK: "under one lock",
}


def sentence(proof: Proof) -> str:
    """What may happen as posted, and that it cannot with the repair; no full stop at its end."""
    if proof.standing is not Standing.PROVED or proof.repair is None:
        return ""
    never = "none" if proof.scenario.shape is Shape.RACE else "never"
    return f"as posted: {_outcome(proof.scenario)}; {_WITH[proof.repair]}: {never}"


def _outcome(scenario: Scenario) -> str:
    if scenario.shape is Shape.CROSSED:
        return "both sides may miss the other's store"
    if scenario.shape is Shape.RACE:
        return f"a data race on {_field(scenario).name}"
    reader = scenario.threads[1]
    field = _field(scenario).name
    if scenario.shape is Shape.MESSAGE:
        data = next(act.name for act in reader.acts if act.doing is Doing.READ and not act.is_field)
        return f"{reader.title} may see {field} set and {data} as before"
    if scenario.shape is Shape.RECLAIM:
        return f"{reader.title} may use the object after it was freed"
    if scenario.shape is Shape.LATE:
        late = next(act.name for act in scenario.threads[0].acts if not act.is_field)
        return f"{reader.title} may find the object without {late}"
    return f"{reader.title} may follow {field} to memory that is not filled in"


def _field(scenario: Scenario) -> Act:
    acts = (act for thread in scenario.threads for act in thread.acts)
    return next(act for act in acts if act.is_field)
