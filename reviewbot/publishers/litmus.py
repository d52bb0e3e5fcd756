"""The litmus tests behind the comments, as files: what a reader can take to herd7 or change by hand."""

import re
from pathlib import Path

from reviewbot.errors import ReviewbotError
from reviewbot.findings import Finding, Report
from reviewbot.publishers import clean

_UNSAFE = re.compile(r"[^A-Za-z0-9.+-]+")


def write(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write both tests of every comment that has a witness; the files, in the order of the comments.

    A file is named after the rule, the field and the fingerprint, so that a second run writes the same
    files anew.

    Raises:
        ReviewbotError: the folder cannot be made, or a file in it not be written.
    """
    made = []
    try:
        for finding in report.findings:
            if finding.is_shown and finding.witness:
                folder.mkdir(parents=True, exist_ok=True)
                for side, text in tests(finding):
                    path = folder / f"{_name(finding)}-{side}.litmus"
                    path.write_text(text, encoding="utf-8")
                    made.append(path)
    except OSError as error:
        raise ReviewbotError(f"cannot write litmus tests to {folder}: {error.strerror or error}") from error
    return tuple(made)


def tests(finding: Finding) -> list[tuple[str, str]]:
    """The tests of a comment, as `posted` and as `suggested`, with their texts."""
    witness = finding.witness
    if witness is None:
        return []
    found = [("posted", witness.test_as_posted), ("suggested", witness.test_as_suggested)]
    return [(side, clean.block(text) + "\n" * (not text.endswith("\n"))) for side, text in found if text]


def _name(finding: Finding) -> str:
    """No path, no blanks, whatever the code called its field."""
    parts = (finding.rule, finding.field.name, finding.fingerprint[:8])
    return "-".join(_UNSAFE.sub("_", part).strip(".-")[:60] for part in parts)
