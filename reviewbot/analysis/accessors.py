"""One-line helpers: `static bool foo_ready(f) { return smp_load_acquire(&f->ready); }`.

A call of such a helper is an access of the field, with the helper's marking, at the place
of the call. Harvested from the code at hand, never listed.
"""

import re

from msgspec.structs import replace

from reviewbot.analysis.program import Program, Study
from reviewbot.syntax.calls import is_call
from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.model import Access, Call, Function, Kind, Path, Return, Root, Step, Value, ValueKind

MOST_EVENTS = 8

_RETURN = re.compile(rb"(?<!\w)return(?!\w)")
_BRANCH = re.compile(rb"(?<!\w)(?:if|while|for|do|switch|goto)(?!\w)")
_CALLED = re.compile(rb"([A-Za-z_]\w*)\s*\(")


class Accessors:
    """The helpers of one program, recognised once each."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._bodies: dict[Study, Access | None] = {}
        self._likely: dict[tuple[str, str], bool] = {}

    def _may_be_helper(self, file: FileFacts, name: str) -> bool:
        """Whether the text of a function could be a helper's: of a hundred callees one is lowered."""
        key = (file.path, name)
        if key not in self._likely:
            self._likely[key] = any(map(_is_simple, file.bodies(name)))
        return self._likely[key]

    def body(self, study: Study) -> Access | None:
        """The one access that a helper returns, or None when it is no such helper."""
        if study not in self._bodies:
            self._bodies[study] = _returned_access(study.function)
        return self._bodies[study]

    def access(self, study: Study, call: Call) -> Access | None:
        """The access that a call makes through a helper, spelled with the caller's arguments."""
        for helper in self._program.likely_studies(call.function, study.file.path, self._may_be_helper):
            inner = self.body(helper)
            if inner is None:
                continue
            names = [parameter.name for parameter in helper.function.parameters]
            position = names.index(inner.path.root) if inner.path.root in names else None
            if position is None or position >= len(call.arguments):
                return None
            path = _rebased(inner.path, call.arguments[position])
            if path is not None:
                return replace(inner, path=path, line=call.line, result=call.result, tested=call.tested)
        return None

    def is_called_helper(self, study: Study) -> bool:
        """Whether a function is a helper whose callers stand for its access."""
        return self.body(study) is not None and bool(self._program.sites(study))

    def helpers_of(self, member: str) -> tuple[str, ...]:
        """The helpers at hand that return the member of this name."""
        found = (
            study.name
            for study in self._program.short_functions(member, self._may_be_helper)
            if (access := self.body(study)) is not None and access.path.members[-1:] == (member,)
        )
        return tuple(sorted(set(found)))


def _is_simple(body: bytes) -> bool:
    """Whether a body has one return, no branch and no call, as its words tell."""
    if len(_RETURN.findall(body)) != 1 or _BRANCH.search(body):
        return False
    called = {name.decode("latin-1") for name in _CALLED.findall(body)}
    return not any(is_call(name) for name in called - {"return"})


def _returned_access(function: Function) -> Access | None:
    """The access of a function that only returns it; pointer loads on the way do not count."""
    if not function.is_whole or len(function.events) > MOST_EVENTS or len(function.tests) > 0:
        return None
    returns = [event for event in function.events if isinstance(event, Return)]
    reads = [event for event in function.events if isinstance(event, Access)]
    if len(returns) != 1 or not reads or any(isinstance(event, Call) for event in function.events):
        return None
    last = reads[-1]
    if last.kind is not Kind.READ or last.path.root_kind is not Root.PARAMETER or not last.path.members:
        return None
    if any(access.kind is not Kind.READ or not _leads_to(access.path, last.path) for access in reads):
        return None
    value = returns[0].value
    return last if value is not None and _is_value_of(value, last) else None


def _leads_to(path: Path, last: Path) -> bool:
    """Whether a load is only a step on the way to the last one, or that one itself."""
    return path.root == last.root and path.steps == last.steps[: len(path.steps)]


def _is_value_of(value: Value, access: Access) -> bool:
    """Whether the returned value is what was read, or computed from it alone (`x->n > 0`)."""
    if value.kind is ValueKind.LOAD:
        return value.path is not None and value.path.steps == access.path.steps
    return value.kind is ValueKind.OTHER or (value.kind is ValueKind.VARIABLE and value.name == access.result)


def _rebased(path: Path, argument: Value) -> Path | None:
    """The path with its root parameter replaced by the argument of a call."""
    steps: tuple[Step, ...] = ()
    if argument.kind is ValueKind.VARIABLE:
        root, kind, root_type, text = argument.name, Root.LOCAL, path.root_type, argument.name
    elif argument.kind in (ValueKind.LOAD, ValueKind.ADDRESS) and argument.path is not None:
        root, steps = argument.path.root, argument.path.steps
        kind, root_type, text = argument.path.root_kind, argument.path.root_type, argument.path.text
    else:
        return None
    rest = path.steps
    if argument.kind is ValueKind.ADDRESS and rest:
        rest = (Step(rest[0].name, arrow=False), *rest[1:])
    tail = path.text[len(path.root) :] if path.text.startswith(path.root) else "->" + "->".join(path.members)
    if argument.kind is ValueKind.ADDRESS:
        tail = tail.replace("->", ".", 1)
    return Path(root, kind, (*steps, *rest), text + tail, root_type)
