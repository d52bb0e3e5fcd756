"""Series written down briefly: `=== path` begins a file, `*** subject` a patch.

Lines of a block that has none with a `+` or `-` are a file that the patch adds.
"""

import io

import msgspec

from reviewbot.comments import verdict
from reviewbot.pipeline import Options, Review, review
from reviewbot.rulebook.mails import mails
from reviewbot.rulebook.rule import DiffBlock, Example, ExamplePatch
from reviewbot.sources.read import read_series

PATH = "drivers/heron/heron.c"


class Case(msgspec.Struct, frozen=True):
    """A suppressor at work: `series` is silent; with `changes` made the rule asks about `field`."""

    id: str
    what: str
    rule: str
    field: str
    series: str
    changes: tuple[tuple[str, str], ...]
    preview: bool = False

    @property
    def loud(self) -> str:
        """The series without the suppressor."""
        text = self.series
        for old, new in self.changes:
            assert text.count(old) == 1, f"{self.id}: {old!r} stands there {text.count(old)} times"
            text = text.replace(old, new)
        return text


def mailbox(text: str) -> bytes:
    """The mails of a series."""
    patches = [_patch(part) for part in text.strip("\n").split("*** ") if part.strip()]
    return mails(Example("", tuple(patches)))[0]


def _patch(text: str) -> ExamplePatch:
    subject, _, rest = text.partition("\n") if not text.startswith("=== ") else ("", "", text)
    files = [part for part in rest.split("=== ") if part.strip()] if "=== " in rest else [f"{PATH}\n{rest}"]
    return ExamplePatch(subject.strip(), tuple(_block(part) for part in files))


def _block(text: str) -> DiffBlock:
    path, _, body = text.partition("\n")
    lines = body.strip("\n").split("\n")
    if any(line.startswith(("+", "-")) for line in lines):
        lines = [line or " " for line in lines]
    else:
        lines = [f"+{line}" for line in lines]
    return DiffBlock(path.strip(), tuple(lines), (), 1)


def reviewed(text: str, preview: bool = False) -> Review:
    """The review of the series, without a tree."""
    series = read_series(("-",), None, None, io.BytesIO(mailbox(text)))
    return review(series, None, Options(preview=preview))


def shown(case: Case, text: str) -> list[str]:
    """The questions asked: rule and field."""
    found = reviewed(text, case.preview).report.findings
    return [f"{each.rule} {each.field}" for each in found if each.is_shown]


def reasons(case: Case, text: str) -> set[str]:
    """The kinds of reasons noted for the fields of the name in question."""
    analysis = reviewed(text, case.preview).analysis
    assert analysis
    name = case.field.rpartition(".")[2]
    return {kind.value for story in analysis.stories.of(name) for kind in story.reasons.kinds}


def said(case: Case, text: str) -> str:
    """What is told of the field in question, or of those of its name."""
    done = reviewed(text, case.preview)
    assert done.analysis
    stories = done.analysis.stories.of(case.field.rpartition(".")[2])
    verdicts = (
        f"{story.field}: {verdict(story.field, done.report.findings, story.reasons.told())}"
        for story in stories
    )
    return "; ".join(verdicts) or "no such field"
