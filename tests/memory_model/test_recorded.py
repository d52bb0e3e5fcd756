"""What is on record for each test holds: by our own model, by the kernel's, by known rules, and by herd7."""

from collections import Counter
from pathlib import Path

import pytest

from reviewbot.errors import HerdError
from reviewbot.memory_model.herd import Herd, model_files
from reviewbot.memory_model.litmus import parse, write
from reviewbot.memory_model.model import Model, default, load
from tests.memory_model import cycles, families
from tests.memory_model.designed import designed
from tests.memory_model.recorded import Shown, digest, record, shown, texts
from tests.memory_model.theory import expected


def differences(model: Model) -> list[str]:
    found = []
    for name, text in texts().items():
        now = shown(text, model)
        if now != record()[name][1]:
            found.append(f"{name}: {now}, not {record()[name][1]}")
    return found


def test_record_is_of_these_tests() -> None:
    assert {name: digest(text) for name, text in texts().items()} == {
        name: text for name, (text, _) in record().items()
    }
    assert len(families.lines()) >= 400


def test_our_model() -> None:
    assert differences(default()) == []


@pytest.mark.tree
def test_kernels_model(kernel_tree: Path) -> None:
    assert differences(load(kernel_tree / "tools/memory-model")) == []


def test_known_rules() -> None:
    """The rules know nothing of executions; where one speaks, the record says the same."""
    verdicts: Counter[str | None] = Counter()
    wrong = []
    for line in families.lines():
        verdict = expected(cycles.cycle(line))
        verdicts[verdict] += 1
        if verdict is not None and record()[line][1].verdict != verdict:
            wrong.append((line, verdict))
    assert wrong == []
    assert verdicts["Never"] >= 100
    assert verdicts["Sometimes"] >= 200


def test_designed() -> None:
    """What their author knew beforehand."""
    for name, each in designed().items():
        found = record()[name][1]
        assert each.verdict in ("?", found.verdict), name
        assert each.flags is None or each.flags == found.flags, name


def test_record_has_everything() -> None:
    flags = {flag for _, found in record().values() for flag in found.flags}
    assert flags == {
        *(
            "data-race",
            "mixed-accesses",
            "mixed-lock-accesses",
            "lock-final",
            "unmatched-unlock",
            "invalid-sleep",
        ),
        *("unmatched-rcu-lock", "unmatched-rcu-unlock", "unmatched-srcu-lock", "unmatched-srcu-unlock"),
        *("multiple-srcu-matches", "srcu-bad-value-match"),
    }
    assert {found.verdict for _, found in record().values()} == {"Always", "Sometimes", "Never"}


@pytest.mark.parametrize("line", families.lines()[::40])
def test_written_test_is_the_test(line: str) -> None:
    made = cycles.make(line)
    assert write(parse(write(made))) == write(made)


@pytest.mark.tree
def test_herd(kernel_tree: Path) -> None:
    """The record is of our interpreter; herd7 has the last word where it is at hand."""
    try:
        herd = Herd(model_files(kernel_tree / "tools/memory-model"))
    except HerdError as error:
        pytest.skip(f"nothing to compare with: {error}")
    different = []
    for name, text in texts().items():
        said = herd.ask(text)
        flags = tuple(sorted(said.flags))
        found = Shown(said.word, flags, said.holding, said.others, len(said.states))
        if found != record()[name][1]:
            different.append(f"{name}: {found}, not {record()[name][1]}")
    assert different == []
