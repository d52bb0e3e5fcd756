"""What a register or a write holds before it is known what the reads read: terms, and their values.

A thread runs once for each way through it, not once for each value that its reads may have: the value of a
read stays a name, and becomes a number only when rf is chosen, as in herd. (Running threads over a domain of
values needs that domain first, and multiplies the reads that nobody looks at.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Value = int | str
"""An integer, or the name of a variable whose address it is."""


class NoValueError(ValueError):
    """The operator has no meaning for an address."""


class ReadValue(NamedTuple):
    """What a thread's read is given; `step` counts the events of the trace."""

    thread: int
    step: int


class Combined(NamedTuple):
    """Two terms and an operator of C; `size` counts the operators in it."""

    operator: str
    left: Term
    right: Term
    size: int = 1


Term = int | str | ReadValue | Combined

_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&~": lambda a, b: a & ~b,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
}
_SAME = {"^": 0, "-": 0, "&~": 0, "==": 1, "<=": 1, ">=": 1, "!=": 0, "<": 0, ">": 0}
"""What an operator gives for twice the same operand, whatever that is."""
_ZERO = frozenset(("*", "&"))
"""Operators that give 0 where either operand is 0."""
_MAX_SIZE = 200
"""Operators in one term; it is taken apart by recursion."""
_MAX_BITS = 256
"""Larger products stand for no kernel's integer."""


def apply(operator: str, left: Value, right: Value) -> Value:
    """The value of an operation.

    Addresses can be compared, and 0 added or taken away. Numbers are mathematical, as herd's are: nothing
    overflows.

    Raises:
        NoValueError: arithmetic on an address, a division by 0, a number past all bounds.
    """
    if isinstance(left, int) and isinstance(right, int):
        return _on_numbers(operator, left, right)
    if operator in ("==", "!="):
        return int((left == right) == (operator == "=="))
    if right == 0 and operator in ("+", "-", "|", "^"):
        return left
    if left == 0 and operator in ("+", "|", "^"):
        return right
    if left == right and operator in _SAME:
        return _SAME[operator]
    raise NoValueError(f"{left} {operator} {right}")


def _on_numbers(operator: str, left: int, right: int) -> int:
    if operator == "/":
        if right == 0:
            raise NoValueError(f"{left} / 0")
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    result = _ARITHMETIC[operator](left, right)
    if result.bit_length() > _MAX_BITS:
        raise NoValueError(f"{operator} gives a number of more than {_MAX_BITS} bits")
    return result


def combine(operator: str, left: Term, right: Term) -> Term:
    """The term of an operation, as short as is known at once.

    Raises:
        NoValueError: as `apply` does.
    """
    if isinstance(left, int | str) and isinstance(right, int | str):
        return apply(operator, left, right)
    if left == right and operator in _SAME:
        return _SAME[operator]
    if operator in _ZERO and (left == 0 or right == 0):
        return 0
    size = 1 + sum(each.size for each in (left, right) if isinstance(each, Combined))
    if size > _MAX_SIZE:
        raise NoValueError(f"what is computed of more than {_MAX_SIZE} operands")
    return Combined(operator, left, right, size)


def evaluate(term: Term, read: Callable[[ReadValue], Value | None]) -> Value | None:
    """The value of a term, or None while a read in it is not known.

    Args:
        term: What to evaluate.
        read: The value of a read, or None.

    Raises:
        NoValueError: as `apply` does.
    """
    if isinstance(term, int | str):
        return term
    if isinstance(term, ReadValue):
        return read(term)
    left = evaluate(term.left, read)
    right = evaluate(term.right, read) if left is not None else None
    if left is None or right is None:
        return None
    return apply(term.operator, left, right)


def reads_of(term: Term) -> frozenset[ReadValue]:
    """The reads that a term depends on."""
    if isinstance(term, ReadValue):
        return frozenset((term,))
    if isinstance(term, Combined):
        return reads_of(term.left) | reads_of(term.right)
    return frozenset()
