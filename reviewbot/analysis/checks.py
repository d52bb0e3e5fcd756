"""Checks: the tests of a field whose outcome tells that a value was stored."""

from collections.abc import Sequence

import msgspec

from reviewbot.analysis.stories import Seen, Story, tests_of
from reviewbot.syntax.model import Sense, Test, ValueKind


class Check(msgspec.Struct, frozen=True):
    """A test of the flag, and the outcome on which it is set."""

    seen: Seen
    test: int
    taken: bool


def known_checks(story: Story) -> list[tuple[Check, str | None]]:
    """The tests of the field, each with the value that it is compared to; None where any will do."""
    found: list[tuple[Check, str | None]] = []
    for seen in story.reads:
        for number, test in tests_of(seen):
            if test.sense is Sense.NONZERO and _is_direct(test, seen):
                found.append((Check(seen, number, True), None))
            elif test.sense is Sense.EQUAL:
                found.append((Check(seen, number, True), test.against))
    return found


def checks_of(known: Sequence[tuple[Check, str | None]], writer: Seen) -> list[Check]:
    """The tests in other functions whose outcome tells that this value was stored."""
    value = writer.source.value.text if writer.source.value else ""
    return [
        check
        for check, against in known
        if check.seen.study is not writer.study and (against is None or against == value)
    ]


def _is_direct(test: Test, seen: Seen) -> bool:
    """Whether the test is of the value itself, not of something computed from it."""
    return test.operand.kind in (ValueKind.LOAD, ValueKind.VARIABLE) or seen.access.via is not None
