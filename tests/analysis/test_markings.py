"""Plain accesses beside marked or locked ones."""

import pytest

from reviewbot.analysis.facts import Confidence, MixedMarking, Side
from tests.analysis.series import added, facts

MIXED = """
void wren_set_rate(struct wren *w, u32 rate)
{
	w->rate = rate;
}

u64 wren_delay(struct wren *w, u32 n)
{
	return n * READ_ONCE(w->rate);
}
"""

OLD = """
void wren_push(struct wren *w, u32 n)
{
	spin_lock(&w->lock);
	w->fill += n;
	spin_unlock(&w->lock);
}

void wren_reset(struct wren *w)
{
	spin_lock(&w->lock);
	w->fill = 0;
	spin_unlock(&w->lock);
}

u32 wren_fill(struct wren *w)
{
	u32 fill;

	spin_lock(&w->lock);
	fill = w->fill;
	spin_unlock(&w->lock);
	return fill;
}
"""

NEW = """
static __poll_t wren_poll(struct file *file, poll_table *wait)
{
	struct wren *w = file->private_data;

	return w->fill ? EPOLLIN : 0;
}

static const struct file_operations wren_fops = {
	.poll = wren_poll,
};
"""

UNDER_OWN = """
u64 wren_double(struct wren *w)
{
	guard(mutex)(&w->lock);
	return 2 * w->rate;
}
"""

SOME_STORE = """
void wren_add(struct wren *w)
{
	w->rate = 1;
}

u64 wren_delay(struct wren *w, u32 n)
{
	return n * READ_ONCE(w->rate);
}
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_plain_store_against_marked_load() -> None:
    (fact,) = facts(MIXED, MixedMarking)
    assert (str(fact.field), fact.wanted, fact.marked_count) == ("wren.rate", "WRITE_ONCE()", 1)
    assert (fact.other_side, fact.is_new_reader) == (Side.READ, False)
    assert fact.overlap == "wren_delay() already uses READ_ONCE() on it"


def test_plain_load_against_marked_store() -> None:
    text = changed(MIXED, ("w->rate = rate", "WRITE_ONCE(w->rate, rate)"), ("READ_ONCE(w->rate)", "w->rate"))
    (fact,) = facts(text, MixedMarking)
    assert (fact.wanted, fact.other_side, fact.place.function) == ("READ_ONCE()", Side.WRITE, "wren_delay")


MIXED_SILENT = {
    "both marked": (("w->rate = rate", "WRITE_ONCE(w->rate, rate)"),),
    "both plain": (("READ_ONCE(w->rate)", "w->rate"),),
    "S03 lock in common": (
        ("\tw->rate", "\tguard(spinlock)(&w->lock);\n\tw->rate"),
        ("\treturn n", "\tguard(spinlock)(&w->lock);\n\treturn n"),
    ),
    "S01 constructor": (("void wren_set_rate", "void wren_init_rate"),),
    "S02 start-up": (("void wren_set_rate", "void __init wren_set_rate"),),
    "S05 teardown": (("void wren_set_rate", "void wren_release"),),
    "S08 declared racy": (("w->rate = rate", "data_race(w->rate = rate)"),),
}


@pytest.mark.parametrize("changes", MIXED_SILENT.values(), ids=MIXED_SILENT.keys())
def test_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    assert facts(changed(MIXED, *changes), MixedMarking) == []


def test_lock_on_one_side_brings_it_back() -> None:
    text = changed(MIXED, ("\tw->rate", "\tguard(spinlock)(&w->lock);\n\tw->rate"))
    assert [fact.wanted for fact in facts(text, MixedMarking)] == ["WRITE_ONCE()"]


def test_read_outside_the_lock_of_all_writers() -> None:
    (fact,) = facts(added(OLD, NEW), MixedMarking)
    assert (fact.is_new_reader, fact.lock, fact.wanted) == (True, "w->lock", "READ_ONCE()")
    assert (fact.place.function, fact.confidence) == ("wren_poll", Confidence.MEDIUM)
    assert fact.writer == "wren_push() and wren_reset()"


LOCKED_SILENT = {
    "under the lock": (("\treturn w->fill ?", "\tguard(spinlock)(&w->lock);\n\treturn w->fill ?"),),
    "S04 asserted": (("\treturn w->fill ?", "\tlockdep_assert_held(&w->lock);\n\treturn w->fill ?"),),
    "S08 declared racy": (("w->fill ? E", "data_race(w->fill) ? E"),),
    "marked": (("w->fill ? E", "READ_ONCE(w->fill) ? E"),),
    "not called from outside": (("\t.poll = wren_poll,\n", ""), ("poll_table *wait", "struct wren *wait")),
    "another lock": (("\treturn w->fill ?", "\tguard(mutex)(&w->mutex);\n\treturn w->fill ?"),),
}


@pytest.mark.parametrize("changes", LOCKED_SILENT.values(), ids=LOCKED_SILENT.keys())
def test_locked_suppressor(changes: tuple[tuple[str, str], ...]) -> None:
    text = added(OLD, changed(NEW, *changes))
    assert [fact for fact in facts(text, MixedMarking) if fact.is_new_reader] == []


def test_writer_without_the_lock() -> None:
    bare = changed(OLD, ("spin_lock(&w->lock);\n\tw->fill = 0;\n\tspin_unlock(&w->lock);", "w->fill = 0;"))
    assert [fact for fact in facts(added(bare, NEW), MixedMarking) if fact.is_new_reader] == []


def test_s07_type_that_synchronises_itself() -> None:
    text = "struct wren {\n\tatomic_t rate;\n};\n" + MIXED
    assert facts(text, MixedMarking) == []


def test_what_is_only_printed_is_told_apart() -> None:
    text = changed(NEW, ("return w->fill ? EPOLLIN : 0", 'pr_info("%u\\n", w->fill);\n\treturn 0'))
    assert [fact.is_diagnostic for fact in facts(added(OLD, text), MixedMarking)] == [True]


def test_known_false_alarm_s14_read_again_under_the_lock() -> None:
    """A hint after which the value is read under the lock, but not tested, is asked about like any other."""
    again = "guard(spinlock)(&w->lock);\n\tw->seen = w->fill;\n\treturn 0"
    text = changed(NEW, ("return w->fill ? EPOLLIN : 0", f"if (!w->fill)\n\t\treturn 0;\n\t{again}"))
    assert [fact.is_rechecked for fact in facts(added(OLD, text), MixedMarking)] == [False]


CONDITIONAL = """
u64 wren_rate(struct wren *w)
{
#if BITS_PER_LONG == 32 && defined(CONFIG_SMP)
	u64 rate;
	u32 seq;

	do {
		seq = read_seqcount_begin(&w->seq);
		rate = w->rate;
	} while (read_seqcount_retry(&w->seq, seq));
	return rate;
#elif defined(CONFIG_WREN_SLOW)
	return wren_ask(w);
#else
	return smp_load_acquire(&w->rate);
#endif
}

void wren_set_rate(struct wren *w, u64 rate)
{
	WRITE_ONCE(w->rate, rate);
}
"""


def test_marked_in_the_other_branch_of_a_conditional() -> None:
    assert facts(CONDITIONAL, MixedMarking) == []
    (fact,) = facts(changed(CONDITIONAL, ("smp_load_acquire(&w->rate)", "w->rate")), MixedMarking)
    assert fact.place.function == "wren_rate"


def test_marked_behind_the_conditional_is_no_alternative() -> None:
    behind = changed(
        CONDITIONAL,
        (
            "#else\n\treturn smp_load_acquire(&w->rate);\n#endif",
            "#endif\n\treturn smp_load_acquire(&w->rate);",
        ),
    )
    assert [fact.place.function for fact in facts(behind, MixedMarking)] == ["wren_rate"]


RING = """
static u32 wren_space(struct wren *w)
{
	return w->size - READ_ONCE(w->at);
}

static void wren_fill(struct wren *w)
{
	w->slot = w->at + 1;
}

static void wren_push(struct wren *w)
{
	wren_fill(w);
	WRITE_ONCE(w->at, w->slot);
}
"""

ELSEWHERE = """
static void wren_peek(struct wren *w)
{
	wren_fill(w);
}
"""


def test_the_update_side_reads_plainly() -> None:
    assert facts(RING, MixedMarking) == []
    by_others = facts(RING + ELSEWHERE, MixedMarking)
    assert [(fact.place.function, fact.wanted) for fact in by_others] == [("wren_fill", "READ_ONCE()")]


def test_a_macro_that_gets_the_member_may_store_it() -> None:
    moved = changed(RING + ELSEWHERE, ("w->slot = w->at + 1;", "w->slot = w->at + 1;\n\twren_move(w, at);"))
    assert facts(moved, MixedMarking) == []


RETRIED = """
u64 wren_sum(struct wren *w)
{
	unsigned int seq;
	u64 sum;

	do {
		seq = read_seqbegin(&w->lock);
		sum = READ_ONCE(w->sum);
	} while (read_seqretry(&w->lock, seq));
	return sum;
}

void wren_add(struct wren *w, u64 n)
{
	w->sum = n;
}
"""


def test_a_retried_read_asks_nothing_of_the_store() -> None:
    assert facts(RETRIED, MixedMarking) == []
    once = changed(RETRIED, ("do {", "{"), ("} while (read_seqretry(&w->lock, seq));", "}"))
    assert [fact.wanted for fact in facts(once, MixedMarking)] == ["WRITE_ONCE()"]


BROUGHT_OLD = """
void wren_set(struct wren *w, u32 n)
{
	spin_lock(&w->lock);
	WRITE_ONCE(w->eggs, n);
	spin_unlock(&w->lock);
}
"""

BROUGHT_NEW = """
static u32 wren_eggs(struct wren *w)
{
	return w->eggs;
}

u32 wren_ask(struct wren *w)
{
	guard(spinlock)(&w->lock);
	return wren_eggs(w);
}

u32 wren_ask_again(struct wren *w)
{
	return wren_eggs(w);
}
"""


def test_a_lock_that_some_callers_bring_lowers_the_confidence() -> None:
    assert [fact.confidence for fact in facts(added(BROUGHT_OLD, BROUGHT_NEW), MixedMarking)] == [
        Confidence.LOW
    ]
    none = changed(BROUGHT_NEW, ("\tguard(spinlock)(&w->lock);\n", ""))
    assert [fact.confidence for fact in facts(added(BROUGHT_OLD, none), MixedMarking)] == [Confidence.MEDIUM]


def test_a_retried_section_of_the_callers_counts() -> None:
    inner = "static u64 wren_part(struct wren *w)\n{\n\treturn READ_ONCE(w->sum);\n}\n"
    text = inner + changed(RETRIED, ("READ_ONCE(w->sum)", "wren_part(w)"))
    assert facts(text, MixedMarking) == []
    other = "u64 wren_other(struct wren *w)\n{\n\treturn wren_part(w);\n}\n"
    assert [fact.wanted for fact in facts(text + other, MixedMarking)] == ["WRITE_ONCE()"]


COPIED = """
void wren_copy(struct wren *to, struct wren *from)
{
	to->rate = READ_ONCE(from->rate);
}
"""


def test_the_author_of_a_mark_thought_of_the_whole_line() -> None:
    assert [fact.place.function for fact in facts(MIXED + COPIED, MixedMarking)] == ["wren_set_rate"]
    marked = changed(MIXED, ("w->rate = rate", "WRITE_ONCE(w->rate, rate)")) + COPIED
    assert facts(marked, MixedMarking) == []
    plain = changed(marked, ("READ_ONCE(from->rate)", "from->rate"))
    assert [fact.place.function for fact in facts(plain, MixedMarking)] == ["wren_copy"]


CLONED = """
void wren_retune(struct wren *w, u32 rate)
{
	WRITE_ONCE(w->rate, rate);
}

struct wren *wren_clone(struct wren *old)
{
	struct wren *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (w)
		w->rate = old->rate;
	return w;
}
"""


def test_a_constructor_copies_from_an_object_that_is_shared() -> None:
    assert [(fact.place.function, fact.wanted) for fact in facts(CLONED, MixedMarking)] == [
        ("wren_clone", "READ_ONCE()")
    ]
    assert facts(changed(CLONED, ("= old->rate", "= READ_ONCE(old->rate)")), MixedMarking) == []
    nest = changed(CLONED, ("struct wren *w = k", "struct nest *w = k"), ("return w;", "return NULL;"))
    assert facts(nest, MixedMarking) == []


SAID_TO_BE_LOCKED = """
struct wren { u32 rate; };

void wren_set_rate(struct wren *w, u32 rate)
{
	WRITE_ONCE(w->rate, rate);
}

u32 __wren_first(struct wren *w)
{
	return READ_ONCE(w->rate);
}

u32 __wren_second(struct wren *w)
{
	return READ_ONCE(w->rate) + 1;
}

u32 __wren_third(struct wren *w)
{
	return w->rate * 2;
}
"""


def test_a_name_that_tells_of_a_lock_is_not_believed_where_its_like_mark_their_reads() -> None:
    def asked(text: str) -> list[str]:
        return [fact.place.function for fact in facts(text, MixedMarking)]

    assert asked(SAID_TO_BE_LOCKED) == ["__wren_third"]
    assert asked(changed(SAID_TO_BE_LOCKED, ("READ_ONCE(w->rate) + 1", "0"))) == []
    assert asked(changed(SAID_TO_BE_LOCKED, ("u32 __wren_second", "u32 wren_second"))) == []


def test_read_under_the_lock_of_its_object_counts_on_those_who_store() -> None:
    """A store that somebody marked shows that the lock does not help; a plain one is the odd one out."""
    assert facts(added(SOME_STORE, UNDER_OWN), MixedMarking) == []
    marked = changed(SOME_STORE, ("w->rate = 1;", "WRITE_ONCE(w->rate, 1);"))
    assert facts(added(marked, UNDER_OWN), MixedMarking)
    other = changed(UNDER_OWN, ("&w->lock", "&wren_lock"))
    assert facts(added(SOME_STORE, other), MixedMarking)
