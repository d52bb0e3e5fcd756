"""Measures how time and memory grow with the size of a diff: 1 to 50 MB, reviewed without a tree.

    python benchmarks/linear.py [--sizes 1,2,5] [--shape one|many|lines]

Shapes: `many` new files of some 300 lines each (default), `lines`: hunks of one added line all
over many files, or `one` new file with all of the text (beyond 4 MB that is said not to be read).
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from measure import REVIEWBOT, measured

_MAIL = """\
From: A U Thor <author@example.org>
Date: Tue, 14 Nov 2023 22:13:20 +0000
Subject: [PATCH] larch: a diff of {size} MB
Message-ID: <{size}@example.org>

Made up to measure with.

Signed-off-by: A U Thor <author@example.org>
---
"""
_FUNCTION = """\
+struct larch_{n} {{
+	struct mutex lock;
+	int level;
+	bool is_ready;
+}};
+
+static int larch_{n}_grow(struct larch_{n} *larch, int by)
+{{
+	int level;
+
+	mutex_lock(&larch->lock);
+	if (!larch->is_ready) {{
+		mutex_unlock(&larch->lock);
+		return -EAGAIN;
+	}}
+	level = larch->level + by;
+	if (level > {n})
+		level = {n};
+	larch->level = level;
+	mutex_unlock(&larch->lock);
+	return level;
+}}
+
+static void larch_{n}_start(struct larch_{n} *larch)
+{{
+	mutex_lock(&larch->lock);
+	larch->level = 0;
+	larch->is_ready = true;
+	mutex_unlock(&larch->lock);
+}}
+
"""
_LINES = _FUNCTION.count("\n")
_HUNK = """\
@@ -{at},6 +{to},7 @@ static int larch_{n}_grow(struct larch_{n} *larch, int by)
\x20	int level;
\x20
\x20	mutex_lock(&larch->lock);
+	larch->level += {n} * (larch->level > {n});
\x20	level = larch->level + by;
\x20	if (level > {n})
\x20		level = {n};
"""


def _new_file(name: str, first: int, count: int) -> str:
    head = f"diff --git a/{name} b/{name}\nnew file mode 100644\n--- /dev/null\n+++ b/{name}\n"
    functions = "".join(_FUNCTION.format(n=number) for number in range(first, first + count))
    return f"{head}@@ -0,0 +1,{_LINES * count} @@\n{functions}"


def _many() -> Iterator[str]:
    for number in range(10**9):
        yield _new_file(f"drivers/larch{number // 100}/larch{number}.c", number * 10, 10)


def _one(size: int) -> Iterator[str]:
    yield _new_file("drivers/larch/larch.c", 0, size * 1_000_000 // len(_FUNCTION.format(n=10_000)))


def _lines() -> Iterator[str]:
    for number in range(10**9):
        name = f"drivers/larch{number // 100}/larch{number}.c"
        hunks = (
            _HUNK.format(at=each * 100 + 1, to=each * 101 + 1, n=number * 30 + each) for each in range(30)
        )
        yield f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n{''.join(hunks)}"


def _written(path: Path, size: int, files: Iterator[str]) -> float:
    """Writes a mail with a diff of `size` MB, ended where a file ends; its size in MB."""
    written = 0
    with path.open("w", encoding="ascii") as mail:
        mail.write(_MAIL.format(size=size))
        for file in files:
            written += mail.write(file)
            if written >= size * 1_000_000:
                break
    return written / 1e6


def main() -> None:
    """Prints the table."""
    shapes: dict[str, Callable[[int], Iterator[str]]] = {
        "many": lambda _size: _many(),
        "one": _one,
        "lines": lambda _size: _lines(),
    }
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="1,2,5,10,25,50", help="in MB, with commas between")
    parser.add_argument("--shape", choices=sorted(shapes), default="many")
    options = parser.parse_args()
    print(f"{'MB':>6} {'seconds':>9} {'busy, s':>9} {'s per MB':>9} {'peak MB':>9}")
    with tempfile.TemporaryDirectory() as name:
        for size in map(int, options.sizes.split(",")):
            mail = Path(name) / "series.mbox"
            written = _written(mail, size, shapes[options.shape](size))
            command = (*REVIEWBOT, "review", "--quiet", "--no-tree", str(mail))
            run = measured(command, Path(name))
            if run.status != 0:
                sys.exit(f"{size} MB: exit status {run.status}")
            row = (written, run.seconds, run.busy, run.busy / written, run.megabytes)
            print("{:>6.1f} {:>9.1f} {:>9.1f} {:>9.2f} {:>9.0f}".format(*row), flush=True)


if __name__ == "__main__":
    main()
