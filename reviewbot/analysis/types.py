"""Which struct an lvalue reaches into: the identity of a field.

The type of the root comes from a declaration, a cast or container_of(); each member walked
is looked up in the struct's declaration. Where the declaration on the way is not at hand, a member name
that only one known struct declares still tells; else the field is weak.
"""

from collections.abc import Callable, Iterable

from reviewbot.analysis.facts import Field
from reviewbot.syntax.model import Member, Path, Root, Struct, TypeName

_CURRENT = TypeName("struct task_struct", 1)
POINTER_WALK = ("[]", "*")
_BYTES = frozenset({"char", "unsigned char", "signed char", "u8", "s8", "__u8", "uint8_t", "void"})


class Types:
    """The struct declarations at hand, and what follows from them.

    `returns` tells what a function returns. `find` is asked once for each tag that no file at hand
    declares, `variable` for the type of a variable that the file which uses it does not declare.
    """

    def __init__(
        self,
        structs: Iterable[Struct],
        returns: Callable[[str], TypeName | None],
        find: Callable[[str], Struct | None],
        variable: Callable[[str], TypeName | None],
    ) -> None:
        self._structs: dict[str, Struct | None] = {}
        self._owners: dict[str, set[str]] = {}
        self._members: dict[str, tuple[Struct | None, dict[str, Member]]] = {}
        self._returns = returns
        self._find = find
        self._variable = variable
        for struct in structs:
            self.add(struct)

    def add(self, struct: Struct) -> None:
        """Learn a declaration; pieces of one struct from several hunks are joined."""
        known = self._structs.get(struct.tag)
        if known is not None and not known.is_whole:
            names = {member.name for member in struct.members}
            kept = tuple(member for member in known.members if member.name not in names)
            struct = Struct(
                struct.tag, kept + struct.members, struct.path, struct.line, struct.fragment, struct.is_whole
            )
        self._structs[struct.tag] = struct
        for member in struct.members:
            self._owners.setdefault(member.name, set()).add(struct.tag)

    def struct(self, tag: str) -> Struct | None:
        """The declaration of a tag, or None."""
        if tag not in self._structs:
            self._structs[tag] = None
            found = self._find(tag)
            if found is not None:
                self.add(found)
        return self._structs[tag]

    def member(self, tag: str, name: str) -> Member | None:
        """A member by name, anonymous structs looked through."""
        struct = self.struct(tag)
        if struct is None:
            return None
        known, members = self._members.get(tag, (None, {}))
        if known is not struct:
            members = {member.name: member for member in reversed(struct.members)}
            self._members[tag] = struct, members
        return members.get(name)

    def root_type(self, path: Path) -> TypeName | None:
        """The type of the expression a path starts from."""
        if path.root_type is not None:
            return path.root_type
        match path.root_kind:
            case Root.CALL:
                return self._returns(path.root)
            case Root.GLOBAL if path.steps:
                return _CURRENT if path.root == "current" else self._variable(path.root)
            case _:
                return None

    def field(self, path: Path) -> Field | None:
        """The field that an lvalue names; None for a plain `*p` and for private memory."""
        members = path.members
        if not members:
            is_variable = path.root_kind in (Root.GLOBAL, Root.STATIC_LOCAL)
            return Field(None, path.root) if is_variable and not self._follows_pointer(path) else None
        if path.steps[-1].name == "*":
            return None
        tag = self.owner_tag(path)
        return Field(tag, members[-1]) if tag else Field(None, members[-1], weak=True)

    @staticmethod
    def _follows_pointer(path: Path) -> bool:
        return any(step.name == "*" for step in path.steps)

    def owner_tag(self, path: Path) -> str | None:
        """The tag of the struct that declares the last member of the path."""
        members = path.members
        known = self.root_type(path)
        tag = known.tag if known else None
        for name in members[:-1]:
            member = self.member(tag, name) if tag else None
            tag = member.type.tag if member else None
        if tag is None and known is not None and len(members) > 1 and not path.steps[-1].arrow:
            return self._only_owner(members[-1])
        return tag

    def _only_owner(self, name: str) -> str | None:
        """The one struct at hand that declares a member of this name."""
        owners = self._owners.get(name, set())
        return next(iter(owners)) if len(owners) == 1 else None

    def type_of(self, path: Path) -> TypeName | None:
        """The declared type of what the path names, if known."""
        members = path.members
        if not members:
            return self.root_type(path)
        tag = self.owner_tag(path)
        member = self.member(tag, members[-1]) if tag else None
        return member.type if member else None


def object_text(path: Path) -> str:
    """The object a field lives in, as the code spells it: `vcpu->kvm` of `vcpu->kvm->arch.x`.

    Members reached with `.` belong to the same object as what they are part of.
    """
    last = max((i for i, step in enumerate(path.steps) if step.arrow or step.name == "*"), default=-1)
    spelled = (
        path.root if path.root_kind is not Root.CALL else f"{path.root}({', '.join(path.root_arguments)})"
    )
    for step in path.steps[: max(last, 0)]:
        spelled += "[]" if step.name == "[]" else f"{'->' if step.arrow else '.'}{step.name}"
    return spelled


def object_name(path: Path) -> str:
    """The last word of the expression for the object: `kvm` of `vcpu->kvm->arch.x`."""
    return object_text(path).rpartition(">")[2].rpartition(".")[2]


def is_text(type_: TypeName) -> bool:
    """Whether an array holds bytes of a text rather than numbers, one for each index."""
    return type_.array and type_.name in _BYTES
