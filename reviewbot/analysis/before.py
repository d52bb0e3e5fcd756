"""The touched files as they were before the series, looked at only where it takes a lock away."""

import re
from collections.abc import Iterator, Mapping

import msgspec

from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.effects import Effects
from reviewbot.analysis.facts import Place
from reviewbot.analysis.held import Holding
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.unmarked import folded
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.facts import FileFacts

_CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")


class Removal(msgspec.Struct, frozen=True):
    """A line that a patch takes away and that calls a function which takes a lock."""

    path: str
    """The file's name at the tip."""
    patch: int
    text: str


def takes_lock(text: str) -> bool:
    """Whether a line of C takes a lock, by the names that it calls."""
    known = vocabulary().locks
    names = _CALLED.findall(text)
    return any(known.acquire(name) is not None or name in ("guard", "scoped_guard") for name in names)


class Before:
    """The program before the series: `files` by their name at the tip, those alone that lost a lock.

    `unmarked` holds, by path and patch, what lines read that lost no more than their mark, where the
    patch's message says that a lock is held.
    """

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        removals: tuple[Removal, ...],
        unmarked: Mapping[tuple[str, int], frozenset[str]] | None = None,
    ) -> None:
        self.removals = removals
        self._unmarked = unmarked or {}
        self._files = files
        program = Program({file.path: file for file in files.values()})
        self._program = program
        self.holding = Holding(program, Effects(program), Contexts(program))

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, by their name at the tip, sorted."""
        return tuple(sorted(self._files))

    def is_unmarked(self, place: Place, line: str) -> bool:
        """Whether a line is one that only lost its mark, for a lock that the patch's message names."""
        known = self._unmarked.get((place.path, place.patch)) if place.patch is not None else None
        return known is not None and folded(line) in known

    def may_lose(self, path: str, name: str) -> bool:
        """Whether a line that was taken away stood in the function, as far as its text tells."""
        text = self._files[path].function_text(name)
        lines = {removal.text.partition("/*")[0].strip() for removal in self.removals if removal.path == path}
        return any(line.encode("utf-8", "surrogateescape") in text for line in lines)

    def study(self, study: Study) -> Study | None:
        """The function as it was; None for a new one, and for one in a file that lost no lock."""
        file = self._files.get(study.file.path)
        return self._program.study(file.path, study.name) if file is not None else None

    def parts(self, study: Study) -> Iterator[Study]:
        """The parts of the function that hunks showed of it as it was."""
        file = self._files.get(study.file.path)
        if file is not None:
            for part in file.parts(study.name):
                yield Study(part, file)


NOTHING = Before({}, ())
