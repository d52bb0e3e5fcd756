"""Copies that go stale: each suppressor silences, and asks again once it is taken away."""

import pytest

from reviewbot.analysis.facts import Confidence, StructCopy
from tests.analysis.series import facts

STRUCTS = """
struct knot_table {
	u32 size;
};

struct knot_arch {
	struct knot_table *tables[4];
	atomic_t users;
};

struct knot_conf {
	struct knot_arch arch;
	u32 *words;
	u32 mtu;
};

struct knot {
	struct mutex lock;
	struct mutex arch_lock;
	struct knot_conf __rcu *conf;
};
"""

COPY = """
void knot_set_mtu(struct knot *k, struct knot_conf *new, u32 mtu)
{
	struct knot_conf *old;

	mutex_lock(&k->lock);
	old = rcu_dereference_protected(k->conf, lockdep_is_held(&k->lock));
	*new = *old;
	new->mtu = mtu;
	rcu_assign_pointer(k->conf, new);
	mutex_unlock(&k->lock);
}
"""

SET = """
int knot_use_table(struct knot *k, int i)
{
	struct knot_conf *conf;

	mutex_lock(&k->arch_lock);
	conf = rcu_dereference_check(k->conf, lockdep_is_held(&k->arch_lock));
	conf->arch.tables[i] = kzalloc(sizeof(*conf->arch.tables[i]), GFP_KERNEL);
	mutex_unlock(&k->arch_lock);
	return 0;
}
"""

TEXT = STRUCTS + COPY + SET


def test_struct_assigned() -> None:
    (fact,) = facts(TEXT, StructCopy)
    assert (fact.source, fact.copy, fact.installer) == ("old", "new", "rcu_assign_pointer()")
    assert (fact.writer, fact.reader, fact.lock) == ("knot_use_table()", "knot_set_mtu()", "k->arch_lock")
    assert (fact.payload, fact.store) == ("conf->arch.tables[i]", "*new = *old;")
    assert fact.locks == "with k->arch_lock held in knot_use_table() and with k->lock in knot_set_mtu()"
    assert (fact.is_late, fact.confidence) == (False, Confidence.MEDIUM)


FORMS = {
    "memcpy": ("*new = *old;", "memcpy(new, old, sizeof(*new));", "memcpy()"),
    "member": ("*new = *old;", "new->arch = old->arch;", "the assignment"),
    "member by memcpy": ("*new = *old;", "memcpy(&new->arch, &old->arch, sizeof(new->arch));", "memcpy()"),
    "kmemdup": ("*new = *old;", "new = kmemdup(old, sizeof(*old), GFP_KERNEL);", "kmemdup()"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_other_forms(form: tuple[str, str, str]) -> None:
    (fact,) = facts(TEXT.replace(form[0], form[1]), StructCopy)
    assert (fact.primitive, fact.copy, fact.writer) == (form[2], "new", "knot_use_table()")


def test_copy_that_a_helper_makes_and_returns() -> None:
    helper = """
static struct knot_conf *knot_clone(const struct knot_conf *from)
{
	struct knot_conf *to = kmalloc(sizeof(*to), GFP_KERNEL);

	if (to)
		*to = *from;
	return to;
}
"""
    (fact,) = facts(STRUCTS + helper + COPY.replace("*new = *old", "new = knot_clone(old)") + SET, StructCopy)
    assert (fact.reader, fact.source, fact.place.function) == ("knot_clone()", "from", "knot_clone")


def test_store_in_a_function_called_under_the_lock() -> None:
    stored = "\tc->arch.tables[i] = kzalloc(8, GFP_KERNEL);\n\treturn 0;\n"
    helper = f"int knot_fill(struct knot_conf *c, int i)\n{{\n{stored}}}\n"
    stored = "	conf->arch.tables[i] = kzalloc(sizeof(*conf->arch.tables[i]), GFP_KERNEL);\n"
    (fact,) = facts(STRUCTS + COPY + helper + SET.replace(stored, "	knot_fill(conf, i);\n"), StructCopy)
    assert (fact.writer, fact.lock) == ("knot_fill()", "k->arch_lock")


QUIET = {
    "the lock held here too": ("mutex_lock(&k->lock);", "mutex_lock(&k->arch_lock);"),
    "not put in its place": ("	rcu_assign_pointer(k->conf, new);\n", "	knot_show(new);\n"),
    "put elsewhere": ("rcu_assign_pointer(k->conf, new)", "rcu_assign_pointer(k->spare, new)"),
    "filled in anew": ("	new->mtu = mtu;\n", "	memset(&new->arch, 0, sizeof(new->arch));\n"),
    "another member": ("*new = *old;", "new->mtu = old->mtu;"),
    "some bytes of it": ("*new = *old;", "memcpy(new, old, len);"),
    "set before it can be found": (
        "conf = rcu_dereference_check(k->conf, lockdep_is_held(&k->arch_lock));",
        "conf = kzalloc(sizeof(*conf), GFP_KERNEL);",
    ),
    "behind a pointer": ("	conf->arch.tables[i] = ", "	conf->words[i] = "),
    "type that synchronises itself": ("	conf->arch.tables[i] = ", "	conf->arch.users = "),
    "only cleared": ("kzalloc(sizeof(*conf->arch.tables[i]), GFP_KERNEL)", "NULL"),
}


@pytest.mark.parametrize("change", QUIET.values(), ids=QUIET.keys())
def test_suppressor(change: tuple[str, str]) -> None:
    assert TEXT.count(change[0]) == 1
    assert facts(TEXT.replace(*change), StructCopy) == []
    assert len(facts(TEXT, StructCopy)) == 1


def old(text: str) -> str:
    return "".join(f" {line}\n" for line in text.strip().splitlines())


def test_new_store_against_an_older_copy() -> None:
    new = "".join(f"+{line}\n" for line in SET.strip().splitlines())
    (fact,) = facts(old(STRUCTS + COPY) + new, StructCopy)
    assert (fact.is_late, fact.place.function) == (True, "knot_use_table")
    assert fact.store == "conf->arch.tables[i] = kzalloc(sizeof(*conf->arch.tables[i]), GFP_KERNEL);"


def test_old_code_is_not_asked_about() -> None:
    text = old(TEXT)
    assert facts(text.replace(" \tnew->mtu", "+\tnew->mtu"), StructCopy) == []
    assert len(facts(text.replace(" \t*new", "+\t*new"), StructCopy)) == 1
