"""How the kernel's accessor macros touch memory: data that the lowering looks up by name.

Kinds and markings are the values of `reviewbot.syntax.model.Kind` and `Marking`, as words,
because this layer knows nothing of syntax. Sources: Documentation/atomic_t.txt,
atomic_bitops.txt, refcount-vs-atomic.rst, RCU/rcu_dereference.rst of Linux 6.12.
"""

import re
from functools import lru_cache

import msgspec


class Accessor(msgspec.Struct, frozen=True):
    """One accessor: what it does to which of its arguments (counted from 0)."""

    kind: str
    marking: str
    place: int = 0
    by_address: bool = True
    """The argument is a pointer to the place; False: it is the lvalue itself."""
    value: int | None = None
    """The argument that is stored."""
    evaluates: bool = True
    """The other arguments run; False for lockdep conditions and SRCU domains."""
    is_call: bool = False
    """The call stays an event too, because it does more than the access (kref_put)."""
    is_wait: bool = False
    """Spins until a condition on the value holds."""


class Copy(msgspec.Struct, frozen=True):
    """A function that copies whole objects: the arguments that point to them."""

    written: int | None
    read: int | None


def _read(marking: str, place: int = 0, *, evaluates: bool = False) -> Accessor:
    return Accessor("read", marking, place=place, by_address=False, evaluates=evaluates)


def _write(marking: str) -> Accessor:
    return Accessor("write", marking, by_address=False, value=1)


_RCU_READS = [
    "rcu_dereference",
    "rcu_dereference_bh",
    "rcu_dereference_sched",
    "rcu_dereference_check",
    "rcu_dereference_bh_check",
    "rcu_dereference_sched_check",
    "rcu_dereference_raw",
    "rcu_dereference_raw_check",
    "rcu_dereference_rtnl",
    "rcu_dereference_all",
    "rcu_dereference_all_check",
    "lockless_dereference",
    "srcu_dereference",
    "srcu_dereference_check",
    "srcu_dereference_notrace",
    "rcu_dereference_pointer",
]
_PROTECTED_READS = [
    "rcu_dereference_protected",
    "rtnl_dereference",
    "sdata_dereference",
    "nfnl_dereference_protected",
]
_SECOND_ARGUMENT = {
    "rcu_dereference_rtnl_net": "rcu",
    "rcu_dereference_wiphy": "rcu",
    "rtnl_net_dereference": "rcu-protected",
    "wiphy_dereference": "rcu-protected",
}
"""Those whose first argument only says which lock may be held."""

_NAMED: dict[str, Accessor] = {
    "READ_ONCE": _read("once"),
    "__READ_ONCE": _read("once"),
    "ACCESS_ONCE": _read("once"),
    "WRITE_ONCE": _write("once"),
    "__WRITE_ONCE": _write("once"),
    "smp_load_acquire": Accessor("read", "acquire"),
    "smp_store_release": Accessor("write", "release", value=1),
    "smp_store_mb": _write("full"),
    "set_mb": _write("full"),
    "smp_cond_load_relaxed": Accessor("read", "once", is_wait=True),
    "smp_cond_load_acquire": Accessor("read", "acquire", is_wait=True),
    "rcu_assign_pointer": _write("rcu"),
    "RCU_INIT_POINTER": _write("rcu-init"),
    "rcu_replace_pointer": Accessor("rmw", "rcu", by_address=False, value=1, evaluates=False),
    "rcu_replace_pointer_rtnl": Accessor("rmw", "rcu", by_address=False, value=1),
    "rcu_access_pointer": _read("rcu-access"),
    "kref_init": Accessor("write", "once"),
    "kref_read": Accessor("read", "once"),
    "kref_get": Accessor("rmw", "relaxed"),
    "kref_get_unless_zero": Accessor("rmw", "relaxed"),
    "kref_put": Accessor("rmw", "full", is_call=True),
    "kref_put_mutex": Accessor("rmw", "full", is_call=True),
    "kref_put_lock": Accessor("rmw", "full", is_call=True),
    "get_cpu_ptr": _read("percpu"),
    "this_cpu_ptr": _read("percpu"),
    "raw_cpu_ptr": _read("percpu"),
    "per_cpu_ptr": _read("percpu", evaluates=True),
    **{name: _read("rcu") for name in _RCU_READS},
    **{name: _read("rcu-protected") for name in _PROTECTED_READS},
    **{name: _read(marking, 1) for name, marking in _SECOND_ARGUMENT.items()},
}

COPIES: dict[str, Copy] = {
    "memcpy": Copy(0, 1),
    "memmove": Copy(0, 1),
    "memset": Copy(0, None),
    "memzero_explicit": Copy(0, None),
    "kmemdup": Copy(None, 0),
    "copy_from_user": Copy(0, None),
    "copy_to_user": Copy(None, 1),
}

MEMBER_ARGUMENTS: dict[str, int] = {
    "list_next_entry": 1,
    "list_prev_entry": 1,
    "kfree_rcu": 1,
    "kvfree_rcu": 1,
    "struct_size": 1,
    "flex_array_size": 1,
    "list_next_entry_circular": 2,
    "list_prev_entry_circular": 2,
    "list_entry_is_head": 2,
    "list_safe_reset_next": 2,
    "list_prepare_entry": 2,
    "hlist_next_entry": 1,
}
"""Macros with the name of a member among their arguments; beside those that follow a type."""

LVALUE_MACROS = frozenset({"per_cpu", "get_cpu_var", "__get_cpu_var", "raw_cpu_var"})
"""Macros that stand for a per-CPU lvalue: `per_cpu(x, cpu).f = 1`."""

PASSED_THROUGH = frozenset({
    "likely", "unlikely", "__builtin_expect", "rcu_pointer_handoff", "unrcu_pointer",
    "no_free_ptr", "array_index_nospec", "READ_ONCE_NOCHECK",
})  # fmt: skip
"""Macros whose value is their first argument."""

WARNINGS = frozenset({
    "WARN_ON", "WARN_ON_ONCE", "WARN", "WARN_ONCE", "WARN_TAINT", "KVM_BUG_ON", "KVM_BUG",
    "KVM_MMU_WARN_ON", "VM_WARN_ON", "VM_WARN_ON_ONCE", "VM_BUG_ON", "BUG_ON",
    "lockdep_assert", "RCU_LOCKDEP_WARN", "net_warn_on",
})  # fmt: skip
"""Macros whose value is the truth of their first argument."""

UNEVALUATED = frozenset({
    "sizeof", "typeof", "__typeof__", "offsetof", "__builtin_offsetof", "sizeof_field",
    "offsetofend", "alignof", "__alignof__", "_Alignof", "ARRAY_SIZE", "IS_ENABLED", "__same_type",
    "__builtin_types_compatible_p", "FIELD_SIZEOF", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE",
    "typecheck", "BUILD_BUG_ON", "BUILD_BUG_ON_MSG", "static_assert", "BUILD_BUG_ON_ZERO",
    "BIT", "BIT_ULL", "GENMASK", "GENMASK_ULL",
})  # fmt: skip
"""Macros that never run their operands, or whose operands are constants."""

_ATOMIC = re.compile(r"(?:raw_|arch_)?atomic(?:64|_long)?_(\w+)")
_ORDER = re.compile(r"_(acquire|release|relaxed|local)$")
_ARITHMETIC = r"(?:add|sub|and|or|xor|andnot)"
_ATOMIC_FORMS: tuple[tuple[re.Pattern[str], Accessor], ...] = tuple(
    (re.compile(pattern), accessor)
    for pattern, accessor in (
        (r"read", Accessor("read", "once")),
        (r"set", Accessor("write", "once", value=1)),
        (_ARITHMETIC, Accessor("rmw", "relaxed", place=1, value=0)),
        (r"inc|dec", Accessor("rmw", "relaxed")),
        (r"(?:inc|dec)_return|fetch_(?:inc|dec)", Accessor("rmw", "full")),
        (rf"{_ARITHMETIC}_return|fetch_{_ARITHMETIC}", Accessor("rmw", "full", place=1, value=0)),
        (r"(?:sub_and_test|add_negative)", Accessor("rmw", "full", place=1, value=0)),
        (r"(?:inc|dec)_and_test", Accessor("rmw", "full")),
        (r"xchg|add_unless|fetch_add_unless", Accessor("rmw", "full", value=1)),
        (r"(?:try_)?cmpxchg", Accessor("rmw", "full", value=2)),
        (r"inc_not_zero|inc_unless_negative|dec_unless_positive|dec_if_positive", Accessor("rmw", "full")),
    )
)
_REFCOUNT: dict[str, Accessor] = {
    "refcount_read": Accessor("read", "once"),
    "refcount_set": Accessor("write", "once", value=1),
    "refcount_set_release": Accessor("write", "release", value=1),
    "refcount_inc": Accessor("rmw", "relaxed"),
    "refcount_add": Accessor("rmw", "relaxed", place=1, value=0),
    "refcount_inc_not_zero": Accessor("rmw", "relaxed"),
    "refcount_inc_not_zero_acquire": Accessor("rmw", "acquire"),
    "refcount_add_not_zero": Accessor("rmw", "relaxed", place=1, value=0),
    "refcount_add_not_zero_acquire": Accessor("rmw", "acquire", place=1, value=0),
    "refcount_dec": Accessor("rmw", "release"),
    "refcount_dec_and_test": Accessor("rmw", "full"),
    "refcount_sub_and_test": Accessor("rmw", "full", place=1, value=0),
    "refcount_dec_if_one": Accessor("rmw", "release"),
    "refcount_dec_not_one": Accessor("rmw", "release"),
}
_BITOP = re.compile(r"(__)?(?:(test_and)_)?(set|clear|change|test|assign)_bit(?:_(lock|unlock|acquire|le))?")
_XCHG = re.compile(
    r"(?:sync_|arch_)?(xchg|(?:try_)?cmpxchg)(?:64|128|_double)?(?:_(acquire|release|relaxed|local))?"
)
_PERCPU = re.compile(
    r"(?:__)?(?:this|raw)_cpu_(read|write|add|sub|inc|dec|and|or|xchg|add_return|inc_return|cmpxchg)"
)
_PERCPU_VALUE = {"write": 1, "add": 1, "sub": 1, "and": 1, "or": 1, "xchg": 1, "add_return": 1, "cmpxchg": 2}


@lru_cache(maxsize=4096)
def accessor(name: str) -> Accessor | None:
    """How the macro or function `name` touches memory; None for an ordinary call."""
    return (
        _NAMED.get(name)
        or _REFCOUNT.get(name)
        or _atomic(name)
        or _bitop(name)
        or _exchange(name)
        or _percpu(name)
    )


def _atomic(name: str) -> Accessor | None:
    match = _ATOMIC.fullmatch(name)
    if not match:
        return None
    operation = match.group(1)
    order = _ORDER.search(operation)
    if order:
        operation = operation[: order.start()]
    for pattern, form in _ATOMIC_FORMS:
        if pattern.fullmatch(operation):
            marking = order.group(1) if order else form.marking
            return Accessor(form.kind, marking, form.place, value=form.value)
    return None


def _bitop(name: str) -> Accessor | None:
    match = _BITOP.fullmatch(name)
    if not match:
        return None
    plain, fetch, operation, order = match.groups()
    if operation == "test" and not fetch:
        return Accessor("read", "acquire" if order == "acquire" else "once", place=1)
    value = 2 if operation == "assign" else None
    marking = {"lock": "acquire", "unlock": "release"}.get(order or "")
    if marking is None:
        marking = "plain-bitop" if plain else "full" if fetch else "relaxed"
    return Accessor("rmw", marking, place=1, value=value)


def _exchange(name: str) -> Accessor | None:
    match = _XCHG.fullmatch(name)
    if not match:
        return None
    operation, order = match.groups()
    marking = "relaxed" if order == "local" else order or "full"
    return Accessor("rmw", marking, value=1 if operation == "xchg" else 2)


def _percpu(name: str) -> Accessor | None:
    match = _PERCPU.fullmatch(name)
    if not match:
        return None
    operation = match.group(1)
    kind = {"read": "read", "write": "write"}.get(operation, "rmw")
    return Accessor(kind, "percpu", by_address=False, value=_PERCPU_VALUE.get(operation))
