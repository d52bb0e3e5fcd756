"""Measures a review against the kernel's own checkpatch.pl, in turns, on the same series.

    python benchmarks/speed.py --tree LINUX [--rounds N] [--no-growth] [--no-ratios]

and what an extra patch, and an extra field, costs.

LINUX is a kernel tree under git; it is read, never changed. See README.md for the limits.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from growth import growth
from invented import make_series
from measure import HEADING, REVIEWBOT, compare, line, measured

COLD = "cold"
REVISED = "revised"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tree", type=Path, required=True, help="a kernel tree under git")
    parser.add_argument("--rounds", type=int, default=7, help="turns a pair (default: 7)")
    parser.add_argument("--series", type=Path, help="a series of your own, for one made up on the tree")
    parser.add_argument("--no-growth", action="store_true", help="only the ratios")
    parser.add_argument("--no-ratios", action="store_true", help="only the cost of an extra patch and field")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if not options.no_ratios:
            _measure(options.tree.resolve(), options.rounds, options.series, Path(name))
        if not options.no_growth:
            growth(options.tree.resolve(), Path(name), options.rounds)


def _measure(tree: Path, rounds: int, own: Path | None, folder: Path) -> None:
    mailbox, patches = (own.resolve(), (own.resolve(),)) if own else make_series(tree, folder)
    size = mailbox.stat().st_size / 1000
    print(f"{len(patches)} patch files, {size:.0f} kB; {rounds} turns; median (least-most) of processor time")
    print(HEADING)
    review = (*REVIEWBOT, "review", "--quiet")
    checkpatch = ("perl", str(tree / "scripts/checkpatch.pl"), "--no-summary", "--terse")
    files = tuple(map(str, patches))
    on_tree = (*checkpatch, "--root", str(tree), *files)
    pairs = (
        ("--no-tree", (*review, "--no-tree", str(mailbox)), (*checkpatch, "--no-tree", *files), 1),
        *(
            (f"--tree, {name}", (*review, *more, "--tree", str(tree), str(mailbox)), on_tree, limit)
            for name, more, limit in (
                ("no cache", ("--no-cache",), 2),
                (COLD, (), 2),
                (REVISED, (), 2),
                ("warm", (), 0.5),
            )
        ),
        ("--version", (*REVIEWBOT, "--version"), (sys.executable, "-c", "import click"), 2),
    )
    earlier = (*review, "--tree", str(tree), *files[:-1])
    for name, first, second, limit in pairs:
        before = _forget if COLD in name else _after(earlier) if REVISED in name else None
        if len(files) > 1 or REVISED not in name:
            print(line(name, compare(first, second, rounds, folder / "cache", before), limit), flush=True)


def _forget(cache: Path) -> None:
    """Makes a cache cold; what is compiled stays."""
    for path in (cache / "reviewbot").glob("facts.db*"):
        path.unlink()


def _after(earlier: Sequence[str]) -> Callable[[Path], None]:
    """Leaves a cache as the revision before left it: the same series without its last patch."""

    def prepare(cache: Path) -> None:
        _forget(cache)
        measured(earlier, cache)

    return prepare


if __name__ == "__main__":
    main()
