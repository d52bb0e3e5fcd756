"""Makes a litmus test of a critical cycle, written as a line such as ``W wmb W rfe R addr R fre``.

Accesses and edges take turns; the last edge leads back to the first access. An edge across threads is one of
``rfe fre coe`` and stays at its location, as ``rfi fri coi`` do inside a thread; every other edge stands for
what is between two accesses of one thread to different locations, several joined by dots: ``ctrl.rmb``.
The test asks whether all reads and the final values can be as the cycle has them.

This serves the tests alone: what reviewbot asks of a patch is made of its accesses, not of a cycle.
"""

from collections import Counter
from typing import NamedTuple

import msgspec

from reviewbot.memory_model.litmus.model import (
    And,
    Assign,
    Binary,
    Call,
    Condition,
    Declare,
    Deref,
    Equal,
    Evaluate,
    Expression,
    If,
    Initial,
    Name,
    Number,
    Parameter,
    Place,
    Quantifier,
    Statement,
    Store,
    Test,
    Thread,
)

ACROSS = frozenset({"rfe", "fre", "coe"})
INSIDE = frozenset({"rfi", "fri", "coi"})
READS = {"R": "READ_ONCE", "Ra": "smp_load_acquire", "Rd": "rcu_dereference", "Rp": "", "Rf": "cmpxchg"}
"""Ways to read: marked, acquire, plain, and a compare and exchange that always fails."""
WRITES = {"W": "WRITE_ONCE", "Wr": "smp_store_release", "Wm": "smp_store_mb", "Wp": ""}
_ORDERS = ("", "_relaxed", "_acquire", "_release")
SWAPS = frozenset(name + order for name in ("xchg", "cmpxchg") for order in _ORDERS)
COUNTS = frozenset(name + order for name in ("add_return", "fetch_add") for order in _ORDERS)
ATOMICS = SWAPS | COUNTS | {"inc"}
"""Atomic operations, which read a value and write the next one; ``inc`` tells nobody what it read."""

FENCES = {
    "rmb": "smp_rmb",
    "wmb": "smp_wmb",
    "mb": "smp_mb",
    "barrier": "barrier",
    "before": "smp_mb__before_atomic",
    "after": "smp_mb__after_atomic",
    "asl": "smp_mb__after_spinlock",
    "aul": "smp_mb__after_unlock_lock",
    "asru": "smp_mb__after_srcu_read_unlock",
    "gp": "synchronize_rcu",
}
PERIODS = {"sgp": "s", "sgp2": "s2"}
"""Grace periods of SRCU, and of which struct."""
SECTIONS = {"rcu": "", "srcu": "s", "srcu2": "s2", "held": "l", "held2": "l2"}
"""What goes from before an edge's first access to after its second."""
OPENING = {"rlock": "rcu", "slock": "srcu", "slock2": "srcu2", "lock": "held", "lock2": "held2"}
CLOSING = {"runlock": "rcu", "sunlock": "srcu", "sunlock2": "srcu2", "unlock": "held", "unlock2": "held2"}
"""What stands between two accesses; the other half is at the end of the thread, or at its start."""

NEVER_WRITTEN = 9


class Access(NamedTuple):
    """One access of a cycle.

    Attributes:
        way: How, see the tables above.
        thread: Its thread.
        location: The variable.
        read: The value that it reads in the cycle, None for a write.
        written: The value that it writes, None for a read.
    """

    way: str
    thread: int
    location: str
    read: int | None
    written: int | None


class Cycle(msgspec.Struct, frozen=True):
    """A cycle with its values.

    Attributes:
        ways: How each access is done.
        edges: The edge after each access, the parts of one between locations apart.
        accesses: The accesses, with all that follows from the edges.
    """

    ways: tuple[str, ...]
    edges: tuple[tuple[str, ...], ...]
    accesses: tuple[Access, ...]

    @property
    def name(self) -> str:
        """What the test is called."""
        parts = [f"{way}-{'.'.join(edge)}" for way, edge in zip(self.ways, self.edges, strict=True)]
        return "-".join(parts)

    @property
    def threads(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of each thread's accesses."""
        last = self.accesses[-1].thread
        numbers = range(len(self.accesses))
        return tuple(tuple(i for i in numbers if self.accesses[i].thread == each) for each in range(last + 1))


def cycle(line: str) -> Cycle:
    """Reads a line."""
    words = line.split()
    ways, edges = tuple(words[::2]), tuple(tuple(word.split(".")) for word in words[1::2])
    assert len(ways) == len(edges), line
    assert edges[-1][0] in ACROSS, f"{line}: a thread begins with the first access"
    assert all(way in READS or way in WRITES or way in ATOMICS for way in ways), line
    _check_kinds(line, ways, edges)
    start = next(i for i, edge in enumerate(edges) if edge[0] not in ACROSS | INSIDE) + 1
    locations, values = _places(ways, edges, start)
    threads = [sum(edge[0] in ACROSS for edge in edges[:i]) for i in range(len(edges))]
    accesses = tuple(Access(ways[i], threads[i], locations[i], *values[i]) for i in range(len(ways)))
    _check(line, accesses)
    return Cycle(ways, edges, accesses)


def _check_kinds(line: str, ways: tuple[str, ...], edges: tuple[tuple[str, ...], ...]) -> None:
    kinds = {"rfe": "WR", "fre": "RW", "coe": "WW", "rfi": "WR", "fri": "RW", "coi": "WW"}
    wrong = {"R": WRITES, "W": READS}
    for i, edge in enumerate(edges):
        first, last = kinds.get(edge[0], "  ")
        is_right = ways[i] not in wrong.get(first, ()) and ways[(i + 1) % len(ways)] not in wrong.get(
            last, ()
        )
        assert is_right, f"{line}: {ways[i]} {edge[0]}"


def _places(
    ways: tuple[str, ...], edges: tuple[tuple[str, ...], ...], start: int
) -> tuple[dict[int, str], dict[int, tuple[int | None, int | None]]]:
    """Location and values of each access, from one that begins a row at one location."""
    names = iter("xyzabc")
    locations: dict[int, str] = {}
    values: dict[int, tuple[int | None, int | None]] = {}
    value, name = 0, next(names)
    for step in range(len(ways)):
        i = (start + step) % len(ways)
        read = None if ways[i] in WRITES else value
        value += ways[i] not in READS
        locations[i], values[i] = name, (read, None if ways[i] in READS else value)
        if edges[i][0] not in ACROSS | INSIDE and step < len(ways) - 1:
            value, name = 0, next(names)
    return locations, values


def _check(line: str, accesses: tuple[Access, ...]) -> None:
    """Values tell the order of the writes: of two by the last value, of more by what they read."""
    for location in {each.location for each in accesses}:
        writes = [each for each in accesses if each.location == location and each.written]
        untold = [each for each in writes if each.way in WRITES]
        assert len(writes) <= 2 or len(untold) <= 1, f"{line}: the order of the writes of {location}"


def make(line: str) -> Test:
    """The test of a cycle."""
    made = cycle(line)
    pointers = _pointers(made)
    threads = tuple(_Body(made, thread, pointers).thread() for thread in made.threads)
    asked = [
        Equal(Place(f"r{i}", each.thread), _told(each, pointers))
        for i, each in enumerate(made.accesses)
        if each.read is not None and each.way != "inc"
    ]
    writes = Counter(each.location for each in made.accesses if each.written)
    counted = {each.location for each in made.accesses if each.way == "inc"}
    for name in sorted(writes):
        if writes[name] > 1 or name in counted:
            last = max(each.written or 0 for each in made.accesses if each.location == name)
            asked.append(Equal(Place(name), pointers.get((name, last), last)))
    initial = tuple(
        Initial(Place(name), pointers[name, 0], "int *") for name in sorted({name for name, _ in pointers})
    )
    return Test(made.name, initial, threads, Condition(Quantifier.EXISTS, And(tuple(asked))))


def _told(access: Access, pointers: dict[tuple[str, int], str]) -> int | str:
    """What the register of a read has in the cycle."""
    assert access.read is not None
    told = access.read + access.way.startswith("add_return")
    return pointers.get((access.location, told), told)


def _pointers(made: Cycle) -> dict[tuple[str, int], str]:
    """What the values of pointers stand for: where an address depends on a read, it reads that address."""
    targets: dict[tuple[str, int], str] = {}
    count = len(made.accesses)
    for i, edge in reversed(list(enumerate(made.edges))):
        here, there = made.accesses[i], made.accesses[(i + 1) % count]
        if "addr" in edge:
            targets[here.location, here.read or 0] = there.location
        elif "data" in edge and (there.location, there.written or 0) in targets:
            targets[here.location, here.read or 0] = targets[there.location, there.written or 0]
    values = {(each.location, value) for each in made.accesses for value in (0, each.read, each.written)}
    names = {name for name, _ in targets}
    return {
        (name, value): targets.get((name, value), f"{name}{value}")
        for name, value in sorted((name, value or 0) for name, value in values if name in names)
    }


class _Body:
    """Writes one thread."""

    def __init__(self, made: Cycle, numbers: tuple[int, ...], pointers: dict[tuple[str, int], str]) -> None:
        self._made, self._numbers, self._pointers = made, numbers, pointers
        self._names: set[str] = set()
        self._indices: set[str] = set()
        self._blocks: list[tuple[Expression, list[Statement]]] = [(Number(1), [])]
        self._before: list[str] = []
        self._open: list[str] = []

    def thread(self) -> Thread:
        """The thread, with what opens and closes its sections."""
        source, parts = None, ()
        for i in self._numbers:
            edge = self._made.edges[i] if i != self._numbers[-1] else ()
            self._sections(edge)
            self._access(i, source, parts)
            for part in parts:
                if part in SECTIONS:
                    self._close(part)
            for part in edge:
                self._part(part, i)
            source, parts = i, edge
        while len(self._blocks) > 1:
            self._end_block()
        for section in reversed(self._open):
            self._add(*self._leave(section))
        body = [*(each for section in self._before for each in self._enter(section)), *self._blocks[0][1]]
        registers = [f"r{i}" for i in self._numbers if self._made.ways[i] not in {*WRITES, "inc"}]
        declared = [
            Declare("int *" if self._is_pointer(name) else "int", name, None, "", 0) for name in registers
        ] + [Declare("int", name, None, "", 0) for name in sorted(self._indices)]
        parameters = tuple(Parameter(self._type(name), name) for name in sorted(self._names))
        return Thread(parameters, (*declared, *body))

    def _is_pointer(self, register: str) -> bool:
        return (self._made.accesses[int(register[1:])].location, 0) in self._pointers

    def _type(self, name: str) -> str:
        if name in ("s", "s2"):
            return "struct srcu_struct *"
        if name in ("l", "l2"):
            return "spinlock_t *"
        return "int **" if (name, 0) in self._pointers else "int *"

    def _add(self, *statements: Statement) -> None:
        self._blocks[-1][1].extend(statements)

    def _end_block(self) -> None:
        condition, body = self._blocks.pop()
        self._add(If(condition, tuple(body), (), "", 0))

    # sections

    def _sections(self, edge: tuple[str, ...]) -> None:
        for part in edge:
            if part in SECTIONS:
                self._add(*self._enter(part))
                self._open.append(part)

    def _close(self, section: str) -> None:
        # what was opened outside a block is closed outside, at the end
        if len(self._blocks) == 1 and section in self._open:
            self._open.remove(section)
            self._add(*self._leave(section))

    def _part(self, part: str, i: int) -> None:
        if part in FENCES:
            self._add(_call(FENCES[part]))
        elif part in PERIODS:
            self._names.add(PERIODS[part])
            self._add(_call("synchronize_srcu", Name(PERIODS[part])))
        elif part in OPENING:
            self._add(*self._enter(OPENING[part]))
            self._open.append(OPENING[part])
        elif part in CLOSING:
            if CLOSING[part] not in self._open:
                self._before.append(CLOSING[part])
            else:
                self._open.remove(CLOSING[part])
            self._add(*self._leave(CLOSING[part]))
        elif part == "ctrl":
            access = self._made.accesses[i]
            told = _told(access, self._pointers)
            value = Name(told) if isinstance(told, str) else Number(told)
            self._blocks.append((Binary("==", Name(f"r{i}"), value), []))
        else:
            assert part in {"po", "addr", "data", *SECTIONS, *INSIDE}, part

    def _enter(self, section: str) -> list[Statement]:
        name = SECTIONS[section]
        if not name:
            return [_call("rcu_read_lock")]
        self._names.add(name)
        if section.startswith("held"):
            return [_call("spin_lock", Name(name))]
        self._indices.add(_index(section))
        return [Assign(_index(section), Call("srcu_read_lock", (Name(name),)), "", 0)]

    def _leave(self, section: str) -> list[Statement]:
        name = SECTIONS[section]
        if not name:
            return [_call("rcu_read_unlock")]
        if section.startswith("held"):
            return [_call("spin_unlock", Name(name))]
        return [_call("srcu_read_unlock", Name(name), Name(_index(section)))]

    # accesses

    def _access(self, i: int, source: int | None, parts: tuple[str, ...]) -> None:
        access = self._made.accesses[i]
        register = Name(f"r{source}")
        pointer: Expression = Name(access.location)
        if "addr" in parts:
            pointer = register
        else:
            self._names.add(access.location)
        value = self._value(access, register if "data" in parts else None)
        if access.way in READS:
            self._add(_reading(f"r{i}", access.way, pointer))
        elif access.way in WRITES:
            self._add(_writing(access.way, pointer, value))
        elif access.way == "inc":
            self._add(_call("atomic_inc", pointer))
        else:
            self._add(Assign(f"r{i}", _atomic(access, pointer, value), "", 0))

    def _value(self, access: Access, source: Name | None) -> Expression:
        """What is written; with a source, something that depends on it and is the same all the same."""
        number = access.written or 0
        target = self._pointers.get((access.location, number))
        if target is not None:
            if source is None:
                self._names.add(target)
                return Name(target)
            return source
        return (
            Number(number) if source is None else Binary("+", Binary("&", source, Number(0)), Number(number))
        )


def _index(section: str) -> str:
    return f"i{SECTIONS[section][1:]}"


def _call(name: str, *operands: Expression) -> Statement:
    return Evaluate(Call(name, operands), "", 0)


def _reading(register: str, way: str, pointer: Expression) -> Statement:
    value: Expression = Deref(pointer)
    if way == "Ra":
        value = Call(READS[way], (pointer,))
    elif way == "Rf":
        value = Call("cmpxchg", (pointer, Number(NEVER_WRITTEN), Number(NEVER_WRITTEN)))
    elif way != "Rp":
        value = Call(READS[way], (Deref(pointer),))
    return Assign(register, value, "", 0)


def _writing(way: str, pointer: Expression, value: Expression) -> Statement:
    if way == "Wp":
        return Store(pointer, value, "", 0)
    return _call(WRITES[way], pointer if way == "Wr" else Deref(pointer), value)


def _atomic(access: Access, pointer: Expression, value: Expression) -> Expression:
    if access.way.startswith("xchg"):
        return Call(access.way, (pointer, value))
    if access.way.startswith("cmpxchg"):
        return Call(access.way, (pointer, Number(access.read or 0), value))
    return Call(f"atomic_{access.way}", (Number(1), pointer))
