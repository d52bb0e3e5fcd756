"""The one line rewritten, where a repair is that and no more.

A suggestion of a forge is applied by one click, so it is made only where the click is the whole
repair: the comment stands on a plain access, nothing else is to be marked, and the line is so
simple that it can be rewritten without a parser. Half of a pair is worse than none.
"""

import re

from reviewbot.analysis.facts import SharedAccess
from reviewbot.findings import Finding
from reviewbot.publishers import clean
from reviewbot.syntax.model import Kind, Marking

_WIDEST = 100
_PARTNERS = {"smp_store_release": Marking.ACQUIRE, "smp_load_acquire": Marking.RELEASE}
_WRITES = {
    "WRITE_ONCE": "WRITE_ONCE({target}, {value})",
    "smp_store_release": "smp_store_release(&{target}, {value})",
}
_READS = {"READ_ONCE": "READ_ONCE({target})", "smp_load_acquire": "smp_load_acquire(&{target})"}
_TARGET = re.compile(r"[A-Za-z_][\w.>\[\]-]*")
_OTHER = {Kind.WRITE: Kind.READ, Kind.READ: Kind.WRITE}


def repair(finding: Finding, shown: str) -> tuple[str, ...]:
    """The lines to put for the line `shown` (with its indentation); none where that is not the repair."""
    access = _only(finding)
    if access is None or clean.code(shown) != shown or shown.strip() != finding.line_text.strip():
        return ()
    is_write = access.kind is Kind.WRITE
    primitive = (finding.suggestion.write if is_write else finding.suggestion.read).removesuffix("()")
    made = _write(access.text, primitive, shown) if is_write else _read(access.text, primitive, shown)
    if not made or len(made.expandtabs(8)) > _WIDEST:
        return ()
    if primitive not in _PARTNERS:
        return (made,)
    remark = _pairs_with(finding, access, primitive)
    indent = shown[: len(shown) - len(shown.lstrip())]
    return (f"{indent}/* Pairs with {remark}. */", made) if remark else ()


def _only(finding: Finding) -> SharedAccess | None:
    """The plain access on the comment's line, if nothing else is to be marked."""
    place = finding.place
    wanted = {Kind.WRITE: finding.suggestion.write, Kind.READ: finding.suggestion.read}
    plain = [each for each in finding.accesses if each.marking is Marking.PLAIN and wanted.get(each.kind)]
    if any(each.kind not in wanted for each in finding.accesses) or len(plain) != 1:
        return None
    (access,) = plain
    is_here = (access.place.path, access.place.line) == (place.path, place.line)
    return access if is_here and _TARGET.fullmatch(access.text) else None


def _pairs_with(finding: Finding, access: SharedAccess, primitive: str) -> str:
    """The marked other half, as the comment names it that checkpatch asks of every barrier."""
    other = _OTHER[access.kind]
    halves = [each for each in finding.accesses if each.kind is other]
    named = sorted({each.place.function for each in halves if each.place.function})
    if len(named) != 1 or any(each.marking is not _PARTNERS[primitive] for each in halves):
        return ""
    partner = "smp_load_acquire" if other is Kind.READ else "smp_store_release"
    return f"{partner}() in {named[0]}()" if re.fullmatch(r"\w+", named[0]) else ""


def _write(target: str, primitive: str, shown: str) -> str:
    found = re.fullmatch(rf"(\s*){re.escape(target)}\s*=(?!=)\s*([^;]+?)\s*;", shown.rstrip())
    if primitive not in _WRITES or found is None or not _is_simple(found[2]):
        return ""
    return f"{found[1]}{_WRITES[primitive].format(target=target, value=found[2])};"


def _read(target: str, primitive: str, shown: str) -> str:
    found = list(re.finditer(rf"(?<![\w.>]){re.escape(target)}(?![\w(\[.])", shown))
    if primitive not in _READS or len(found) != 1 or re.search(r"[\"'\\]|/\*|//|\*/|sizeof|typeof", shown):
        return ""
    before, after = shown[: found[0].start()].rstrip(), shown[found[0].end() :].lstrip()
    is_address = before.endswith("&") and not before.endswith("&&")
    if is_address or before.endswith(("++", "--")) or re.match(r"\+\+|--|(?:<<|>>|[-+*/%&|^])?=(?!=)", after):
        return ""
    return shown[: found[0].start()] + _READS[primitive].format(target=target) + shown[found[0].end() :]


def _is_simple(value: str) -> bool:
    """No comment, no string, no second assignment, no comma outside of parentheses."""
    if re.search(r"[\"'\\{}?]|/\*|//|\+\+|--|(?<![=!<>])=(?!=)", value):
        return False
    depth = 0
    for char in value:
        depth += (char in "([") - (char in ")]")
        if depth < 0 or (char == "," and depth == 0):
            return False
    return depth == 0
