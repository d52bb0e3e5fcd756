"""What a comment on a request says; the same for every forge but for how a suggestion is fenced."""

import re
from collections.abc import Callable, Iterator

import msgspec

from reviewbot.comments import words
from reviewbot.findings import Finding
from reviewbot.publishers import clean
from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.lines import Spot
from reviewbot.publishers.forge.markdown import block, code, prose
from reviewbot.publishers.forge.repair import repair
from reviewbot.publishers.layout import thread_table

LONGEST = 60_000
"""Characters of a text; GitHub takes 65,536 bytes of most, GitLab more."""

_LONGEST_PARAGRAPH = 4_000
_HOW_TO_ALLOW = "Not a problem here? Reply `reviewbot: allow` and the reason, and it is not asked again."


class Question(msgspec.Struct, frozen=True):
    """A finding, what it is known by on the forge, and where it may stand."""

    key: str
    finding: Finding
    spot: Spot | None


def body(question: Question, info: str = "suggestion") -> str:
    """The comment under its marker. `info` is what the forge calls a block that it can apply."""
    parts = joined(_parts(question, info), lambda _: "*Too long to be shown whole.*", between="\n\n")
    return marker.stamped(question.key, parts)


def gone_body(old: str) -> str:
    """A comment whose question is not asked any more: the old text below a line that says so.

    What could be applied with a click no longer can.
    """
    known = marker.read(old)
    text = old.partition("\n")[2] if known else old
    text = re.sub(r"^(`{3,})suggestion\S*$", r"\1text", text, flags=re.MULTILINE)
    return marker.stamped(known.key if known else "", f"**Not asked any more.**\n\n{text}", is_gone=True)


def heading(finding: Finding) -> str:
    """`**ordering**, medium: `rule``."""
    return f"**{finding.concern.word}**, {finding.confidence.value}: {code(finding.rule)}"


def where(finding: Finding, path: str, line: int) -> str:
    """`file:line` in f()."""
    function = f" in {code(f'{finding.place.function}()')}" if finding.place.function else ""
    return f"{code(f'{path}:{line}')}{function}"


def first_sentence(finding: Finding) -> str:
    """The question itself, as far as its question mark."""
    first = next(iter(words(finding).paragraphs), finding.title)
    head, mark, _ = first.partition("?")
    return prose(clean.clip(f"{head}{mark}", 300))


def _parts(question: Question, info: str) -> Iterator[str]:
    finding, said, at = question.finding, words(question.finding), question.spot
    yield heading(finding)
    if at is not None and not at.is_exact:
        place = finding.place
        function = f" in {code(f'{place.function}()')}" if place.function else ""
        yield f"This is about {code(finding.line_text.strip()) or 'a line'}{function}, {code(place.path)}."
    yield from (prose(clean.clip(text, _LONGEST_PARAGRAPH)) for text in said.paragraphs)
    rewritten = repair(finding, at.line.text) if at is not None and at.is_exact else ()
    if rewritten:
        yield block(rewritten, info)
    elif said.suggestion and not said.is_in_question:
        yield _labelled("Suggested", said.suggestion)
    if said.proof:
        yield _labelled("Proof", said.proof)
    if said.caveat:
        yield prose(clean.clip(said.caveat, _LONGEST_PARAGRAPH))
    yield from _details(finding)
    yield f"<sub>{_HOW_TO_ALLOW}</sub>"


def _labelled(label: str, text: str) -> str:
    return f"{label}: {prose(clean.clip(text, _LONGEST_PARAGRAPH))}"


def _details(finding: Finding) -> Iterator[str]:
    """The table of threads and the checklist, folded away."""
    table = thread_table(finding.interleaving) if finding.interleaving else []
    inside = [block(table[:60])] if table else []
    if finding.checklist:
        items = (f"- [ ] {prose(clean.clip(item, _LONGEST_PARAGRAPH))}" for item in finding.checklist[:20])
        inside.append("\n".join(items))
    if inside:
        what = " and ".join(["how it happens"] * bool(table) + ["what to check"] * bool(finding.checklist))
        yield "\n\n".join([f"<details><summary>{what}</summary>", *inside, "</details>"])


def joined(
    parts: Iterator[str], more: Callable[[int], str], *, room: int = LONGEST, between: str = "\n"
) -> str:
    """The parts, as many as there is room for (in bytes); `more` words how many were left out."""
    lines, left = [], 0
    for part in parts:
        size = len(part.encode("utf-8", "replace")) + len(between)
        if size > room:
            left += 1
        else:
            lines.append(part)
            room -= size
    return between.join([*lines, *([more(left)] if left else [])])
