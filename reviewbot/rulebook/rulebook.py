"""Facts and rules give findings: what to ask, and what of it to show."""

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import reviewbot
from reviewbot.analysis.facts import Confidence, Fact, SharedAccess
from reviewbot.errors import RuleError
from reviewbot.findings import Finding, Hidden, Suggestion
from reviewbot.proof.prove import Prover
from reviewbot.rulebook.allow import NO_ANSWERS, Answers
from reviewbot.rulebook.fold import behind_flags, fold, rank, with_budget
from reviewbot.rulebook.outline import Outlines
from reviewbot.rulebook.page import read_page
from reviewbot.rulebook.proving import proved
from reviewbot.rulebook.rule import Rule, Status
from reviewbot.rulebook.template import slot_values

_INDEX = re.compile(r"\[[^\[\]]*\]")
_SURENESS = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


def bundled_pages() -> Path:
    """The folder of the pages that come with reviewbot: in the package, or in a checkout."""
    package = Path(reviewbot.__file__).parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def load_rules(extra: Path | None = None, cache: Path | None = None) -> tuple[Rule, ...]:
    """The bundled rules and those of `extra` (a page or a folder of them), by id.

    A page of `extra` replaces the bundled rule of the same id. `cache` is a file that
    outlines of the pages are kept in between runs.

    Raises:
        RuleError: a page is wrong, or `extra` holds none.
    """
    outlines = Outlines(cache)
    found = [read_page(page, outlines) for page in _pages(bundled_pages())]
    if extra is not None:
        found += [read_page(page, outlines) for page in _pages(extra)]
    outlines.save()
    rules = {rule.id: rule for rule in found}
    return tuple(rules[name] for name in sorted(rules))


def _pages(where: Path) -> list[Path]:
    pages = sorted(where.glob("*.md")) if where.is_dir() else [where]
    if not pages:
        raise RuleError(f"{where}:1: no rule page here; a page is named ID.md (see 'reviewbot rules new')")
    return pages


def ask(  # noqa: PLR0913  (each is an option of the command line)
    rules: Iterable[Rule],
    facts: Sequence[Fact],
    *,
    preview: bool = False,
    min_confidence: Confidence = Confidence.MEDIUM,
    pedantic: bool = False,
    answers: Answers = NO_ANSWERS,
    prover: Prover | None = None,
    mark: Callable[[Finding], Finding] | None = None,
) -> tuple[Finding, ...]:
    """Every question that the rules have about the facts, shown or hidden with a reason.

    Sorted by patch, file, line, concern and rule; the same facts in another order give the
    same findings. `pedantic` shows low confidence too. What would be shown is taken to `prover`:
    a question that the memory model answers, or that no repair answers, is hidden; what the first
    leaves of a question is asked in its place. `mark` may hide what is left, before it is counted
    how many are shown.
    """
    least = Confidence.LOW if pedantic else min_confidence
    active = [rule for rule in rules if rule.status is not Status.RETIRED]

    def each(some: Iterable[Fact]) -> Iterator[tuple[Finding, Fact]]:
        for rule, fact in itertools.product(active, some):
            if rule.when.selects(fact):
                reason = _reason(rule, fact, preview, least, answers)
                finding = _finding(rule, fact, reason)
                yield (proved(finding, fact, prover) if prover and reason is None else finding), fact

    asked = list(each(facts))
    refuted = [fact for finding, fact in asked if finding.hidden is Hidden.REFUTED]
    asked += each(fact.left for fact in refuted if fact.left is not None)
    folded = fold(behind_flags(asked))
    return tuple(sorted(with_budget(map(mark, folded) if mark else folded), key=rank))


def _reason(rule: Rule, fact: Fact, preview: bool, least: Confidence, answers: Answers) -> Hidden | None:
    """Why not to ask, leaving aside what other findings say."""
    if fact.reason is not None:
        return Hidden(fact.reason)
    if rule.status is Status.PREVIEW and not preview:
        return Hidden.PREVIEW
    if answers.allow(rule.id, fact):
        return Hidden.ALLOWED
    is_weak = _SURENESS[_confidence(rule, fact)] > _SURENESS[least]
    return Hidden.LOW_CONFIDENCE if is_weak else None


def _confidence(rule: Rule, fact: Fact) -> Confidence:
    return max(rule.confidence, fact.confidence, key=_SURENESS.__getitem__)


def _finding(rule: Rule, fact: Fact, hidden: Hidden | None) -> Finding:
    values = slot_values(fact)
    access = _access(fact)
    return Finding(
        rule=rule.id,
        title=rule.title,
        concern=rule.concern,
        confidence=_confidence(rule, fact),
        field=fact.field,
        place=fact.place,
        line_text=access.line_text if access and access.place == fact.place else fact.store,
        message="\n\n".join(rule.comment.ask(values)),
        checklist=rule.checklist.fill(values),
        accesses=fact.accesses,
        suggestion=Suggestion(
            write=_primitive(rule.pair.write.fill(values)),
            read=_primitive(rule.pair.read.fill(values)),
            text=" ".join(rule.suggestion.fill(values)),
        ),
        interleaving=fact.interleaving,
        unseen=fact.unseen,
        fingerprint=fingerprint(rule, fact),
        hidden=hidden,
    )


def _access(fact: Fact) -> SharedAccess | None:
    """The access that the comment stands at."""
    here = (each for each in fact.accesses if each.place == fact.place)
    return next(here, fact.accesses[0] if fact.accesses else None)


def _primitive(text: str) -> str:
    """`smp_load_acquire` of `smp_load_acquire(&f)`."""
    return text.partition("(")[0]


def fingerprint(rule: Rule, fact: Fact) -> str:
    """16 hex digits that stay the same when lines move or patches are split, with a tree and without.

    The field goes in as the code spells it, for of which struct it is may take a tree to tell.
    """
    access = _access(fact)
    parts = (
        rule.id,
        _INDEX.sub("[]", access.text) if access and access.text else fact.field.struct or "",
        fact.field.name,
        fact.place.function or "",
        access.marking.value if access else "",
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
