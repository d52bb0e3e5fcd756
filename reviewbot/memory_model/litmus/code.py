"""Reads the C of a litmus test or a .def file: expressions and statements."""

from __future__ import annotations

from reviewbot.memory_model.litmus import model
from reviewbot.memory_model.litmus.model import (
    Binary,
    Call,
    Deref,
    Expression,
    Name,
    Number,
    Operator,
    Statement,
)
from reviewbot.memory_model.litmus.scan import Kind, Scanner, Token

_LEVELS = (("|",), ("^",), ("&",), ("==", "!=", "<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
"""Binary operators from the loosest to the tightest, as herd's parser ranks them."""
_RANK = {operator: rank for rank, level in enumerate(_LEVELS) for operator in level}
_OPERATORS = ("+", "-", "&", "|", "^", "&~")
"""What may be handed to an atomic primitive as its operator."""
_MAX_DEPTH = 100
"""Levels of nesting; deeper than any test, and far from Python's own limit."""
_TYPES = frozenset(
    ("int", "long", "char", "void", "unsigned", "signed", "short", "struct", "const", "volatile")
)
"""Words that a type begins with; names that end in ``_t`` do too, and bool and the kernel's short ones."""
_SHORT_TYPES = frozenset(("bool", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64"))
_MISSING = {
    "!": "write 'e == 0' for '!e'",
    "~": "'~' stands only in '&~' of an atomic operation",
    "&&": "write one 'if' inside the other for '&&'",
    "||": "write two tests, or '|' of two comparisons, for '||'",
    "->": "members are variables of their own in a litmus test",
    ".": "members are variables of their own in a litmus test",
    "[": "elements are variables of their own in a litmus test",
    "++": "write 'r = r + 1'",
    "--": "write 'r = r - 1'",
    "?": "write 'if' and 'else'",
}
_NO_STATEMENTS = frozenset(("for", "do", "goto", "switch", "return", "break", "continue"))


class CodeReader:
    """Reads statements and expressions off a scanner that stands in code.

    Raises:
        LitmusError: at what is no C that litmus tests have, saying what to write where that is known.
    """

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._depth = 0
        self._operators = 0

    def block(self) -> tuple[Statement, ...]:
        """``{ ... }``, braces inside braces flattened."""
        self._scanner.expect("{")
        return self._statements()

    def expression(self) -> Expression:
        """One expression."""
        return self._binary(0)

    def _statements(self) -> tuple[Statement, ...]:
        found: list[Statement] = []
        while not self._scanner.at("}"):
            if self._scanner.at_kind(Kind.END):
                self._scanner.expect("}")
            found += self._statement()
        self._scanner.take()
        return tuple(found)

    def _statement(self) -> tuple[Statement, ...]:
        scanner, token = self._scanner, self._scanner.token
        self._operators = 0
        self._enter()
        try:
            if scanner.accept("{"):
                return self._statements()
            if scanner.accept(";"):
                return ()
            if token.text in _NO_STATEMENTS:
                raise scanner.error(f"a litmus test has no '{token.text}'")
            if token.text == "if":
                return (self._if(),)
            if token.text == "while":
                return (self._while(),)
            return (self._simple(),)
        finally:
            self._depth -= 1

    def _if(self) -> Statement:
        scanner = self._scanner
        start = scanner.take().start
        scanner.expect("(")
        condition = self.expression()
        scanner.expect(")")
        text = scanner.since(start)
        then = self._statement()
        otherwise = self._statement() if scanner.accept("else") else ()
        return model.If(condition, then, otherwise, text, scanner.position(start)[0])

    def _while(self) -> Statement:
        scanner = self._scanner
        start = scanner.take().start
        scanner.expect("(")
        condition = self.expression()
        scanner.expect(")")
        text = scanner.since(start)
        return model.While(condition, self._statement(), text, scanner.position(start)[0])

    def _simple(self) -> Statement:
        scanner, token = self._scanner, self._scanner.token
        line = scanner.position(token.start)[0]
        if token.kind is Kind.NAME:
            type_ = self._type()
            if type_:
                return self._declaration(type_, token, line)
        if scanner.accept("*"):
            pointer = self._unary()
            scanner.expect("=")
            return model.Store(pointer, self.expression(), self._end(token), line)
        value = self.expression()
        if isinstance(value, Name) and scanner.accept("="):
            return model.Assign(value.name, self.expression(), self._end(token), line)
        if scanner.at("="):
            raise scanner.error("only a name or '*pointer' can be assigned to")
        if not isinstance(value, Call):
            raise scanner.error("this does nothing: expected a call or an assignment", token.start)
        return model.Evaluate(value, self._end(token), line)

    def _declaration(self, type_: str, token: Token, line: int) -> Statement:
        name = self._scanner.name("the name of a variable").text
        value = self.expression() if self._scanner.accept("=") else None
        if self._scanner.at(","):
            raise self._scanner.error("declare one variable at a time")
        return model.Declare(type_, name, value, self._end(token), line)

    def _type(self) -> str:
        """The type that a declaration begins with; empty, and nothing taken, where there is none."""
        scanner = self._scanner
        text = scanner.token.text
        if text not in _TYPES and text not in _SHORT_TYPES and not text.endswith("_t"):
            return ""
        return parsed_type(scanner)

    def _end(self, token: Token) -> str:
        """Takes the semicolon; the statement's text, without it."""
        text = self._scanner.since(token.start)
        self._complain()
        self._scanner.expect(";")
        return text

    def _complain(self) -> None:
        scanner = self._scanner
        if scanner.at_kind(Kind.MARK) and scanner.token.text in _MISSING:
            mark = scanner.token.text
            raise scanner.error(f"litmus tests have no '{mark}': {_MISSING[mark]}")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._scanner.error(f"nested more than {_MAX_DEPTH} deep")

    def _binary(self, rank: int) -> Expression:
        """Operator precedence climbing; all operators bind to the left."""
        left = self._unary()
        while True:
            operator = self._scanner.token.text
            found = _RANK.get(operator, -1) if self._scanner.at_kind(Kind.MARK) else -1
            if found < rank:
                self._complain()
                return left
            self._operators += 1
            if self._operators > _MAX_DEPTH:
                raise self._scanner.error(f"more than {_MAX_DEPTH} operators deep")
            self._scanner.take()
            left = Binary(operator, left, self._binary(found + 1))

    def _unary(self) -> Expression:
        scanner = self._scanner
        self._enter()
        try:
            if scanner.accept("*"):
                return Deref(self._unary())
            if scanner.accept("-"):
                return self._negative()
            if scanner.accept("&"):
                raise scanner.error("litmus tests have no '&x': a parameter's name is its address")
            if scanner.accept("("):
                return self._parentheses()
            return self._primary()
        finally:
            self._depth -= 1

    def _negative(self) -> Expression:
        if not self._scanner.at_kind(Kind.NUMBER):
            raise self._scanner.error("only a number can be negative: write '0 - e'")
        return Number(-int(self._scanner.take().text, 0))

    def _parentheses(self) -> Expression:
        """A cast, which means nothing here, or an expression."""
        scanner = self._scanner
        if scanner.at_kind(Kind.NAME) and self._type():
            scanner.expect(")")
            return self._unary()
        value = self.expression()
        scanner.expect(")")
        return value

    def _primary(self) -> Expression:
        scanner, token = self._scanner, self._scanner.token
        if token.kind is Kind.NUMBER:
            scanner.take()
            return Number(number(scanner, token))
        if token.kind is not Kind.NAME:
            self._complain()
            raise scanner.error(f"expected an expression, not {scanner.shown()}")
        scanner.take()
        tags = self._tags() if scanner.at("{") and token.text.startswith("__") else ()
        if scanner.at("("):
            line, column = scanner.position(token.start)
            return Call(token.text, self._arguments(), tags, line, column)
        if tags:
            # __fence{mb} has no operands
            line, column = scanner.position(token.start)
            return Call(token.text, (), tags, line, column)
        return Name(token.text)

    def _tags(self) -> tuple[str, ...]:
        """``{after-unlock-lock}``; lkmmv2 has two, for success and failure."""
        scanner = self._scanner
        scanner.expect("{")
        tags = [self._tag()]
        while scanner.accept(","):
            tags.append(self._tag())
        scanner.expect("}")
        return tuple(tags)

    def _tag(self) -> str:
        words = [self._scanner.name("a tag").text]
        while self._scanner.accept("-"):
            words.append(self._scanner.name("a tag").text)
        return "-".join(words)

    def _arguments(self) -> tuple[Expression, ...]:
        scanner = self._scanner
        scanner.expect("(")
        if scanner.accept(")"):
            return ()
        found = [self._argument()]
        while scanner.accept(","):
            found.append(self._argument())
        scanner.expect(")")
        return tuple(found)

    def _argument(self) -> Expression:
        """An expression, or a bare operator followed by a comma."""
        scanner = self._scanner
        if scanner.at_kind(Kind.MARK) and scanner.token.text in _OPERATORS and self._is_bare():
            return Operator(scanner.take().text)
        return self.expression()

    def _is_bare(self) -> bool:
        scanner = self._scanner
        after = scanner.text[scanner.token.start + len(scanner.token.text) :].lstrip()
        return after.startswith(",")


def parsed_type(scanner: Scanner) -> str:
    """A type with its stars, of which the last word is not the name that it declares."""
    words = [scanner.name("a type").text]
    if words == ["struct"]:
        words.append(scanner.name("the struct's name").text)
    while scanner.token.text in _TYPES:
        words.append(scanner.take().text)
        if words[-1] == "struct":
            words.append(scanner.name("the struct's name").text)
    stars = ""
    while scanner.at("*", "const", "volatile"):
        stars += "*" if scanner.take().text == "*" else ""
    return " ".join(words) + (f" {stars}" if stars else "")


def number(scanner: Scanner, token: Token) -> int:
    """The value of a number, octal with a leading zero as in C."""
    text = token.text
    if len(text) > _MAX_DEPTH:
        raise scanner.error("this number is too long", token.start)
    try:
        return int(text, 8) if text.startswith("0") and text.isdigit() else int(text, 0)
    except ValueError:
        raise scanner.error(f"'{text}' is no number", token.start) from None
