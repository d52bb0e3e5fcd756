"""A function that several hunks show parts of: one function, each part a way in."""

from reviewbot.syntax.model import Access, Function, Root
from tests.syntax.dump import graph, pieces

HEADING = "static int wren_feed(struct wren *w, struct seed *s)"
FIRST = f"{HEADING}\n{{\n\tstruct nest *n = w->nest;\n\tint full;\n\n\tw->eggs = 1;\n"
SECOND = "\tif (n->eggs)\n\t\ts->left = 2;\n\tn->warm = 3;\n"
LAST = "\tfull = s->kind;\n\treturn full;\n}\n"


def joint(*fragments: tuple[str | None, str]) -> Function:
    function = pieces(*fragments).function("wren_feed")
    assert function is not None
    return function


def accesses(function: Function) -> list[tuple[str, Root, str | None]]:
    return [
        (one.path.text, one.path.root_kind, one.path.root_type.name if one.path.root_type else None)
        for one in function.events
        if isinstance(one, Access)
    ]


def test_all_parts_are_one_function() -> None:
    function = joint((None, FIRST), (HEADING, SECOND), (HEADING, LAST))
    assert [text for text, _, _ in accesses(function)] == [
        "w->nest",
        "w->eggs",
        "n->eggs",
        "s->left",
        "n->warm",
        "s->kind",
    ]
    assert (function.is_whole, function.is_static, len(function.parts)) == (False, True, 3)
    assert [one.name for one in function.parameters] == ["w", "s"]


def test_no_part_leads_to_another() -> None:
    function = joint((None, FIRST), (HEADING, SECOND), (HEADING, LAST))
    entries = [part.entry for part in function.parts]
    assert [edge.target for edge in function.blocks[0].edges] == entries
    assert function.blocks[0].events == ()
    for part, stop in zip(function.parts, [*entries[1:], len(function.blocks)], strict=True):
        inside = function.blocks[part.entry : stop]
        assert {index for block in inside for index in block.events} == set(
            range(part.first_event, part.last_event)
        )
        assert all(part.entry <= edge.target < stop for block in inside for edge in block.edges)


def test_what_one_part_declares_the_later_ones_know() -> None:
    found = accesses(joint((None, FIRST), (HEADING, SECOND), (HEADING, LAST)))
    assert found[2:] == [
        ("n->eggs", Root.LOCAL, "struct nest"),
        ("s->left", Root.PARAMETER, "struct seed"),
        ("n->warm", Root.LOCAL, "struct nest"),
        ("s->kind", Root.PARAMETER, "struct seed"),
    ]


def test_what_a_later_part_declares_the_earlier_do_not_know() -> None:
    found = accesses(joint((HEADING, SECOND), (HEADING, "\tstruct nest *n = w->nest;\n\n\tn->cold = 1;\n")))
    assert found[0] == ("n->eggs", Root.LOCAL, None)
    assert found[-1] == ("n->cold", Root.LOCAL, "struct nest")


def test_a_heading_that_git_cut_short_is_completed() -> None:
    cut = "static int wren_feed(struct wren *w,"
    found = accesses(joint((None, FIRST), (cut, SECOND)))
    assert ("s->left", Root.PARAMETER, "struct seed") in found


def test_variables_of_inner_blocks_stay_there() -> None:
    inner = f"{HEADING}\n{{\n\tif (w->eggs) {{\n\t\tstruct nest *n = w->nest;\n\n\t\tn->cold = 1;\n\t}}\n"
    assert ("n->eggs", Root.LOCAL, None) in accesses(joint((None, inner), (HEADING, SECOND)))


def test_a_name_declared_in_two_ways_is_not_believed() -> None:
    second = "\tstruct tree *n = w->tree;\n\n\tn->tall = 1;\n"
    found = accesses(joint((None, FIRST), (HEADING, second), (HEADING, "\tn->warm = 1;\n")))
    assert found[-2:] == [("n->tall", Root.LOCAL, "struct tree"), ("n->warm", Root.LOCAL, None)]


def test_lines_count_through_the_fragments() -> None:
    found = pieces((None, FIRST), (HEADING, SECOND), (HEADING, LAST))
    function = found.function("wren_feed")
    assert function is not None
    told = [
        found.line_text(*found.place_of(function, one.line)).strip()
        for one in function.events
        if isinstance(one, Access)
    ]
    assert told == [
        "struct nest *n = w->nest;",
        "w->eggs = 1;",
        "if (n->eggs)",
        "s->left = 2;",
        "n->warm = 3;",
        "full = s->kind;",
    ]
    assert [found.place_of(function, part.first_line)[0] for part in function.parts] == [0, 1, 2]


def test_conditionals_are_found_in_every_part() -> None:
    second = "#ifdef CONFIG_WREN\n\ts->left = 2;\n#endif\n"
    found = pieces((None, FIRST), (HEADING, second))
    function = found.function("wren_feed")
    assert function is not None
    lines = [(found.place_of(function, line), word) for line, word in found.conditionals(function)]
    assert lines == [((1, 1), b"ifdef"), ((1, 3), b"endif")]


def test_two_definitions_are_no_parts() -> None:
    other = f"{HEADING}\n{{\n\treturn 0;\n}}\n"
    function = joint((None, FIRST), (None, other))
    assert function.parts == ()
    assert [text for text, _, _ in accesses(function)] == ["w->nest", "w->eggs"]


def test_pieces_without_a_heading_are_no_parts_of_one_function() -> None:
    function = pieces((None, SECOND), (None, LAST)).function("")
    assert function is not None
    assert function.parts == ()


def test_a_single_part_is_as_it_was() -> None:
    function = joint((HEADING, LAST))
    assert function.parts == ()
    assert graph(function) == ["0: READ plain s->kind -> full, SET full = load:s->kind, RETURN full"]


def test_parts_that_would_make_it_too_long_are_told() -> None:
    long = "".join(f"\tw->eggs = {number};\n" for number in range(1500))
    found = pieces((None, FIRST), (HEADING, long), (HEADING, long), (HEADING, LAST))
    function = found.function("wren_feed")
    assert function is not None
    assert len(function.parts) == 3
    assert accesses(function)[-1][0] == "s->kind"
    (unread,) = found.unread
    assert unread.reason.startswith("in wren_feed(): too long to follow")


def test_static_variables_and_structs_on_the_stack_are_known() -> None:
    static = f"{HEADING}\n{{\n\tstatic struct nest spare;\n\tstruct nest copy;\n\n\tw->eggs = 1;\n"
    found = accesses(joint((None, static), (HEADING, "\tspare.eggs = 1;\n\tcopy.eggs = 2;\n")))
    assert found[1:] == [
        ("spare.eggs", Root.STATIC_LOCAL, "struct nest"),
        ("copy.eggs", Root.LOCAL, "struct nest"),
    ]
