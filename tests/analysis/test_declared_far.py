"""Declarations in headers: structs far down, nested ones, variables, and C beside assembly."""

import pytest

from reviewbot.series.view import FileView, Fragment, older_lines
from reviewbot.surroundings import Surroundings, whole_view
from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.model import TypeName
from tests.analysis.test_far import CORE, DRIVER, HEADER, Tree, asked

USER = b"#include <linux/wren.h>\n"


def around(files: dict[str, bytes], text: bytes = USER) -> Surroundings:
    lines = text.count(b"\n")
    view = FileView("drivers/misc/demo.c", (Fragment(text, older_lines(lines)),), complete=True)
    return Surroundings(Tree(files), "base", {view.path: FileFacts(view)})  # type: ignore[arg-type]


def chain(levels: int, end: bytes) -> dict[str, bytes]:
    """Headers that include one another, the last with `end`; the first is linux/wren.h."""
    names = ["linux/wren.h", *(f"linux/egg{number}.h" for number in range(1, levels))]
    texts = [*(f"#include <{name}>\n".encode() for name in names[1:]), end]
    return {f"include/{name}": text for name, text in zip(names, texts, strict=True)}


@pytest.mark.parametrize(("levels", "is_found"), [(1, True), (2, True), (3, True), (4, False)])
def test_a_struct_is_found_three_headers_away(levels: int, is_found: bool) -> None:
    found = around(chain(levels, b"struct wren {\n\tint eggs;\n};\n")).struct("wren")
    assert (found is not None and found.members[0].name == "eggs") is is_found


def test_headers_that_include_each_other_end() -> None:
    circle = chain(3, b"#include <linux/wren.h>\n")
    assert around(circle).struct("wren") is None


def test_the_third_level_is_read_no_further_than_it_takes() -> None:
    files = chain(3, b"struct wren {\n\tint eggs;\n};\n")
    files["include/linux/egg1.h"] += b"#include <linux/tit.h>\n"
    files["include/linux/tit.h"] = b"struct tit {\n\tint eggs;\n};\n"
    one = around(files)
    read: list[str] = []
    one._repository.read = lambda _commit, path: read.append(path) or files.get(path)  # type: ignore[method-assign, func-returns-value]
    assert one.struct("wren") is not None
    assert "include/linux/tit.h" not in read
    assert one.struct("tit") is not None
    assert one.struct("wren") is not None


def test_the_nearest_declaration_is_taken() -> None:
    files = chain(3, b"struct wren {\n\tint far;\n};\n")
    files["include/linux/egg1.h"] += b"struct wren {\n\tint near;\n};\n"
    found = around(files).struct("wren")
    assert found is not None
    assert found.members[0].name == "near"


def test_headers_that_are_not_there_do_not_use_up_the_limit() -> None:
    absent = b"".join(b"#include <linux/absent%d.h>\n" % number for number in range(500))
    assert around(chain(1, b"struct wren {\n\tint eggs;\n};\n"), absent + USER).struct("wren") is not None


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("linux/wren.h", "include/uapi/linux/wren.h"),
        ("asm/wren.h", "include/asm-generic/wren.h"),
        ("asm/wren.h", "arch/x86/include/asm/wren.h"),
        ("asm/wren.h", "arch/x86/include/uapi/asm/wren.h"),
    ],
)
def test_where_a_header_is_that_include_does_not_have(name: str, path: str) -> None:
    text = f"#include <{name}>\n".encode()
    assert around({path: b"struct wren {\n\tint eggs;\n};\n"}, text).struct("wren") is not None


NESTED = b"""struct wren {
	union {
		struct {
			u32 eggs;
		} brood;
		u32 count;
	} nest;
};
"""


def test_a_struct_without_a_tag_inside_one_of_a_header() -> None:
    found = around(chain(2, NESTED)).struct("wren.nest.brood")
    assert found is not None
    assert found.members[0].name == "eggs"
    assert around(chain(2, NESTED)).struct("wren.attic") is None


def test_a_member_of_such_a_struct_is_the_same_field_everywhere() -> None:
    text = DRIVER.replace(b"w->eggs + w->nest", b"w->nest.brood.eggs").replace(b"wren_dev", b"wren")
    core = CORE.replace(b"w->eggs", b"w->nest.brood.eggs").replace(b"wren_dev", b"wren")
    files = {"include/linux/netdevice.h": NESTED, "net/core/dev.c": core}
    assert asked(files, text=text) == [("wren.nest.brood.eggs", "wren_set")]


@pytest.mark.parametrize(
    ("line", "type_"),
    [
        (b"extern struct wren first_wren;", TypeName("struct wren")),
        (b"extern struct wren *first_wren;", TypeName("struct wren", 1)),
        (b"extern const struct wren first_wren[4];", TypeName("struct wren", 0, True)),
        (b"extern struct wren first_wren __read_mostly;", TypeName("struct wren")),
        (b"extern struct wren __rcu *first_wren;", TypeName("struct wren", 1)),
        (b'register struct wren *first_wren asm("r7");', TypeName("struct wren", 1)),
        (b"DECLARE_PER_CPU(struct wren, first_wren);", TypeName("struct wren")),
        (b"extern struct wren *first_wren(int nest);", None),
        (b"extern int first_wren;", None),
        (b"extern struct wren " + b"first_wren" * 50_000 + b"(", None),
        (b"extern struct wren first_wren;\nextern struct tit first_wren;", None),
    ],
)
def test_variables_that_headers_declare(line: bytes, type_: TypeName | None) -> None:
    assert around(chain(2, line + b"\n")).variable("first_wren") == type_


def test_a_field_of_a_variable_of_a_header_has_its_struct() -> None:
    text = DRIVER.replace(b"w->eggs + w->nest", b"main_wren->eggs")
    files = {
        "include/linux/netdevice.h": HEADER + b"extern struct wren_dev *main_wren;\n",
        "net/core/dev.c": CORE,
    }
    assert asked(files, text=text) == [("wren_dev.eggs", "wren_set")]


def test_of_current_the_struct_is_known() -> None:
    text = DRIVER.replace(b"w->eggs + w->nest", b"current->wren->eggs")
    task = b"struct task_struct {\n\tstruct wren_dev *wren;\n};\n"
    files = {"include/linux/netdevice.h": HEADER + task, "net/core/dev.c": CORE}
    assert asked(files, text=text) == [("wren_dev.eggs", "wren_set")]


ASSEMBLY = b"""#ifdef __ASSEMBLY__
.macro FLY to
	.if (\\to == NEST) || \\
		(\\to == TREE)
	b	fly_\\to
	.endif
.endm
#else
struct wren {
	int eggs;
};
#endif
#ifndef __ASSEMBLY__
struct tit {
	int eggs;
};
#else
	lwz {r3
#endif
#if !defined(__ASSEMBLER__)
struct owl {
	int eggs;
};
#endif
"""


@pytest.mark.parametrize("tag", ["wren", "tit", "owl"])
def test_assembly_in_a_header_is_no_c(tag: str) -> None:
    file = FileFacts(whole_view("include/asm/wren.h", ASSEMBLY))
    assert file.struct(tag) is not None
    assert file.unread == ()
