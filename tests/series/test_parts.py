"""A series too large to be looked at as a whole is divided; whatever is left out is named."""

import pytest

from reviewbot.pipeline import review_text
from reviewbot.series import parts
from reviewbot.series.model import FileDiff, Hunk, Patch, Person, Series, Status
from reviewbot.series.parts import divided

_AUTHOR = Person("A U Thor", "author@example.org")


def _file(path: str, size: int, before: str | None = None) -> FileDiff:
    hunk = Hunk(1, 0, 1, 1, "", ("+" + "x" * (size - 1),))
    return FileDiff(before or path, path, Status.RENAMED if before else Status.MODIFIED, (hunk,))


def _series(*patches: tuple[FileDiff, ...]) -> Series:
    made = tuple(
        Patch(number, "larch: grow", "", "", _AUTHOR, None, files=files)
        for number, files in enumerate(patches, 1)
    )
    return Series("larch: grow", 1, len(made), made)


def _paths(series: Series) -> list[list[str]]:
    return [
        sorted({file.path for patch in part.patches for file in patch.files})
        for part in divided(series).series
    ]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MOST_AT_ONCE", 100)
    monkeypatch.setattr(parts, "LARGEST_FILE", 200)


def test_an_ordinary_series_is_one_part() -> None:
    series = _series((_file("a/one.c", 50), _file("b/two.c", 50), _file("b/two.txt", 5000)))
    assert divided(series) == parts.Parts((series,))


def test_files_of_one_folder_stay_together() -> None:
    series = _series((_file("b/two.c", 60), _file("a/one.c", 60)), (_file("b/two.h", 30),))
    assert _paths(series) == [["a/one.c"], ["b/two.c", "b/two.h"]]


def test_a_large_folder_is_divided_too() -> None:
    series = _series((_file("a/one.c", 60), _file("a/three.c", 90), _file("a/two.c", 60)))
    assert _paths(series) == [["a/one.c"], ["a/three.c"], ["a/two.c"]]


def test_a_part_has_all_patches_of_its_files() -> None:
    series = _series((_file("a/one.c", 60),), (_file("b/two.c", 60),), (_file("a/one.c", 10),))
    first, second = divided(series).series
    assert [len(patch.files) for patch in first.patches] == [1, 0, 1]
    assert [patch.index for patch in second.patches] == [1, 2, 3]


def test_a_file_stays_with_its_former_name() -> None:
    series = _series((_file("b/old.c", 60), _file("a/one.c", 60)), (_file("z/new.c", 10, before="b/old.c"),))
    assert _paths(series) == [["a/one.c"], ["b/old.c", "z/new.c"]]


def test_a_generated_table_is_left_out_and_named() -> None:
    found = divided(_series((_file("a/table.h", 300), _file("b/two.c", 60))))
    assert [[file.path for file in part.patches[0].files] for part in found.series] == [["b/two.c"]]
    assert [(unread.file, unread.line) for unread in found.unread] == [("a/table.h", None)]
    assert "too large" in found.unread[0].reason


def test_a_series_of_tables_alone_is_still_a_series() -> None:
    found = divided(_series((_file("a/table.h", 300),)))
    assert [part.patches[0].files for part in found.series] == [()]


_MAIL = """\
From: A U Thor <author@example.org>
Date: Tue, 14 Nov 2023 22:13:20 +0000
Subject: [PATCH] larch: grow
Message-ID: <grow@example.org>

Grow.
---
"""
_DIFF = """\
diff --git a/{name}.c b/{name}.c
--- a/{name}.c
+++ b/{name}.c
@@ -10,0 +11,14 @@
+struct {name} {{
+	struct mutex lock;
+	bool is_ready;
+	int *table;
+}};
+static void {name}_start(struct {name} *p)
+{{
+	p->table = kzalloc(8, GFP_KERNEL);
+	p->is_ready = true;
+}}
+static int {name}_first(struct {name} *p)
+{{
+	return p->is_ready ? p->table[0] : 0;
+}}
"""


def test_parts_are_asked_the_same_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = (_MAIL + _DIFF.format(name="larch") + _DIFF.format(name="fir")).encode()
    monkeypatch.setattr(parts, "LARGEST_FILE", 10_000)
    in_parts = review_text(mail)
    monkeypatch.setattr(parts, "MOST_AT_ONCE", 10_000)
    whole = review_text(mail)
    assert in_parts.findings == whole.findings
    assert whole.findings
    assert any("2 parts" in text for text in in_parts.unseen)
    assert not any("parts" in text for text in whole.unseen)
