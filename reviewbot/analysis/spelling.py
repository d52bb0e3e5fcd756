"""Expressions that are known as text: which field they name, and how a caller or callee spells them."""

import re
from collections.abc import Mapping

from reviewbot.analysis.facts import Field
from reviewbot.analysis.program import Study
from reviewbot.analysis.types import Types
from reviewbot.syntax.model import Call, Path, Root, Step, TypeName, ValueKind

_LVALUE = re.compile(r"&?([A-Za-z_]\w*)((?:(?:->|\.)[A-Za-z_]\w*|\[[^\]]*\])*)")
_STEP = re.compile(r"(->|\.)([A-Za-z_]\w*)|\[[^\]]*\]")
_ROOT = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)(->)?")


def lvalue(text: str, study: Study) -> Path | None:
    """The path that an expression of a function names, `&kvm->srcu`; None where it is more than that."""
    match = _LVALUE.fullmatch(text.replace(" ", ""))
    if match is None:
        return None
    root, rest = match.groups()
    steps = tuple(Step(step[2], step[1] == "->") if step[2] else Step("[]") for step in _STEP.finditer(rest))
    kind, declared = _declared(root, study)
    return Path(root, kind, steps, text.removeprefix("&"), declared)


def _declared(root: str, study: Study) -> tuple[Root, TypeName | None]:
    function = study.function
    for kind, variables in ((Root.PARAMETER, function.parameters), (Root.LOCAL, function.locals)):
        for variable in variables:
            if variable.name == root:
                return kind, variable.type
    return Root.GLOBAL, study.file.names.variables.get(root)


def field_named(text: str, study: Study, types: Types) -> Field | None:
    """The field or global that an expression of a function names; a weak one where that cannot be told."""
    path = lvalue(text, study)
    return types.field(path) if path is not None else None


def owner(text: str) -> str:
    """The object that an expression names a member of: `d->a` of `&d->a->lock`; empty for a global."""
    cut = max(text.rfind("->"), text.rfind("."))
    return text[:cut].lstrip("&") if cut >= 0 else ""


def arguments(study: Study, call: Call) -> dict[str, str]:
    """Parameter -> the argument that a call of the function gives, as text."""
    return {
        parameter.name: value.text
        for parameter, value in zip(study.function.parameters, call.arguments, strict=False)
    }


def for_caller(text: str, names: Mapping[str, str]) -> str:
    """An expression of a function, spelled with the arguments of its call."""

    def named(match: re.Match[str]) -> str:
        argument, arrow = names.get(match[1], match[1]), match[2] or ""
        return f"{argument[1:]}." if argument.startswith("&") and arrow else argument + arrow

    return _ROOT.sub(named, text)


def variable_given(call: Call, position: int) -> str:
    """The variable that an argument is, or that it is reached through; empty where there is none."""
    if position >= len(call.arguments):
        return ""
    value = call.arguments[position]
    if value.kind is ValueKind.VARIABLE:
        return value.name
    return value.path.root if value.path is not None else ""
