"""Which plain accesses are asked about at all, and why the others are not.

What the declaration of a field says of it stands here too: a type that synchronises itself
(S07), a race that is declared (S08), a value that is constant once set up (S09).
"""

from collections.abc import Iterator

from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.freed import is_freed
from reviewbot.analysis.objects import is_on_stack
from reviewbot.analysis.reasons import Quiet, Reason
from reviewbot.analysis.stories import Seen, Story
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Kind, Marking

CONSTANT = frozenset({"__ro_after_init", "const", "__initdata", "__initconst"})
"""How a declaration says that nobody stores the field once others can see it."""

RACY = frozenset({"__no_kcsan", "__no_sanitize_thread"})
"""How a function says that its accesses may race."""

EXCLUSIVE = frozenset(
    {"ASSERT_EXCLUSIVE_WRITER", "ASSERT_EXCLUSIVE_ACCESS", "ASSERT_EXCLUSIVE_WRITER_SCOPED"}
    | {"ASSERT_EXCLUSIVE_ACCESS_SCOPED", "ASSERT_EXCLUSIVE_BITS"}
)
"""How a function says that nobody else writes; KCSAN looks whether it is so."""

ASKED = (Kind.READ, Kind.WRITE, Kind.RMW)


class Candidates:
    """The answers for one program."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._types = vocabulary().waiting.self_synchronised_types

    def is_declared_safe(self, story: Story) -> bool:
        """Whether the declaration of a field answers what its plain accesses ask; noted."""
        known = story.type
        if known is None:
            return False
        if known.name in self._types and not known.pointers:
            story.reasons.note(Quiet.SYNCHRONISED, f"{known.name} synchronises itself")
            return True
        if "__data_racy" in known.annotations:
            story.reasons.note(Quiet.DECLARED_RACY, "it is declared __data_racy")
            return True
        constant = sorted(CONSTANT & known.annotations) if not known.pointers else []
        if constant:
            story.reasons.note(Quiet.CONSTANT, f"it is declared {constant[0]}")
        return bool(constant)

    def is_candidate(self, story: Story, seen: Seen) -> bool:
        """Whether it is a new plain access that others may run into; why not is noted."""
        if seen.access.kind not in ASKED or seen.access.via is not None:
            return False
        reason = next(self._reasons(seen), None)
        if reason is not None:
            story.reasons.note(reason.kind, reason.words)
        return reason is None

    def _reasons(self, seen: Seen) -> Iterator[Reason]:
        access, study = seen.access, seen.study
        name = f"{study.name}()"
        if not access.is_new:
            is_moved = access.place.patch is not None
            words = ("its lines are only moved", "the series has no new access of it")
            yield Reason(Quiet.MOVED, words[0]) if is_moved else Reason(Quiet.OLD, words[1])
        if access.marking is Marking.DATA_RACE:
            yield Reason(Quiet.DECLARED_RACY, f"{name} says data_race()")
        elif access.marking is Marking.PERCPU:
            yield Reason(Quiet.PRIVATE, f"{name} accesses what is its CPU's own")
        elif access.marking is not Marking.PLAIN:
            yield Reason(
                Quiet.MARKED, f"{name} marks its access: {access.accessor or access.marking.value}()"
            )
        yield from not_live(seen)
        if self._contexts.is_single_threaded(study):
            yield Reason(Quiet.START_UP, f"{name} runs at start-up or exit only")
        if RACY & set(study.function.annotations):
            yield Reason(Quiet.DECLARED_RACY, f"{name} is not looked at by KCSAN")
        if _is_asserted(seen):
            yield Reason(Quiet.DECLARED_RACY, f"{name} asserts that nobody else writes")


def not_live(seen: Seen) -> Iterator[Reason]:
    """Why nobody else can be at the object of an access."""
    name = f"{seen.study.name}()"
    if is_on_stack(seen.source.path):
        yield Reason(Quiet.PRIVATE, f"{name} has it on its stack")
    elif seen.access.is_fresh:
        yield Reason(Quiet.FRESH, f"in {name} the object is not shared yet")
    elif seen.is_setup and "__init" in seen.study.function.annotations:
        yield Reason(Quiet.START_UP, f"{name} runs at start-up only")
    elif seen.is_setup:
        yield Reason(Quiet.FRESH, f"{name} sets the object up, by its name or by a call behind")
    elif seen.is_teardown:
        yield Reason(Quiet.DRAINED, f"{name} takes the object apart, by its name")
    elif is_freed(seen):
        yield Reason(Quiet.DRAINED, f"{name} frees what it points to")


def _is_asserted(seen: Seen) -> bool:
    """Whether the function says of this very lvalue that nobody else writes it."""
    return any(
        call.function in EXCLUSIVE and any(value.text == seen.access.text for value in call.arguments[:1])
        for _, call in seen.study.calls()
    )
