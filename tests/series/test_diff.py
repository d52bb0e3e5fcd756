import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.series.diff import read_diff, rendered
from reviewbot.series.model import FileDiff, Status, Unread
from tests.series.mails import DIFF

HUNK = "@@ -1,2 +1,2 @@\n a\n-b\n+c\n"


def only(text: str | bytes) -> FileDiff:
    files, unread = read_diff(text if isinstance(text, bytes) else text.encode())
    assert unread == ()
    (file,) = files
    return file


def test_a_git_diff_is_read() -> None:
    file = only(DIFF)
    assert (file.before_path, file.after_path, file.status) == ("net/lantern/flame.c",) * 2 + (
        Status.MODIFIED,
    )
    assert (file.before_blob, file.after_blob) == ("1111111", "2222222")
    (hunk,) = file.hunks
    assert (hunk.before_start, hunk.before_count, hunk.after_start, hunk.after_count) == (10, 7, 10, 8)
    assert hunk.section == "static int flame_light(struct flame *f)"
    assert hunk.lines[3] == "-\tf->lit = true;"


@pytest.mark.parametrize(
    ("header", "before", "after", "status"),
    [
        ("new file mode 100644\n--- /dev/null\n+++ b/x.c\n@@ -0,0 +1 @@\n+a\n", None, "x.c", Status.ADDED),
        (
            "deleted file mode 100644\n--- a/x.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
            "x.c",
            None,
            Status.DELETED,
        ),
        ("old mode 100644\nnew mode 100755\n", "x.c", "x.c", Status.MODIFIED),
        ("new file mode 100644\nindex 0000000..e69de29\n", None, "x.c", Status.ADDED),
        ("similarity index 100%\nrename from o.c\nrename to x.c\n", "o.c", "x.c", Status.RENAMED),
        (
            "similarity index 90%\ncopy from o.c\ncopy to x.c\n--- a/o.c\n+++ b/x.c\n" + HUNK,
            "o.c",
            "x.c",
            Status.COPIED,
        ),
    ],
)
def test_extended_headers(header: str, before: str | None, after: str | None, status: Status) -> None:
    file = only(f"diff --git a/x.c b/x.c\n{header}")
    assert (file.before_path, file.after_path, file.status) == (before, after, status)


@pytest.mark.parametrize(
    "text",
    [
        "index 1..2\nGIT binary patch\nliteral 3\nKcmZQ%U|?WiU|0YE0000\n\nliteral 0\nHcmV?d00001\n\n",
        "index 1234567..2345678 100644\nBinary files a/x.bin and b/x.bin differ\n",
    ],
)
def test_binary_files_are_named(text: str) -> None:
    file = only(f"diff --git a/x.bin b/x.bin\n{text}")
    assert file.is_binary
    assert (file.path, file.hunks) == ("x.bin", ())


def test_quoted_paths_are_unquoted() -> None:
    name = 'caf\\303\\251 \\"x\\".c'
    file = only(f'diff --git "a/{name}" "b/{name}"\nold mode 100644\nnew mode 100755\n')
    assert file.path == 'café "x".c'


def test_a_path_may_hold_blanks() -> None:
    assert only("diff --git a/my file.c b/my file.c\nold mode 100644\nnew mode 100755\n").path == "my file.c"


@pytest.mark.parametrize(
    ("names", "path"),
    [
        ("--- a/x/y.c\n+++ b/x/y.c\n", "x/y.c"),
        ("--- linux-6.1/x/y.c\t2026-01-01 00:00:00\n+++ linux/x/y.c\t2026-01-02 00:00:00\n", "x/y.c"),
        ("--- x/y.c.orig\n+++ x/y.c\n", "x/y.c"),
        ("Index: x/y.c\n==========\n--- x/y.c\n+++ x/y.c\n", "x/y.c"),
        ("diff -urN a/x/y.c b/x/y.c\n--- a/x/y.c\n+++ b/x/y.c\n", "x/y.c"),
    ],
)
def test_plain_diffs(names: str, path: str) -> None:
    assert only(names + HUNK).path == path


def test_a_git_diff_without_prefix_keeps_its_paths() -> None:
    assert only(f"diff --git fs/x.c fs/x.c\n--- fs/x.c\n+++ fs/x.c\n{HUNK}").path == "fs/x.c"


def test_crlf_of_the_mail_is_cut_and_crlf_of_the_file_is_kept() -> None:
    mail_crlf = only(DIFF.replace("\n", "\r\n"))
    assert mail_crlf == only(DIFF)
    file_crlf = only("--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\r\n+b\r\n")
    assert file_crlf.hunks[0].lines == ("-a\r", "+b\r")


def test_text_of_any_encoding_comes_back() -> None:
    file = only(b"--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-caf\xe9\n+caf\xc3\xa9\x0c\x85\n")
    assert [line.encode("utf-8", "surrogateescape") for line in file.hunks[0].lines] == [
        b"-caf\xe9",
        b"+caf\xc3\xa9\x0c\x85",
    ]


def test_a_missing_newline_at_the_end() -> None:
    file = only(
        "--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ Kein Zeilenumbruch\n"
    )
    assert [line[0] for line in file.hunks[0].lines] == ["-", "\\", "+", "\\"]


def test_removed_lines_that_look_like_headers() -> None:
    file = only("--- a/x.lua\n+++ b/x.lua\n@@ -1,3 +1,2 @@\n a\n--- b/y\n-- \n+++ b/z\n")
    assert list(file.hunks[0].lines) == [" a", "--- b/y", "-- ", "+++ b/z"]


OTHER = "diff --git a/y.c b/y.c\n--- a/y.c\n+++ b/y.c\n" + HUNK


@pytest.mark.parametrize(
    ("hunk", "reason"),
    [
        ("@@ -7,3 +7,3 @@\n a\n-b\n+c\n", "the hunk holds fewer lines than its header says"),
        ("@@ -7,1 +7,1 @@\n a\n-b\n+c\n", "the hunk holds more lines than its header says"),
        ("@@ -7,3 +7,3 @@\n a\n-b\nwrapped\n+c\n", "a line was wrapped or changed by a mailer on its way"),
        ("@@ -7,2 +7,2 @@\n a\n-b\n-b\n+c\n", "the hunk holds more lines than its header says"),
    ],
)
def test_a_hunk_that_lies_is_named_and_the_rest_is_read(hunk: str, reason: str) -> None:
    text = f"diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n{HUNK}{hunk}{OTHER}"
    files, unread = read_diff(text.encode())
    assert unread == (Unread("x.c", 7, reason),)
    assert [(file.path, len(file.hunks)) for file in files] == [("x.c", 1), ("y.c", 1)]


def test_a_diff_cut_off_is_named() -> None:
    files, unread = read_diff(f"{OTHER}--- a/x.c\n+++ b/x.c\n@@ -4,9 +4,9 @@\n a\n".encode())
    assert unread == (Unread("x.c", 4, "the mail ends inside a hunk"),)
    assert files[0].path == "y.c"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../etc/passwd", "path leaves the tree"),
        ("x/../../y", "path leaves the tree"),
        ("/etc/passwd", "path leaves the tree"),
        (".git/config", "path is inside .git"),
        ("x/.GIT/hooks/y", "path is inside .git"),
    ],
)
def test_paths_outside_of_the_tree_are_refused(path: str, reason: str) -> None:
    files, unread = read_diff(f"--- a/{path}\n+++ b/{path}\n{HUNK}{OTHER}".encode())
    assert [entry.reason for entry in unread] == [reason]
    assert [file.path for file in files] == ["y.c"]


def test_a_nul_in_a_path_is_refused() -> None:
    _, unread = read_diff(
        f'diff --git "a/x\\000.c" "b/x\\000.c"\nold mode 100644\nnew mode 100755\n{OTHER}'.encode()
    )
    assert [entry.reason for entry in unread] == ["path holds a NUL"]


def test_a_combined_diff_is_named() -> None:
    files, unread = read_diff(
        b"diff --cc x.c\nindex 1,2..3\n--- a/x.c\n+++ b/x.c\n@@@ -1 -1 +1 @@@\n++a\n" + OTHER.encode()
    )
    assert Unread("x.c", None, "combined diff of a merge") in unread
    assert [file.path for file in files] == ["y.c"]


def test_a_huge_hunk_is_read_in_pieces_and_checked_as_a_whole() -> None:
    count = 50_000
    head = f"--- /dev/null\n+++ b/x.c\n@@ -0,0 +1,{count} @@\n"
    body = "".join(f"+{number}\n" for number in range(count))
    file = only(head + body)
    assert len(file.hunks[0].lines) == count
    files, unread = read_diff((head + body + "+more\n").encode())
    assert (len(files[0].hunks), len(unread)) == (0, 1)


def test_what_is_rendered_reads_the_same() -> None:
    text = DIFF + (
        'diff --git "a/q\\303\\251.c" b/x.c\nsimilarity index 90%\n'
        'rename from "q\\303\\251.c"\nrename to x.c\n'
        f'--- "a/q\\303\\251.c"\n+++ b/x.c\n{HUNK}'
        "diff --git a/n.c b/n.c\nnew file mode 100644\n--- /dev/null\n+++ b/n.c\n@@ -0,0 +1 @@\n+a\n"
    )
    files, _ = read_diff(text.encode())
    again, unread = read_diff("".join(map(rendered, files)).encode())
    assert unread == ()
    sections = [hunk.section for file in files for hunk in file.hunks]
    assert sections[0]
    assert [(file.before_path, file.after_path, file.status) for file in again] == [
        (file.before_path, file.after_path, file.status) for file in files
    ]
    assert [[hunk.lines for hunk in file.hunks] for file in again] == [
        [hunk.lines for hunk in file.hunks] for file in files
    ]


PIECES = (
    b"--- a/x|+++ b/x|@@ -1 +1 @@|@@ -0,0 +1,3 @@|@@ -9,99999999 +1,2 @@|GIT binary patch|+|-|-- | |\\ No|\r"
    b'|diff --git "a/\\777 b/|rename from |rename to /x|index 00000..111111|Binary files a and b differ'
)
LINE = st.sampled_from([*DIFF.encode().split(b"\n"), *PIECES.split(b"|")])


@given(st.lists(st.one_of(LINE, st.binary(max_size=8)), max_size=60))
def test_no_diff_makes_the_reader_raise(lines: list[bytes]) -> None:
    files, unread = read_diff(b"\n".join(lines))
    for file in files:
        for hunk in file.hunks:
            before = sum(line[:1] in " -" for line in hunk.lines)
            after = sum(line[:1] in " +" for line in hunk.lines)
            assert (before, after) == (hunk.before_count, hunk.after_count)
    assert all(entry.reason for entry in unread)
