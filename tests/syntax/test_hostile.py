"""Any bytes will do: nothing crashes, nothing changes its length."""

import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.series.view import FileView, Fragment
from reviewbot.syntax.directives import read_directives
from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.masks import mask
from reviewbot.syntax.normalise import normalise
from tests.syntax.dump import facts
from tests.syntax.test_facts import DECLARATIONS

WORDS = st.sampled_from(
    [
        "{",
        "}",
        "(",
        ")",
        ";",
        ",",
        "=",
        "->",
        ".",
        "*",
        "&",
        "&&",
        "||",
        "!",
        "if",
        "else",
        "while",
        "for",
        "switch",
        "case",
        "default:",
        "break;",
        "return",
        "goto",
        "out:",
        "\n",
        "\t",
        "\\\n",
        "#",
        "#if\n",
        "#ifdef_A\n",
        "#else\n",
        "#endif\n",
        "#define_x(y)_\\\n",
        "/*",
        "*/",
        "//",
        '"',
        "'",
        "int",
        "struct",
        "d",
        "p->q",
        "x",
        "0",
        "guard(mutex)(&l);",
        "list_for_each_entry(p,&h,m)",
        "READ_ONCE(p->q)",
        "container_of(x,struct_d,m)",
        "typeof(x)",
        'asm("")',
        "__init",
        "...",
        "({",
        "})",
    ]
)
CODE = st.lists(WORDS, max_size=60).map(lambda words: " ".join(words).replace("_", " ").encode())


def read_all(view: FileView) -> FileFacts:
    found = FileFacts(view)
    for header in found.functions:
        for function in found.parts(header.name):
            assert all(
                edge.target < len(function.blocks) for block in function.blocks for edge in block.edges
            )
            assert all(event.line >= 1 for event in function.events)
    assert found.structs is not None
    assert found.globals is not None
    assert found.registrations is not None
    return found


@given(CODE | st.binary(max_size=300))
def test_normalising_keeps_length_and_lines(code: bytes) -> None:
    out = normalise(code)
    assert len(out) == len(code)
    assert [i for i, b in enumerate(out) if b == 10] == [i for i, b in enumerate(code) if b == 10]


@settings(max_examples=300, deadline=None)
@given(
    CODE,
    st.booleans(),
    st.none() | st.sampled_from(["int f(int a,", "struct s {", "x = {", "out:", "(((", ""]),
)
def test_any_code_can_be_read(code: bytes, complete: bool, section: str | None) -> None:
    text = b"int f(struct d *p)\n{\n" + code if complete else code
    found = read_all(FileView("a.c", (Fragment(text, (), section),), complete))
    lines = text.count(b"\n") + 2  # a part without its heading may seem to end one line behind
    spans = [(header.first_line, header.last_line) for header in found.functions]
    assert all(first <= last <= lines for first, last in spans)
    assert all(item.file == "a.c" and (item.line is None or item.line <= lines) for item in found.unread)
    if complete:
        assert [header.name for header in found.functions][:1] in (["f"], [])
        assert spans or found.unread, "what cannot be read is named"


@given(CODE)
def test_code_that_is_read_is_read_alike_beside_other_code(code: bytes) -> None:
    """A function in front of any text is found with all of its events."""
    before = b"int first(struct d *p)\n{\n\treturn p->q;\n}\n\n"
    found = read_all(FileView("a.c", (Fragment(before + code, ()),), True))
    function = found.function("first")
    assert function is not None
    assert len(function.events) == 2


@pytest.mark.parametrize("seed", range(40))
def test_mutated_code_can_be_read(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    text = bytearray(DECLARATIONS.encode())
    for _ in range(rng.randrange(1, 30)):
        at = rng.randrange(len(text))
        text[at : at + rng.randrange(3)] = bytes(
            rng.choices(b"{}();,*&#\"'/\n\\=.x\xff\x00", k=rng.randrange(3))
        )
    found = read_all(FileView("a.c", (Fragment(bytes(text), ()),), True))
    assert found.path == "a.c"


@pytest.mark.parametrize(
    "deep",
    [
        "(" * 3000, "!" * 3000 + "x", "{" * 3000, "a[" * 3000, "-" * 3000 + "x", "p->" * 3000 + "x",
        "if (x) " * 3000, "if (x) ; else " * 3000, "x ? " * 3000, "x + " * 3000 + "x", "x && " * 3000 + "x",
        "f(" * 3000, "&*" * 3000 + "x", "do " * 3000, "({" * 3000, "l: " * 3000, "x, " * 3000 + "x",
        "switch (x) { case 1: " * 2000, "(int)" * 3000 + "x", "x = " * 3000 + "1", "if ((" + "!(" * 2000,
    ],
)  # fmt: skip
def test_deep_nesting_is_bounded(deep: str) -> None:
    found = facts("int f(struct d *p)\n{\n\tp->q = 1;\n\t" + deep + ";\n}\nint g(void)\n{\n\treturn 0;\n}\n")
    function = found.function("f")
    assert function is not None
    assert function.first_line == 1


@pytest.mark.parametrize("piece", [b'"\\\n', b'\\"', b"\\'", b"'\\", b'"\\'])
def test_quotes_that_nothing_closes_cost_no_time(piece: bytes) -> None:
    text = b'x = "' + piece * 100_000 + b"\n;"
    start = time.process_time()
    masked = mask(text)
    assert time.process_time() - start < 10
    assert len(masked.code) == len(text)


def test_an_escaped_quote_outside_of_a_string_opens_none() -> None:
    assert mask(rb"tail of \"it\" /* gone */").plain == rb"tail of \"it\"           "
    assert mask(rb'"a \" b" c').code == rb'"______" c'


@pytest.mark.parametrize(
    "text",
    [
        b"#if A\n#else\n" * 30_000,
        b"#if A\n{ x(); }\n" * 20_000 + b"#endif\n" * 20_000,
        b"#if A\n#else\n" * 20_000 + b"#endif\n" * 20_000,
    ],
    ids=["open", "nested", "nested in else"],
)
def test_conditionals_without_end_cost_no_time(text: bytes) -> None:
    lines = [0, *(match.end() for match in re.finditer(b"\n", text))]
    start = time.process_time()
    found = read_directives(text, text, lines)
    assert time.process_time() - start < 10
    assert len(found.code) == len(text)
    assert b"#" not in found.bare
