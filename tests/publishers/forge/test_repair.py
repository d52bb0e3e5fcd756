"""Suggestions that one click applies: made where they are the whole repair, and nowhere else."""

import pytest
from msgspec.structs import replace

from reviewbot.analysis.facts import Place
from reviewbot.findings import Finding, Suggestion
from reviewbot.publishers.forge.lines import ShownLine, Spot
from reviewbot.publishers.forge.repair import repair
from reviewbot.publishers.forge.words import Question, body
from reviewbot.syntax.model import Kind, Marking
from tests.publishers import factory

HERE = Place("a.c", 5, 1, "demo_set")
THERE = Place("a.c", 50, 1, "demo_show")


def finding(
    line: str,
    kind: Kind,
    suggestion: tuple[str, str],
    other: Marking = Marking.ONCE,
    target: str = "d->ready",
) -> Finding:
    """A plain access on `line`, and one of the other kind elsewhere."""
    first = replace(
        factory.store(), place=HERE, kind=kind, text=target, line_text=line.strip(), marking=Marking.PLAIN
    )
    kinds = {Kind.WRITE: Kind.READ}
    second = replace(first, place=THERE, kind=kinds.get(kind, Kind.WRITE), marking=other)
    return replace(
        factory.finding(),
        place=HERE,
        line_text=line.strip(),
        accesses=(first, second),
        suggestion=Suggestion(*suggestion, ""),
    )


WRITTEN = [
    ("\td->ready = true;", "\tWRITE_ONCE(d->ready, true);"),
    ("\t\td->ready = min(a, b) + 1;", "\t\tWRITE_ONCE(d->ready, min(a, b) + 1);"),
    ("\td->ready=x == y;", "\tWRITE_ONCE(d->ready, x == y);"),
]
READ = [
    ("\tif (!d->ready)", "\tif (!READ_ONCE(d->ready))"),
    ("\treturn d->ready;", "\treturn READ_ONCE(d->ready);"),
    ("\tif (a && d->ready == 3)", "\tif (a && READ_ONCE(d->ready) == 3)"),
    ("\tx = d->ready->next;", "\tx = READ_ONCE(d->ready)->next;"),
]
LEFT_ALONE = [
    (Kind.WRITE, "\td->ready = other = true;"),
    (Kind.WRITE, "\td->ready = a, b = 1;"),
    (Kind.WRITE, "\td->ready = true; /* yes */"),
    (Kind.WRITE, "\tif (x) d->ready = true;"),
    (Kind.WRITE, "\td->ready = x ?"),
    (Kind.WRITE, "\td->ready += 1;"),
    (Kind.WRITE, "\td->ready = f(a;"),
    (Kind.WRITE, "\td->ready = i++;"),
    (Kind.READ, "\tif (d->ready || e->d->ready || d->ready)"),
    (Kind.READ, "\tp = &d->ready;"),
    (Kind.READ, "\td->ready++;"),
    (Kind.READ, "\td->ready = 1;"),
    (Kind.READ, "\tx = d->ready[3];"),
    (Kind.READ, "\tx = d->ready.y;"),
    (Kind.READ, "\tx = d->ready; /* d */"),
    (Kind.READ, '\tpr_info("d->ready %d", d->ready);'),
    (Kind.READ, "\tx = d->ready_at;"),
    (Kind.READ, "\tx = sizeof(d->ready);"),
    (Kind.READ, "\tx = d->ready + \\"),
    (Kind.RMW, "\td->ready |= 1;"),
]


@pytest.mark.parametrize(("line", "expected"), WRITTEN)
def test_write(line: str, expected: str) -> None:
    assert repair(finding(line, Kind.WRITE, ("WRITE_ONCE", "READ_ONCE")), line) == (expected,)


@pytest.mark.parametrize(("line", "expected"), READ)
def test_read(line: str, expected: str) -> None:
    assert repair(finding(line, Kind.READ, ("WRITE_ONCE", "READ_ONCE")), line) == (expected,)


@pytest.mark.parametrize(("kind", "line"), LEFT_ALONE)
def test_line_that_is_not_so_simple(kind: Kind, line: str) -> None:
    assert repair(finding(line, kind, ("WRITE_ONCE", "READ_ONCE")), line) == ()


def test_half_of_a_pair_only_where_the_other_half_is_there() -> None:
    line, pair = "\td->ready = true;", ("smp_store_release", "smp_load_acquire")
    assert repair(finding(line, Kind.WRITE, pair, Marking.ACQUIRE), line) == (
        "\t/* Pairs with smp_load_acquire() in demo_show(). */",
        "\tsmp_store_release(&d->ready, true);",
    )
    assert repair(finding(line, Kind.WRITE, pair, Marking.PLAIN), line) == ()
    assert repair(finding(line, Kind.WRITE, pair, Marking.ONCE), line) == ()


def test_nothing_where_more_is_to_be_marked_or_the_line_is_another() -> None:
    line, both = "\td->ready = true;", ("WRITE_ONCE", "READ_ONCE")
    assert repair(finding(line, Kind.WRITE, both, Marking.PLAIN), line) == ()
    assert repair(finding(line, Kind.WRITE, both), "\td->steady = true;") == ()
    assert repair(finding(line, Kind.WRITE, ("rcu_assign_pointer", "")), line) == ()
    assert repair(factory.finding(), "\td->ready = true;") == ()
    odd = "\td->ready = t\x1bue;"
    assert repair(finding(odd, Kind.WRITE, both), odd) == ()


def test_comment_with_a_suggestion() -> None:
    line = "\td->ready = true;"
    found = finding(line, Kind.WRITE, ("WRITE_ONCE", "READ_ONCE"))
    spot = Spot("a.c", ShownLine(5, None, line), "a.c", is_exact=True)
    assert "```suggestion\n\tWRITE_ONCE(d->ready, true);\n```" in body(Question("00", found, spot))
    near = replace(spot, is_exact=False)
    assert "```suggestion" not in body(Question("00", found, near))
