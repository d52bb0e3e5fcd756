"""Stories: whose field an access is, through which helper, and who tells it."""

import io

from reviewbot.analysis.facts import Flag
from reviewbot.pipeline import Options, review, review_text
from reviewbot.rulebook.mails import mails
from reviewbot.rulebook.rule import DiffBlock, Example, ExamplePatch
from reviewbot.sources.read import read_series
from reviewbot.syntax.model import Marking
from tests.analysis.series import HEAD, analysis, facts, reviewed

TWO = """
struct wren {
	bool ready;
};

struct crow {
	bool ready;
};

void wren_start(struct wren *w)
{
	w->ready = true;
}

void crow_start(struct crow *c)
{
	c->ready = true;
}
"""


def stories(text: str, name: str) -> dict[str, list[str]]:
    """Field -> the functions that access it."""
    return {
        ("weak " if story.field.weak else "") + str(story.field): [
            str(s.access.place.function) for s in story.seen
        ]
        for story in analysis(text).stories.of(name)
    }


def test_members_of_one_name_are_two_fields() -> None:
    assert stories(TWO, "ready") == {"crow.ready": ["crow_start"], "wren.ready": ["wren_start"]}


def test_unknown_object_joins_the_struct_whose_objects_are_called_so() -> None:
    text = TWO + "\nvoid nest_poke(struct nest *n)\n{\n\tn->u.w->ready = false;\n}\n"
    assert stories(text, "ready")["wren.ready"] == ["wren_start", "nest_poke"]


def test_unknown_object_of_another_name_stays_apart() -> None:
    text = TWO + "\nvoid nest_poke(struct nest *n)\n{\n\tn->u.owl->ready = false;\n}\n"
    assert stories(text, "ready")["weak ready"] == ["nest_poke"]


WEAK = """
void wren_start(struct nest *n)
{
	n->u.owl->eggs = 1;
	WRITE_ONCE(n->u.owl->ready, true);
}

u32 wren_eggs(struct nest *n)
{
	if (!READ_ONCE(n->u.owl->ready))
		return 0;
	return n->u.owl->eggs;
}
"""


def test_weak_identity_announces_nothing() -> None:
    typed = WEAK.replace("n->u.owl->", "n->").replace("nest", "owl")
    declared = "struct owl {\n\tu32 eggs;\n\tbool ready;\n};\n"
    assert [fact.payload for fact in facts(declared + typed, Flag)] == ["n->eggs"]
    assert facts(WEAK, Flag) == []


def test_call_of_a_helper_is_the_access() -> None:
    text = """
struct nest {
	struct wren *wren;
};

static bool wren_ready(struct wren *w)
{
	return smp_load_acquire(&w->ready);
}

int wren_poll(struct nest *n)
{
	return wren_ready(n->wren) ? 1 : 0;
}
"""
    (story,) = analysis(text).stories.of("ready")
    (read,) = story.reads
    assert (read.access.via, read.access.marking) == ("wren_ready", Marking.ACQUIRE)
    assert (read.access.text, read.access.place.function) == ("n->wren->ready", "wren_poll")


def test_global_and_container_of() -> None:
    text = """
static u32 ready;

struct wren {
	struct work_struct work;
	u32 rev;
};

static void wren_work(struct work_struct *work)
{
	struct wren *w = container_of(work, struct wren, work);

	w->rev = ready;
}
"""
    assert stories(text, "ready") == {"ready": ["wren_work"]}
    assert stories(text, "rev") == {"wren.rev": ["wren_work"]}


def test_s06_own_memory_is_no_story() -> None:
    text = "void wren_f(void)\n{\n\tstruct wren w;\n\n\tcurrent->ready = 1;\n\tw.ready = 1;\n}\n"
    seen = [s for story in analysis(text).stories.of("ready") for s in story.seen]
    assert [s for s in seen if s.is_live] == []


def test_a_function_too_long_to_follow_is_named() -> None:
    """A generated table of stores costs no time, and the rest of the file is still looked at."""
    stores = "".join(f"\tq->a{number} = {number};\n" for number in range(2600))
    done = reviewed(f"\nvoid quail_fill(struct quail *q)\n{{\n{stores}}}\n")
    assert [item.reason for item in done.report.unread] == [
        "in quail_fill(): too long to follow: more than 2500 accesses and calls, or 5000 branches"
    ]


def asked(*files: tuple[str, str], pedantic: bool = False) -> list[str]:
    """The rules that ask about a patch that adds files, each a path and its text."""
    blocks = (
        DiffBlock(path, tuple(f"+{line}" for line in text.strip("\n").split("\n")), (), 1)
        for path, text in files
    )
    mbox, _ = mails(Example("", (ExamplePatch("wren: Add it", tuple(blocks)),)))
    return [
        finding.rule for finding in review_text(mbox, Options(pedantic=pedantic)).findings if finding.is_shown
    ]


MARKED = "u32 wren_rate(struct wren_sqe *s)\n{\n\treturn READ_ONCE(s->rate);\n}\n"
PLAIN = "void wren_set(struct wren_sqe *s, u32 rate)\n{\n\ts->rate = rate;\n}\n"


def test_programs_beside_the_kernel_share_no_memory_with_it() -> None:
    assert asked(("drivers/wren/a.c", MARKED), ("drivers/wren/b.c", PLAIN)) == ["mixed-marking"]
    assert asked(("drivers/wren/a.c", MARKED), ("tools/testing/wren/b.c", PLAIN)) == []
    assert asked(("tools/wren/a.c", MARKED), ("tools/wren/b.c", PLAIN), pedantic=True) == ["mixed-marking"]


DIFF = """\
diff --git a/drivers/wren/wren.h b/drivers/wren/wren.h
--- a/drivers/wren/wren.h
+++ b/drivers/wren/wren.h
@@ -9,4 +9,5 @@ struct wren {
 →u32 rate;
 →u32 size;
+→bool ready;
 →u32 step;
 →u32 last;
diff --git a/drivers/wren/wren.c b/drivers/wren/wren.c
--- a/drivers/wren/wren.c
+++ b/drivers/wren/wren.c
@@ -40,2 +40,3 @@ void wren_start(struct wren_port *port)
 →wren_up(w);
+→w->ready = true;
 →wren_log(w);
@@ -80,2 +81,4 @@ int wren_poll(struct wren_port *port)
 {old}(v);
+→if (v->ready)
+→→return 1;
 →wren_unlock(v);
""".replace("→", "\t")


def of_hunks(old: str) -> dict[str, list[str]]:
    """As `stories`, of hunks that show no declaration of the objects; `old` is a line older than they are."""
    mbox = HEAD + DIFF.replace("{old}", old)
    found = review(read_series(("-",), None, None, io.BytesIO(mbox.encode()))).analysis
    assert found
    return {str(s.field): [str(x.access.place.function) for x in s.seen] for s in found.stories.of("ready")}


def test_new_accesses_of_a_new_member_are_of_its_struct() -> None:
    assert of_hunks("\twren_lock") == {"wren.ready": ["wren_start", "wren_poll"]}


def test_an_old_access_of_that_name_speaks_of_another_struct() -> None:
    assert "wren.ready" not in of_hunks("\tv->ready = wren_lock")
