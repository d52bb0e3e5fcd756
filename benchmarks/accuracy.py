#!/usr/bin/env python3
"""How often reviewbot is right: tables from the lines that a scoring run wrote, one JSON object a case.

    accuracy.py LINES [--at CONFIDENCE=LINES ...] [--tree REPOSITORY]

A line of a pair has `kind` "pair", `markings`, `fields`, `function`, and `hit` and `silent`: whether the
racy form drew a comment on one of the fields in that function, and the right form none. A line of an
ordinary function has `kind` "ordinary" and `shown`, its comments. With `--at`, lines of runs with other
values of --min-confidence give the curve of pairs against noise. With `--tree`, each racy form that
drew nothing (`refs/cases/ID/base..refs/cases/ID/bug`) is looked at again, and the reason is told.
"""

import argparse
import io
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from reviewbot.analysis.markings import MARKED  # noqa: E402
from reviewbot.analysis.rcu_pointers import FAMILY  # noqa: E402
from reviewbot.analysis.stories import Seen, Story  # noqa: E402
from reviewbot.pipeline import Options, Review, review  # noqa: E402
from reviewbot.sources.git import Repository  # noqa: E402
from reviewbot.sources.read import read_series  # noqa: E402

Case = dict[str, Any]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lines", type=Path)
    parser.add_argument("--at", action="append", default=[], metavar="CONFIDENCE=LINES")
    parser.add_argument("--tree", type=Path)
    args = parser.parse_args()
    cases = _read(args.lines)
    _print(("marking", "pairs", "hit", "silent", "both"), _by_marking(cases))
    _print(("--min-confidence", "pairs right", "comments for 100 ordinary functions"), _curve(cases, args.at))
    if args.tree:
        _print(("why nothing was said", "cases"), _reasons(cases, args.tree))


def _read(lines: Path) -> list[Case]:
    return [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]


def _print(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print(f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|", sep="\n")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    print()


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _by_marking(cases: Sequence[Case]) -> Iterator[Sequence[object]]:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        for marking in ("all", *case["markings"]) if case["kind"] == "pair" else ():
            groups[marking].append(case)
    for marking, found in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        hits, silent = sum(c["hit"] for c in found), sum(c["silent"] for c in found)
        both = sum(c["hit"] and c["silent"] for c in found)
        count = len(found)
        yield marking, count, _share(hits, count), _share(silent, count), _share(both, count)


def _curve(cases: Sequence[Case], others: Sequence[str]) -> Iterator[Sequence[object]]:
    runs = {"medium": cases}
    for other in others:
        name, _, path = other.partition("=")
        runs[name] = _read(Path(path))
    for name in ("low", "medium", "high"):
        if name in runs:
            pairs = [c for c in runs[name] if c["kind"] == "pair"]
            ordinary = [c for c in runs[name] if c["kind"] == "ordinary"]
            noise = sum(len(c["shown"] or ()) for c in ordinary)
            right = sum(c["hit"] and c["silent"] for c in pairs)
            yield name, _share(right, len(pairs)), f"{100 * noise / max(len(ordinary), 1):.1f}"


def _reasons(cases: Sequence[Case], tree: Path) -> Iterator[Sequence[object]]:
    counted: Counter[str] = Counter()
    for case in cases:
        if case["kind"] == "pair" and not case["hit"]:
            with Repository.open(tree) as repository:
                counted[_reason(case, _reviewed(case, repository))] += 1
    yield from counted.most_common()


def _reviewed(case: Case, repository: Repository) -> Review:
    revisions = f"refs/cases/{case['id']}/base..refs/cases/{case['id']}/bug"
    return review(read_series((revisions,), repository, None, io.BytesIO()), repository, Options())


def _reason(case: Case, done: Review) -> str:
    """Why nothing was said of the fields at fault, the nearest miss first."""
    about = [f for f in done.report.findings if f.field.name in case["fields"] and not f.is_shown]
    if about and about[0].hidden is not None:
        return f"asked, not shown: {about[0].hidden.value}"
    stories = [story for name in case["fields"] for story in _of(done, name)]
    mine = [(story, s) for story in stories for s in story.seen if s.study.name == case["function"]]
    if not mine:
        return "no access of the field was recognised"
    return min((_why(story, seen) for story, seen in mine), key=ORDER.index)


def _of(done: Review, name: str) -> tuple[Story, ...]:
    return done.analysis.stories.of(name) if done.analysis is not None else ()


ORDER = (
    "marked elsewhere, but excluded or on the update side",
    "stored elsewhere, marked by nobody in reach",
    "marked reads elsewhere, no store in reach",
    "the struct could not be told",
    "nobody else accesses it within reach",
    "in setup or teardown",
)


def _why(story: Story, seen: Seen) -> str:
    others = [s for s in story.seen if s.study is not seen.study and s.is_live]
    marked = [s for s in others if s.access.marking in MARKED | FAMILY]
    if not seen.is_live:
        return ORDER[5]
    if marked and any(s.access.is_write for s in others):
        return ORDER[0]
    if marked:
        return ORDER[2]
    if any(s.access.is_write for s in others):
        return ORDER[1]
    return ORDER[3] if story.field.weak else ORDER[4]


if __name__ == "__main__":
    main()
