import pytest

from reviewbot.series.sections import section_of

FUNCTION = "static int flame_light(struct flame *f)"


@pytest.mark.parametrize(
    ("heading", "text", "is_inside"),
    [
        (FUNCTION, "\tf->lit = true;\n\treturn 0;\n}\n\nint x;", True),
        (FUNCTION, "\n\tf->lit = true;", True),
        (FUNCTION, "out:\n\treturn 0;\n}", True),
        (FUNCTION, "#ifdef A\n\tb();\n#endif", True),
        ("static int flame_light(struct flame *f,", "\t\t       int fuel)\n{\n\tint err;", True),
        (FUNCTION, "{\n\tint err;", True),
        (FUNCTION, "}\n\nint x;", True),
        (FUNCTION, "\nstatic int other(void)\n{\n\treturn 1;", False),
        (FUNCTION, " * a comment\n */\nstatic int other(void)\n{", False),
        ("struct flame {", "\tbool lit;\n\tint fuel;\n};", True),
        ("", "\tf->lit = true;", False),
        ("// nothing", "\tf->lit = true;", False),
    ],
)
def test_whether_a_fragment_starts_inside_its_heading(heading: str, text: str, is_inside: bool) -> None:
    expected = heading if is_inside else None
    assert section_of(heading, text.encode().split(b"\n")) == expected
