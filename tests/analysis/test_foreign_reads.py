"""Plain reads of memory that user space or another system writes."""

import pytest

from reviewbot.analysis.unprotected import ForeignRead
from reviewbot.kernel.vocabulary import vocabulary
from tests.analysis.series import facts

DIRECT = """
static int wren_check(struct io_uring_cmd *cmd)
{
	if (cmd->sqe->len > WREN_MOST)
		return -EINVAL;
	return wren_peck(cmd->sqe->len);
}
"""

RESULT = """
static u32 wren_tag(struct io_uring_cmd *cmd)
{
	const struct wren_request *req = io_uring_sqe_cmd(cmd->sqe);

	return req->tag;
}
"""

MEMBERS = """
static u32 wren_room(struct xdp_ring *ring)
{
	return ring->consumer;
}
"""


def test_member_that_points_there() -> None:
    (fact,) = facts(DIRECT, ForeignRead)
    assert (fact.target, fact.owner, fact.is_repeated) == ("cmd->sqe->len", "user space", True)


def test_result_that_points_there() -> None:
    (fact,) = facts(RESULT, ForeignRead)
    assert (fact.target, fact.owner, fact.is_repeated) == ("req->tag", "user space", False)


def test_members_that_the_other_side_writes() -> None:
    (fact,) = facts(MEMBERS, ForeignRead)
    assert str(fact.field) == "xdp_ring.consumer"
    assert facts(MEMBERS.replace("consumer", "ring_mask"), ForeignRead) == []


SILENT = {
    "marked": (("cmd->sqe->len >", "READ_ONCE(cmd->sqe->len) >"), ("peck(cmd->sqe->len)", "peck(1)")),
    "of another struct": (("struct io_uring_cmd", "struct wren_cmd"),),
    "on the stack": (
        ("struct io_uring_cmd *cmd)\n{", "struct wren *w)\n{\n\tstruct io_uring_sqe sqe = {};\n"),
        ("cmd->sqe->len >", "sqe.len >"),
        ("peck(cmd->sqe->len)", "peck(sqe.len)"),
    ),
}


@pytest.mark.parametrize("changes", SILENT.values(), ids=SILENT.keys())
def test_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    text = DIRECT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    assert facts(text, ForeignRead) == []


def test_programs_of_user_space_are_the_other_side() -> None:
    assert facts(DIRECT, ForeignRead, "tools/testing/selftests/wren/wren.c") == []


def test_every_pointer_leads_to_a_struct_of_the_table() -> None:
    memory = vocabulary().foreign_memory
    assert set(memory.pointers.values()) <= memory.structs.keys()
    assert memory.writer("io_uring_sqe", "addr") == "user space"
    assert memory.writer(None, "addr") == memory.writer("xdp_ring", "ring_mask") == ""
