"""What a plain access is for: telling people, steering into a second look, testing one bit.

Suppressors S10, S14 and S17 of the rule catalogue, told as attributes of marking facts; that
ordering is not missed where the payload is read under the lock is for the proof to say.
"""

import re

from msgspec.structs import replace

from reviewbot.analysis.evidence import excludes
from reviewbot.analysis.facts import Confidence, Fact, MixedMarking
from reviewbot.analysis.flow import bits
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.stories import UNMARKED, Seen, Story, tests_of
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Assign, Call, Event, Kind, Marking, Return, Value

_ONE_BIT = r"(?:BIT(?:_ULL)?\([^()]*\)|1U?L*|(?!\w*(?:MASK|ALL|BITS))[A-Z][A-Z0-9_]*)"
_FLIP = re.compile(rf"(?:\|=\s*{_ONE_BIT}|&=\s*~\s*\(?{_ONE_BIT}\)?)\s*;")
_BIT_OPERATION = re.compile(r"(?:^|_)bit(?:_|$)")
_WARNS = re.compile(r"\w+(?=\s*\()")


class Purposes:
    """The purposes of accesses, as far as the function that makes them shows."""

    def __init__(self) -> None:
        self._diagnostics = vocabulary().diagnostics

    def told(self, story: Story, fact: Fact) -> Fact:
        """The fact with what the access it is about is for; only marking facts are changed."""
        if not isinstance(fact, MixedMarking):
            return fact
        seen = next((s for s in story.seen if s.access in fact.accesses and _is_subject(s, fact)), None)
        plain = [access for access in fact.accesses if access.marking in UNMARKED]
        fact = replace(
            fact,
            write_wanted="WRITE_ONCE" if any(access.is_write for access in plain) else "",
            read_wanted="READ_ONCE" if any(not access.is_write for access in plain) else "",
        )
        if seen is None:
            return fact
        name = f"{seen.study.name}()"
        if _tests_one_bit(story, seen):
            story.reasons.note(Quiet.ONE_BIT, f"{name} tests one bit, and each store flips one under a lock")
            fact = replace(fact, confidence=Confidence.LOW)
        elif _reads_word_of_bits(story, seen):
            story.reasons.note(Quiet.ONE_BIT, f"{name} reads a word that others mark bit by bit only")
            fact = replace(fact, confidence=Confidence.LOW)
        is_told, is_rechecked = self._only_told(seen), _is_rechecked(story, seen)
        if is_told:
            story.reasons.note(Quiet.TOLD, f"{name} only prints it, or counts with it")
        if is_rechecked:
            story.reasons.note(Quiet.RECHECKED, f"{name} takes it for a hint, and looks again")
        return replace(fact, is_diagnostic=is_told, is_rechecked=is_rechecked)

    # -- S10: statistics and diagnostics ------------------------------------------------------

    def _only_told(self, seen: Seen) -> bool:
        """Whether a value read is only told to people.

        A store whose readers only tell it is asked about like any other: they are marked, and
        so their author believed in it.
        """
        if seen.access.is_write:
            return False
        if self._is_warning(seen):
            return True
        result = seen.source.result
        return self._told_through(seen, result) if result else self._told_at_once(seen)

    def _is_warning(self, seen: Seen) -> bool:
        name = _WARNS.match(seen.access.line_text)
        return name is not None and self._diagnostics.sinks.get(name[0]) == "warn"

    def _told_at_once(self, seen: Seen) -> bool:
        """Whether the call that the value is an argument of tells it; a choice of words is no use."""
        flow, line = seen.study.flow, seen.source.line
        chosen = 0
        for number, _ in tests_of(seen):
            chosen |= flow.governed(number, True) | flow.governed(number, False)
        for index, event in enumerate(seen.study.function.events[seen.event + 1 :], seen.event + 1):
            if isinstance(event, Call):
                if event.line <= line and any(seen.access.text in value.text for value in event.arguments):
                    return self._is_sink(event) and not chosen >> index
            elif not isinstance(event, Access) or event.kind not in (Kind.READ, Kind.ADDRESS):
                return False
        return False

    def _told_through(self, seen: Seen, variable: str) -> bool:
        """Whether every use of the variable that has the value tells it."""
        study = seen.study
        if any(True for _ in tests_of(seen)):
            return False
        uses = [
            study.function.events[index]
            for index in bits(study.flow.may_follow(seen.event))
            if {seen.event, seen.event + 1} & set(study.definitions(variable, index))
            and _mentions(study.function.events[index], variable)
        ]
        return bool(uses) and all(isinstance(use, Call) and self._is_sink(use) for use in uses)

    def _is_sink(self, call: Call) -> bool:
        return self._diagnostics.diagnostic(call.function) is not None


def _is_subject(seen: Seen, fact: MixedMarking) -> bool:
    access = seen.access
    return access.place == fact.place and access.kind is fact.kind and access.marking is Marking.PLAIN


def _mentions(event: Event, variable: str) -> bool:
    """Whether an event uses the value of a local variable."""
    values: tuple[Value | None, ...]
    match event:
        case Access():
            if event.path.root == variable:
                return True
            values = (event.value,)
        case Call():
            values = event.arguments
        case Assign() | Return():
            values = (event.value,)
        case _:
            return False
    return any(value is not None and variable in (*value.variables, value.name) for value in values)


# -- S14: a hint, looked at again ---------------------------------------------------------------


def _is_rechecked(story: Story, seen: Seen) -> bool:
    """Whether the value only leads to a second look that no store can run into, or to a cmpxchg()."""
    return not seen.access.is_write and (_is_tried(story, seen) or is_looked_at_again(story, seen))


def _is_tried(story: Story, seen: Seen) -> bool:
    """Whether an exchange of the same field compares with the value."""
    result = seen.source.result
    return bool(result) and any(
        s.study is seen.study
        and s.access.kind is Kind.RMW
        and s.access.marking not in UNMARKED
        and result in s.source.arguments
        and seen.event in (*s.study.definitions(result or "", s.event), s.event)
        for s in story.seen
    )


def is_looked_at_again(story: Story, seen: Seen) -> bool:
    """Whether an outcome of its test leads to a read under the lock of every store, the other to none."""
    flow = seen.study.flow
    behind = 0
    for number, _ in tests_of(seen):
        behind |= flow.governed(number, True) | flow.governed(number, False)
    if not behind or _is_used_otherwise(seen):
        return False
    return any(
        s.study is seen.study
        and behind >> s.event & 1
        and s.access.kind in (Kind.READ, Kind.RMW)
        and all(excludes(writer, s) for writer in story.writes if writer.study is not seen.study)
        and any(True for _ in tests_of(s))
        for s in story.seen
        if s.event != seen.event
    )


def _is_used_otherwise(seen: Seen) -> bool:
    """Whether the variable that has the value is used for more than the test."""
    result, study = seen.source.result, seen.study
    return bool(result) and any(
        {seen.event, seen.event + 1} & set(study.definitions(result or "", index))
        and _mentions(study.function.events[index], result or "")
        for index in bits(study.flow.may_follow(seen.event) & ~(1 << (seen.event + 1)))
    )


# -- S17: one bit ---------------------------------------------------------------------------------


def _tests_one_bit(story: Story, seen: Seen) -> bool:
    """Whether one bit is tested, of a word in which each store flips one under a lock."""
    if seen.access.is_write or not story.writes:
        return False
    if not re.search(rf"{re.escape(seen.access.text)}\s*&(?!&)\s*{_ONE_BIT}", seen.access.line_text):
        return False
    return all(
        writer.access.kind is Kind.RMW and writer.access.held and _FLIP.search(writer.access.line_text)
        for writer in story.writes
    )


def _reads_word_of_bits(story: Story, seen: Seen) -> bool:
    """Whether a word is read whole whose marks are those of bit operations: these are for atomic stores.

    That somebody calls `test_bit()` does not say that he thought of a lockless reader.
    """
    if seen.access.is_write:
        return False
    marked = [s.access for s in story.seen if s.is_live and s.access.marking not in UNMARKED]
    return bool(marked) and all(_BIT_OPERATION.search(access.accessor or "") for access in marked)
