"""Fresh objects: allocated here, and not yet reachable by other threads.

Suppressor S01 of the rule catalogue, per variable and event. An object handed to a function
we cannot see is taken to stay fresh: for silence that is the safe side; what publishes is
listed in the vocabulary or seen in the code.
"""

import re

from reviewbot.analysis.flow import bits
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.types import object_text
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Assign, Call, Event, Kind, Path, Return, Root, Value, ValueKind

CONSTRUCTOR = re.compile(
    r"(?:^|_)(?:(?:re)?init|initialize|initialise|alloc|create|setup|probe|new|ctor|constructor|clone|dup|prepare_new)(?:_|\d|$)"
)
"""Function names that say: the object is being built (catalogue S01). A hint, only ever used for silence."""

DESTRUCTOR = re.compile(
    r"(?:^|_)(?:exit|remove|release|destroy|free|fini|cleanup|teardown|uninit|deinit|shutdown|dtor|destructor"
    r"|unregister|detach|disconnect|unbind|dealloc|kill)(?:_(?:all|one|rcu|work|cb|fn))?$"
    r"|^_*(?:free|destroy|release|cleanup|uninit|teardown)_"
)
"""Function names that say: the object is being taken apart (S05)."""

REGISTERS = re.compile(r"(?:^|_)register(?:_|$)|(?:^|_)add_disk$|(?:^|_)device_add$")
"""Function names that say: from here on others can find the object that is handed over (S01)."""

DEPTH = 3


class Objects:
    """Answers for one program: is this object private here?"""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._vocabulary = vocabulary()
        self._allocators: dict[tuple[str, str], bool] = {}
        self._publishing: dict[tuple[str, str, int], bool] = {}
        self._handed: dict[tuple[Study, str], bool] = {}
        self._giving: dict[Study, dict[str, int]] = {}
        self._registering: dict[Study, dict[str, int]] = {}

    def is_private(self, study: Study, event: int, path: Path) -> bool:
        """Whether no other thread can reach the memory of `path` at this event.

        True for objects on the stack and for fresh ones.
        """
        if is_on_stack(path):
            return True
        if path.root_kind is Root.PARAMETER:
            return self._is_handed_fresh(study, event, path.root)
        return path.root_kind is Root.LOCAL and (
            self.is_fresh(study, event, path.root) or self._was_fresh(study, event, path.root)
        )

    def _is_handed_fresh(self, study: Study, event: int, variable: str) -> bool:
        """Whether a parameter points to a fresh object in every call: of a static function of the series."""
        if not study.is_touched or not study.flow.is_reached(event) or study.definitions(variable, event):
            return False
        key = (study, variable)
        if key not in self._handed:
            self._handed[key] = False
            self._handed[key] = self._do_all_hand_fresh(study, variable)
        given = study.flow.may_precede(event) & self._given(study).get(variable, 0)
        return self._handed[key] and not any(self.publishes(study, i, variable) for i in bits(given))

    def _do_all_hand_fresh(self, study: Study, variable: str) -> bool:
        values = self.handed(study, variable) if study.is_only_called else ()
        return bool(values) and all(
            value.kind is ValueKind.VARIABLE
            and (self.is_fresh(caller, at, value.name) or self._is_handed_fresh(caller, at, value.name))
            for caller, at, value in values
        )

    def handed(self, study: Study, variable: str) -> tuple[tuple[Study, int, Value], ...]:
        """Caller, event and argument of each call at hand, for a parameter; nothing for other variables."""
        names = [parameter.name for parameter in study.function.parameters]
        if variable not in names:
            return ()
        position = names.index(variable)
        return tuple(
            (caller, event, call.arguments[position])
            for caller, event, call in self._program.sites(study)
            if position < len(call.arguments)
        )

    def is_registered_behind(self, study: Study, event: int, path: Path) -> bool:
        """Whether the function registers the very object of `path` behind the event, and not before."""
        where = self._registered(study).get(object_text(path), 0)
        if not where or not study.flow.is_reached(event) or study.flow.may_precede(event) & where:
            return False
        return bool(study.flow.may_follow(event) & where)

    def _registered(self, study: Study) -> dict[str, int]:
        """The calls that register an object, by its pointer as the code spells it."""
        if study not in self._registering:
            found: dict[str, int] = {}
            for index, call in study.calls():
                if REGISTERS.search(call.function):
                    for value in call.arguments:
                        found[value.text] = found.get(value.text, 0) | 1 << index
            self._registering[study] = found
        return self._registering[study]

    def _was_fresh(self, study: Study, event: int, variable: str) -> bool:
        """Whether a local pointer held an object made in an earlier hunk, and none shown publishes it.

        Between the hunks it may have been published: so this serves for silence alone.
        """
        start = study.part_start(event)
        if not start or study.definitions(variable, event):
            return False
        defined = [d for d in study.all_definitions(variable) if d < start]
        made = [d for d in defined if not _is_null(study.function.events[d])]
        if not made or not all(self._makes(study, study.function.events[d], d, DEPTH) for d in made):
            return False
        shown = study.flow.may_precede(event) | (1 << start) - 1
        return not any(
            self.publishes(study, index, variable)
            for index in bits(shown & self._given(study).get(variable, 0))
        )

    def is_fresh(self, study: Study, event: int, variable: str, depth: int = DEPTH) -> bool:
        """Whether a local pointer can only hold an object made here and not yet published."""
        definitions = (study.function.events[d] for d in study.definitions(variable, event))
        made = [d for d in definitions if not _is_null(d)]
        if not made or not all(self._makes(study, d, event, depth) for d in made):
            return False
        given = study.flow.may_precede(event) & self._given(study).get(variable, 0)
        return not any(self.publishes(study, index, variable) for index in bits(given))

    def _given(self, study: Study) -> dict[str, int]:
        """The events that store a variable or hand it to a call, for each: only these may publish it."""
        if study not in self._giving:
            found: dict[str, int] = {}
            for index, event in enumerate(study.function.events):
                values = event.arguments if isinstance(event, Call) else ()
                if isinstance(event, Access) and event.value is not None:
                    values = (event.value,)
                for name in {_root(value) for value in values}:
                    found[name] = found.get(name, 0) | 1 << index
            self._giving[study] = found
        return self._giving[study]

    def _makes(self, study: Study, definition: Event, event: int, depth: int) -> bool:
        """Whether the definition gives a new object, or a part of a fresh one."""
        if depth <= 0:
            return False
        if isinstance(definition, Call):
            if self.is_allocation(definition.function, study.file.path, depth):
                return True
            first = definition.arguments[0] if definition.arguments else None
            return self._is_part_of_fresh(study, first, event, depth)
        return isinstance(definition, Assign) and self._is_part_of_fresh(
            study, definition.value, event, depth
        )

    def _is_part_of_fresh(self, study: Study, value: Value | None, event: int, depth: int) -> bool:
        if value is None:
            return False
        if value.kind is ValueKind.CALL:
            return self.is_allocation(value.name, study.file.path, depth)
        if value.kind is ValueKind.VARIABLE:
            return self.is_fresh(study, event, value.name, depth - 1)
        if value.kind in (ValueKind.ADDRESS, ValueKind.LOAD) and value.path is not None:
            root = value.path
            return root.root_kind is Root.LOCAL and self.is_fresh(study, event, root.root, depth - 1)
        return False

    def is_allocation(self, function: str, near: str, depth: int = DEPTH) -> bool:
        """Whether a function returns a new object: listed, or seen to return one."""
        if self._vocabulary.is_allocation(function):
            return True
        key = (near, function)
        if key not in self._allocators:
            self._allocators[key] = False
            self._allocators[key] = depth > 0 and any(
                self._returns_fresh(study, depth - 1) for study in self._program.studies(function, near)
            )
        return self._allocators[key]

    def _returns_fresh(self, study: Study, depth: int) -> bool:
        """Whether some return hands out a fresh object and none an older one."""
        found = False
        for index, event in enumerate(study.function.events):
            if not isinstance(event, Return) or event.value is None or not study.flow.is_reached(index):
                continue
            value = event.value
            if value.kind is ValueKind.NULL or (
                value.kind is ValueKind.CALL and value.name.startswith("ERR_")
            ):
                continue
            if not self._is_part_of_fresh(study, value, index, depth):
                return False
            found = True
        return found

    def publishes(self, study: Study, index: int, variable: str) -> bool:
        """Whether an event makes what `variable` points to reachable by other threads."""
        event = study.function.events[index]
        if isinstance(event, Access):
            return self._stores_pointer(study, index, event, variable)
        return isinstance(event, Call) and self._hands_out(study, event, variable)

    def _stores_pointer(self, study: Study, at: int, access: Access, variable: str) -> bool:
        if access.kind not in (Kind.WRITE, Kind.RMW) or access.value is None:
            return False
        value = access.value
        names = (value.kind is ValueKind.VARIABLE and value.name == variable) or (
            value.kind is ValueKind.ADDRESS and value.path is not None and value.path.root == variable
        )
        if not names or access.path.root == variable:
            return False
        if access.path.root_kind is Root.LOCAL and access.path.root_type is not None:
            if is_on_stack(access.path):
                return False
            made = (study.function.events[d] for d in study.definitions(access.path.root, at))
            return not any(
                isinstance(d, Call) and self.is_allocation(d.function, study.file.path, 1) for d in made
            )
        return True

    def _hands_out(self, study: Study, call: Call, variable: str) -> bool:
        where = [i for i, value in enumerate(call.arguments) if _points_into(value, variable)]
        if not where:
            return False
        if any(self._vocabulary.publishes(call.function, i) for i in where):
            return True
        return any(self._parameter_is_published(study, call.function, i) for i in where)

    def _parameter_is_published(self, study: Study, function: str, position: int) -> bool:
        """Whether a function at hand publishes what it gets as this argument."""
        key = (study.file.path, function, position)
        if key not in self._publishing:
            self._publishing[key] = False
            for callee in self._program.studies(function, study.file.path):
                parameters = callee.function.parameters
                if position < len(parameters):
                    name = parameters[position].name
                    given = self._given(callee).get(name, 0)
                    self._publishing[key] = any(self.publishes(callee, i, name) for i in bits(given))
        return self._publishing[key]


def is_on_stack(path: Path) -> bool:
    """Whether the memory is part of a local variable itself."""
    is_value = path.root_type is not None and not path.root_type.pointers
    return path.root_kind is Root.LOCAL and is_value and not _leaves_variable(path)


def is_within(path: Path) -> bool:
    """Whether the memory is part of the very object that the path's root points to."""
    return sum(step.arrow or step.name == "*" for step in path.steps) <= 1


def _is_null(event: Event) -> bool:
    return isinstance(event, Assign) and event.value.kind is ValueKind.NULL


def _leaves_variable(path: Path) -> bool:
    """Whether the path follows a pointer, and so leaves the variable's own memory."""
    return any(step.arrow or step.name == "*" for step in path.steps)


def _root(value: Value) -> str:
    """The variable that a value is, or points into."""
    return value.path.root if value.kind is ValueKind.ADDRESS and value.path is not None else value.name


def _points_into(value: Value, variable: str) -> bool:
    """Whether a value is the pointer itself or the address of a part of its object."""
    if value.kind is ValueKind.VARIABLE:
        return value.name == variable
    if value.kind is ValueKind.ADDRESS and value.path is not None:
        return value.path.root == variable and is_within(value.path)
    return False
