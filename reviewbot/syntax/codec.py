"""Facts to bytes and back: JSON, made and checked by msgspec from the annotations of the classes."""

from functools import cached_property
from typing import Generic, TypeVar

import msgspec

Root = TypeVar("Root")


class Codec(Generic[Root]):
    """Writes and reads values of one type: structs, tuples, sets, enums and what JSON has as it is.

    Structs are arrays there; of those that stand for one another each is tagged. Reading makes objects
    of the classes that the root type names and nothing else, whatever the bytes are.
    """

    def __init__(self, root: type[Root]) -> None:
        self._root = root

    @cached_property
    def _encoder(self) -> msgspec.json.Encoder:
        return msgspec.json.Encoder(order="deterministic")

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Root]:
        return msgspec.json.Decoder(self._root)

    def encode(self, value: Root) -> bytes | None:
        """The value as bytes, the same for equal values; None where a text in it is not Unicode."""
        try:
            return self._encoder.encode(value)
        except UnicodeEncodeError:
            return None

    def decode(self, text: bytes) -> Root:
        """The value that `encode` wrote.

        Raises:
            ValueError: these bytes are nothing that `encode` wrote.
        """
        try:
            return self._decoder.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            message = f"not written by this codec: {error}"
            raise ValueError(message) from None
