"""How the analysis sees more of a tree than the series touches."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.model import Struct, TypeName


class Elsewhere(Protocol):
    """How to see more of the tree than the series touches."""

    def struct(self, tag: str, *, is_wanted: bool = True) -> Struct | None:
        """The declaration of a tag; if it `is_wanted`, more may be read in search of it."""

    def pointed_to(self, name: str) -> str | None:
        """The tag of the struct that a function or macro of the headers gives a pointer to."""

    def variable(self, name: str) -> TypeName | None:
        """The type of a variable at file level that a header declares."""

    def mentioning(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """For each word the paths of the files near by that have it."""

    def anywhere(self, words: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        """The files of the whole tree that have one of the words, or it and one of its partners."""

    def marking(self, headers: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        """The files that access a member marked, where the code of the headers lives; by member."""

    def load(self, path: str) -> FileFacts | None:
        """The facts of a file."""
