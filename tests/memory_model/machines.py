"""Two machines that run a litmus test step by step: the threads in turns, in all ways, or with store buffers.

Neither knows of events, relations or axioms, and they read the C functions by name. What they can do, the
kernel's memory model must allow: the kernel runs on such machines. Where each two accesses have a full
barrier between them, it must allow nothing else.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from reviewbot.memory_model.litmus.model import (
    Assign,
    Binary,
    Call,
    Declare,
    Deref,
    Evaluate,
    Expression,
    If,
    Name,
    Number,
    Statement,
    Store,
    Test,
    places,
)

Value = int | str
Final = tuple[tuple[str, Value], ...]
"""The places that the condition speaks of, as text, with their values."""

_LOCKS = frozenset({"l", "l2", "m", "s", "s2", "t"})
"""What the tests call locks and structs of SRCU; a machine has no value for them."""
_ATOMICS = frozenset(
    ("xchg", "cmpxchg", "add", "inc", "add_return", "fetch_add", "sub", "dec", "sub_return", "fetch_sub")
)
_MAX_STATES = 200_000


class StrangeError(Exception):
    """The test does what these machines do not know."""


class _State(NamedTuple):
    """Everything at one moment; a thread's program is the list of statements that it has yet to run.

    Attributes:
        todo: Statements left, a tuple a thread.
        registers: Sorted pairs, a tuple a thread.
        memory: Sorted pairs.
        buffers: Stores that only their thread sees yet, in order, a tuple a thread.
        locks: Sorted pairs of lock and holder.
        sections: Readers now: struct ("" for RCU), thread, number; sorted.
        entered: How many sections were entered so far.
        waiting: For each thread in a grace period what it waits for, else None.
    """

    todo: tuple[tuple[Statement, ...], ...]
    registers: tuple[tuple[tuple[str, Value], ...], ...]
    memory: tuple[tuple[str, Value], ...]
    buffers: tuple[tuple[tuple[str, Value], ...], ...]
    locks: tuple[tuple[str, int], ...]
    sections: tuple[tuple[str, int, int], ...]
    entered: int
    waiting: tuple[frozenset[tuple[str, int, int]] | None, ...]


def finals(test: Test, *, buffered: bool) -> frozenset[Final]:
    """All that a machine can end with.

    Args:
        test: As read.
        buffered: Whether stores wait in a buffer that only their thread sees.

    Raises:
        StrangeError: the test does what the machine does not know, or too much of it.
    """
    shown = places(test.condition.proposition)
    if any(place.thread is None and place.name in _LOCKS for place in shown):
        raise StrangeError("the final value of a lock")
    found: set[Final] = set()
    start = _start(test)
    seen, stack = {start}, [start]
    while stack:
        state = stack.pop()
        if not any(state.todo) and not any(state.buffers) and not any(state.waiting):
            memory, registers = dict(state.memory), [dict(each) for each in state.registers]
            found.add(
                tuple(
                    (str(each), (memory if each.thread is None else registers[each.thread]).get(each.name, 0))
                    for each in shown
                )
            )
        for following in _steps(state, buffered):
            if following not in seen:
                seen.add(following)
                stack.append(following)
        if len(seen) > _MAX_STATES:
            raise StrangeError("too many states")
    return frozenset(found)


def _start(test: Test) -> _State:
    count = len(test.threads)
    names = {each.name for thread in test.threads for each in thread.parameters}
    memory: dict[str, Value] = {}
    for each in test.initial:
        if each.place.thread is not None:
            raise StrangeError("a register with a value")
        memory[each.place.name] = each.value or 0
    registers = tuple(tuple(sorted((name, name) for name in names)) for _ in test.threads)
    todo = tuple(_effective(thread.body) for thread in test.threads)
    return _State(todo, registers, tuple(sorted(memory.items())), ((),) * count, (), (), 0, (None,) * count)


def _effective(body: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The statements without those that do nothing here."""
    return tuple(each for each in body if not _is_idle(each))


def _is_idle(statement: Statement) -> bool:
    match statement:
        case Declare(_, _, None):
            return True
        case Evaluate(Call(name)):
            return name in ("smp_rmb", "smp_wmb", "barrier") or name.startswith("smp_mb__")
    return False


def _steps(state: _State, buffered: bool) -> Iterator[_State]:
    for thread in range(len(state.todo)):
        if state.buffers[thread]:
            (name, value), *rest = state.buffers[thread]
            memory = tuple(sorted({**dict(state.memory), name: value}.items()))
            yield state._replace(memory=memory, buffers=_put(state.buffers, thread, tuple(rest)))
        waits_for = state.waiting[thread]
        if waits_for is not None:
            if not any(state.buffers) and not waits_for & {*state.sections}:
                yield state._replace(waiting=_put(state.waiting, thread, None))
        elif state.todo[thread]:
            following = _Step(state, thread, buffered).run()
            if following is not None:
                yield following


def _put(values: tuple[Any, ...], index: int, value: object) -> tuple[Any, ...]:
    return (*values[:index], value, *values[index + 1 :])


class _BlockedError(Exception):
    """The thread must wait."""


class _Step:
    """One statement of one thread."""

    def __init__(self, state: _State, thread: int, buffered: bool) -> None:
        self._state, self._thread, self._buffered = state, thread, buffered
        self._registers = dict(state.registers[thread])
        self._memory = dict(state.memory)
        self._buffer = list(state.buffers[thread])
        self._locks = dict(state.locks)
        self._sections = set(state.sections)
        self._entered = state.entered
        self._waiting: frozenset[tuple[str, int, int]] | None = None

    def run(self) -> _State | None:
        """The state after it, None if the thread cannot go on yet."""
        statement, *rest = self._state.todo[self._thread]
        before: tuple[Statement, ...] = ()
        try:
            before = self._statement(statement)
        except _BlockedError:
            return None
        state, thread = self._state, self._thread
        return _State(
            _put(state.todo, thread, (*before, *rest)),
            _put(state.registers, thread, tuple(sorted(self._registers.items()))),
            tuple(sorted(self._memory.items())),
            _put(state.buffers, thread, tuple(self._buffer)),
            tuple(sorted(self._locks.items())),
            tuple(sorted(self._sections)),
            self._entered,
            _put(state.waiting, thread, self._waiting),
        )

    def _statement(self, statement: Statement) -> tuple[Statement, ...]:
        match statement:
            case Declare(_, name, value) | Assign(name, value):
                if value is not None:
                    self._registers[name] = self._value(value)
            case Store(pointer, value):
                self._store(self._value(pointer), self._value(value))
            case Evaluate(call):
                self._value(call)
            case If(condition, then, otherwise):
                return _effective(then if self._value(condition) else otherwise)
            case _:
                raise StrangeError("a loop")
        return ()

    def _value(self, value: Expression) -> Value:
        match value:
            case Number(number):
                return number
            case Name(name):
                return self._registers.get(name, 0)
            case Deref(pointer):
                return self._load(self._value(pointer))
            case Binary(operator, left, right):
                return _computed(operator, self._value(left), self._value(right))
            case Call(name, arguments):
                return self._call(name, arguments)
        raise StrangeError(str(value))

    # memory

    def _load(self, name: Value) -> Value:
        if not isinstance(name, str) or name in _LOCKS:
            raise StrangeError("what is no variable's address")
        own = [value for place, value in self._buffer if place == name]
        return own[-1] if own else self._memory.get(name, 0)

    def _store(self, name: Value, value: Value) -> None:
        if not isinstance(name, str) or name in _LOCKS:
            raise StrangeError("what is no variable's address")
        if self._buffered:
            self._buffer.append((name, value))
        else:
            self._memory[name] = value

    def _drain(self) -> None:
        if self._buffer:
            raise _BlockedError

    # functions

    def _call(  # noqa: PLR0911 - a function of the kernel each
        self, name: str, arguments: tuple[Expression, ...]
    ) -> Value:
        if name in ("READ_ONCE", "rcu_dereference"):
            return self._value(arguments[0])
        if name in ("smp_load_acquire", "atomic_read"):
            return self._load(self._value(arguments[0]))
        if name in ("WRITE_ONCE", "rcu_assign_pointer", "smp_store_mb"):
            assert isinstance(arguments[0], Deref)
            return self._written(name, arguments[0].pointer, arguments[1])
        if name == "smp_store_release":
            return self._written(name, *arguments)
        if name == "smp_mb":
            self._drain()
            return 0
        if "lock" in name:
            return self._section(name, *map(self._value, arguments))
        if name.startswith("synchronize"):
            return self._period(*map(self._value, arguments))
        return self._atomic(name, [self._value(each) for each in arguments])

    def _written(self, name: str, pointer: Expression, value: Expression) -> Value:
        if name == "smp_store_mb":
            self._drain()
            self._memory[str(self._value(pointer))] = self._value(value)
        else:
            self._store(self._value(pointer), self._value(value))
        return 0

    def _section(self, name: str, lock: Value = "", _: Value = 0) -> Value:
        lock = str(lock)
        if "rcu" in name:
            mine = [each for each in self._sections if each[:2] == (lock, self._thread)]
            if name.endswith("unlock"):
                if not mine:
                    raise StrangeError("a section that another thread ends")
                if lock:
                    # that of the kernel has a full barrier, which the model does not promise
                    self._drain()
                self._sections.remove(max(mine))
            else:
                self._entered += 1
                self._sections.add((lock, self._thread, self._entered))
            return 0
        self._drain()
        holder = self._locks.get(lock)
        if name == "spin_unlock":
            if holder is None:
                raise StrangeError("a lock that nobody holds")
            del self._locks[lock]
            return 0
        if name == "spin_is_locked":
            return int(holder is not None)
        if holder is not None:
            if name == "spin_trylock":
                return 0
            raise _BlockedError
        self._locks[lock] = self._thread
        return 1

    def _period(self, struct: Value = "") -> Value:
        self._drain()
        if any(self._state.buffers):
            raise _BlockedError
        self._waiting = frozenset(each for each in self._sections if each[0] == struct)
        return 0

    def _atomic(self, name: str, values: list[Value]) -> Value:
        self._drain()
        base = name.removeprefix("atomic_")
        for order in ("_relaxed", "_acquire", "_release"):
            base = base.removesuffix(order)
        if base in ("inc", "dec"):
            values = [1, *values]
        if base not in _ATOMICS:
            raise StrangeError(name)
        pointer = str(values[0] if base in ("xchg", "cmpxchg") else values[1])
        old = self._memory.get(pointer, 0)
        match base:
            case "xchg":
                new = values[1]
            case "cmpxchg":
                new = values[2] if old == values[1] else old
            case "add" | "inc" | "add_return" | "fetch_add":
                new = _computed("+", old, values[0])
            case _:
                new = _computed("-", old, values[0])
        self._memory[pointer] = new
        return new if base.endswith("_return") else old


def _computed(operator: str, left: Value, right: Value) -> Value:
    if operator == "==":
        return int(left == right)
    if operator == "!=":
        return int(left != right)
    if operator == "&" and 0 in (left, right):
        return 0
    if not isinstance(left, int) or not isinstance(right, int):
        raise StrangeError(f"{left} {operator} {right}")
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "&":
            return left & right
    raise StrangeError(operator)
