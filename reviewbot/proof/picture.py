"""The picture of a proof: the execution that the code as posted allows, with the names of the code."""

from collections.abc import Callable

from reviewbot.errors import LitmusError
from reviewbot.memory_model.check import Allowed, MemoryModel, check
from reviewbot.memory_model.litmus import parse
from reviewbot.proof.prove import LIMITS


def picture(test: str, model: Callable[[], MemoryModel]) -> str:
    """How the outcome that a test asks for comes about, as an SVG element; empty where it cannot.

    The test is judged once more: proofs judge one with other names, that stands for many.
    """
    from reviewbot.memory_model.svg import svg  # noqa: PLC0415 - only who wants pictures waits for it

    try:
        verdict = check(parse(test), model(), LIMITS)
    except LitmusError:
        return ""
    return svg(verdict.witness) if isinstance(verdict, Allowed) else ""
