"""Reports for the tests of the page: the bundled example, hostile ones, large ones."""

import functools
from collections.abc import Iterator
from html.parser import HTMLParser

from msgspec.structs import replace

from reviewbot.analysis.facts import Interleaving, Step
from reviewbot.findings import Finding, Hidden, Report, Suggestion, Witness
from reviewbot.pipeline import review
from reviewbot.series.model import Hunk, Patch, Person, Reply, Series, Unread
from reviewbot.sources.read import read_series
from tests.docs.pages import ROOT
from tests.publishers.factory import CORE, finding, modified, patch, question, report, series

HOSTILE = (
    "<script>window.hacked = 1; alert(1)</script>",
    '"><img src=x onerror="window.hacked = 1; alert(1)">',
    "' onmouseover='alert(1)' x='",
    "</style></script></title></textarea>--><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}`</code><b>`",
    "&lt;script&gt;&#60;img src=x onerror=alert(1)&#62;",
    "turn \u202e around \u2066 \x1b[31m \x00 \x7f \udce9",
)


@functools.cache
def larch() -> tuple[Series, Report]:
    """The bundled example, as it is reviewed without a tree."""
    sent = read_series((str(ROOT / "examples/larch.mbox"),), None, None, None)
    return sent, review(sent).report


def hostile_finding(text: str) -> Finding:
    """A finding of which every text is this one."""
    access = replace(finding().accesses[0], text=text, line_text=text, accessor=text, via=text)
    held = replace(access.held[0], text=text, identity=text, known=text)
    access = replace(access, held=(held,), place=replace(access.place, path=text, function=text))
    return replace(
        finding(),
        rule=text,
        title=text,
        field=replace(finding().field, struct=text, name=text),
        place=replace(finding().place, function=text),
        line_text=text,
        message=f"{text}\n\n{text}",
        checklist=(text, text),
        accesses=(access,),
        suggestion=Suggestion(text, text, text),
        interleaving=Interleaving((text, text), (Step(0, text, text, text), Step(1, text, text, text))),
        unseen=(text,),
        fingerprint=text,
        witness=Witness("Sometimes", "Never", True, text, text, text, text),
    )


def hostile_series(text: str) -> Series:
    """The series of the factory with this text wherever there is one."""
    somebody = Person(text, text)
    hunk = Hunk(40, 1, 40, 2, text, (f" {text}", f"+{text}"))
    first = replace(
        patch(1, text, modified(text, hunk), *series().patches[0].files),
        body=text,
        notes=text,
        author=somebody,
    )
    envelope = first.envelope
    assert envelope is not None
    cover = Reply(text, text, somebody, None, envelope)
    return replace(series(), subject=text, prefix=text, patches=(first,), cover=cover)


def hostile_report(text: str) -> Report:
    """A report with one such finding shown, one hidden, and remarks."""
    one = hostile_finding(text)
    two = replace(hostile_finding(text), hidden=Hidden.PREVIEW)
    whole = replace(hostile_finding(text), place=replace(one.place, path="nowhere", patch=None))
    return replace(
        report(one, two, whole),
        unread=(Unread(text, 1, text),),
        unseen=(text,),
        notes=(text,),
        base=text,
        model=text,
    )


def large(findings: int, lines: int) -> tuple[Series, Report]:
    """One patch of so many new lines, and findings spread evenly over them."""
    size = 500
    hunks = tuple(
        Hunk(
            1 + at,
            0,
            1 + at,
            size,
            "",
            tuple(f"+\td->field_{at + n} = compute(d, {n});" for n in range(size)),
        )
        for at in range(0, lines, size)
    )
    sent = replace(series(), patches=(patch(1, "net: demo: a great deal", modified(CORE, *hunks)),), total=1)
    step = max(1, lines // max(1, findings))
    return sent, report(*(_numbered(n, 1 + n * step) for n in range(findings)))


def _numbered(number: int, line: int) -> Finding:
    of_one = finding() if number % 2 else replace(question(), checklist=finding().checklist)
    place = replace(of_one.place, line=line, patch=1)
    return replace(of_one, place=place, fingerprint=f"{number:016x}")


def with_patches(*patches: Patch) -> Series:
    return replace(series(), patches=patches, total=len(patches), missing=())


class Page(HTMLParser):
    """A page taken apart: tags with their attributes, texts, the contents of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        self._inside = tag
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_endtag(self, _tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in self.raw:
            self.raw[self._inside][-1] += data
        else:
            self.texts.append(data)

    def attributes(self) -> Iterator[tuple[str, str, str]]:
        for tag, attributes in self.tags:
            for key, value in attributes.items():
                yield tag, key, value

    def values(self, key: str) -> list[str]:
        return [value for _, name, value in self.attributes() if name == key]
