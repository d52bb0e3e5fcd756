"""Knobs: memory that users set at any time, through a sysctl or a module parameter.

The kernel's own handler makes the store, in process context and with no lock that the readers
could share. Here it stands as a function of one event, at the row or macro that registers it.
"""

import re
from collections.abc import Iterator

from reviewbot.analysis.program import Program, Study
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.model import (
    Access,
    Block,
    Function,
    Invocation,
    Kind,
    Marking,
    Path,
    Root,
    Step,
    TypeName,
)

_PLACE = re.compile(r"([A-Za-z_]\w*)((?:\[[^\]]*\]|(?:->|\.)\w+)*)")
_STEP = re.compile(r"\[[^\]]*\]|(->|\.)(\w+)")
_WRITABLE = re.compile(r"\b0[0-7]*[2367][0-7]{0,2}\b|S_IW(?:USR|GRP|OTH|UGO)|S_IRUGO\s*\|\s*S_IW")


class Handler(Study):
    """The function that sets a knob, seen only by the line that registers it: `store` is its event."""

    def __init__(self, function: Function, file: FileFacts, store: Access) -> None:
        super().__init__(function, file)
        self.store = store


class Knobs:
    """The knobs of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._table = vocabulary().contexts
        self._known: dict[str, tuple[Handler, ...]] = {}
        self._by_name: dict[str, list[Handler]] = {}

    def of(self, name: str) -> Iterator[Handler]:
        """The handlers that set the members and variables called `name`."""
        if len(self._known) != len(self._program.files):
            self._look()
        yield from self._by_name.get(name, ())

    def _look(self) -> None:
        """Take in the files that have come since the last question."""
        self._by_name = {}
        for path in sorted(self._program.files):
            if path not in self._known:
                self._known[path] = tuple(self._handlers(self._program.files[path]))
            for handler in self._known[path]:
                stored = handler.store.path
                for name in dict.fromkeys((*stored.members[-1:], stored.root)):
                    self._by_name.setdefault(name, []).append(handler)

    def _handlers(self, file: FileFacts) -> Iterator[Handler]:
        for knob in file.knobs:
            path = self._path(knob.place)
            if path is not None and self._table.stores_knob(knob.table_type, knob.handler):
                yield _handler(file, knob.handler, path, (knob.fragment, knob.line))
        for invocation in file.invocations:
            yield from self._parameter(file, invocation)

    def _parameter(self, file: FileFacts, invocation: Invocation) -> Iterator[Handler]:
        known = self._table.parameters.get(invocation.name)
        arguments = invocation.arguments
        if known is None or max(known.variable, known.mode) >= len(arguments):
            return
        path = self._path(arguments[known.variable])
        if path is not None and _WRITABLE.search(arguments[known.mode]):
            yield _handler(file, known.setter, path, (invocation.fragment, invocation.line))

    def _path(self, text: str) -> Path | None:
        match = _PLACE.fullmatch(text)
        if match is None:
            return None
        steps = tuple(
            Step(step.group(2), step.group(1) == "->") if step.group(2) else Step("[]")
            for step in _STEP.finditer(match.group(2))
        )
        known = self._program.global_type(match.group(1))
        return Path(match.group(1), Root.GLOBAL, steps, text, known)


def _handler(file: FileFacts, name: str, path: Path, where: tuple[int, int]) -> Handler:
    fragment, line = where
    access = Access(path, Kind.WRITE, Marking.ONCE, line, "WRITE_ONCE")
    function = Function(
        name=name,
        path=file.path,
        line=line,
        first_line=line,
        last_line=line,
        return_type=TypeName("int"),
        parameters=(),
        locals=(),
        is_static=False,
        is_inline=False,
        annotations=(),
        events=(access,),
        tests=(),
        blocks=(Block((0,), ()),),
        fragment=fragment,
        is_whole=True,
    )
    return Handler(function, file, access)
