"""Waits that their own readers hold up: each suppressor silences, and asks again once it is taken away."""

import pytest

from reviewbot.analysis.facts import Confidence, GraceWait
from tests.analysis.series import facts

REPLACE = """
void crake_replace(struct crake *c, struct crake_map *next)
{
	mutex_lock(&c->lock);
	rcu_assign_pointer(c->map, next);
	synchronize_srcu(&c->srcu);
	mutex_unlock(&c->lock);
}
"""

READ = """
void crake_start(struct crake *c)
{
	int idx = srcu_read_lock(&c->srcu);

	mutex_lock(&c->lock);
	crake_run(srcu_dereference(c->map, &c->srcu));
	mutex_unlock(&c->lock);
	srcu_read_unlock(&c->srcu, idx);
}
"""

INSIDE = """
void crake_drop(struct crake *c)
{
	rcu_read_lock();
	crake_forget(c);
	synchronize_rcu();
	rcu_read_unlock();
}
"""


def test_reader_takes_the_lock() -> None:
    (fact,) = facts(REPLACE + READ, GraceWait)
    assert (fact.primitive, fact.domain, fact.lock) == ("synchronize_srcu()", "&c->srcu", "c->lock")
    assert (fact.writer, fact.reader, fact.place.function) == (
        "crake_replace()",
        "crake_start()",
        "crake_replace",
    )
    assert (str(fact.field), fact.is_inside, fact.confidence) == ("crake.lock", False, Confidence.MEDIUM)
    assert fact.overlap == "crake_start() takes it in a section"


def test_lock_taken_in_a_function_that_the_section_calls() -> None:
    reader = READ.replace("	crake_run(srcu_dereference(c->map, &c->srcu));\n", "")
    split = reader.replace("	mutex_lock(&c->lock);\n	mutex_unlock(&c->lock);\n", "	crake_kick(c);\n")
    kick = "void crake_kick(struct crake *k)\n{\n\tguard(mutex)(&k->lock);\n\tk->kicks++;\n}\n"
    (fact,) = facts(REPLACE + kick + split, GraceWait)
    assert fact.overlap == "crake_kick() takes it in a section of crake_start()"


def test_function_that_always_waits() -> None:
    helper = "static void crake_wait(struct crake *k)\n{\n\tsynchronize_srcu_expedited(&k->srcu);\n}\n"
    (fact,) = facts(helper + REPLACE.replace("synchronize_srcu(&c->srcu)", "crake_wait(c)") + READ, GraceWait)
    assert (fact.primitive, fact.domain) == ("synchronize_srcu_expedited()", "&c->srcu")


def test_new_reader_against_an_old_wait() -> None:
    old = "".join(f" {line}\n" for line in REPLACE.strip().splitlines())
    new = "".join(f"+{line}\n" for line in READ.strip().splitlines())
    (fact,) = facts(old + new, GraceWait)
    assert (fact.place.function, fact.store) == ("crake_start", "mutex_lock(&c->lock);")


QUIET = {
    "dropped before": (
        "	synchronize_srcu(&c->srcu);\n	mutex_unlock(&c->lock);\n",
        "	mutex_unlock(&c->lock);\n	synchronize_srcu(&c->srcu);\n",
    ),
    "another domain": ("synchronize_srcu(&c->srcu)", "synchronize_srcu(&c->other_srcu)"),
    "nobody waits": ("synchronize_srcu(&c->srcu)", "call_srcu(&c->srcu, &next->rcu, crake_free)"),
    "the lock of another object": ("mutex_lock(&c->lock);\n	rcu", "mutex_lock(&c->peer->lock);\n	rcu"),
    "readers only try": (
        "	mutex_lock(&c->lock);\n	crake_run",
        "	if (!mutex_trylock(&c->lock))\n		return;\n	crake_run",
    ),
    "taken before the section": (
        "	int idx = srcu_read_lock(&c->srcu);\n\n	mutex_lock(&c->lock);\n",
        "	int idx;\n\n	mutex_lock(&c->lock);\n	idx = srcu_read_lock(&c->srcu);\n",
    ),
    "a function called may let go": (
        "	synchronize_srcu(",
        "	crake_unlock_for_a_while(c);\n	synchronize_srcu(",
    ),
}


@pytest.mark.parametrize("change", QUIET.values(), ids=QUIET.keys())
def test_suppressor(change: tuple[str, str]) -> None:
    text = REPLACE + READ
    assert text.count(change[0]) == 1
    assert facts(text.replace(*change), GraceWait) == []
    assert len(facts(text, GraceWait)) == 1


def test_wait_in_a_section_of_its_own() -> None:
    (fact,) = facts(INSIDE, GraceWait)
    assert (fact.is_inside, fact.section, fact.lock, fact.flavour) == (True, "rcu_read_lock()", "", "RCU")


def test_wait_under_a_spinlock() -> None:
    text = INSIDE.replace("rcu_read_lock()", "spin_lock(&c->lock)")
    (fact,) = facts(text.replace("rcu_read_unlock()", "spin_unlock(&c->lock)"), GraceWait)
    assert (fact.is_inside, fact.section, fact.lock) == (True, "", "c->lock")


OUTSIDE = {
    "left before": (
        "	synchronize_rcu();\n	rcu_read_unlock();\n",
        "	rcu_read_unlock();\n	synchronize_rcu();\n",
    ),
    "not on all ways": ("	rcu_read_lock();\n", "	if (c->is_shared)\n		rcu_read_lock();\n"),
    "left by a function called": ("crake_forget(c)", "crake_end(c)"),
    "an SRCU reader waits for RCU": ("rcu_read_lock()", "idx = srcu_read_lock(&c->srcu)"),
}


@pytest.mark.parametrize("change", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_outside(change: tuple[str, str]) -> None:
    assert INSIDE.count(change[0]) == 1
    assert facts(INSIDE.replace(*change), GraceWait) == []


def test_helper_at_hand_that_ends_the_section() -> None:
    ending = "static void crake_forget(struct crake *c)\n{\n\tif (c->is_old)\n\t\trcu_read_unlock();\n}\n"
    assert facts(ending + INSIDE, GraceWait) == []


def test_old_code_is_not_asked_about() -> None:
    old = "".join(f" {line}\n" for line in INSIDE.strip().splitlines())
    assert facts(old.replace(" 	crake_forget", "+	crake_forget"), GraceWait) == []
    assert len(facts(old.replace(" 	synchronize_rcu", "+	synchronize_rcu"), GraceWait)) == 1
