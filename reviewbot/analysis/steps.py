"""What one event, one edge or one join of paths makes of what is held."""

from collections.abc import Callable

from reviewbot.analysis.effects import Effects
from reviewbot.analysis.holds import Change, Hold
from reviewbot.analysis.locks import same_lock
from reviewbot.analysis.program import Study
from reviewbot.syntax.model import Edge, Sense, ValueKind

Holds = frozenset[Hold]


def edge_effects(study: Study, effects: Effects) -> Callable[[int, Edge, Holds], Holds]:
    """What is gained on the edge where a trylock succeeded."""
    conditional = effects.conditional(study)
    gained: dict[tuple[int, bool], Holds] = {}
    for number, test in enumerate(study.function.tests):
        if test.sense is not Sense.NONZERO:
            continue
        where = list(test.events)
        if test.operand.kind is ValueKind.VARIABLE:
            where += study.tested_definitions(test.operand.name, number)
        for event in where:
            for change, when_nonzero in conditional.get(event, ()):
                key = (number, when_nonzero)
                gained[key] = gained.get(key, frozenset()) | {change.hold}

    def along(_block: int, edge: Edge, state: Holds) -> Holds:
        if edge.test is None:
            return state
        return state | gained.get((edge.test, edge.taken), frozenset())

    return along


def applied(change: Change, state: Holds) -> Holds:
    """The state after one acquire or release."""
    if change.acquires:
        return state | {change.hold}
    exact = {
        hold for hold in state if hold.is_section == change.hold.is_section and hold.text == change.hold.text
    }
    if exact:
        return state - exact
    return frozenset(
        hold
        for hold in state
        if hold.is_section != change.hold.is_section or not same_lock(hold.identity, change.hold.identity)
    )


def meet(one: Holds, other: Holds) -> Holds:
    """What both hold; of the same lock the less sure knowledge, and the weaker mode."""
    partners = {hold.key: hold for hold in other}
    met = set()
    for hold in one:
        partner = partners.get(hold.key)
        if partner is not None:
            met.add(hold if hold.rank >= partner.rank else partner)
    return frozenset(met)
