"""Which contexts reach a function, and so what can run at the same time as what.

Levels E1 to E4 of the rule catalogue: different contexts, one context that overlaps itself,
an object found through RCU, a marked access.
"""

import re
from collections.abc import Iterator
from functools import cached_property

from reviewbot.analysis.program import Program, Study
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.kernel.vocabulary.contexts import ContextMacro
from reviewbot.syntax.model import Function, Invocation, Registration, TypeName, Value, ValueKind

DEPTH = 3

WORDS = {
    "hardirq": "the interrupt handler",
    "irq_thread": "the irq thread",
    "softirq_timer": "the timer",
    "hardirq_timer": "the timer",
    "workqueue": "the work item",
    "kthread": "the thread",
    "rcu_callback": "the RCU callback",
    "napi": "NAPI poll",
    "notifier": "the notifier",
    "process_ioctl": "an ioctl",
    "process_fops": "a file operation",
    "sysfs_show": "a sysfs show",
    "sysfs_store": "a sysfs store",
    "procfs_seq": "a seq_file",
    "debugfs": "a debugfs file",
    "sysctl": "a sysctl handler",
    "netdev_xmit": "the transmit path",
    "qdisc": "a qdisc operation",
    "netdev_ops": "a netdev operation",
    "net_rx": "the receive path",
    "super_ops": "a file system operation",
    "proto_ops": "a socket operation",
    "kvm_vm_ioctl": "a VM ioctl",
    "kvm_vcpu": "the vCPU loop",
    "ipi": "an IPI",
    "softirq": "softirq",
    "async_call": "an async call",
    "devfreq": "the devfreq governor",
    "task_work": "task work",
    "pcm_ops": "a PCM operation",
    "ethtool_ops": "an ethtool operation",
    "probe_remove": "probe or remove",
}
"""How comments name a context; the others go by their own name."""


GUARDED = frozenset(
    {"probe_remove", "power", "last_put", "fops_release", "cpuhp", "stop_machine", "notifier", "dma_fence"}
    | {"netdev_ops"}
)
"""Contexts whose callers serialise them, or may hold locks that the code at hand does not show."""

ALONE = frozenset({"module_init", "probe_remove"})
"""Contexts that mostly run before others are let in, or after: they say nothing of who runs beside."""

INTERRUPTING = frozenset({"hardirq", "softirq", "softirq_timer", "hardirq_timer"})
"""Contexts that are read-side sections by themselves, and hold no lock."""

NEITHER: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())


class Contexts:
    """The contexts of the functions of one program, from the tables and calls at hand."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._table = vocabulary().contexts
        self._of: dict[Study, frozenset[str]] = {}
        self._single: dict[tuple[Study, int], bool] = {}

    def of(self, study: Study, depth: int = DEPTH) -> frozenset[str]:
        """The contexts that a function runs in, as far as the code at hand tells."""
        if study not in self._of:
            own = self._direct.get(study.name, frozenset())
            if study.is_single_threaded:
                own |= {"module_init"}
            named = self._table.context_by_name(study.name) or (None if own else self._typed(study))
            self._of[study] = own | {named} if named else own
            if not self._of[study] and depth:
                self._of[study] = self._from_callers(study, depth)
        return self._of[study]

    def _from_callers(self, study: Study, depth: int) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for site in self._program.sites(study):
            found |= self.of(site.caller, depth - 1)
        return found

    @cached_property
    def _direct(self) -> dict[str, frozenset[str]]:
        """Function name -> contexts, from the operations tables and registrars at hand."""
        found: dict[str, frozenset[str]] = {}
        for function, context in (*self._of_tables(), *self._of_macros(), *self._of_calls()):
            found[function] = found.get(function, frozenset()) | {context}
        return found

    def _typed(self, study: Study) -> str | None:
        """The context that the function's type tells, where what registers it is out of sight.

        A function that others call directly may be a helper that only hands its arguments on.
        """
        context = self._table.signatures.get(signature(study.function))
        return context if context and not self._program.sites(study) else None

    def is_registered(self, study: Study) -> bool:
        """Whether the function is itself a callback or an operation, or is known by its name or type."""
        return study.name in self._direct or bool(
            self._table.context_by_name(study.name) or self._typed(study)
        )

    def holds(self, study: Study) -> tuple[str, ...]:
        """The locks that the subsystem holds around an operation (`rtnl_mutex`), sorted.

        Of a function in several tables what all of them hold.
        """
        found: frozenset[str] | None = None
        for row in self._rows_of.get(study.name, ()):
            operation = self._table.operation(row.table_type, row.member)
            locks = frozenset(operation.holds) if operation else frozenset()
            found = locks if found is None else found & locks
        return tuple(sorted(found or ()))

    @cached_property
    def _rows_of(self) -> dict[str, tuple[Registration, ...]]:
        """The rows of operations tables, by function."""
        found: dict[str, list[Registration]] = {}
        for row in self._tables():
            found.setdefault(row.function, []).append(row)
        return {name: tuple(rows) for name, rows in found.items()}

    def is_entered_unlocked(self, study: Study) -> bool:
        """Whether the function is called from outside with no lock, if maybe in a read-side section."""
        is_callback = self.is_registered(study) and not self.holds(study)
        return self.is_open_entry(study) or (is_callback and self.interrupts(study))

    def interrupts(self, study: Study) -> bool:
        """Whether a function may run in what interrupts others: there it cannot wait for their locks."""
        return bool(self.of(study) & INTERRUPTING)

    def is_open_entry(self, study: Study) -> bool:
        """Whether the function is called from outside with no lock and in no read-side section.

        False where that is not known: for setup, teardown and power callbacks too, whose
        callers keep others out in ways of their own.
        """
        for row in self._rows_of.get(study.name, ()):
            operation = self._table.operation(row.table_type, row.member)
            # what .start of a sequence takes is held in its other functions
            is_under_lock = row.table_type == "seq_operations" or (operation and operation.holds)
            if is_under_lock:
                return False
        if not self.is_registered(study):
            return False
        return any(self._is_open(name) for name in self.of(study))

    def is_guarded(self, study: Study) -> bool:
        """Whether all contexts known for the function have callers that may keep others out."""
        return bool(found := self.of(study)) and found <= GUARDED

    def _is_open(self, name: str) -> bool:
        context = self._table.context(name)
        if context is None or name in GUARDED:
            return False
        return not (context.is_rcu_reader or context.is_single_threaded or context.holds)

    def _tables(self) -> Iterator[Registration]:
        for path in sorted(self._program.files):
            yield from self._program.files[path].registrations

    def _of_tables(self) -> Iterator[tuple[str, str]]:
        """The functions in operations tables, each with its context."""
        for row in self._tables():
            operation = self._table.operation(row.table_type, row.member)
            if operation is not None:
                yield row.function, operation.context

    def _of_macros(self) -> Iterator[tuple[str, str]]:
        """The functions that a macro at file level makes callbacks: `DEVICE_ATTR_RW(mode)`."""
        for path in sorted(self._program.files):
            for invocation in self._program.files[path].invocations:
                macro = self._table.macro(invocation.name)
                if macro is not None:
                    yield from _named_by_macro(macro, invocation)

    def _of_calls(self) -> Iterator[tuple[str, str]]:
        """The functions handed to registrars, each with its context."""
        for study in self._program.calling(frozenset(self._table.callbacks)):
            for _, call in study.calls():
                callback = self._table.callback(call.function)
                if callback is not None:
                    for position, context in zip(callback.handlers, callback.contexts, strict=False):
                        if position < len(call.arguments):
                            yield _function_named(call.arguments[position]), context

    def is_single_threaded(self, study: Study, depth: int = DEPTH) -> bool:
        """Whether a function only runs where nobody else is about (S02), all its callers included."""
        own = self._direct.get(study.name, frozenset())
        if study.is_single_threaded or own:
            return study.is_single_threaded or all(self._is_single(name) for name in own)
        if not study.function.is_static or depth == 0:
            return False
        key = (study, depth)
        if key not in self._single:
            sites = self._program.sites(study)
            self._single[key] = bool(sites) and all(
                self.is_single_threaded(site.caller, depth - 1) for site in sites
            )
        return self._single[key]

    def _is_single(self, name: str) -> bool:
        context = self._table.context(name)
        return context is not None and context.is_single_threaded

    def overlap(self, one: Study, other: Study, held: tuple[frozenset[str], frozenset[str]] = NEITHER) -> str:
        """Why two functions can run at the same time, in words; empty where nothing is known.

        `held` are the locks known to be held in the one and in the other; two contexts that hold one
        global lock, or are entered with it while the other function holds it, do not overlap.
        """
        first, second = self.of(one), self.of(other)
        for mine in sorted(first):
            for theirs in sorted(second):
                is_beside = mine != theirs and not ALONE & {mine, theirs}
                if is_beside and not self._are_under_one_lock(mine, theirs, held):
                    return f"{one.name}() runs in {_word(mine)}, {other.name}() in {_word(theirs)}"
        for mine in sorted(first & second):
            context = self._table.context(mine)
            overlaps = context is not None and context.overlaps in ("always", "per_cpu")
            if overlaps and not self._are_under_one_lock(mine, mine, held):
                return f"{_word(mine)} can run on several CPUs at once"
        return ""

    def _are_under_one_lock(
        self, mine: str, theirs: str, held: tuple[frozenset[str], frozenset[str]]
    ) -> bool:
        return bool((held[0] | self._global_locks(mine)) & (held[1] | self._global_locks(theirs)))

    def _global_locks(self, name: str) -> frozenset[str]:
        """The locks that a context is entered with, of which there is one for all."""
        context = self._table.context(name)
        return frozenset(lock for lock in context.holds if "->" not in lock) if context else frozenset()

    def is_rcu_reader(self, study: Study) -> bool:
        """Whether every context known for the function is an RCU read-side section by itself."""
        found = [self._table.context(name) for name in self.of(study)]
        return bool(found) and all(context is not None and context.is_rcu_reader for context in found)


def _named_by_macro(macro: ContextMacro, invocation: Invocation) -> Iterator[tuple[str, str]]:
    """The show and store functions of an attribute macro, by its stem or by its arguments."""
    sides = ((macro.show, macro.show_argument, "_show"), (macro.store, macro.store_argument, "_store"))
    for context, position, suffix in sides:
        at = position if position is not None else macro.stem
        if context and at is not None and at < len(invocation.arguments):
            yield invocation.arguments[at] + (suffix if position is None else ""), context


def signature(function: Function) -> str:
    """The type of a function as the vocabulary spells it: `void (struct work_struct *)`."""
    given = ", ".join(_spelt(parameter.type) for parameter in function.parameters)
    return f"{_spelt(function.return_type)} ({given})"


def _spelt(type_: TypeName) -> str:
    user = "__user " if "__user" in type_.annotations else ""
    stars = f" {user}{'*' * type_.pointers}" if type_.pointers else ""
    return type_.name + stars


def _function_named(value: Value) -> str:
    """The function that an argument names, with or without an `&`."""
    name = value.path.root if value.kind is ValueKind.ADDRESS and value.path else value.text
    return name.lstrip("&")


def _word(context: str) -> str:
    return WORDS.get(context, context.replace("_", " "))


def short_word(context: str) -> str:
    """A context in a table: its words without an article."""
    return re.sub(r"^(?:the|an?) ", "", _word(context))
