"""Words and places that the outputs about a tree share: SARIF and rdjson."""

from urllib.parse import quote

from reviewbot.analysis.facts import SharedAccess
from reviewbot.comments import words
from reviewbot.findings import Concern, Finding
from reviewbot.publishers import clean

_GRAVE = frozenset((Concern.LIFETIME, Concern.ORDERING, Concern.RACE))


def relative_path(path: str) -> str:
    """A path that cannot leave the tree: no leading slash, `..` replaced by `_`."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/".join("_" if part == ".." else part for part in parts)


def uri(path: str) -> str:
    """A path of the tree as a relative URI, percent-encoded byte by byte."""
    relative = relative_path(path)
    try:
        return quote(relative.encode("utf-8", "surrogateescape"), safe="/")
    except UnicodeEncodeError:
        # surrogates that stand for no byte: such a path exists nowhere
        return quote(clean.unicode(relative), safe="/")


def is_grave(finding: Finding) -> bool:
    """Whether it deserves a warning rather than a note; never an error (a question is no verdict)."""
    return finding.concern in _GRAVE


def message(finding: Finding) -> str:
    """Question, suggestion and what could not be seen: clean paragraphs, not wrapped."""
    said = words(finding)
    parts = list(said.paragraphs)
    if said.suggestion and not said.is_in_question:
        parts.append(f"Suggested: {said.suggestion}")
    if said.caveat:
        parts.append(said.caveat)
    return "\n\n".join(clean.line(part) for part in parts)


def access_words(access: SharedAccess) -> str:
    """`plain write in foo(), with d->lock held`."""
    where = f" in {access.place.function}()" if access.place.function else ""
    held = ", ".join(lock.text for lock in access.held)
    locks = f"with {held} held" if held else "no lock seen"
    return clean.line(f"{access.marking.value} {access.kind.value}{where}, {locks}")
