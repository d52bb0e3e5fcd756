"""Plain accesses of RCU pointers: what sparse says, with the accessor that is wanted in each place.

Gives `MixedMarking` facts with `is_rcu` set: a pointer is declared __rcu, or others access it
with the rcu_ family, and a line of the series does it plainly (rcu-missing-annotation).
"""

import re
from collections.abc import Iterator, Sequence

from reviewbot.analysis import wording
from reviewbot.analysis.evidence import Evidence, excludes
from reviewbot.analysis.facts import Confidence, MixedMarking, Side
from reviewbot.analysis.stories import Seen, Story, tests_of
from reviewbot.syntax.model import Kind, Marking, ValueKind

FAMILY = frozenset({Marking.RCU, Marking.RCU_PROTECTED, Marking.RCU_ACCESS, Marking.RCU_INIT})

ANNOTATION = "__rcu"

LEAST_FAMILY = 2
"""Functions that have to use the family where the pointer is not declared __rcu; one if it is new."""

_SPELLED = re.compile(r"rcu_|_rcu\w*\(|dereference|__force")
"""A line with one of these speaks of RCU by itself: through a macro that we do not know."""


class RcuPointers:
    """The facts about RCU pointers of one program."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def facts(self, story: Story) -> Iterator[MixedMarking]:
        """What is to be asked of the plain accesses of a pointer: at most one fact."""
        is_declared = story.type is not None and ANNOTATION in story.type.annotations
        if story.type is not None and not story.type.pointers:
            return
        users = [s for s in story.seen if s.access.marking in FAMILY]
        least = 1 if story.is_new else LEAST_FAMILY
        if not is_declared and len({s.study for s in users if s.is_live}) < least:
            return
        plain = [
            s
            for s in story.seen
            if _is_candidate(s) and (is_declared or (s.is_live and not _is_updater(story, s)))
        ]
        for seen in sorted(plain, key=lambda one: (_is_tested(one), _is_handed_on(one)))[:1]:
            yield self._fact(story, seen, users)

    def _fact(self, story: Story, seen: Seen, users: Sequence[Seen]) -> MixedMarking:
        others = [s for s in users if s.study is not seen.study]
        accesses = [s.access for s in (seen, *others)]
        is_write = seen.access.is_write
        wanted = _wanted(seen)
        is_sure = not (_is_tested(seen) or _is_handed_on(seen) or story.field.weak)
        return MixedMarking(
            field=story.field,
            accesses=tuple(sorted(accesses, key=lambda access: not access.is_write)),
            confidence=Confidence.MEDIUM if is_sure else Confidence.LOW,
            **wording.about(seen.access),
            **wording.sides_of_any(seen.access, accesses[1:]),
            overlap=_reason(story, others),
            unseen=self._evidence.unseen((seen,)),
            kind=seen.access.kind,
            wanted=f"{wanted}()",
            marked_count=len(others),
            other_side=Side.WRITE if is_write else Side.READ,
            write_wanted=wanted if is_write else "",
            read_wanted="" if is_write else wanted,
            is_rcu=True,
        )


def _is_updater(story: Story, seen: Seen) -> bool:
    """Whether a read is made under the lock of all stores: without the annotation no tool objects."""
    is_guarded = bool(story.writes) and all(excludes(writer, seen) for writer in story.writes)
    return is_guarded and not seen.access.is_write


def _is_candidate(seen: Seen) -> bool:
    """A new plain access of the pointer itself, on a line that does not speak of RCU."""
    access = seen.access
    is_plain = access.marking is Marking.PLAIN and access.kind in (Kind.READ, Kind.WRITE)
    if not (access.is_new and is_plain and access.via is None):
        return False
    return not _SPELLED.search(_statement(seen))


def _statement(seen: Seen) -> str:
    """The line of the access, with the one before where the statement begins there."""
    line, study = seen.source.line, seen.study
    above = study.line_text(line - 1) if line > study.function.first_line else ""
    return (
        study.line_text(line) if above.endswith((";", "{", "}", ":", "*/")) else above + study.line_text(line)
    )


def _wanted(seen: Seen) -> str:
    """The accessor for this place."""
    value = seen.source.value
    if seen.access.is_write:
        is_null = value is not None and value.kind is ValueKind.NULL
        return "RCU_INIT_POINTER" if is_null else "rcu_assign_pointer"
    if _is_tested(seen):
        return "rcu_access_pointer"
    is_locked = any(not lock.is_hinted for lock in seen.access.held)
    is_update = is_locked or not seen.is_live
    return "rcu_dereference_protected" if is_update else "rcu_dereference"


def _is_tested(seen: Seen) -> bool:
    """Whether the pointer is only compared, with NULL or an address: it is not followed."""
    if seen.access.is_write or seen.source.result is not None:
        return False
    text = re.escape(seen.access.text)
    is_compared = re.search(rf"(?<![\w>.]){text}\s*[!=]=|[!=]=\s*{text}(?![\w.(\[-])", seen.access.line_text)
    return is_compared is not None or any(tests_of(seen))


def _is_handed_on(seen: Seen) -> bool:
    """Whether the pointer is only given to a function, whose parameter may be declared __rcu too."""
    return any(
        value.path == seen.source.path
        for _, call in seen.study.calls()
        if call.line == seen.source.line
        for value in call.arguments
    )


def _reason(story: Story, others: Sequence[Seen]) -> str:
    if story.type is not None and ANNOTATION in story.type.annotations:
        return f"{story.field} is declared __rcu"
    example = others[0].access
    return f"{wording.function(example)} already uses {example.accessor}() on it"
