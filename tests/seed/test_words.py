"""How the replies to the series read: T18 of the seed thread; and two questions by variants: T14, T15."""

import re
from datetime import UTC, datetime
from functools import cache

import pytest

from reviewbot.findings import Finding
from reviewbot.publishers.mail import drafts
from tests.seed.fixture import DEBUG, V2, ZONES, Thread
from tests.seed.reviews import from_mail, over_tree, shown

NOON = datetime(2025, 3, 4, 12, tzinfo=UTC)
KNOWN_CAPITALS = re.compile(r"\b(?:CONFIG_\w+|S?RCU|CPUs?|NULL|(?:READ|WRITE)_ONCE|GFP_\w+)\b")
RULER = re.compile(r"^\s*-{5,}\s+-{5,}")


@cache
def replies() -> list[list[str]]:
    """The lines of the reply drafts to the mails of v2."""
    done = from_mail(V2)
    made = drafts(done.series, done.report, make_id=lambda: "made@example.org", now=NOON)
    return [str(draft.message.get_content()).split("\n") for draft in made]


def own(lines: list[str]) -> list[str]:
    """What is not quoted."""
    return [line for line in lines if not line.startswith(">")]


def test_t18_there_is_a_reply_for_each_commented_patch_with_a_question() -> None:
    """Patches 1 and 4 get one each, and each asks."""
    assert len(replies()) == 2
    assert all("?" in " ".join(own(lines)) for lines in replies())


def test_t18_nothing_is_shouted() -> None:
    """Capitals are only those of the kernel's own names."""
    for lines in replies():
        prose = KNOWN_CAPITALS.sub("", " ".join(own(lines)))
        assert re.findall(r"\b[A-Z]{3,}\b", prose) == []


def test_t18_the_added_lines_are_quoted_as_a_mail_reply_does() -> None:
    """The line that the comment stands under is the last one quoted above it."""
    for lines, code in zip(replies(), ("d->map.is_indirect = true;", "zone->map.refs[level] ="), strict=True):
        quoted = [n for n, line in enumerate(lines) if line.startswith("> +") and line.endswith(code)]
        assert len(quoted) == 1
        assert next(line for line in lines[quoted[0] + 1 :] if line)[0] != ">"


def test_t18_at_most_twelve_lines_stand_before_the_table() -> None:
    """Short enough to read: the table of threads follows within twelve lines."""
    for lines in replies():
        ruler = next(n for n, line in enumerate(lines) if RULER.match(line))
        begin = max(n for n, line in enumerate(lines[:ruler]) if line.startswith(">"))
        before = [line for line in lines[begin + 1 : ruler - 1] if line]
        assert 1 <= len(before) <= 12, "\n".join(before)


COPY = (
    "\told = rcu_dereference_protected(d->zones[space], lockdep_is_held(&d->zones_lock));\n",
    "\tlist_for_each_entry(from, &old->list, node)\n\t\tzone->map = from->map;\n",
)


LOCK = "\tmutex_lock(&d->zones_lock);\n"
UNLOCK = "\tmutex_unlock(&d->zones_lock);\n"
REFS_LOCK, REFS_UNLOCK = LOCK.replace("zones", "refs"), UNLOCK.replace("zones", "refs")
ANEW = (
    "\t/* What a template brought along is not ours to keep. */\n"
    "\tmemset(&zone->map, 0, sizeof(zone->map));\n\n"
)


def copied(thread: Thread) -> Thread:
    """The series where a new zone takes the arrays of its elders along."""
    declared = "\tint ret = -ENOMEM;\n\n\tzone"
    thread = thread.vary(5, ZONES, declared, f"\tstruct dunlin_zone *from;\n{declared}")
    return thread.vary(5, ZONES, COPY[0], COPY[0] + COPY[1])


def unlocked(thread: Thread) -> Thread:
    """The series where zones are added without d->refs_lock."""
    thread = thread.vary(5, ZONES, LOCK + REFS_LOCK, LOCK)
    return thread.vary(5, ZONES, REFS_UNLOCK + UNLOCK, UNLOCK, 2)


def stale(thread: Thread) -> list[Finding]:
    return [each for each in shown(over_tree(thread)) if "has copied" in each.message]


def test_t14_a_zone_copied_outside_the_lock_while_its_arrays_come_late() -> None:
    """zone->map is copied without d->refs_lock, and patch 7 fills the original in meanwhile."""
    (said,) = stale(unlocked(copied(V2)).vary(5, ZONES, ANEW, ""))
    assert (said.place.function, said.place.patch) == ("dunlin_add_zone", 5)
    assert "d->refs_lock" in said.suggestion.text


@pytest.mark.parametrize(
    "thread",
    [copied(V2).vary(5, ZONES, ANEW, ""), unlocked(copied(V2)), unlocked(V2).vary(5, ZONES, ANEW, "")],
    ids=["with the lock held", "filled in anew", "nothing is copied"],
)
def test_t14_nothing_is_said_where_nothing_can_be_lost(thread: Thread) -> None:
    """Each of the three things that make a copy safe."""
    assert stale(thread) == []


def test_t15_a_grace_period_under_a_lock_that_readers_take() -> None:
    """synchronize_srcu() under d->refs_lock, which a reader takes on its way."""
    waits = V2.vary(
        5,
        ZONES,
        "\tmutex_unlock(&d->refs_lock);\n\tmutex_unlock(&d->zones_lock);\n\n\tsynchronize_srcu(&d->srcu);\n",
        "\tmutex_unlock(&d->zones_lock);\n\n\tsynchronize_srcu(&d->srcu);\n\tmutex_unlock(&d->refs_lock);\n",
    )
    found = "\tzones = srcu_dereference(d->zones[0], &d->srcu);\n"
    locked = f"\tmutex_lock(&d->refs_lock);\n{found}\tmutex_unlock(&d->refs_lock);\n"
    waits = waits.vary(5, DEBUG, found, locked)
    said = [each for each in shown(over_tree(waits)) if "synchronize_srcu()" in each.message]
    assert [each.place.function for each in said] == ["dunlin_add_zone"]


def test_t15_a_grace_period_after_the_lock_is_left_alone() -> None:
    """As the series has it: both locks are dropped before synchronize_srcu()."""
    assert not [each for each in shown(over_tree(V2)) if each.place.function == "dunlin_add_zone"]
