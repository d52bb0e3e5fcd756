"""Contexts: which functions can run at the same time, and how they come to run."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary.read import Section, Table, compiled
from reviewbot.kernel.vocabulary.words import LockName, lock_name

_OVERLAPS = frozenset({"never", "always", "per_cpu", "per_object", "by_chain"})
_SLEEPS = frozenset({"yes", "no", "maybe"})


class Context(msgspec.Struct, frozen=True):
    """What makes functions run at the same time.

    `interrupts` are the contexts it can interrupt on its CPU. `overlaps` says whether it runs
    more than once at a time: never, always, per_cpu, per_object (once for each work item,
    timer, device, queue), by_chain. `sleeps`: yes, no, maybe. `holds` are locks, spelt as in C.
    """

    interrupts: tuple[str, ...]
    overlaps: str
    is_rcu_reader: bool
    is_bh_off: bool
    sleeps: str
    holds: tuple[str, ...]
    is_single_threaded: bool
    note: str


class Callback(msgspec.Struct, frozen=True):
    """A registrar: argument `handlers[i]` is a function that runs in `contexts[i]`.

    `handlers` is empty where a struct carries the functions. `cookie` is the argument that is
    handed to them. `holds` is a lock that the handler runs under.
    """

    handlers: tuple[int, ...]
    contexts: tuple[str, ...]
    cookie: int | None
    holds: LockName | None
    note: str


class Operation(msgspec.Struct, frozen=True):
    """A function in a member of an operations struct: its context, and the locks held around it."""

    context: str
    holds: tuple[str, ...]


class ContextMacro(msgspec.Struct, frozen=True):
    """A macro that names functions: `<argument stem>_show` and `_store`, or two arguments."""

    stem: int | None
    show_argument: int | None
    store_argument: int | None
    show: str
    store: str


class Serial(msgspec.Struct, frozen=True):
    """What hangs on a member of a struct is used by one call of these contexts at a time."""

    struct: str
    member: str
    contexts: frozenset[str]


class Parameter(msgspec.Struct, frozen=True):
    """A macro that makes a variable a parameter: the arguments that are the variable and its mode."""

    variable: int
    mode: int
    setter: str
    """The function that stores it."""


class Contexts(msgspec.Struct, frozen=True):
    """The tables of contexts."""

    contexts: Mapping[str, Context]
    callbacks: Mapping[str, Callback]
    operations: Mapping[tuple[str, str], Operation]
    """By (struct, member); the member `*` stands for all others."""
    macros: Mapping[str, ContextMacro]
    names: tuple[tuple[str, str], ...]
    """(regular expression, context) of functions known by their name."""
    serialised: tuple[Serial, ...]
    knobs: tuple[tuple[str, frozenset[str]], ...]
    """Struct of a table -> the handlers that store what `.data` points to, marked."""
    parameters: Mapping[str, Parameter]
    signatures: Mapping[str, str]
    """Type of a function (`void (struct work_struct *)`) -> the context of callbacks of that type."""

    def context(self, name: str) -> Context | None:
        """The context `name`."""
        return self.contexts.get(name)

    def callback(self, name: str) -> Callback | None:
        """What a call of `name` registers."""
        return self.callbacks.get(name)

    def operation(self, struct: str, member: str) -> Operation | None:
        """What a function in `.member` of a `struct` (without the word struct) is."""
        return self.operations.get((struct, member)) or self.operations.get((struct, "*"))

    def macro(self, name: str) -> ContextMacro | None:
        """The macro `name` that makes functions callbacks."""
        return self.macros.get(name)

    def stores_knob(self, table: str, handler: str) -> bool:
        """Whether the handler of a row of a table stores what its `.data` points to."""
        return any(struct == table and handler in handlers for struct, handlers in self.knobs)

    def context_by_name(self, function: str) -> str | None:
        """The context that a function's own name tells."""
        return next((context for regex, context in self.names if compiled(regex).fullmatch(function)), None)


def read_contexts(top: Section) -> Contexts:
    """The tables of `contexts.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    contexts = _contexts(top.section("contexts"))
    known = frozenset(contexts)
    tables = Contexts(
        contexts=contexts,
        callbacks=_callbacks(top, known),
        operations=_operations(top.section("operations"), _holds(top.section("operation_holds")), known),
        macros=_macros(top, known),
        names=tuple((row.text("regex"), row.word("context", known)) for row in top.rows("context_names")),
        serialised=_serialised(top, known),
        knobs=tuple((row.text("table"), frozenset(row.names("handlers"))) for row in top.rows("knobs")),
        parameters=_parameters(top),
        signatures=_signatures(top, known),
    )
    top.close()
    return tables


def _contexts(section: Section) -> Mapping[str, Context]:
    table: Table[Context] = Table()
    for row in section.sections():
        context = Context(
            interrupts=row.names("interrupts"),
            overlaps=row.word("overlaps", _OVERLAPS),
            is_rcu_reader=row.flag("rcu_reader"),
            is_bh_off=row.flag("bh_off"),
            sleeps=row.word("sleeps", _SLEEPS),
            holds=row.names("holds"),
            is_single_threaded=row.flag("single_threaded"),
            note=row.text("note", ""),
        )
        table.add(row.path, (row.name,), context)
    return table.frozen()


def _callbacks(top: Section, known: frozenset[str]) -> Mapping[str, Callback]:
    table: Table[Callback] = Table()
    for row in top.rows("callbacks"):
        holds = row.text("holds", "")
        handlers = row.numbers("handlers")
        contexts = tuple(row.text("contexts").split())
        if not known.issuperset(contexts) or (handlers and len(handlers) != len(contexts)):
            raise VocabularyError(f"{row.path}.contexts: one known context for each handler is wanted")
        entry = Callback(
            handlers,
            contexts,
            row.number("cookie"),
            lock_name(f"{row.path}.holds", holds) if holds else None,
            row.text("note", ""),
        )
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()


def _holds(section: Section) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in section.sections():
        for lock in row.left():
            for member in row.names(lock):
                found[row.name, member] = (*found.get((row.name, member), ()), lock)
    return found


def _operations(
    section: Section, holds: dict[tuple[str, str], tuple[str, ...]], known: frozenset[str]
) -> Mapping[tuple[str, str], Operation]:
    table: dict[tuple[str, str], Operation] = {}
    for row in section.sections():
        struct = row.name
        for context in row.left():
            if context not in known:
                raise VocabularyError(f"{row.path}.{context}: unknown context")
            for member in row.names(context):
                if (struct, member) in table:
                    raise VocabularyError(f"{row.path}.{context}: {member} stands here already")
                table[struct, member] = Operation(context, ())
    _add_holds(table, holds)
    return MappingProxyType(table)


def _add_holds(
    table: dict[tuple[str, str], Operation], holds: dict[tuple[str, str], tuple[str, ...]]
) -> None:
    for (struct, member), locks in holds.items():
        found = table.get((struct, member)) or table.get((struct, "*"))
        if found is None:
            raise VocabularyError(f"contexts.operation_holds.{struct}: {member} is not in operations")
        table[struct, member] = Operation(found.context, locks)


def _macros(top: Section, known: frozenset[str]) -> Mapping[str, ContextMacro]:
    table: Table[ContextMacro] = Table()
    for row in top.rows("context_macros"):
        entry = ContextMacro(
            row.number("stem"),
            row.number("show_argument"),
            row.number("store_argument"),
            row.word("show", known, ""),
            row.word("store", known, ""),
        )
        table.add(row.path, row.names("fn"), entry)
    return table.frozen()


def _serialised(top: Section, known: frozenset[str]) -> tuple[Serial, ...]:
    found = []
    for row in top.rows("serialised"):
        struct, _, member = row.text("owner").partition(".")
        row.text("note", "")
        if not member:
            raise VocabularyError(f"{row.path}.owner: struct.member is wanted here")
        found.append(Serial(struct, member, frozenset(row.names("contexts", known))))
    return tuple(found)


def _parameters(top: Section) -> Mapping[str, Parameter]:
    table: Table[Parameter] = Table()
    for row in top.rows("parameters"):
        variable, mode = row.number("variable"), row.number("mode")
        if variable is None or mode is None:
            raise VocabularyError(f"{row.path}: variable and mode are wanted here")
        table.add(row.path, row.names("fn"), Parameter(variable, mode, row.text("setter")))
    return table.frozen()


def _signatures(top: Section, known: frozenset[str]) -> Mapping[str, str]:
    table: Table[str] = Table()
    for row in top.rows("signatures"):
        table.add(row.path, row.texts("types"), row.word("context", known))
    return table.frozen()
