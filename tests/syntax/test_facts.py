"""What a file says beside its functions' bodies."""

from reviewbot.syntax.model import Registration
from tests.syntax.dump import facts, graph, pieces

DECLARATIONS = """\
#include <linux/box.h>
#define box_of(x, y) \\
\tcontainer_of(x, struct box, \\
\t\t     y)
enum state { IDLE, busy_now };
struct box {
\t/* Written under lock only. */
\tint lid;
\tspinlock_t lock;\t/* protects lid */
\tunsigned int open : 1, shut : 2;
\tstruct {
\t\tstruct list_head *head __guarded_by(&lock);
\t} lists[2];
\tunion {
\t\tu64 raw;
\t\tint (*call)(struct box *b, int n);
\t};
#ifdef CONFIG_BOX
\tstruct cfg __rcu *cfg;
#endif
\tDECLARE_BITMAP(map, 64);
} __packed;
static DEFINE_MUTEX(box_lock);
static DEFINE_PER_CPU(struct box, boxes);
static struct box *first, spare[3] = { { 1 } };
extern int box_count;
static int box_open(struct box *b, int n);
static const struct box_ops plain_ops = {
\t.open = box_open,
\t.size = MAX_BOX,
\t.nested = { .shut = box_shut },
};
EXPORT_SYMBOL_GPL(box_open)
static __always_inline int
box_open(struct box *b, int n)
\t__must_hold(&b->lock)
{
\tstatic int seen = 1, other;
\treturn b->lid;
}
SYSCALL_DEFINE2(box, struct box __user *, b, unsigned int, n)
{
\treturn n;
}
"""


def test_functions() -> None:
    found = facts(DECLARATIONS)
    assert [(h.name, h.first_line, h.line, h.last_line) for h in found.functions] == [
        ("box_open", 34, 35, 40),
        ("sys_box", 41, 41, 44),
    ]
    box_open, call = found.functions
    assert [str(one.name) for one in box_open.parameters] == ["b", "n"]
    assert (box_open.parameters[0].type.tag, box_open.parameters[0].type.pointers) == ("box", 1)
    assert box_open.annotations == ("__always_inline", "__must_hold(&b->lock)")
    assert (box_open.is_static, box_open.is_inline, box_open.is_whole) == (True, True, True)
    assert [(one.name, one.type.name) for one in call.parameters] == [
        ("b", "struct box"),
        ("n", "unsigned int"),
    ]


def test_struct_members() -> None:
    box, lists = facts(DECLARATIONS).structs
    assert [(m.name, m.type.name, m.line, m.bits) for m in box.members] == [
        ("lid", "int", 8, None),
        ("lock", "spinlock_t", 9, None),
        ("open", "unsigned int", 10, 1),
        ("shut", "unsigned int", 10, 2),
        ("lists", "struct box.lists", 13, None),
        ("raw", "u64", 15, None),
        ("call", "(*)()", 16, None),
        ("cfg", "struct cfg", 19, None),
        ("map", "unsigned long", 21, None),
    ]
    assert [m.comment for m in box.members[:3]] == ["Written under lock only.", "protects lid", ""]
    assert box.members[7].type.annotations == {"__rcu"}
    assert (lists.tag, [m.name for m in lists.members]) == ("box.lists", ["head"])
    assert lists.members[0].type.annotations == {"__guarded_by(&lock)"}
    assert box.is_whole


def test_globals() -> None:
    found = {(g.name, g.function): g for g in facts(DECLARATIONS).globals}
    assert [name for name, _ in found] == [
        "box_lock", "boxes", "first", "spare", "box_count", "plain_ops", "seen", "other",
    ]  # fmt: skip
    assert found["box_lock", None].macro == "DEFINE_MUTEX"
    assert found["boxes", None].type.name == "struct box"
    assert found["spare", None].type.array
    assert found["seen", "box_open"].is_static


def test_registrations_name_the_table() -> None:
    assert facts(DECLARATIONS).registrations == (
        Registration("box_ops", "open", "box_open", 29),
        Registration("box_ops.nested", "shut", "box_shut", 31),
    )


def test_macros_includes_and_comments() -> None:
    found = facts(DECLARATIONS)
    assert found.includes == ("linux/box.h",)
    (macro,) = found.macros
    assert (macro.name, macro.parameters, macro.body) == (
        "box_of",
        ("x", "y"),
        "container_of(x, struct box, y)",
    )
    assert [(c.first_line, c.text) for c in found.comments] == [
        (7, "Written under lock only."),
        (9, "protects lid"),
    ]


def test_functions_mentioning_a_word() -> None:
    found = facts("int a(void) { return x; }\nint b(void) { /* x */ return xx; }\nint c(void) { x(); }\n")
    assert found.functions_mentioning("x") == ("a", "c")
    assert found.function("nothing") is None


def test_a_broken_part_spoils_only_its_function() -> None:
    found = facts(
        "int a(struct d *d)\n{\n\td->x = 1;\n\tfoo(+, =);\n}\nint b(struct d *d)\n{\n\td->y = 1;\n}\n"
    )
    broken, sound = found.function("a"), found.function("b")
    assert broken is not None
    assert sound is not None
    assert (broken.is_whole, sound.is_whole) == (False, True)
    assert graph(sound) == ["0: WRITE plain d->y = constant:1"]
    assert [(one.line, one.reason) for one in found.unread] == [(4, "in a(): could not be parsed")]


def test_address_of_a_function() -> None:
    found = facts("static void cb(void) { }\nstatic void g(void) { }\nvoid h(void) { g(); later(cb); }\n")
    assert found.takes_address("cb")
    assert not found.takes_address("g")


def test_a_hunk_inside_a_function() -> None:
    text = "\t\td->a = 1;\n\t} else {\n\t\td->b = 1;\n\t}\n\treturn 0;\n}\n\nint g(int x)\n{\n\tif (x)\n"
    found = pieces(("static int f(struct dev *d, struct dev *e,", text))
    assert [(h.name, h.first_line, h.last_line, h.is_whole) for h in found.functions] == [
        ("f", 1, 6, False),
        ("g", 8, 10, False),
    ]
    function = found.function("f")
    assert function is not None
    assert graph(function) == [
        "0: ->2 ->3",
        "1: RETURN null:0",
        "2: WRITE plain d->a = constant:1 ->1",
        "3: WRITE plain d->b = constant:1 ->1",
    ]
    assert sorted(e.line for e in function.events) == [1, 3, 5]


def test_a_hunk_that_starts_inside_a_condition_and_a_switch() -> None:
    text = "\t    && p->x) {\n\t\tp->y = 1;\n\t\tbreak;\n\tcase 3:\n\t\tp->z = 1;\nout:\n\tput(p);\n}\n"
    function = pieces((None, text)).function("")
    assert function is not None
    written = [e.path.text for e in function.events if hasattr(e, "path") and e.kind.value == "write"]
    assert written == ["p->y", "p->z"]
    assert not function.is_whole


def test_a_hunk_inside_a_struct_or_a_table() -> None:
    found = pieces(
        ("struct box {", "\tint a; /* x */\n\tstruct {\n\t\tint b;\n"),
        ("static const struct ops o = {", "\t.open = my_open,\n};\n"),
    )
    (box,) = found.structs
    assert ([m.name for m in box.members], box.is_whole, box.line) == (["a", "b"], False, 1)
    assert found.registrations == (Registration("ops", "open", "my_open", 1),)


def test_a_hunk_inside_a_signature() -> None:
    found = pieces(("static int f(struct dev *d,", "\t\tstruct box *b)\n{\n\tb->lid = d->n;\n"))
    function = found.function("f")
    assert function is not None
    assert [(one.name, one.type.name) for one in function.parameters] == [
        ("d", "struct dev"),
        ("b", "struct box"),
    ]
    assert graph(function) == ["0: READ plain d->n, WRITE plain b->lid = load:d->n"]


def test_a_hunk_inside_a_comment() -> None:
    found = pieces(("int f(struct dev *d)", "\t * it's { unbalanced\n\t */\n\td->a = 1;\n\t/* and open"))
    function = found.function("f")
    assert function is not None
    assert [(e.line, e.path.text) for e in function.events if hasattr(e, "path")] == [(3, "d->a")]
    assert [c.text for c in found.comments][-1] == "and open"


def test_a_hunk_that_shows_only_a_comment() -> None:
    found = pieces(("int f(struct dev *d)", " * it's a { long\n * story\n"))
    assert found.functions == ()
    assert found.unread == ()
    assert [c.first_line for c in found.comments] == [1]
