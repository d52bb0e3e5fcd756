"""Measures litmus tests: the question "is the bad outcome allowed?" warm, and the command cold.

    python benchmarks/litmus.py TREE [TREE...] [--rounds N]

TREE is a kernel source: its own tests are judged by its own model. See README.md for the limits.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

from reviewbot.memory_model.check import check
from reviewbot.memory_model.litmus import parse
from reviewbot.memory_model.litmus.model import Test
from reviewbot.memory_model.model import Model, load

FOLDERS = ("tools/memory-model/litmus-tests", "Documentation/litmus-tests")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tree", type=Path, nargs="+", help="a kernel tree")
    parser.add_argument("--rounds", type=int, default=7, help="turns; the least of them counts (default: 7)")
    options = parser.parse_args()
    for tree in options.tree:
        _warm(tree, options.rounds)
    _cold(options.tree[0], options.rounds)


def _warm(tree: Path, rounds: int) -> None:
    start = time.perf_counter()
    model = load(tree / "tools/memory-model")
    loaded = time.perf_counter() - start
    tests = [
        parse(path.read_text(encoding="utf-8"), path.name)
        for folder in FOLDERS
        for path in sorted((tree / folder).rglob("*.litmus"))
    ]
    first = [_least(1, _question(test, model)) for test in tests]
    again = [_least(rounds, _question(test, model)) for test in tests]
    print(f"{tree.name}: {len(tests)} tests; model read in {loaded * 1000:.0f} ms; ms a test")
    for name, seconds in (("first", first), ("warm", again)):
        cuts = quantiles(seconds, n=100)
        p50, p90, p99 = (cuts[i] * 1000 for i in (49, 89, 98))
        print(f"  {name:5}  p50 {p50:6.2f}  p90 {p90:6.2f}  p99 {p99:6.2f}  most {max(seconds) * 1000:6.2f}")


def _question(test: Test, model: Model) -> Callable[[], object]:
    return lambda: check(test, model)


def _least(rounds: int, run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _cold(tree: Path, rounds: int) -> None:
    model = tree / "tools/memory-model"
    test = sorted((model / "litmus-tests").glob("*.litmus"))[0]
    command = (sys.executable, "-m", "reviewbot", "litmus")
    runs = {
        "python alone": (sys.executable, "-c", "pass"),
        "reviewbot litmus": (*command, str(test)),
        "reviewbot litmus --model": (*command, "--model", str(model), str(test)),
    }
    print("a process; ms, and ms of processor time; the same beyond python alone")
    alone = (0.0, 0.0)
    for name, words in runs.items():
        wall, used = min(_process(words) for _ in range(rounds))
        alone = alone if any(alone) else (wall, used)
        beyond = (wall - alone[0], used - alone[1])
        print(f"  {name:25}" + "".join(f" {each * 1000:5.0f}" for each in (wall, used, *beyond)))


def _process(words: tuple[str, ...]) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(words, capture_output=True, check=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
