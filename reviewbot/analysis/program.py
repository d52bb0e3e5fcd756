"""The code at hand: the files of the series at the tip, and those of the tree that were asked for.

Nothing is lowered before somebody asks for the function.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from reviewbot.analysis.declared import declared_by_series
from reviewbot.analysis.elsewhere import Elsewhere
from reviewbot.analysis.facts import Field
from reviewbot.analysis.study import Study
from reviewbot.analysis.types import Types
from reviewbot.series.model import Unread
from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.model import Call, Struct, TypeName

__all__ = ("Elsewhere", "Program", "Site", "Study")

_CALLED = re.compile(rb"([A-Za-z_]\w*)\s*\(")

FEW_LINES = 12
"""A function of fewer lines may be a one-line helper with its comments."""


class Site(NamedTuple):
    """A call of a function: where it stands, and the number of its event there."""

    caller: Study
    event: int
    call: Call


def _enter(file: FileFacts, files_by_word: dict[bytes, list[str]]) -> None:
    """Enter a file under each word of its functions."""
    for word in file.words:
        files_by_word.setdefault(word, []).append(file.path)


class Program:
    """All files at hand, by function, word and struct."""

    def __init__(
        self, files: dict[str, FileFacts], elsewhere: Elsewhere | None = None, *, is_all_new: bool = False
    ) -> None:
        self.files = files
        self.is_all_new = is_all_new
        """Every line is taken for one of the series: what would be asked if somebody sent it all today."""
        self._elsewhere = elsewhere
        self._studies: dict[tuple[str, str], Study | None] = {}
        self.left_out: dict[Unread, None] = {}
        """What was not looked at, because there was too much of it."""
        self._asked: set[str] = set()
        self._mentioning: dict[str, tuple[Study, ...]] = {}
        self._sites: dict[Study, tuple[Site, ...]] = {}
        self._variables: set[str] = set()
        self._words: dict[str, set[str]] = {}
        self._near: set[str] = set()
        self._has_looked = False
        self._far: frozenset[str] = frozenset()
        variable = elsewhere.variable if elsewhere else lambda _name: None
        structs = (struct for path in sorted(files) for struct in files[path].structs)
        self.types = Types(structs, self._return_type, self._find_struct, variable)

    @cached_property
    def _defining(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.files):
            for name in self.files[path].function_names:
                found.setdefault(name, []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    def study(self, path: str, name: str) -> Study | None:
        """The study of a function of a file at hand; None too for one that is too long to follow."""
        key = (path, name)
        if key not in self._studies:
            function = self.files[path].function(name)
            if function is not None and self.files[path].is_cut(name):
                function = None
            self._studies[key] = Study(function, self.files[path], self.is_all_new) if function else None
        return self._studies[key]

    def studies(self, name: str, near: str | None = None) -> tuple[Study, ...]:
        """The definitions of a function; only the one in the file `near` where it has one."""
        paths = self._defining.get(name, ())
        if near in paths:
            paths = (near,)
        found = (self.study(path, name) for path in paths)
        return tuple(study for study in found if study is not None)

    def studies_if(self, name: str, near: str, accept: Callable[[bytes], bool]) -> Iterator[Study]:
        """The definitions of a function whose source is accepted: a cheap look before lowering."""
        return self.likely_studies(name, near, lambda file, found: accept(file.function_text(found)))

    def likely_studies(
        self, name: str, near: str, accept: Callable[[FileFacts, str], bool]
    ) -> Iterator[Study]:
        """The same, asked by file and name, for those who remember their answers."""
        paths = self._defining.get(name, ())
        for path in (near,) if near in paths else paths:
            if accept(self.files[path], name):
                study = self.study(path, name)
                if study is not None:
                    yield study

    def calling(self, names: frozenset[str]) -> Iterator[Study]:
        """The functions at hand whose source has one of the names before a parenthesis."""
        wanted = {name.encode("latin-1", "replace") for name in names}
        for path in sorted({path for name in names for path in self._having(name)}):
            file = self.files[path]
            mentioning = {function for name in names for function in file.functions_mentioning(name)}
            for name in dict.fromkeys(file.function_names):
                if name in mentioning and not wanted.isdisjoint(_CALLED.findall(file.function_text(name))):
                    study = self.study(path, name)
                    if study is not None:
                        yield study

    def mentioning(self, word: str) -> tuple[Study, ...]:
        """Every function at hand whose text has the word, in the order of path and line."""
        if word not in self._mentioning:
            found = (
                self.study(path, name)
                for path in self._having(word)
                for name in self.files[path].functions_mentioning(word)
            )
            self._mentioning[word] = tuple(study for study in found if study is not None)
        return self._mentioning[word]

    def sites(self, study: Study) -> tuple[Site, ...]:
        """The calls of a function at hand, other functions of its name left aside."""
        if study not in self._sites:
            self._sites[study] = tuple(
                Site(caller, index, call)
                for caller in self.mentioning(study.name)
                if caller is not study and study in self.studies(study.name, caller.file.path)
                for index, call in caller.calls()
                if call.function == study.name
            )
        return self._sites[study]

    def leave_out(self, path: str, reason: str) -> None:
        """Remember what was not looked at in a file, because there was too much of it."""
        self.left_out[Unread(path, None, reason)] = None

    def note(self, name: str, words: Iterable[str], *, is_variable: bool) -> None:
        """Remember what a member or variable that the series accesses is reached with."""
        self._words.setdefault(name, set()).update(words)
        if is_variable:
            self._variables.add(name)

    def accessing(self, name: str) -> tuple[Study, ...]:
        """The functions at hand that may access a member, or a variable, of this name.

        In files that the series does not touch only functions that also have the struct's
        tag or the object's name, where these are known: other structs have members of the
        same name.
        """
        found: list[Study] = []
        for path in self._having(name):
            file = self.files[path]
            names = dict.fromkeys(file.functions_accessing(name))
            words = self._words.get(name)
            if words and path in self._near:
                likely = {function for word in words for function in file.functions_mentioning(word)}
                names = dict.fromkeys(function for function in names if function in likely)
            if self.is_variable(name):
                names.update(dict.fromkeys(file.functions_mentioning(name)))
            found += (study for function in names if (study := self.study(path, function)) is not None)
        return tuple(found)

    def short_functions(self, member: str, accept: Callable[[FileFacts, str], bool]) -> Iterator[Study]:
        """The functions of a few lines that may access a member and are accepted: candidates for helpers."""
        for path in self._having(member):
            file = self.files[path]
            for name in file.functions_accessing(member):
                is_short = any(head.last_line - head.first_line < FEW_LINES for head in file.headers(name))
                if is_short and accept(file, name):
                    study = self.study(path, name)
                    if study is not None:
                        yield study

    def is_variable(self, name: str) -> bool:
        """Whether a file at hand declares a variable of this name, or a series line uses one."""
        return name in self._variables or name in self._file_variables

    @cached_property
    def _file_variables(self) -> dict[str, TypeName]:
        """The variables at file level, each with the type that the first of the files gives it."""
        found: dict[str, TypeName] = {}
        for path in sorted(self.files):
            for name, type_ in self.files[path].names.variables.items():
                found.setdefault(name, type_)
        return found

    def _having(self, word: str) -> list[str]:
        """The files with a function that has the word, sorted."""
        return sorted(self._files_by_word.get(word.encode("utf-8", "replace"), ()))

    @cached_property
    def _files_by_word(self) -> dict[bytes, list[str]]:
        """Word -> files: what is asked of a large series must not walk all of its files each time."""
        found: dict[bytes, list[str]] = {}
        for file in self.files.values():
            _enter(file, found)
        return found

    def look_for(self, words: Iterable[str]) -> None:
        """Bring in the files near by that have one of the words; costs one search."""
        wanted = sorted(set(words) - self._asked)
        self._asked.update(wanted)
        if self._elsewhere is None:
            return
        found = self._elsewhere.mentioning(wanted)
        self._bring({path for paths in found.values() for path in paths})

    def look_anywhere(self, words: Mapping[str, Iterable[str]]) -> None:
        """Bring in the files of the whole tree that have one of the words, or it and one of its partners."""
        if self._elsewhere is not None:
            self._bring(set(self._elsewhere.anywhere(words)))

    def look_further(self, headers: Mapping[str, Iterable[str]]) -> None:
        """Bring in the files far off that access a member marked: by member, the headers that declare it."""
        self._has_looked = True
        if self._elsewhere is not None and headers:
            before = set(self.files)
            self._bring(set(self._elsewhere.marking(headers)))
            self._far = frozenset(self.files.keys() - before)

    def is_far(self, study: Study) -> bool:
        """Whether a function is of a folder that was looked at for marks only."""
        return study.file.path in self._far

    def _bring(self, paths: set[str]) -> None:
        for path in sorted(paths - self.files.keys()):
            facts = self._elsewhere.load(path) if self._elsewhere else None
            if facts is not None:
                self._add(facts)

    def _add(self, facts: FileFacts) -> None:
        self.files[facts.path] = facts
        self._near.add(facts.path)
        self.__dict__.pop("_defining", None)
        self.__dict__.pop("_file_variables", None)
        if "_files_by_word" in self.__dict__:
            _enter(facts, self._files_by_word)
        self._mentioning.clear()
        self._sites.clear()
        for struct in facts.structs:
            self.types.add(struct)

    @property
    def has_tree(self) -> bool:
        """Whether more than the series can be seen."""
        return self._elsewhere is not None

    def _find_struct(self, tag: str) -> Struct | None:
        """A struct that no file at hand declares; what only code near by uses is not worth a long search."""
        return self._elsewhere.struct(tag, is_wanted=not self._has_looked) if self._elsewhere else None

    def _return_type(self, name: str) -> TypeName | None:
        paths = self._defining.get(name, ())
        headers = self.files[paths[0]].headers(name) if paths else ()
        if headers:
            return headers[0].return_type
        tag = self._elsewhere.pointed_to(name) if self._elsewhere is not None else None
        return TypeName(f"struct {tag}", 1) if tag else None

    def global_type(self, name: str) -> TypeName | None:
        """The declared type of a variable at file level."""
        return self._file_variables.get(name)

    def declares(self, field: Field) -> bool:
        """Whether the series declares the field: on a line that it wrote."""
        return self.is_all_new or (field.struct, field.name) in self._declared

    def declared(self, name: str) -> tuple[Field, ...]:
        """The fields and globals of this name that the series declares, sorted."""
        return self._declared_by_name.get(name, ())

    def all_declared(self) -> tuple[Field, ...]:
        """All fields and globals that the series declares, sorted."""
        return tuple(sorted((Field(struct, name) for struct, name in self._declared), key=lambda f: f.key))

    @cached_property
    def _declared_by_name(self) -> dict[str, tuple[Field, ...]]:
        found: dict[str, list[Field]] = {}
        for struct, name in self._declared:
            found.setdefault(name, []).append(Field(struct, name))
        return {name: tuple(sorted(fields, key=lambda f: f.key)) for name, fields in found.items()}

    @cached_property
    def _declared(self) -> frozenset[tuple[str | None, str]]:
        """Struct and name of all that lines of the series declare; files near by have none."""
        own = (file for file in self.files.values() if file.path not in self._near)
        return frozenset(declared for file in own for declared in declared_by_series(file))

    def declaration_comments(self, path: str) -> dict[Field, str]:
        """The comments at the members that a file declares."""
        return {
            Field(struct.tag, member.name): member.comment
            for struct in self.files[path].structs
            for member in struct.members
            if member.comment
        }

    def touched(self) -> Iterator[Study]:
        """The functions that the series wrote in, in the order of path and line."""
        for path in sorted(self.files):
            file = self.files[path]
            headers = file.functions if file.is_of_series else ()
            for name in dict.fromkeys(header.name for header in headers if file.is_touched(header)):
                study = self.study(path, name)
                if study is not None:
                    yield study
