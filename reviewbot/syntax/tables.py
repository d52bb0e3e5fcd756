"""Variables and registrations at file level."""

import re
from collections.abc import Iterator

from reviewbot.syntax.items import Item, Shape
from reviewbot.syntax.model import GlobalVariable, Invocation, Knob, Registration, TypeName
from reviewbot.syntax.normalise import Source, rewrite_declaration
from reviewbot.syntax.parse import Node, parse
from reviewbot.syntax.types import declared, type_of_text

_MACRO = re.compile(rb"\s*(?:static\s+|extern\s+)*([A-Z][A-Z0-9_]*)\s*\(([^()]*)")
_INVOKED = re.compile(rb"\s*(?:static\s+)?(?:const\s+)?([A-Za-z_]\w*)\s*\(([^()]*)\)\s*;?\s*\Z")
_DEFINING = re.compile(r"(?:DEFINE|DECLARE)_\w+|H?LIST_HEAD|LLIST_HEAD|RADIX_TREE|[A-Z_]*_HEAD")
_TYPED = re.compile(
    r"(?:DEFINE|DECLARE)_PER_CPU\w*|DEFINE_KFIFO|DECLARE_KFIFO\w*|DEFINE_RAW_FLEX|DEFINE_FLEX"
)
_TYPES = {
    "DEFINE_MUTEX": "struct mutex", "DEFINE_SPINLOCK": "spinlock_t", "DEFINE_RAW_SPINLOCK": "raw_spinlock_t",
    "DEFINE_RWLOCK": "rwlock_t", "DECLARE_RWSEM": "struct rw_semaphore", "DEFINE_SRCU": "struct srcu_struct",
    "DEFINE_STATIC_SRCU": "struct srcu_struct", "LIST_HEAD": "struct list_head",
    "HLIST_HEAD": "struct hlist_head",
    "DEFINE_SEQLOCK": "seqlock_t", "DECLARE_WAIT_QUEUE_HEAD": "wait_queue_head_t", "DEFINE_IDA": "struct ida",
    "DEFINE_IDR": "struct idr", "DEFINE_XARRAY": "struct xarray", "DECLARE_COMPLETION": "struct completion",
    "DECLARE_WORK": "struct work_struct", "DECLARE_DELAYED_WORK": "struct delayed_work",
    "DEFINE_TIMER": "struct timer_list", "DECLARE_BITMAP": "unsigned long", "LLIST_HEAD": "struct llist_head",
    "DEFINE_SEMAPHORE": "struct semaphore", "DEFINE_RATELIMIT_STATE": "struct ratelimit_state",
}  # fmt: skip
_STATIC = re.compile(rb"(?<!\w)static(?!\w)")
_LOCAL_STATIC = re.compile(rb"(?<=[;{}\n])[ \t]+static[ \t]+[^;{}]*[;{]")
_PROTOTYPE = re.compile(
    rb"\s*+(?:(?:extern|static|inline|const|volatile|unsigned|signed)\s++)*+(?:(?:struct|union|enum)\s++)?+"
    rb"[A-Za-z_]\w*+(?:\s++(?:int|long|char|short|const)(?!\w))*+[\s*]++[A-Za-z_]\w*+"
    rb"\((?:[A-Za-z_]\w*+|[\s*,]|\.\.\.)*+\)\s*+\Z"
)
"""A function without a doubt: most of what headers declare, and nothing to parse for variables."""
_NOT_DATA = re.compile(rb"\s*(?:typedef|#|static_assert|asm|_Static_assert)")
_ASSIGNED = re.compile(rb"\.\s*(\w+)\s*(?:=|\{)|[{},]|=\s*&?\s*([A-Za-z_]\w*)\s*(?=[,}\n])")


def read_globals(item: Item, source: Source, fragment: int) -> tuple[GlobalVariable, ...]:
    """The variables that a declaration or a braced initialiser at file level declares."""
    head = source.bare[item.start : item.opening if item.shape is Shape.INITIALISED else item.end]
    if _NOT_DATA.match(head):
        return ()
    macro = _MACRO.match(head)
    if macro:
        return _by_macro(macro, item, source, fragment, None)
    text = head.rstrip().rstrip(b"=").rstrip(b";")
    if _PROTOTYPE.match(text):
        return ()
    return tuple(_variables(text, item.start, source, fragment, None))


def read_invocation(item: Item, source: Source, fragment: int) -> Invocation | None:
    """The macro that a declaration at file level is made of, if it is one."""
    macro = _INVOKED.match(source.bare, item.start, item.end)
    if macro is None:
        return None
    arguments = macro.group(2).decode("utf-8", "replace").split(",")
    return Invocation(
        macro.group(1).decode("latin-1"),
        tuple(argument.strip() for argument in arguments),
        source.line(macro.start(1)),
        fragment,
    )


def static_locals(function: str, item: Item, source: Source, fragment: int) -> Iterator[GlobalVariable]:
    """The static variables inside a function."""
    for match in _LOCAL_STATIC.finditer(source.bare, item.opening, item.end):
        text = match.group()
        at = match.start()
        macro = _MACRO.match(text)
        if macro:
            yield from _by_macro(
                macro, Item(Shape.DECLARATION, at, at, at + len(text)), source, fragment, function
            )
            continue
        text = text.rstrip(b";{ \t\n").rstrip(b"= \t\n")
        yield from _variables(text, at, source, fragment, function)


def _variables(
    text: bytes, at: int, source: Source, fragment: int, function: str | None
) -> Iterator[GlobalVariable]:
    plain = source.plain[at : at + len(text)]

    def words(node: Node) -> str:
        return " ".join(plain[node.start : node.end].decode("utf-8", "replace").split())

    is_static = _STATIC.search(text) is not None
    for node in parse(rewrite_declaration(text) + b";").walk():
        if node.kind != "declaration":
            continue
        for one in declared(node, words):
            if not one.is_function and one.name.isidentifier():
                line = source.line(at + one.node.start)
                yield GlobalVariable(one.name, one.type, line, fragment, is_static, function)
        return


def _by_macro(
    match: re.Match[bytes], item: Item, source: Source, fragment: int, function: str | None
) -> tuple[GlobalVariable, ...]:
    name = match.group(1).decode("latin-1")
    if not _DEFINING.fullmatch(name):
        return ()
    parts = [" ".join(part.split()) for part in match.group(2).decode("utf-8", "replace").split(",")]
    known = TypeName(_TYPES.get(name, ""), 0, name == "DECLARE_BITMAP")
    variable = parts[0]
    if _TYPED.fullmatch(name) and len(parts) > 1:
        known, variable = type_of_text(parts[0]) or known, parts[1].partition("[")[0].strip()
    if not variable.isidentifier():
        return ()
    is_static = _STATIC.search(match.group()) is not None or name.startswith("DEFINE_STATIC")
    line = source.line(item.start + match.start(1))
    return (GlobalVariable(variable, known, line, fragment, is_static, function, name),)


def read_registrations(item: Item, source: Source, type_: TypeName) -> Iterator[Registration]:
    """`.member = name` in the braces of an item; nested tables are named `outer.member`."""
    outer = type_.tag or type_.name
    tables, member = [""], ""
    for match in _ASSIGNED.finditer(source.bare, item.opening, item.end):
        token = match.group()
        if token == b"{":
            tables.append(f"{tables[-1]}.{member}" if member else tables[-1])
            member = ""
        elif token == b"}":
            tables = tables[:-1] or [""]
            member = ""
        elif token == b",":
            member = ""
        elif match.group(1):
            member = match.group(1).decode("latin-1")
            if token.endswith(b"{"):
                tables.append(f"{tables[-1]}.{member}")
                member = ""
            else:
                yield from _value(match.end(), source, outer + tables[-1], member, match.start(1))


_VALUE = re.compile(rb"\s*&?\s*([A-Za-z_]\w*)\s*(?=[,}\n;])")


def _value(at: int, source: Source, table: str, member: str, member_at: int) -> Iterator[Registration]:
    found = _VALUE.match(source.bare, at)
    if found and not found.group(1).isupper():
        yield Registration(table, member, found.group(1).decode("latin-1"), source.line(member_at))


_ROW = re.compile(rb"\{[^{}]*\}")
_DATA = re.compile(rb"\.\s*data\s*=\s*&\s*([A-Za-z_][\w.>\[\]-]*)")
_HANDLER = re.compile(rb"\.\s*proc_handler\s*=\s*&?\s*(\w+)")


def read_knobs(item: Item, source: Source, type_: TypeName, fragment: int) -> Iterator[Knob]:
    """The rows of a table of knobs: which memory a handler lets users set."""
    for row in _ROW.finditer(source.bare, item.opening + 1, item.end):
        data, handler = _DATA.search(row.group()), _HANDLER.search(row.group())
        if data and handler:
            place, name = (match.group(1).decode("latin-1") for match in (data, handler))
            line = source.line(row.start() + data.start())
            yield Knob(type_.tag or type_.name, place, name, line, fragment)
