"""Measures what a proof adds to a finding, over the bad examples of the rule pages.

    python benchmarks/proof.py [--rounds N]

Processor time of the whole proof of one question: the test as posted, every repair tried, the table of
threads. "alone" is with a prover and a model that know nothing yet, as in a review with one finding; "first"
the first of its form in a review with all of them, one after the other; "again" of a form that is known.
"""

import argparse
import io
import time
from collections.abc import Callable
from statistics import quantiles

from reviewbot.analysis.facts import Fact
from reviewbot.memory_model.model import DEFAULT_FOLDER, Model, load
from reviewbot.pipeline import Options, understand
from reviewbot.proof.litmus import canonical
from reviewbot.proof.prove import Prover
from reviewbot.proof.table import table
from reviewbot.rulebook.mails import mails
from reviewbot.rulebook.rulebook import load_rules
from reviewbot.sources.read import read_series

Seconds = list[float]


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="turns; the least of them counts (default: 3)")
    rounds = parser.parse_args().rounds
    questions = [fact for fact in _facts() if fact.scenarios]
    turns = [_turn(questions) for _ in range(rounds)]
    print(f"{len(questions)} questions of order; ms of processor time a proof")
    for name, column in zip(("alone", "first", "again"), zip(*turns, strict=True), strict=True):
        _print(name, [min(each) for each in zip(*column, strict=True)])
    loading = min(_used(lambda: load(DEFAULT_FOLDER)) for _ in range(rounds))
    print(f"  once a review: reading the model {loading * 1000:.1f} ms")


def _facts() -> list[Fact]:
    """What the bad examples are asked about."""
    found = []
    for rule in load_rules():
        for example in rule.bad:
            series = read_series(("-",), None, None, io.BytesIO(mails(example)[0]))
            facts = understand(series, None, Options()).analysis.facts()
            found += [fact for fact in facts if rule.when.selects(fact)]
    return found


def _turn(questions: list[Fact]) -> tuple[Seconds, Seconds, Seconds]:
    alone = [_proof(Prover(_fresh()), fact) for fact in questions]
    prover = Prover(_fresh())
    first = {}
    for fact in questions:
        seconds = _proof(prover, fact)
        first.setdefault(tuple(canonical(each).text for each in fact.scenarios), seconds)
    return alone, list(first.values()), [_proof(prover, fact) for fact in questions]


def _fresh() -> Callable[[], Model]:
    """A model that was read just now."""
    model = load(DEFAULT_FOLDER)
    return lambda: model


def _proof(prover: Prover, fact: Fact) -> float:
    def run() -> None:
        proof = prover.prove(fact.scenarios)
        if proof is not None:
            table(proof)

    return _used(run)


def _used(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _print(name: str, seconds: Seconds) -> None:
    cuts = quantiles(seconds, n=10)
    p50, p90, most = (each * 1000 for each in (cuts[4], cuts[8], max(seconds)))
    print(f"  {name:5} {len(seconds):4}  p50 {p50:6.1f}  p90 {p90:6.1f}  most {most:6.1f}")


if __name__ == "__main__":
    main()
