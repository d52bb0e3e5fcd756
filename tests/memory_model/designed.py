"""The tests of ``data/designed.txt``, which are no critical cycles."""

import re
from functools import cache
from typing import NamedTuple

from tests.memory_model.data import DATA

_TYPES = {"l": "spinlock_t *", "m": "spinlock_t *", "s": "struct srcu_struct *", "t": "struct srcu_struct *"}
_GLOBALS = re.compile(r"\b[axyzlmst]\b")
_REGISTERS = re.compile(r"\b[ri]\d\b")


class Designed(NamedTuple):
    """One test, and what it must show whoever judges it.

    Attributes:
        threads: The statements of each thread.
        asked: What is behind ``exists``.
        verdict: What is known beforehand; "?" where only the record speaks.
        flags: The flags known beforehand, sorted; None where only the record speaks.
    """

    threads: tuple[str, ...]
    asked: str
    verdict: str = "?"
    flags: tuple[str, ...] | None = None


@cache
def designed() -> dict[str, Designed]:
    """All of them by name, in the order of the file."""
    found = {}
    blocks = (DATA / "designed.txt").read_text(encoding="utf-8").split("\n\n")
    for block in blocks[1:]:
        head, *threads, asked = block.strip().split("\n\t")
        name, told = head.split(": ")
        verdict, *flags = told.split()
        known = None if flags == ["?"] else tuple(sorted(flags))
        found[name] = Designed(tuple(threads), asked.removeprefix("exists "), verdict, known)
    return found


def text(name: str, test: Designed) -> str:
    """The litmus text."""
    threads = "\n".join(_thread(number, body) for number, body in enumerate(test.threads))
    return f"C {name}\n\n{{}}\n\n{threads}\nexists ({test.asked})\n"


def _thread(number: int, body: str) -> str:
    names = sorted(set(_GLOBALS.findall(body)))
    parameters = ", ".join(f"{_TYPES.get(name, 'int *')}{name}" for name in names)
    registers = "".join(f"\tint {name};\n" for name in sorted(set(_REGISTERS.findall(body))))
    return f"P{number}({parameters})\n{{\n{registers}\t{body}\n}}\n"
