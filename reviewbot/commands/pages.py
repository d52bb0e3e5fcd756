"""`reviewbot explain` and `reviewbot rules`: the pages that say what is asked."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from reviewbot.commands.output import emit
from reviewbot.errors import ReviewbotError, RuleError
from reviewbot.pipeline import Options, review_text
from reviewbot.publishers import clean
from reviewbot.rulebook.catalogue import check_page, explain, new_page, rules_table
from reviewbot.rulebook.mails import Expected, mails
from reviewbot.rulebook.rule import Example, Rule
from reviewbot.rulebook.rulebook import bundled_pages, load_rules


def run_explain(name: str, extra: Path | None) -> None:
    """Print the page of one rule.

    Raises:
        ReviewbotError: there is no such rule; the nearest name is told.
    """
    rules = {rule.id: rule for rule in load_rules(extra)}
    if name not in rules:
        near = get_close_matches(name, rules, n=1)
        hint = f"did you mean {near[0]}?" if near else "see 'reviewbot rules list'"
        raise ReviewbotError(f"there is no rule {name!r}; {hint}")
    emit(clean.block(explain(rules[name])), None)


def run_list(extra: Path | None) -> None:
    """Print one line a rule."""
    rows = rules_table(load_rules(extra))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = (
        "  ".join([*(cell.ljust(size) for cell, size in zip(row, widths, strict=False)), row[3]])
        for row in rows
    )
    emit(clean.block("".join(f"{line}\n" for line in lines)), None)


def run_new(name: str, folder: Path) -> None:
    """Write a page to fill in, and say where.

    Raises:
        ReviewbotError: the name is no rule's name, or the page is there already.
    """
    if not name or name.strip("abcdefghijklmnopqrstuvwxyz0123456789-"):
        raise ReviewbotError(f"{name!r} cannot name a rule: use small letters, digits and dashes")
    path = folder / f"{name}.md"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(new_page(name))
    except FileExistsError:
        raise ReviewbotError(f"{path} is there already; choose another name") from None
    except OSError as error:
        raise ReviewbotError(f"cannot write {path}: {error.strerror or error}") from error
    shown = clean.line(str(path))
    emit(f"{shown} written; fill it in, then: reviewbot rules test {shown}\n", None)


def run_test(pages: tuple[Path, ...]) -> bool:
    """Check pages and review their examples; whether all is well. All bundled pages without a name.

    Raises:
        RuleError: what is named is not there, or a folder named holds no page.
    """
    is_well = True
    for page in _pages(pages):
        faults = page_faults(page)
        is_well &= not faults
        emit(f"{'FAIL' if faults else 'ok'}  {clean.line(page.stem)}\n", None)
        for fault in faults:
            emit(f"      {clean.line(fault)}\n", None)
    return is_well


def _pages(named: tuple[Path, ...]) -> list[Path]:
    folders = named or (bundled_pages(),)
    for path in folders:
        if not path.exists():
            raise RuleError(f"{path}: no such page or folder; see 'reviewbot rules list' for bundled ones")
    found = [page for path in folders for page in (sorted(path.glob("*.md")) if path.is_dir() else [path])]
    if not found:
        raise RuleError(f"{folders[0]}: no rule page here; a page is named ID.md (see 'reviewbot rules new')")
    return found


def page_faults(page: Path) -> tuple[str, ...]:
    """What is wrong with a page, a line each: its form, its words, what its examples draw."""
    try:
        rule = check_page(page)
    except RuleError as error:
        return (str(error),)
    return tuple(_example_faults(rule))


def _example_faults(rule: Rule) -> Iterator[str]:
    for side, examples in (("Bad", rule.bad), ("Good", rule.good)):
        for number, example in enumerate(examples, 1):
            for fault in _differences(rule, example):
                yield f"{side}, example {number}: {fault}"


def _differences(rule: Rule, example: Example) -> Iterator[str]:
    """Where the marks of an example and the findings on it differ."""
    mbox, expected = mails(example)
    report = review_text(mbox, Options(rules=rule.path, preview=True))
    asked = [finding for finding in report.findings if finding.is_shown]
    found = {Expected(each.rule, each.place.patch, each.place.path, each.place.line) for each in asked}
    for each in _missing(expected, found):
        yield f"{_where(each)} is marked {each.rule}, and nothing asks there"
    for each in _missing(found, expected):
        yield f"{_where(each)} draws {each.rule}, and is not marked so"
    yield from (f"{item.file}:{item.line or 0} cannot be read: {item.reason}" for item in report.unread)


def _missing(wanted: Iterable[Expected], here: Iterable[Expected]) -> list[Expected]:
    rest = set(wanted) - set(here)
    return sorted(rest, key=lambda each: (each.path, each.line, each.rule))


def _where(place: Expected) -> str:
    return f"{place.path}:{place.line}"
