"""What each call does to what is held: locks taken and released, sections entered and left.

The vocabulary knows the kernel's primitives; functions at hand that return with a lock held,
or release their caller's, are derived from their own bodies.
"""

import re

from msgspec.structs import replace

from reviewbot.analysis import locks
from reviewbot.analysis.facts import Known
from reviewbot.analysis.holds import Change, Conditional, Hold, net_changes, unmatched_releases
from reviewbot.analysis.program import Program, Study
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.kernel.vocabulary.locks import LockEffect
from reviewbot.kernel.vocabulary.words import Held, LockName
from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.model import Call, Scope, Value, ValueKind

WRAPPER_DEPTH = 2
_LOCK_WORD = re.compile(r"(^|_)(lock|unlock)(_(?!init|destroy|class|stat|held|debug|owner|dep|count)|$)")
_CALLED = re.compile(rb"([A-Za-z_]\w*)\s*\(")
_ANNOTATION = re.compile(r"^(\w+)\s*\((.*)\)$", re.DOTALL)


class Effects:
    """What calls do, for one program; derived once a function."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._locks = vocabulary().locks
        self._rcu = vocabulary().rcu
        self._changes: dict[Study, dict[int, tuple[Change, ...]]] = {}
        self._conditional: dict[Study, dict[int, tuple[Conditional, ...]]] = {}
        self._wrappers: dict[Study, tuple[Change, ...]] = {}
        self._unbalanced: dict[tuple[str, str], bool] = {}
        self._weights: dict[bytes, int] = {}

    def changes(self, study: Study) -> dict[int, tuple[Change, ...]]:
        """The unconditional changes of a function, by event."""
        self._prepare(study)
        return self._changes[study]

    def conditional(self, study: Study) -> dict[int, tuple[Conditional, ...]]:
        """The changes that depend on a call's result, by event."""
        self._prepare(study)
        return self._conditional[study]

    def may_hold(self, study: Study) -> bool:
        """Whether anything is ever held inside the function, as far as its body tells."""
        return bool(self.changes(study) or self.conditional(study) or self.entry(study))

    def _prepare(self, study: Study, depth: int = WRAPPER_DEPTH) -> None:
        if study in self._changes:
            return
        self._changes[study], self._conditional[study] = {}, {}
        certain: dict[int, tuple[Change, ...]] = {}
        for index, event in enumerate(study.function.events):
            if isinstance(event, Scope):
                certain[index] = self._scope(study, event)
            elif isinstance(event, Call):
                conditional = self._depends(event)
                if conditional:
                    self._conditional[study][index] = conditional
                else:
                    certain[index] = self._call(study, event, depth)
        self._changes[study] = {index: found for index, found in certain.items() if found}

    def _hold(self, call: Call, name: LockName, effect: LockEffect | None) -> Hold | None:
        text, value = _spelled(name, call)
        if text is None:
            return None
        identity = locks.identity(text, value, self._program.types)
        exclusive = effect.is_exclusive if effect else True
        return Hold(text, identity, exclusive, Known.SEEN, implies=effect.implies if effect else ())

    def _depends(self, call: Call) -> tuple[Conditional, ...]:
        effect = self._locks.acquire(call.function)
        if effect is None or effect.held is Held.ALWAYS:
            return ()
        if not call.tested and call.result is None:
            return ()
        hold = self._hold(call, effect.lock, effect)
        return ((Change(hold, True), effect.held is Held.NONZERO),) if hold else ()

    def _call(self, study: Study, call: Call, depth: int) -> tuple[Change, ...]:
        effect = self._locks.acquire(call.function)
        if effect is not None:
            hold = self._hold(call, effect.lock, effect) if not effect.is_try else None
            return (Change(hold, True),) if hold else ()
        release = self._locks.release(call.function)
        if release is not None:
            hold = self._hold(call, release.lock, None)
            return (Change(hold, False),) if hold else ()
        changes = self._sections(call) or self._asserted(call) or self._wrapped(study, call, depth)
        return changes or self._by_name(study, call)

    def _by_name(self, study: Study, call: Call) -> tuple[Change, ...]:
        """A function out of sight that is called a lock: `foo_lock(x)`, `unlock_foo()`."""
        match = _LOCK_WORD.search(call.function)
        if match is None or call.function in self._locks.not_held:
            return ()
        if self._program.studies(call.function, study.file.path):
            return ()
        name = _LOCK_WORD.sub(r"\1lock\3", call.function)
        argument = call.arguments[0].text.removeprefix("&") if call.arguments else ""
        text = f"{argument}->{name}" if argument else name
        hold = Hold(text, f"?.{name}" if argument else name, True, Known.SEEN)
        return (Change(hold, match.group(2) == "lock"),)

    def _sections(self, call: Call) -> tuple[Change, ...]:
        for side, acquires in (
            (self._rcu.enter(call.function), True),
            (self._rcu.exit(call.function), False),
        ):
            if side is not None:
                text = _spelled(side.domain, call)[0] if side.domain else side.flavour
                hold = Hold(text or side.flavour, text or "", False, Known.SEEN, True, side.flavour)
                return (Change(hold, acquires),)
        for exclusion, acquires in (
            (self._locks.exclusion(call.function), True),
            (self._locks.exclusion_end(call.function), False),
        ):
            if exclusion is not None and "rcu" in exclusion.implies:
                return (Change(Hold("rcu", "", False, Known.SEEN, True, "rcu"), acquires),)
        return ()

    def _asserted(self, call: Call) -> tuple[Change, ...]:
        assertion = self._locks.assertion(call.function)
        if assertion is None:
            return ()
        if assertion.flavour:
            hold = Hold(assertion.flavour, "", False, Known.ASSERTED, True, assertion.flavour)
            return (Change(hold, True),)
        if assertion.lock is None:
            return self._assumed(call, assertion.condition)
        text, value = _spelled(assertion.lock, call)
        if text is None:
            return ()
        identity = locks.identity(text, value, self._program.types)
        known = Known.HINTED if assertion.is_weak else Known.ASSERTED
        return (Change(Hold(text, identity, assertion.is_exclusive is not False, known), True),)

    def _assumed(self, call: Call, condition: int | None) -> tuple[Change, ...]:
        """The locks that an asserted condition names: `RCU_LOCKDEP_WARN(!lockdep_is_held(&d->lock))`."""
        if condition is None or condition >= len(call.arguments):
            return ()
        found = []
        for name, argument in re.findall(r"(\w+)\s*\(([^()]*)\)", call.arguments[condition].text):
            known = self._locks.condition(name)
            text = locks.spelled("arg0", (argument,)) if known and known.lock else None
            if text:
                hold = Hold(text, locks.identity(text, None, self._program.types), True, Known.HINTED)
                found.append(Change(hold, True))
        return tuple(found)

    def _scope(self, study: Study, scope: Scope) -> tuple[Change, ...]:
        guard = self._locks.guard_class(scope.class_name)
        if guard is None:
            return ()
        side = self._rcu.enter(guard.like)
        text = locks.spelled("arg0", (scope.argument,)) if scope.argument else None
        if side is not None:
            name = text if side.domain and text else side.flavour
            return (Change(Hold(name, "", False, Known.SEEN, True, side.flavour), scope.opens),)
        if guard.lock is None:
            return ()
        spelled = text if guard.lock.lock.arg is not None and text else guard.lock.lock.name
        if spelled and guard.lock.lock.member:
            spelled += f"->{guard.lock.lock.member}"
        if not spelled:
            return ()
        identity = self._typed(study, spelled)
        hold = Hold(spelled, identity, guard.lock.is_exclusive, Known.SEEN, implies=guard.lock.implies)
        return (Change(hold, scope.opens),)

    def _typed(self, study: Study, text: str) -> str:
        """The identity of a lock known by its text alone: `d->lock` of a declared `struct dev *d`."""
        root, arrow, member = text.partition("->")
        function = study.function
        declared = next(
            (v.type.tag for v in (*function.parameters, *function.locals) if v.name == root), None
        )
        if arrow and declared and member.isidentifier():
            return f"{declared}.{member}"
        return locks.identity(text, None, self._program.types)

    def _wrapped(self, study: Study, call: Call, depth: int) -> tuple[Change, ...]:
        """The changes that a function at hand leaves behind, spelled for this call."""
        if depth == 0 or not call.function:
            return ()
        found: list[Change] = []
        for wrapper in self._program.likely_studies(call.function, study.file.path, self._may_change):
            if wrapper is not study:
                found += (
                    replace(c, hold=_for_caller(c.hold, wrapper, call))
                    for c in self._left(wrapper, depth - 1)
                )
        return tuple(found)

    def _may_change(self, file: FileFacts, name: str) -> bool:
        """Whether a function may leave a lock held, or release its caller's, as its text tells."""
        key = (file.path, name)
        if key not in self._unbalanced:
            self._unbalanced[key] = self._is_unbalanced(file.function_text(name))
        return self._unbalanced[key]

    def _is_unbalanced(self, text: bytes) -> bool:
        """Whether a body takes and releases locks in different numbers: a cheap test before lowering."""
        return sum(map(self._weight, _CALLED.findall(text))) != 0

    def _weight(self, name: bytes) -> int:
        """1 for a function that takes a lock, -1 for one that releases one, else 0."""
        if name not in self._weights:
            word = name.decode("latin-1")
            takes = self._locks.acquire(word) is not None or self._rcu.enter(word) is not None
            releases = self._locks.release(word) is not None or self._rcu.exit(word) is not None
            self._weights[name] = takes - releases
        return self._weights[name]

    def _left(self, study: Study, depth: int) -> tuple[Change, ...]:
        """What a function has acquired, or released for its caller, whenever it returns."""
        if study not in self._wrappers:
            self._wrappers[study] = ()
            self._prepare(study, depth)
            self._wrappers[study] = tuple(net_changes(study, self._changes[study]))
        return self._wrappers[study]

    def entry(self, study: Study) -> frozenset[Hold]:
        """What the function itself says is held when it is entered."""
        found = {hold.key: hold for hold in self._annotated(study)}
        if not study.function.parts:
            for hold in self.found_held(study, self.changes(study)):
                found.setdefault(hold.key, hold)
        return frozenset(found.values())

    @staticmethod
    def found_held(study: Study, changes: dict[int, tuple[Change, ...]]) -> tuple[Hold, ...]:
        """What these changes, all of a function or of a part that a hunk shows, find held at its start."""
        found: dict[tuple[bool, str], Hold] = {}
        for change in unmatched_releases(study, changes):
            found.setdefault(change.hold.key, change.hold)
        taken = {c.hold.key for several in changes.values() for c in several if _is_seen(c)}
        for several in changes.values():
            for change in several:
                if change.hold.known is Known.ASSERTED and change.hold.key not in taken:
                    found.setdefault(change.hold.key, change.hold)
        return tuple(found.values())

    def _annotated(self, study: Study) -> list[Hold]:
        found = []
        for annotation in study.function.annotations:
            match = _ANNOTATION.match(annotation.strip())
            attribute = self._locks.attribute(match.group(1)) if match else None
            if match and attribute and attribute.entry != "none":
                text = locks.spelled("arg0", (match.group(2).split(",")[-1].strip(),))
                if text in ("RCU", "rcu"):
                    found.append(Hold("rcu", "", False, Known.ASSERTED, True, "rcu"))
                elif text:
                    identity = self._typed(study, text)
                    found.append(Hold(text, identity, attribute.entry == "write", Known.ASSERTED))
        return found + self._hinted(study)

    def _hinted(self, study: Study) -> list[Hold]:
        """What the comment above the function, or its name, suggests."""
        found = []
        for comment in study.file.comments_above(study.name):
            for match in re.finditer(self._locks.comment_regex, comment):
                text = match.group("lock").strip(".,;:()")
                found.append(Hold(text, f"?.{text.rpartition('>')[2]}", True, Known.HINTED))
        for hint in self._locks.name_hints:
            fits = study.name.startswith if hint.is_prefix else study.name.endswith
            if hint.says == "rcu_reader" and fits(hint.affix):
                found.append(Hold("rcu", "", False, Known.HINTED, True, "rcu"))
            elif hint.says == "held" and fits(hint.affix):
                found.append(Hold(f"a lock ({study.name})", "?", True, Known.HINTED))
        return found

    def may_know_callers(self, study: Study) -> bool:
        """Whether the callers at hand tell what is held: a static function called, not pointed to."""
        return study.is_only_called

    def callers_are_known(self, study: Study) -> bool:
        """Whether all callers are at hand: a static function whose address is not taken."""
        return self.may_know_callers(study) and study.file.complete


def _is_seen(change: Change) -> bool:
    return change.acquires and change.hold.known is Known.SEEN


def _spelled(name: LockName | None, call: Call) -> tuple[str | None, Value | None]:
    """The text of the lock that a call names, and the argument that is the lock itself."""
    if name is None:
        return None, None
    if name.name:
        return name.name, None
    texts = tuple(value.text for value in call.arguments)
    if name.is_result:
        base = call.result
    else:
        base = texts[name.arg] if name.arg is not None and name.arg < len(texts) else None
    if not base:
        return None, None
    if name.bit is not None:
        return f"{base.removeprefix('&')}[{texts[name.bit]}]" if name.bit < len(texts) else None, None
    value = call.arguments[name.arg] if name.arg is not None and not name.member else None
    return locks.spelled(f"arg0->{name.member}" if name.member else "arg0", (base,)), value


def _for_caller(hold: Hold, wrapper: Study, call: Call) -> Hold:
    """A hold of the wrapper, spelled with the arguments of the call."""
    for parameter, value in zip(wrapper.function.parameters, call.arguments, strict=False):
        name, text = parameter.name, value.text
        if hold.text == name or hold.text.startswith((f"{name}->", f"{name}.")):
            rest = hold.text[len(name) :]
            if value.kind is ValueKind.ADDRESS:
                text = text.removeprefix("&")
                rest = "." + rest[2:] if rest.startswith("->") else rest
            return replace(hold, text=text + rest)
    return hold
