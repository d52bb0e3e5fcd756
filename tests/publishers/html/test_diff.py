import re
import time

from msgspec.structs import replace

from reviewbot.publishers import html
from reviewbot.publishers.html import diff
from reviewbot.publishers.html.diff import Room, parts
from reviewbot.publishers.html.words import prose
from reviewbot.series.model import FileDiff, Hunk, Status
from tests.publishers.factory import finding, modified, patch, report, series
from tests.publishers.html.pages import Page, large, with_patches

LONG = Hunk(1, 0, 1, 100, "", tuple(f"+line {number}" for number in range(1, 101)))


def kinds(file: FileDiff, left: Room, *talks: tuple[int, int]) -> list[tuple[str, int, str]]:
    said = dict.fromkeys(talks, ("a card",))
    return [(part.kind, str(part.rows).count("<tr"), part.label) for part in parts(1, file, said, {}, left)]


def test_a_small_series_is_shown_as_it_is() -> None:
    assert kinds(modified("a.c", LONG), Room(is_all_open=True)) == [("open", 101, "")]


def test_of_a_large_one_what_is_near_a_comment_is_open() -> None:
    assert kinds(modified("a.c", LONG), Room(is_all_open=False), (0, 49)) == [
        ("open", 1, ""),
        ("folded", 29, "29 lines"),
        ("open", 21, ""),
        ("cards", 0, ""),
        ("open", 20, ""),
        ("folded", 30, "30 lines"),
    ]


def test_files_without_comments_are_folded_as_one() -> None:
    assert kinds(modified("a.c", LONG, LONG), Room(is_all_open=False)) == [
        ("folded", 202, "2 hunks, 200 lines")
    ]


def test_what_is_too_much_is_left_out_and_counted() -> None:
    left = Room(is_all_open=False, folded=150)
    assert kinds(modified("a.c", LONG), left) == [("folded", 101, "1 hunk, 100 lines")]
    assert kinds(modified("b.c", LONG), left) == [("left", 0, "1 hunk, 100 lines")]


def test_a_few_lines_between_comments_are_not_folded() -> None:
    near = diff.NEAR
    between = 2 * near + 5
    found = kinds(modified("a.c", LONG), Room(is_all_open=False), (0, near), (0, near + between))
    assert [kind for kind, _, _ in found] == ["open", "cards", "open", "cards", "open", "folded"]


def test_lines_have_both_numbers_and_a_remark_has_none() -> None:
    hunk = Hunk(5, 2, 5, 2, "f()", (" same", "-old", "\\ No newline at end of file", "+new"))
    rows = str(next(parts(1, modified("a.c", hunk), {}, {}, Room(is_all_open=True))).rows)
    assert re.findall(r'<tr class="(\w+)', rows) == ["hunk", "same", "del", "note", "add"]
    assert '<td class="n">6</td><td class="n"></td><td class="m">-</td><td class="c">old</td>' in rows
    assert "@@ -5,2 +5,2 @@ f()" in rows
    assert "No newline at end of file" in rows


def test_what_happens_to_a_file_is_said() -> None:
    moved = FileDiff("old.c", "new.c", Status.RENAMED)
    blob = FileDiff(None, "logo.png", Status.ADDED, is_binary=True)
    text = "".join(Page(html.render(with_patches(patch(1, "x", moved, blob)), report(finding()))).texts)
    assert "new.c renamed from old.c" in text
    assert "logo.png added, binary" in text


def test_a_thousand_comments_and_five_megabytes() -> None:
    sent, told = large(findings=1_000, lines=130_000)
    size = sum(len(line) + 1 for hunk in sent.patches[0].files[0].hunks for line in hunk.lines)
    assert size > 4_500_000
    start = time.process_time()
    out = html.render(sent, told)
    assert time.process_time() - start < 20
    page = Page(out)
    assert sum(tag == "article" for tag, _ in page.tags) == 1_000
    assert len(out) < 20_000_000
    assert page.values("class").count("left") > 0
    rows = sum(tag == "tr" and "class" in each for tag, each in page.tags)
    left = sum(int(text.split()[0]) for text in re.findall(r"(\d+) lines? left out", out))
    heads = sum(each.get("class") == "hunk" for tag, each in page.tags if tag == "tr")
    assert rows - heads + left == 130_000


def test_two_patches_of_one_number_do_not_share_names() -> None:
    twice = with_patches(series().patches[0], series().patches[0])
    names = Page(html.render(twice, report(replace(finding(), interleaving=None)))).values("id")
    assert len(names) == len(set(names))


def test_code_in_prose() -> None:
    said = prose("Does `d->a` order slot->rmap[] in demo_find()? No, and.so ends.")
    code = re.findall("<code class=.whole.>(.*?)</code>", said)
    assert code == ["d-&gt;a", "slot-&gt;rmap[]", "demo_find()"]
    assert said.striptags() == "Does d->a order slot->rmap[] in demo_find()? No, and.so ends."
    long = f"{'x' * 40}()"
    assert prose(f"f(){long} <b>") == f'<code class="whole">f()</code><code>{long}</code> &lt;b&gt;'
    assert prose("a ` <alone>") == "a ` &lt;alone&gt;"
