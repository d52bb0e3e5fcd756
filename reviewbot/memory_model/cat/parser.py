"""Parses cat files."""

from __future__ import annotations

from collections.abc import Callable

from reviewbot.memory_model.cat.lexer import Place, Source, Word, words
from reviewbot.memory_model.cat.terms import (
    Application,
    Attempt,
    Binding,
    Check,
    Choice,
    Definition,
    File,
    Function,
    Include,
    Local,
    Name,
    Operation,
    Pack,
    Statement,
    Tags,
    Term,
    With,
)

MAX_DEPTH = 80
"""How deep terms may nest; a person's model stays below 10."""

_BINDS = {"|": 1, "++": 2, ";": 3, "\\": 4, "&": 5, "*": 6}
_POSTFIX = {"+": "^+", "*": "^*", "?": "?", "^-1": "^-1", "^+": "^+", "^*": "^*"}
_CHECKS = frozenset({"empty", "acyclic", "irreflexive", "~"})
_STARTS = frozenset({"name", "(", "[", "{", "0", "_"})
_WANTED = {"name": "a name", "string": "a text in quotes", "tag": "a 'tag"}
_TITLE_OPTIONS = frozenset({"withco", "withoutco", "withinit", "withoutinit", "withsc", "withoutsc"})


class Parser:
    """One file, read from left to right."""

    def __init__(self, source: Source) -> None:
        self._words = words(source)
        self._next = 0
        self._depth = 0

    # words

    @property
    def _word(self) -> Word:
        return self._words[self._next]

    def _take(self, kind: str | None = None) -> Word:
        word = self._word
        if kind is not None and word.kind != kind:
            wanted = _WANTED.get(kind, f"`{kind}`")
            raise word.place.error(f"{wanted} is expected here, not {_shown(word)}")
        if word.kind != "end":
            self._next += 1
        return word

    def _takes(self, kind: str) -> bool:
        if self._word.kind != kind:
            return False
        self._next += 1
        return True

    # statements

    def file(self) -> File:
        """The whole file."""
        title = ""
        if self._word.kind in ("string", "name"):
            title = self._take().text
        while self._word.kind == "name" and self._word.text in _TITLE_OPTIONS:
            self._take()
        statements: list[Statement] = []
        while self._word.kind != "end":
            statement = self._statement()
            if statement is not None:
                statements.append(statement)
        return File(title, tuple(statements))

    def _statement(self) -> Statement | None:
        word = self._take()
        if word.kind in _CHECKS:
            return self._check(word, flag=False)
        if word.kind == "flag":
            return self._check(self._take(), flag=True)
        ways: dict[str, Callable[[Place], Statement | None]] = {
            "let": self._definition,
            "include": self._include,
            "with": self._with,
            "enum": self._tags,
            "instructions": self._instructions,
            "show": self._show,
            "unshow": self._show,
        }
        if word.kind not in ways:
            raise word.place.error(f"a statement is expected here, not {_shown(word)}")
        return ways[word.kind](word.place)

    def _definition(self, _: Place) -> Statement:
        recursive = self._takes("rec")
        return Definition(self._bindings(), recursive)

    def _include(self, place: Place) -> Statement:
        return Include(self._take("string").text, place)

    def _with(self, place: Place) -> Statement:
        name = self._take("name").text
        self._take("from")
        return With(name, self.term(), place)

    def _check(self, word: Word, *, flag: bool) -> Statement:
        place = word.place
        negated = word.kind == "~"
        if negated:
            word = self._take()
        if word.kind not in _CHECKS - {"~"}:
            wanted = "`empty`, `acyclic` or `irreflexive`"
            raise word.place.error(f"{wanted} is expected here, not {_shown(word)}")
        term = self.term()
        name = self._take("name").text if self._takes("as") else str(place)
        return Check(word.kind, negated, flag, name, term, place)

    def _tags(self, _: Place) -> Statement:
        self._take("name")
        self._take("=")
        names = [self._take("tag").text]
        while self._takes("||"):
            names.append(self._take("tag").text)
        return Tags(tuple(names))

    def _instructions(self, _: Place) -> None:
        """Which annotation an instruction may carry is the .def file's business; only the form is read."""
        self._take("name")
        self._take("[")
        if self._takes("{"):
            self._take("tag")
            while self._takes(","):
                self._take("tag")
            self._take("}")
        else:
            self._take("name")
        self._take("]")

    def _show(self, _: Place) -> None:
        """Only for drawing."""
        while True:
            self.term()
            if self._takes("as"):
                self._take("name")
            if not self._takes(","):
                return

    # terms

    def _bindings(self) -> tuple[Binding, ...]:
        found = [self._binding()]
        while self._takes("and"):
            found.append(self._binding())
        return tuple(found)

    def _binding(self) -> Binding:
        word = self._take("name")
        parameters: list[tuple[str, ...]] = []
        while self._word.kind != "=":
            parameters.append(self._parameters())
        self._take("=")
        value = self.term()
        for names in reversed(parameters):
            value = Function(names, value, word.place)
        return Binding(word.text, value, word.place)

    def _parameters(self) -> tuple[str, ...]:
        if not self._takes("("):
            return (self._take("name").text,)
        names: list[str] = []
        while not self._takes(")"):
            if names:
                self._take(",")
            names.append(self._take("name").text)
        return tuple(names)

    def term(self) -> Term:
        """One term, as long as it goes."""
        self._deeper()
        ways = {"let": self._local, "fun": self._function, "try": self._attempt, "if": self._choice}
        kind = self._word.kind
        term = ways[kind](self._take()) if kind in ways else self._binary(1)
        self._depth -= 1
        return term

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._word.place.error(f"terms nest deeper than {MAX_DEPTH}")

    def _local(self, word: Word) -> Term:
        recursive = self._takes("rec")
        bindings = self._bindings()
        self._take("in")
        return Local(bindings, recursive, self.term(), word.place)

    def _function(self, word: Word) -> Term:
        parameters = self._parameters()
        self._take("->")
        return Function(parameters, self.term(), word.place)

    def _attempt(self, word: Word) -> Term:
        term = self.term()
        self._take("with")
        return Attempt(term, self.term(), word.place)

    def _choice(self, word: Word) -> Term:
        swapped = self._takes("not")
        variant = self._take("string").text
        self._take("then")
        yes = self.term()
        self._take("else")
        no = self.term()
        return Choice(variant, no, yes, word.place) if swapped else Choice(variant, yes, no, word.place)

    def _binary(self, least: int) -> Term:
        left = self._postfix()
        while (binds := _BINDS.get(self._word.kind, 0)) >= least:
            word = self._take()
            if word.kind == "++":
                # it alone groups to the right: what follows may be a list of its own
                self._deeper()
                right = self._binary(binds)
                self._depth -= 1
            else:
                right = self._binary(binds + 1)
            left = Operation(word.kind, (left, right), word.place)
        return left

    def _postfix(self) -> Term:
        negations: list[Word] = []
        while self._word.kind == "~":
            negations.append(self._take())
        term = self._applied()
        while self._word.kind in _POSTFIX and not self._is_product():
            word = self._take()
            term = Operation(_POSTFIX[word.kind], (term,), word.place)
        for word in negations:
            term = Operation("~", (term,), word.place)
        return term

    def _is_product(self) -> bool:
        """`*` stands between two terms, or after one."""
        return self._word.kind == "*" and self._words[self._next + 1].kind in _STARTS | {"~"}

    def _applied(self) -> Term:
        term = self._atom()
        while self._word.kind in _STARTS and isinstance(term, Name | Application):
            place = self._word.place
            term = Application(term, self._atom(), place)
        return term

    def _atom(self) -> Term:
        word = self._take()
        if word.kind in ("name", "0", "_"):
            return Name(word.text, word.place)
        if word.kind == "(":
            return self._pack(word)
        if word.kind == "[":
            inner = self.term()
            self._take("]")
            return Operation("[]", (inner,), word.place)
        if word.kind == "{":
            if self._takes("}"):
                return Name("0", word.place)
            inner = self.term()
            self._take("}")
            return Operation("{}", (inner,), word.place)
        raise word.place.error(f"a set or relation is expected here, not {_shown(word)}")

    def _pack(self, word: Word) -> Term:
        items = [self.term()]
        while self._takes(","):
            items.append(self.term())
        self._take(")")
        return items[0] if len(items) == 1 else Pack(tuple(items), word.place)


def _shown(word: Word) -> str:
    return word.text if word.kind == "end" else f"{word.text!r}"


def parse(source: Source) -> File:
    """Parses one file.

    Raises:
        ModelError: It is not cat, or uses a part of it that is not supported (``match``, ``procedure``).
    """
    return Parser(source).file()
