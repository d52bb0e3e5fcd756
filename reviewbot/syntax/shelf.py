"""What is known of one file from earlier runs: each part read back, or made and kept."""

import hashlib
import sys
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

import tree_sitter
import tree_sitter_c

from reviewbot import __version__
from reviewbot.cache import Cache
from reviewbot.series.view import FileView
from reviewbot.syntax.codec import Codec

Part = TypeVar("Part")
_FOLDERS = ("kernel", "syntax")
"""The packages that decide what is read out of a text."""


class Shelf:
    """The kept facts of a file; only of one known whole, for those depend on path and text alone."""

    def __init__(self, kept: Cache | None, view: FileView) -> None:
        self._kept = kept if kept is not None and kept.is_open and view.complete else None
        self._view = view

    @cached_property
    def _file(self) -> bytes:
        texts = (fragment.text for fragment in self._view.fragments)
        return digest(self._view.path.encode("utf-8", "surrogatepass"), *texts)

    def part(self, name: str, codec: Codec[Part], make: Callable[[], Part]) -> Part:
        """A part of the facts, by its name: read back where it was kept, else made now and kept."""
        if self._kept is None:
            return make()
        text = self._kept.find(self._file, name)
        if text is not None:
            try:
                return codec.decode(text)
            except ValueError:
                pass  # what cannot be read back is made anew
        made = make()
        self._kept.keep(self._file, name, codec.encode(made))
        return made


def digest(*texts: bytes) -> bytes:
    """The name of an input under which what this version of reviewbot learns of it is kept."""
    made = hashlib.blake2b(_stamp(), digest_size=20)
    for text in texts:
        made.update(b"%d:" % len(text))
        made.update(text)
    return made.digest()


@cache
def _stamp() -> bytes:
    """A digest of all that decides what is learnt of a text: our code and tables, Python, the parser."""
    made = hashlib.blake2b(f"{__version__}\n{sys.version}\n".encode(), digest_size=20)
    root = Path(__file__).resolve().parent.parent
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*.*")):
            if path.suffix in (".py", ".yaml", ".scm"):
                made.update(f"{path.relative_to(root)}\n".encode())
                made.update(path.read_bytes())
    for module in (tree_sitter, tree_sitter_c):
        for path in sorted(Path(module.__file__ or "").parent.glob("*.so")):
            known = path.stat()
            made.update(f"{path.name} {known.st_size} {known.st_mtime_ns}\n".encode())
    return made.digest()
