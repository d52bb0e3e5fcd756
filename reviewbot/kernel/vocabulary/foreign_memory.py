"""Memory that others than the kernel write: rings and requests shared with user space or a device."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary.read import Section, Table


class ForeignStruct(msgspec.Struct, frozen=True):
    """A struct that `writer` writes; `members` are those written, all of them where it is empty."""

    writer: str
    members: frozenset[str]


class ForeignMemory(msgspec.Struct, frozen=True):
    """The tables of such memory."""

    structs: Mapping[str, ForeignStruct]
    pointers: Mapping[tuple[str, str], str]
    """(struct, member) -> the struct of the table that the member points to."""
    results: Mapping[str, str]
    """Function -> who writes what its result points to."""
    coherent: frozenset[str]
    """Functions that allocate memory which a device reads and writes as well."""

    def writer(self, struct: str | None, member: str) -> str:
        """Who writes the member beside the kernel; empty where nobody does."""
        found = self.structs.get(struct or "")
        return found.writer if found and (not found.members or member in found.members) else ""


def read_foreign_memory(top: Section) -> ForeignMemory:
    """The tables of `foreign_memory.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    structs: Table[ForeignStruct] = Table()
    for row in top.rows("structs"):
        entry = ForeignStruct(row.text("writer"), frozenset(row.names("members")))
        structs.add(row.path, row.names("names"), entry)
    results: Table[str] = Table()
    for row in top.rows("results"):
        results.add(row.path, row.names("fn"), row.text("writer"))
    known = structs.frozen()
    tables = ForeignMemory(
        known, _pointers(top.section("pointers"), known), results.frozen(), frozenset(top.names("coherent"))
    )
    top.close()
    return tables


def _pointers(section: Section, known: Mapping[str, ForeignStruct]) -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for row in section.sections():
        for struct in row.left():
            if struct not in known:
                raise VocabularyError(f"{row.path}.{struct}: unknown struct")
            found |= {(row.name, member): struct for member in row.names(struct)}
    return MappingProxyType(found)
