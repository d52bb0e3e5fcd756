"""Order inside a function, held against a walk along every edge."""

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.analysis.flow import Flow, bits, knots
from reviewbot.syntax.model import Block, Edge, Function, Return, TypeName


def graph(edges: list[list[int]]) -> Function:
    """A function with two events in each block, and these edges."""
    blocks = tuple(
        Block((2 * number, 2 * number + 1), tuple(Edge(target) for target in dict.fromkeys(targets)))
        for number, targets in enumerate(edges)
    )
    return Function(
        name="heron",
        path="heron.c",
        line=1,
        first_line=1,
        last_line=1,
        return_type=TypeName("int"),
        parameters=(),
        locals=(),
        is_static=False,
        is_inline=False,
        annotations=(),
        events=tuple(Return(None, 1) for _ in range(2 * len(blocks))),
        tests=(),
        blocks=blocks,
        fragment=0,
        is_whole=True,
    )


def behind(function: Function, block: int) -> set[int]:
    """The blocks that some path comes to after it has left this one."""
    found: set[int] = set()
    todo = [edge.target for edge in function.blocks[block].edges]
    while todo:
        here = todo.pop()
        if here not in found:
            found.add(here)
            todo += [edge.target for edge in function.blocks[here].edges]
    return found


def reachable(function: Function) -> set[int]:
    return {0} | behind(function, 0)


GRAPHS = st.integers(1, 9).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, size - 1), max_size=3), min_size=size, max_size=size
    )
).map(graph)  # fmt: skip


@given(GRAPHS)
def test_what_may_follow_is_what_a_walk_finds(function: Function) -> None:
    flow = Flow(function)
    for block in reachable(function):
        later = {event for other in behind(function, block) for event in (2 * other, 2 * other + 1)}
        assert set(bits(flow.may_follow(2 * block))) == later | {2 * block + 1}
        assert set(bits(flow.may_follow(2 * block + 1))) == later


@given(GRAPHS)
def test_what_may_precede_is_the_other_way_round(function: Function) -> None:
    flow = Flow(function)
    reached = [event for block in reachable(function) for event in (2 * block, 2 * block + 1)]
    for one in reached:
        for other in reached:
            assert (flow.may_precede(one) >> other & 1) == (flow.may_follow(other) >> one & 1)


@given(GRAPHS)
def test_a_knot_is_all_that_lies_on_common_loops(function: Function) -> None:
    found = knots(function)
    assert sorted(block for knot in found for block in knot) == list(range(len(function.blocks)))
    place = {block: number for number, knot in enumerate(found) for block in knot}
    for one in range(len(function.blocks)):
        for other in behind(function, one):
            assert place[other] <= place[one]
            assert (place[other] == place[one]) == (one in behind(function, other) or one == other)
