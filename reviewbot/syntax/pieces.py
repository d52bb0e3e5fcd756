"""What a fragment of a file is made of, before anything in it is parsed."""

import msgspec

from reviewbot.syntax.functions import Outline, outline
from reviewbot.syntax.items import Item, Shape, items
from reviewbot.syntax.normalise import Source


class Piece(msgspec.Struct, frozen=True):
    """A fragment read: its source, its items and its functions."""

    index: int
    source: Source
    items: tuple[Item, ...]
    outlines: tuple[Outline, ...]

    def is_whole(self, item: Item) -> bool:
        """Whether all of an item is the fragment's own text."""
        return self.source.added <= item.start and item.end <= self.source.known and item.is_closed


def piece_of(index: int, source: Source) -> Piece:
    """The items of a fragment that was read, and the outlines of its functions."""
    found = items(source.bare)
    outlines = (outline(item, source) for item in found if item.shape is Shape.FUNCTION)
    return Piece(index, source, found, tuple(one for one in outlines if one is not None))
