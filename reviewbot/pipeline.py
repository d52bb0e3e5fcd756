"""The stages, in order: a series, the text it leaves, what that does, what to ask of it."""

import functools
import gc
import io
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reviewbot.analysis.before import Before, Removal, takes_lock
from reviewbot.analysis.facts import GATED, Confidence, Fact, Publication
from reviewbot.analysis.novelty import members_to_look_for, words_to_look_for
from reviewbot.analysis.program import Program
from reviewbot.analysis.understand import Analysis
from reviewbot.cache import Cache
from reviewbot.findings import Report
from reviewbot.judges import Judge
from reviewbot.proof.prove import Prover
from reviewbot.rulebook.allow import NO_ANSWERS, Answers, field_answers, line_answers
from reviewbot.rulebook.rule import Rule
from reviewbot.rulebook.rulebook import ask, load_rules
from reviewbot.series.model import Series, Unread
from reviewbot.series.parts import divided
from reviewbot.series.tree import SeriesTree
from reviewbot.sources.base import find_base
from reviewbot.sources.git import Repository
from reviewbot.sources.read import read_series
from reviewbot.sources.threeway import three_way
from reviewbot.surroundings import Surroundings
from reviewbot.syntax.facts import FileFacts


def _silent(_stage: str) -> None:
    """Says nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a review can be told; the defaults are those of the command line."""

    base: str | None = None
    rules: Path | None = None
    rules_cache: Path | None = None
    preview: bool = False
    pedantic: bool = False
    min_confidence: Confidence = Confidence.MEDIUM
    cache: Cache | None = None
    """What earlier runs learnt of files; changes how long a review takes and nothing else."""
    progress: Callable[[str], None] = field(default=_silent)
    """Told the name of each stage when it begins."""


@dataclass(frozen=True, slots=True)
class Review:
    """A series with what was found."""

    series: Series
    report: Report
    rules: tuple[Rule, ...]
    analysis: Analysis | None
    """Answers further questions; None for a series so large that it was looked at in parts."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A series over its tree: `base` is the commit, None where there is no tree."""

    base: str | None
    tree: SeriesTree
    analysis: Analysis


def review(series: Series, repository: Repository | None = None, options: Options | None = None) -> Review:
    """Review a series, over the tree of `repository` where there is one.

    Raises:
        ReviewbotError: a rule page is wrong, the base is unknown or the tree cannot be read.
    """
    options = options or Options()
    rules = load_rules(options.rules, options.rules_cache)
    base = _base(series, repository, options)
    parts = divided(series)
    is_whole = len(parts.series) == 1
    looked = [
        _looked(_understood(part, repository, base, options), rules, is_whole)
        for part in _one_by_one(parts.series)
    ]
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
    )
    return Review(series, report, rules, looked[0].analysis)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a look at one part of a series gave."""

    facts: tuple[Fact, ...]
    answers: Answers
    unread: tuple[Unread, ...]
    applied: tuple[int, ...]
    notes: tuple[str, ...]
    analysis: Analysis | None
    """Of a series looked at as a whole; several would not fit in memory."""


def _one_by_one(parts: tuple[Series, ...]) -> Iterator[Series]:
    """The parts; what was learnt of one is forgotten before the next."""
    for part in parts:
        yield part
        if len(parts) > 1:
            gc.collect()  # a program and its types know each other


def _looked(read: Understood, rules: tuple[Rule, ...], is_whole: bool) -> _Looked:
    facts = read.analysis.facts()
    program = read.analysis.program
    return _Looked(
        facts=facts,
        answers=_answers(program, rules),
        unread=_unread(program),
        applied=read.tree.applied,
        notes=read.tree.notes,
        analysis=read.analysis if is_whole else None,
    )


def understand(series: Series, repository: Repository | None, options: Options) -> Understood:
    """A series laid over its tree, and the analysis of that; nothing is asked of it yet.

    Raises:
        ReviewbotError: the base is unknown or the tree cannot be read.
    """
    return _understood(series, repository, _base(series, repository, options), options)


def _base(series: Series, repository: Repository | None, options: Options) -> str | None:
    """The commit that the series applies to; None without a tree."""
    if repository is None:
        return None
    options.progress("looking for the base")
    return find_base(series, repository, options.base)[0]


def _understood(
    series: Series, repository: Repository | None, base: str | None, options: Options
) -> Understood:
    options.progress("reading the files")
    tree = _lay(series, repository, base)
    views = [view for path in tree.paths() if (view := tree.tip(path)) is not None]
    files = {view.path: FileFacts(view, options.cache) for view in views}
    elsewhere = (
        Surroundings(repository, base, files, options.cache) if repository is not None and base else None
    )
    program = Program(dict(files), elsewhere)
    if elsewhere is not None:
        options.progress("looking for other accesses near by")
        program.look_for(words_to_look_for(program))
        program.look_further(members_to_look_for(program))
    options.progress("looking at every access")
    return Understood(base, tree, Analysis(program, _before(tree)))


def _before(tree: SeriesTree) -> Before:
    """The files that lose a line which takes a lock, as they were."""
    removals = tuple(
        Removal(path, line.patch, line.text)
        for path in tree.paths()
        for line in tree.removed(path)
        if takes_lock(line.text)
    )
    views = {path: tree.base(path) for path in dict.fromkeys(removal.path for removal in removals)}
    return Before({path: FileFacts(view) for path, view in views.items() if view is not None}, removals)


def review_text(mail: bytes, options: Options | None = None) -> Report:
    """Review the series in the text of a mailbox, without a tree."""
    series = read_series(("-",), None, None, io.BytesIO(mail))
    return review(series, None, options).report


def _lay(series: Series, repository: Repository | None, base: str | None) -> SeriesTree:
    if repository is None or base is None:
        return SeriesTree(series)
    return SeriesTree(series, lambda path: repository.read(base, path), three_way(repository))


def _answers(program: Program, rules: tuple[Rule, ...]) -> Answers:
    """What authors answered in the code of the series, and at the fields' declarations."""
    known = [rule.id for rule in rules]
    found = NO_ANSWERS
    for path in sorted(program.files):
        file = program.files[path]
        if b"reviewbot: allow" in b"".join(fragment.text for fragment in file.view.fragments):
            found += line_answers(file.view, file.comments, known)
            found += field_answers(program.declaration_comments(path), known)
    return found


def _gates(facts: Sequence[Fact]) -> tuple[str, ...]:
    """The flags that cover a plain store of a pointer, so that nothing is asked about it."""
    gated = (f for f in facts if isinstance(f, Publication) and f.reason == GATED)
    return tuple(
        dict.fromkeys(f"{f.target} is covered by {f.gate}, acquired before every use" for f in gated)
    )


def _unread(program: Program) -> tuple[Unread, ...]:
    """What could not be parsed in the functions that the series touches."""
    touched = {path for path, file in program.files.items() if any(map(file.is_touched, file.functions))}
    found = [item for path in sorted(touched) for item in program.files[path].unread]
    found += program.left_out
    return tuple({(item.file, item.reason): item for item in reversed(found)}.values())[::-1]


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
