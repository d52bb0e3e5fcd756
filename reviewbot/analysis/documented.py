"""Protection that a comment states, at the field or at the access, or a message (suppressor S26).

A comment is the author's answer: it is taken at its word, and the question is hidden with
that reason. Only where the commented field is touched by an entry point that is called with
no lock does the code contradict the comment, and the question stays.
"""

import re
from functools import cached_property

from reviewbot.analysis.before import Before
from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.facts import DOCUMENTED, Fact, MixedMarking, Place
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.stories import Story

AT_FIELD = re.compile(
    r"(?i)\b(?:protect(?:ed|s)?|guarded|serialized|serialised|synchronized|synchronised)\s+(?:by|with|under)\b"
    r"|\b(?:under|with|needs?|takes?|hold(?:s|ing)?)\s+\S*(?:lock|mutex|sem|rtnl)\w*"
    r"|\b(?:written|updated|accessed|changed|used)\s+(?:only\s+)?(?:by|in|from|under)\b.*\bonly\b"
    r"|\bonly\s+(?:written|updated|accessed|changed|used)\b|\bsingle\s+writer\b"
)
"""How a declaration says what protects the field."""

LOCKLESS = re.compile(
    r"(?i)\bwithout\s+(?:\w+\s+){0,3}\S*(?:lock|mutex|sem|rtnl)\w*|\block[- ]?less(?:ly)?\b"
    r"|\b(?:READ|WRITE)_ONCE\b"
)
"""How a declaration says that not all accesses are under the lock: then a mark is what it asks for."""

AT_ACCESS = re.compile(
    r"(?i)\bno\s+(?:need\s+(?:for|to)\s+)?(?:lock|locking|barrier|barriers|smp_\w+|READ_ONCE|WRITE_ONCE|ordering)\b"
    r"|\b(?:lock|locking|barrier|READ_ONCE\(?\)?|WRITE_ONCE\(?\)?|smp_\w+)\s+(?:is|are)?\s*not\s+(?:needed|required|necessary)"
    r"|\bbenign\b|\bracy\b|\brace(?:s)?\s+(?:is|are)\s+(?:fine|ok|okay|harmless)|\bdata\s+race\b"
    r"|\b(?:protected|serialized|serialised|guarded)\s+by\b|\bcannot\s+(?:race|run concurrently)\b"
    r"|\b(?:nobody|no one|no other (?:thread|cpu|user)s?)\b.*\b(?:yet|else|can|see|access)"
    r"|\b(?:stale|old)\s+value\s+is\s+(?:fine|ok|okay|harmless)"
    r"|\bwithout\s+(?:\w+\s+){0,2}barriers?\b|\bsafe(?:ly)?\b[^.]*\bwithout\b[^.]*\block"
)
"""How a comment at an access says why it is safe as it stands."""

ABOVE = 2
"""Lines between the end of a comment and the access that it speaks of, at most."""

SHORT = 12
"""Lines of a function whose access the comment above the function speaks of, at most."""


class Documented:
    """The authors' answers in comments, for one program."""

    def __init__(self, program: Program, contexts: Contexts, before: Before) -> None:
        self._program = program
        self._before = before
        self._contexts = contexts

    def reason(self, story: Story, fact: Fact) -> str | None:
        """Why not to ask what the fact asks: a comment answers it; None where none does."""
        comment = story.member.comment if story.member else ""
        is_stated = AT_FIELD.search(comment) and not LOCKLESS.search(comment)
        if is_stated and not self._is_contradicted(story, fact.place):
            story.reasons.note(Quiet.STATED, "the comment at its declaration says what protects it")
            return DOCUMENTED
        if isinstance(fact, MixedMarking) and self._before.is_unmarked(fact.place, fact.store):
            words = f"the patch takes the mark off in {fact.place.function}(), and says that a lock is held"
            story.reasons.note(Quiet.STATED, words)
            return DOCUMENTED
        places = {fact.place, *(access.place for access in fact.accesses[:1])}
        at_access = (text for place in places for text in self._comments_at(place))
        above = (text for seen in story.seen if seen.access.place in places for text in _above(seen.study))
        is_answered = any(
            AT_ACCESS.search(" ".join(text.replace("*", " ").split())) for text in (*at_access, *above)
        )
        if is_answered:
            story.reasons.note(Quiet.STATED, f"a comment at {fact.place.function}() answers it")
        return DOCUMENTED if is_answered else None

    def _is_contradicted(self, story: Story, place: Place) -> bool:
        """Whether the access in question stands in an entry point that is called with no lock."""
        here = (seen for seen in story.seen if seen.access.place == place)
        return any(self._contexts.is_open_entry(seen.study) for seen in here)

    def _comments_at(self, place: Place) -> list[str]:
        """The comments that end on the line or just above it."""
        found = self._lines.get((place.path, place.patch, place.line))
        file = self._program.files.get(place.path)
        if found is None or file is None:
            return []
        fragment, line = found
        return [
            comment.text
            for comment in file.comments
            if comment.fragment == fragment and comment.first_line <= line <= comment.last_line + ABOVE
        ]

    @cached_property
    def _lines(self) -> dict[tuple[str, int | None, int], tuple[int, int]]:
        """Path, patch and line of the file -> fragment and line of the fragment, for the series' lines."""
        return {
            (path, origin.patch, origin.line): (number, line)
            for path, file in self._program.files.items()
            for number, fragment in enumerate(file.view.fragments)
            for line, origin in enumerate(fragment.origins, 1)
            if origin.patch is not None
        }


def _above(study: Study) -> list[str]:
    """The comment above a function of a few lines: it speaks of all that the function does."""
    function, file = study.function, study.file
    if function.last_line - function.first_line >= SHORT:
        return []
    fragment, line = file.place_of(function, function.first_line)
    return [
        comment.text
        for comment in file.comments
        if comment.fragment == fragment and comment.last_line < line <= comment.last_line + ABOVE
    ]
