"""The operations on ints do what sets of pairs would."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.memory_model.relations import Space, members, space

Pairs = frozenset[tuple[int, int]]


@st.composite
def problems(draw: st.DrawFn) -> tuple[Space, Pairs, Pairs, frozenset[int], frozenset[int]]:
    n = draw(st.integers(1, 9))
    events = st.integers(0, n - 1)
    pairs = st.frozensets(st.tuples(events, events), max_size=2 * n)
    sets = st.frozensets(events)
    return space(n), draw(pairs), draw(pairs), draw(sets), draw(sets)


def bits(events: frozenset[int]) -> int:
    return sum(1 << event for event in events)


def pairs(where: Space, relation: int) -> set[tuple[int, int]]:
    assert 0 <= relation <= where.full
    return set(where.pairs(relation))


def closed(relation: Pairs) -> set[tuple[int, int]]:
    found = set(relation)
    while True:
        more = found | {(i, m) for i, j in found for k, m in found if j == k}
        if more == found:
            return found
        found = more


@given(problems())
def test_composition_and_closure(problem):
    where, one, two, _, _ = problem
    first, second = where.relation(one), where.relation(two)
    assert pairs(where, where.compose(first, second)) == {(i, m) for i, j in one for k, m in two if j == k}
    assert pairs(where, where.closure(first)) == closed(one)
    assert pairs(where, where.transpose(first)) == {(j, i) for i, j in one}


@given(problems())
def test_transposing_a_dense_relation(problem):
    where, one, _, _, _ = problem
    dense = where.full & ~where.relation(one)
    assert pairs(where, where.transpose(dense)) == {(j, i) for i, j in pairs(where, dense)}


@given(problems())
def test_sets_and_relations(problem):
    where, one, _, left, right = problem
    relation = where.relation(one)
    product = {(i, j) for i in left for j in right}
    assert set(members(where.domain(relation))) == {i for i, _ in one}
    assert set(members(where.range(relation))) == {j for _, j in one}
    assert pairs(where, where.product(bits(left), bits(right))) == product
    assert pairs(where, relation & where.rows(bits(left))) == {(i, j) for i, j in one if i in left}
    assert pairs(where, relation & where.columns(bits(left))) == {(i, j) for i, j in one if j in left}
    assert pairs(where, where.diagonal(bits(left))) == {(i, i) for i in left}
    assert where.from_column(where.as_column(bits(left))) == bits(left)


@given(problems())
def test_cycles(problem):
    where, one, _, _, _ = problem
    relation = where.relation(one)
    cycle = where.cycle(relation)
    loops = {i for i, j in closed(one) if i == j}
    assert where.is_acyclic(relation) == (not loops)
    assert bool(cycle) == bool(loops)
    assert set(zip(cycle, cycle[1:] + cycle[:1], strict=True)) <= one
    assert len(set(cycle)) == len(cycle)
    if cycle:
        assert len(cycle) == min(len(where.path(relation, i, i)) - 1 for i in loops)


@given(problems())
def test_total_orders(problem):
    where, one, _, some, _ = problem
    chosen = frozenset(sorted(some)[:5])
    if any(i == j for i, j in closed(frozenset((i, j) for i, j in one if i in chosen and j in chosen))):
        return
    found = [pairs(where, order) for order in where.total_orders(bits(chosen), where.relation(one))]
    wanted = [
        {(order[i], order[j]) for j in range(len(order)) for i in range(j)} for order in permutations(chosen)
    ]
    inside = {(i, j) for i, j in one if i in chosen and j in chosen}
    assert sorted(map(sorted, found)) == sorted(sorted(order) for order in wanted if inside <= order)


def test_a_path_has_both_ends():
    where = space(4)
    relation = where.relation([(0, 1), (1, 2), (2, 3), (0, 2)])
    assert where.path(relation, 0, 3) == (0, 2, 3)
    assert where.path(relation, 3, 0) == ()
    assert where.path(relation, 0, 0) == ()
