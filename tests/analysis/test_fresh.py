"""Fresh objects: how far back a pointer is followed."""

from reviewbot.analysis.facts import Flag, MixedMarking, Publication
from tests.analysis.series import facts

STEPS = """
struct wren_nest *wren_second(int eggs)
{
	struct wren_nest *n = kzalloc(sizeof(*n), GFP_KERNEL);

	while (eggs--)
		n = wren_next(n);
	return n;
}

struct wren_nest *wren_first(int eggs)
{
	struct wren_nest *n = wren_second(eggs);

	return n;
}

void wren_publish(struct wren *w, int eggs)
{
	struct wren_nest *n = wren_first(eggs);

	w->nest = n;
}

int wren_read(struct wren *w)
{
	return w->nest->eggs;
}
"""


def test_a_pointer_made_from_itself_far_behind_comes_to_an_end() -> None:
    assert not any(fact.is_fresh for fact in facts(STEPS, Publication))


FOUND_OR_MADE = """
void wren_join(struct wren *w, int id)
{
	struct wren_nest *n = NULL, *other;

	mutex_lock(&w->lock);
	list_for_each_entry(other, &w->nests, link) {
		if (other->id == id) {
			n = other;
			break;
		}
	}
	if (!n) {
		n = kzalloc(sizeof(*n), GFP_KERNEL);
		if (!n)
			goto out;
		n->rate = 2;
		list_add(&n->link, &w->nests);
	}
out:
	mutex_unlock(&w->lock);
}

u64 wren_delay(struct wren_nest *n)
{
	return 2 * READ_ONCE(n->rate);
}
"""


def test_an_older_object_in_the_same_variable_is_gone_when_a_new_one_is_made() -> None:
    assert facts(FOUND_OR_MADE, MixedMarking) == []
    (fact,) = facts(
        FOUND_OR_MADE.replace("n = kzalloc(sizeof(*n), GFP_KERNEL)", "n = wren_hatch(w)"), MixedMarking
    )
    assert fact.field.name == "rate"
    either = FOUND_OR_MADE.replace("n->rate = 2;", "").replace("out:", "n->rate = 2;\nout:")
    assert len(facts(either, MixedMarking)) == 1


HANDED = """
static void wren_fill(struct wren *w)
{
	w->rate = 2;
}

int wren_add(struct zone *z)
{
	struct wren *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	wren_fill(w);
	list_add_rcu(&w->link, &z->wrens);
	return 0;
}

u64 wren_delay(struct wren *w)
{
	return 2 * READ_ONCE(w->rate);
}
"""


def test_a_helper_whose_callers_all_hand_in_a_fresh_object() -> None:
    assert facts(HANDED, MixedMarking) == []
    late = HANDED.replace(
        "\twren_fill(w);\n\tlist_add_rcu(&w->link, &z->wrens);\n",
        "\tlist_add_rcu(&w->link, &z->wrens);\n\twren_fill(w);\n",
    )
    assert len(facts(late, MixedMarking)) == 1
    assert len(facts(HANDED.replace("static void", "void"), MixedMarking)) == 1
    another = HANDED + "\nvoid wren_again(struct wren *w)\n{\n\twren_fill(w);\n}\n"
    assert len(facts(another, MixedMarking)) == 1


UNREACHED = """
static void wren_fill(struct wren *w)
{
	w->rate = 1;
	return;
	w->rate = 2;
	w->nest = NULL;
}

void wren_start(struct wren *w)
{
	wren_fill(w);
	w->ready = true;
}

u64 wren_delay(struct wren *w)
{
	return READ_ONCE(w->ready) ? 2 * w->rate : 0;
}
"""


def test_code_that_no_path_reaches_is_looked_at_in_peace() -> None:
    (fact,) = facts(UNREACHED, Flag)
    assert fact.payload == "w->rate"
