"""Runs commands one after another and measures each: wall time and peak memory."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
"""The folder that `reviewbot` is imported from, so that what is measured is this checkout."""
REVIEWBOT = (sys.executable, "-m", "reviewbot")


class Run(msgspec.Struct, frozen=True):
    """One run of a command."""

    seconds: float
    busy: float
    """Seconds of processor time, of the command and what it started."""
    megabytes: float
    """The most memory resident at once, of the largest process of the run."""
    status: int


def measured(command: Sequence[str], cache: Path, folder: Path = ROOT) -> Run:
    """Runs a command to its end, its output thrown away; `cache` is its cache folder.

    Compiled modules are kept there too, so that the times are those of an installed package.
    """
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(cache / "compiled"),
        "XDG_CACHE_HOME": str(cache),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd=folder, env=environment,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


class Pair(msgspec.Struct, frozen=True):
    """Two commands measured in turn: A B A B ..."""

    first: tuple[Run, ...]
    second: tuple[Run, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """The processor time of A over that of B, a turn each."""
        return tuple(a.busy / b.busy for a, b in zip(self.first, self.second, strict=True))


def compare(
    first: Sequence[str],
    second: Sequence[str],
    rounds: int,
    cache: Path,
    before: Callable[[Path], None] | None = None,
) -> Pair:
    """Measures two commands in turn, after one run of each; `before` is called before each of the first."""

    def prepared() -> Run:
        if before is not None:
            before(cache)
        return measured(first, cache)

    for command in (first, second):
        run = measured(command, cache)
        if run.status not in (0, 1):
            sys.exit(f"{' '.join(command)}: exit status {run.status}")
    turns = [(prepared(), measured(second, cache)) for _ in range(rounds)]
    return Pair(tuple(a for a, _ in turns), tuple(b for _, b in turns))


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """The median, and the smallest and largest."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def line(name: str, pair: Pair, limit: float) -> str:
    """A row of the table: seconds of processor time of both, ratio, limit, memory of the first."""
    first = spread([run.busy for run in pair.first])
    second = spread([run.busy for run in pair.second])
    peak = max(run.megabytes for run in pair.first)
    return f"{name:<22} {first:>18} {second:>18} {spread(pair.ratios):>18} {limit:>6.1f} {peak:>8.0f}"


HEADING = f"{'':<22} {'reviewbot, s':>18} {'against, s':>18} {'ratio':>18} {'limit':>6} {'peak MB':>8}"
