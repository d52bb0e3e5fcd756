"""What the primitives of a .def file do.

That is the herd tool's knowledge, not the model's: see "A Formal Analysis of the Linux-Kernel Memory Model"
(Alglave et al., ASPLOS 2018), Documentation/herd-representation.txt in the kernel's tools/memory-model, and
for the dependencies herd's manual.
"""

from __future__ import annotations

from collections.abc import Callable

from reviewbot.errors import LitmusError
from reviewbot.memory_model.events import EventKind
from reviewbot.memory_model.litmus.model import Call, Deref, Expression, Operator
from reviewbot.memory_model.machine import NOTHING, Machine, Operand, combined
from reviewbot.memory_model.values import Combined, Term


class Primitive:
    """One call of a primitive on its way through a thread.

    Args:
        machine: Where its events go.
        call: The call.
        value: Gives the value of an operand, adding the events that this takes.

    Raises:
        LitmusError: the operands are none that it can have.
    """

    def __init__(self, machine: Machine, call: Call, value: Callable[[Expression], Operand]) -> None:
        self._machine = machine
        self._call = call
        self._evaluate = value

    def run(self) -> Operand:
        """Adds its events; its value, 0 where it has none."""
        way, least, most = _WAYS[self._call.name]
        if not least <= len(self._call.arguments) <= most:
            raise self._error(f"{self._call.name} takes {least} operands, not {len(self._call.arguments)}")
        return way(self)

    def _error(self, message: str) -> LitmusError:
        return LitmusError(f"{self._machine.setting.file}:{self._call.line}:{self._call.column}: {message}")

    def _operand(self, number: int) -> Operand:
        return self._evaluate(self._call.arguments[number])

    def _pointee(self) -> Operand:
        """The address of the first operand, which is written ``*p``."""
        first = self._call.arguments[0]
        if not isinstance(first, Deref):
            raise self._error("this takes what a pointer points to, like *x")
        return self._evaluate(first.pointer)

    @property
    def _tag(self) -> str | None:
        return self._call.tags[0] if self._call.tags else None

    def load(self) -> Operand:
        """``__load{tag}(*p)``."""
        return self._machine.load(self._tag, self._pointee())

    def store(self) -> Operand:
        """``__store{tag}(*p, v)``."""
        pointer = self._pointee()
        self._machine.store(self._tag, pointer, self._operand(1))
        return NOTHING

    def fence(self) -> Operand:
        """``__fence{tag}``."""
        self._machine.emit(EventKind.FENCE, self._tag)
        return NOTHING

    def srcu(self) -> Operand:
        """``__srcu{tag}(p[, v])``; in models before 6.4 a lock gives a number that no other one gives."""
        pointer = self._operand(0)
        value = self._operand(1) if len(self._call.arguments) > 1 else NOTHING
        if self._tag == "srcu-lock":
            # the numbers that herd gives, but that it counts statements
            value = Operand((self._machine.setting.number + 1) * 307 + len(self._machine.steps) * 599)
        self._machine.emit(EventKind.SRCU, self._tag, pointer, value)
        return Operand(value.term)

    def lock(self) -> Operand:
        """``__lock(p)``."""
        return self._locked(self._operand(0))

    def _locked(self, pointer: Operand) -> Operand:
        """A lock's two events. No read is a source of what follows, for the last event is a write."""
        self._machine.emit(EventKind.LOCK_READ, None, pointer)
        self._machine.emit(EventKind.LOCK_WRITE, None, pointer, Operand(1))
        return Operand(1)

    def unlock(self) -> Operand:
        """``__unlock(p)``."""
        self._machine.emit(EventKind.UNLOCK, None, self._operand(0))
        return NOTHING

    def trylock(self) -> Operand:
        """``__trylock(p)``; a failure is a read, on which depends what looks at the 0."""
        pointer = self._operand(0)
        if self._machine.choices.choose(2) == 0:
            return self._locked(pointer)
        failed = self._machine.emit(EventKind.LOCK_FAILED, None, pointer, Operand(1))
        return failed._replace(term=0)

    def islocked(self) -> Operand:
        """``__islocked(p)``, a read with either value."""
        pointer = self._operand(0)
        if self._machine.choices.choose(2) == 0:
            return self._machine.emit(EventKind.SEEN_LOCKED, None, pointer, Operand(1))
        return self._machine.emit(EventKind.SEEN_UNLOCKED, None, pointer, NOTHING)

    def xchg(self) -> Operand:
        """``__xchg{tag}(p, v)``."""
        pointer, value = self._operand(0), self._operand(1)
        return self._modify(pointer, lambda _: value)[0]

    def cmpxchg(self) -> Operand:
        """``__cmpxchg{tag}(p, old, new)``; nothing depends on the value expected."""
        pointer, expected = self._operand(0), self._operand(1)
        if self._machine.choices.choose(2) == 0:
            value = self._operand(2)
            return self._modify(pointer, lambda _: value, (expected.term, True))[0]
        return self._fail(pointer, (expected.term, False))

    def operation(self) -> Operand:
        """``__atomic_op(p, op, v)``: without a value, so that its read is nothing to rmb."""
        pointer, change = self._change()
        self._modify(pointer, change)
        return NOTHING

    def operation_return(self) -> Operand:
        """``__atomic_op_return{tag}(p, op, v)``: the value after, which depends on the read and on v."""
        pointer, change = self._change()
        return self._modify(pointer, change)[1]

    def fetch_operation(self) -> Operand:
        """``__atomic_fetch_op{tag}(p, op, v)``: the value before; herd lets it depend on v all the same."""
        pointer, change = self._change()
        old, new = self._modify(pointer, change)
        return new._replace(term=old.term)

    def add_unless(self) -> Operand:
        """Whether it was added; without a tag the primitive gives the value before."""
        pointer, unless = self._operand(0), self._operand(2)
        if self._machine.choices.choose(2) == 0:
            added = self._operand(1)
            old, _ = self._modify(pointer, lambda read: combined("+", read, added), (unless.term, False))
            result = 1
        else:
            old = self._fail(pointer, (unless.term, True))
            result = 0
        if self._call.name == "__atomic_add_unless" and not self._call.tags:
            return old
        return Operand(result, old.data | unless.data, old.ctrl | unless.ctrl)

    def _change(self) -> tuple[Operand, Callable[[Operand], Operand]]:
        """The address and the operation of ``(p, +, v)``."""
        operator = self._call.arguments[1]
        if not isinstance(operator, Operator):
            raise self._error(f"{self._call.name} takes an operator between its operands")
        value = self._operand(2)
        return self._operand(0), lambda read: combined(operator.text, read, value)

    def _modify(
        self,
        pointer: Operand,
        change: Callable[[Operand], Operand],
        expected: tuple[Term, bool] | None = None,
    ) -> tuple[Operand, Operand]:
        """An atomic operation: what it read, and what it wrote.

        A full barrier is two fences round the events, unless the model gives the tag a meaning itself.
        """
        machine = self._machine
        read_tag, write_tag, is_full = self._tags()
        if is_full:
            machine.emit(EventKind.FENCE, "mb")
        old = machine.load(read_tag, pointer, atomic=True)
        self._expect(old, expected)
        new = change(old)
        machine.store(write_tag, pointer, new, rmw=old.data.bit_length() - 1)
        if is_full:
            machine.emit(EventKind.FENCE, "mb")
        return old, new

    def _fail(self, pointer: Operand, expected: tuple[Term, bool]) -> Operand:
        """An atomic operation that changes nothing is a read."""
        is_told = self._machine.setting.tags_both and self._call.tags
        old = self._machine.load(self._call.tags[-1] if is_told else "once", pointer, atomic=True)
        self._expect(old, expected)
        return old

    def _expect(self, old: Operand, expected: tuple[Term, bool] | None) -> None:
        if expected is not None:
            term, is_equal = expected
            self._machine.constraints.append((Combined("==", old.term, term), is_equal))

    def _tags(self) -> tuple[str, str, bool]:
        """The tags of the read and the write, and whether fences stand round them.

        Acquire is for the read alone, release for the write alone.
        """
        tag = self._tag or _DEFAULT_TAGS[self._call.name]
        if self._machine.setting.tags_both:
            return tag, tag, False
        if tag == "mb":
            return "once", "once", True
        if tag == "release":
            return "once", "release", False
        return tag, "once", False


_DEFAULT_TAGS = {"__atomic_op": "noreturn", "__atomic_add_unless": "mb", "atomic_add_unless": "mb"}
"""For those that older .def files write without one, or herd has itself."""

_WAYS: dict[str, tuple[Callable[[Primitive], Operand], int, int]] = {
    "__load": (Primitive.load, 1, 1),
    "__store": (Primitive.store, 2, 2),
    "__fence": (Primitive.fence, 0, 0),
    "__srcu": (Primitive.srcu, 1, 2),
    "__lock": (Primitive.lock, 1, 1),
    "__unlock": (Primitive.unlock, 1, 1),
    "__trylock": (Primitive.trylock, 1, 1),
    "__islocked": (Primitive.islocked, 1, 1),
    "__xchg": (Primitive.xchg, 2, 2),
    "__cmpxchg": (Primitive.cmpxchg, 3, 3),
    "__atomic_op": (Primitive.operation, 3, 3),
    "__atomic_op_return": (Primitive.operation_return, 3, 3),
    "__atomic_fetch_op": (Primitive.fetch_operation, 3, 3),
    "__atomic_add_unless": (Primitive.add_unless, 3, 3),
    "atomic_add_unless": (Primitive.add_unless, 3, 3),
}
"""How each runs, and the least and the most operands that it takes."""
