"""What of the tree around a series is looked at: headers included, and files near by.

Everything is read at the base commit; files that the series touches come from its tip.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property

from reviewbot.cache import Cache
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.series.view import FileView, Fragment, older_lines
from reviewbot.sources.git import Repository
from reviewbot.syntax.codec import Codec
from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.model import Struct, TypeName
from reviewbot.syntax.shelf import digest

MOST_HEADERS = 400
"""Headers looked into, at most; two levels of #include are followed."""

MOST_FURTHER = 400
"""Headers of a third level that are looked into, at most, for structs that the two do not declare."""

MOST_FILES = 40
"""A word that more files near by have is too common to follow."""

MOST_ANYWHERE = 100
"""A word that more files of the whole tree have, beside the name of its struct, is not followed."""

LARGEST = 1_000_000
"""Bytes of a file near by that is still looked into; beyond that it is a generated table."""

MOST_FAR = 3
"""Files of other folders that are read for one member, at most: the smallest that store it first."""

_AT_ONCE = 50
"""Files that are read together: less waiting for git."""

# Looking for a literal is several times as fast as looking for one of two, or for the start of a line: a
# struct and a union are looked for one after the other, and a line by the end of the one above it.
_TAGS = re.compile(rb"struct\s+(\w+)\s*\{"), re.compile(rb"union\s+(\w+)\s*\{")
_POINTING = re.compile(
    rb"\n(?:(?:static[ \t]+)?(?:__always_)?inline[ \t]+(?:const[ \t]+)?struct[ \t]+(\w+)[ \t]*\*\s*(\w+)\("
    rb"|#[ \t]*define[ \t]+(\w+)\(\w+\)[ \t\\\n]*\(?container_of(?:_const)?\("
    rb"[^;{}#]{1,80}?,\s*struct[ \t]+(\w+)\s*,)"
)
"""Inline functions that return a pointer to a struct, and macros that are container_of()."""

_VARIABLE = re.compile(
    rb"\n(?:(?:extern|register)[ \t]++(?:const[ \t]++)?+struct[ \t]++(\w++)[ \t]*+"
    rb"(?:__\w++[ \t]++)*+([ \t*]*+)(?:__\w++[ \t]++)*+(\w++)(\[[^\]\n]*+\])?+"
    rb"(?:[ \t]*+asm[ \t]*+\([^()\n]*+\)|[^;,(){}\n]*+);"
    rb"|DECLARE_PER_CPU\w*+\(struct[ \t]++(\w++),[ \t]*+(\w++)\))"
)
"""Variables that are structs, arrays of them, or point to one, as headers declare them."""

_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")
_BLANKED = bytes(byte if byte in _LETTERS else 32 for byte in range(256))

_OCCURRENCES = Codec(dict[str, tuple[str, ...]])


class Surroundings:
    """The tree at the base, as the analysis asks for it."""

    def __init__(
        self, repository: Repository, base: str, files: dict[str, FileFacts], cache: Cache | None = None
    ) -> None:
        self._repository = repository
        self._base = base
        self._files = files
        self._cache = cache
        self._texts: dict[str, bytes | None] = {}
        self._facts: dict[str, FileFacts | None] = {}
        self._further_tags: dict[bytes, str] = {}
        self._placed: dict[tuple[str, str], dict[str, None]] = {}

    def struct(self, tag: str, *, is_wanted: bool = True) -> Struct | None:
        """The declaration of a tag in the headers that the files of the series include.

        Two levels of #include are followed, and the third if it `is_wanted` as much as that.
        `outer.member` is a nested one without a tag of its own, as in `Struct`.
        """
        outer = tag.partition(".")[0].encode("utf-8", "replace")
        for path in self._declaring.get(outer) or (self._declaring_further(outer) if is_wanted else ()):
            facts = self.load(path)
            found = facts.struct(tag) if facts else None
            if found is not None:
                return found
        return None

    @cached_property
    def _declaring(self) -> dict[bytes, list[str]]:
        """Tag -> the headers that declare it, in the order of their inclusion."""
        found: dict[bytes, list[str]] = {}
        for path in self._headers:
            for tag in self._tags(path):
                found.setdefault(tag, []).append(path)
        return found

    def _declaring_further(self, tag: bytes) -> Iterator[str]:
        """The first header three #includes away that declares a tag; no more are read than it takes."""
        while tag not in self._further_tags and (path := next(self._further, None)) is not None:
            for declared in self._tags(path):
                self._further_tags.setdefault(declared, path)
        if tag in self._further_tags:
            yield self._further_tags[tag]

    @cached_property
    def _further(self) -> Iterator[str]:
        """The headers three levels of #include away."""
        known = frozenset(self._headers)
        return iter([path for path in self._included(self._headers) if path not in known][:MOST_FURTHER])

    def _tags(self, header: str) -> Iterable[bytes]:
        """The structs and unions that a header declares, each once."""
        text = self._text(header) or b""
        return dict.fromkeys(tag for pattern in _TAGS for tag in pattern.findall(text))

    def variable(self, name: str) -> TypeName | None:
        """The type of a variable at file level that a header declares to be a struct, or to point to one.

        Those of the files of the series and of the headers they include are known; None also where
        two of one name differ.
        """
        return self._variables.get(name.encode("utf-8", "replace"))

    @cached_property
    def _variables(self) -> dict[bytes, TypeName | None]:
        found: dict[bytes, TypeName | None] = {}
        for text in self._own_and_included():
            for tag, stars, name, array, cpu_tag, cpu_name in _VARIABLE.findall(text):
                type_ = TypeName(f"struct {(tag or cpu_tag).decode('ascii')}", stars.count(b"*"), bool(array))
                key = name or cpu_name
                found[key] = type_ if found.get(key, type_) == type_ else None
        return found

    def _own_and_included(self) -> Iterator[bytes]:
        """The files of the series and the headers that they include, with a line end before each."""
        for file in self._files.values():
            yield from (b"\n" + fragment.text for fragment in file.view.fragments)
        yield from (b"\n" + (self._text(path) or b"") for path in self._headers)

    def pointed_to(self, name: str) -> str | None:
        """The tag of the struct that an inline function or a container_of() macro gives a pointer to.

        Those of the files of the series and of the headers they include are known; None also where
        two of one name give different structs.
        """
        return self._pointing.get(name.encode("utf-8", "replace"))

    @cached_property
    def _pointing(self) -> dict[bytes, str | None]:
        """Function or macro -> the tag of what it points to; None where definitions differ."""
        found: dict[bytes, str | None] = {}
        for text in self._own_and_included():
            for returned, function, macro, container in _POINTING.findall(text):
                name, tag = function or macro, (returned or container).decode("ascii")
                found[name] = tag if found.get(name, tag) == tag else None
        return found

    def load(self, path: str) -> FileFacts | None:
        """The facts of a file at the base; None where there is no such file."""
        if path not in self._facts:
            text = self._text(path)
            self._facts[path] = FileFacts(whole_view(path, text), self._cache) if text is not None else None
        return self._facts[path]

    def mentioning(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """For each word the files near by that have it; none for a word that too many have."""
        wanted = {word.encode("utf-8", "surrogateescape"): word for word in words}
        found: dict[str, list[str]] = {word: [] for word in wanted.values()}
        for path, known in self._words if wanted else ():
            for word in wanted.keys() & known:
                found[wanted[word]].append(path)
        return {word: tuple(paths) for word, paths in found.items() if len(paths) <= MOST_FILES}

    def anywhere(self, words: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        """The files of the whole tree that have one of the words; one search by git, which is kept.

        A word that more than `MOST_FILES` have is followed into those that have one of its partners
        as well, and not at all if these are more than `MOST_ANYWHERE`.
        """
        asked = sorted({*words, *(partner for partners in words.values() for partner in partners)})
        having = {word: set(paths) for word, paths in self._occurrences(asked).items()}
        found: set[str] = set()
        for word, partners in words.items():
            paths = having[word]
            if len(paths) > MOST_FILES:
                paths &= set().union(*(having[partner] for partner in partners))
            if len(paths) <= MOST_ANYWHERE:
                found |= paths
        return tuple(sorted(found))

    def _occurrences(self, words: list[str]) -> dict[str, tuple[str, ...]]:
        """For each word the files of the tree that have it, as an earlier run found them if there was one."""
        tree = self._repository.tree_id(self._base) if self._cache is not None else None
        name = digest(f"{tree} {' '.join(words)}".encode("utf-8", "surrogateescape"))
        kept = self._cache.find(name, "anywhere") if self._cache is not None and tree is not None else None
        if kept is not None:
            with suppress(ValueError):  # what cannot be read back is made anew
                return _OCCURRENCES.decode(kept)
        made = {word: tuple(paths) for word, paths in self._repository.occurrences(words, self._base).items()}
        if self._cache is not None and tree is not None and (text := _OCCURRENCES.encode(made)) is not None:
            self._cache.keep(name, "anywhere", text)
        return made

    def marking(self, headers: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        """The files that access a member marked, where the code of the headers lives; by member."""
        found: dict[str, None] = {}
        for member, paths in headers.items():
            name = re.escape(member.encode("utf-8", "replace"))
            marked = re.compile(_MARKED % name)
            texts = [(path, text) for path, text in self._far(tuple(paths)) if member.encode() in text]
            uses = [(path, text, set(marked.findall(text))) for path, text in texts]
            best = sorted((not _stores(used), len(text), path) for path, text, used in uses if used)
            found.update(dict.fromkeys(path for _, _, path in best[:MOST_FAR]))
        return tuple(found)

    def _far(self, headers: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        """The files of the folders where the code of headers lives, those near by left out."""
        homes = vocabulary().homes
        for folder in dict.fromkeys(folder for header in headers for folder in homes.of(header)):
            for path in self._repository.listing(self._base, folder):
                text = self._text(path) if path.endswith((".c", ".h")) else None
                if text is not None and len(text) <= LARGEST:
                    yield path, text

    @cached_property
    def _words(self) -> tuple[tuple[str, frozenset[bytes]], ...]:
        """The words of each file near by, by path: one reading answers all that will be asked.

        A search by git costs as much as this at every question, for it unpacks the files anew.
        """
        found: list[tuple[str, frozenset[bytes]]] = []
        for start in range(0, len(self._near), _AT_ONCE):
            words = self._words_of(self._near[start : start + _AT_ONCE])
            found += ((path, known) for path, known in words.items() if known is not None)
        return tuple(found)

    def _words_of(self, paths: Iterable[str]) -> dict[str, frozenset[bytes] | None]:
        """The words of files, each once; None for one that is left out. Known ones need not be read."""
        blobs = {path: self._repository.blob(self._base, path) or "" for path in paths}
        found = {path: self._kept_words(blob) for path, blob in blobs.items()}
        texts = {path: self._texts.get(path) for path, words in found.items() if words is None}
        unread = [path for path, text in texts.items() if text is None and blobs[path]]
        texts.update(zip(unread, self._repository.read_blobs([blobs[path] for path in unread]), strict=True))
        for path, text in texts.items():
            found[path] = words = _words(text)
            if self._cache is not None and words is not None:
                self._cache.keep(digest(blobs[path].encode("ascii")), "words", b" ".join(words))
        return found

    def _kept_words(self, blob: str) -> frozenset[bytes] | None:
        if self._cache is None or not self._cache.is_open:
            return None
        known = self._cache.find(digest(blob.encode("ascii")), "words")
        return frozenset(known.split()) if known is not None else None

    @cached_property
    def _near(self) -> tuple[str, ...]:
        """The files in the folders of the files of the series, and the headers those include."""
        folders = {posixpath.dirname(path) for path in self._files}
        beside = {
            path
            for folder in folders
            for path in self._repository.listing(self._base, folder)
            if path.endswith((".c", ".h"))
        }
        return tuple(sorted(beside.union(self._included(self._files))))

    @cached_property
    def _headers(self) -> tuple[str, ...]:
        """The headers that the files include, directly and then through one more."""
        first = self._included(self._files)
        return tuple(dict.fromkeys((*first, *self._included(first))))[:MOST_HEADERS]

    def _included(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The headers at the base that files include, in order."""
        found: dict[str, None] = {}
        for path in paths:
            names = self._files[path].includes if path in self._files else _includes(self._text(path) or b"")
            folder, home = posixpath.dirname(path), _home(path)
            for name in names:
                beside = f"{folder}/{name}" if folder else name
                if self._is_there(beside := posixpath.normpath(beside) if "./" in name else beside):
                    found[beside] = None
                found.update(self._places(home, name))
        return tuple(found)

    def _places(self, home: str, name: str) -> dict[str, None]:
        """Where the kernel's build finds a header that is not beside the file which includes it."""
        key = home, name
        if key not in self._placed:
            first = [place for place in _first_places(home, name) if self._is_there(place)]
            last = () if first else filter(self._is_there, _last_places(home, name))
            self._placed[key] = dict.fromkeys(first or last)
        return self._placed[key]

    def _is_there(self, path: str) -> bool:
        if path in self._texts:
            return self._texts[path] is not None
        return self._repository.blob(self._base, path) is not None

    def _text(self, path: str) -> bytes | None:
        if path not in self._texts:
            self._texts[path] = self._repository.read(self._base, path)
        return self._texts[path]


def _words(text: bytes | None) -> frozenset[bytes] | None:
    if text is None or len(text) > LARGEST or b"\0" in text:
        return None
    return frozenset(text.translate(_BLANKED).split())


_MARKED = (
    rb"(\b(?:READ|WRITE)_ONCE|\bsmp_load_acquire|\bsmp_store_release|\.data\s*=\s*&)"
    rb"[^;,]{0,99}?(?:->|\.)%b\b"
)
_STORING = frozenset({b"WRITE_ONCE", b"smp_store_release"})
"""What stores, of the accessors that the pattern knows; a row of a sysctl table does too."""


def _stores(used: set[bytes]) -> bool:
    return bool(used & _STORING) or any(use.startswith(b".") for use in used)


_INCLUDE = re.compile(rb'\n[ \t]*#[ \t]*include[ \t]+[<"]([\w./+-]+)[>"]')


def _includes(text: bytes) -> tuple[str, ...]:
    return tuple(name.decode("ascii") for name in _INCLUDE.findall(b"\n" + text))


def _home(path: str) -> str:
    """The folder of the architecture that a file belongs to; empty for the others."""
    return "/".join(path.split("/", 2)[:2]) if path.startswith("arch/") else ""


def _first_places(home: str, name: str) -> tuple[str, ...]:
    if not home and name.startswith("asm/"):
        home = "arch/x86"
    return (f"include/{name}", f"{home}/include/{name}") if home else (f"include/{name}",)


def _last_places(home: str, name: str) -> tuple[str, ...]:
    """Where a header may be that stands at none of the first places."""
    if not name.startswith("asm/"):
        return (f"include/uapi/{name}",) if "/" in name else ()
    generic = f"include/asm-generic/{name.removeprefix('asm/')}"
    return f"{home or 'arch/x86'}/include/uapi/{name}", generic


def whole_view(path: str, text: bytes) -> FileView:
    """A file at the base as a view: every line older than the series."""
    count = text.count(b"\n") + (not text.endswith(b"\n"))
    return FileView(path, (Fragment(text, older_lines(count)),), complete=True)
