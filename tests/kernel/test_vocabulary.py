"""What the tables say, and that they do not contradict each other."""

import re
import subprocess
import sys
from collections.abc import Mapping

import pytest
from msgspec.structs import fields

from reviewbot.kernel.vocabulary import Vocabulary, vocabulary
from reviewbot.kernel.vocabulary.words import FLAVOURS, Held

WORDS = vocabulary()
TABLES = (
    "locks",
    "rcu",
    "publications",
    "barriers",
    "contexts",
    "teardowns",
    "memory",
    "waiting",
    "diagnostics",
)


def test_every_acquire_names_releases_of_its_kind_that_exist():
    for name, effect in WORDS.locks.acquires.items():
        assert effect.released_by, name
        for release in effect.released_by:
            found = WORDS.locks.release(release)
            assert found is not None, f"{name}: {release}"
            same_kind = found.kind == effect.kind or "vma" in name
            assert same_kind, f"{name} is a {effect.kind}, {release} releases a {found.kind}"


def test_every_release_ends_an_acquire():
    ended = {release for effect in WORDS.locks.acquires.values() for release in effect.released_by}
    assert set(WORDS.locks.releases) == ended


def test_every_release_ends_what_its_acquires_implied():
    for name, effect in WORDS.locks.acquires.items():
        for release in effect.released_by:
            found = WORDS.locks.release(release)
            if found is not None and found.kind == effect.kind and effect.lock.arg == found.lock.arg:
                assert found.ends == effect.implies, f"{name} and {release}"


def test_a_lock_with_interrupts_off_has_preemption_off_and_is_an_rcu_reader():
    for name, effect in WORDS.locks.acquires.items():
        if {"irq_off", "bh_off", "preempt_off"} & set(effect.implies):
            assert {"preempt_off", "rcu"} <= set(effect.implies), name
            assert not effect.sleeps, name


def test_tries_depend_on_their_result():
    tries = [name for name, effect in WORDS.locks.acquires.items() if effect.is_try]
    assert "spin_trylock" in tries
    assert [name for name in tries if WORDS.locks.acquires[name].held is Held.ALWAYS] == []


def test_guard_classes_resolve():
    for name, guard in WORDS.locks.guards.items():
        is_reader = WORDS.rcu.enter(guard.like) is not None
        assert guard.lock or guard.exclusion or is_reader, name


def test_guards_that_may_fail_depend_on_the_result_of_their_function():
    for name, guard in WORDS.locks.guards.items():
        if name.endswith(("_try", "_intr")):
            assert guard.lock is not None
            assert guard.lock.held is not Held.ALWAYS, name


def test_every_name_is_read_as_an_identifier():
    for names in all_names():
        for name in names:
            assert re.fullmatch(r"[A-Za-z_]\w*", name), name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WORDS.locks.acquires, WORDS.locks.releases),
        (WORDS.locks.acquires, WORDS.locks.exclusions),
        (WORDS.locks.acquires, WORDS.rcu.enters),
        (WORDS.locks.acquires, WORDS.locks.downgrades),
        (WORDS.locks.exclusions, WORDS.locks.exclusion_ends),
        (WORDS.locks.assertions, WORDS.locks.conditions),
        (WORDS.locks.assertions, WORDS.locks.not_held),
        (WORDS.locks.assertions, WORDS.locks.acquires),
        (WORDS.rcu.enters, WORDS.rcu.exits),
        (WORDS.rcu.enters, WORDS.locks.exclusions),
        (WORDS.memory.allocations, WORDS.memory.frees),
        (WORDS.publications.async_starts, WORDS.teardowns.teardowns),
        (WORDS.publications.registrations, WORDS.teardowns.teardowns),
        (WORDS.publications.pointers, WORDS.publications.containers),
        (WORDS.barriers.implied_full, WORDS.barriers.implied_none),
        (WORDS.barriers.implied_full, WORDS.barriers.implied_only_if_woken),
        (WORDS.waiting.state_with_mb, WORDS.waiting.state_without_mb),
        (WORDS.diagnostics.sinks, WORDS.locks.acquires),
        (WORDS.baseline.newer, WORDS.baseline.older),
    ],
)
def test_no_name_stands_in_two_contradicting_tables(one, other):
    assert set(one) & set(other) == set()


def test_list_primitives_and_their_counterparts_are_on_opposite_sides():
    for name, primitive in WORDS.rcu.lists.items():
        if primitive.wanted:
            counterpart = WORDS.rcu.lists[primitive.wanted]
            assert counterpart.is_rcu is not primitive.is_rcu, name
            assert counterpart.is_write is primitive.is_write, name


def test_plain_inserts_order_nothing_and_rcu_inserts_release():
    for name, container in WORDS.publications.containers.items():
        primitive = WORDS.rcu.list_write(name)
        if primitive is not None:
            assert container.ordering == ("release" if primitive.is_rcu else "none"), name
            assert container.object == primitive.object, name


def test_flavours_that_tables_name_are_described():
    assert set(WORDS.rcu.flavours) == FLAVOURS


def test_implicit_rcu_contexts_are_contexts_that_read():
    for name in WORDS.rcu.implicit_contexts:
        context = WORDS.contexts.context(name)
        assert context is not None, name
        assert context.is_rcu_reader, name


def test_contexts_that_interrupt_name_contexts():
    known = {*WORDS.contexts.contexts, "process"}
    for name, context in WORDS.contexts.contexts.items():
        assert set(context.interrupts) <= known, name


def test_regexes_compile():
    for regex in (
        WORDS.locks.comment_regex,
        WORDS.teardowns.unregister_names,
        WORDS.diagnostics.member_regex,
        *(regex for _, regex in WORDS.diagnostics.families),
        *(regex for regex, _ in WORDS.contexts.names),
    ):
        assert re.compile(regex)


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_frozen(table):
    entry = getattr(WORDS, table)
    for field in fields(entry):
        with pytest.raises(AttributeError):
            setattr(entry, field.name, None)
        value = getattr(entry, field.name)
        if isinstance(value, Mapping):
            with pytest.raises(TypeError):
                value["spin_lock"] = None
        else:
            assert isinstance(value, frozenset | tuple | str), field.name


def test_the_vocabulary_is_read_once():
    assert vocabulary() is vocabulary()
    assert vocabulary().locks is vocabulary().locks


def test_importing_reads_no_table():
    code = "import reviewbot.kernel.vocabulary as v; print(sorted(vars(v.vocabulary())))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# A sample of lookups, a sentence each.


def test_inode_lock_takes_a_member_of_its_argument():
    effect = WORDS.locks.acquire("inode_lock")
    assert effect is not None
    assert (effect.lock.arg, effect.lock.member, effect.is_exclusive) == (0, "i_rwsem", True)
    release = WORDS.locks.release("inode_unlock")
    assert release is not None
    assert release.lock == effect.lock


def test_rtnl_is_a_global():
    effect = WORDS.locks.acquire("rtnl_lock")
    assert effect is not None
    assert (effect.lock.arg, effect.lock.name) == (None, "rtnl_mutex")


def test_interruptible_locks_are_held_when_the_result_is_zero():
    effect = WORDS.locks.acquire("mutex_lock_interruptible")
    assert effect is not None
    assert (effect.held, effect.is_try, effect.sleeps) == (Held.ZERO, False, True)


def test_the_semaphore_tries_the_other_way_round():
    effect = WORDS.locks.acquire("down_trylock")
    assert effect is not None
    assert effect.held is Held.ZERO


def test_a_bit_lock_is_its_word_and_its_bit():
    effect = WORDS.locks.acquire("bit_spin_lock")
    assert effect is not None
    assert (effect.lock.arg, effect.lock.bit) == (1, 0)


def test_might_lock_asserts_nothing_held():
    assert WORDS.locks.assertion("might_lock") is None
    assert "might_lock" in WORDS.locks.not_held


def test_a_read_assertion_is_no_exclusion():
    held = WORDS.locks.assertion("lockdep_assert_held_read")
    either = WORDS.locks.assertion("lockdep_assert_held")
    assert held is not None
    assert either is not None
    assert (held.is_exclusive, either.is_exclusive) == (False, None)


@pytest.mark.parametrize(
    ("comment", "lock"),
    [
        ("Caller must hold foo->lock.", "foo->lock."),
        ("Callers must already hold the frob_mutex", "frob_mutex"),
        ("Must be called with &bar->lock held", "&bar->lock"),
        ("list of all frobs, protected by: frob_lock", "frob_lock"),
        ("called under rcu_read_lock()", "rcu_read_lock()"),
    ],
)
def test_comments_that_name_a_lock(comment, lock):
    found = re.search(WORDS.locks.comment_regex, comment)
    assert found is not None
    assert found["lock"] == lock


def test_srcu_names_its_domain():
    side = WORDS.rcu.enter("kvm_vcpu_srcu_read_lock")
    assert side is not None
    assert side.domain is not None
    assert (side.flavour, side.domain.member) == ("srcu", "kvm->srcu")
    assert side.exits == ("kvm_vcpu_srcu_read_unlock",)


def test_list_del_poisons_and_wants_its_rcu_form():
    primitive = WORDS.rcu.list_write("list_del")
    assert primitive is not None
    assert (primitive.effect, primitive.wanted, primitive.is_rcu) == ("poisons", "list_del_rcu", False)
    assert WORDS.rcu.list_read("list_del") is None


def test_the_safe_walk_has_its_head_one_argument_later():
    primitive = WORDS.rcu.list_read("list_for_each_entry_safe")
    assert primitive is not None
    assert (primitive.head, primitive.member, primitive.wanted) == (2, 3, "list_for_each_entry_rcu")


def test_what_publishes():
    assert WORDS.publishes("rcu_assign_pointer", 1)
    assert not WORDS.publishes("rcu_assign_pointer", 0)
    assert WORDS.publishes("xa_store", 2)
    assert WORDS.publishes("fd_install", 1)
    assert WORDS.publishes("devm_request_irq", 5)
    assert not WORDS.publishes("kfree", 0)


def test_devm_registers_as_its_plain_form():
    assert WORDS.publications.registration("devm_led_classdev_register") == "subsystem"
    assert WORDS.publications.registration("devm_kzalloc") is None


def test_barriers_say_what_they_order():
    write, device = WORDS.barriers.barrier("smp_wmb"), WORDS.barriers.barrier("dma_wmb")
    assert write is not None
    assert device is not None
    assert (write.orders, write.between, device.between) == ("store -> store", "smp", "device")


def test_a_work_item_sees_what_was_stored_before_it_was_queued():
    handoff = WORDS.barriers.handoff("queue_work")
    assert handoff is not None
    assert handoff.to == "work_function"


def test_threaded_interrupts_have_two_handlers():
    callback = WORDS.contexts.callback("devm_request_threaded_irq")
    assert callback is not None
    assert (callback.handlers, callback.contexts) == ((2, 3), ("hardirq", "irq_thread"))


def test_operations_have_contexts_and_locks():
    ioctl = WORDS.contexts.operation("file_operations", "unlocked_ioctl")
    stop = WORDS.contexts.operation("net_device_ops", "ndo_stop")
    other = WORDS.contexts.operation("ethtool_ops", "get_drvinfo")
    assert ioctl is not None
    assert stop is not None
    assert other is not None
    assert ioctl.context == "process_ioctl"
    assert stop.holds == other.holds == ("rtnl_mutex",)
    assert WORDS.contexts.operation("no_such_ops", "open") is None


def test_deleting_a_timer_does_not_wait_unless_it_says_so():
    plain, sync = WORDS.teardowns.teardown("timer_delete"), WORDS.teardowns.teardown("timer_delete_sync")
    assert plain is not None
    assert sync is not None
    assert (plain.waits, sync.waits, sync.is_final) == (False, True, False)


def test_memory():
    assert WORDS.memory.is_zeroing("kzalloc")
    assert WORDS.memory.is_allocation("kmalloc")
    assert not WORDS.memory.is_zeroing("kmalloc")
    cached = WORDS.memory.free("kmem_cache_free")
    assert cached is not None
    assert cached.object == 1


def test_waiting():
    wait = WORDS.waiting.wait("wait_event")
    assert wait is not None
    assert wait.condition == 1
    assert WORDS.waiting.is_wake("wake_up")
    assert WORDS.waiting.sleeper_probes == {**WORDS.waiting.sleeper_probes, "waitqueue_active": False}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("printk", "log"),
        ("dev_err_ratelimited", "log"),
        ("netdev_dbg", "log"),
        ("nla_put_u64_64bit", "netlink"),
        ("trace_frob_done", "trace"),
        ("WARN_ON_ONCE", "warn"),
        ("trace_array_put", None),
        ("kfree", None),
    ],
)
def test_diagnostics(name, kind):
    assert WORDS.diagnostics.diagnostic(name) == kind


def all_names():
    """The keys of every table that maps function names."""
    words = Vocabulary()
    for table in TABLES:
        entry = getattr(words, table)
        for field in fields(entry):
            value = getattr(entry, field.name)
            if isinstance(value, frozenset) or (
                isinstance(value, Mapping) and field.name not in ("operations", "signatures")
            ):
                yield tuple(value)
