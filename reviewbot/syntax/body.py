"""A function's flow graph while it is being built."""

from collections.abc import Callable, Mapping, Set

import msgspec
from msgspec.structs import replace

from reviewbot.syntax.model import (
    Access,
    Block,
    Call,
    Edge,
    Event,
    Kind,
    Marking,
    Path,
    Root,
    Scope,
    Test,
    TypeName,
    Value,
    ValueKind,
    Variable,
)
from reviewbot.syntax.parse import Node

UNSEEN = "..."
"""How code that a hunk does not show is spelled in texts."""
_DEEPEST = 100
"""Expressions and statements inside each other that are followed."""
MOST_EVENTS = 2500
MOST_BLOCKS = 5000
"""A function with more accesses and calls, or more branches, is generated or hostile: it is left out."""


class FileNames(msgspec.Struct, frozen=True):
    """What the file tells of the names that a function may use."""

    functions: frozenset[str] = frozenset()
    variables: Mapping[str, TypeName] = msgspec.field(default_factory=dict)
    constants: frozenset[str] = frozenset()


class Operand(msgspec.Struct, frozen=True):
    """A value, and the events (accesses, calls) whose results it is made of."""

    value: Value
    loads: tuple[int, ...] = ()


class Jump(msgspec.Struct, frozen=True):
    """Where break and continue go, and how many cleanups are open there."""

    exit: int
    again: int | None
    cleanups: int


class Cleanup(msgspec.Struct, frozen=True):
    """A cleanup.h class that is open; `block` is the offset of its compound statement."""

    class_name: str
    argument: str
    block: int


class _Building(msgspec.Struct):
    events: list[int] = msgspec.field(default_factory=list)
    edges: list[Edge] = msgspec.field(default_factory=list)
    is_loop_head: bool = False
    is_entered: bool = False
    """Reached from somewhere unseen if the function is a piece: a label, a case."""


class Text(msgspec.Struct, frozen=True):
    """The source of a function's nodes."""

    plain: bytes
    """Comments blanked, nothing rewritten."""
    line_of: Callable[[int], int]

    def __call__(self, node: Node) -> str:
        """The source of a node, white space folded."""
        raw = self.plain[node.start : node.end]
        if raw.isalnum():  # no white space, nor the underscores of what is unseen
            return raw.decode("ascii")
        text = " ".join(raw.decode("utf-8", "replace").split())
        return text.replace("__unseen__", UNSEEN) if "__unseen__" in text else text

    def starts(self, node: Node, *words: bytes) -> bool:
        """Whether the source of a node begins with one of the words: a loop's is long."""
        return self.plain.startswith(words, node.start, node.end)


class Body(msgspec.Struct):
    """Events, tests and blocks as far as they are built, and what names mean here."""

    text: Text
    names: FileNames
    is_piece: bool
    """Only a part of the function is in view."""
    shown: int
    """Where the text ends that the hunk shows; what closes its braces stands behind."""
    evaluators: Mapping[str, Callable[["Body", Node], Operand]]
    executors: Mapping[str, Callable[["Body", Node], None]]
    events: list[Event] = msgspec.field(default_factory=list)
    tests: list[Test] = msgspec.field(default_factory=list)
    blocks: list[_Building] = msgspec.field(default_factory=list)
    current: int = 0
    scopes: list[dict[str, tuple[Root, TypeName]]] = msgspec.field(default_factory=list)
    locals: list[Variable] = msgspec.field(default_factory=list)
    outer: dict[str, tuple[Root, TypeName]] = msgspec.field(default_factory=dict)
    """The local variables that are declared in no inner block, as far as braces are in view."""
    cleanups: list[Cleanup] = msgspec.field(default_factory=list)
    jumps: list[Jump] = msgspec.field(default_factory=list)
    labels: dict[str, int] = msgspec.field(default_factory=dict)
    label_blocks: dict[str, tuple[int, ...]] = msgspec.field(default_factory=dict)
    """Offsets of the compound statements around each label."""
    case_blocks: dict[int, int] = msgspec.field(default_factory=dict)
    """The block of each case label, by the id() of its node."""
    compounds: list[int] = msgspec.field(default_factory=list)
    marking: Marking = Marking.PLAIN
    """PLAIN, or DATA_RACE inside data_race()."""
    unread: list[tuple[int, str]] = msgspec.field(default_factory=list)
    """Lines that were not understood, and why."""
    depth: int = 0

    # --- the graph

    def new_block(self, is_loop_head: bool = False, is_entered: bool = False) -> int:
        """A block without edges; returns its index."""
        self.blocks.append(_Building(is_loop_head=is_loop_head, is_entered=is_entered))
        return len(self.blocks) - 1

    def edge(self, target: int, test: int | None = None, taken: bool = True) -> None:
        """From the current block to `target`."""
        self.blocks[self.current].edges.append(Edge(target, test, taken))

    def go(self, target: int) -> None:
        """Flow on into `target`."""
        self.edge(target)
        self.current = target

    def stop(self) -> None:
        """What follows is reached only through a label."""
        self.current = self.new_block()

    def emit(self, event: Event) -> int:
        """Add an event to the current block; returns its index."""
        self.events.append(event)
        self.blocks[self.current].events.append(len(self.events) - 1)
        return len(self.events) - 1

    def access(  # noqa: PLR0913
        self,
        path: Path,
        kind: Kind,
        node: Node,
        marking: Marking | None = None,
        *,
        accessor: str | None = None,
        arguments: tuple[str, ...] = (),
        value: Value | None = None,
    ) -> int:
        """Add an access; plain where no marking is given."""
        chosen = self.marking if marking is None else marking
        return self.emit(Access(path, kind, chosen, self.line(node), accessor, arguments, value))

    def received(self, loads: tuple[int, ...], variable: str) -> None:
        """Note that `variable` gets what the one event of `loads` read or returned."""
        if len(loads) == 1:
            event = self.events[loads[0]]
            if isinstance(event, Access | Call):
                self.events[loads[0]] = replace(event, result=variable)

    def tested(self, loads: tuple[int, ...]) -> None:
        """Note that the results of these events decide a branch."""
        for index in loads:
            event = self.events[index]
            if isinstance(event, Access | Call):
                self.events[index] = replace(event, tested=True)

    def recast(self, index: int, kind: Kind) -> None:
        """The access turned out to be of another kind."""
        event = self.events[index]
        if isinstance(event, Access):
            self.events[index] = replace(event, kind=kind)

    # --- going down the tree

    def goes_deeper(self, node: Node) -> bool:
        """One level down, so that no text overflows the stack: whether that may be looked at.

        Who calls this takes one from `depth` when it is done.
        """
        self.depth += 1
        if self.depth <= _DEEPEST:
            return True
        self.opaque(node, "nested too deeply")
        return False

    def evaluate(self, node: Node) -> Operand:
        """Run an expression: its events are added, its value comes back."""
        if not self.goes_deeper(node):
            self.depth -= 1
            return self.opaque(node, None)
        evaluator = self.evaluators.get(node.kind)
        operand = evaluator(self, node) if evaluator else self.opaque(node, None)
        self.depth -= 1
        return operand

    def execute(self, node: Node) -> None:
        """Run a statement; an expression where one stands."""
        if self.is_too_long:
            return
        if self.goes_deeper(node):
            executor = self.executors.get(node.kind)
            if executor:
                executor(self, node)
            elif node.kind in self.evaluators:
                self.evaluate(node)
        self.depth -= 1

    def opaque(self, node: Node, reason: str | None) -> Operand:
        """A value that is not understood; with a reason, the line is noted as unread."""
        if reason:
            self.unread.append((self.line(node), reason))
        return Operand(Value(ValueKind.OTHER, self.text(node)))

    def line(self, node: Node) -> int:
        """The line, in the fragment, of a node's first token."""
        return self.text.line_of(node.start)

    @property
    def is_too_long(self) -> bool:
        """Whether there is more in the function than is followed; what comes then is not run."""
        return len(self.events) > MOST_EVENTS or len(self.blocks) > MOST_BLOCKS

    # --- names

    def declare(self, name: str, type_: TypeName, root: Root = Root.LOCAL) -> None:
        """Enter a local variable into the innermost scope."""
        self.scopes[-1][name] = (root, type_)
        if len(self.compounds) == 1:
            self.outer[name] = (root, type_)
        if root is Root.LOCAL:
            self.locals.append(Variable(name, type_))

    def known(self, name: str) -> tuple[Root, TypeName] | None:
        """The local variable or parameter of that name."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None

    def variables(self, node: Node) -> tuple[str, ...]:
        """The locals and parameters that an expression mentions, each once."""
        found: dict[str, None] = {}
        todo = [node]
        while todo:
            below = todo.pop()
            if below.kind == "identifier":
                name = self.text(below)
                if name not in found and self.is_plain(name):
                    found[name] = None
            if below.children:
                todo.extend(reversed(below.children))
        return tuple(found)

    def is_plain(self, name: str) -> bool:
        """Whether `name` is a parameter or an automatic variable."""
        known = self.known(name)
        if known:
            return known[0] is not Root.STATIC_LOCAL
        return self.is_piece and self._looks_local(name)

    def _looks_local(self, name: str) -> bool:
        """In a piece of a function the declarations may be out of view."""
        names = self.names
        is_elsewhere = name in names.variables or name in names.functions or name in names.constants
        return not is_elsewhere and not name.isupper() and name.isidentifier()

    # --- entering and leaving blocks

    def open_block(self, node: Node) -> int:
        """Enter the braces of `node`; the number returned is for close_block()."""
        self.scopes.append({})
        self.compounds.append(node.start)
        return len(self.cleanups)

    def close_block(self, node: Node, kept: int) -> None:
        """Leave them: the variables end, and the cleanup classes are destroyed."""
        if len(self.cleanups) > kept:
            self.close_cleanups(kept, Node("}", None, max(node.start, node.end - 1), node.end, []))
            del self.cleanups[kept:]
        self.compounds.pop()
        self.scopes.pop()

    def close_cleanups(self, keep: int, node: Node) -> None:
        """Destroy the cleanup classes beyond the first `keep`, innermost first; they stay known."""
        is_cut = node.start >= self.shown
        for cleanup in reversed(self.cleanups[keep:]):
            self.emit(Scope(cleanup.class_name, cleanup.argument, False, self.line(node), is_cut))

    def close_for_label(self, label: str, node: Node) -> None:
        """Destroy those whose block does not hold `label`."""
        around = self.label_blocks.get(label)
        if around is None:
            return
        for cleanup in reversed(self.cleanups):
            if cleanup.block not in around:
                self.emit(Scope(cleanup.class_name, cleanup.argument, False, self.line(node)))

    # --- the result

    def graph(self) -> tuple[Block, ...]:
        """The blocks that can be reached, the entry first, renumbered in order."""
        if self.is_piece:
            self._enter_from_unseen()
        reached = self._reached({0})
        number = {old: new for new, old in enumerate(sorted(reached))}
        return tuple(
            Block(
                tuple(block.events),
                tuple(dict.fromkeys(Edge(number[e.target], e.test, e.taken) for e in block.edges)),
                block.is_loop_head,
            )
            for block in (self.blocks[old] for old in sorted(reached))
        )

    def _reached(self, starts: set[int], known: Set[int] = frozenset()) -> set[int]:
        """The blocks that flow comes to from `starts`, those already known left aside."""
        reached, todo = set(starts), list(starts)
        while todo:
            for edge in self.blocks[todo.pop()].edges:
                if edge.target not in reached and edge.target not in known:
                    reached.add(edge.target)
                    todo.append(edge.target)
        return reached

    def _enter_from_unseen(self) -> None:
        reached = self._reached({0})
        for index, block in enumerate(self.blocks):
            if block.is_entered and index not in reached:
                self.blocks[0].edges.append(Edge(index))
                reached |= self._reached({index}, reached)
