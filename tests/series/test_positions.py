from reviewbot.series.positions import name_after, position
from tests.series.edits import diff_of, series_of

PATH = "net/lantern/flame.c"
BASE = [f"int part_{number};" for number in range(1, 41)]


def test_an_added_line_is_found_in_its_hunk() -> None:
    after = [*BASE[:4], "int lit;", *BASE[4:29], "int dark;", *BASE[29:]]
    series = series_of(diff_of(PATH, BASE, after))
    found = position(series, 1, PATH, 31)
    assert found is not None
    assert (found.hunk, found.file.hunks[1].lines[found.line]) == (1, "+int dark;")
    assert position(series, 1, PATH, 20) is None
    assert position(series, 2, PATH, 31) is None
    assert position(series, 1, "other.c", 31) is None


def test_remarks_about_newlines_do_not_count() -> None:
    diff = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1 +1 @@\n-int a;\n\\ No newline at end of file\n+int b;\n"
    found = position(series_of(diff), 1, PATH, 1)
    assert found is not None
    assert found.line == 2


def test_a_file_is_found_by_the_name_it_gets_later() -> None:
    rename = f"diff --git a/old.c b/{PATH}\nsimilarity index 100%\nrename from old.c\nrename to {PATH}\n"
    series = series_of(diff_of("old.c", BASE, [*BASE, "int lit;"]), rename)
    assert name_after(series, 1, PATH) == "old.c"
    assert name_after(series, 2, PATH) == PATH
    found = position(series, 1, PATH, 41)
    assert found is not None
    assert found.file.path == "old.c"
