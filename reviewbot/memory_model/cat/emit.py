"""Turns the graph of a model into straight Python: the skeleton outside all loops, then rf, then co.

The text consists of our own templates, node numbers and nothing that a model file says, so running it runs
nothing of the model's author.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from reviewbot.errors import ModelError
from reviewbot.memory_model.cat.evaluate import FIRST_CHOICE, Test
from reviewbot.memory_model.cat.nodes import SET, Node
from reviewbot.memory_model.cat.program import Preparing, Program, cross, orders, rounds, singles, unsettled

_OPENING = """
compose, closure, acyclic = s.compose, s.closure, s.is_acyclic
domain, range_, transpose = s.domain, s.range, s.transpose
product, rows, columns, diagonal = s.product, s.rows, s.columns, s.diagonal
same, full, everything = s.identity, s.full, s.everything
classes, locations, finals, relation = sources.classes, sources.locations, sources.finals, sources.relation
"""
_VARIABLE = re.compile(r"\bv\d+\b")
_ASSIGNED = re.compile(r"^ *(v\d+) = ", re.MULTILINE)

_TEMPLATES = {
    "union": "{0} | {1}",
    "intersection": "{0} & {1}",
    "difference": "{0} & ~{1}",
    "composition": "compose({0}, {1})",
    "closure": "closure({0})",
    "inverse": "transpose({0})",
    "domain": "domain({0})",
    "range": "range_({0})",
    "diagonal": "diagonal({0})",
    "cross": "cross({0})",
}
_LAZY = frozenset({"cross", "orders"})
_CONSTANTS = {"nothing": "0", "anything": "full", "identity": "same", "unit": "(0,)"}


class Emitter(msgspec.Struct):
    """Writes one program.

    Attributes:
        program: What to write.
        every: Whether broken axioms are collected instead of ending the candidate.
    """

    program: Program
    every: bool
    _known: dict[int, str] = msgspec.field(default_factory=dict)
    _blocks: list[list[str]] = msgspec.field(default_factory=list)
    _inner: list[str] | None = None

    def text(self) -> str:
        """The Python text of ``prepare``."""
        program = self.program
        depth = FIRST_CHOICE + len(program.choices)
        axioms = self._blocks = [[] for _ in range(depth)]
        for stage in range(depth):
            if self.every:
                axioms[stage].append(f"b{stage} = b{stage - 1}" if stage else "b0 = ()")
            for number, test in enumerate(program.tests):
                if not test.flag and test.kind != "order" and test.node.stage == stage:
                    self._axiom(number, test)
        if self.every:
            axioms[-1] += self._order()
        families = [self._family(family) for _, family in program.choices]
        for block in axioms[min(FIRST_CHOICE, depth - 1) :]:
            block.insert(0, "tick()")
        results = f"{self._need(program.rf)}, {self._need(program.co)}"
        flags = self._blocks = [[] for _ in range(depth)]
        raised = self._flags()
        lines = ["def prepare(s, sources):", *_indented(_OPENING.split("\n"), 1)]
        lines += _indented([*axioms[0], *_once(flags, raised), "def judge(rf, tick):"], 1)
        lines += _indented([*axioms[1], "first = True"], 2)
        level = 2
        for loop, block in zip(self._loops(families), axioms[2:], strict=True):
            if loop:
                lines += _indented([loop], level)
                level += 1
            lines += _indented(block, level)
        lines += _indented(self._innermost(flags, raised, results), level)
        lines.append("    return judge")
        return "\n".join(lines) + "\n"

    def _loops(self, families: list[str]) -> list[str]:
        final = "for fw in finals:" if self.program.has_finals else ""
        return [final, *(f"for w{FIRST_CHOICE + i} in {family}:" for i, family in enumerate(families))]

    def _innermost(self, flags: list[list[str]], raised: str, results: str) -> list[str]:
        """What is done for a candidate that the axioms let through (or for each, if all are wanted)."""
        work: list[str] = []
        shared = _shared(flags, raised)
        if shared:
            work += ["if not cell: cell.append(once())", f"({shared}) = cell[0]"]
        if flags[1]:
            work += ["if first:", "    first = False", *_indented(flags[1], 1)]
        for block in flags[2:]:
            work += block
        work.append(f"raised = {raised}")
        if not self.every:
            return [*work, f"yield ({results}, (), raised)"]
        failed = f"b{len(flags) - 1}"
        return [
            "raised = ()",
            f"if not {failed}:",
            *_indented(work, 1),
            f"yield ({results}, {failed}, raised)",
        ]

    def _family(self, family: Node) -> str:
        """What a loop goes through; made anew each time, for it may be long and is used up."""
        if self.program.graph.is_nothing(family):
            return "()"
        operands = [self._need(operand) for operand in family.operands]
        return self._expression(family, operands) if family.operation in _LAZY else self._need(family)

    # checks

    def _axiom(self, number: int, test: Test) -> None:
        if self.program.graph.is_nothing(test.node) and not test.negated:
            return
        stage = test.node.stage
        holds = self._condition(test)
        if self.every:
            consequence = f"b{stage} += ({number},)"
        else:
            consequence = ("return None", "return", "continue")[min(stage, 2)]
            if stage == 2 and not self.program.has_finals:
                consequence = "return"
        self._blocks[stage].append(f"if not ({holds}): {consequence}")

    def _order(self) -> list[str]:
        """Coherence orders against program order fail even if no axiom says so."""
        last = f"b{len(self._blocks) - 1}"
        found = [(number, test) for number, test in enumerate(self.program.tests) if test.kind == "order"]
        return [f"if not {last} and {self._need(test.node)}: {last} += ({number},)" for number, test in found]

    def _condition(self, test: Test) -> str:
        value = self._need(test.node)
        text = {
            "empty": f"not {value}",
            "acyclic": f"acyclic({value})",
            "irreflexive": f"not {value} & same",
        }[test.kind]
        return f"not ({text})" if test.negated else text

    def _flags(self) -> str:
        """The expression for the flags raised."""
        parts: list[str] = []
        for number, test in enumerate(self.program.tests):
            if test.flag and not (self.program.graph.is_nothing(test.node) and test.negated):
                parts.append(f"(({number},) if {self._condition(test)} else ())")
        return " + ".join(parts) or "()"

    # nodes

    def _need(self, node: Node) -> str:
        """The variable or constant that holds a node, written down now if it is not yet."""
        known = self._known.get(node.number)
        if known is not None:
            return known
        if node.operation == "recursion":
            name = self._recursion(node)
        elif node.operation == "result":
            loop = node.operands[0]
            self._need(loop)
            name = self._known[loop.operands[2 * _states(loop) + _number(node.detail)].number]
        elif node.operation == "map":
            name = self._map(node)
        else:
            name = self._plain(node)
        self._known[node.number] = name
        return name

    def _plain(self, node: Node) -> str:
        operands = [self._need(operand) for operand in node.operands]
        if node.operation in _CONSTANTS:
            return _CONSTANTS[node.operation]
        if node.operation == "source" and node.stage:
            return {"rf": "rf", "FW": "fw"}.get(str(node.detail), f"w{node.stage}")
        text = self._expression(node, operands)
        if text in ("0", "everything"):
            return text
        name = f"v{node.number}"
        self._write(node, f"{name} = {f'list({text})' if node.operation in _LAZY else text}")
        return name

    def _expression(self, node: Node, operands: list[str]) -> str:
        match node.operation:
            case "classes":
                text = self._classes(_number(node.detail))
            case "source":
                text = f"relation({str(node.detail)!r})"
            case "complement":
                text = f"{'everything' if node.type == SET else 'full'} ^ {operands[0]}"
            case "product":
                text = _product(*operands)
            case "orders":
                # those that program order forbids are wanted too if everything is
                text = f"orders(s, locations, {operands[0]}, {operands[2 if self.every else 1]})"
            case _:
                text = _TEMPLATES[node.operation].format(*operands)
        return text

    def _classes(self, classes: int) -> str:
        if classes == self.program.graph.classes:
            return "everything"
        return " | ".join(f"classes[{i}]" for i in range(classes.bit_length()) if classes >> i & 1) or "0"

    def _write(self, node: Node, *lines: str) -> None:
        if node.unknown and self._inner is not None:
            self._inner += lines
        else:
            self._blocks[node.stage] += lines

    def _inside(self, nodes: Iterable[Node]) -> list[str]:
        """The lines that make these nodes as far as they hang on the unknown; others go where they belong."""
        outer, self._inner = self._inner, []
        for node in nodes:
            self._need(node)
        lines, self._inner = self._inner, outer
        return lines

    def _recursion(self, node: Node) -> str:
        count = _states(node)
        unknowns = node.operands[:count]
        names = [f"v{unknown.number}" for unknown in unknowns]
        for unknown, name in zip(unknowns, names, strict=True):
            self._known[unknown.number] = name
        lines = self._inside(node.operands[count:])
        found = [self._known[operand.number] for operand in node.operands[count : 2 * count]]
        settled = " and ".join(f"{new} == {old}" for new, old in zip(found, names, strict=True))
        loop = ["for _ in rounds(s):", *_indented(lines, 1), f"    if {settled}: break"]
        loop += [f"    {', '.join(names)} = {', '.join(found)}", "else: unsettled()"]
        self._write(node, *[f"{name} = 0" for name in names], *loop)
        return names[0]

    def _map(self, node: Node) -> str:
        family, element, body = node.operands
        values = self._need(family)
        name, function, argument = f"v{node.number}", f"f{node.number}", f"v{element.number}"
        self._known[element.number] = argument
        lines = self._inside([body])
        result = self._known[body.number]
        text = [f"def {function}({argument}):", *_indented(lines, 1), f"    return {result}"]
        self._write(node, *text, f"{name} = [{function}(one) for one in singles({values})]")
        return name


def _product(left: str, right: str) -> str:
    if left == "everything":
        return f"columns({right})"
    return f"rows({left})" if right == "everything" else f"product({left}, {right})"


def _states(loop: Node) -> int:
    return _number(loop.detail)


def _number(detail: object) -> int:
    if not isinstance(detail, int):
        raise TypeError(detail)
    return detail


def _once(flags: list[list[str]], raised: str) -> list[str]:
    """What only flags need of the skeleton waits for the first candidate that gets so far."""
    shared = _shared(flags, raised)
    if not shared:
        return []
    return ["def once():", *_indented([*flags[0], f"return ({shared})"], 1), "cell = []"]


def _shared(flags: list[list[str]], raised: str) -> str:
    """The variables of the skeleton's flags that the loops use."""
    later = "\n".join([raised, *(line for block in flags[1:] for line in block)])
    made = set(_ASSIGNED.findall("\n".join(flags[0])))
    return "".join(f"{name}, " for name in sorted(made & set(_VARIABLE.findall(later))))


def _indented(lines: Iterable[str], level: int) -> list[str]:
    return ["    " * level + line for line in lines]


def specialise(program: Program, every: bool) -> Preparing:
    """The program as a function.

    Args:
        program: A model run on one shape.
        every: Whether candidates that break axioms are listed too; else each ends at the first.

    Raises:
        ModelError: It is nested deeper than Python goes.
    """
    names: dict[str, object] = {
        "cross": cross,
        "orders": orders,
        "rounds": rounds,
        "singles": singles,
        "unsettled": unsettled,
    }
    try:
        code = compile(Emitter(program, every).text(), "<memory model>", "exec")
    except (SyntaxError, RecursionError) as error:
        # Python's own limits on blocks inside one another
        raise ModelError("the model's `let rec` and `map` nest too deep") from error
    exec(code, names)  # noqa: S102 - see above
    prepare: Preparing = names["prepare"]  # type: ignore[assignment]
    return prepare
