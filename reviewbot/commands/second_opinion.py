"""`reviewbot review --check-with-herd`: what herd7 says of the tests of the comments, beside what we say."""

from collections.abc import Mapping

from reviewbot.errors import HerdError
from reviewbot.findings import Report
from reviewbot.memory_model.herd import PROGRAM, Herd, model_files
from reviewbot.memory_model.model import DEFAULT_FOLDER
from reviewbot.publishers.litmus import tests


def notes(report: Report, files: Mapping[str, str]) -> tuple[str, ...]:
    """What herd7 says of the tests of the comments that are shown: that it agrees, or where it does not.

    Args:
        report: Whose tests.
        files: The model that they were judged by; reviewbot's own where there are none.

    Raises:
        HerdError: herd7 is not on PATH.
    """
    herd = Herd(files or model_files(DEFAULT_FOLDER))
    found, agreed = [], 0
    for finding in report.findings:
        if not finding.is_shown or finding.witness is None:
            continue
        words = {"posted": finding.witness.as_posted, "suggested": finding.witness.as_suggested}
        for side, text in tests(finding):
            about = f"{finding.rule}, {finding.field.name}, as {side}"
            try:
                said = herd.ask(text).word
            except HerdError as error:
                found.append(f"not compared ({about}): {error}")
                continue
            agreed += said == words[side]
            if said != words[side]:
                found.append(f"{PROGRAM} does not agree ({about}): it says {said}, not {words[side]}")
    if not agreed and not found:
        return ()
    return (*found, f"{PROGRAM} agrees on {agreed} of {agreed + len(found)} tests of the comments")
