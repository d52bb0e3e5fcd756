"""Measures what each output costs for a report of many findings.

    python benchmarks/publishers.py [--findings 100] [--rounds 20]

The report is the bundled example's, repeated with other fingerprints. Nothing is sent: of the bots it
is the plan and its requests that are measured, to a request that nobody wrote on yet, and to one where
all is said already. See README.md for the limits.
"""

import argparse
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from reviewbot.findings import Report  # noqa: E402
from reviewbot.pipeline import review  # noqa: E402
from reviewbot.publishers import b4, html, json, mail, rdjson, sarif, terminal  # noqa: E402
from reviewbot.publishers.forge import github_requests  # noqa: E402
from reviewbot.publishers.forge.lines import shown_by  # noqa: E402
from reviewbot.publishers.forge.plan import Plan, plan  # noqa: E402
from reviewbot.publishers.forge.state import Note, State, Thread  # noqa: E402
from reviewbot.publishers.forge.wire import Request  # noqa: E402
from reviewbot.series.model import Series  # noqa: E402
from reviewbot.sources.b4 import ReviewBranch, Said, Tracked, Tracking  # noqa: E402
from reviewbot.sources.read import read_series  # noqa: E402

EXAMPLE = ROOT / "examples/larch.mbox"
HEAD = "a" * 40
LIMIT = 100
"""Milliseconds for 100 findings."""


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--findings", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    series = read_series((str(EXAMPLE),), None, None, sys.stdin.buffer)
    report = _many(review(series).report, options.findings)
    print(f"{options.findings} findings, {options.rounds} rounds; milliseconds of processor time")
    print(f"{'output':<24}{'median':>8}{'least':>8}{'most':>8}  limit {LIMIT}")
    for name, run in _outputs(series, report):
        times = [_seconds(run) * 1000 for _ in range(options.rounds + 1)][1:]
        middle = statistics.median(times)
        verdict = "ok" if middle <= LIMIT else "over"
        print(f"{name:<24}{middle:8.1f}{min(times):8.1f}{max(times):8.1f}  {verdict}", flush=True)


def _many(report: Report, count: int) -> Report:
    shown = [finding for finding in report.findings if finding.is_shown]
    findings = (shown[number % len(shown)] for number in range(count))
    made = tuple(replace(finding, fingerprint=f"{number:016x}") for number, finding in enumerate(findings))
    return replace(report, findings=made)


def _outputs(series: Series, report: Report) -> Iterator[tuple[str, Callable[[], object]]]:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    yield "terminal", lambda: terminal.render(series, report)
    yield "terminal, verbose", lambda: terminal.render(series, report, verbose=True)
    yield "html, no pictures", lambda: html.render(series, _without_pictures(report))
    yield "html", lambda: html.render(series, report)
    yield "json", lambda: json.render(series, report)
    yield "sarif", lambda: sarif.render(series, report, {})
    yield "rdjson", lambda: rdjson.render(series, report)
    yield "reply drafts", lambda: mail.drafts(series, report, make_id=lambda: "<1@example.org>", now=now)
    branch, committed, diffs = _branch(series)
    yield "b4, first run", lambda: b4.rendered(committed, report, branch, diffs.__getitem__)
    known = _known(branch, b4.rendered(committed, report, branch, diffs.__getitem__))
    yield "b4, nothing new", lambda: b4.rendered(committed, report, known, diffs.__getitem__)
    fresh = State(HEAD, shown=shown_by(series))
    yield "GitHub, first run", lambda: _requests(plan(series, report, fresh))
    said = _said(fresh, plan(series, report, fresh))
    yield "GitHub, nothing new", lambda: _requests(plan(series, report, said))


def _branch(series: Series) -> tuple[ReviewBranch, Series, dict[str, bytes]]:
    """A review branch of the series, the series as its commits, and their diffs."""
    commits = tuple(f"{patch.index:040x}" for patch in series.patches)
    patches = tuple(
        replace(patch, commit=commit) for patch, commit in zip(series.patches, commits, strict=True)
    )
    mails = re.split(r"(?m)^(?=From [0-9a-f]{40} )", EXAMPLE.read_text(encoding="utf-8"))
    diffs = [
        found[0].encode() for mail in mails if (found := re.search(r"(?ms)^diff --git .*?(?=^-- $)", mail))
    ]
    tracking = Tracking(commits[0], "larch", Tracked(), tuple(Tracked() for _ in commits))
    branch = ReviewBranch(HEAD, commits, tracking)
    return branch, replace(series, patches=patches), dict(zip(commits, diffs, strict=True))


def _known(branch: ReviewBranch, made: b4.Made) -> ReviewBranch:
    """The branch with the notes and comments of a first run in it."""
    address = b4.IDENTITY.partition("<")[2].removesuffix(">")
    texts = [made.files.get(f"{number:04d}.txt", "") for number, _ in enumerate(branch.commits, 1)]
    patches = tuple(Tracked(said=(Said(address, text, (text,)),)) for text in texts)
    return replace(branch, tracking=replace(branch.tracking, patches=patches))


def _without_pictures(report: Report) -> Report:
    made = (
        replace(each, witness=each.witness and replace(each.witness, draw=None)) for each in report.findings
    )
    return replace(report, findings=tuple(made))


def _requests(made: Plan) -> list[Request]:
    return list(github_requests.requests(made, github_requests.Target("o/r", 1, HEAD), is_single=False))


def _said(state: State, made: Plan) -> State:
    """The request after that plan."""
    threads = tuple(
        Thread(str(n), (Note(str(n), ask.body, True, "bot"),), ask.spot.path, ask.spot.line.number, False)
        for n, ask in enumerate(made.asks)
    )
    notes = (Note("1", made.tell.body, True, "bot"),) if made.tell else ()
    return replace(state, threads=threads, notes=notes)


def _seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


if __name__ == "__main__":
    main()
