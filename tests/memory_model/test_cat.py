"""The cat language: what it means, and what is refused."""

import random
from pathlib import Path

import pytest

from reviewbot.errors import ModelError
from reviewbot.memory_model.cat.lexer import Source
from reviewbot.memory_model.cat.parser import parse
from reviewbot.memory_model.cat.terms import Definition, Name, Operation, Term
from reviewbot.memory_model.events import Skeleton
from reviewbot.memory_model.model import Model, default, load
from tests.memory_model.candidates import allowed, everything, random_skeleton, reads_from, skeleton
from tests.memory_model.naive import Naive

MESSAGE = "W[once] x=1; W[once] y=1 | R[once] y=1; R[once] x=0"


def model(folder: Path, text: str, bell: str = "", **files: str) -> Model:
    """A model of this text; the coherence order is always there."""
    (folder / "linux-kernel.cat").write_text(f'include "cos-opt.cat"\n{text}\n', encoding="utf-8")
    (folder / "linux-kernel.bell").write_text(f"enum Marks = 'once || 'mb\n{bell}\n", encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
    return load(folder)


def shape(term: Term) -> str:
    match term:
        case Name():
            return term.text
        case Operation():
            return "(" + " ".join([term.operator, *map(shape, term.operands)]) + ")"
    raise AssertionError(term)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a | b ; c", "(| a (; b c))"),
        ("a | b ++ c ; d", "(| a (++ b (; c d)))"),
        ("a ; b \\ c & d", "(; a (\\ b (& c d)))"),
        ("a \\ b \\ c", "(\\ (\\ a b) c)"),
        ("a & b * c", "(& a (* b c))"),
        ("a* ; b", "(; (^* a) b)"),
        ("a * b ; c*", "(; (* a b) (^* c))"),
        ("_ * {e}", "(* _ ({} e))"),
        ("a?^-1+", "(^+ (^-1 (? a)))"),
        ("~a & b", "(& (~ a) b)"),
        ("[a];[~b]", "(; ([] a) ([] (~ b)))"),
        ("a-b.c' | 0 (* no (* nested *) comment *) | {} // the rest", "(| (| a-b.c' 0) 0)"),
        ("a^+ | a^*", "(| (^+ a) (^* a))"),
    ],
)
def test_precedence(text, meaning):
    (statement,) = parse(Source("x.cat", f"let it = {text}")).statements
    assert isinstance(statement, Definition)
    assert shape(statement.bindings[0].value) == meaning


@pytest.mark.parametrize(
    ("text", "happens"),
    [
        ("empty po as never", False),
        ("~empty po as always", True),
        ("acyclic po as always", True),
        ("acyclic po | rf | fr as sc", False),
        ("irreflexive po ; rfe ; po ; fr as mp", False),
        ("irreflexive (po ; rfe) & id as nothing", True),
        ("empty [W] ; po ; [R] as none-here", True),
        ("empty (W * R) & po as none-here", True),
        ("let f(a, b) = a ; b\nlet g a = f(a, po)\nempty g rfe as never", False),
        ("let f a b = a ; b\nempty f po po as too-short", True),
        ("let f = fun r -> r & ext\nempty f po as nothing", True),
        ("let x = let y = po and z = rf in y ; z\nempty x as never", False),
        ("let x = try unheard-of with po\nempty x as never", False),
        ('empty (if "lkmmv2" then po else 0) as other-variant', True),
        ('empty (if not "lkmmv2" then po else 0) as this-variant', False),
        ("let rec r = po | rf | (r ; r)\nempty [IW] ; r ; [W] as start", True),
        ("let rec r = po | rf | (r ; r)\nempty [W \\ IW] ; r ; [R] as reached", False),
        ("let rec a = b ; po and b = rfe | a\nempty a as reached", False),
        ("empty [domain(rfe)] ; po as last-write-is-read", True),
        ("empty po ; [domain(rfe)] as something-before", False),
        ("empty [range(rfe)] ; po as something-after", False),
        ("empty singlestep(po) ; singlestep(po) as two", True),
        ("empty fencerel(F) as no-fence", True),
        ("empty fencerel(Mb) as no-fence", True),
        ("empty [Once] ; po ; [Once] as marked", False),
        ("empty different-values(rf) as rf-keeps-values", True),
        ("empty different-values(fr) as fr-changes-them", False),
        ("let one e = e ++ 0\nwith each from cross (map one po)", True),
        (
            "let ways e = map (fun p -> p ++ 0) (po & (_ * {e}))\nwith w from cross (map ways R)\nempty w",
            False,
        ),
        ("with x from cross 0\nempty x as nothing-chosen", True),
        ("show po, rf as reads\nunshow co\nacyclic co", True),
        ("flag ~empty po as something", True),
    ],
)
def test_meaning(tmp_path, text, happens):
    if "map one po" in text:
        text = text.replace(
            "cross (map one po)", "cross (map (fun e -> map one (po & (_ * {e}))) (range(po)))"
        )
    assert bool(allowed(model(tmp_path, text), skeleton(MESSAGE))) == happens


def test_each_choice_is_a_candidate(tmp_path):
    found = model(
        tmp_path,
        "let alone e = e ++ 0\n"
        "with seen from cross (map (fun r -> map alone (loc & (W * {r}))) R)\n"
        "flag ~empty seen & (IW * R) as sees-start",
    )
    executions = allowed(found, skeleton(MESSAGE))
    assert len(executions) == 4
    assert [bool(each.flags) for each in executions].count(False) == 1


def test_flags_are_raised_and_bell_definitions_count(tmp_path):
    found = model(
        tmp_path, "flag ~empty pairs as two-writes\nflag empty pairs as none", "let pairs = [W] ; po ; [W]"
    )
    (execution,) = allowed(found, skeleton(MESSAGE))
    assert execution.flags == {"two-writes"}


def test_recursion_sees_this_round(tmp_path):
    """Pairs of brackets, the innermost first; with values of the round before this would not come out."""
    text = """
let rec open = Rcu-lock \\ domain(pair) and close = Rcu-unlock \\ range(pair)
and single = open | close
and pair = pair | (([open] ; po ; [close]) \\ (po ; [single] ; po))
flag ~empty pair \\ (singlestep(po) | (po ; po ; po)) as wrong
flag ~empty ([open] | [close]) as left
"""
    found = model(tmp_path, text, "enum Reader = 'rcu-lock || 'rcu-unlock")
    nested = "F[rcu-lock]; F[rcu-lock]; F[rcu-unlock]; F[rcu-unlock]; R[once] x=0"
    assert not allowed(found, skeleton(nested))[0].flags
    assert allowed(found, skeleton(f"F[rcu-lock]; {nested}"))[0].flags == {"left"}


def test_includes(tmp_path):
    found = model(tmp_path, 'include "more.cat"', more_cat='"A title" let cut = po\nempty cut as cut')
    (execution,) = everything(found, skeleton(MESSAGE))
    assert execution.failed == ("cut",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("empty nowhere as x", r"linux-kernel.cat:2:7: nothing defines `nowhere`"),
        ("let x = po |\nempty x", r"linux-kernel.cat:3:1: a set or relation is expected here, not 'empty'"),
        ("let x = (po", r"linux-kernel.cat:3:1: `\)` is expected here, not the end of the file"),
        ("let x = po\n  $", r"linux-kernel.cat:3:3: '\$' is no part of the cat language"),
        ("(* open", r"linux-kernel.cat:2:1: this comment has no end"),
        ("let x = R | po", r"linux-kernel.cat:2:11: .* do not go together"),
        ("let x = [po]", r"linux-kernel.cat:2:9: a set is wanted here, not a relation"),
        ("let x = R ; W", r"linux-kernel.cat:2:11: a relation is wanted here, not a set"),
        ("acyclic R", r"linux-kernel.cat:2:1: a relation is wanted here, not a set"),
        ("let x = po po", r"linux-kernel.cat:2:12: only a function can be applied"),
        ("let f(a, b) = a\nlet x = f po", r"linux-kernel.cat:3:11: 2 arguments are wanted here, not 1"),
        ("let x = domain | po", r"linux-kernel.cat:2:9: .*not a function"),
        ("with x from po", r"linux-kernel.cat:2:1: a set of sets is wanted here, not a relation"),
        ("let rec x = R | (x ; po)", r"linux-kernel.cat:2:20: "),
        ("match po with", r"linux-kernel.cat:2:1: a statement is expected here, not 'match'"),
        ('include "gone.cat"', r"linux-kernel.cat:2:1: there is no file 'gone.cat'"),
        ('include "../out.cat"', r"linux-kernel.cat:2:1: '../out.cat' is not inside the model's folder"),
        ('include "/etc/passwd"', r"linux-kernel.cat:2:1: '/etc/passwd' is not inside the model's folder"),
        ('include "linux-kernel.cat"', r"linux-kernel.cat:2:1: the model includes too many files, or itself"),
        ("enum X = 'a |", r"linux-kernel.cat:2:13: a statement is expected here, not '\|'"),
        ("let x = f 0\nand f = po", r"nothing defines `f`"),
        ("let f x = f x\nempty f po", r"nothing defines `f`"),
    ],
)
def test_mistakes_are_placed(tmp_path, text, message):
    (tmp_path.parent / "out.cat").write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        allowed(model(tmp_path, text), skeleton(MESSAGE))


@pytest.mark.parametrize(
    "text",
    [
        "let x = " + "(" * 5000 + "po" + ")" * 5000,
        "let x = " + "po | " * 5000 + "po",
        "let x = po" + "?" * 5000,
        "let x = " + "~" * 5000 + "R",
        "let x = " + "po ++ " * 5000 + "po",
        "let x = [" + "[" * 5000,
        "let x = " + "let y = po in " * 5000 + "y",
        "let f0 x = x ; x\n"
        + "\n".join(f"let f{i + 1} x = f{i}(f{i} x)" for i in range(40))
        + "\nempty f40 po",
        "let y0 = rf\n" + "\n".join(f"let y{i + 1} = (y{i} ; po) | (po ; y{i}^-1)" for i in range(2000)),
        "let c = let rec r = W \\ domain([r] ; loc) in r\nempty c",
        "(* " * 100_000,
        "empty " + "let rec r = po | r | (" * 9 + "po" + ") in r" * 9,
        "\n".join(
            f"with w{i} from cross (map (fun e -> map (fun p -> p ++ 0) (_ * {{e}})) _)" for i in range(9)
        ),
    ],
    ids=range(13),
)
def test_hostile_models_end_with_an_error(tmp_path, text):
    with pytest.raises(ModelError):
        allowed(model(tmp_path, text), skeleton(MESSAGE))


def test_no_file_but_plain_ones_is_read(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("let x = po", encoding="utf-8")
    (tmp_path / "in" / "link.cat").symlink_to(tmp_path / "secret")
    (tmp_path / "in" / "folder.cat").mkdir()
    for name, message in (("link", "not inside"), ("folder", "there is no file")):
        with pytest.raises(ModelError, match=message):
            model(tmp_path / "in", f'include "{name}.cat"')


def test_what_is_not_text_is_refused(tmp_path):
    (tmp_path / "bad.cat").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match=r"linux-kernel.cat:2:1: 'bad.cat' cannot be read"):
        model(tmp_path, 'include "bad.cat"')
    with pytest.raises(ModelError, match=r"larger than 1,000,000 characters"):
        model(tmp_path, 'include "big.cat"', big_cat=" " * 1_000_001)


def judged(found: Model, skeleton_: Skeleton) -> tuple[list[object], list[object]]:
    """What the naive reading says, and what the compiled model says."""
    naive: list[object] = []
    compiled: list[object] = []
    for rf in reads_from(skeleton_):
        reading = Naive(found.statements, skeleton_, rf)
        naive += [tuple(map(sorted, each)) for each in reading.judged()]
        for each in found.all_executions(skeleton_, rf):
            parts = (reading.pairs(each.rf), reading.pairs(each.co), set(each.failed), each.flags)
            compiled.append(tuple(map(sorted, parts)))
    return sorted(map(str, naive)), sorted(map(str, compiled))


def compare_with_naive(found: Model, seed: int, most: int) -> int:
    source = random.Random(seed)  # noqa: S311 - nothing secret
    compared = 0
    for _ in range(most):
        candidate = random_skeleton(source)
        if len(list(reads_from(candidate))) <= 6:
            naive, compiled = judged(found, candidate)
            assert compiled == naive, candidate
            kept = [each for each in everything(found, candidate) if each.allowed]
            assert allowed(found, candidate) == kept
            compared += len(naive)
    return compared


@pytest.mark.parametrize("seed", range(3))
def test_compiled_as_read(seed):
    """Folding, staging and bit matrices change nothing."""
    assert compare_with_naive(default(), seed, 40) > 50


@pytest.mark.tree
def test_the_kernels_model_is_compiled_as_read(kernel_tree):
    assert compare_with_naive(load(kernel_tree / "tools" / "memory-model"), 11, 60) > 100
