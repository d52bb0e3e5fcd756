"""`reviewbot story`: who touches a field, under which locks, since which patch."""

import posixpath
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from reviewbot.analysis.facts import Field, SharedAccess
from reviewbot.analysis.locks import common_locks
from reviewbot.analysis.program import Program
from reviewbot.analysis.stories import Seen, Story
from reviewbot.analysis.understand import Analysis
from reviewbot.cache import Cache
from reviewbot.commands.archives import archive
from reviewbot.commands.folders import facts
from reviewbot.commands.output import Progress, emit
from reviewbot.commands.place import Wish, ground, opened
from reviewbot.errors import ReviewbotError, SourceError
from reviewbot.pipeline import Options, understand
from reviewbot.publishers import clean
from reviewbot.sources.git import Repository
from reviewbot.sources.read import read_series
from reviewbot.surroundings import Surroundings, whole_view
from reviewbot.syntax.facts import FileFacts

MOST_FILES = 200
"""Files read when a field is looked up in a tree without a series."""

_HEADINGS = ("kind", "marking", "where", "function", "patch", "held")
_HINTS = 6
"""Names told where the one asked for is not known."""
_PAIRS = 5
"""Pairs without a common lock that are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Question:
    """A field, and where to look for it."""

    field: str
    sources: tuple[str, ...]
    wish: Wish
    revision: int | None = None
    archive: str | None = None
    quiet: bool = False
    verbose: bool = False
    no_cache: bool = False


def run(question: Question) -> None:
    """Print the story.

    Raises:
        ReviewbotError: the field is not accessed in what was looked at.
    """
    struct, _, name = question.field.removeprefix("struct ").replace("->", ".").rpartition(".")
    field = Field(struct or None, name)
    told = Progress(sys.stderr, question.verbose, question.quiet)
    with (
        told as progress,
        opened(question.wish, question.sources) as repository,
        facts(question.no_cache) as cache,
    ):
        progress("reading the files")
        if question.sources:
            analysis, notes = _of_series(question, repository, Options(progress=progress, cache=cache))
            analysis.program.look_for([name])
        else:
            analysis, notes = _of_tree(field, question.wish, repository, cache)
        progress("looking at every access")
        text = _told(field, analysis, notes)
    emit(text, None)


def _of_series(
    question: Question, repository: Repository | None, options: Options
) -> tuple[Analysis, tuple[str, ...]]:
    known = archive(question.archive, question.no_cache)
    series = read_series(question.sources, repository, question.revision, sys.stdin.buffer, known)
    found = ground(series, repository, question.wish)
    done = understand(series, found.repository, replace(options, base=found.base))
    if found.repository is None:
        return done.analysis, (*found.notes, "no tree: only what the hunks show (give --tree)")
    return done.analysis, (*found.notes, "looked in the files of the series, and near by for the same word")


def _of_tree(
    field: Field, wish: Wish, repository: Repository | None, cache: Cache
) -> tuple[Analysis, tuple[str, ...]]:
    """The files of the tree that have the field's name, as far as they can be read in one go."""
    if repository is None or not wish.is_wanted:
        raise SourceError("name a SOURCE, or stand in a git repository, or give --tree")
    commit = repository.resolve(wish.base or "HEAD")
    paths, count = _paths(field, commit, repository)
    texts = {path: repository.read(commit, path) for path in paths}
    views = [whole_view(path, text) for path, text in texts.items() if text is not None]
    files = {view.path: FileFacts(view, cache) for view in views}
    program = Program(files, Surroundings(repository, commit, dict(files), cache))
    note = f"looked in {len(files)} of {count} files at {commit[:12]} that have the word {field.name!r}"
    return Analysis(program), (note,)


def _paths(field: Field, commit: str, repository: Repository) -> tuple[tuple[str, ...], int]:
    """The files to look in, and of how many: those that name the struct too first, then their neighbours."""
    words = [word for word in (field.name, field.struct) if word]
    found = repository.occurrences(words, commit)
    every = found[field.name]
    if len(every) <= MOST_FILES or not field.struct:
        return every[:MOST_FILES], len(every)
    both = [path for path in every if path in set(found[field.struct])]
    folders = {posixpath.dirname(path) for path in both}
    near = [path for path in every if posixpath.dirname(path) in folders]
    return tuple(dict.fromkeys((*both, *near)))[:MOST_FILES], len(every)


def _told(field: Field, analysis: Analysis, notes: tuple[str, ...]) -> str:
    stories = analysis.stories.of(field.name)
    chosen = [story for story in stories if story.field == field]
    if not chosen:
        raise ReviewbotError(f"no access of {field} in what was looked at{_hint(field, stories, analysis)}")
    weak = [story for story in stories if story.field.weak]
    lines = [line for story in chosen for line in _lines(story)]
    for story in weak:
        lines += ["", f"Through a struct that could not be told, any with a member {story.field.name}:"]
        lines += _table(story.seen)
    lines += ["", *(f"Note: {note}." for note in notes)]
    return "".join(f"{clean.line(line) if line.startswith('Note') else clean.code(line)}\n" for line in lines)


def _hint(field: Field, stories: tuple[Story, ...], analysis: Analysis) -> str:
    """What to ask for instead: the same name elsewhere, the fields of a struct, or names much like it."""
    others = [str(story.field) for story in stories if not story.field.weak]
    if others:
        return f"; there is {_listed(others)}"
    program = analysis.program
    tag = field.name if field.struct is None else field.struct
    struct = program.types.struct(tag)
    members = [f"{tag}.{member.name}" for member in struct.members] if struct is not None else []
    if members:
        what = f"{tag} is a struct: name a field of it" if field.struct is None else f"struct {tag} has"
        return f"; {what}, {_listed(members)}" if field.struct is None else f"; {what} {_listed(members)}"
    known = {
        f"{declared.tag}.{member.name}": member.name
        for file in program.files.values()
        for declared in file.structs
        for member in declared.members
    }
    near = get_close_matches(field.name, sorted(set(known.values())), n=3)
    alike = [full for full, name in sorted(known.items()) if name in near]
    if alike:
        return f"; known by a name like it: {_listed(alike)}"
    return (
        f"; structs known here: {_listed(sorted({full.partition('.')[0] for full in known}))}"
        if known
        else ""
    )


def _listed(names: Sequence[str]) -> str:
    """`a, b, c and 4 more`."""
    more = len(names) - _HINTS
    return ", ".join(names[:_HINTS]) + (f" and {more} more" if more > 0 else "")


def _lines(story: Story) -> Iterator[str]:
    parts = [str(story.field)]
    if story.type is not None:
        parts.append(f"{story.type.name} {'*' * story.type.pointers}".rstrip())
    if story.is_new:
        parts.append("declared by this series")
    yield ", ".join(parts)
    yield from _table(story.seen)
    pairs = list(_open_pairs(story))
    yield from ["", *pairs] if pairs else []


def _table(seen: tuple[Seen, ...]) -> list[str]:
    rows = [_HEADINGS, *map(_row, seen)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    cells = ([cell.ljust(size) for cell, size in zip(row, widths, strict=True)] for row in rows)
    return [f"  {'  '.join(row)}".rstrip() for row in cells]


def _row(seen: Seen) -> tuple[str, ...]:
    access, place = seen.access, seen.access.place
    cells = (
        access.kind.value,
        access.accessor or access.marking.value,
        f"{place.path}:{place.line}",
        (f"{place.function}()" if place.function else "-") + (f" via {access.via}()" if access.via else ""),
        "-" if place.patch is None else str(place.patch),
        _protection(seen),
    )
    return tuple(clean.line(cell) for cell in cells)


def _protection(seen: Seen) -> str:
    """Locks with how each is known, sections, and why nobody else can be there."""
    access = seen.access
    parts = [f"{lock.text} ({lock.known}{'' if lock.is_exclusive else ', shared'})" for lock in access.held]
    parts += [" ".join(filter(None, (section.flavour, section.domain))) for section in access.sections]
    if access.is_fresh:
        parts.append("object not yet shared")
    elif seen.is_setup:
        parts.append("set up")
    elif seen.is_teardown:
        parts.append("torn down")
    return ", ".join(parts) or "nothing seen"


def _open_pairs(story: Story) -> Iterator[str]:
    """Which write and which other access no lock keeps apart, each pair of functions once."""
    live = [seen.access for seen in story.seen if seen.is_live]
    pairs: dict[tuple[str, str], None] = {}
    for write in (access for access in live if access.is_write):
        for other in live:
            if other is not write and _function(other) != _function(write) and not common_locks(write, other):
                one, two = sorted((_function(write), _function(other)))
                pairs[one, two] = None
    named = list(pairs)[:_PAIRS]
    for one, two in named:
        yield f"No lock in common: {one} and {two}"
    if len(pairs) > len(named):
        yield f"... and {len(pairs) - len(named)} more such pairs"
    if not pairs and any(access.is_write for access in live):
        yield "Every pair of accesses with a write in it has a lock in common, or is in one function."


def _function(access: SharedAccess) -> str:
    return f"{access.place.function}()" if access.place.function else access.place.path
