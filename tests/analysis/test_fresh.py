"""Fresh objects: how far back a pointer is followed."""

from reviewbot.analysis.facts import Publication
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
