"""What is held at an access: kinds of locks, guards, branches, unwinding, wrappers, assertions."""

import pytest

from reviewbot.analysis.facts import ReadSection, SharedAccess
from tests.analysis.series import analysis

FUNCTION = """
void wren_count(struct wren *w)
{{
{body}
}}
"""


def access(text: str, function: str = "wren_count") -> SharedAccess:
    """The first access of `eggs` in the function."""
    (story,) = analysis(text).stories.of("eggs")
    return next(s.access for s in story.seen if s.access.place.function == function)


def held(body: str, head: str = "") -> list[tuple[str, bool, str]]:
    lines = "\n".join(f"\t{line}" for line in body.split("\n"))
    found = access(head + FUNCTION.format(body=lines))
    return [(lock.text, lock.is_exclusive, lock.known) for lock in found.held]


def sections(body: str) -> tuple[ReadSection, ...]:
    lines = "\n".join(f"\t{line}" for line in body.split("\n"))
    return access(FUNCTION.format(body=lines)).sections


@pytest.mark.parametrize(
    ("take", "give", "lock", "is_exclusive"),
    [
        ("spin_lock(&w->lock)", "spin_unlock(&w->lock)", "w->lock", True),
        ("spin_lock_irqsave(&w->lock, flags)", "spin_unlock_irqrestore(&w->lock, flags)", "w->lock", True),
        ("spin_lock_bh(&w->lock)", "spin_unlock_bh(&w->lock)", "w->lock", True),
        ("raw_spin_lock_irq(&w->lock)", "raw_spin_unlock_irq(&w->lock)", "w->lock", True),
        ("mutex_lock(&w->mutex)", "mutex_unlock(&w->mutex)", "w->mutex", True),
        ("mutex_lock_nested(&w->mutex, 1)", "mutex_unlock(&w->mutex)", "w->mutex", True),
        ("read_lock(&w->rwlock)", "read_unlock(&w->rwlock)", "w->rwlock", False),
        ("write_lock(&w->rwlock)", "write_unlock(&w->rwlock)", "w->rwlock", True),
        ("down_read(&w->sem)", "up_read(&w->sem)", "w->sem", False),
        ("down_write(&w->sem)", "up_write(&w->sem)", "w->sem", True),
        ("rtnl_lock()", "rtnl_unlock()", "rtnl_mutex", True),
        ("inode_lock(w->inode)", "inode_unlock(w->inode)", "w->inode->i_rwsem", True),
    ],
)
def test_lock(take: str, give: str, lock: str, is_exclusive: bool) -> None:
    assert held(f"{take};\nw->eggs = 1;\n{give};") == [(lock, is_exclusive, "seen")]
    assert held(f"{take};\n{give};\nw->eggs = 1;") == []


@pytest.mark.parametrize(
    ("body", "lock", "is_exclusive"),
    [
        ("guard(spinlock)(&w->lock);\nw->eggs = 1;", "w->lock", True),
        ("guard(mutex)(&w->mutex);\nw->eggs = 1;", "w->mutex", True),
        ("guard(rwsem_read)(&w->sem);\nw->eggs = 1;", "w->sem", False),
        ("scoped_guard(mutex, &w->mutex) {\n\tw->eggs = 1;\n}", "w->mutex", True),
        ("scoped_guard(spinlock_irqsave, &w->lock)\n\tw->eggs = 1;", "w->lock", True),
    ],
)
def test_guard(body: str, lock: str, is_exclusive: bool) -> None:
    assert held(body) == [(lock, is_exclusive, "seen")]


def test_guard_ends_with_its_block() -> None:
    assert held("if (w->lazy) {\n\tguard(mutex)(&w->mutex);\n}\nw->eggs = 1;") == []
    assert held("scoped_guard(mutex, &w->mutex) {\n\tw->rev++;\n}\nw->eggs = 1;") == []


@pytest.mark.parametrize(
    "body",
    [
        "if (!mutex_trylock(&w->mutex))\n\treturn;\nw->eggs = 1;",
        "if (mutex_trylock(&w->mutex)) {\n\tw->eggs = 1;\n\tmutex_unlock(&w->mutex);\n}",
        "if (mutex_lock_interruptible(&w->mutex))\n\treturn;\nw->eggs = 1;",
        "int ret;\n\nret = mutex_lock_interruptible(&w->mutex);\nif (ret)\n\treturn;\nw->eggs = 1;",
    ],
)
def test_taken_on_success(body: str) -> None:
    assert held(body) == [("w->mutex", True, "seen")]


def test_known_miss_comparison_with_less_than() -> None:
    """A comparison is no test for zero, so the lock is not seen: silence is lost, not a question."""
    assert held("int ret = mutex_lock_killable(&w->mutex);\n\nif (ret < 0)\n\treturn;\nw->eggs = 1;") == []


@pytest.mark.parametrize(
    "body",
    [
        "if (mutex_trylock(&w->mutex))\n\treturn;\nw->eggs = 1;",
        "if (!mutex_lock_interruptible(&w->mutex))\n\treturn;\nw->eggs = 1;",
        "mutex_trylock(&w->mutex);\nw->eggs = 1;",
    ],
)
def test_not_taken_on_failure(body: str) -> None:
    assert held(body) == []


def test_paths_meet() -> None:
    assert held("if (w->lazy)\n\tspin_lock(&w->lock);\nw->eggs = 1;") == []
    both = "if (w->lazy)\n\tspin_lock(&w->lock);\nelse\n\tspin_lock_irq(&w->lock);\nw->eggs = 1;"
    assert held(both) == [("w->lock", True, "seen")]
    assert held("while (w->lazy) {\n\tspin_lock(&w->lock);\n\tspin_unlock(&w->lock);\n}\nw->eggs = 1;") == []


UNWINDING = """
mutex_lock(&w->mutex);
if (w->lazy)
	goto out_unlock;
{inside}
out_unlock:
mutex_unlock(&w->mutex);
{outside}"""


def test_goto_unwinding() -> None:
    inside = UNWINDING.format(inside="w->eggs = 1;", outside="return;").strip()
    assert held(inside) == [("w->mutex", True, "seen")]
    assert held(UNWINDING.format(inside="w->rev = 1;", outside="w->eggs = 1;").strip()) == []


def test_early_return_with_the_lock_dropped() -> None:
    body = "spin_lock(&w->lock);\nif (w->lazy) {\n\tspin_unlock(&w->lock);\n\treturn;\n}\nw->eggs = 1;"
    assert held(body) == [("w->lock", True, "seen")]


WRAPPERS = """
static void wren_enter(struct wren *w)
{
	mutex_lock(&w->mutex);
	w->depth = 1;
}

static void wren_leave(struct wren *w)
{
	w->depth = 0;
	mutex_unlock(&w->mutex);
}
"""


def test_wrappers_are_derived() -> None:
    inside = "wren_enter(w);\nw->eggs = 1;\nwren_leave(w);"
    assert held(inside, WRAPPERS) == [("w->mutex", True, "seen")]
    assert held("wren_enter(w);\nwren_leave(w);\nw->eggs = 1;", WRAPPERS) == []


def test_balanced_helper_leaves_nothing_held() -> None:
    balanced = WRAPPERS.replace("w->depth = 1;", "mutex_unlock(&w->mutex);")
    assert held("wren_enter(w);\nw->eggs = 1;", balanced) == []


@pytest.mark.parametrize(
    "assertion",
    ["lockdep_assert_held(&w->lock)", "lockdep_assert_held_write(&w->lock)", "assert_spin_locked(&w->lock)"],
)
def test_assertion(assertion: str) -> None:
    assert held(f"{assertion};\nw->eggs = 1;") == [("w->lock", True, "asserted")]


def test_annotation() -> None:
    text = FUNCTION.format(body="\tw->eggs = 1;").replace(")\n{", ")\n\t__must_hold(&w->lock)\n{")
    assert [(lock.text, lock.known) for lock in access(text).held] == [("w->lock", "asserted")]


CALLED = """
static void wren_count(struct wren *w)
{
	w->eggs = 1;
}

void wren_one(struct wren *w)
{
	spin_lock(&w->lock);
	wren_count(w);
	spin_unlock(&w->lock);
}

void wren_two(struct wren *wren)
{
	spin_lock(&wren->lock);
	wren_count(wren);
	spin_unlock(&wren->lock);
}
"""


def test_all_callers_hold_it() -> None:
    assert [(lock.text, lock.known) for lock in access(CALLED).held] == [("w->lock", "callers")]


def test_one_caller_does_not() -> None:
    bare = CALLED.replace("\tspin_lock(&wren->lock);\n", "").replace("\tspin_unlock(&wren->lock);\n", "")
    assert access(bare).held == ()


def test_name_is_only_a_hint() -> None:
    text = FUNCTION.format(body="\tw->eggs = 1;").replace("wren_count", "wren_count_locked")
    assert [lock.known for lock in access(text, "wren_count_locked").held] == ["hinted"]


@pytest.mark.parametrize(
    ("enter", "leave", "section"),
    [
        ("rcu_read_lock()", "rcu_read_unlock()", ReadSection("rcu")),
        ("idx = srcu_read_lock(&w->srcu)", "srcu_read_unlock(&w->srcu, idx)", ReadSection("srcu", "w->srcu")),
        (
            "idx = srcu_read_lock(&wren_srcu)",
            "srcu_read_unlock(&wren_srcu, idx)",
            ReadSection("srcu", "wren_srcu"),
        ),
    ],
)
def test_read_side_section(enter: str, leave: str, section: ReadSection) -> None:
    assert sections(f"{enter};\nw->eggs = 1;\n{leave};") == (section,)
    assert sections(f"{enter};\n{leave};\nw->eggs = 1;") == ()


def test_guarded_section() -> None:
    assert sections("guard(rcu)();\nw->eggs = 1;") == (ReadSection("rcu"),)
