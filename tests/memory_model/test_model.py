"""The default model's verdicts, its agreement with a kernel tree's, and how models are found."""

import itertools
import random
from pathlib import Path

import pytest

from reviewbot.errors import ModelError
from reviewbot.memory_model.events import EventKind
from reviewbot.memory_model.model import Model, default, load
from reviewbot.memory_model.relations import space
from tests.memory_model.candidates import allowed, everything, random_skeleton, reads_from, skeleton

COUNT = "W[once] x=1; W[once] y=1 | R[once] y=1; R[once] x=0"

VERDICTS = [
    # what happens; dependencies; whether it may, and with which flags, or the axiom against it
    ("W[once] x=1; R[once] y=0 | W[once] y=1; R[once] x=0", {}, ""),
    ("W[once] x=1; F[mb]; R[once] y=0 | W[once] y=1; F[mb]; R[once] x=0", {}, "propagation"),
    ("W[once] x=1; F[mb]; R[once] y=0 | W[once] y=1; F[wmb]; R[once] x=0", {}, ""),
    (COUNT, {}, ""),
    ("W[once] x=1; W[release] y=1 | R[acquire] y=1; R[once] x=0", {}, "happens-before"),
    ("W[once] x=1; W[release] y=1 | R[once] y=1; R[once] x=0", {}, ""),
    ("W[once] x=1; W[once] y=1 | R[acquire] y=1; R[once] x=0", {}, ""),
    ("W[once] x=1; F[wmb]; W[once] y=1 | R[once] y=1; F[rmb]; R[once] x=0", {}, "happens-before"),
    ("W[once] x=1; F[wmb]; W[once] y=1 | a:R[once] y=1; b:R[once] x=0", {"addr": "a-b"}, "happens-before"),
    ("W[once] x=1; F[wmb]; W[once] y=1 | a:R[once] y=1; b:R[once] x=0", {"ctrl": "a-b"}, ""),
    ("W x=1; W y=1 | R y=1; R x=0", {}, "data-race"),
    ("W x=1; W[release] y=1 | a:R[acquire] y=1; b:R x=1", {"ctrl": "a-b"}, ""),
    ("W x=1; W[release] y=1 | R[acquire] y=1; R x=0", {}, "plain-coherence"),
    ("W x=1; W[once] y=1 | R[once] y=1; R x=1", {}, "data-race"),
    ("a:R[once] x=1; b:W[once] y=1 | c:R[once] y=1; d:W[once] x=1", {}, ""),
    ("a:R[once] x=1; b:W[once] y=1 | c:R[once] y=1; d:W[once] x=1", {"data": "a-b c-d"}, "happens-before"),
    ("a:R[once] x=1; b:W[once] y=1 | c:R[once] y=1; d:W[once] x=1", {"ctrl": "a-b c-d"}, "happens-before"),
    ("W[once] x=1 | R[once] x=1; R[once] x=0", {}, "coherence"),
    ("R[once] x=1; W[once] x=1", {}, "coherence"),
    ("R*[once] x=0; W*[once] x=1 | R*[once] x=0; W*[once] x=2", {}, "atomic"),
    ("R*[once] x=0; W*[once] x=1 | R*[once] x=1; W*[once] x=2", {}, ""),
    ("W[once] x=1; R*[noreturn] z=0; W*[once] z=1; F[after-atomic]; R[once] y=0"
     " | W[once] y=1; F[mb]; R[once] x=0", {}, "propagation"),
    ("W[once] x=1; F[before-atomic]; R*[noreturn] z=0; W*[once] z=1; R[once] y=0"
     " | W[once] y=1; F[mb]; R[once] x=0", {}, "propagation"),
    ("W[once] x=1; F[wmb]; W[once] z=1 | R*[noreturn] z=1; W*[once] z=2; F[rmb]; R[once] x=0", {}, ""),
    ("F[rcu-lock]; R[once] x=1; R[once] y=0; F[rcu-unlock] | W[once] y=1; F[sync-rcu]; W[once] x=1", {},
     "rcu"),
    ("F[rcu-lock]; R[once] y=0; F[rcu-unlock]; R[once] x=1 | W[once] y=1; F[sync-rcu]; W[once] x=1", {}, ""),
    ("F[rcu-lock]; R[once] x=0", {}, "unmatched-rcu-lock"),
    ("R[once] x=0; F[rcu-unlock]", {}, "unmatched-rcu-unlock"),
    ("F[rcu-lock]; SRCU[sync-srcu] s; F[rcu-unlock]", {}, "invalid-sleep"),
    ("a:R[srcu-lock] s=0; R[once] x=1; R[once] y=0; b:W[srcu-unlock] s=0"
     " | W[once] y=1; SRCU[sync-srcu] s; W[once] x=1", {"data": "a-b"}, "rcu"),
    ("a:R[srcu-lock] s=0; R[once] x=1; R[once] y=0; b:W[srcu-unlock] s=0"
     " | W[once] y=1; SRCU[sync-srcu] t; W[once] x=1", {"data": "a-b"}, ""),
    ("a:R[srcu-lock] s=0; b:W[srcu-unlock] s=1", {"data": "a-b"}, "srcu-bad-value-match"),
    ("R[srcu-lock] s=0; W[srcu-unlock] s=0", {}, "unmatched-srcu-lock unmatched-srcu-unlock"),
    ("a:R[srcu-lock] s=0; b:W[srcu-unlock] s=0; c:W[srcu-unlock] s=0", {"data": "a-b a-c"},
     "multiple-srcu-matches"),
    ("LKR s; LKW s; R x=0; W x=1; UL s | LKR s; LKW s; R x=0; W x=2; UL s", {}, "plain-coherence"),
    ("LKR s; LKW s; R x=0; W x=1; UL s | LKR s; LKW s; R x=1; W x=2; UL s", {}, ""),
    ("LKR s; LKW s; W x=1; UL s | R x=0", {}, "data-race"),
    ("LKR s; LKW s; LKR s; LKW s; UL s", {}, "lock-nest"),
    ("LKR s; LKW s; RU s; UL s | LKR s; LKW s; UL s", {}, "nested-is-locked"),
    ("LKR s; LKW s | LKR s; LKW s", {}, "no candidate"),
    ("UL s", {}, "unmatched-unlock"),
    ("LKR s; LKW s; UL s; W[once] s=1", {}, "mixed-lock-accesses"),
    ("LKR s; W[once] x=1", {}, "unpaired-LKR"),
    ("LKR s; LKW s; W[once] x=1; UL s | LF s; R[once] x=0", {}, ""),
    ("LKR s; LKW s; LF s; UL s | RL s; RU s", {}, ""),
    ("LF s", {}, "no candidate"),
    ("W x=1; W[once] x=2", {}, "mixed-accesses"),
    ("a:R[once] y=1; c:W z=1; d:R z=1; b:W[once] x=1 | e:R[once] x=1; f:W[once] y=1",
     {"data": "a-c d-b e-f"}, "happens-before"),
    ("W[once] x=1; LKR s; LKW s; F[after-spinlock]; R[once] y=0; UL s | W[once] y=1; F[mb]; R[once] x=0",
     {}, "propagation"),
    ("W[once] x=1; LKR s; LKW s; R[once] y=0; UL s | W[once] y=1; F[mb]; R[once] x=0", {}, ""),
    ("LKR s; LKW s; W[once] x=1; UL s; LKR t; LKW t; F[after-unlock-lock]; R[once] y=0; UL t"
     " | W[once] y=1; F[mb]; R[once] x=0", {}, "propagation"),
    ("a:R[srcu-lock] s=0; W[once] x=1; b:W[srcu-unlock] s=0; F[after-srcu-read-unlock]; R[once] y=0"
     " | W[once] y=1; F[mb]; R[once] x=0", {"data": "a-b"}, "propagation"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "dependencies", "verdict"), VERDICTS)
def test_verdicts(text, dependencies, verdict):
    assert said(default(), text, dependencies) == verdict


@pytest.mark.tree
@pytest.mark.parametrize(("text", "dependencies", "verdict"), VERDICTS)
def test_the_kernel_says_the_same(kernel_tree, text, dependencies, verdict):
    assert said(load(kernel_tree / "tools" / "memory-model"), text, dependencies) == verdict


def said(model: Model, text: str, dependencies: dict[str, str]) -> str:
    """The flags where it may happen; where it may not, the first axiom that breaks in what comes nearest."""
    candidate = skeleton(text, **dependencies)
    may = allowed(model, candidate)
    if may:
        return " ".join(sorted({flag for each in may for flag in each.flags}))
    rest = everything(model, candidate)
    return min(rest, key=lambda each: len(each.failed)).failed[0] if rest else "no candidate"


def test_final_values_are_told_apart():
    both = "W[once] x=1; W[once] y=2 | W[once] y=1; W[once] x=2"
    finals = [skeleton(both, final) for final in ("", "x", "x y")]
    assert [len(allowed(default(), each)) for each in finals] == [4, 4, 4]
    fenced = skeleton("W[once] x=1; F[mb]; W[once] y=2 | W[once] y=1; F[mb]; W[once] x=2", "x y")
    assert len(allowed(default(), fenced)) == 3


def test_the_final_value_of_a_lock_is_no_question():
    asked = skeleton("LKR s; LKW s; UL s", "s")
    assert allowed(default(), asked)[0].flags == {"lock-final"}


@pytest.mark.parametrize("seed", range(20))
def test_each_execution_is_whole(seed):
    """rf has one write for each read and lock read, co is a total order of each location's writes."""
    candidate = random_skeleton(random.Random(seed))  # noqa: S311 - nothing secret
    where = space(len(candidate.events))
    events = candidate.events
    stores = [e for e in events if e.kind in (EventKind.WRITE, EventKind.LOCK_WRITE)]
    for each in [*allowed(default(), candidate), *everything(default(), candidate)]:
        sources = {j: i for i, j in where.pairs(each.rf)}
        order = set(where.pairs(each.co))
        for event in events:
            if event.kind == EventKind.READ:
                assert events[sources[event.index]].value == event.value
        for one, two in itertools.combinations(stores, 2):
            if one.location == two.location and where.is_acyclic(each.co):
                assert ((one.index, two.index) in order) != ((two.index, one.index) in order)
        assert where.is_acyclic(each.co) or each.failed or each.flags
        assert not (each.failed and each.flags)


def test_asking_again_gives_the_same():
    candidate = skeleton(COUNT)
    model = default()
    first = allowed(model, candidate)
    again = allowed(model, skeleton(COUNT))
    assert (first[0].rf, first[0].co) == (again[0].rf, again[0].co)
    assert again[0].skeleton is not candidate


def test_values_matter_where_the_model_compares_them():
    same, other = ("a:R[srcu-lock] s=0; b:W[srcu-unlock] s=" + value for value in "01")
    found = [allowed(default(), skeleton(text, data="a-b"))[0].flags for text in (same, other, same)]
    assert found == [set(), {"srcu-bad-value-match"}, set()]


def test_any_model_may_compare_values(tmp_path):
    model = load(
        write(tmp_path, linux_kernel__cat='include "cos.cat" flag ~empty different-values(po) as change')
    )
    found = [allowed(model, skeleton(f"W x=1; W x={value}"))[0].flags for value in (1, 2, 1)]
    assert found == [set(), {"change"}, set()]


def test_a_tick_ends_the_search():
    many = skeleton(" | ".join(f"W[once] x={i}; R[once] y=0; F[mb]" for i in range(1, 15)))
    ticks = iter(range(50))
    with pytest.raises(StopSearchError):
        count_out(default().executions(many, next(reads_from(many)), lambda: stop(next(ticks, 50))))


def stop(tick: int) -> None:
    if tick == 49:
        raise StopSearchError


class StopSearchError(Exception):
    pass


def count_out(executions) -> int:
    return sum(1 for _ in executions)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.tree
def test_the_default_judges_as_the_kernels_model(kernel_tree, seed):
    tree = load(kernel_tree / "tools" / "memory-model")
    source = random.Random(seed)  # noqa: S311 - nothing secret
    seen = 0
    for _ in range(40):
        candidate = random_skeleton(source)
        for mine, theirs in zip(everything(default(), candidate), everything(tree, candidate), strict=True):
            assert (mine.rf, mine.co, mine.flags) == (theirs.rf, theirs.co, theirs.flags), candidate
            assert set(mine.failed) == set(theirs.failed), candidate
            seen += 1
    assert seen > 100


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".").replace("_", "-")).write_text(text, encoding="utf-8")
    return folder


def test_the_names_of_the_files_are_configured(tmp_path):
    folder = write(
        tmp_path,
        linux_kernel__cfg="macros a.def\nbell b.bell\nmodel c.cat\nshowevents noregs\nvariant lkmmv2\n",
        a__def="f(X) __load{once}(X)\n",
        b__bell="enum Marks = 'ONCE\nlet marked = ONCE",
        c__cat='"A model" include "cos.cat"\n'
        'flag ~empty (if "lkmmv2" then 0 else _) as old-herd\nflag ~empty marked as sees-them',
    )
    model = load(folder)
    assert (model.name, model.definitions) == ("A model", "f(X) __load{once}(X)\n")
    assert model.variants == {"lkmmv2"}
    (execution,) = allowed(model, skeleton("W[ONCE] x=1"))
    assert execution.flags == {"sees-them"}


def test_failed_atomic_operations_are_in_rmw(tmp_path):
    """As the newer form of the kernel's model takes tags from what failed."""
    folder = write(
        tmp_path,
        linux_kernel__bell="enum M = 'MB let lost = RMW \\ (domain(rmw) | range(rmw)) let Mb = MB \\ lost",
        linux_kernel__cat='include "cos-opt.cat"\nflag ~empty Mb as strong\nflag ~empty lost as failed',
    )
    model = load(folder)
    found = [allowed(model, skeleton(text))[0].flags for text in ("R*[MB] x=0; W*[MB] x=1", "R*[MB] x=0")]
    assert found == [{"strong"}, {"failed"}]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "there is no file 'linux-kernel.cat'"),
        ({"linux_kernel__cfg": "model gone.cat"}, "there is no file 'gone.cat'"),
        ({"linux_kernel__cfg": "model ../../etc/passwd"}, "is not inside the model's folder"),
        ({"linux_kernel__cfg": "bell gone.bell", "linux_kernel__cat": ""}, "there is no file 'gone.bell'"),
        (
            {"linux_kernel__cfg": "\nvariant lkmmv9"},
            r"linux-kernel.cfg:2:1: the variant 'lkmmv9' is not known",
        ),
        ({"linux_kernel__cat": "let x = po"}, "no coherence order"),
    ],
)
def test_what_is_no_model(tmp_path, files, message):
    with pytest.raises(ModelError, match=message):
        load(write(tmp_path, **files))


def test_coherence_orders_against_program_order_are_named(tmp_path):
    """herd does not try them; whoever asks for everything learns what is wrong with them."""
    model = load(write(tmp_path, linux_kernel__cat='include "cos-opt.cat"'))
    candidate = skeleton("W[once] x=1; W[once] x=2")
    assert len(allowed(model, candidate)) == 1
    assert [each.failed for each in everything(model, candidate)] == [("coherence-order",), ()]


def test_the_default_model_says_what_functions_do():
    assert "smp_store_release(P,V) { __store{release}(*P,V); }" in default().definitions
    assert default() is default()
    assert default().variants == frozenset()
