"""What the series does: the facts that rules select on and comments speak of.

Everything here is frozen and ordered, so that the same series gives the same facts. The
attributes that a rule page may name in `[when]` are the enums and booleans of the classes
derived from `Fact`; the slots of its comment are their strings and numbers.
"""

from enum import Enum

import msgspec

from reviewbot.analysis.scenario import Scenario
from reviewbot.syntax.model import Kind, Marking

GATED = "gated"
DOCUMENTED = "documented"
SETTLED = "settled-in-series"
"""Reasons not to ask that the analysis knows: values of findings.Hidden."""


class Field(msgspec.Struct, frozen=True):
    """A member of a struct, or a global variable (`struct` None).

    `weak` says that the struct could not be told: known by the member's name alone.
    `struct` of a weak field is None too.
    """

    struct: str | None
    name: str
    weak: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What fields are sorted by."""
        return self.struct or "", self.name

    def __str__(self) -> str:
        return f"{self.struct}.{self.name}" if self.struct else self.name


class Place(msgspec.Struct, frozen=True):
    """A line, symbolically.

    `patch` is the index of the patch that brought the line in; `line` counts in the file
    after that patch. For a line older than the series `patch` is None and `line` counts at
    the tip (in the base where the file is not touched).
    """

    path: str
    line: int
    patch: int | None
    function: str | None = None

    @property
    def key(self) -> tuple[str, int]:
        """What places are sorted by, in one file."""
        return self.path, self.line


class Known(Enum):
    """How it is known that a lock is held, the surest first."""

    SEEN = "seen"
    ASSERTED = "asserted"
    CALLERS = "callers"
    HINTED = "hinted"


class HeldLock(msgspec.Struct, frozen=True, order=True):
    """A lock held at an access. `identity` is `struct.member` or the global's name."""

    text: str
    """As the code spells it: `kvm->slots_lock`."""
    identity: str
    is_exclusive: bool
    known: str
    """A value of `Known`."""

    @property
    def is_hinted(self) -> bool:
        """Whether only a name, a comment or another hunk says that it is held."""
        return self.known == Known.HINTED.value


class ReadSection(msgspec.Struct, frozen=True, order=True):
    """An RCU read-side section: `flavour` is rcu, srcu or rcu_tasks_trace; `domain` the srcu_struct."""

    flavour: str
    domain: str = ""


class SharedAccess(msgspec.Struct, frozen=True):
    """An access of a field with all that is known around it."""

    field: Field
    place: Place
    kind: Kind
    marking: Marking
    text: str
    """The lvalue: `kvm->arch.shadow_mmu_active`."""
    line_text: str
    """The source line it stands on, without indentation."""
    accessor: str | None = None
    held: tuple[HeldLock, ...] = ()
    sections: tuple[ReadSection, ...] = ()
    is_fresh: bool = False
    is_new: bool = False
    """Brought in by the series, and not merely moved."""
    object_text: str = ""
    """The expression for the object the field lives in: `kvm`."""
    value_text: str = ""
    is_test: bool = False
    via: str | None = None
    """The one-line helper that the access is made through."""

    @property
    def is_write(self) -> bool:
        """Whether it stores."""
        return self.kind in (Kind.WRITE, Kind.RMW)


class Confidence(Enum):
    """How far the evidence carries."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Step(msgspec.Struct, frozen=True):
    """A row of an interleaving: `text` in column `column`, with a remark at its right."""

    column: int
    text: str
    remark: str = ""
    """`<- may be old`."""
    arrow: str = ""
    """Between this column and the next: `- ->` an edge that exists, `?` the missing one."""


class Interleaving(msgspec.Struct, frozen=True):
    """A table of threads: one title a column, one event a row, in the order of time."""

    columns: tuple[str, ...]
    steps: tuple[Step, ...]


class Side(Enum):
    """A side of a pairing."""

    WRITE = "write"
    READ = "read"
    BOTH = "both"
    NONE = "none"


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What every fact carries.

    `place` is where a comment would stand; `accesses` is the evidence, writers first.
    `confidence` follows from the evidence and is capped by the rule's own. `unseen` says in
    short phrases what could not be seen (`the callers of foo()`); `reason` is set where
    the analysis knows why not to ask (a value of findings.Hidden): marked, never dropped.
    What most facts say of their accesses in the same way is made by `wording.about`,
    `wording.sides` and `Evidence.grounds`.
    """

    field: Field
    place: Place
    accesses: tuple[SharedAccess, ...]
    confidence: Confidence
    store: str
    """Text of the write the comment is about, or of the access."""
    target: str
    """The lvalue alone: `kvm->arch.shadow_mmu_active`."""
    writer: str
    """`foo()`; the function of the write."""
    reader: str
    """`bar()` or `bar() and 3 more`."""
    readers: str
    """`the check in bar()`, `the 13 checks in patch 2`: all readers, counted."""
    locks: str
    """`with d->lock held here and no lock there`; said of both sides."""
    overlap: str = ""
    """Why both sides can run at the same time; empty where nothing is known."""
    payload: str = ""
    """What the reader may touch: `slot->arch.rmap[]`, or empty."""
    interleaving: Interleaving | None = None
    unseen: tuple[str, ...] = ()
    reason: str | None = None
    scenarios: tuple[Scenario, ...] = ()
    """What a proof is made of; the question stands if one of them stands."""
    left: "Flag | None" = None
    """The lesser question that is left where the memory model answers this one: the race of the two."""


class Flag(Fact, frozen=True):
    """A scalar stored here and tested there, with no lock in common (catalogue 1.1)."""

    store_marking: Marking
    check_marking: Marking
    """The weakest of the checks."""
    has_payload: bool


class Publication(Fact, frozen=True):
    """A store that makes a freshly filled object reachable by readers without the lock."""

    store_marking: Marking
    is_fresh: bool
    """The object was allocated or filled in by this function."""
    is_nested: bool
    """The container was reachable by readers already (pub-nested-object)."""
    is_array: bool
    """Per-object arrays allocated in a loop behind a gate (pub-lazy-array)."""
    has_payload_beside: bool
    """Readers touch memory filled in with the object but not reached through it."""
    reader_marking: Marking
    """The weakest of the lockless readers."""
    domain: str
    """`&kvm->srcu` where the container is SRCU protected, else empty."""
    lock: str
    """The lock that the store is made under, as the code spells it, or empty."""
    object: str
    """The object or the pointer's value: `slot->arch.rmap[i]`."""
    container: str
    """How the container was found: `__kvm_memslots()`."""
    gate: str
    """The flag whose acquire could cover the readers instead, or empty."""


class Pairing(Fact, frozen=True):
    """An ordering primitive and its partner."""

    present: Side
    """The side that orders."""
    primitive: str
    """`smp_store_release()`, `smp_wmb()`."""
    partner: str
    """What is missing: `smp_load_acquire()`."""
    is_barrier: bool
    """A stand-alone barrier rather than an accessor of the field."""
    write_primitive: str
    read_primitive: str
    """What the two sides of the pair are, complete: `smp_wmb` and `smp_rmb`, without parentheses."""


class LateStore(Fact, frozen=True):
    """A member filled in after its object became reachable in the same function."""

    publisher: str
    """The call or store that published: `list_add_rcu()`."""
    object: str
    is_initialisation: bool
    """A *_init call or the first store of this member, rather than an update."""


class Dereference(Fact, frozen=True):
    """An RCU-protected pointer followed where no section and no lock protects it."""

    is_after_section: bool
    """Obtained inside a section and followed after it ended."""
    flavour: str
    primitive: str
    """`rcu_dereference()`."""


class ListMismatch(Fact, frozen=True):
    """A list walked under RCU and changed with plain primitives, or the reverse."""

    changed_plain: bool
    """The change is plain and the walk RCU; False: the walk is plain under rcu_read_lock() only."""
    primitive: str
    wanted: str
    write_wanted: str
    read_wanted: str
    """The matching pair, without parentheses: `list_add_rcu` and `list_for_each_entry_rcu`."""


class Free(Fact, frozen=True):
    """An object unpublished and freed on one path without a grace period between."""

    primitive: str
    """`kfree()`."""
    unpublisher: str
    """`list_del_rcu()`."""
    wanted: str
    """`kfree_rcu()`."""


class StructCopy(Fact, frozen=True):
    """An object copied whole into one that takes its place, while others set members of the old one."""

    primitive: str
    """`memcpy()`, `kmemdup()`; `the assignment` where plain C copies."""
    source: str
    """What is copied, as the code spells it: `old->arch`."""
    copy: str
    """The object that takes its place: `new`."""
    installer: str
    """The call or store that puts it there: `rcu_assign_pointer()`."""
    lock: str
    """The lock that the members are set under, as the code spells it there."""
    is_late: bool
    """The copy is older than the series, which brought the store of the member."""


class GraceWait(Fact, frozen=True):
    """A wait for a grace period that a reader of it can hold up."""

    primitive: str
    """`synchronize_srcu()`."""
    domain: str
    """`&d->srcu`; empty for RCU itself."""
    flavour: str
    """`RCU`, `SRCU`, `RCU Tasks Trace`."""
    lock: str
    """The lock held around the wait, as the code spells it, or empty."""
    section: str
    """What began the read-side section that the wait itself stands in: `rcu_read_lock()`, or empty."""
    is_inside: bool
    """The wait stands in a read-side section, or under a spinlock, which is one."""


class DoubleCheck(Fact, frozen=True):
    """A test outside the lock, repeated under it, whose outer form does not order."""

    outer_marking: Marking
    inner_marking: Marking
    is_pointer: bool
    """Only data reached through the pointer is used: READ_ONCE with release is enough."""
    lock: str


class Crossing(Fact, frozen=True):
    """Each side stores its own and then loads the other's (store buffering)."""

    other: str
    """The other field."""


class MixedMarking(Fact, frozen=True):
    """A plain access to a field that others access marked, with no lock that excludes them."""

    kind: Kind
    """Of the plain access."""
    wanted: str
    """`READ_ONCE()` or `WRITE_ONCE()`."""
    other_side: Side
    """Where the marked accesses are."""
    marked_count: int = 0
    is_new_reader: bool = False
    """Written under a lock everywhere, and this read is outside it."""
    is_diagnostic: bool = False
    """Only printed or counted (suppressor S10)."""
    lock: str = ""
    """The lock that the other side's accesses are made under, as the code spells it, or empty."""
    takeable: str = ""
    """That lock where this side may well take it; empty in what interrupts those who hold it."""
    is_bare_store: bool = False
    """No access is marked; this store lacks the lock of the object that its reader takes."""
    is_rechecked: bool = False
    """Only a hint: read again under the lock, or compared by a cmpxchg() (suppressor S14)."""
    write_wanted: str = ""
    read_wanted: str = ""
    """What the side that is not marked is to use, without parentheses; empty for a side that is."""
    is_rcu: bool = False
    """Of an RCU pointer: the rcu_ family is wanted."""


class NewField(Fact, frozen=True):
    """A field the series adds: written under no lock, with no reader (yet), and no rule stated for it."""
