"""The reason why an execution is forbidden."""

import random
from pathlib import Path

import pytest

from reviewbot.errors import ModelError
from reviewbot.memory_model.model import Model, default, load
from reviewbot.memory_model.why import explain
from tests.memory_model.candidates import allowed, everything, random_skeleton, skeleton

REASONS = [
    (
        "W[once] buf=1; F[wmb]; W[once] f=1 | R[once] f=1; F[rmb]; R[once] buf=0",
        {},
        "happens-before: P1 R f=1 -rmb-> P1 R buf=0 -fr-> P0 W buf=1 -wmb-> P0 W f=1 -rfe-> P1 R f=1",
    ),
    (
        "W[once] buf=1; W[release] f=1 | R[acquire] f=1; R[once] buf=0",
        {},
        "happens-before: P1 R f=1 -acq-po-> P1 R buf=0 -fr-> P0 W buf=1 -po-rel-> P0 W f=1 -rfe-> P1 R f=1",
    ),
    (
        "W[once] buf=1; F[wmb]; W[once] f=1 | a:R[once] f=1; b:R[once] buf=0",
        {"addr": "a-b"},
        "happens-before: P1 R f=1 -addr-> P1 R buf=0 -fr-> P0 W buf=1 -wmb-> P0 W f=1 -rfe-> P1 R f=1",
    ),
    (
        "W[once] x=1; F[mb]; R[once] y=0 | W[once] y=1; F[mb]; R[once] x=0",
        {},
        "propagation: P0 R y=0 -fr-> P1 W y=1 -mb-> P1 R x=0 -fr-> P0 W x=1 -mb-> P0 R y=0",
    ),
    (
        "a:R[once] x=1; b:W[once] y=1 | c:R[once] y=1; d:W[once] x=1",
        {"data": "a-b", "ctrl": "c-d"},
        "happens-before: P0 R x=1 -data-> P0 W y=1 -rfe-> P1 R y=1 -ctrl-> P1 W x=1 -rfe-> P0 R x=1",
    ),
    (
        "W[once] x=1 | R[once] x=1; R[once] x=0",
        {},
        "coherence: P0 W x=1 -rf-> P1 R x=1 -po-loc-> P1 R x=0 -fr-> P0 W x=1",
    ),
    ("R[once] x=1; W[once] x=1", {}, "coherence: P0 R x=1 -po-loc-> P0 W x=1 -rf-> P0 R x=1"),
    (
        "F[rcu-lock]; R[once] x=1; R[once] y=0; F[rcu-unlock] | W[once] y=1; F[sync-rcu]; W[once] x=1",
        {},
        "rcu: P0 R x=1 -rcu-fence-> P1 W x=1 -rfe-> P0 R x=1",
    ),
    (
        "R*[once] x=0; W*[once] x=1 | W[once] x=2; F[mb]; R[once] x=1",
        {},
        "atomic: P0 R x=0 -fre-> P1 W x=2 -coe-> P0 W x=1 -rmw^-1-> P0 R x=0",
    ),
    (
        "W x=1; W[release] y=1 | R[acquire] y=1; R x=0",
        {},
        "plain-coherence: P1 R x=0 -fr-> P0 W x=1 -po-rel-> P0 W y=1 -rfe-> P1 R y=1 -acq-po-> P1 R x=0",
    ),
    ("LKR s; LKW s; LKR s; LKW s; UL s", {}, "lock-nest: P0 LKW s -po-loc-> P0 LKR s"),
]


def reasons(model: Model, text: str, dependencies: dict[str, str]) -> set[str]:
    found = everything(model, skeleton(text, **dependencies))
    return {str(explain(model, each)) for each in found if each.failed}


@pytest.mark.parametrize(("text", "dependencies", "reason"), REASONS)
def test_reasons(text, dependencies, reason):
    assert reason in reasons(default(), text, dependencies)


@pytest.mark.tree
@pytest.mark.parametrize(("text", "dependencies", "reason"), REASONS)
def test_reasons_by_the_kernels_model(kernel_tree, text, dependencies, reason):
    assert reason in reasons(load(kernel_tree / "tools" / "memory-model"), text, dependencies)


@pytest.mark.parametrize("seed", range(6))
def test_steps_follow_one_another(seed):
    source = random.Random(seed)  # noqa: S311 - nothing secret
    explained = 0
    for _ in range(25):
        candidate = random_skeleton(source)
        for each in [each for each in everything(default(), candidate) if each.failed][:4]:
            reason = explain(default(), each)
            assert reason.axiom == each.failed[0]
            for before, after in zip(reason.edges, reason.edges[1:], strict=False):
                assert before.target is after.source
            assert all(edge.label not in ("", "product", "union") for edge in reason.edges)
            if reason.axiom in (
                "coherence",
                "happens-before",
                "propagation",
                "rcu",
                "atomic",
                "plain-coherence",
            ):
                assert reason.edges[-1].target is reason.edges[0].source, (candidate, str(reason))
            explained += 1
    assert explained > 10


def test_a_cycle_is_a_shortest_one(tmp_path: Path):
    """The way by x is three steps long, the one by y two."""
    text = 'include "cos-opt.cat"\nlet step = po | rf\nacyclic step as causes'
    (tmp_path / "linux-kernel.cat").write_text(text, encoding="utf-8")
    model = load(tmp_path)
    looped = skeleton("a:R y=1; b:W y=1; c:R x=1; d:W z=1 | R z=1; W x=1")
    (execution,) = everything(model, looped)
    assert str(explain(model, execution)) == "causes: P0 R y=1 -po-> P0 W y=1 -rf-> P0 R y=1"


def test_recursions_are_one_step(tmp_path: Path):
    text = 'include "cos-opt.cat"\nlet rec far = po | rfe | (far ; far)\nirreflexive far ; fr as far-off'
    (tmp_path / "linux-kernel.cat").write_text(text, encoding="utf-8")
    model = load(tmp_path)
    (execution,) = everything(model, skeleton("W x=1; W y=1 | R y=1; R x=0"))
    assert str(explain(model, execution)) == "far-off: P0 W x=1 -far-> P1 R x=0 -fr-> P0 W x=1"


def test_what_may_happen_has_no_reason():
    (execution,) = allowed(default(), skeleton("W[once] x=1"))
    with pytest.raises(ModelError, match="does not forbid"):
        explain(default(), execution)
