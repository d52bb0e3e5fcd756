"""Whether the recorded tests notice each mutant of a model.

``python -m tests.memory_model.gate [--all] [TREE/tools/memory-model]`` goes through all mutants of that
model, or of our own, and writes ``data/mutants-*.jsonl``: for each mutant the test that notices it. That
takes minutes; the tests then try for each mutant that one test alone. Where no test notices,
``data/equivalent.json`` must have a sentence that says why none can. With ``--all`` such a sentence is not
believed: all tests are tried for those mutants, too.
"""

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
from msgspec.structs import fields, replace

from reviewbot.errors import ModelError
from reviewbot.memory_model.cat.evaluate import BUILTINS, Builtin, Run, Test, Value
from reviewbot.memory_model.cat.library import always
from reviewbot.memory_model.cat.nodes import Node
from reviewbot.memory_model.cat.program import Program
from reviewbot.memory_model.cat.terms import Name, Statement, With
from reviewbot.memory_model.check import outcomes
from reviewbot.memory_model.litmus import parse
from reviewbot.memory_model.model import Model, default, load
from reviewbot.memory_model.shape import Shape, sources
from tests.memory_model.data import DATA
from tests.memory_model.mutants import Mutant, mutants, mutated, text_of
from tests.memory_model.recorded import of, record, shown, texts

EQUIVALENT = DATA / "equivalent.json"
NO_MODEL = "no model"
"""Noticed before any test: what is left is no model."""


def notices(name: str, model: Model) -> bool:
    """Whether a recorded test shows that a model is not the one of the record."""
    try:
        return shown(texts()[name], model) != record()[name][1]
    except ModelError:
        return True


def path_of(name: str) -> Path:
    """The file of the mutants of a model."""
    return DATA / f"mutants-{name}.jsonl"


@cache
def noticed(name: str) -> dict[str, str | None]:
    """By whom each mutant is noticed, as recorded."""
    path = path_of(name)
    if not path.is_file():
        return {}
    return dict(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


@cache
def equivalent() -> dict[str, str]:
    """Why a mutant cannot be noticed, by its name."""
    found: dict[str, str] = {}
    for sentence, names in json.loads(EQUIVALENT.read_text(encoding="utf-8")).items():
        found.update(dict.fromkeys(names, sentence))
    return found


# ---- all mutants and all tests in minutes: only what a mutant changes is worked out again


@cache
def _names_in(statement: Statement) -> frozenset[str]:
    return frozenset(_walk(statement))


def _walk(part: object) -> Iterator[str]:
    if isinstance(part, Name):
        yield part.text
    elif isinstance(part, tuple):
        for each in part:
            yield from _walk(each)
    elif isinstance(part, msgspec.Struct):
        for field in fields(part):
            yield from _walk(getattr(part, field.name))


class _Step(msgspec.Struct):
    """What one statement of the real model did for a shape."""

    statement: Statement
    before: dict[str, Value]
    bound: dict[str, Value]
    tests: tuple[Test, ...]
    choices: tuple[tuple[Node, Node], ...]


class _Shaped:
    """The real model run on one shape, and mutants by what is different."""

    def __init__(self, model: Model, shape: Shape) -> None:
        text = text_of(model)
        self._model, self._shape, self._variants = model, shape, text.variants
        self._made = Model.program(model, shape)
        graph = self._graph = self._made.graph
        names: dict[str, Value] = dict(sources(graph, shape, model._tags))
        names.update({name: Builtin(name) for name in BUILTINS})
        run = Run(graph, names, text.variants)
        for statement in always():
            run.execute(statement)
        self._steps = [self._executed(run, statement) for statement in text.statements]
        self._size = len(graph.nodes)
        self.program = self._program(run)
        self._essence = _essence(self.program)

    def _executed(self, run: Run, statement: Statement) -> _Step:
        before, tests, choices = run.names, len(run.tests), len(run.choices)
        run.execute(statement)
        bound = {name: value for name, value in run.names.items() if before.get(name) is not value}
        return _Step(statement, before, bound, tuple(run.tests[tests:]), tuple(run.choices[choices:]))

    def _program(self, run: Run) -> Program:
        rf, co = run.names["rf"], run.names["co"]
        if not isinstance(rf, Node) or not isinstance(co, Node):
            raise ModelError("no model")
        return replace(self._made, tests=tuple(run.tests), choices=tuple(run.choices), rf=rf, co=co)

    def mutated(self, mutant: Mutant) -> Program | None:
        """The program of a mutant, None if it is the real one's."""
        while len(self._graph.nodes) > self._size:
            self._graph.nodes.popitem()
        earlier = self._steps[: mutant.number]
        run = Run(self._graph, self._steps[mutant.number].before, self._variants)
        run.tests = [test for step in earlier for test in step.tests]
        run.choices = [choice for step in earlier for choice in step.choices]
        for statement in mutant.changed:
            if isinstance(statement, With):
                return self._anew(mutant)
            run.execute(statement)
        for step in self._steps[mutant.number + 1 :]:
            if not self._again(run, step):
                return self._anew(mutant)
        program = self._program(run)
        return None if _essence(program) == self._essence else program

    def _anew(self, mutant: Mutant) -> Program:
        """On a new graph, for in this one a choice would keep its bounds."""
        return mutated(self._model, mutant).program(self._shape)

    @staticmethod
    def _again(run: Run, step: _Step) -> bool:
        """Whether it could be done: a choice among others could not."""
        names, before = run.names, step.before
        if any(names.get(name) is not before.get(name) for name in _names_in(step.statement)):
            if isinstance(step.statement, With):
                return False
            run.execute(step.statement)
        else:
            run.names = {**names, **step.bound}
            run.tests += step.tests
            run.choices += step.choices
        return True


def _essence(program: Program) -> tuple[object, ...]:
    """What decides about executions: no two programs with the same one differ."""
    tests = [test for test in program.tests if not program.graph.is_nothing(test.node)]
    return (
        [(test.kind, test.negated, test.flag, test.name, test.node.number) for test in tests],
        [(chosen.number, family.number) for chosen, family in program.choices],
        program.rf.number,
        program.co.number,
    )


class _Mutated(Model):
    """A mutant that takes its programs from what is known of the real model."""

    def __init__(self, model: Model, mutant: Mutant, shaped: dict[Shape, _Shaped]) -> None:
        self._mutant, self._shaped = mutant, shaped
        super().__init__(text_of(model))

    def program(self, shape: Shape) -> Program:
        program = self._programs.get(shape)
        if program is None:
            known = self._shaped[shape]
            program = self._programs[shape] = known.mutated(self._mutant) or known.program
        return program

    def is_changed(self, shape: Shape) -> bool:
        """Whether it is another model for this shape."""
        return self.program(shape) is not self._shaped[shape].program


class _Noting(Model):
    """Notes the shapes that it is asked about."""

    def program(self, shape: Shape) -> Program:
        self.asked = {*getattr(self, "asked", ()), shape}
        return super().program(shape)


class Gate:
    """All tests made ready for all mutants of a model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        noting = _Noting(text_of(model))
        self._tests = {name: parse(text) for name, text in texts().items()}
        self._shapes: dict[str, frozenset[Shape]] = {}
        for name, test in self._tests.items():
            noting.asked: set[Shape] = set()
            noting._prepared.clear()
            noting._last = None
            assert of(outcomes(test, noting)) == record()[name][1], name
            self._shapes[name] = frozenset(noting.asked)
        shapes = frozenset().union(*self._shapes.values(), {Shape((), frozenset(), False)})
        self._shaped = {shape: _Shaped(model, shape) for shape in shapes}
        self._order = sorted(self._tests, key=lambda name: (" " in name, len(texts()[name])))

    def killer(self, mutant: Mutant, before: str | None) -> str | None:
        """A test that notices a mutant, if there is one; the one that did before is the first to try."""
        try:
            changed = _Mutated(self._model, mutant, self._shaped)
            first = [before] if before in self._tests else []
            for name in dict.fromkeys([*first, *self._order]):
                if any(changed.is_changed(shape) for shape in self._shapes[name]) and self._is_shown(
                    name, changed
                ):
                    self._order.remove(name)
                    self._order.insert(0, name)
                    return name
        except ModelError:
            return NO_MODEL
        return None

    def _is_shown(self, name: str, changed: Model) -> bool:
        result = outcomes(self._tests[name], changed)
        return result.unknown is None and of(result) != record()[name][1]


def main(*arguments: str) -> int:
    """Goes through all mutants; how many are noticed by none and explained by nothing."""
    folders = [each for each in arguments if each != "--all"]
    model, name = (load(Path(folders[0])), "linux-6.12") if folders else (default(), "default")
    gate, before = Gate(model), noticed(name)
    found: dict[str, str | None] = {}
    for mutant in mutants(model):
        is_believed = mutant.name in equivalent() and "--all" not in arguments
        found[mutant.name] = None if is_believed else gate.killer(mutant, before.get(mutant.name))
        if found[mutant.name] is None and mutant.name not in equivalent():
            print(mutant.name, flush=True)
    lines = "".join(json.dumps(each) + "\n" for each in found.items())
    path_of(name).write_text(lines, encoding="utf-8")
    silent = [mutant for mutant, killer in found.items() if killer is None]
    left = [mutant for mutant in silent if mutant not in equivalent()]
    print(f"{len(found)} mutants, {len(found) - len(silent)} noticed, {len(left)} of the others unexplained")
    return len(left)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) > 0)
