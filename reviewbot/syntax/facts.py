"""The facts of one file: read as a whole cheaply, functions lowered when they are asked for."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from reviewbot.cache import Cache
from reviewbot.series.model import Unread
from reviewbot.series.view import FileView
from reviewbot.syntax.body import FileNames
from reviewbot.syntax.codec import Codec
from reviewbot.syntax.comments import Comments
from reviewbot.syntax.fragment import UNSEEN, complete
from reviewbot.syntax.functions import FunctionHeader, Outline, header
from reviewbot.syntax.items import Item, Shape
from reviewbot.syntax.lower import NOTHING_KNOWN, TOO_LONG, Known, Lowered, lower
from reviewbot.syntax.model import (
    Comment,
    Function,
    GlobalVariable,
    Invocation,
    Knob,
    Macro,
    Registration,
    Struct,
)
from reviewbot.syntax.normalise import read_source
from reviewbot.syntax.parts import Declared, Joint, Lines, fullest, join
from reviewbot.syntax.pieces import Piece, piece_of
from reviewbot.syntax.shelf import Shelf
from reviewbot.syntax.structs import Where, read_structs, tag_of
from reviewbot.syntax.tables import (
    read_globals,
    read_invocation,
    read_knobs,
    read_registrations,
    static_locals,
)
from reviewbot.syntax.words import SPACED, is_addressed

_FUNCTION = Codec(Lowered)
_STRUCTS = Codec(tuple[Struct, ...])
_VARIABLES = Codec(tuple[GlobalVariable, ...])

_MEMBER = re.compile(rb"(?:->|\.)\s*([A-Za-z_]\w*)")
_CONDITIONAL = re.compile(
    rb"^[ \t]*#[ \t]*(ifdef|ifndef|if|elifdef|elifndef|elif|else|endif)\b", re.MULTILINE
)
_ENUMERATOR = re.compile(rb"[{,]\s*([A-Za-z_]\w*)")


class FileFacts:
    """What one file says at one end of the series. All properties are computed once.

    Lines count from 1 in their fragment. A function that several fragments show parts of is found
    under its name as one, whose lines count through them all; `parts(name)` gives each by itself.
    """

    def __init__(self, view: FileView, cache: Cache | None = None) -> None:
        self.view = view
        self._shelf = Shelf(cache, view)
        self.path = view.path
        self.complete = view.complete
        self._pieces = tuple(
            piece_of(index, read_source(fragment.text) if view.complete else complete(fragment))
            for index, fragment in enumerate(view.fragments)
        )
        self._lowered: dict[tuple[int, int], Lowered] = {}
        self._addressed: dict[str, bool] = {}
        self._headers: dict[int, FunctionHeader] = {}
        self._joints: dict[str, Joint] = {}

    @cached_property
    def functions(self) -> tuple[FunctionHeader, ...]:
        """The headings of all functions, in source order."""
        return tuple(self._header(index) for index in range(len(self._outlines)))

    @cached_property
    def function_names(self) -> tuple[str, ...]:
        """The name of each function, in source order."""
        return tuple("" if one.name == UNSEEN.decode() else one.name for one, _ in self._outlines)

    @cached_property
    def _outlines(self) -> tuple[tuple[Outline, Piece], ...]:
        return tuple((found, piece) for piece in self._pieces for found in piece.outlines)

    def _header(self, index: int) -> FunctionHeader:
        """The heading of a function by its number; of most nobody asks more than the name."""
        if index not in self._headers:
            found, piece = self._outlines[index]
            if found.name == UNSEEN.decode():
                found = Outline("", found.name_at, found.item, found.is_macro)
            self._headers[index] = header(found, piece.source, piece.index, piece.is_whole(found.item))
        return self._headers[index]

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, name in enumerate(self.function_names):
            found.setdefault(name, []).append(index)
        return found

    def headers(self, name: str) -> tuple[FunctionHeader, ...]:
        """The headings of all definitions, or parts of one, under that name."""
        return tuple(self._header(index) for index in self._by_name.get(name, ()))

    def function(self, name: str) -> Function | None:
        """The function of that name, lowered; None where the file defines none.

        Of several (under #if) the one with the most lines; the parts that several hunks show are joined.
        """
        if self._is_split(name):
            return self._joint(name).function
        parts = self.parts(name)
        return max(parts, key=lambda part: part.last_line - part.first_line) if parts else None

    def is_cut(self, name: str) -> bool:
        """Whether a function, or a part of it, is too long to be followed to its end."""
        return any(self._lower(index).is_cut for index in self._by_name.get(name, ()))

    def parts(self, name: str) -> tuple[Function, ...]:
        """All definitions, or parts of one, under that name."""
        return tuple(self._lower(index).function for index in self._by_name.get(name, ()))

    def _lower(self, index: int) -> Lowered:
        key = self._key(index)
        if key not in self._lowered:
            name = self.function_names[index]
            if self._is_split(name):
                self._lower_parts(name)
            else:
                self._lowered[key] = self._lower_alone(index)
        return self._lowered[key]

    def _key(self, index: int) -> tuple[int, int]:
        found, piece = self._outlines[index]
        return piece.index, found.item.start

    def _lower_alone(self, index: int, known: Known = NOTHING_KNOWN) -> Lowered:
        found, piece = self._outlines[index]
        head = self._header(index)
        return self._shelf.part(
            f"function at {found.item.start}",
            _FUNCTION,
            lambda: lower(head, found.item, piece.source, self.names, self.path, known),
        )

    # -- a function that several hunks show parts of

    def _is_split(self, name: str) -> bool:
        """Whether the functions of a name are parts of one: only one of them shows its heading itself."""
        indices = self._by_name.get(name, ())
        if self.complete or not name or len(indices) < 2:
            return False
        fragments = {self._outlines[index][1].index for index in indices}
        return len(fragments) == len(indices) and sum(map(self._shows_heading, indices)) < 2

    def _shows_heading(self, index: int) -> bool:
        found, piece = self._outlines[index]
        return found.item.start >= piece.source.added

    def _fullest(self, name: str) -> FunctionHeader:
        return fullest((self._header(index), self._shows_heading(index)) for index in self._by_name[name])

    def _lower_parts(self, name: str) -> None:
        declared = Declared(self._fullest(name))
        for index in self._by_name[name]:
            lowered = self._lowered[self._key(index)] = self._lower_alone(index, declared.known)
            declared.add(lowered)

    def _joint(self, name: str) -> Joint:
        if name not in self._joints:
            self._joints[name] = join(self._fullest(name), self.parts(name), self._lines)
        return self._joints[name]

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.view.fragments)

    def place_of(self, function: Function, line: int) -> tuple[int, int]:
        """The fragment that a line of a function lies in, and its number there."""
        return self._lines.place(line) if function.parts else (function.fragment, line)

    @property
    def words(self) -> Iterable[bytes]:
        """Every word that stands in a function (comments apart), each once."""
        return self._functions_by_word

    def functions_mentioning(self, word: str) -> tuple[str, ...]:
        """The names of the functions whose text holds `word` as a word (comments apart)."""
        return tuple(self._functions_by_word.get(word.encode("utf-8", "replace"), ()))

    def functions_accessing(self, member: str) -> tuple[str, ...]:
        """The names of the functions whose text holds `->member` or `.member`."""
        return tuple(self._functions_by_member.get(member.encode("utf-8", "replace"), ()))

    @cached_property
    def _functions_by_member(self) -> dict[bytes, dict[str, None]]:
        """Member -> functions, in source order."""
        return self._index(_MEMBER.findall)

    @cached_property
    def _functions_by_word(self) -> dict[bytes, dict[str, None]]:
        """Word -> functions, in source order: one pass serves the hundreds of words of a series."""
        return self._index(lambda text: text.translate(SPACED).split())

    def _index(self, words: Callable[[bytes], list[bytes]]) -> dict[bytes, dict[str, None]]:
        found: dict[bytes, dict[str, None]] = {}
        for piece in self._pieces:
            for one in piece.outlines:
                name = "" if one.name == UNSEEN.decode() else one.name
                for word in set(words(piece.source.bare[one.item.start : one.item.end])):
                    found.setdefault(word, {})[name] = None
        return found

    def function_text(self, name: str) -> bytes:
        """The text of all parts of a function: heading and body, comments and strings blanked."""
        return b"\n".join(
            piece.source.bare[found.item.start : found.item.end]
            for found, piece in (self._outlines[index] for index in self._by_name.get(name, ()))
        )

    def bodies(self, name: str) -> tuple[bytes, ...]:
        """The text of each part of a function from its brace on, comments and strings blanked."""
        return tuple(
            piece.source.bare[found.item.opening : found.item.end]
            for found, piece in (self._outlines[index] for index in self._by_name.get(name, ()))
        )

    def line_text(self, fragment: int, line: int) -> str:
        """The source of a line, as it stands in its fragment; empty beyond its end."""
        source = self._pieces[fragment].source
        index = line - 1 + (source.added > 0)
        if not 0 <= index < len(source.line_starts):
            return ""
        start = source.line_starts[index]
        end = source.text.find(b"\n", start)
        return source.text[start : end if end >= 0 else len(source.text)].decode("utf-8", "replace")

    def conditionals(self, function: Function) -> Iterator[tuple[int, bytes]]:
        """The directives of conditionals in a function: line and word, in order."""
        for part in function.parts or (function,):
            fragment, first = self.place_of(function, part.first_line)
            shift = part.first_line - first
            source = self._pieces[fragment].source
            index = source.added > 0
            start = source.line_starts[max(first - 1 + index, 0)]
            end = part.last_line - shift + index
            stop = source.line_starts[end] if end < len(source.line_starts) else len(source.text)
            for match in _CONDITIONAL.finditer(source.text, start, stop):
                yield source.line(match.start(1)) + shift, match.group(1)

    def is_touched(self, head: FunctionHeader) -> bool:
        """Whether the series wrote or moved a line of the function."""
        lines = self._touched_lines[head.fragment]
        at = bisect_left(lines, head.first_line)
        return at < len(lines) and lines[at] <= head.last_line

    @cached_property
    def is_of_series(self) -> bool:
        """Whether the series wrote or moved any line of the file."""
        return any(self._touched_lines)

    @cached_property
    def _touched_lines(self) -> tuple[tuple[int, ...], ...]:
        """Of each fragment the lines that the series wrote or moved, in order."""
        return tuple(
            tuple(line for line, origin in enumerate(fragment.origins, 1) if origin.patch is not None)
            for fragment in self.view.fragments
        )

    def comments_above(self, name: str) -> tuple[str, ...]:
        """The text of the comment that ends on the line before each definition of a function."""
        heads = self.headers(name)
        found = (self._comments[head.fragment].get(head.first_line - 1) for head in heads)
        return tuple(comment.text for comment in found if comment is not None)

    def takes_address(self, name: str) -> bool:
        """Whether the name of a function stands anywhere but before a parenthesis."""
        if name not in self._addressed:
            word = name.encode("ascii") if name.isascii() and name.isidentifier() else b""
            self._addressed[name] = any(is_addressed(word, piece.source.bare) for piece in self._pieces)
        return self._addressed[name]

    @cached_property
    def names(self) -> FileNames:
        """The functions, variables and enumerators that the file declares."""
        return FileNames(
            frozenset(one.name for piece in self._pieces for one in piece.outlines),
            {one.name: one.type for one in self._file_variables},
            frozenset(self._enumerators()),
        )

    def _enumerators(self) -> Iterator[str]:
        for piece in self._pieces:
            for item in piece.items:
                if item.shape is Shape.TYPE and b"enum" in piece.source.bare[item.start : item.opening]:
                    body = piece.source.bare[item.opening : item.end]
                    yield from (name.decode("latin-1") for name in _ENUMERATOR.findall(body))

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """All comments, in source order."""
        return tuple(comment for one in self._comments for comment in one)

    @cached_property
    def _comments(self) -> tuple[Comments, ...]:
        """Of each fragment."""
        return tuple(Comments(piece.source, piece.index) for piece in self._pieces)

    @cached_property
    def structs(self) -> tuple[Struct, ...]:
        """All structs and unions."""
        return self._shelf.part("structs", _STRUCTS, lambda: tuple(self._read_structs()))

    def _read_structs(self) -> Iterator[Struct]:
        for piece, item in self._type_items:
            yield from self._structs_of(piece, item)

    def struct(self, tag: str) -> Struct | None:
        """One struct, without reading the others; `outer.member` for a nested one without tag."""
        found = self._shelf.part(
            f"struct {tag}", _STRUCTS, lambda: (known,) if (known := self._struct(tag)) else ()
        )
        return found[0] if found else None

    def _struct(self, tag: str) -> Struct | None:
        for piece, item in self._type_items:
            if tag_of(item, piece.source) == tag.partition(".")[0]:
                for struct in self._structs_of(piece, item):
                    if struct.tag == tag:
                        return struct
        return (
            next((struct for struct in self.structs if struct.tag == tag), None) if self._nests(tag) else None
        )

    def _nests(self, tag: str) -> bool:
        head = re.compile(
            rb"(?<!\w)(?:struct|union)\s+" + re.escape(tag.encode("utf-8", "replace")) + rb"\s*\{"
        )
        return any(head.search(piece.source.bare) for piece in self._pieces)

    @cached_property
    def _type_items(self) -> tuple[tuple[Piece, Item], ...]:
        return tuple(
            (piece, item) for piece in self._pieces for item in piece.items if item.shape is Shape.TYPE
        )

    def _structs_of(self, piece: Piece, item: Item) -> tuple[Struct, ...]:
        comments = self._comments[piece.index]
        return read_structs(item, piece.source, Where(self.path, piece.index, comments, piece.is_whole(item)))

    @cached_property
    def _file_variables(self) -> tuple[GlobalVariable, ...]:
        return self._shelf.part("variables", _VARIABLES, lambda: tuple(self._read_variables()))

    def _read_variables(self) -> Iterator[GlobalVariable]:
        for piece in self._pieces:
            for item in piece.items:
                if item.shape in (Shape.DECLARATION, Shape.INITIALISED):
                    yield from read_globals(item, piece.source, piece.index)

    @cached_property
    def globals(self) -> tuple[GlobalVariable, ...]:
        """The variables of the file, then the static ones inside its functions."""
        inner = (
            one
            for piece in self._pieces
            for found in piece.outlines
            for one in static_locals(found.name, found.item, piece.source, piece.index)
        )
        return (*self._file_variables, *inner)

    @cached_property
    def registrations(self) -> tuple[Registration, ...]:
        """The functions that initialisers at file level name."""
        return tuple(
            one
            for piece in self._pieces
            for item in piece.items
            if item.shape is Shape.INITIALISED
            for variable in read_globals(item, piece.source, piece.index)[:1]
            for one in read_registrations(item, piece.source, variable.type)
        )

    @cached_property
    def knobs(self) -> tuple[Knob, ...]:
        """The memory that tables at file level let users set."""
        return tuple(
            one
            for piece in self._pieces
            if b"proc_handler" in piece.source.bare
            for item in piece.items
            if item.shape is Shape.INITIALISED
            for variable in read_globals(item, piece.source, piece.index)[:1]
            for one in read_knobs(item, piece.source, variable.type, piece.index)
        )

    @cached_property
    def invocations(self) -> tuple[Invocation, ...]:
        """The macros used at file level, such as `DEVICE_ATTR_RW(mode)`."""
        found = (
            read_invocation(item, piece.source, piece.index)
            for piece in self._pieces
            for item in piece.items
            if item.shape is Shape.DECLARATION
        )
        return tuple(one for one in found if one is not None)

    @cached_property
    def macros(self) -> tuple[Macro, ...]:
        """The function-like macros."""
        return tuple(macro for piece in self._pieces for macro in piece.source.directives.macros)

    @cached_property
    def includes(self) -> tuple[str, ...]:
        """The names of the files included."""
        return tuple(name for piece in self._pieces for name in piece.source.directives.includes)

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What was not understood so far: in structs, and in the functions lowered up to now."""
        found: list[Unread] = []
        for index, head in enumerate(self.functions):
            lowered = self._lowered.get((head.fragment, self._outlines[index][0].item.start))
            for line, reason in lowered.unread if lowered else ():
                where = f"in {head.name}(): {reason}" if head.name else reason
                found.append(Unread(self.path, self._line_of_file(head.fragment, line), where))
        found += (
            Unread(self.path, self._line_of_file(part.fragment, part.line), f"in {name}(): {TOO_LONG}")
            for name, joint in self._joints.items()
            for part in joint.left_out
        )
        return tuple(dict.fromkeys([*found, *self._unread_structs()]))

    def _unread_structs(self) -> Iterator[Unread]:
        """Of the structs read up to now, those with a part that did not parse."""
        for struct in self.__dict__.get("structs", ()):
            if not struct.is_whole and self.complete:
                yield Unread(self.path, struct.line, f"in struct {struct.tag}: could not be parsed")

    def _line_of_file(self, fragment: int, line: int) -> int:
        """The line of the file that a line of a fragment is."""
        origins = self.view.fragments[fragment].origins
        return origins[min(max(line, 1), len(origins)) - 1].line if origins else line
