"""Order on disk, hash seed, cache, company: none of them shows in what is written."""

import random
import re
from pathlib import Path

import pytest

from tests.determinism.runs import FORMATS, Job, done, messages, series, tree, written

PARTS = messages(series())


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    return tree(tmp_path / "tree")


def shuffled(folder: Path, seed: int) -> tuple[str, ...]:
    """The patch files in another order on disk, under other names, named in yet another order."""
    order = random.Random(seed)  # noqa: S311 - an order, no secret
    parts = order.sample(PARTS, len(PARTS))
    made = written(folder, parts, (f"{number:04}-x.patch" for number in range(len(parts))))
    names = sorted(str(path) for path in made.iterdir())
    return tuple(order.sample(names, len(names)))


def is_telling(output: dict[str, bytes]) -> bool:
    """Whether it is worth comparing: comments in every format, and tests beside them."""
    return set(FORMATS) <= set(output) and all(
        b"mixed-marking" in output[name] and b"flag-publishes-data" in output[name] for name in FORMATS
    )


def test_order_and_hash_seed_without_a_tree(tmp_path: Path) -> None:
    jobs = [
        Job(tmp_path / f"out{seed}", ("--no-tree", *shuffled(tmp_path / f"in{seed}", seed)), seed)
        for seed in (1, 2)
    ]
    folder = written(tmp_path / "in", PARTS[::-1], (f"{n}.patch" for n in range(len(PARTS))))
    first, *others = done(*jobs, Job(tmp_path / "out", ("--no-tree", str(folder)), 3))
    assert is_telling(first)
    assert len([name for name in first if name.endswith(".litmus")]) > 3
    assert all(other == first for other in others)


def test_cold_warm_and_none_on_a_tree(tmp_path: Path, small_tree: Path) -> None:
    asked = ("--tree", str(small_tree), *shuffled(tmp_path / "in", 4))
    again = ("--tree", str(small_tree), *shuffled(tmp_path / "again", 5))
    cache = tmp_path / "cache"
    (without,) = done(Job(tmp_path / "without", asked, 1))
    (cold,) = done(Job(tmp_path / "cold", again, 2, cache))
    (warm,) = done(Job(tmp_path / "warm", asked, 3, cache))
    assert is_telling(without)
    assert b"dab_peek_5()" in without["story"]
    assert without == cold == warm


def test_eight_at_once_on_one_cache(tmp_path: Path, small_tree: Path) -> None:
    cache, formats = tmp_path / "cache", ("json", "terminal")
    sources = [("--tree", str(small_tree), *shuffled(tmp_path / f"in{n}", n)) for n in range(9)]
    (alone,) = done(Job(tmp_path / "alone", sources[8], 8, formats=formats))
    together = done(*(Job(tmp_path / f"out{n}", sources[n], n, cache, formats=formats) for n in range(8)))
    assert all(output == alone for output in together)


@pytest.mark.tree
def test_on_linux_cold_warm_and_two_at_once(tmp_path: Path, kernel_tree: Path) -> None:
    """The same series, its files among those of the network core."""
    moved = [re.sub(rb"drivers/dab_(\d+)/dab\.c", rb"net/core/dab_\1.c", part) for part in PARTS]
    folder = written(tmp_path / "in", moved, (f"{n}.patch" for n in range(len(moved))))
    asked, cache = ("--tree", str(kernel_tree), str(folder)), tmp_path / "cache"
    (without,) = done(Job(tmp_path / "without", asked, 1, formats=("json",)))
    cold = done(*(Job(tmp_path / f"cold{n}", asked, n, cache, formats=("json",)) for n in (2, 3)))
    (warm,) = done(Job(tmp_path / "warm", asked, 4, cache, formats=("json",)))
    assert b"net/core/dab_0.c" in without["json"]
    assert all(output == without for output in (*cold, warm))
