"""Reviews what really happened to a kernel between two releases, one file after the other.

    python benchmarks/changes.py OLDER NEWER [--files N] [--seed N] [--least N] [--most N]

OLDER and NEWER are kernel trees under git; both are only read. Files in C that both have, and whose
difference has between --least and --most lines, are drawn by the seed. Each is reviewed as one patch
on OLDER. Prints every comment to be read and judged, then how many there were.
"""

import argparse
import io
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

from reviewbot.comments import comments
from reviewbot.errors import ReviewbotError
from reviewbot.pipeline import review
from reviewbot.sources.git import Repository
from reviewbot.sources.read import read_series

FOLDERS = ("arch/x86", "block", "drivers", "fs", "io_uring", "ipc", "kernel", "lib", "mm", "net", "security",
           "sound", "virt")  # fmt: skip
A_FOLDER = 12
"""No folder (of drivers, no kind of them) gives more than a so-manieth of the files."""

PEOPLE = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A"), ("EMAIL", "a@example.org"), ("DATE", "1700000000 +0000"))
}


def main() -> None:
    """Prints the comments and a summary."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("older", type=Path, help="a kernel tree under git")
    parser.add_argument("newer", type=Path, help="a later one")
    parser.add_argument("--files", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="which (default: 1)")
    parser.add_argument("--least", type=int, default=30, help="lines of a difference (default: 30)")
    parser.add_argument("--most", type=int, default=700, help="lines of a difference (default: 700)")
    options = parser.parse_args()
    drawn = list(_drawn(options))
    asked = failed = 0
    with tempfile.TemporaryDirectory() as name:
        git = Git(Path(name), options.older.resolve())
        for path, _ in drawn:
            git.commit(path, options.newer / path)
            try:
                asked += _review(git.folder)
            except ReviewbotError as error:
                failed += 1
                print(f"{path}: {error}", file=sys.stderr)
    lines = sum(count for _, count in drawn)
    print(f"{asked} comments, {len(drawn)} files, {lines} lines of differences, {failed} failed")


def _drawn(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """The files, and how many lines their differences have."""
    found = (path for folder in FOLDERS for path in (options.newer / folder).rglob("*.c"))
    paths = sorted(str(path.relative_to(options.newer)) for path in found)
    random.Random(options.seed).shuffle(paths)
    taken: dict[str, int] = {}
    for path in paths:
        kind = "/".join(path.split("/")[: 2 if path.startswith("drivers/") else 1])
        if sum(taken.values()) == options.files:
            return
        if taken.get(kind, 0) * A_FOLDER >= options.files or not (options.older / path).exists():
            continue
        command = ("diff", str(options.older / path), str(options.newer / path))
        difference = subprocess.run(command, check=False, capture_output=True).stdout
        lines = sum(line.startswith((b"<", b">")) for line in difference.splitlines())
        if options.least <= lines <= options.most:
            taken[kind] = taken.get(kind, 0) + 1
            yield path, lines


class Git:
    """A repository that borrows the older tree's objects; each commit changes one file of it."""

    def __init__(self, folder: Path, older: Path) -> None:
        self.folder = folder
        base = self._run("-C", str(older), "rev-parse", "HEAD")
        objects = self._run("-C", str(older), "rev-parse", "--path-format=absolute", "--git-path", "objects")
        self._run("init", "--quiet", "--bare", str(folder))
        (folder / "objects/info/alternates").write_text(f"{objects}\n", encoding="utf-8")
        self._do("update-ref", "refs/heads/base", base)
        self._do("read-tree", "base")

    def commit(self, path: str, newer: Path) -> None:
        """Make `refs/heads/tip` the base with this one file as it became."""
        blob = self._do("hash-object", "-w", str(newer.resolve()))
        older = self._do("rev-parse", f"base:{path}")
        self._do("update-index", "--cacheinfo", f"100644,{blob},{path}")
        tree = self._do("write-tree")
        commit = self._do("commit-tree", tree, "-p", "base", "-m", f"{path}: update")
        self._do("update-ref", "refs/heads/tip", commit)
        self._do("update-index", "--cacheinfo", f"100644,{older},{path}")

    def _do(self, *command: str) -> str:
        return self._run("--git-dir", str(self.folder), *command)

    @staticmethod
    def _run(*command: str) -> str:
        done = subprocess.run(
            ("git", *command), check=True, capture_output=True, text=True, env={**os.environ, **PEOPLE}
        )
        return done.stdout.strip()


def _review(folder: Path) -> int:
    """Review the tip; print the comments, and give their number."""
    with Repository.open(folder) as repository:
        series = read_series(("base..tip",), repository, None, io.BytesIO())
        found = comments(series, review(series, repository).report)
    for comment in found:
        place = comment.finding.place
        print(f"{place.path}:{place.line}  {comment.finding.rule}")
        print(indent(" ".join(comment.words.paragraphs), "    "), flush=True)
    return len(found)


if __name__ == "__main__":
    main()
