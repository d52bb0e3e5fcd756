"""Homes: the folders where the code that works on a header's structs lives."""

from collections.abc import Mapping

import msgspec

from reviewbot.kernel.vocabulary.read import Section, Table


class Homes(msgspec.Struct, frozen=True):
    """The folders by the beginning of a header's path."""

    folders: Mapping[str, tuple[str, ...]]

    def of(self, header: str) -> tuple[str, ...]:
        """The folders of the longest known beginning of the header's path; none where none is known."""
        known = [start for start in self.folders if header.startswith(start)]
        return self.folders[max(known, key=len)] if known else ()


def read_homes(top: Section) -> Homes:
    """The table of `homes.yaml`.

    Raises:
        VocabularyError: A key or a name is wrong; the text names the key.
    """
    table: Table[tuple[str, ...]] = Table()
    for row in top.rows("homes"):
        table.add(row.path, row.names("headers"), row.names("folders"))
    top.close()
    return Homes(table.frozen())
