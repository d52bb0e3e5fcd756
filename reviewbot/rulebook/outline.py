"""A rule page as a flat list of blocks: all that Markdown is read for.

Importing the Markdown library takes longer than reading all pages, so that outlines can be
kept in a file, under the hash of the page they were made from.
"""

import hashlib
from pathlib import Path

import msgspec

FORM = "2"
"""Part of each key: raised when `Block` changes, so that older caches are not believed."""

_LISTS = {"bullet_list": "bullet", "ordered_list": "number"}


class Block(msgspec.Struct, frozen=True):
    """One heading, paragraph, list item (`bullet`, `number`) or fence of a page."""

    kind: str
    level: int
    """Of a heading: 1 for the title."""
    info: str
    """What stands behind the opening fence: `diff drivers/net/demo/ring.c`."""
    text: str
    """Paragraphs and items with white space folded, fences as they are."""
    line: int
    """Of its first line (of the first line inside, for a fence); counts from 1."""


class Outlines:
    """The outlines of pages, remembered in the JSON file `path` where one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known = _load(path) if path else {}
        self._used: dict[str, tuple[Block, ...]] = {}

    def read(self, text: str) -> tuple[Block, ...]:
        """The blocks of the page `text`, in order."""
        key = hashlib.sha256(f"{FORM}\0{text}".encode("utf-8", "surrogateescape")).hexdigest()
        if key not in self._used:
            self._used[key] = self._known.get(key) or read_outline(text)
        return self._used[key]

    def save(self) -> None:
        """Keep what was read for the next run; a cache that cannot be written is no error."""
        if self._path is None or self._used.keys() <= self._known.keys():
            return
        spare = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            spare.write_bytes(msgspec.json.encode(self._used))
            spare.replace(self._path)
        except (OSError, UnicodeError):
            return


def read_outline(text: str) -> tuple[Block, ...]:
    """The blocks of a page, read with markdown-it-py."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  (late: a cached review does without)

    found: list[Block] = []
    lists: list[str] = []
    level = 0
    for token in MarkdownIt("commonmark").disable("inline").parse(text):
        name = token.type.removesuffix("_open").removesuffix("_close")
        if name in _LISTS and token.nesting > 0:
            lists.append(_LISTS[name])
        elif name in _LISTS:
            lists.pop()
        elif name == "heading":
            level = int(token.tag[1:]) if token.nesting > 0 else 0
        elif token.map and token.type in ("fence", "inline"):
            is_fence = token.type == "fence"
            kind = "fence" if is_fence else "heading" if level else lists[-1] if lists else "paragraph"
            content = token.content if is_fence else " ".join(token.content.split())
            found.append(Block(kind, level, token.info.strip(), content, token.map[0] + 1 + is_fence))
    return tuple(found)


def _load(path: Path) -> dict[str, tuple[Block, ...]]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, tuple[Block, ...]])
    except (OSError, msgspec.DecodeError, RecursionError):
        return {}
