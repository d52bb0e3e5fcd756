"""`reviewbot story`: who touches a field, under which locks, since which patch."""

import posixpath
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import msgspec
from msgspec.structs import replace

from reviewbot.analysis.contexts import short_word
from reviewbot.analysis.facts import Field
from reviewbot.analysis.program import Program
from reviewbot.analysis.stories import Story
from reviewbot.analysis.study import Study
from reviewbot.analysis.understand import Analysis
from reviewbot.cache import Cache
from reviewbot.commands.archives import archive
from reviewbot.commands.folders import facts
from reviewbot.commands.output import Progress, emit
from reviewbot.commands.place import Wish, ground, opened
from reviewbot.comments import verdict
from reviewbot.errors import ReviewbotError, SourceError
from reviewbot.judges import Judge
from reviewbot.pipeline import Options, understand
from reviewbot.proof.prove import Prover
from reviewbot.publishers import clean
from reviewbot.publishers.accesses import Contexts, in_common, table
from reviewbot.rulebook.rulebook import ask, load_rules
from reviewbot.sources.git import Repository
from reviewbot.sources.read import read_series
from reviewbot.surroundings import Surroundings, whole_view
from reviewbot.syntax.facts import FileFacts

MOST_FILES = 200
"""Files read when a field is looked up in a tree without a series."""

_HINTS = 6
"""Names told where the one asked for is not known."""


class Question(msgspec.Struct, frozen=True):
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
            looked = _of_series(question, repository, Options(progress=progress, cache=cache))
            looked.analysis.program.look_for([name])
        else:
            looked = _of_tree(field, question.wish, repository, cache)
        progress("looking at every access")
        text = _told(field, looked)
    emit(text, None)


class _Looked(msgspec.Struct, frozen=True):
    """What there is to tell a story from."""

    analysis: Analysis
    judge: Judge
    notes: tuple[str, ...]


def _of_series(question: Question, repository: Repository | None, options: Options) -> _Looked:
    known = archive(question.archive, question.no_cache)
    series = read_series(question.sources, repository, question.revision, sys.stdin.buffer, known)
    found = ground(series, repository, question.wish)
    done = understand(series, found.repository, replace(options, base=found.base))
    note = "looked in the files of the series, and near by for the same word"
    if found.repository is None:
        note = "no tree: only what the hunks show (give --tree)"
    return _Looked(done.analysis, Judge(found.repository, done.base), (*found.notes, note))


def _of_tree(field: Field, wish: Wish, repository: Repository | None, cache: Cache) -> _Looked:
    """The files of the tree that have the field's name, as far as they can be read in one go."""
    if repository is None or not wish.is_wanted:
        raise SourceError("name a SOURCE, or stand in a git repository, or give --tree")
    commit = repository.resolve(wish.base or "HEAD")
    paths, count = _paths(field, commit, repository)
    texts = {path: repository.read(commit, path) for path in paths}
    views = [whole_view(path, text) for path, text in texts.items() if text is not None]
    files = {view.path: FileFacts(view, cache) for view in views}
    program = Program(files, Surroundings(repository, commit, dict(files), cache), is_all_new=True)
    note = f"looked in {len(files)} of {count} files at {commit[:12]} that have the word {field.name!r}"
    return _Looked(Analysis(program), Judge(repository, commit), (note,))


def _paths(field: Field, commit: str, repository: Repository) -> tuple[tuple[str, ...], int]:
    """The files to look in, and of how many: those that name the struct most first, then their neighbours."""
    words = [word for word in (field.name, field.struct) if word]
    found = repository.occurrences(words, commit)
    every = tuple(found[field.name])
    if len(every) <= MOST_FILES or not field.struct:
        return every[:MOST_FILES], len(every)
    struct = found[field.struct]
    both = sorted((path for path in every if path in struct), key=lambda path: -struct[path])
    folders = {posixpath.dirname(path) for path in both}
    near = [path for path in every if posixpath.dirname(path) in folders]
    return tuple(dict.fromkeys((*both, *near)))[:MOST_FILES], len(every)


def _told(field: Field, looked: _Looked) -> str:
    analysis = looked.analysis
    stories = analysis.stories.of(field.name)
    chosen = [story for story in stories if story.field == field]
    if not chosen:
        raise ReviewbotError(f"no access of {field} in what was looked at{_hint(field, stories, analysis)}")
    weak = [story for story in stories if story.field.weak]
    lines = [line for story in chosen for line in _lines(story, looked)]
    for story in weak:
        lines += ["", f"Through a struct that could not be told, any with a member {story.field.name}:"]
        lines += table(story.seen, _contexts(analysis))
    lines += ["", *(f"Note: {clean.line(note)}." for note in looked.notes)]
    return "".join(f"{clean.code(line)}\n" for line in lines)


def _contexts(analysis: Analysis) -> Contexts:
    def words(study: Study) -> list[str]:
        return sorted({short_word(context) for context in analysis.contexts.of(study)})

    return words


def _lines(story: Story, looked: _Looked) -> Iterator[str]:
    is_all_new = looked.analysis.program.is_all_new
    parts = [str(story.field)]
    if story.type is not None:
        parts.append(f"{story.type.name} {'*' * story.type.pointers}".rstrip())
    if story.is_new and not is_all_new:
        parts.append("declared by this series")
    yield ", ".join(parts)
    yield from table(story.seen, _contexts(looked.analysis))
    yield ""
    yield from in_common(story)
    words = _verdict(story, looked)
    yield f"Were it all new: {words}." if is_all_new else f"{words[0].upper()}{words[1:]}."


def _verdict(story: Story, looked: _Looked) -> str:
    """What is asked of the field, or why nothing is."""
    facts = looked.analysis.of_field(story)
    findings = ask(load_rules(), facts, prover=Prover(looked.judge))
    return clean.line(verdict(story.field, findings, story.reasons.told()))


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
    if known:
        return f"; structs known here: {_listed(sorted({full.partition('.')[0] for full in known}))}"
    return "; name it as the code declares it, a struct's tag and its member or a global (see --help)"


def _listed(names: Sequence[str]) -> str:
    """`a, b, c and 4 more`."""
    more = len(names) - _HINTS
    return ", ".join(names[:_HINTS]) + (f" and {more} more" if more > 0 else "")
