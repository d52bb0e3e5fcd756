"""How a rule may speak: a question, short, calm; checked by `rules test` and by the tests."""

import re
import textwrap
from collections.abc import Iterator

from reviewbot.rulebook.rule import Rule
from reviewbot.rulebook.schema import form_of

WIDTH = 72
LINES = 12
"""The most a comment may take at `WIDTH`, before table and checklist."""
ITEMS = (3, 5)
"""The fewest and the most items of a checklist."""

_ACRONYMS = frozenset({"SRCU", "NAPI", "NULL", "KCSAN", "LKMM"})
_VERDICTS = ("race condition", " bug", "broken", "wrong", "must be fixed", "incorrect", "nack", "acked-by")

_TYPICAL = {
    "field": "shadow_table_ready",
    "store": "d->shadow_table_ready = true",
    "writer": "demo_activate_table()",
    "reader": "demo_table_lookup() and 3 more",
    "readers": "the 13 checks in patch 2",
    "locks": "with d->config_lock held here and no lock there",
    "overlap": "an ioctl and the receive path run at the same time",
    "payload": "d->shadow_table[] and d->shadow_size",
    "lock": "d->config_lock",
    "domain": "&d->srcu",
    "object": "slot->table[i]",
    "container": "demo_find_slot()",
    "gate": "d->has_tables",
    "other": "worker_is_idle",
    "marked_count": "4",
    "flavour": "rcu",
}


def typical_values(rule: Rule) -> dict[str, str]:
    """A text for each slot of the rule's fact, as long as such texts are."""
    return {slot: _TYPICAL.get(slot, "smp_load_acquire()") for slot in form_of(rule.when.type).slots}


def comment_lines(rule: Rule) -> list[str]:
    """The rule's comment with typical slots, wrapped."""
    paragraphs = rule.comment.ask(typical_values(rule))
    return [line for text in paragraphs for line in [*textwrap.wrap(text, WIDTH), ""]][:-1]


def wording_faults(rule: Rule) -> tuple[str, ...]:
    """What in the rule's words is not as it should be, a line each."""
    return tuple(_faults(rule))


def _faults(rule: Rule) -> Iterator[str]:
    first = rule.comment.paragraphs[0].sentences
    questions = first if rule.comment.paragraphs[0].is_choice else first[:1]
    said = " ".join([*rule.comment.ask(typical_values(rule)), *rule.checklist.fill(typical_values(rule))])
    for sentence in questions:
        if not sentence.text.endswith("?"):
            yield f"the comment must begin with one question, not {sentence.text!r}"
    if len(comment_lines(rule)) > LINES:
        yield f"the comment takes {len(comment_lines(rule))} lines of {WIDTH}; {LINES} are the most"
    if re.search(r"\blines? \d", said):
        yield "a line number: name functions and fields"
    for word in re.findall(r"(?<![\w{])[A-Z]{4,}(?![\w(])", said):
        if word not in _ACRONYMS:
            yield f"capitals for emphasis: {word}"
    for verdict in _VERDICTS:
        if verdict in said.lower():
            yield f"a verdict ({verdict.strip()!r}): ask instead"
    if not ITEMS[0] <= len(rule.checklist.paragraphs) <= ITEMS[1]:
        yield f"the checklist has {len(rule.checklist.paragraphs)} items; {ITEMS[0]} to {ITEMS[1]} are read"
