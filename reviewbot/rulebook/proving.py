"""Lets a finding stand on its proof: hidden where the model refutes it, its repair the weakest that works."""

from functools import partial

from msgspec.structs import replace

from reviewbot.analysis.facts import Fact
from reviewbot.findings import Finding, Hidden, Suggestion, Witness
from reviewbot.proof.picture import picture
from reviewbot.proof.prove import Proof, Prover, Standing
from reviewbot.proof.repairs import Repair, is_weaker
from reviewbot.proof.table import table
from reviewbot.proof.words import sentence

_HIDDEN = {
    Standing.REFUTED: Hidden.REFUTED,
    Standing.UNREPAIRED: Hidden.UNPROVED,
    Standing.UNKNOWN: Hidden.UNPROVED,
}

_PRIMITIVES = {
    "WRITE_ONCE": Repair.MARKING,
    "READ_ONCE": Repair.MARKING,
    "rcu_assign_pointer": Repair.DEPENDENCY,
    "smp_store_release": Repair.RELEASE_ACQUIRE,
    "smp_load_acquire": Repair.RELEASE_ACQUIRE,
    "smp_mb": Repair.FULL_BARRIER,
}
"""How strong a repair is that a page suggests, by its primitive on the side of the store."""


def proved(finding: Finding, fact: Fact, prover: Prover) -> Finding:
    """The finding with its witness; one without a scenario is not of order, and stays as it is."""
    proof = prover.prove(fact.scenarios)
    if proof is None:
        return finding
    return replace(
        finding,
        hidden=_HIDDEN.get(proof.standing),
        witness=_witness(finding, proof, prover),
        interleaving=table(proof) or finding.interleaving,
        suggestion=_suggestion(finding, fact, proof),
    )


def _witness(finding: Finding, proof: Proof, prover: Prover) -> Witness:
    test = proof.as_posted(finding.rule)
    return Witness(
        as_posted=proof.posted.word,
        as_suggested=proof.suggested.word if proof.suggested else "",
        has_race=proof.posted.has_race,
        repair=proof.repair.value if proof.repair else "",
        test_as_posted=test,
        test_as_suggested=proof.as_suggested(finding.rule),
        text=sentence(proof),
        draw=partial(picture, test, prover.model),
    )


def _suggestion(finding: Finding, fact: Fact, proof: Proof) -> Suggestion:
    """The page's own, unless it is too weak, or marked accesses are enough."""
    wanted, page = proof.repair, _PRIMITIVES.get(finding.suggestion.write)
    if wanted is None or page is None or wanted in (page, Repair.PARTNER, Repair.ORDER):
        return finding.suggestion
    if not is_weaker(page, wanted) and wanted is not Repair.MARKING:
        return finding.suggestion
    writer, readers = fact.writer or "the writer", fact.readers or "the readers"
    if wanted is Repair.MARKING:
        text = f"WRITE_ONCE() in {writer}, READ_ONCE() in {readers}; no order is needed."
        return Suggestion("WRITE_ONCE", "READ_ONCE", text)
    if wanted is Repair.RELEASE_ACQUIRE:
        text = f"smp_store_release() in {writer}, smp_load_acquire() in {readers}."
        return Suggestion("smp_store_release", "smp_load_acquire", text)
    if wanted is Repair.FULL_BARRIER:
        text = f"smp_mb() between the two accesses in {writer}, and in {fact.reader or readers}."
        return Suggestion("smp_mb", "smp_mb", text)
    return Suggestion("", "", "One lock around both sides; nothing weaker excludes this.")
