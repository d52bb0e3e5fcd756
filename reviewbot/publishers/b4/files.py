"""What the review files say: who speaks, a note on the series, and a file a patch.

b4 adds a file's comments to what it has, so that a second run would say all twice. Therefore a
note names the fingerprints of what was asked, and what b4 has already is left out: by the
fingerprint, also where a maintainer has deleted the comment, and by the words, also where one
has made them their own.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from reviewbot.comments import Comment, comments
from reviewbot.findings import Report
from reviewbot.publishers import clean
from reviewbot.publishers.b4.quoted import about_line, quoted
from reviewbot.publishers.counts import counted, extent
from reviewbot.publishers.layout import MAIL_WIDTH, paragraph
from reviewbot.publishers.quote import about, said
from reviewbot.series.model import Series
from reviewbot.sources.b4 import ReviewBranch, Said, Tracked

ADDRESS = "reviewbot@reviewbot.invalid"
IDENTITY = f"reviewbot <{ADDRESS}>"
"""Never the user's own: b4 would take the comments for theirs, and send them."""

_ASKED = re.compile(r"^Asked: ([0-9a-f][0-9a-f -]*)$", re.MULTILINE)
_MOST_FILES = 9999
_TAKEN_FOR_QUOTES = (">", "|", "#")
"""What b4 takes for the diff, for another reviewer's words, and for its own instructions."""


class Made(msgspec.Struct, frozen=True):
    """The files by name, none where there is nothing new, and how many comments went where."""

    files: Mapping[str, str]
    written: int = 0
    known: int = 0
    """Comments that b4 has already."""
    skipped: int = 0
    """Comments on patches that are marked to be skipped."""
    homeless: int = 0
    """Comments on commits that are no patch of b4's: somebody added them to the branch."""


def rendered(series: Series, report: Report, branch: ReviewBranch, diff_of: Callable[[str], bytes]) -> Made:
    """The files for a review of the branch; `diff_of` gives the diff of a commit.

    Raises:
        TreeError: a diff cannot be read.
    """
    asked = tuple(_keyed(comments(series, report)))
    known = _known(branch)
    fresh = [each for each in asked if not known.has(*each)]
    files: dict[str, str] = {}
    numbers: list[int] = []
    places = list(zip(branch.commits, branch.tracking.patches, strict=False))[:_MOST_FILES]
    counts: Counter[str] = Counter(known=len(asked) - len(fresh))
    for number, (commit, tracked) in enumerate(places, 1):
        here = [each for each in fresh if each[1].patch.commit == commit]
        counts["skipped" if tracked.is_skipped else "written"] += len(here)
        if here and not tracked.is_skipped:
            files[f"{number:04d}.txt"] = _file(here, diff_of(commit))
            numbers.append(number)
    if files:
        verdict = _verdict(series, report, counts["written"], numbers)
        files = {"identity.txt": f"{IDENTITY}\n", **_series_file(branch.tracking.series, verdict), **files}
    homeless = len(fresh) - counts["written"] - counts["skipped"]
    return Made(files, counts["written"], counts["known"], counts["skipped"], homeless)


Keyed = tuple[str, Comment]


def _keyed(made: Iterable[Comment]) -> Iterator[Keyed]:
    """Each comment with its fingerprint, numbered from the second on where several have the same."""
    seen: Counter[str] = Counter()
    for comment in made:
        fingerprint = comment.finding.fingerprint
        seen[fingerprint] += 1
        number = seen[fingerprint]
        yield (fingerprint if number == 1 else f"{fingerprint}-{number}"), comment


class _Known(msgspec.Struct, frozen=True):
    """What b4 has already."""

    keys: frozenset[str]
    words: tuple[str, ...]

    def has(self, key: str, comment: Comment) -> bool:
        """Whether it was asked before, by us or in our words."""
        text = "\n".join(_safe(said(comment))).strip()
        return key in self.keys or any(text in each for each in self.words)


def _known(branch: ReviewBranch) -> _Known:
    tracking = branch.tracking
    everything = [each for tracked in (tracking.series, *tracking.patches) for each in tracked.said]
    notes = [each.note for each in everything if _is_ours(each)]
    keys = frozenset(key for note in notes for found in _ASKED.findall(note) for key in found.split())
    return _Known(keys, tuple(text for each in everything for text in (*each.comments, each.note)))


def _is_ours(reviewer: Said) -> bool:
    return reviewer.address.lower() == ADDRESS


def _series_file(series: Tracked, verdict: str) -> dict[str, str]:
    """None where a note of ours is there: b4 would add the second to the first."""
    is_said = any(_is_ours(each) and each.note for each in series.said)
    return {} if is_said else {"series.txt": verdict}


def _verdict(series: Series, report: Report, written: int, numbers: list[int]) -> str:
    """A line, an empty one, and what was reviewed, and what could not be seen."""
    patches = f"patch{'es' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
    seen = [f"Reviewed: {extent(series, report)}."]
    seen += [f"Not seen: {'; '.join(report.unseen)}."] if report.unseen else []
    seen += [f"Note: {note}." for note in report.notes]
    body = [line for text in seen for line in paragraph(text, MAIL_WIDTH)]
    return "\n".join([f"{counted(written, 'question')} on {patches}", "", *_safe(body)]) + "\n"


def _file(here: list[Keyed], diff: bytes) -> str:
    """The note, with the comments that no line can carry, and the diff with the others."""
    lines, places = quoted(diff)
    by_line: dict[int, list[Comment]] = {}
    whole: list[Comment] = []
    for _, comment in here:
        spot = places.get(about_line(comment))
        if spot is None:
            whole.append(comment)
        else:
            by_line.setdefault(spot, []).append(comment)
    text = [*_note(here, whole), ""]
    for number, line in enumerate(lines):
        text.append(line)
        for comment in by_line.get(number, ()):
            text += ["", *_safe(said(comment)), ""]
    return "\n".join(text) + "\n"


def _note(here: list[Keyed], whole: list[Comment]) -> list[str]:
    rules = Counter(clean.line(comment.finding.rule) for _, comment in here)
    named = ", ".join(f"{rule} ({n})" if n > 1 else rule for rule, n in rules.items())
    lines = [f"{counted(len(here), 'question')}: {named}"]
    for comment in whole:
        words = said(comment)
        place = [] if words[0].startswith("This is about") else [*paragraph(about(comment), MAIL_WIDTH), ""]
        lines += ["", *_safe([*place, *words])]
    return [*lines, "", f"Asked: {' '.join(key for key, _ in here)}"]


def _safe(lines: Iterable[str]) -> list[str]:
    """Lines that b4 takes for nothing but a comment."""
    return [
        f" {line}" if line.startswith(_TAKEN_FOR_QUOTES) or line.strip() == "[ ... ]" else line
        for line in lines
    ]
