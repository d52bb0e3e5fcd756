"""Litmus tests as text: reading and writing them, and the macros that their calls stand for."""

from reviewbot.memory_model.litmus.parse import parse
from reviewbot.memory_model.litmus.write import write

__all__ = ["parse", "write"]
