"""The stages, in order: a series, the text it leaves, what that does, what to ask of it."""

import functools
import gc
import io
import operator
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reviewbot.analysis.facts import GATED, Confidence, Fact, Publication
from reviewbot.cache import Cache
from reviewbot.discussion import raised
from reviewbot.findings import Report
from reviewbot.judges import Judge
from reviewbot.looks import Look, Looks
from reviewbot.proof.prove import Prover
from reviewbot.rulebook.allow import NO_ANSWERS
from reviewbot.rulebook.rule import Rule
from reviewbot.rulebook.rulebook import ask, load_rules
from reviewbot.series.model import Series
from reviewbot.series.parts import divided
from reviewbot.sources.base import find_base
from reviewbot.sources.git import Repository
from reviewbot.sources.read import read_series

if TYPE_CHECKING:
    from reviewbot.analysis.understand import Analysis
    from reviewbot.understood import Understood


def _silent(_stage: str) -> None:
    """Says nothing."""


class Options(msgspec.Struct, frozen=True):
    """What a review can be told; the defaults are those of the command line."""

    base: str | None = None
    rules: Path | None = None
    rules_cache: Path | None = None
    preview: bool = False
    pedantic: bool = False
    min_confidence: Confidence = Confidence.MEDIUM
    whole_tree: bool = False
    """Look for other accesses in all of the tree, not only near the files of the series."""
    cache: Cache | None = None
    """What earlier runs learnt of files and series; it changes how long a review takes and nothing else."""
    progress: Callable[[str], None] = _silent
    """Told the name of each stage when it begins."""


class Review(msgspec.Struct, frozen=True):
    """A series with what was found."""

    series: Series
    report: Report
    rules: tuple[Rule, ...]
    analysis: "Analysis | None"
    """Answers further questions; None where the series was looked at in parts, or by an earlier run."""


def review(series: Series, repository: Repository | None = None, options: Options | None = None) -> Review:
    """Review a series, over the tree of `repository` where there is one.

    Raises:
        ReviewbotError: a rule page is wrong, the base is unknown or the tree cannot be read.
    """
    options = options or Options()
    rules = load_rules(options.rules, options.rules_cache)
    base = _base(series, repository, options)
    parts = divided(series)
    known = [rule.id for rule in rules]
    looker = _Looker(repository, base, known, options)
    is_whole = len(parts.series) == 1
    looked = [looker.look(part, is_whole) for part in _one_by_one(parts.series)]
    facts = tuple(fact for part in looked for fact in part.facts)
    answers = functools.reduce(operator.add, (part.answers for part in looked), NO_ANSWERS)
    judge = Judge(repository, base)
    findings = ask(
        rules,
        facts,
        preview=options.preview,
        min_confidence=options.min_confidence,
        pedantic=options.pedantic,
        answers=answers,
        prover=Prover(judge),
        mark=raised.marker(series),
    )
    notes = dict.fromkeys(note for part in looked for note in (*part.notes, judge.note) if note)
    report = Report(
        findings=findings,
        unread=(*parts.unread, *(unread for part in looked for unread in part.unread)),
        unseen=(*_unseen(series, base), *_uncrossed(len(looked))),
        base=base,
        applied=tuple(
            index for index in looked[0].applied if all(index in part.applied for part in looked[1:])
        ),
        notes=(*series.skipped, *notes, *answers.notes, *_gates(facts)),
        model=judge.name,
        accounts=tuple(dict.fromkeys(account for part in looked for account in part.accounts)),
    )
    return Review(series, report, rules, looker.analysis)


class _Looker:
    """Looks at a series, or its parts one after another; what an earlier run saw is not looked at again."""

    def __init__(
        self, repository: Repository | None, base: str | None, known: list[str], options: Options
    ) -> None:
        self._repository = repository
        self._base = base
        self._known = known
        self._options = options
        tree = repository.tree_id(base) if repository is not None and base is not None else None
        how = "whole tree" if options.whole_tree else "near by"
        self._looks = Looks(options.cache, tree and f"{tree} {how}", known)
        self.analysis: Analysis | None = None
        """Of a series looked at as a whole; what several parts leave would not fit in memory."""

    def look(self, part: Series, is_whole: bool) -> Look:
        """What the series, or a part of it, gives."""
        self.analysis = None
        found = self._looks.find(part)
        if found is None:
            read = _understood(part, self._repository, self._base, self._options)
            found = read.look(self._known)
            if read.is_settled and not (self._repository and self._repository.lacks_objects()):
                self._looks.keep(part, found)
            self.analysis = read.analysis if is_whole else None
        return found


def _one_by_one(parts: tuple[Series, ...]) -> Iterator[Series]:
    """The parts; what was learnt of one is forgotten before the next."""
    for part in parts:
        yield part
        if len(parts) > 1:
            gc.collect()  # a program and its types know each other


def understand(series: Series, repository: Repository | None, options: Options) -> "Understood":
    """A series laid over its tree, and the analysis of that; nothing is asked of it yet.

    Raises:
        ReviewbotError: the base is unknown or the tree cannot be read.
    """
    return _understood(series, repository, _base(series, repository, options), options)


def _understood(
    series: Series, repository: Repository | None, base: str | None, options: Options
) -> "Understood":
    from reviewbot.understood import Means, understood  # noqa: PLC0415 - slow to import; often all is known

    means = Means(options.cache, options.progress, options.whole_tree)
    return understood(series, repository, base, means)


def _base(series: Series, repository: Repository | None, options: Options) -> str | None:
    """The commit that the series applies to; None without a tree."""
    if repository is None:
        return None
    options.progress("looking for the base")
    return find_base(series, repository, options.base)[0]


def review_text(mail: bytes, options: Options | None = None) -> Report:
    """Review the series in the text of a mailbox, without a tree."""
    series = read_series(("-",), None, None, io.BytesIO(mail))
    return review(series, None, options).report


def _gates(facts: Sequence[Fact]) -> tuple[str, ...]:
    """The flags that cover a plain store of a pointer, so that nothing is asked about it."""
    gated = (f for f in facts if isinstance(f, Publication) and f.reason == GATED)
    return tuple(
        dict.fromkeys(f"{f.target} is covered by {f.gate}, acquired before every use" for f in gated)
    )


def _uncrossed(parts: int) -> tuple[str, ...]:
    text = f"what crosses between the {parts} parts that so large a series is looked at in"
    return (text,) if parts > 1 else ()


def _unseen(series: Series, base: str | None) -> tuple[str, ...]:
    found = []
    if series.missing:
        numbers = ", ".join(str(number) for number in series.missing)
        found.append(f"patch{'es' if len(series.missing) > 1 else ''} {numbers}")
    if base is None:
        found.append("the tree (give --tree for callers and other readers)")
    return tuple(found)
