"""What is known of one file from earlier runs: each part read back, or made and kept."""

import hashlib
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from reviewbot.cache import Cache
from reviewbot.series.view import FileView
from reviewbot.stamp import stamp
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
        if (text := codec.encode(made)) is not None:
            self._kept.keep(self._file, name, text)
        return made


def digest(*texts: bytes) -> bytes:
    """The name of an input under which what this version of reviewbot learns of it is kept."""
    made = hashlib.blake2b(stamp(*_FOLDERS), digest_size=20)
    for text in texts:
        made.update(b"%d:" % len(text))
        made.update(text)
    return made.digest()
