"""Payload beside a pointer: filled in with an object, and not reached through it.

An address dependency orders what is reached through the pointer loaded, and nothing else
(pub-pointer-nonaddr). Conservative: only siblings of the pointer in the same object and
globals, in the functions of the store and of the load themselves, under a test of the pointer.
"""

from collections.abc import Iterator

import msgspec

from reviewbot.analysis.evidence import excludes
from reviewbot.analysis.facts import Field
from reviewbot.analysis.flow import bits
from reviewbot.analysis.ordering import Ordering
from reviewbot.analysis.stories import Seen, Stories, tests_of
from reviewbot.syntax.model import Kind, Sense, ValueKind


class Payload(msgspec.Struct, frozen=True):
    """What stands beside a pointer: its store, the readers that use it, and the first one's use."""

    fill: Seen
    readers: tuple[Seen, ...]
    use: Seen


class Beside:
    """The answers for one program."""

    def __init__(self, stories: Stories, ordering: Ordering) -> None:
        self._stories = stories
        self._ordering = ordering

    def payload(self, writer: Seen, readers: list[Seen]) -> "Payload | None":
        """What is filled in before a pointer's store and used by readers."""
        for fill in self._filled(writer):
            uses = [(reader, self._use(reader, writer, fill)) for reader in readers]
            users = [(reader, use) for reader, use in uses if use is not None]
            if users:
                return Payload(fill, tuple(reader for reader, _ in users), users[0][1])
        return None

    def _filled(self, writer: Seen) -> Iterator[Seen]:
        """The stores before the pointer's, to its siblings and to globals."""
        study = writer.study
        before = study.flow.may_precede(writer.event)
        value = writer.source.value
        pointer = value.name if value is not None and value.kind is ValueKind.VARIABLE else ""
        for index, access, _ in self._stories.expanded(study):
            if not before >> index & 1 or access.kind is not Kind.WRITE or access.path.root == pointer:
                continue
            seen = self._seen(writer, index, access.path.members[-1:] or (access.path.root,))
            if seen is not None and seen.is_live and _is_beside(seen, writer):
                yield seen

    def _use(self, reader: Seen, writer: Seen, fill: Seen) -> Seen | None:
        """Where the reader, having loaded the pointer without an acquire, uses what was filled in."""
        flow = reader.study.flow
        for number, test in tests_of(reader):
            if test.sense is not Sense.NONZERO:
                continue
            for index in bits(flow.governed(number, True)):
                use = self._seen(reader, index, (fill.access.field.name,), fill.access.field)
                if use is None or use.access.kind is not Kind.READ or not _is_beside(use, reader):
                    continue
                is_ordered = self._ordering.orders_load(reader, 1 << index)
                if not is_ordered and not excludes(fill, use) and not excludes(writer, use):
                    return use
        return None

    def _seen(
        self, near: Seen, event: int, names: tuple[str, ...], field: Field | None = None
    ) -> Seen | None:
        """The access that an event of the same function makes."""
        for story in self._stories.of(names[0]):
            if not story.field.weak and field in (None, story.field) and story.field != near.access.field:
                for seen in story.seen:
                    if seen.study is near.study and seen.event == event:
                        return seen
        return None


def _is_beside(seen: Seen, pointer: Seen) -> bool:
    """Whether the memory is a global, or a sibling of the pointer in the same object."""
    if seen.access.field.struct is None:
        return True
    return bool(seen.access.object_text) and seen.access.object_text == pointer.access.object_text
