"""The tests on record: what each must show, in ``data/recorded.jsonl``.

``python -m tests.memory_model.recorded TREE/tools/memory-model`` writes the record anew; look at the diff.
"""

import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from reviewbot.memory_model.check import Outcomes, outcomes
from reviewbot.memory_model.litmus import parse, write
from reviewbot.memory_model.model import Model, load
from tests.memory_model import cycles, designed, families
from tests.memory_model.data import DATA

RECORD = DATA / "recorded.jsonl"


class Shown(NamedTuple):
    """What a model says of one test.

    Attributes:
        verdict: Always, Sometimes or Never.
        flags: Sorted.
        positive: Executions in which the proposition holds.
        negative: The others.
        states: How many different final states there are.
    """

    verdict: str
    flags: tuple[str, ...]
    positive: int
    negative: int
    states: int


@cache
def texts() -> dict[str, str]:
    """The text of each test by its name; a cycle's name is its line."""
    found = {line: write(cycles.make(line)) for line in families.lines()}
    found |= {name: designed.text(name, each) for name, each in designed.designed().items()}
    return found


def shown(text: str, model: Model) -> Shown:
    """What a model says of a text."""
    return of(outcomes(parse(text), model))


def of(result: Outcomes) -> Shown:
    """The part of the outcomes that is put on record."""
    assert result.unknown is None, f"{result.test.name}: {result.unknown}"
    return Shown(result.word, result.flags, result.holding, result.others, len(result.states))


def digest(text: str) -> str:
    """By which a change of a text is noticed."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache
def record() -> dict[str, tuple[str, Shown]]:
    """The digest and what must be shown, by name."""
    found = {}
    for line in RECORD.read_text(encoding="utf-8").splitlines():
        name, text, verdict, flags, *counts = json.loads(line)
        found[name] = (text, Shown(verdict, tuple(flags), *counts))
    return found


def _write(folder: Path) -> None:
    model = load(folder)
    with RECORD.open("w", encoding="utf-8") as file:
        for name, text in texts().items():
            found = shown(text, model)
            file.write(json.dumps([name, digest(text), *found]) + "\n")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
