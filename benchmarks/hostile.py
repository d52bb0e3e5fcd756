"""Made-up code that is meant to be expensive: each shape fits in a mail of less than a megabyte.

    python benchmarks/hostile.py [--size 0.9] [--shape one-flag]

Prints seconds of processor time and peak memory of a review of each shape without a tree, at
half of the size and at all of it: twice the text may cost little more than twice the time.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from measure import REVIEWBOT, measured

_MAIL = """\
From: A U Thor <author@example.org>
Date: Tue, 14 Nov 2023 22:13:20 +0000
Subject: [PATCH] larch: {shape}
Message-ID: <{shape}@example.org>

Made up to measure with.

Signed-off-by: A U Thor <author@example.org>
---
"""
_STRUCT = "struct larch {\n\tspinlock_t lock;\n\tbool is_ready;\n\tint level;\n\tvoid *leaf;\n};\n\n"


def one_flag() -> Iterator[str]:
    """Functions that all set, or test, one flag with a payload."""
    for n in count():
        yield (
            f"void larch_grow_{n}(struct larch *l)\n{{\n\tl->level = {n};\n\tl->is_ready = true;\n}}\n\n"
            f"int larch_look_{n}(struct larch *l)\n{{\n\tif (l->is_ready)\n\t\treturn l->level;\n"
            f"\treturn 0;\n}}\n\n"
        )


def one_lone_flag() -> Iterator[str]:
    """The same, every store and check under one lock: none is asked about, all are compared."""
    for n in count():
        yield (
            f"void larch_grow_{n}(struct larch *l)\n{{\n\tspin_lock(&l->lock);\n\tl->is_ready = true;\n"
            f"\tspin_unlock(&l->lock);\n}}\n\n"
            f"int larch_look_{n}(struct larch *l)\n{{\n\tint r = 0;\n\n\tspin_lock(&l->lock);\n"
            f"\tif (l->is_ready)\n\t\tr = {n};\n\tspin_unlock(&l->lock);\n\treturn r;\n}}\n\n"
        )


def one_marked_flag() -> Iterator[str]:
    """Plain reads of a field that is stored marked, under a lock, everywhere."""
    for n in count():
        yield (
            f"void larch_grow_{n}(struct larch *l)\n{{\n\tspin_lock(&l->lock);\n"
            f"\tWRITE_ONCE(l->is_ready, true);\n\tspin_unlock(&l->lock);\n}}\n\n"
            f"int larch_look_{n}(struct larch *l)\n{{\n\tint r;\n\n\tspin_lock(&l->lock);\n"
            f"\tr = l->is_ready;\n\tspin_unlock(&l->lock);\n\treturn r;\n}}\n\n"
        )


def one_pointer() -> Iterator[str]:
    """Functions that all publish, follow or free one pointer."""
    for n in count():
        yield (
            f"int larch_add_{n}(struct larch *l)\n{{\n"
            f"\tstruct larch *leaf = kzalloc(sizeof(*leaf), GFP_KERNEL);\n\n"
            f"\tleaf->level = {n};\n\tl->leaf = leaf;\n\tleaf->is_ready = true;\n\treturn 0;\n}}\n\n"
            f"int larch_see_{n}(struct larch *l)\n{{\n\tstruct larch *leaf = rcu_dereference(l->leaf);\n\n"
            f"\treturn leaf->level;\n}}\n\n"
            f"void larch_drop_{n}(struct larch *l)\n{{\n\tstruct larch *leaf = l->leaf;\n\n"
            f"\tRCU_INIT_POINTER(l->leaf, NULL);\n\tkfree(leaf);\n}}\n\n"
        )


def one_list() -> Iterator[str]:
    """Functions that all walk, or change, one list."""
    for n in count():
        yield (
            f"void larch_link_{n}(struct larch *l)\n{{\n\tlist_add(&l->link, &larch_list);\n}}\n\n"
            f"int larch_walk_{n}(void)\n{{\n\tstruct larch *l;\n\tint sum = 0;\n\n\trcu_read_lock();\n"
            f"\tlist_for_each_entry_rcu(l, &larch_list, link)\n\t\tsum += l->level;\n\trcu_read_unlock();\n"
            f"\treturn sum;\n}}\n\n"
        )


def mutual_calls() -> Iterator[str]:
    """Functions that call the ones before and behind them, and one that all call."""
    for n in count():
        yield (
            f"static void larch_turn_{n}(struct larch *l)\n{{\n\tl->level = READ_ONCE(l->level) + {n};\n"
            f"\tlarch_turn_{max(n - 1, 0)}(l);\n\tlarch_turn_{n + 1}(l);\n\tlarch_turn_{n * 7 % 1000}(l);\n"
            f"\tlarch_turn_0(l);\n}}\n\n"
        )


def lock_wrappers() -> Iterator[str]:
    """Functions that each hand on a lock which the next one takes."""
    for n in count():
        yield (
            f"static void larch_hold_{n}(struct larch *l)\n{{\n\tlarch_hold_{n + 1}(l);\n"
            f"\tspin_lock(&l->lock);\n\tl->level = {n};\n\tlarch_hold_{n // 2}(l);\n}}\n\n"
        )


def one_name() -> Iterator[str]:
    """Definitions of one function, over and over."""
    for n in count():
        yield f"int larch_level(struct larch *l)\n{{\n\tl->level = {n};\n\treturn larch_level(l);\n}}\n\n"


def many_members() -> Iterator[str]:
    """Structs with one member of the same name each, all stored by functions of their own."""
    for n in count():
        yield (
            f"struct larch_{n} {{\n\tint level;\n\tint height_{n};\n}};\n\n"
            f"void larch_set_{n}(struct larch_{n} *l)\n{{\n\tl->level = 1;\n"
            f"\tl->height_{n} = l->level;\n}}\n\n"
        )


def nested_members() -> Iterator[str]:
    """One struct with tens of thousands of members."""
    yield "struct larch_big {\n"
    for n in count():
        yield f"\tint level_{n};\n"


def _one_function(body: Callable[[int], str]) -> Callable[[], Iterator[str]]:
    def text() -> Iterator[str]:
        yield "int larch_long(struct larch *l)\n{\n"
        for n in count():
            yield body(n)

    return text


def _functions(lines: int, body: Callable[[int], str]) -> Callable[[], Iterator[str]]:
    """Functions just short enough to be followed."""

    def text() -> Iterator[str]:
        for n in count():
            inside = "".join(body(line) for line in range(lines))
            yield f"int larch_{n}(struct larch *l)\n{{\n{inside}\treturn l->level;\n}}\n\n"

    return text


SHAPES: dict[str, Callable[[], Iterator[str]]] = {
    "one-flag": one_flag,
    "one-lone-flag": one_lone_flag,
    "one-marked-flag": one_marked_flag,
    "one-pointer": one_pointer,
    "one-list": one_list,
    "mutual-calls": mutual_calls,
    "lock-wrappers": lock_wrappers,
    "one-name": one_name,
    "many-members": many_members,
    "nested-members": nested_members,
    "gotos": _one_function(lambda n: f"\tif (l->level)\n\t\tgoto out_{n};\nout_{n}:\n"),
    "gotos-back": _one_function(lambda n: f"out_{n}:\n\tif (l->level)\n\t\tgoto out_{n // 2};\n"),
    "gotos-ahead": _one_function(lambda n: f"\tgoto out_{n + 1};\nout_{n}:\n\tl->level++;\n"),
    "returns": _one_function(lambda n: f"\tif (l->level)\n\t\treturn {n};\n"),
    "bare-gotos": _one_function(lambda n: f"\tif (n)\n\t\tgoto out_{n};\nout_{n}:\n"),
    "deep-rcu": _one_function(lambda _n: "\trcu_read_lock();\n"),
    "deep-blocks": _one_function(lambda _n: "\tif (l) {\n"),
    "deep-locks": _one_function(lambda n: f"\tspin_lock(&l->lock_{n});\n"),
    "deep-guards": _one_function(lambda _n: "\tguard(mutex)(&l->lock);\n\tif (l)\n\t\treturn 1;\n"),
    "cases": _one_function(lambda n: f"\tcase {n}:\n\t\tl->level = {n};\n\t\tbreak;\n"),
    "variables": _one_function(lambda n: f"\tint v{n} = v{n - 1};\n"),
    "plain-statements": _one_function(lambda _n: "\ta = a;\n"),
    "one-variable": _one_function(lambda _n: "\tp = p->leaf;\n"),
    "branchy": _functions(600, lambda n: f"\tif (l->level)\n\t\tgoto out{n};\nout{n}:\n"),
    "one-pointer-variable": _functions(400, lambda _n: "\tif (l->level)\n\t\tl = l->leaf;\n"),
    "locks-of-branches": _functions(
        200, lambda n: f"\tif (l)\n\t\tspin_lock(&l->lock);\n\telse\n\t\tspin_unlock(&l->lock_{n});\n"
    ),
}  # fmt: skip


def written(path: Path, shape: str, size: float) -> None:
    """Writes a mail that adds one file of `size` MB of a shape."""
    text, left = [_STRUCT], int(size * 1e6)
    for piece in SHAPES[shape]():
        text.append(piece)
        left -= len(piece) + piece.count("\n")
        if left < 0:
            break
    lines = "".join(text).splitlines()
    head = "diff --git a/larch.c b/larch.c\nnew file mode 100644\n--- /dev/null\n+++ b/larch.c\n"
    body = "".join(f"+{line}\n" for line in lines)
    path.write_text(f"{_MAIL.format(shape=shape)}{head}@@ -0,0 +1,{len(lines)} @@\n{body}", encoding="ascii")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=float, default=0.9, help="in MB")
    parser.add_argument("--shape", choices=sorted(SHAPES), action="append", help="only these")
    options = parser.parse_args()
    print(f"{'':<20} {'half, s':>9} {'all, s':>9} {'ratio':>6} {'peak MB':>9}")
    with tempfile.TemporaryDirectory() as name:
        for shape in options.shape or SHAPES:
            runs = []
            for size in (options.size / 2, options.size):
                mail = Path(name) / "series.mbox"
                written(mail, shape, size)
                runs.append(measured((*REVIEWBOT, "review", "--quiet", "--no-tree", str(mail)), Path(name)))
                if runs[-1].status != 0:
                    sys.exit(f"{shape}: exit status {runs[-1].status}")
            half, whole = runs
            row = (shape, half.busy, whole.busy, whole.busy / half.busy, whole.megabytes)
            print("{:<20} {:>9.1f} {:>9.1f} {:>6.1f} {:>9.0f}".format(*row), flush=True)


if __name__ == "__main__":
    main()
