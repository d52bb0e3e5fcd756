"""Pictures of witnesses: well-formed, nothing hostile in them, nothing on top of anything else."""

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest

from reviewbot.memory_model.check import Allowed, Never, check
from reviewbot.memory_model.labels import Area
from reviewbot.memory_model.layout import Layout, lay
from reviewbot.memory_model.litmus.parse import parse
from reviewbot.memory_model.model import default
from reviewbot.memory_model.picture import Picture, Style, picture
from reviewbot.memory_model.svg import svg
from reviewbot.memory_model.why import Reason, explain
from reviewbot.memory_model.witness import Witness
from tests.memory_model.texts import BOXES, FENCED_BOXES, MAIL, ORDERED_MAIL, PLAIN

NAMESPACE = "{http://www.w3.org/2000/svg}"

WATCHERS = """\
C watchers

{}

P0(int *sun) { WRITE_ONCE(*sun, 1); }

P1(int *sun, int *moon)
{
	int r0; int r1;
	r0 = READ_ONCE(*sun);
	FENCE
	r1 = READ_ONCE(*moon);
}

P2(int *moon) { WRITE_ONCE(*moon, 1); }

P3(int *sun, int *moon)
{
	int r0; int r1;
	r0 = READ_ONCE(*moon);
	FENCE
	r1 = READ_ONCE(*sun);
}

exists (1:r0=1 /\\ 1:r1=0 /\\ 3:r0=1 /\\ 3:r1=0)
"""

RELAY = """\
C relay

{}

P0(int *baton, spinlock_t *lane)
{
	spin_lock(lane);
	WRITE_ONCE(*baton, 1);
	spin_unlock(lane);
}

P1(int *baton, int *flag, spinlock_t *lane)
{
	int r0;
	spin_lock(lane);
	r0 = READ_ONCE(*baton);
	spin_unlock(lane);
	WRITE_ONCE(*flag, r0);
}

P2(int *baton, int *flag)
{
	int r0; int r1;
	r0 = smp_load_acquire(flag);
	r1 = READ_ONCE(*baton);
}

exists (1:r0=1 /\\ 2:r0=1 /\\ 2:r1=0)
"""

LIBRARY = """\
C library

{}

P0(int *shelf, int *book)
{
	int r0; int r1;
	rcu_read_lock();
	r0 = READ_ONCE(*shelf);
	r1 = READ_ONCE(*book);
	rcu_read_unlock();
}

P1(int *shelf, int *book)
{
	WRITE_ONCE(*shelf, 1);
	synchronize_rcu();
	WRITE_ONCE(*book, 1);
}

exists (0:r0=0 /\\ 0:r1=1)
"""

SWAP = """\
C swap

{}

P0(int *turn, int *door)
{
	int r0; int r1;
	r0 = xchg(turn, 1);
	if (r0 == 0)
		WRITE_ONCE(*door, 1);
	r1 = READ_ONCE(*door);
}

P1(int *turn, int *door)
{
	int r0;
	r0 = xchg_relaxed(turn, 2);
	WRITE_ONCE(*door, 2);
}

exists (door=1 /\\ 1:r0=1 /\\ 0:r1=2)
"""

TEXTS = {
    "mail": MAIL,
    "ordered": ORDERED_MAIL,
    "boxes": BOXES,
    "fenced": FENCED_BOXES,
    "plain": PLAIN,
    "unfenced-watchers": WATCHERS.replace("FENCE", ""),
    "watchers": WATCHERS.replace("FENCE", "smp_mb();"),
    "relay": RELAY,
    "library": LIBRARY,
    "swap": SWAP,
}


def shown(text: str) -> tuple[Witness, Reason | None]:
    verdict = check(parse(text), default())
    assert isinstance(verdict, Allowed | Never)
    assert verdict.witness is not None
    reason = explain(default(), verdict.witness.execution) if isinstance(verdict, Never) else None
    return verdict.witness, reason


def drawn(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg(*shown(text)))  # noqa: S314 - our own


def laid(text: str) -> tuple[Picture, Layout]:
    made = picture(*shown(text))
    return made, lay(made)


def areas(root: ElementTree.Element, wanted: str) -> list[Area]:
    """The rectangles of a class inside the grid."""
    found = [
        each
        for each in root.findall(f"./{NAMESPACE}g//{NAMESPACE}rect")
        if wanted in each.attrib["class"].split()
    ]
    return [Area(*(float(each.attrib[name]) for name in Area._fields)) for each in found]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_boxes_and_labels_do_not_overlap(text: str) -> None:
    root = drawn(text)
    boxes, labels = areas(root, "frame"), areas(root, "page")
    assert len(boxes) >= 4
    assert labels
    for one, other in combinations((*boxes, *labels), 2):
        assert not one.overlaps(other)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_lines_run_beside_boxes_and_each_other(text: str) -> None:
    made, layout = laid(text)
    inner = [Area(box.x + 1, box.y + 1, box.width - 2, box.height - 2) for box in layout.boxes]
    parts = [part for route in layout.routes if len(route.points) > 2 for part in pairwise(route.points)]
    lines = [
        Area(min(a.x, b.x), min(a.y, b.y), abs(a.x - b.x) or 0.1, abs(a.y - b.y) or 0.1) for a, b in parts
    ]
    assert not [line for line in lines for box in inner if line.overlaps(box)]
    along = [
        (one, other) for one, other in combinations(lines, 2) if (one.width == 0.1) == (other.width == 0.1)
    ]
    assert not [pair for pair in along if pair[0].overlaps(pair[1])]
    assert [route.arc for route in layout.routes] == list(made.arcs)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_fits_a_page_and_can_be_read(text: str) -> None:
    root = drawn(text)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert width <= 700
    assert root.attrib["viewBox"] == f"0 0 {width:g} {height:g}"
    shift = float(re.findall(r"translate\((\S+) ", root.find(f"{NAMESPACE}g").attrib["transform"])[0])  # type: ignore[union-attr]
    for box in (*areas(root, "frame"), *areas(root, "page")):
        assert box.x + shift >= 0
        assert box.x + box.width + shift <= width
    style = root.findtext(f"{NAMESPACE}style") or ""
    sizes = [float(size) for size in re.findall(r"font(?:-size)?:([\d.]+)px", style)]
    assert min(sizes) >= 11


def test_for_those_who_hear_it_and_for_print() -> None:
    root = drawn(FENCED_BOXES)
    assert root.attrib["role"] == "img"
    assert root[0].tag == f"{NAMESPACE}title"
    assert root[0].text == "boxes: forbidden by propagation: 0:r0=0; 1:r0=0;"
    assert "P0 R right=0 -fr-> P1 W right=1." in (root.findtext(f"{NAMESPACE}desc") or "")
    style = root.findtext(f"{NAMESPACE}style") or ""
    assert "@media screen and (prefers-color-scheme:dark)" in style, "paper is always white"
    assert style.count(".reviewbot-witness ") == style.count("{") - 1, "no style reaches the page around it"


def test_sorts_differ_without_colour() -> None:
    style = drawn(MAIL).findtext(f"{NAMESPACE}style") or ""
    dashes = [re.findall(rf"\.{sort}{{stroke-dasharray:([\d ]+)}}", style) for sort in Style]
    looks = [dash[0] if dash else "" for dash in dashes]
    assert sorted(looks) == ["", "", "2 4", "7 4", "9 3 2 3"]


def test_what_goes_back_in_time_is_marked() -> None:
    for text, words in (
        (MAIL, "P1 R mail=0 misses P0 W mail=1, which the other arrows put before it"),
        (BOXES, "P0 R right=0 misses P1 W right=1, which the other arrows put before it"),
    ):
        made = picture(*shown(text))
        assert [arc.style for arc in made.arcs if arc.is_marked] == [Style.MISSES]
        assert made.note == words
    assert "goes back in time" in svg(*shown(MAIL))


def test_nothing_is_marked_where_an_interleaving_explains_it() -> None:
    made = picture(*shown(MAIL.replace("1:r1=0", "1:r1=1")))
    assert not any(arc.is_marked for arc in made.arcs)
    assert made.note == ""
    assert made.verdict.startswith("may happen: ")


def test_the_cycle_is_marked() -> None:
    made = picture(*shown(FENCED_BOXES))
    marked = [(arc.style, arc.label) for arc in made.arcs if arc.is_marked]
    assert sorted(marked) == [
        (Style.MISSES, "fr"),
        (Style.MISSES, "fr"),
        (Style.ORDERED, "mb"),
        (Style.ORDERED, "mb"),
    ]
    assert made.note == str(shown(FENCED_BOXES)[1])
    assert svg(*shown(FENCED_BOXES)).count('class="band"') == 4 + 1, "and in the legend"


def test_one_box_a_statement() -> None:
    made = picture(*shown(SWAP))
    first = made.boxes[0]
    assert first.statement == "r0 = xchg(turn, 1)"
    assert len(first.events) == 4
    assert "R turn=0 W turn=1" in svg(*shown(SWAP))
    assert [box.is_fence for box in picture(*shown(LIBRARY)).boxes] == [
        True,
        False,
        False,
        True,
        False,
        True,
        False,
    ]


def test_long_names_are_cut_and_told_whole() -> None:
    name = "the_quick_brown_fox_jumps_over_the_lazy_dog"
    text = svg(*shown(TEXTS["watchers"].replace("sun", name)))
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    texts = [each.text or "" for each in root.iter(f"{NAMESPACE}text")]
    inside = [each for each in texts if each.startswith("W the")]
    assert inside == ["W the_quick_…=1"]
    titles = [each.text for each in root.iter(f"{NAMESPACE}title")]
    assert f"WRITE_ONCE(*{name}, 1): W {name}=1" in titles
    assert max(map(len, texts)) < 100


def test_hostile_names() -> None:
    bad = MAIL.replace(
        "C mail-and-note", 'C </title><script>alert("&amp;")</script>\x1b[2J\u202e\udcff\ufffe'
    )
    text = svg(*shown(bad))
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert not list(root.iter(f"{NAMESPACE}script"))
    assert (root[0].text or "").startswith(
        '</title><script>alert("&amp;")</script>\\x1b[2J\\u202e\\udcff\\ufffe'
    )
    assert text.encode().decode().replace("\n", "").isprintable()


def test_nothing_is_loaded_and_nothing_runs() -> None:
    for text in TEXTS.values():
        root = drawn(text)
        names = {name for each in root.iter() for name in each.attrib}
        assert not {name for name in names if "href" in name or name.startswith("on") or name == "id"}
        tags = {each.tag.removeprefix(NAMESPACE) for each in root.iter()}
        assert tags <= {"svg", "title", "desc", "style", "rect", "text", "path", "g"}
        assert "url(" not in svg(*shown(text))


def test_same_bytes() -> None:
    for text in TEXTS.values():
        assert svg(*shown(text)) == svg(*shown(text))
    assert svg(*shown(MAIL)).endswith("</svg>\n")
