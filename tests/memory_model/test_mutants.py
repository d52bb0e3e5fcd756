"""A model with any one clause less is noticed by a recorded test, or it is written why it cannot be."""

from collections import Counter
from pathlib import Path

import pytest

from reviewbot.errors import ModelError
from reviewbot.memory_model.model import Model, default, load
from tests.memory_model.gate import NO_MODEL, equivalent, noticed, notices
from tests.memory_model.mutants import Mutant, mutants, mutated

DEFAULT = list(mutants(default()))
STEP = 6
"""Parts that the mutants are tried in."""


def unnoticed(model: Model, mutant: Mutant, by: str | None) -> str | None:
    """What is wrong with what is recorded for a mutant."""
    if by is None:
        return (
            None if mutant.name in equivalent() else f"{mutant.name}: noticed by none, and nothing says why"
        )
    try:
        changed = mutated(model, mutant)
    except ModelError:
        return None if by == NO_MODEL else f"{mutant.name}: it is no model"
    if by == NO_MODEL:
        # only the shapes of some tests show that it is none
        return None
    return None if notices(by, changed) else f"{mutant.name}: not noticed by {by}"


@pytest.mark.parametrize("part", range(STEP))
def test_our_model(part: int) -> None:
    by = noticed("default")
    wrong = [unnoticed(default(), mutant, by[mutant.name]) for mutant in DEFAULT[part::STEP]]
    assert [each for each in wrong if each] == []


def test_record_is_of_these_mutants() -> None:
    assert list(noticed("default")) == [mutant.name for mutant in DEFAULT]
    counted = Counter(name.split(": ")[1] for name in noticed("default"))
    assert min(counted.values()) >= 1


def test_most_are_noticed() -> None:
    found = list(noticed("default").values())
    assert len(found) >= 400
    assert found.count(None) <= len(found) / 4


@pytest.mark.tree
def test_kernels_model(kernel_tree: Path) -> None:
    model = load(kernel_tree / "tools/memory-model")
    by = noticed("linux-6.12")
    assert list(by) == [mutant.name for mutant in mutants(model)]
    wrong = [unnoticed(model, mutant, by[mutant.name]) for mutant in mutants(model)]
    assert [each for each in wrong if each] == []
