"""A series laid over its tree and understood; imported only where no earlier run looked at the same."""

from collections.abc import Callable, Mapping

import msgspec

from reviewbot.analysis.before import Before, Removal, takes_lock
from reviewbot.analysis.novelty import members_to_look_for, words_to_look_for, words_to_look_for_anywhere
from reviewbot.analysis.program import Program
from reviewbot.analysis.understand import Analysis
from reviewbot.analysis.unmarked import bare, says_held
from reviewbot.cache import Cache
from reviewbot.looks import Look
from reviewbot.rulebook.allow import NO_ANSWERS, Answers, field_answers, line_answers
from reviewbot.series.model import Patch, Series, Unread
from reviewbot.series.tree import SeriesTree, ThreeWay
from reviewbot.sources.git import Repository
from reviewbot.sources.threeway import three_way
from reviewbot.surroundings import Surroundings
from reviewbot.syntax.facts import FileFacts


class Understood(msgspec.Struct, frozen=True):
    """A series over its tree: `base` is the commit, None where there is no tree."""

    base: str | None
    tree: SeriesTree
    analysis: Analysis
    is_settled: bool = True
    """It follows from the diffs and the tree at the base; objects beside it had no part."""

    def look(self, known: list[str]) -> Look:
        """What there is to ask about; `known` are the ids of the rules."""
        program, facts = self.analysis.program, self.analysis.facts()
        return Look(
            facts=facts,
            answers=_answers(program, known),
            unread=_unread(program),
            applied=self.tree.applied,
            notes=self.tree.notes,
            accounts=self.analysis.accounts(),
        )


class Means(msgspec.Struct, frozen=True):
    """What a look at a tree has at hand."""

    cache: Cache | None
    progress: Callable[[str], None]
    is_anywhere: bool = False
    """Other accesses are looked for in the whole tree, not only near by."""


def understood(
    series: Series,
    repository: Repository | None,
    base: str | None,
    means: Means,
) -> Understood:
    """A series laid over its tree, and the analysis of that; nothing is asked of it yet.

    Raises:
        ReviewbotError: the tree cannot be read.
    """
    means.progress("reading the files")
    merging = _Merging(three_way(repository)) if repository is not None and base is not None else None
    tree = _lay(series, repository, base, merging)
    views = [view for path in tree.paths() if (view := tree.tip(path)) is not None]
    files = {view.path: FileFacts(view, means.cache) for view in views}
    elsewhere = (
        Surroundings(repository, base, files, means.cache) if repository is not None and base else None
    )
    program = Program(dict(files), elsewhere)
    if elsewhere is not None:
        means.progress("looking for other accesses near by")
        program.look_for(words_to_look_for(program))
        if means.is_anywhere:
            means.progress("looking for other accesses in the whole tree")
            program.look_anywhere(words_to_look_for_anywhere(program))
        program.look_further(members_to_look_for(program))
    means.progress("looking at every access")
    return Understood(
        base, tree, Analysis(program, _before(tree, series)), not (merging and merging.was_asked)
    )


class _Merging(msgspec.Struct):
    """Merges patches, and remembers that it was asked: it reads objects that the tree need not have."""

    merge: ThreeWay
    was_asked: bool = False

    def __call__(self, patch: Patch, texts: Mapping[str, bytes]) -> Mapping[str, bytes] | None:
        self.was_asked = True
        return self.merge(patch, texts)


def _before(tree: SeriesTree, series: Series) -> Before:
    """The files that lose a line which takes a lock, as they were; and the marks taken off for a lock."""
    removals = tuple(
        Removal(path, line.patch, line.text)
        for path in tree.paths()
        for line in tree.removed(path)
        if takes_lock(line.text)
    )
    views = {path: tree.base(path) for path in dict.fromkeys(removal.path for removal in removals)}
    files = {path: FileFacts(view) for path, view in views.items() if view is not None}
    return Before(files, removals, _unmarked(tree, series))


def _unmarked(tree: SeriesTree, series: Series) -> dict[tuple[str, int], frozenset[str]]:
    """By path and patch what removed lines would read without their marks, of patches that name a lock."""
    telling = {patch.index for patch in series.patches if says_held(patch.subject, patch.body)}
    found: dict[tuple[str, int], list[str]] = {}
    for path in tree.paths() if telling else ():
        for line in tree.removed(path):
            if line.patch in telling:
                found.setdefault((path, line.patch), []).append(line.text)
    return {key: bare(lines) for key, lines in found.items()}


def _lay(
    series: Series, repository: Repository | None, base: str | None, merge: ThreeWay | None
) -> SeriesTree:
    if repository is None or base is None:
        return SeriesTree(series)
    return SeriesTree(series, lambda path: repository.read(base, path), merge)


def _answers(program: Program, known: list[str]) -> Answers:
    """What authors answered in the code of the series, and at the fields' declarations."""
    found = NO_ANSWERS
    for path in sorted(program.files):
        file = program.files[path]
        if b"reviewbot: allow" in b"".join(fragment.text for fragment in file.view.fragments):
            found += line_answers(file.view, file.comments, known)
            found += field_answers(program.declaration_comments(path), known)
    return found


def _unread(program: Program) -> tuple[Unread, ...]:
    """What could not be parsed in the functions that the series touches."""
    own = {path: file for path, file in program.files.items() if file.is_of_series}
    touched = {path for path, file in own.items() if any(map(file.is_touched, file.functions))}
    found = [item for path in sorted(touched) for item in program.files[path].unread]
    found += program.left_out
    return tuple({(item.file, item.reason): item for item in reversed(found)}.values())[::-1]
