"""How much was reviewed and what came of it, a line each."""

from collections import Counter

from reviewbot.comments import reason
from reviewbot.findings import Report
from reviewbot.publishers import clean
from reviewbot.series.model import Series


def heading(series: Series) -> str:
    """`[PATCH net-next v2 0/3] subject`; of commits the subject alone."""
    number = f" 0/{series.total}" if series.total > 1 else ""
    prefix = f"[{clean.line(series.prefix)}{number}] " if series.prefix else ""
    return prefix + clean.line(series.subject)


def extent(series: Series, report: Report) -> str:
    """`2 of 3 patches on 0123456789ab, 1 not applied`."""
    count = len(series.patches)
    patches = f"{count} of {series.total} patches" if count < series.total else counted(count, "patch")
    if report.base is None:
        return f"{patches}, no tree"
    left = count - len(report.applied)
    return f"{patches} on {clean.line(report.base)[:12]}" + (f", {left} not applied" if left > 0 else "")


def tally(report: Report, shown: int) -> str:
    """`2 comments, 1 not shown (too little evidence).`, for so many that are shown."""
    said = counted(shown, "comment") if shown else "No comments"
    hidden = Counter(finding.hidden for finding in report.findings if finding.hidden)
    if not hidden:
        return f"{said}."
    reasons = [reason(kind) if len(hidden) == 1 else f"{n} {reason(kind)}" for kind, n in hidden.items()]
    return f"{said}, {hidden.total()} not shown ({', '.join(reasons)})."


def counted(number: int, word: str) -> str:
    """`1 patch`, `2 patches`."""
    plural = "es" if word.endswith(("ch", "ss")) else "s"
    return f"{number} {word}{'' if number == 1 else plural}"
