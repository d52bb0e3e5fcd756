"""The kernel's own litmus tests, by the model of their tree: each is as its Result header says."""

from pathlib import Path

import pytest

from reviewbot.commands.litmus import Compared, compare
from reviewbot.memory_model.check import Allowed, Never, check, outcomes
from reviewbot.memory_model.litmus import parse, write
from reviewbot.memory_model.model import Model, load

pytestmark = pytest.mark.tree


def litmus_tests(tree: Path) -> list[Path]:
    folders = (tree / "tools/memory-model/litmus-tests", tree / "Documentation/litmus-tests")
    return sorted(path for folder in folders for path in folder.rglob("*.litmus"))


def differences(tree: Path, model: Model) -> list[str]:
    found = []
    for path in litmus_tests(tree):
        test = parse(path.read_text(encoding="utf-8"), path.name)
        result = outcomes(test, model)
        if test.result is None or result.unknown or compare(test, result) is not Compared.SAME:
            found.append(f"{path.name}: {result.word}, not {test.result} ({result.unknown})")
        expected = Allowed if result.holding else Never
        if not isinstance(check(test, model), expected):
            found.append(f"{path.name}: check and outcomes differ")
        again = outcomes(parse(write(test)), model)
        if (again.states, again.flags) != (result.states, result.flags):
            found.append(f"{path.name}: another test when written")
    return found


def test_linux_6_12(kernel_tree: Path) -> None:
    assert len(litmus_tests(kernel_tree)) == 47
    assert differences(kernel_tree, load(kernel_tree / "tools/memory-model")) == []


def test_linux_6_1(old_kernel_tree: Path) -> None:
    assert len(litmus_tests(old_kernel_tree)) == 38
    assert differences(old_kernel_tree, load(old_kernel_tree / "tools/memory-model")) == []
