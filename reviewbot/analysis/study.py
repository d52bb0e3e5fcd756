"""One function under study: what its lines, variables and tests say, each worked out once."""

from collections.abc import Iterable
from functools import cached_property
from typing import TypeVar

from reviewbot.analysis.facts import Place
from reviewbot.analysis.flow import Flow
from reviewbot.series.view import Origin
from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.model import Access, Assign, Call, Event, Function, ValueKind

Key = TypeVar("Key", int, str)


class Study:
    """One function under study: its graph, its file, and where its lines came from."""

    def __init__(self, function: Function, file: FileFacts, is_all_new: bool = False) -> None:
        self.function = function
        self.file = file
        self._is_all_new = is_all_new
        self.flow = Flow(function)
        self._tested_definitions: dict[tuple[str, int], tuple[int, ...]] = {}
        self._event_definitions: dict[tuple[str, int], tuple[int, ...]] = {}

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name

    def __repr__(self) -> str:
        return f"Study({self.file.path}:{self.name})"

    def origin(self, line: int) -> Origin:
        """Where a line of the function came from."""
        fragment, line = self.file.place_of(self.function, line)
        origins = self.file.view.fragments[fragment].origins
        return origins[min(max(line, 1), len(origins)) - 1]

    @property
    def is_single_threaded(self) -> bool:
        """Whether it says itself that it runs at start-up or exit: `__init`, `__exit`."""
        return bool({"__init", "__exit"} & set(self.function.annotations))

    @property
    def is_only_called(self) -> bool:
        """Whether nothing but calls in its own file can reach it: static, and its address is not taken."""
        return self.function.is_static and not self.file.takes_address(self.name)

    def place(self, line: int) -> Place:
        """The place of a line of the function."""
        origin = self.origin(line)
        return Place(self.file.path, origin.line, origin.patch, self.name)

    def is_new(self, line: int) -> bool:
        """Whether the series wrote the line, rather than moved it."""
        origin = self.origin(line)
        return self._is_all_new or (origin.patch is not None and not origin.moved)

    def is_of_series(self, line: int) -> bool:
        """Whether the series wrote or moved the line."""
        return self._is_all_new or self.origin(line).patch is not None

    def line_text(self, line: int) -> str:
        """The source of a line, without indentation."""
        return self.file.line_text(*self.file.place_of(self.function, line)).strip()

    @cached_property
    def is_touched(self) -> bool:
        """Whether the series wrote or moved any line of the function."""
        return any(
            self.origin(line).patch is not None
            for part in self.function.parts or (self.function,)
            for line in range(part.first_line, part.last_line + 1)
        )

    @cached_property
    def _definitions(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        events = self.function.events
        for index, event in enumerate(events):
            name = _defined(event)
            if name is None:
                continue
            known = found.setdefault(name, [])
            if not (isinstance(event, Assign) and known and _gives(events[known[-1]], event)):
                known.append(index)
        return {name: tuple(where) for name, where in found.items()}

    def definitions(self, variable: str, event: int) -> tuple[int, ...]:
        """The events that may have given a local variable the value it has at `event`.

        A definition is left out when another one runs between it and `event` on every path.
        """
        key = (variable, event)
        if key not in self._event_definitions:
            self._event_definitions[key] = self._defining(variable, event)
        return self._event_definitions[key]

    def _defining(self, variable: str, event: int) -> tuple[int, ...]:
        if not self.flow.is_reached(event):
            return ()
        found = self._reaching(variable, self.flow.may_precede(event), self.flow.must_precede(event))
        if len(found) < 2:
            return found
        every = sum(1 << d for d in found)
        return tuple(d for d in found if self.flow.reaches(d, event, every & ~(1 << d)))

    def all_definitions(self, variable: str) -> tuple[int, ...]:
        """The events that give a local variable a value anywhere in the function."""
        return self._definitions.get(variable, ())

    def part_start(self, event: int) -> int:
        """The first event of the part of the function, as hunks show it, that an event stands in."""
        return max((part.first_event for part in self.function.parts if part.first_event <= event), default=0)

    def tested_definitions(self, variable: str, test: int) -> tuple[int, ...]:
        """The same for the value that a local variable has when a test looks at it."""
        key = (variable, test)
        if key not in self._tested_definitions:
            self._tested_definitions[key] = self._reaching(variable, *self.flow.before_test(test))
        return self._tested_definitions[key]

    def tests_of(self, event: int, result: str | None) -> tuple[int, ...]:
        """The tests that look at the value of an event, directly or through the variable that it gave."""
        direct = self._tests_by_event.get(event, ())
        named = self._tests_by_variable.get(result, ()) if result else ()
        through = (test for test in named if event in self.tested_definitions(result or "", test))
        return tuple(sorted({*direct, *through}))

    def is_tested(self, event: int) -> bool:
        """Whether a test looks at the value of an event directly."""
        return event in self._tests_by_event

    @cached_property
    def _tests_by_event(self) -> dict[int, tuple[int, ...]]:
        tests = self.function.tests
        return _turned((event, number) for number, test in enumerate(tests) for event in test.events)

    @cached_property
    def _tests_by_variable(self) -> dict[str, tuple[int, ...]]:
        tests = self.function.tests
        return _turned((name, number) for number, test in enumerate(tests) for name in test.operand.variables)

    def _reaching(self, variable: str, may: int, must: int) -> tuple[int, ...]:
        reaching = [d for d in self._definitions.get(variable, ()) if may >> d & 1]
        overwritten = 0
        for last in reaching:
            if must >> last & 1:
                overwritten |= self.flow.must_precede(last) & ~(1 << last)
        return tuple(d for d in reaching if not overwritten >> d & 1)

    def accesses(self) -> tuple[tuple[int, Access], ...]:
        """The accesses of the function that some path reaches, with their event numbers."""
        return self._accesses

    @cached_property
    def _accesses(self) -> tuple[tuple[int, Access], ...]:
        events = enumerate(self.function.events)
        return tuple((i, e) for i, e in events if isinstance(e, Access) and self.flow.is_reached(i))

    def calls(self) -> tuple[tuple[int, Call], ...]:
        """The calls of the function that some path reaches, with their event numbers."""
        return self._calls

    @cached_property
    def _calls(self) -> tuple[tuple[int, Call], ...]:
        events = enumerate(self.function.events)
        return tuple((i, e) for i, e in events if isinstance(e, Call) and self.flow.is_reached(i))


def _turned(pairs: Iterable[tuple[Key, int]]) -> dict[Key, tuple[int, ...]]:
    """The numbers of each key, in order."""
    found: dict[Key, list[int]] = {}
    for key, number in pairs:
        found.setdefault(key, []).append(number)
    return {key: tuple(numbers) for key, numbers in found.items()}


def _gives(event: Event, assign: Assign) -> bool:
    """Whether an access or call is the value that the assignment right behind it stores."""
    return (
        isinstance(event, Access | Call)
        and event.result == assign.variable
        and assign.value.kind not in (ValueKind.NULL, ValueKind.CONSTANT)
        and event.line <= assign.line <= (event.line + 8)
    )


def _defined(event: Event) -> str | None:
    """The local variable that an event gives a value."""
    if isinstance(event, Assign):
        return event.variable
    return event.result if isinstance(event, Access | Call) else None
