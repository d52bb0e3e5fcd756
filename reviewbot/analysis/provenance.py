"""Where an object came from: made here, or found where other threads can find it too.

Follows a pointer variable to its definitions, and a parameter to the arguments of the
callers at hand, to a stated depth.
"""

import re

import msgspec
from msgspec.structs import replace

from reviewbot.analysis.flow import bits
from reviewbot.analysis.held import Holding
from reviewbot.analysis.objects import Objects
from reviewbot.analysis.program import Program, Study
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Assign, Call, Marking, Return, Value, ValueKind

DEPTH = 4

_ASSERTED = re.compile(r"lockdep_is_held\(\s*&([\w.>-]+)\s*\)")

MOST_EVENTS = 8
"""A helper that only finds an object has no more events."""


class Found(msgspec.Struct, frozen=True):
    """An object found where readers can find it.

    `by` is what found it (`rcu_dereference()`, `__kvm_memslots()`), `flavour` and `domain` the
    RCU that protects it (empty: unknown), `lock` a lock held around the way to the store,
    `is_new` whether the series wrote a step of the way.
    """

    by: str
    flavour: str
    domain: str
    lock: str = ""
    is_new: bool = False
    is_updater: bool = False
    """Found by who may change it; readers can be at it too."""
    publisher: str = ""
    """The function that found it."""


class Provenance:
    """The answers for one program."""

    def __init__(self, program: Program, objects: Objects, holding: Holding) -> None:
        self._program = program
        self._objects = objects
        self._holding = holding
        self._rcu = vocabulary().rcu
        self._handed_in: dict[tuple[Study, str, int], Found | None] = {}

    def found(self, study: Study, event: int, variable: str, depth: int = DEPTH) -> Found | None:
        """How a way into this function got the object from where readers can see it, if any does."""
        if depth == 0 or not variable:
            return None
        if variable in {parameter.name for parameter in study.function.parameters}:
            return self._from_callers(study, variable, depth)
        for index in study.definitions(variable, event):
            found = self._defined(study, index, depth)
            if found is not None:
                return self._around(found, study, index)
        return None

    def _defined(self, study: Study, index: int, depth: int) -> Found | None:
        event = study.function.events[index]
        if isinstance(event, Access):
            return self._loaded(study, event, index, depth)
        if isinstance(event, Call):
            return self._called(study, event, index, depth)
        if not isinstance(event, Assign):
            return None
        value = event.value
        if value.kind is ValueKind.CALL:
            call = next((c for i, c in study.calls() if i < index and c.function == value.name), None)
            return self._called(study, call, index, depth) if call else self._looked_up(value.name, ())
        return self._part(study, value, index, depth)

    def _loaded(self, study: Study, access: Access, index: int, depth: int) -> Found | None:
        if access.marking in (Marking.RCU, Marking.RCU_PROTECTED):
            is_srcu = (access.accessor or "").startswith("srcu")
            domain = access.arguments[0] if is_srcu and access.arguments else ""
            flavour = "srcu" if is_srcu else "rcu"
            is_updater = access.marking is Marking.RCU_PROTECTED
            lock = _asserted(access)
            return Found(f"{access.accessor}()", flavour, domain, lock=lock, is_updater=is_updater)
        return self.found(study, index, access.path.root, depth - 1)

    def _called(self, study: Study, call: Call, index: int, depth: int) -> Found | None:
        texts = tuple(value.text for value in call.arguments)
        found = self._looked_up(call.function, texts) or self._walked(call) or self._returned(study, call)
        if found is not None:
            return found
        for value in call.arguments:
            part = self._part(study, value, index, depth)
            if part is not None and ("for_each" in call.function or "entry" in call.function):
                return part
        return None

    def _part(self, study: Study, value: Value, index: int, depth: int) -> Found | None:
        """A value that is a variable, or reached through one."""
        if value.kind is ValueKind.VARIABLE:
            return self.found(study, index, value.name, depth - 1)
        if value.path is not None and value.kind in (ValueKind.LOAD, ValueKind.ADDRESS):
            return self.found(study, index, value.path.root, depth - 1)
        return None

    def _looked_up(self, function: str, arguments: tuple[str, ...]) -> Found | None:
        lookup = self._rcu.lookup(function)
        if lookup is None:
            return None
        domain = lookup.domain
        if domain.startswith("arg0") and arguments:
            domain = f"&{arguments[0].removeprefix('&')}{domain[4:]}"
        return Found(f"{function}()", lookup.flavour, domain)

    def _walked(self, call: Call) -> Found | None:
        primitive = self._rcu.list_read(call.function)
        return Found(f"{call.function}()", "rcu", "") if primitive is not None and primitive.is_rcu else None

    def _returned(self, study: Study, call: Call) -> Found | None:
        """What a one-line helper found: `foos_of(d)` that returns `rcu_dereference(d->foos)`."""
        for helper in self._program.studies(call.function, study.file.path):
            function = helper.function
            if len(function.events) > MOST_EVENTS or not isinstance(function.events[-1], Return):
                continue
            load = next((a for _, a in helper.accesses() if a.marking is Marking.RCU), None)
            value = function.events[-1].value
            if load is None or value is None or value.path != load.path:
                continue
            arguments = zip(function.parameters, call.arguments, strict=False)
            found = self._loaded(helper, load, 0, 0)
            names = {parameter.name: argument.text for parameter, argument in arguments}
            # of the locks that a helper allows, the caller holds one
            return found and replace(
                found, by=f"{call.function}()", domain=_respelled(found.domain, names), lock=""
            )
        return None

    def _from_callers(self, study: Study, variable: str, depth: int) -> Found | None:
        key = (study, variable, depth)
        if key not in self._handed_in:
            self._handed_in[key] = None
            self._handed_in[key] = self._handed(study, variable, depth)
        return self._handed_in[key]

    def _handed(self, study: Study, variable: str, depth: int) -> Found | None:
        position = [parameter.name for parameter in study.function.parameters].index(variable)
        for caller, index, call in self._program.sites(study):
            if position < len(call.arguments):
                found = self._part(caller, call.arguments[position], index, depth)
                if found is not None:
                    return self._around(found, caller, index)
        return None

    def _around(self, found: Found, study: Study, event: int) -> Found:
        """The same, with what this step of the way adds."""
        locks = [lock.text for lock in self._holding.at(study, event).locks]
        line = study.function.events[event].line
        return replace(
            found,
            lock=found.lock or (locks[0] if locks else ""),
            is_new=found.is_new or study.is_new(line),
            publisher=found.publisher or study.name,
        )

    def is_private(self, study: Study, event: int, variable: str) -> bool:
        """Whether the object is fresh here, or all callers at hand hand in a fresh one."""
        if self._objects.is_fresh(study, event, variable):
            return True
        values = self._objects.handed(study, variable)
        return bool(values) and all(
            value.kind is ValueKind.VARIABLE and self._objects.is_fresh(caller, index, value.name)
            for caller, index, value in values
        )


def _respelled(text: str, names: dict[str, str]) -> str:
    """An expression of a helper, `&d->srcu`, with the arguments that its caller gave."""
    return re.sub(r"(?<![\w.>])[A-Za-z_]\w*", lambda match: names.get(match.group(), match.group()), text)


def _asserted(access: Access) -> str:
    """The lock that the accessor's own condition names: `lockdep_is_held(&d->lock)`."""
    matches = (_ASSERTED.search(argument) for argument in access.arguments)
    return next((match[1] for match in matches if match), "")


def stored_before(study: Study, event: int, variable: str) -> int:
    """How many stores through `variable` some path runs before the event."""
    return sum(
        1
        for index in bits(study.flow.may_precede(event))
        if isinstance(access := study.function.events[index], Access)
        and access.path.root == variable
        and access.kind.value in ("write", "rmw", "copy")
    )
