"""The small values that several tables share."""

import re
from enum import Enum

import msgspec

from reviewbot.errors import VocabularyError

IMPLICATIONS = frozenset({"preempt_off", "bh_off", "irq_off", "migrate_off", "rcu"})
"""What taking a lock does to the CPU; `rcu`: it counts as an RCU reader (since v5.0)."""

FLAVOURS = frozenset({"rcu", "rcu_bh", "rcu_sched", "srcu", "rcu_tasks", "rcu_tasks_rude", "rcu_tasks_trace"})

_LOCK = re.compile(
    r"(?:arg(?P<arg>\d)(?:\[arg(?P<bit>\d)\])?|(?P<result>result))(?:->(?P<member>[\w.>-]+))?|(?P<name>(?!arg\d)[A-Za-z_]\w*)"
)


class Held(Enum):
    """When a lock is held after the call.

    A caller that does not look at the result of a ZERO function holds the lock.
    """

    ALWAYS = "always"
    ZERO = "zero"
    NONZERO = "nonzero"


class LockName(msgspec.Struct, frozen=True):
    """How a call names its lock, or its SRCU domain.

    `arg` counts from 0 and is None for a global (`name`) and for a lock found through the
    call's result (`is_result`). `member` follows the argument or result with `->`, as in
    `i_rwsem` or `kvm->srcu`; empty where that is itself the lock. `bit` is the argument that
    numbers the bit of a bit lock.
    """

    arg: int | None
    member: str
    name: str
    bit: int | None
    is_result: bool


def lock_name(path: str, text: str) -> LockName:
    """The naming written as `arg0`, `arg0->m`, `arg1[arg0]`, `result->m` or a global's name.

    Raises:
        VocabularyError: It is none of these; the text begins with `path`.
    """
    match = _LOCK.fullmatch(text)
    if match is None:
        raise VocabularyError(f"{path}: {text!r} does not name a lock")
    arg, bit, result, member, name = match.group("arg", "bit", "result", "member", "name")
    return LockName(
        int(arg) if arg else None, member or "", name or "", int(bit) if bit else None, result is not None
    )
