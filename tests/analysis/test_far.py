"""Marks in other folders: looked for where the code of the header lives that declares the struct."""

import re

import pytest

from reviewbot.analysis.facts import MixedMarking
from reviewbot.analysis.novelty import members_to_look_for, words_to_look_for, words_to_look_for_anywhere
from reviewbot.analysis.program import Program
from reviewbot.analysis.understand import Analysis
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.series.view import FileView, Fragment, Origin
from reviewbot.surroundings import MOST_ANYWHERE, MOST_FILES, Surroundings
from reviewbot.syntax.facts import FileFacts

HEADER = b"struct wren_dev {\n\tu32 eggs;\n\tu32 nest;\n\tstruct net_device *next;\n};\n"
CORE = b"""
void wren_set(struct wren_dev *w, u32 n)
{
	WRITE_ONCE(w->eggs, n);
}
"""
READER = b"""
u32 wren_first(struct wren_dev *w)
{
	return READ_ONCE(w->nest);
}

u32 wren_second(struct wren_dev *w)
{
	return READ_ONCE(w->nest) + 1;
}
"""
DRIVER = b"""#include <linux/netdevice.h>

u32 demo_cost(struct wren_dev *w)
{
	return w->eggs + w->nest;
}
"""


class Tree:
    """A tree of a few files, as the surroundings ask for it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, _commit: str, path: str) -> bytes | None:
        return self.files.get(path)

    def blob(self, _commit: str, path: str) -> str | None:
        return path if path in self.files else None

    def read_blob(self, blob: str) -> bytes | None:
        return self.files.get(blob)

    def read_blobs(self, blobs: list[str]) -> list[bytes | None]:
        return [self.read_blob(blob) for blob in blobs]

    def listing(self, _commit: str, folder: str) -> tuple[str, ...]:
        return tuple(path for path in sorted(self.files) if path.rpartition("/")[0] == folder)

    def tree_id(self, commit: str) -> str:
        return commit

    def occurrences(self, words: list[str], _commit: str) -> dict[str, tuple[str, ...]]:
        known = {path: set(re.findall(r"\w+", text.decode())) for path, text in self.files.items()}
        return {word: tuple(path for path in sorted(known) if word in known[path]) for word in words}


def asked(
    files: dict[str, bytes], *, is_anywhere: bool = False, text: bytes = DRIVER
) -> list[tuple[str, str]]:
    """The fields that are asked about, with the function that marks them."""
    lines = text.count(b"\n")
    view = FileView(
        "drivers/misc/demo.c", (Fragment(text, tuple(Origin(0, n + 1) for n in range(lines))),), True
    )
    file = FileFacts(view)
    tree = Tree({"include/linux/netdevice.h": HEADER, **files})
    program = Program({view.path: file}, Surroundings(tree, "base", {view.path: file}))  # type: ignore[arg-type]
    program.look_for(words_to_look_for(program))
    if is_anywhere:
        program.look_anywhere(words_to_look_for_anywhere(program))
    program.look_further(members_to_look_for(program))
    facts = Analysis(program).facts()
    return [(str(fact.field), fact.overlap.split("(")[0]) for fact in facts if isinstance(fact, MixedMarking)]


def test_a_marked_store_in_the_home_of_the_header() -> None:
    assert asked({"net/core/dev.c": CORE}) == [("wren_dev.eggs", "wren_set")]


def test_what_is_mostly_read_plainly_there_is_not_asked_about() -> None:
    plain = CORE + b"\nu32 wren_get(struct wren_dev *w)\n{\n\treturn w->eggs;\n}\n"
    assert asked({"net/core/dev.c": plain}) == []
    marked = plain.replace(b"return w->eggs", b"return READ_ONCE(w->eggs)")
    assert asked({"net/core/dev.c": marked}) == [("wren_dev.eggs", "wren_set")]


def test_elsewhere_nobody_looks() -> None:
    assert asked({"net/far/dev.c": CORE}) == []


def test_a_plain_store_there_is_no_mark() -> None:
    assert asked({"net/core/dev.c": CORE.replace(b"WRITE_ONCE(w->eggs, n)", b"w->eggs = n")}) == []


def test_a_sysctl_row_there_is_a_store() -> None:
    row = b"""
static struct wren_dev wren_defaults;

static struct ctl_table wren_table[] = {
	{
		.procname = "nest",
		.data = &wren_defaults.nest,
		.proc_handler = proc_dointvec,
	},
};
"""
    assert asked({"net/core/sysctl.c": row}) == []
    assert asked({"net/core/sysctl.c": row + READER}) == [("wren_dev.nest", "wren_first")]


def test_marked_reads_there_speak_for_no_writer_here() -> None:
    assert asked({"net/core/dev.c": READER}) == []


def test_the_longest_beginning_tells_the_home() -> None:
    homes = vocabulary().homes
    assert homes.of("include/net/ip6_route.h") == ("net/ipv6",)
    assert homes.of("include/net/route.h") == ("net/core", "net/ipv4", "net/ipv6")
    assert homes.of("drivers/misc/demo.h") == ()


def found_anywhere(files: dict[str, bytes], words: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return Surroundings(Tree(files), "base", {}).anywhere(words)  # type: ignore[arg-type]


def test_a_word_is_looked_for_anywhere() -> None:
    files = {"a/one.c": b"eggs", "b/two.c": b"eggs_all", "c/three.c": b"wren_set"}
    assert found_anywhere(files, {"eggs": ("wren_dev",), "wren_set": ()}) == ("a/one.c", "c/three.c")


def test_a_common_word_is_looked_for_beside_its_struct() -> None:
    many = {f"a/{number}.c": b"eggs" for number in range(MOST_FILES)}
    both = {"b/one.c": b"eggs wren_dev", "b/two.c": b"wren_dev"}
    assert len(found_anywhere(many, {"eggs": ("wren_dev",)})) == MOST_FILES
    assert found_anywhere(many | both, {"eggs": ("wren_dev",)}) == ("b/one.c",)
    assert found_anywhere(many | both, {"eggs": ()}) == ()


def test_what_too_many_have_beside_its_struct_is_not_followed() -> None:
    many = {f"a/{number}.c": b"eggs wren_dev" for number in range(MOST_ANYWHERE + 1)}
    assert found_anywhere(many, {"eggs": ("wren_dev",)}) == ()


def test_a_marked_store_anywhere() -> None:
    far = {"lib/far/wren.c": CORE}
    assert asked(far) == []
    assert asked(far, is_anywhere=True) == [("wren_dev.eggs", "wren_set")]


CASTS = b"""
#define wren_sk(ptr) container_of_const(ptr, struct wren_sock, inet.sk)
#define to_wren(d) \\
	container_of((d), struct wren, dev)
static inline struct wren_dst *wren_dst(const struct sk_buff *skb)
{
	return skb->dst;
}
static __always_inline const struct wren_ops *
wren_ops(const struct wren *w)
{
	return w->ops;
}
#define to_both(d) container_of(d, struct wren, dev)
#define wren_size(d) sizeof(struct wren, d)
"""


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("wren_sk", "wren_sock"),
        ("to_wren", "wren"),
        ("wren_dst", "wren_dst"),
        ("wren_ops", "wren_ops"),
        ("to_both", None),
        ("wren_size", None),
    ],
)
def test_what_functions_and_macros_of_the_headers_point_to(name: str, tag: str | None) -> None:
    text = b"#include <linux/wren.h>\n#define to_both(d) container_of(d, struct tit, dev)\n"
    view = FileView("drivers/misc/demo.c", (Fragment(text, (Origin(0, 1), Origin(0, 2))),), True)
    tree = Tree({"include/linux/wren.h": CASTS})
    around = Surroundings(tree, "base", {view.path: FileFacts(view)})  # type: ignore[arg-type]
    assert around.pointed_to(name) == tag


def test_a_field_behind_a_macro_of_a_header_has_its_struct() -> None:
    macro = b"\n#define to_nest(d) container_of(d, struct wren_dev, next)\n"
    text = DRIVER.replace(b"w->eggs + w->nest", b"to_nest(w)->eggs").replace(b"wren_dev *w", b"net_device *w")
    files = {"include/linux/netdevice.h": HEADER + macro, "net/core/dev.c": CORE}
    assert asked(files, text=text) == [("wren_dev.eggs", "wren_set")]
