"""Rule pages for people: one explained, all listed, a new one begun, one checked."""

import textwrap
from collections.abc import Iterable
from pathlib import Path

from reviewbot.errors import RuleError
from reviewbot.rulebook.page import read_page
from reviewbot.rulebook.rule import Example, Rule
from reviewbot.rulebook.schema import form_of
from reviewbot.rulebook.wording import wording_faults

_WIDTH = 80


def explain(rule: Rule) -> str:
    """The page of a rule as plain text for a terminal."""
    parts = [
        f"{rule.title}\n{'=' * len(rule.title)}",
        f"{rule.id}: {rule.concern.word}, at most {rule.confidence.value} confidence, {rule.status.value}"
        f" since {rule.since}",
        _wrapped(rule.summary),
        _section("Why", _wrapped(rule.why)),
        _section("Asked", _items(rule, "[ ] ")),
        _section("Not when", _wrapped(rule.not_when)),
        _section("Speaks of this", _example(rule.bad[0])),
        *([_section("Silent on this", _example(rule.good[0]))] if rule.good else []),
        _section("Suggested", textwrap.indent(rule.suggested_code.rstrip("\n"), "    ")),
        _section("See", "\n".join(rule.references)),
        f"To answer in the code: /* reviewbot: allow {rule.id}: why it is safe */",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def rules_table(rules: Iterable[Rule]) -> tuple[tuple[str, str, str, str], ...]:
    """Id, concern, status and title of each rule, the gravest concern first."""
    ordered = sorted(rules, key=lambda rule: (rule.concern, rule.id))
    return tuple((rule.id, rule.concern.word, rule.status.value, rule.title) for rule in ordered)


def check_page(path: Path) -> Rule:
    """The rule of a page that reads well and speaks well.

    Raises:
        RuleError: naming file and line of a mistake in the page, or the first fault in its words.
    """
    rule = read_page(path)
    for fault in wording_faults(rule):
        raise RuleError(f"{path}:1: {fault}")
    return rule


def new_page(name: str) -> str:
    """The text of a page to fill in, `name` being the rule's id; it stands the tests of rules as it is."""
    return _SKELETON.replace("RULE-ID", name)


def _section(title: str, text: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{text}" if text else ""


def _wrapped(text: str) -> str:
    return "\n\n".join(textwrap.fill(each.replace("`", ""), _WIDTH) for each in text.split("\n\n"))


def _items(rule: Rule, mark: str) -> str:
    """The checklist with the slots left to be seen, as <slot>."""
    values = {slot: f"<{slot}>" for slot in form_of(rule.when.type).slots}
    return "\n".join(
        textwrap.fill(item, _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark))
        for item in rule.checklist.fill(values)
    )


def _example(example: Example) -> str:
    parts = [_wrapped(example.caption)] if example.caption else []
    for block in (block for patch in example.patches for block in patch.blocks):
        parts.append(textwrap.indent("\n".join(block.lines), "    "))
    return "\n\n".join(parts)


_SKELETON = """\
# What is seen, in a few words

```toml
id = "RULE-ID"
status = "preview"
since = "0.1"
concern = "race"
confidence = "medium"

[when]
fact = "mixed_marking"
is_new_reader = false

[suggest]
write = "WRITE_ONCE"
read = "READ_ONCE"
```

One or two sentences: what is seen.

## Why

What the compiler or the CPU may do, and what a reader then finds.

## Comment

What orders {field} here? {writer} stores it, and the two sides run {locks}.

## Checklist

- [ ] The question a reviewer asks first.
- [ ] The one after that.
- [ ] And the last.

## Not when

When to disagree with this rule.

## Bad

One sentence on what the example shows.

```diff drivers/misc/example.c
+void example_set(struct example *e)
+{
+	e->ready = true; //~ RULE-ID
+}
+
+bool example_is_ready(struct example *e)
+{
+	return READ_ONCE(e->ready);
+}
```

## Good

The same done right.

```diff drivers/misc/example-locked.c
+void example_set(struct example_locked *e)
+{
+	mutex_lock(&e->lock);
+	e->ready = true;
+	mutex_unlock(&e->lock);
+}
+
+bool example_is_ready(struct example_locked *e)
+{
+	guard(mutex)(&e->lock);
+	return READ_ONCE(e->ready);
+}
```

## Suggest

WRITE_ONCE() here, with a comment that names its reader.

```c
WRITE_ONCE(e->ready, true);	/* pairs with READ_ONCE() in reader() */
```

## References

- Documentation/memory-barriers.txt, "SMP BARRIER PAIRING"
"""
