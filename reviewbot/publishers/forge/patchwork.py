"""Checks on the patches of a list's Patchwork: one a patch, the newest counts.

Patchwork has no comments of its own; what is asked goes to the list, sent by a person.
"""

from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from reviewbot.comments import comments
from reviewbot.errors import ForgeError
from reviewbot.findings import Concern, Report
from reviewbot.publishers import clean
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.plan import is_failed
from reviewbot.publishers.forge.summary import counted
from reviewbot.publishers.forge.wire import DoubtfulError, Purpose, Request
from reviewbot.series.model import Series

CONTEXT = "reviewbot"
_TRIES = 3


class Verdict(msgspec.Struct, frozen=True):
    """What is said of a patch. `state` is success, warning, or fail where that was asked for."""

    message_id: str
    state: str
    description: str


class Sent(msgspec.Struct, frozen=True):
    """How a patch was dealt with: `changes` counts the checks that were made."""

    found: int = 0
    changes: int = 0


def verdicts(series: Series, report: Report, fail_on: Concern | None = None) -> tuple[Verdict, ...]:
    """A verdict for each patch that came by mail, in their order."""
    made = comments(series, report)
    found = []
    for patch in series.patches:
        if patch.envelope is not None and patch.envelope.message_id:
            asked = [comment.finding for comment in made if comment.patch is patch]
            state = "fail" if is_failed(asked, fail_on) else "warning" if asked else "success"
            rules = Counter(clean.line(finding.rule) for finding in asked)
            named = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in rules.items())
            words = counted(len(asked), "question").capitalize() + (f": {named}" if named else "")
            found.append(Verdict(patch.envelope.message_id, state, clean.clip(words, 200)))
    return tuple(found)


class Patchwork:
    """A Patchwork; `project` names one of its projects, for mail that went to several lists."""

    def __init__(self, patience: Patience, project: str | None = None, target: str | None = None) -> None:
        """`target` is where more is to be read, a log or a page."""
        self.patience = patience
        self._project = project
        self._target = target

    def plan(self, verdict: Verdict) -> tuple[int, tuple[Request, ...]]:
        """How many patches of that mail there are, and the checks that are missing on them."""
        query = {"msgid": verdict.message_id} | ({"project": self._project} if self._project else {})
        patches = self._read(f"/patches/?{urlencode(query, quote_via=quote)}") or []
        numbers = [each["id"] for each in patches if isinstance(each.get("id"), int)]
        missing = [number for number in numbers if not self._is_said(number, verdict)]
        return len(numbers), tuple(self.request(number, verdict) for number in missing)

    def request(self, number: int, verdict: Verdict) -> Request:
        """The check for a patch."""
        body = {"state": verdict.state, "context": CONTEXT, "description": verdict.description}
        body |= {"target_url": self._target} if self._target else {}
        path = f"/patches/{number}/checks/"
        return Request("POST", path, Purpose.CHECK, body, is_repeatable=False)

    def send(self, verdict: Verdict) -> Sent:
        """Make the checks that are missing; none where the newest says the same already.

        Raises:
            ForgeError: Patchwork cannot be asked, or refuses.
        """
        for turn in range(_TRIES):
            found, requests = self.plan(verdict)
            try:
                for request in requests:
                    self.patience.send(request)
            except DoubtfulError:
                self.patience.pause(turn)
                continue
            return Sent(found, len(requests))
        raise ForgeError("Patchwork keeps answering unclearly; the next run goes on")

    def _is_said(self, number: int, verdict: Verdict) -> bool:
        query = urlencode({"context": CONTEXT, "per_page": 100, "order": "-date"})
        checks = self._read(f"/patches/{number}/checks/?{query}") or []
        ours = [each for each in checks if each.get("context") == CONTEXT]
        newest: dict[str, Any] = max(ours, key=lambda each: int(each["id"]), default={})
        return (newest.get("state"), newest.get("description")) == (verdict.state, verdict.description)

    def _read(self, path: str) -> Any:
        return self.patience.send(Request("GET", path, Purpose.READ)).data
