"""Variables that point into one object: a pointer, its copies, its private part."""

import re
from collections.abc import Sequence

from reviewbot.analysis.program import Study
from reviewbot.syntax.model import Assign, Call, Value, ValueKind

_PART = re.compile(r"\w*_priv|\w*_get_drvdata|\w*_devdata|to_\w+|container_of")
"""Calls that give a part of the object that they are given."""


def pointers(study: Study) -> list[str]:
    """The variables that point to a struct."""
    variables = (*study.function.parameters, *study.function.locals)
    return [v.name for v in variables if v.type.pointers == 1 and v.type.tag]


def group_of(study: Study, variable: str) -> frozenset[str]:
    """The variables that point into the object of `variable`, as far as the function says."""
    group = {variable}
    for _ in range(3):
        for event in study.function.events:
            if isinstance(event, Call) and event.result and _PART.fullmatch(event.function):
                _join(group, event.result, event.arguments[:1])
            elif isinstance(event, Assign) and event.value.kind in (ValueKind.VARIABLE, ValueKind.ADDRESS):
                _join(group, event.variable, (event.value,))
    return frozenset(group)


def _join(group: set[str], result: str, values: Sequence[Value]) -> None:
    for value in values:
        root = value.path.root if value.path is not None else value.name
        is_alias = result in group and root and value.kind is ValueKind.VARIABLE
        if points_into(value, frozenset(group)) or is_alias:
            group |= {result, root}


def points_into(value: Value, group: frozenset[str]) -> bool:
    """Whether a value is one of the pointers, or the address of a part of what they point to."""
    if value.kind is ValueKind.VARIABLE:
        return value.name in group
    if value.kind is not ValueKind.ADDRESS or value.path is None or value.path.root not in group:
        return False
    return sum(step.arrow or step.name == "*" for step in value.path.steps) <= 1
