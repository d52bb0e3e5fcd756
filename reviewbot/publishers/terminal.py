"""Text for the terminal: short, the same when piped, coloured only where that was asked for."""

from collections.abc import Iterator
from typing import NamedTuple

from reviewbot.analysis.facts import SharedAccess
from reviewbot.comments import Comment, comments, earlier, raised, reason, unread, verdict
from reviewbot.findings import Fate, Finding, Report
from reviewbot.publishers import clean
from reviewbot.publishers.counts import extent, heading, tally
from reviewbot.publishers.layout import checklist, paragraph, thread_table
from reviewbot.series.model import Series

_MOST_NAMES = 4
"""Fields of which the same is said that are named; the others are counted."""

_STYLES = {"head": "bold", "patch": "bold", "place": "cyan", "code": "green", "aside": "dim"}


class _Line(NamedTuple):
    text: str
    style: str = ""


def render(
    series: Series, report: Report, *, width: int = 80, color: bool = False, verbose: bool = False
) -> str:
    """The whole review.

    `verbose` adds all paragraphs, the accesses with their locks, the table of threads, the
    checklist, and what is hidden with the reason.
    """
    lines = list(_lines(series, report, width, verbose))
    if color:
        return _coloured(lines)
    return "".join(f"{line.text}\n" for line in lines)


def _lines(series: Series, report: Report, width: int, verbose: bool) -> Iterator[_Line]:
    made = comments(series, report)
    yield from _header(series, report, width)
    for patch in series.patches:
        here = [comment for comment in made if comment.patch is patch]
        if here:
            number = f"{patch.index}/{series.total} " if series.total > 1 else ""
            yield _Line("")
            yield _Line(number + clean.line(patch.subject), "patch")
        for number_here, comment in enumerate(here):
            if number_here:
                yield _Line("")
            yield from _comment(comment, width, verbose)
    yield from _raised(report, width)
    yield from _earlier(report, width)
    if verbose:
        yield from _hidden(report, width)
        yield from _new_fields(report, width)
    yield _Line("")
    yield from _footer(series, report, made, width)


def _header(series: Series, report: Report, width: int) -> Iterator[_Line]:
    left, right = heading(series), extent(series, report)
    if len(left) + 2 + len(right) <= width:
        yield _Line(left + right.rjust(width - len(left)), "head")
    else:
        yield _Line(left, "head")
        yield _Line(f"  {right}", "head")


def _comment(comment: Comment, width: int, verbose: bool) -> Iterator[_Line]:
    finding = comment.finding
    yield from _title(finding, width, "place")
    yield _Line(clean.clip(f"      {clean.untabbed(finding.line_text).strip()}", width), "code")
    paragraphs = comment.words.paragraphs
    for text in paragraphs if verbose else paragraphs[:1]:
        yield from _wrapped(text, width)
    if comment.words.suggestion:
        yield from _wrapped(comment.words.suggestion, width, "    suggest  ")
    if comment.words.proof:
        yield from _wrapped(comment.words.proof, width, "    proof    ")
    if verbose:
        yield from _details(comment, width)


def _title(finding: Finding, width: int, style: str) -> Iterator[_Line]:
    where = f"  {clean.line(finding.place.path)}:{finding.place.line}"
    what = f"  {clean.line(finding.rule)}  {finding.concern.word}, {finding.confidence.value}"
    if len(where) + len(what) <= width:
        yield _Line(where + what, style)
    else:
        yield _Line(where, style)
        yield _Line("  " + what, style)


def _wrapped(text: str, width: int, first: str = "    ", style: str = "") -> list[_Line]:
    return [_Line(line, style) for line in paragraph(text, width, first)]


def _details(comment: Comment, width: int) -> Iterator[_Line]:
    finding = comment.finding
    if comment.words.caveat:
        yield from _wrapped(comment.words.caveat, width)
    for access in finding.accesses:
        yield from _wrapped(_access(access), width, f"    {access.kind.value:<9}", "aside")
    if finding.interleaving:
        yield _Line("")
        yield from (_Line(f"    {line}".rstrip()) for line in thread_table(finding.interleaving, width - 4))
    if finding.checklist:
        yield _Line("")
        yield from (_Line(f"    {line}") for line in checklist(finding.checklist, width - 4))


def _access(access: SharedAccess) -> str:
    place = access.place
    parts = [f"{place.path}:{place.line}"]
    if place.function:
        parts.append(f"{place.function}()")
    parts.append(f"patch {place.patch}" if place.patch is not None else "before the series")
    parts.append(access.marking.value)
    held = [f"{lock.text} ({lock.known})" for lock in access.held]
    held += [" ".join(filter(None, (section.flavour, section.domain))) for section in access.sections]
    parts.append("with " + ", ".join(held) if held else "no lock seen")
    return ", ".join(parts)


def _raised(report: Report, width: int) -> Iterator[_Line]:
    """A line each of what others asked before, which is not repeated."""
    known = [(finding, finding.raised) for finding in report.findings if finding.raised]
    if known:
        yield _Line("")
    for finding, who in known:
        where = f"{finding.place.path}:{finding.place.line}"
        yield from _wrapped(f"{where} {finding.rule}: {raised(who)}", width, "  ", "aside")


def _earlier(report: Report, width: int) -> Iterator[_Line]:
    """A line each of what was asked on the revision before."""
    if report.since:
        yield _Line("")
        what = "" if report.earlier else " no comment was shown on it."
        yield _Line(f"Since {clean.line(report.since)}:{what}", "patch")
    for each in report.earlier:
        lines = paragraph(earlier(each), width, f"  {each.fate.value:<10}", " " * 12)
        yield from (_Line(line, "aside" if each.fate is not Fate.OPEN else "") for line in lines)


def _hidden(report: Report, width: int) -> Iterator[_Line]:
    hidden = [finding for finding in report.findings if finding.hidden]
    if hidden:
        yield _Line("")
        yield _Line("Not shown:", "patch")
    for finding in hidden:
        yield from _title(finding, width, "aside")
        if finding.hidden:
            yield from _wrapped(reason(finding.hidden), width, style="aside")


def _new_fields(report: Report, width: int) -> Iterator[_Line]:
    if report.accounts:
        yield _Line("")
        yield _Line("New fields:", "patch")
    names: dict[str, list[str]] = {}
    for account in report.accounts:
        words = verdict(account.field, report.findings, account.reasons)
        names.setdefault(words, []).append(str(account.field))
    for words, fields in names.items():
        more = len(fields) - _MOST_NAMES
        named = ", ".join(fields[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
        first, *rest = paragraph(clean.line(f"{named}: {words}"), width - 2, "  ")
        yield _Line(first)
        yield from (_Line(f"  {line}") for line in rest)


def _footer(series: Series, report: Report, made: tuple[Comment, ...], width: int) -> Iterator[_Line]:
    yield from _wrapped(tally(report, len(made)), width, "", "head")
    for note in report.notes:
        yield from _wrapped(note, width, "Note: ")
    for item in unread(series, report):
        where = f"{item.file}:{item.line}" if item.line is not None else item.file
        yield from _wrapped(f"{where}: {item.reason}", width, "Not read: ")
    if report.unseen:
        yield from _wrapped("; ".join(report.unseen) + ".", width, "Not seen: ")
    if made:
        yield from _hints(series, made[0], width)


def _hints(series: Series, first: Comment, width: int) -> Iterator[_Line]:
    why = f"Why: reviewbot explain {clean.line(first.finding.rule)}"
    drafts = "Reply drafts: --reply DIR" if any(patch.envelope for patch in series.patches) else ""
    together = f"{why}      {drafts}".rstrip()
    texts = [together] if len(together) <= width else [why, drafts]
    yield from (_Line(text, "aside") for text in texts if text)


def _coloured(lines: list[_Line]) -> str:
    # imported here: rich takes longer to load than a small series takes to review
    from io import StringIO  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    out = StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", no_color=False, highlight=False)
    for line in lines:
        console.print(Text(line.text, _STYLES.get(line.style, "")), soft_wrap=True)
    return out.getvalue()
