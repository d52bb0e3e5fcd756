"""Findings and the state of a request → what to do. Pure: the same input gives the same plan.

Every action leaves a state from which the next plan goes on, so that a run that stops in the middle
needs no clearing up: what is there is known by its marker, what is there twice is deleted once.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from reviewbot.comments import reason
from reviewbot.findings import Concern, Finding, Report
from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.lines import Shown, Spot, spot
from reviewbot.publishers.forge.state import Note, State, Thread, allowed
from reviewbot.publishers.forge.summary import Tally, check_words, summary
from reviewbot.publishers.forge.words import Question, body, gone_body
from reviewbot.series.model import Series

INLINE = 30
"""Comments on lines at one time; the rest goes into the summary."""


class Ask(msgspec.Struct, frozen=True):
    """Put a new comment on a line."""

    key: str
    spot: Spot
    body: str


class Edit(msgspec.Struct, frozen=True):
    """Give a comment of ours on a line another text."""

    thread: str
    note: str
    body: str


class Delete(msgspec.Struct, frozen=True):
    """Take a comment of ours away, which stands elsewhere as well."""

    thread: str
    note: str


class Resolve(msgspec.Struct, frozen=True):
    """Resolve a thread of ours, or open it again."""

    thread: str
    is_resolved: bool


class Tell(msgspec.Struct, frozen=True):
    """Write the summary: anew, or into the comment `note`."""

    body: str
    note: str | None


class Judge(msgspec.Struct, frozen=True):
    """Set the check on the head: anew, or the one with this id."""

    id: str | None
    conclusion: str
    """success, neutral, or failure where that was asked for."""
    title: str
    text: str
    digest: str


class Plan(msgspec.Struct, frozen=True):
    """What to do, in this order."""

    asks: tuple[Ask, ...] = ()
    edits: tuple[Edit, ...] = ()
    deletes: tuple[Delete, ...] = ()
    resolves: tuple[Resolve, ...] = ()
    tell: Tell | None = None
    repeated: tuple[str, ...] = ()
    """Comments with the summary that are one too many."""
    judge: Judge | None = None
    tally: Tally = msgspec.field(default_factory=Tally)
    silenced: tuple[str, ...] = ()
    """Keys of the questions that somebody with write access silenced."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        changes = (self.asks, self.edits, self.deletes, self.resolves, self.tell, self.repeated, self.judge)
        return not any(changes)


class Manners(msgspec.Struct, frozen=True):
    """What a run may do."""

    fail_on: Concern | None = None
    """The check fails on questions of this concern or a graver one; None for never."""
    has_checks: bool = True
    info: str = "suggestion"
    unfit: frozenset[str] = frozenset()
    """Keys of questions whose line the forge refused."""


def questions(series: Series, report: Report, shown: Shown) -> tuple[Question, ...]:
    """The findings shown, each with the key that it is known by: the n-th of a fingerprint gets `-n`."""
    seen: Counter[str] = Counter()
    made = []
    for finding in report.findings:
        if finding.is_shown:
            seen[finding.fingerprint] += 1
            number = seen[finding.fingerprint]
            key = finding.fingerprint if number == 1 else f"{finding.fingerprint}-{number}"
            made.append(Question(key, finding, spot(series, finding, shown)))
    return tuple(made)


def plan(series: Series, report: Report, state: State, manners: Manners | None = None) -> Plan:
    """What is to be sent so that the request says what the report says."""
    manners = manners or Manners()
    draft = _Draft(state, manners)
    silenced = allowed(state)
    asked = questions(series, report, state.shown)
    open_ = [question for question in asked if question.key not in silenced]
    fresh = sorted((question for question in open_ if not draft.keep(question)), key=_gravity)
    rest = [question for question in fresh if not draft.ask(question)]
    draft.clear({question.key for question in asked})
    return draft.plan(
        series,
        report,
        _Result(tuple(open_), tuple(rest), tuple(each.key for each in asked if each.key in silenced)),
    )


def is_failed(findings: Iterable[Finding], fail_on: Concern | None) -> bool:
    """Whether a question is as grave as was asked to fail on."""
    return fail_on is not None and any(finding.concern <= fail_on for finding in findings)


def _gravity(question: Question) -> tuple[int, int]:
    order = {"high": 0, "medium": 1, "low": 2}
    return question.finding.concern, order[question.finding.confidence.value]


class _Result(msgspec.Struct, frozen=True):
    open: tuple[Question, ...]
    rest: tuple[Question, ...]
    """Those of them that stand on no line."""
    silenced: tuple[str, ...]


class _Draft:
    """A plan in the making."""

    def __init__(self, state: State, manners: Manners) -> None:
        self._state = state
        self._manners = manners
        self._asks: list[Ask] = []
        self._edits: list[Edit] = []
        self._deletes: list[Delete] = []
        self._resolves: list[Resolve] = []
        self._inline = 0
        self._threads: dict[str, list[Thread]] = {}
        for thread in state.threads:
            if (known := thread.marker) is not None:
                self._threads.setdefault(known.key, []).append(thread)

    def keep(self, question: Question) -> bool:
        """Whether the question stands on the request already; brings it up to date."""
        threads = self._threads.get(question.key, [])
        if not threads:
            return False
        best = min(threads, key=lambda thread: _worth(thread, question.spot))
        self._drop([thread for thread in threads if thread is not best])
        self._inline += 1
        gone = best.marker is not None and best.marker.is_gone
        if best.has_reply or (best.is_resolved and not gone):
            return True  # people are at it, or were: theirs
        text = body(question, self._manners.info)
        if self._must_move(best, question):
            self._add(question, text)
            self._drop([best])
            return True
        if marker.read(text) != best.marker:
            self._edits.append(Edit(best.id, best.notes[0].id, text))
        if best.is_resolved and best.can_resolve:
            self._resolves.append(Resolve(best.id, is_resolved=False))
        return True

    def ask(self, question: Question) -> bool:
        """Whether there is a line and room for a new comment."""
        if question.spot is None or question.key in self._manners.unfit or self._inline >= INLINE:
            return False
        self._add(question, body(question, self._manners.info))
        self._inline += 1
        return True

    def clear(self, asked: set[str]) -> None:
        """Say of each question that is not asked any more that it is gone, and resolve it."""
        for key in sorted(self._threads.keys() - asked):
            for thread in self._threads[key]:
                known = thread.marker
                if thread.has_reply or known is None or (thread.is_resolved and not known.is_gone):
                    continue
                if not known.is_gone:
                    self._edits.append(Edit(thread.id, thread.notes[0].id, gone_body(thread.notes[0].body)))
                if not thread.is_resolved and thread.can_resolve:
                    self._resolves.append(Resolve(thread.id, is_resolved=True))

    def plan(self, series: Series, report: Report, result: _Result) -> Plan:
        """The whole, with the summary and the check."""
        hidden = Counter(reason(finding.hidden) for finding in report.findings if finding.hidden)
        tally = Tally(
            len(result.open), len(result.open) - len(result.rest), len(result.silenced), dict(hidden)
        )
        text = summary(series, report, result.rest, tally)
        return Plan(
            asks=tuple(sorted(self._asks, key=lambda ask: (ask.spot.path, ask.spot.line.number, ask.key))),
            edits=tuple(self._edits),
            deletes=tuple(self._deletes),
            resolves=tuple(self._resolves),
            tell=self._tell(text, is_silent=not result.open),
            repeated=tuple(note.id for note in self._told()[1:]),
            judge=self._judge(text, result, tally) if self._manners.has_checks else None,
            tally=tally,
            silenced=result.silenced,
        )

    def _add(self, question: Question, text: str) -> None:
        if question.spot is not None:
            self._asks.append(Ask(question.key, question.spot, text))

    def _must_move(self, thread: Thread, question: Question) -> bool:
        """Whether the line has gone elsewhere. Never twice on one commit: the forge may see it otherwise."""
        at = question.spot
        if at is None or question.key in self._manners.unfit or thread.commit == self._state.head:
            return False
        return (thread.path, thread.line) != (at.path, at.line.number)

    def _drop(self, threads: list[Thread]) -> None:
        for thread in threads:
            if not thread.has_reply:
                self._deletes.append(Delete(thread.id, thread.notes[0].id))

    def _tell(self, text: str, *, is_silent: bool) -> Tell | None:
        told = self._told()
        stamped = marker.stamped(marker.SUMMARY, text)
        if not told:
            return None if is_silent else Tell(stamped, None)
        return None if _says(told[0], stamped) else Tell(stamped, told[0].id)

    def _told(self) -> list[Note]:
        return [note for note in self._state.notes if note.marker and note.marker.key == marker.SUMMARY]

    def _judge(self, text: str, result: _Result, tally: Tally) -> Judge | None:
        failed = is_failed((question.finding for question in result.open), self._manners.fail_on)
        conclusion = "failure" if failed else "neutral" if result.open else "success"
        title = check_words(tally)
        digest = marker.digest(conclusion, title, text)
        check = self._state.check
        if check is not None and check.digest == digest:
            return None
        return Judge(check.id if check else None, conclusion, title, text, digest)


def _says(note: Note, stamped: str) -> bool:
    return note.marker == marker.read(stamped)


def _worth(thread: Thread, at: Spot | None) -> tuple[bool, bool, str]:
    """Smallest for the thread to keep of several: one with a reply, else one at the right line."""
    is_there = at is not None and (thread.path, thread.line) == (at.path, at.line.number)
    return not thread.has_reply, not is_there, thread.notes[0].id.zfill(30)
