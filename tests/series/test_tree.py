from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.series.positions import position
from reviewbot.series.tree import RemovedLine, SeriesTree
from reviewbot.series.view import FileView, Origin
from tests.series.edits import Lines, diff_of, histories, series_of

PATH = "net/lantern/flame.c"
BASE = [f"int part_{number};" for number in range(1, 41)]


def text(lines: Lines) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def shown(view: FileView | None) -> list[tuple[str, Origin]]:
    assert view is not None
    pairs = []
    for fragment in view.fragments:
        lines = fragment.text.decode().split("\n")[: len(fragment.origins)]
        assert len(lines) == len(fragment.origins)
        pairs += zip(lines, fragment.origins, strict=True)
    return pairs


def edited(lines: Lines, **changes: str | None) -> Lines:
    """Lines with `part_3="new"` replaced, `part_3=None` removed."""
    out = []
    for line in lines:
        name = line.split()[-1].rstrip(";")
        new = changes.get(name, line)
        out += [] if new is None else new.split("\n")
    return out


@given(histories())
def test_over_its_tree_a_series_gives_the_last_text_and_true_origins(states: list[Lines]) -> None:
    steps = [diff_of(PATH, *pair) for pair in pairwise(states)]
    series = series_of(*steps)
    tree = SeriesTree(series, {PATH: text(states[0])}.get)
    assert tree.notes == ()
    assert tree.applied == tuple(range(1, len(states)))
    if any(patch.files for patch in series.patches):
        view = tree.tip(PATH)
        assert view is not None
        assert view.complete
        assert view.fragments[0].text == text(states[-1])
        check_origins(shown(view), states)
        assert [line for line, _ in shown(tree.base(PATH))] == states[0]


@given(histories())
def test_without_a_tree_every_piece_stands_where_it_belongs(states: list[Lines]) -> None:
    steps = [diff_of(PATH, *pair) for pair in pairwise(states)]
    series = series_of(*steps)
    tree = SeriesTree(series)
    tip, base = tree.tip(PATH), tree.base(PATH)
    if tip is not None:
        assert not tip.complete
        check_origins(shown(tip), states)
        for line, origin in shown(tip):
            if origin.patch is not None:
                place = position(series, origin.patch, PATH, origin.line)
                assert place is not None
                assert place.file.hunks[place.hunk].lines[place.line] == f"+{line}"
    if base is not None:
        assert all(states[0][origin.line - 1] == line for line, origin in shown(base))


def check_origins(pairs: list[tuple[str, Origin]], states: list[Lines]) -> None:
    for line, origin in pairs:
        state = states[-1] if origin.patch is None else states[origin.patch]
        assert state[origin.line - 1] == line
        if origin.patch is None:
            assert line in states[0]
        else:
            assert line not in states[origin.patch - 1]


@given(histories(distinct=False), st.sets(st.integers(1, 5)), st.booleans())
def test_no_series_makes_the_tree_raise(states: list[Lines], skip: set[int], has_tree: bool) -> None:
    steps = [diff_of(PATH, *pair) for pair in pairwise(states)]
    series = series_of(*steps, skip=sorted(skip))
    tree = SeriesTree(series, {PATH: text(states[0])}.get if has_tree else None)
    for path in tree.paths():
        for view in (tree.tip(path), tree.base(path)):
            assert view is None or all(fragment.origins or not fragment.text for fragment in view.fragments)
    if has_tree and not skip and tree.paths():
        whole = tree.tip(PATH)
        assert whole is not None
        assert whole.fragments[0].text == text(states[-1])


def test_a_later_hunk_joins_an_earlier_one_although_numbers_moved() -> None:
    """Patch 2 is missing and moved everything by two lines."""
    first = edited(BASE, part_20="int lit;")
    second = edited(first, part_2="int a;\nint b;\nint c;")
    third = edited(second, part_22="int dark;")
    steps = [diff_of(PATH, *pair) for pair in ((BASE, first), (first, second), (second, third))]
    tree = SeriesTree(series_of(*steps, skip=[2]))
    view = tree.tip(PATH)
    assert view is not None
    assert len(view.fragments) == 1
    lines = shown(view)
    assert [line for line, _ in lines] == third[18:27]
    assert dict(lines)["int lit;"] == Origin(1, 20)
    assert dict(lines)["int dark;"] == Origin(3, 24)
    assert dict(lines)["int part_21;"] == Origin(None, 23)


def test_hunks_that_show_other_lines_stay_apart() -> None:
    first = edited(BASE, part_5="int lit;")
    second = edited(first, part_30="int dark;")
    tree = SeriesTree(series_of(diff_of(PATH, BASE, first), diff_of(PATH, first, second)))
    view = tree.tip(PATH)
    assert view is not None
    assert [fragment.origins[0].line for fragment in view.fragments] == [2, 27]


def test_moved_lines_are_told_from_new_ones() -> None:
    after = edited(BASE, part_3=None, part_30="int part_30;\n  int  part_3;\nint fresh;")
    view = SeriesTree(series_of(diff_of(PATH, BASE, after)), {PATH: text(BASE)}.get).tip(PATH)
    added = {line.strip(): origin.moved for line, origin in shown(view) if origin.patch}
    assert added == {"int  part_3;": True, "int fresh;": False}


def test_what_the_series_added_itself_is_new_wherever_it_ends_up() -> None:
    first = edited(BASE, part_5="int part_5;\nint lit;")
    second = edited(edited(first, lit=None), part_30="int part_30;\nint lit;")
    tree = SeriesTree(
        series_of(diff_of(PATH, BASE, first), diff_of(PATH, first, second)), {PATH: text(BASE)}.get
    )
    assert {line: origin for line, origin in shown(tree.tip(PATH)) if origin.patch} == {
        "int lit;": Origin(2, 31)
    }


def test_one_removal_excuses_one_addition() -> None:
    after = edited(BASE, part_3=None, part_10="int part_3;", part_20="int part_3;")
    view = SeriesTree(series_of(diff_of(PATH, BASE, after))).tip(PATH)
    assert [origin.moved for _, origin in shown(view) if origin.patch] == [True, False]


def test_a_new_file_is_known_whole_without_a_tree() -> None:
    grown = [*BASE, "int more;"]
    tree = SeriesTree(series_of(diff_of(PATH, None, BASE), diff_of(PATH, BASE, grown)))
    view = tree.tip(PATH)
    assert view is not None
    assert view.complete
    assert view.fragments[0].text == text(grown)
    assert [origin.patch for _, origin in shown(view)] == [1] * 40 + [2]
    assert tree.base(PATH) is None


def test_a_deleted_file_has_no_tip() -> None:
    tree = SeriesTree(series_of(diff_of(PATH, BASE, None)), {PATH: text(BASE)}.get)
    assert tree.tip(PATH) is None
    assert tree.base(PATH) is not None
    assert tree.paths() == (PATH,)
    assert tree.removed(PATH)[0] == RemovedLine(1, 1, "int part_1;")


def renamed(old: str, new: str, before: Lines, after: Lines) -> str:
    hunks = diff_of(new, before, after).partition("\n")[2].replace(f"--- a/{new}", f"--- a/{old}")
    return f"diff --git a/{old} b/{new}\nsimilarity index 90%\nrename from {old}\nrename to {new}\n{hunks}"


def test_a_renamed_file_keeps_its_lines() -> None:
    after = edited(BASE, part_7="int lit;")
    later = edited(after, part_9="int dark;")
    series = series_of(renamed("old.c", PATH, BASE, after), diff_of(PATH, after, later))
    for read in ({"old.c": text(BASE)}.get, None):
        tree = SeriesTree(series, read)
        added = {line: origin for line, origin in shown(tree.tip(PATH)) if origin.patch}
        assert added == {"int lit;": Origin(1, 7), "int dark;": Origin(2, 9)}
        base = tree.base(PATH)
        assert base is not None
        assert base.path == "old.c"
        assert tree.tip("old.c") is None


def test_files_that_swap_names_in_one_patch() -> None:
    other = ["int other;"]
    swap = renamed("a.c", "b.c", [], []) + renamed("b.c", "a.c", [], [])
    tree = SeriesTree(series_of(swap), {"a.c": text(BASE), "b.c": text(other)}.get)
    assert [line for line, _ in shown(tree.tip("b.c"))] == BASE
    assert [line for line, _ in shown(tree.tip("a.c"))] == other


def test_a_copy_is_made_of_the_file_before_the_patch() -> None:
    after = edited(BASE, part_7="int lit;")
    copy = "diff --git a/x.c b/y.c\nsimilarity index 100%\ncopy from x.c\ncopy to y.c\n"
    tree = SeriesTree(series_of(diff_of("x.c", BASE, after) + copy), {"x.c": text(BASE)}.get)
    assert [line for line, _ in shown(tree.tip("y.c"))] == BASE
    assert tree.base("y.c") is None


def test_nothing_is_known_of_a_binary_file() -> None:
    tree = SeriesTree(
        series_of("diff --git a/x.c b/x.c\nBinary files a/x.c and b/x.c differ\n"), {"x.c": b"a"}.get
    )
    assert tree.tip("x.c") is None
    assert tree.applied == (1,)


def test_a_patch_applies_where_its_context_has_moved_to() -> None:
    tip = edited(BASE, part_20="int lit;")
    moved = ["int one;", "int two;", *BASE]
    tree = SeriesTree(series_of(diff_of(PATH, BASE, tip)), {PATH: text(moved)}.get)
    view = tree.tip(PATH)
    assert tree.applied == (1,)
    assert view is not None
    assert view.fragments[0].text == text(["int one;", "int two;", *tip])
    assert dict(shown(view))["int lit;"] == Origin(1, 20), "numbered as the patch numbers it"


def test_patches_that_do_not_apply_are_named_in_one_line() -> None:
    elsewhere = diff_of(PATH, ["int gone;", *BASE], ["int dark;", *BASE])
    tree = SeriesTree(series_of(elsewhere, elsewhere, elsewhere), {PATH: text(BASE)}.get)
    assert tree.applied == ()
    (note,) = tree.notes
    assert note.startswith("patches 1, 2 and 3 do not apply: reviewed from their diffs alone (--base")


def test_a_patch_that_does_not_apply_is_reviewed_from_its_diff_alone() -> None:
    first, second = edited(BASE, part_20="int lit;"), edited(BASE, part_5="int dark;")
    series = series_of(diff_of(PATH, BASE, first), diff_of(PATH, ["int gone;", *BASE], ["int dark;", *BASE]))
    tree = SeriesTree(series, {PATH: text(BASE)}.get)
    assert tree.applied == (1,)
    assert tree.notes == ("patch 2 does not apply: reviewed from its diff alone",)
    view = tree.tip(PATH)
    assert view is not None
    assert not view.complete
    assert {line for line, origin in shown(view) if origin.patch} == {"int lit;", "int dark;"}
    assert second


def test_a_merge_keeps_origins() -> None:
    tip = edited(BASE, part_20="int lit;")
    other = edited(BASE, part_21="int other;")
    merged = edited(edited(BASE, part_20="int lit;"), part_21="int other;")
    tree = SeriesTree(
        series_of(diff_of(PATH, BASE, tip)),
        {PATH: text(other)}.get,
        lambda *_: {PATH: text(merged)},
    )
    assert tree.applied == (1,)
    view = tree.tip(PATH)
    assert view is not None
    assert view.complete
    assert [pair for pair in shown(view) if pair[1].patch] == [("int lit;", Origin(1, 20))]


def test_a_file_that_was_there_already_is_noted() -> None:
    tree = SeriesTree(series_of(diff_of(PATH, None, ["int lit;"])), {PATH: text(BASE)}.get)
    assert tree.applied == ()
    assert tree.notes == (f"patch 1 adds {PATH}, which was there already: read from its diff alone",)
    view = tree.tip(PATH)
    assert view is not None
    assert view.fragments[0].text == b"int lit;\n"


def test_a_last_line_without_its_end() -> None:
    diff = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1 +1 @@\n-int a;\n\\ No newline at end of file\n+int b;\n"
    for base, ending in ((b"int a;", "\n"), (b"int a;", "\n\\ No newline at end of file\n")):
        series = series_of(diff.rstrip("\n") + ending)
        view = SeriesTree(series, {PATH: base}.get).tip(PATH)
        assert view is not None
        assert view.fragments[0].text == (b"int b;\n" if ending == "\n" else b"int b;")
        assert len(view.fragments[0].origins) == 1


def test_other_files_are_told_apart_from_c() -> None:
    tree = SeriesTree(series_of(diff_of("Makefile", [], ["a"]) + diff_of("x.h", [], ["b"])))
    assert tree.paths() == ("x.h",)
    assert tree.all_paths() == ("Makefile", "x.h")
