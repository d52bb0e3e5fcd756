"""Stores handed over: made before the start of the callback that reads them (suppressor S12).

Queueing work, arming a timer or starting a thread orders what was stored before it for the
function that it runs; no further barrier is needed.
"""

from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.stories import Seen
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Call, Value


class Handoffs:
    """The answers for one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._barriers = vocabulary().barriers
        self._contexts = vocabulary().contexts
        self._starts: dict[Study, tuple[tuple[int, Call], ...]] = {}
        self._behind: dict[tuple[Study, int], frozenset[str]] = {}

    def hands_over(self, writer: Seen, reader: Seen) -> bool:
        """Whether the function of the store starts that of the read behind the store."""
        key = (writer.study, writer.event)
        if key not in self._behind:
            later = writer.study.flow.may_follow(writer.event)
            starts = (call for i, call in self._starting(writer.study) if later >> i & 1)
            self._behind[key] = frozenset(name for call in starts for name in self.started(call))
        return reader.study.name in self._behind[key]

    def _starting(self, study: Study) -> tuple[tuple[int, Call], ...]:
        """The calls of a function that start another one."""
        if study not in self._starts:
            self._starts[study] = tuple((i, call) for i, call in study.calls() if self.is_start(call))
        return self._starts[study]

    def is_start(self, call: Call) -> bool:
        """Whether a call starts a function, sooner or later."""
        handoff = self._barriers.handoff(call.function)
        return handoff is not None and not handoff.is_backwards

    def started(self, call: Call) -> set[str]:
        """The functions that a call starts: its own handlers, or those its work or timer was set up with."""
        found = self.handlers(call)
        for value in call.arguments:
            found = found or self.set_up_with(value)
        return found

    def set_up_with(self, value: Value) -> set[str]:
        """The handlers of the work item or timer that an argument names, wherever it was set up."""
        field = self._program.types.field(value.path) if value.path is not None else None
        found: set[str] = set()
        for study in self._program.mentioning(field.name) if field is not None else ():
            found |= self._set_up(study, value)
        return found

    def _set_up(self, study: Study, value: Value) -> set[str]:
        """The handlers that a function sets this work item or timer up with."""
        types = self._program.types
        field = types.field(value.path) if value.path is not None else None
        found: set[str] = set()
        for _, call in study.calls():
            first = call.arguments[0].path if call.arguments else None
            if first is not None and types.field(first) == field:
                found |= self.handlers(call)
        return found

    def handlers(self, call: Call) -> set[str]:
        """The functions that a call names as callbacks."""
        callback = self._contexts.callback(call.function)
        if callback is None:
            return set()
        values = [call.arguments[i] for i in callback.handlers if i < len(call.arguments)]
        return {(v.path.root if v.path is not None else v.text).lstrip("&") for v in values}
