"""The Markdown pages of the project, and what a reader finds in them."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    for token in tokens(page):
        for child in token.children or []:
            if child.type == "link_open":
                yield str(child.attrs["href"])


def anchors(page: Path) -> set[str]:
    """What `#...` may name: the headings, as forges spell them."""
    found = tokens(page)
    texts = [found[number + 1].content for number, each in enumerate(found) if each.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


def commands(page: Path) -> Iterator[str]:
    """The lines of shell blocks that call reviewbot, without their comments."""
    for token in tokens(page):
        if token.type == "fence" and token.info == "sh":
            for line in token.content.splitlines():
                found = re.search(r"(?:^|[ /])(reviewbot (?!rules/).*?)(?:\s+#.*)?$", line)
                if found and "_COMPLETE" not in line:
                    yield found[1]


def transcripts(page: Path) -> Iterator[tuple[str, str]]:
    """Commands with the output that the page shows: `$ reviewbot ...` in a code block."""
    for token in tokens(page):
        if token.type in ("code_block", "fence") and token.content.startswith("$ reviewbot "):
            command, _, output = token.content.partition("\n")
            yield command.removeprefix("$ "), output
