"""Rules that look at one function at a time say of a new field why they ask nothing."""

import pytest

from reviewbot.analysis.facts import Free
from reviewbot.analysis.reasons import one_line
from tests.analysis.series import analysis

CODE = """
struct egg {
	u32 size;
	struct list_head link;
	struct rcu_head rcu;
};

struct crake {
	struct mutex lock;
	struct egg __rcu *egg;
	struct list_head eggs;
};

static void crake_swap(struct crake *c, struct egg *egg)
{
	struct egg *old;

	mutex_lock(&c->lock);
	old = rcu_dereference_protected(c->egg, lockdep_is_held(&c->lock));
	rcu_assign_pointer(c->egg, egg);
	mutex_unlock(&c->lock);
	synchronize_rcu();
	kfree(old);
}

static void crake_drop(struct crake *c, struct egg *egg)
{
	mutex_lock(&c->lock);
	list_del_rcu(&egg->link);
	mutex_unlock(&c->lock);
	kfree_rcu(egg, rcu);
}

static u32 crake_sum(struct crake *c)
{
	struct egg *egg;
	u32 sum = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(egg, &c->eggs, link)
		sum += egg->size;
	rcu_read_unlock();
	return sum;
}

static u32 crake_size(struct crake *c)
{
	struct egg *egg;
	u32 size;

	rcu_read_lock();
	egg = rcu_dereference(c->egg);
	size = egg ? egg->size : 0;
	rcu_read_unlock();
	return size;
}
"""

REFERENCE = (
    ("\tsize = egg ? egg->size : 0;\n\trcu_read_unlock();\n", "\tegg_get(egg);\n\trcu_read_unlock();\n"),
    ("\treturn size;", "\tsize = egg->size;\n\tegg_put(egg);\n\treturn size;"),
)
PLAIN = (
    ("list_del_rcu(&egg->link);", "list_del(&egg->link);"),
    ("\tkfree_rcu(egg, rcu);\n", "\tkfree(egg);\n"),
    ("list_for_each_entry_rcu", "list_for_each_entry"),
    ("\tlist_for", "\tmutex_lock(&c->lock);\n\tlist_for"),
)


def reasons(field: str, *changes: tuple[str, str]) -> str:
    """All reasons noted for a field of the series, in one text."""
    done = analysis(changed(*changes))
    done.facts()
    (account,) = [each for each in done.accounts() if str(each.field) == field]
    return "; ".join(one_line((reason,)) for reason in account.reasons)


def changed(*changes: tuple[str, str]) -> str:
    text = CODE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize(
    ("field", "changes", "words"),
    [
        (
            "crake.egg",
            (),
            "crake_swap() waits for readers behind rcu_assign_pointer(): synchronize_rcu() (S05)",
        ),
        ("crake.egg", (), "crake_size() follows it inside its read-side section only, or under a lock"),
        ("crake.egg", REFERENCE, "crake_size() holds a reference of what it finds there"),
        ("egg.link", (), "crake_drop() leaves what list_del_rcu() takes away to kfree_rcu() (S05)"),
        ("egg.link", (), "crake_drop() changes it with list_del_rcu()"),
        ("crake.eggs", (), "crake_sum() walks it with list_for_each_entry_rcu()"),
        ("egg.link", PLAIN, "no walk or change of it at hand is one of RCU's"),
    ],
)
def test_reason(field: str, changes: tuple[tuple[str, str], ...], words: str) -> None:
    assert words in reasons(field, *changes)


def test_no_wait_is_claimed_where_there_is_none() -> None:
    assert "waits for readers" not in reasons("crake.egg", ("\tsynchronize_rcu();\n", ""))
    assert "leaves what" not in reasons("egg.link", ("\tkfree_rcu(egg, rcu);\n", ""))


def test_the_story_of_a_field_has_what_is_asked_of_its_functions() -> None:
    done = analysis(changed(("\tsynchronize_rcu();\n", "")))
    (story,) = done.stories.of("egg")
    assert [type(fact) for fact in done.of_field(story)] == [Free]
    (other,) = done.stories.of("eggs")
    assert done.of_field(other) == ()
