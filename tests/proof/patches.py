"""Code as a patch, reviewed to the end: what is asked, and what the memory model says of it."""

from reviewbot.findings import Finding
from reviewbot.pipeline import Options, review_text
from reviewbot.rulebook.mails import mails
from reviewbot.rulebook.rule import DiffBlock, Example, ExamplePatch


def findings(code: str, **options: bool) -> tuple[Finding, ...]:
    """What is found of a patch that adds this file, hidden findings too."""
    lines = tuple(f"+{line}" for line in code.strip("\n").split("\n"))
    block = DiffBlock("drivers/misc/bird.c", lines, (), 1)
    mail, _ = mails(Example("", (ExamplePatch("bird: Add it", (block,)),)))
    return review_text(mail, Options(**options)).findings


def shown(code: str, **options: bool) -> list[Finding]:
    """What is shown of it."""
    return [finding for finding in findings(code, **options) if finding.is_shown]
