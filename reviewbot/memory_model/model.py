"""Memory models: loaded from a folder, and what they say of a candidate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import msgspec

from reviewbot.errors import ModelError
from reviewbot.memory_model.cat.emit import specialise
from reviewbot.memory_model.cat.evaluate import BUILTINS, VALUES, Builtin, Run, Value
from reviewbot.memory_model.cat.lexer import Place, Source
from reviewbot.memory_model.cat.library import NATIVE_FILES, always, native
from reviewbot.memory_model.cat.nodes import Graph, Node
from reviewbot.memory_model.cat.parser import parse
from reviewbot.memory_model.cat.program import Judging, Preparing, Program
from reviewbot.memory_model.cat.terms import Include, Statement, Tags
from reviewbot.memory_model.events import Execution, Relation, Skeleton
from reviewbot.memory_model.shape import Shape, base, sources

VARIANTS = frozenset({"lkmmv1", "lkmmv2"})
"""The variants of herd that are known; without one, the first is meant."""

DEFAULT_FOLDER = Path(__file__).parent / "default_model"
"""The files of `default`."""

MAX_FILE = 1_000_000
"""Characters of one file."""

MAX_FILES = 32
"""Files of one model, counted as often as they are included."""

MAX_PREPARED = 512
"""Skeletons that are remembered."""

_NAMES = {"model": "linux-kernel.cat", "bell": "linux-kernel.bell", "macros": "linux-kernel.def"}


def _no_tick() -> None:
    pass


class Text(msgspec.Struct, frozen=True):
    """What a model consists of.

    Attributes:
        name: Its title, or its folder's name.
        statements: All statements, with the includes in place.
        definitions: The text of its .def file, "" without one.
        variants: The variants of herd that it asks for.
    """

    name: str
    statements: tuple[Statement, ...]
    definitions: str
    variants: frozenset[str]


class Model:
    """A memory model, ready to judge.

    It is specialised for each shape of program when it meets one, and remembers that, so repeated
    questions are fast.
    """

    def __init__(self, text: Text) -> None:
        """Takes the parsed model and tries it on the smallest program.

        Raises:
            ModelError: The model uses names that nothing defines, or things in the wrong place.
        """
        self._text = text
        self._tags = frozenset(
            tag for statement in text.statements if isinstance(statement, Tags) for tag in statement.names
        )
        self._programs: dict[Shape, Program] = {}
        self._preparing: dict[tuple[Shape, bool], Preparing] = {}
        self._prepared: dict[tuple[object, ...], tuple[Program, Judging | None]] = {}
        self._comparing: set[tuple[object, ...]] = set()
        self._last: tuple[Skeleton, bool, Program, Judging | None] | None = None
        self.program(Shape((), frozenset(), False))

    @property
    def name(self) -> str:
        """Its title, for people."""
        return self._text.name

    @property
    def definitions(self) -> str:
        """The text of its .def file, which says what the kernel's functions do."""
        return self._text.definitions

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What it says, with the included files in their places."""
        return self._text.statements

    @property
    def variants(self) -> frozenset[str]:
        """Which of ``VARIANTS`` it asks for: with "lkmmv2", fences of atomic operations are not events."""
        return self._text.variants

    def executions(
        self, skeleton: Skeleton, rf: Relation, tick: Callable[[], None] | None = None
    ) -> Iterator[Execution]:
        """The executions that the model allows on this skeleton with this rf.

        Args:
            skeleton: The events and their dependencies.
            rf: Exactly one write for each read; those of lock events are the model's to find.
            tick: Called before each coherence order is tried; may raise to end a search that takes too long.

        Yields:
            Allowed executions, in a fixed order.
        """
        program, judging = self._judging(skeleton, False)
        if judging is None:
            return
        for final_rf, co, _, raised in judging(rf, tick or _no_tick):
            yield Execution(skeleton, final_rf, co, (), _named(program, raised))

    def all_executions(
        self, skeleton: Skeleton, rf: Relation, tick: Callable[[], None] | None = None
    ) -> Iterator[Execution]:
        """As ``executions``, with those that break axioms too, named in ``failed``.

        Coherence orders that contradict program order are among them, which herd would not even try.
        """
        program, judging = self._judging(skeleton, True)
        if judging is None:
            return
        for final_rf, co, failed, raised in judging(rf, tick or _no_tick):
            names = tuple(dict.fromkeys(program.tests[i].name for i in sorted(failed)))
            yield Execution(skeleton, final_rf, co, names, _named(program, raised))

    def program(self, shape: Shape) -> Program:
        """The model run on a shape."""
        program = self._programs.get(shape)
        if program is None:
            program = self._programs[shape] = _run(self._text, shape, self._tags)
        return program

    def _judging(self, skeleton: Skeleton, every: bool) -> tuple[Program, Judging | None]:
        last = self._last
        if last is not None and last[0] is skeleton and last[1] is every:
            return last[2], last[3]
        key: tuple[object, ...] = (every, *_structure(skeleton))
        known = self._prepared.get((*key, *_values(skeleton)) if key in self._comparing else key)
        if known is None:
            known = self._remember(key, skeleton, every)
        self._last = (skeleton, every, *known)
        return known

    def _remember(
        self, key: tuple[object, ...], skeleton: Skeleton, every: bool
    ) -> tuple[Program, Judging | None]:
        if len(self._prepared) >= MAX_PREPARED:
            self._prepared.clear()
            self._comparing.clear()
        found = base(skeleton)
        program = self.program(found.shape)
        prepare = self._preparing.get((found.shape, every))
        if prepare is None:
            prepare = self._preparing[found.shape, every] = specialise(program, every)
        if program.compares_values:
            self._comparing.add(key)
            key = (*key, *_values(skeleton))
        self._prepared[key] = known = (program, prepare(found.space, found))
        return known


def _structure(skeleton: Skeleton) -> tuple[object, ...]:
    """All that the model's answer hangs on, but for values, which it seldom compares."""
    events = tuple(
        [(event.kind, event.tag, event.thread, event.location, event.atomic) for event in skeleton.events]
    )
    return (events, skeleton.po, skeleton.addr, skeleton.data, skeleton.ctrl, skeleton.rmw, skeleton.final)


def _values(skeleton: Skeleton) -> list[int | str | None]:
    return [event.value for event in skeleton.events]


def _named(program: Program, raised: tuple[int, ...]) -> frozenset[str]:
    return frozenset([program.tests[i].name for i in raised])


def _run(text: Text, shape: Shape, tags: frozenset[str]) -> Program:
    """Runs the whole model on a shape."""
    graph = Graph((1 << len(shape.classes)) - 1)
    names: dict[str, Value] = dict(sources(graph, shape, tags))
    names.update({name: Builtin(name) for name in BUILTINS})
    run = Run(graph, names, text.variants)
    for statement in (*always(), *text.statements):
        run.execute(statement)
    rf, co = run.names.get("rf"), run.names.get("co")
    if not isinstance(rf, Node) or not isinstance(co, Node):
        raise ModelError(f'{text.name}: no coherence order; the model should include "cos-opt.cat"')
    compares = any(node.detail == VALUES for node in graph.nodes.values())
    return Program(
        graph, tuple(run.tests), tuple(run.choices), rf, co, run.labels, shape.has_finals, compares
    )


def load(folder: Path) -> Model:
    """Loads the model of a folder, for example a kernel's ``tools/memory-model``.

    The names of its files come from ``linux-kernel.cfg`` where there is one. Nothing outside the folder is
    read.

    Raises:
        ModelError: A file is missing, too large or wrong; the text begins with file, line and column where
            one is to blame.
    """
    folder = folder.resolve()
    return load_from(lambda name: _read(folder, name), str(folder))


def load_from(read: Callable[[str], str | None], where: str) -> Model:
    """Loads a model whose files are not in a folder, but in a commit, say.

    Args:
        read: The text of a file of the model by its name; None where there is none.
        where: What errors call the place.

    Raises:
        ModelError: As `load` does, and what `read` raises.
    """
    files = _Files(read, where)
    names = dict(_NAMES)
    variants: frozenset[str] = frozenset()
    if files.has("linux-kernel.cfg"):
        variants = _configured(files.source("linux-kernel.cfg"), names)
    bell: tuple[Statement, ...] = ()
    if names["bell"] != _NAMES["bell"] or files.has(names["bell"]):
        bell = files.statements(names["bell"])
    model = files.statements(names["model"])
    definitions = ""
    if names["macros"] != _NAMES["macros"] or files.has(names["macros"]):
        definitions = files.source(names["macros"]).text
    return Model(Text(files.title or where.rpartition("/")[2], bell + model, definitions, variants))


@cache
def default() -> Model:
    """The model that comes with reviewbot, for when no kernel tree is at hand."""
    return load(DEFAULT_FOLDER)


def _configured(source: Source, names: dict[str, str]) -> frozenset[str]:
    """Puts the configured file names into ``names``; gives the variants."""
    variants: set[str] = set()
    for number, line in enumerate(source.text.splitlines(), 1):
        key, _, value = line.strip().partition(" ")
        if key in names:
            names[key] = value.strip()
        elif key == "variant":
            wanted = set(re.split(r"[,\s]+", value.strip()))
            if unknown := sorted(wanted - VARIANTS):
                raise ModelError(
                    f"{source.name}:{number}:1: the variant {unknown[0]!r} is not known; "
                    f"reviewbot knows {', '.join(sorted(VARIANTS))}"
                )
            variants |= wanted
    return frozenset(variants)


class _Files:
    """Reads the files of one model."""

    def __init__(self, read: Callable[[str], str | None], where: str) -> None:
        self._read = read
        self._where = where
        self._count = 0
        self.title = ""

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return self._read(name) is not None

    def source(self, name: str, place: Place | None = None) -> Source:
        """One file, whole."""
        before = f"{place}: " if place else ""
        try:
            text = self._read(name)
        except ModelError as error:
            raise ModelError(f"{before}{error}") from error
        if text is None:
            raise ModelError(f"{before}there is no file {name!r} in {self._where}")
        if len(text) > MAX_FILE:
            raise ModelError(f"{before}{name!r} is larger than {MAX_FILE:,} characters")
        return Source(name, text)

    def statements(self, name: str, place: Place | None = None, depth: int = 0) -> tuple[Statement, ...]:
        """The statements of a file, included ones in their places."""
        self._count += 1
        if place is not None and (self._count > MAX_FILES or depth > 8):
            raise place.error("the model includes too many files, or itself")
        parsed = parse(self.source(name, place))
        if not depth:
            self.title = parsed.title
        found: list[Statement] = []
        for statement in parsed.statements:
            if not isinstance(statement, Include):
                found.append(statement)
            elif statement.file in NATIVE_FILES:
                found += native(statement.file)
            else:
                found += self.statements(statement.file, statement.place, depth + 1)
        return tuple(found)


def _read(folder: Path, name: str) -> str | None:
    """Reads one file of the folder, and nothing else; a little more of it than a model may have."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise ModelError(f"{name!r} is not inside the model's folder")
        if not path.is_file():
            return None
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        raise ModelError(f"{name!r} cannot be read: {error}") from error
