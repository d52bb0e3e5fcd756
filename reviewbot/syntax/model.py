"""What one file says: structs, functions, and each function as a flow graph of events.

The lowering knows C and the accessor macros of the kernel vocabulary; it knows nothing of
locks, contexts or other files. Lines count from 1 in the fragment that the text came from.
"""

from enum import Enum

import msgspec


class Kind(Enum):
    """What an access does to its place."""

    READ = "read"
    WRITE = "write"
    RMW = "rmw"
    ADDRESS = "address"
    """`&p->f` handed to something that the vocabulary does not know."""
    COPY = "copy"
    """Read or written as part of a whole struct (`*a = *b`, memcpy)."""


class Marking(Enum):
    """How an access is marked; the words of the memory model, plus the kernel's families."""

    PLAIN = "plain"
    ONCE = "once"
    """READ_ONCE, WRITE_ONCE, and relaxed forms such as atomic_read."""
    ACQUIRE = "acquire"
    RELEASE = "release"
    FULL = "full"
    """A read-modify-write that orders both sides, or smp_store_mb."""
    RELAXED = "relaxed"
    """An atomic read-modify-write without order: atomic_inc, set_bit."""
    PLAIN_BITOP = "plain-bitop"
    """`__set_bit` and its family."""
    RCU = "rcu"
    """rcu_dereference and rcu_assign_pointer."""
    RCU_PROTECTED = "rcu-protected"
    RCU_ACCESS = "rcu-access"
    """rcu_access_pointer: the value only."""
    RCU_INIT = "rcu-init"
    DATA_RACE = "data-race"
    PERCPU = "percpu"
    VOLATILE = "volatile"


class Root(Enum):
    """What the expression that an lvalue starts from is."""

    PARAMETER = "parameter"
    LOCAL = "local"
    STATIC_LOCAL = "static-local"
    GLOBAL = "global"
    """An identifier that is neither parameter nor local of the function."""
    CALL = "call"
    OTHER = "other"


class TypeName(msgspec.Struct, frozen=True):
    """A declared type: `struct kvm *__rcu x[4]` is ("struct kvm", 1, True, {"__rcu"})."""

    name: str
    """With its keyword: `struct kvm`, `union u`, `enum e`; plain for typedefs and builtins."""
    pointers: int = 0
    array: bool = False
    annotations: frozenset[str] = frozenset()
    """`const`, `volatile`, `static`, `__rcu`, `__percpu`, `__iomem`, …"""

    @property
    def tag(self) -> str | None:
        """The tag of a struct or union type."""
        word, _, tag = self.name.partition(" ")
        return tag if word in ("struct", "union") else None


class Step(msgspec.Struct, frozen=True):
    """One move from an lvalue: `->name`, `.name`, `[]` (subscript) or `*` (dereference)."""

    name: str
    arrow: bool = False


class Path(msgspec.Struct, frozen=True):
    """An lvalue, e.g. `vcpu->kvm->arch.rmap[i]`.

    `root_type` is the declared type of the root variable, or the type that a cast,
    container_of() or list_entry() names; None where the file does not tell.
    """

    root: str
    """The variable, or for Root.CALL the function called."""
    root_kind: Root
    steps: tuple[Step, ...]
    text: str
    """The source, white space folded."""
    root_type: TypeName | None = None
    root_arguments: tuple[str, ...] = ()
    """For Root.CALL: the texts of the arguments."""

    @property
    def members(self) -> tuple[str, ...]:
        """The names of the members walked, outermost first."""
        return tuple(step.name for step in self.steps if step.name not in ("[]", "*"))


class ValueKind(Enum):
    """What is stored, passed, returned or tested."""

    NULL = "null"
    """NULL, 0, false, a cast of these, ERR_PTR() not included."""
    CONSTANT = "constant"
    """Any other literal or an all-capitals name: 1, true, STATE_UP."""
    VARIABLE = "variable"
    """A local variable or parameter, by name."""
    LOAD = "load"
    """The content of `path`."""
    CALL = "call"
    """The result of calling `name`."""
    ADDRESS = "address"
    """`&path`, an array or a function that decays."""
    OTHER = "other"


class Value(msgspec.Struct, frozen=True):
    """An expression as far as the analysis cares. `variables` are the locals it mentions."""

    kind: ValueKind
    text: str
    name: str = ""
    path: Path | None = None
    variables: tuple[str, ...] = ()


class Access(msgspec.Struct, frozen=True, tag=True):
    """One read, write or read-modify-write of memory that is not a plain local variable.

    Also for `&p->f` (Kind.ADDRESS). A read inside an accessor macro is one access
    with that marking: the macro's call is not an event of its own.
    """

    path: Path
    kind: Kind
    marking: Marking
    line: int
    accessor: str | None = None
    """`READ_ONCE`, `atomic_inc`, `srcu_dereference_check`, …; None when plain C."""
    arguments: tuple[str, ...] = ()
    """The accessor's other arguments, as text: the srcu domain, the lockdep condition."""
    value: Value | None = None
    """What is written."""
    result: str | None = None
    """The local variable that receives what is read, if it does so directly."""
    tested: bool = False
    """The value read is (part of) the condition of a branch or loop."""


class Call(msgspec.Struct, frozen=True, tag=True):
    """A call, after its arguments were evaluated."""

    function: str
    """The name called, or "" for a call through a pointer (`pointer` is then set)."""
    arguments: tuple[Value, ...]
    line: int
    result: str | None = None
    """The local variable that receives the result."""
    pointer: Path | None = None
    tested: bool = False


class Assign(msgspec.Struct, frozen=True, tag=True):
    """A local variable gets a value; accesses in the value came before as events."""

    variable: str
    value: Value
    line: int


class Scope(msgspec.Struct, frozen=True, tag=True):
    """A cleanup.h class is constructed (`opens`) or destroyed.

    Covers guard(), scoped_guard(), CLASS() and ACQUIRE(), at the end of their block and at
    each return, break, continue or goto that leaves it.
    """

    class_name: str
    argument: str
    opens: bool
    line: int
    is_cut: bool = False
    """It ends behind what the hunk shows: nobody knows where."""


class Return(msgspec.Struct, frozen=True, tag=True):
    """The function returns."""

    value: Value | None
    line: int


Event = Access | Call | Assign | Scope | Return


class Sense(Enum):
    """Which comparison an edge of the graph stands for."""

    NONZERO = "nonzero"
    """`if (x)`, `x != NULL`: taken when the operand is non-zero."""
    EQUAL = "equal"
    """`x == C`: taken when equal to the constant `against`."""
    OTHER = "other"


class Test(msgspec.Struct, frozen=True):
    """One atom of a condition: `&&`, `||` and `!` are edges of the graph, not tests.

    likely()/unlikely() are looked through; `!x` and `x == 0` swap the edges.
    """

    operand: Value
    sense: Sense
    against: str
    events: tuple[int, ...]
    """The events evaluated inside this atom, as indices into Function.events."""
    text: str
    line: int


class Edge(msgspec.Struct, frozen=True):
    """To block `target`; where `test` is given, only when its outcome is `taken`."""

    target: int
    test: int | None = None
    """Index into Function.tests."""
    taken: bool = True


class Block(msgspec.Struct, frozen=True):
    """Events in order, then one of the edges. A block without edges ends the function."""

    events: tuple[int, ...]
    edges: tuple[Edge, ...]
    is_loop_head: bool = False


class Variable(msgspec.Struct, frozen=True):
    """A parameter or a local variable and its declared type."""

    name: str
    type: TypeName


class Part(msgspec.Struct, frozen=True):
    """A part of a function that one hunk shows, and where it lies in the joined graph."""

    entry: int
    """Its first block."""
    first_event: int
    last_event: int
    """One beyond its last event."""
    first_line: int
    last_line: int
    """The last one that the hunk shows."""


class Function(msgspec.Struct, frozen=True):
    """A function as a flow graph. Block 0 is the entry.

    Of one that several hunks show `parts` of, block 0 leads to each of these, and from none of
    them to another: what runs between is out of view. Its lines count through the file view
    (`FileFacts.place_of`).
    """

    name: str
    path: str
    line: int
    """Of its name."""
    first_line: int
    last_line: int
    return_type: TypeName
    parameters: tuple[Variable, ...]
    locals: tuple[Variable, ...]
    is_static: bool
    is_inline: bool
    annotations: tuple[str, ...]
    """`__init`, `__must_hold(&d->lock)`, … in source order, before or after the name."""
    events: tuple[Event, ...]
    tests: tuple[Test, ...]
    blocks: tuple[Block, ...]
    fragment: int
    """Index of the fragment of its file view; of several parts that of the first."""
    is_whole: bool
    """False where the hunk shows only a part of it, or a part could not be parsed."""
    parts: tuple[Part, ...] = ()
    """In the order of the file, where more than one hunk shows some of it; else empty."""


class Member(msgspec.Struct, frozen=True):
    """A member of a struct; those of anonymous structs and unions stand flattened here."""

    name: str
    type: TypeName
    line: int
    bits: int | None = None
    """Width of a bit-field."""
    comment: str = ""
    """The comment above or behind it."""


class Struct(msgspec.Struct, frozen=True):
    """A struct or union declaration.

    A nested struct type without a tag is named `outer.member` after its member.
    """

    tag: str
    members: tuple[Member, ...]
    path: str
    line: int
    fragment: int
    is_whole: bool


class GlobalVariable(msgspec.Struct, frozen=True):
    """A variable at file level, or a static one inside a function (`function` set)."""

    name: str
    type: TypeName
    line: int
    fragment: int
    is_static: bool
    function: str | None = None
    macro: str | None = None
    """The declaring macro: DEFINE_MUTEX, DEFINE_PER_CPU, LIST_HEAD, …"""


class Registration(msgspec.Struct, frozen=True):
    """`.member = function` in an initialiser of `struct table_type`, at file level."""

    table_type: str
    member: str
    function: str
    line: int


class Knob(msgspec.Struct, frozen=True):
    """`.data = &place, .proc_handler = handler` in a row of a table at file level."""

    table_type: str
    place: str
    """The lvalue, without the `&`: `demo_defaults.rate`."""
    handler: str
    line: int
    fragment: int


class Invocation(msgspec.Struct, frozen=True):
    """A macro used at file level: `static DEVICE_ATTR_RW(mode);`."""

    name: str
    arguments: tuple[str, ...]
    line: int = 0
    fragment: int = 0


class Comment(msgspec.Struct, frozen=True):
    """A comment of the source: its text without the comment marks, white space folded."""

    first_line: int
    last_line: int
    text: str
    fragment: int


class Macro(msgspec.Struct, frozen=True):
    """A function-like macro: its parameters and its body on one line."""

    name: str
    parameters: tuple[str, ...]
    body: str
    line: int
