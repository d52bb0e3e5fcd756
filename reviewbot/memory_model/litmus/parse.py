"""Reads a litmus test: its text becomes a `Test`."""

from __future__ import annotations

from reviewbot.memory_model.litmus import model
from reviewbot.memory_model.litmus.code import CodeReader, number, parsed_type
from reviewbot.memory_model.litmus.model import (
    And,
    Condition,
    Equal,
    Initial,
    Not,
    Or,
    Parameter,
    Place,
    Proposition,
    Quantifier,
    Test,
    Thread,
    Value,
)
from reviewbot.memory_model.litmus.scan import Kind, Scanner

_MAX_DEPTH = 100


def parse(text: str, file: str = "litmus") -> Test:
    """Read a litmus test of C.

    Args:
        text: The whole file.
        file: What to call it in a complaint.

    Raises:
        LitmusError: ``file:line:column: what is wrong there``.
    """
    return _Reader(Scanner(text, file)).test()


class _Reader:
    """One test; the methods stand in the order of a file."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._depth = 0

    def test(self) -> Test:
        """The whole file."""
        scanner = self._scanner
        name = self._title()
        while scanner.at_kind(Kind.STRING) or scanner.at_kind(Kind.NAME):
            # what generators write below the title: "Pod**Wse ..." and Key=Value lines
            scanner.line_rest()
        comments = tuple(scanner.comments)
        initial = self._initial()
        threads = self._threads()
        filter_, locations = None, list[Place]()
        while scanner.at("locations", "filter"):
            if scanner.take().text == "locations":
                locations += self._locations()
            else:
                filter_ = self._proposition()
        condition = self._condition()
        if not scanner.at_kind(Kind.END):
            raise scanner.error(f"expected the end of the test, not {scanner.shown()}")
        test = Test(name, initial, threads, condition, tuple(locations), filter_, comments, scanner.file)
        self._check_places(test)
        return test

    def _title(self) -> str:
        scanner = self._scanner
        if not scanner.at("C"):
            raise scanner.error("a litmus test begins with 'C' and its name; other languages are not read")
        scanner.is_code = True  # '(*' after the name must not be skipped with the line
        scanner.take()
        line = scanner.position(scanner.token.start)[0]
        if line != scanner.position(0)[0] and scanner.text[: scanner.token.start].strip() == "C":
            raise scanner.error("the name of the test is missing")
        title = scanner.line_rest().partition("(*")[0].strip()
        scanner.is_code = False
        return title

    def _initial(self) -> tuple[Initial, ...]:
        scanner = self._scanner
        scanner.expect("{")
        found = []
        while not scanner.at("}"):
            if not scanner.accept(";"):
                found.append(self._entry())
                if not scanner.at("}"):
                    scanner.expect(";")
        scanner.take()
        return tuple(found)

    def _entry(self) -> Initial:
        """``x = 1``, ``int *p = &x``, ``0:r0 = x``, ``[x] = 1`` or ``spinlock_t s``."""
        scanner = self._scanner
        type_ = ""
        if scanner.at_kind(Kind.NAME):
            words = self._words()
            if not scanner.at_kind(Kind.NUMBER):
                place, type_ = Place(words[-1]), " ".join(words[:-1])
                return Initial(place, self._value() if scanner.accept("=") else None, type_)
            type_ = " ".join(words)
        place = self._place()
        return Initial(place, self._value() if scanner.accept("=") else None, type_)

    def _words(self) -> list[str]:
        """A type with stars, if there is one, and a name."""
        scanner = self._scanner
        words = []
        while scanner.at_kind(Kind.NAME) or scanner.at("*"):
            words.append(scanner.take().text)
        if words[-1] == "*" and not scanner.at_kind(Kind.NUMBER):
            raise scanner.error(f"expected the name of a variable, not {scanner.shown()}")
        return words

    def _place(self) -> Place:
        """``0:r0``, ``x``, ``[x]`` or ``*x``."""
        scanner = self._scanner
        if scanner.at_kind(Kind.NUMBER):
            thread = number(scanner, scanner.take())
            scanner.expect(":")
            return Place(scanner.name("a register").text, thread)
        if scanner.accept("["):
            name = scanner.name("a variable").text
            scanner.expect("]")
            return Place(name)
        scanner.accept("*")
        return Place(scanner.name("a variable or a register like 0:r0").text)

    def _value(self) -> Value:
        scanner = self._scanner
        if scanner.at_kind(Kind.NUMBER):
            return number(scanner, scanner.take())
        if scanner.accept("-"):
            if not scanner.at_kind(Kind.NUMBER):
                raise scanner.error(f"expected a number, not {scanner.shown()}")
            return -number(scanner, scanner.take())
        scanner.accept("&")
        name = scanner.name("a number or the name of a variable").text
        if name.endswith("_INIT") and scanner.accept("("):
            inner = self._value()
            scanner.expect(")")
            return inner
        return name

    def _threads(self) -> tuple[Thread, ...]:
        scanner = self._scanner
        found: list[Thread] = []
        while scanner.at("void", "static") or scanner.at(f"P{len(found)}"):
            if scanner.at("void", "static"):
                scanner.take()
                continue
            found.append(self._thread())
        if scanner.token.text[:1] == "P" and scanner.token.text[1:].isdigit():
            raise scanner.error(f"expected P{len(found)}, not {scanner.shown()}: threads count from P0")
        if not found:
            raise scanner.error(f"expected the thread P0, not {scanner.shown()}")
        return tuple(found)

    def _thread(self) -> Thread:
        scanner = self._scanner
        line = scanner.position(scanner.token.start)[0]
        scanner.is_code = True
        scanner.take()
        parameters = self._parameters()
        return Thread(parameters, self._body(), line)

    def _body(self) -> tuple[model.Statement, ...]:
        """The block; what follows its brace is no code any more."""
        scanner = self._scanner
        body = CodeReader(scanner).block()
        scanner.is_code = False
        return body

    def _parameters(self) -> tuple[Parameter, ...]:
        scanner = self._scanner
        scanner.expect("(")
        found: list[Parameter] = []
        while not scanner.at(")"):
            if found:
                scanner.expect(",")
            start = scanner.token.start
            type_ = parsed_type(scanner)
            if type_ == "void" and scanner.at(")"):
                break
            if not type_.endswith("*"):
                raise scanner.error("a parameter is a pointer to a variable of the test", start)
            found.append(Parameter(type_, scanner.name("the name of a variable").text))
        scanner.expect(")")
        return tuple(found)

    def _locations(self) -> tuple[Place, ...]:
        scanner = self._scanner
        scanner.expect("[")
        found = []
        while not scanner.accept("]"):
            if not scanner.accept(";"):
                found.append(self._place())
                if not scanner.at(";", "]"):
                    scanner.expect(";")
        return tuple(found)

    def _condition(self) -> Condition:
        scanner = self._scanner
        if scanner.at_kind(Kind.END):
            return Condition(Quantifier.FORALL, And(()))
        if scanner.accept("exists"):
            return Condition(Quantifier.EXISTS, self._proposition())
        if scanner.accept("forall"):
            return Condition(Quantifier.FORALL, self._proposition())
        if scanner.accept("~"):
            scanner.expect("exists")
            return Condition(Quantifier.NOT_EXISTS, self._proposition())
        raise scanner.error(f"expected exists, ~exists or forall, not {scanner.shown()}")

    def _proposition(self) -> Proposition:
        r"""``\/`` of ``/\`` of atoms; ``=>`` is loosest."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._scanner.error(f"nested more than {_MAX_DEPTH} deep")
        left = self._either()
        if self._scanner.accept("=>"):
            left = Or((Not(left), self._proposition()))
        self._depth -= 1
        return left

    def _either(self) -> Proposition:
        found = [self._both()]
        while self._scanner.accept("\\/"):
            found.append(self._both())
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _both(self) -> Proposition:
        found = [self._atom()]
        while self._scanner.accept("/\\"):
            found.append(self._atom())
        return found[0] if len(found) == 1 else And(tuple(found))

    def _atom(self) -> Proposition:
        scanner = self._scanner
        if scanner.at("~", "not"):
            scanner.take()
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise scanner.error(f"nested more than {_MAX_DEPTH} deep")
            negated = Not(self._atom())
            self._depth -= 1
            return negated
        if scanner.accept("("):
            inner = self._proposition()
            scanner.expect(")")
            return inner
        if scanner.at("true", "false"):
            return And(()) if scanner.take().text == "true" else Or(())
        place = self._place()
        if scanner.accept("!="):
            return Equal(place, self._value(), negated=True)
        scanner.expect("=")
        return Equal(place, self._value())

    def _check_places(self, test: Test) -> None:
        asked = [*model.places(test.condition.proposition), *test.locations]
        asked += model.places(test.filter) if test.filter else ()
        for place in [*asked, *(each.place for each in test.initial)]:
            if place.thread is not None and place.thread >= len(test.threads):
                raise self._scanner.error(f"{place}: the test has only {len(test.threads)} threads")
