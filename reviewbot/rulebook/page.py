"""Reads one rule page; every mistake is a RuleError that names file and line."""

from collections.abc import Sequence
from pathlib import Path

from reviewbot.errors import RuleError
from reviewbot.rulebook.declaration import Declaration, Spot, listed, read_declaration, unknown_slot
from reviewbot.rulebook.examples import read_examples, read_litmus
from reviewbot.rulebook.outline import Block, Outlines
from reviewbot.rulebook.rule import Example, Rule
from reviewbot.rulebook.template import Paragraph, Template, read_choice, read_paragraph, stray_brace

REQUIRED = ("Why", "Comment", "Checklist", "Not when", "Bad", "Good", "Suggest", "References")
"""The sections of a page, in order; Litmus stands before Suggest where an order is claimed."""
SECTIONS = (*REQUIRED[:-2], "Litmus", *REQUIRED[-2:])

_CHECKBOX = "[ ] "


def read_page(path: Path, outlines: Outlines | None = None) -> Rule:
    """The rule that the page at `path` declares.

    Raises:
        RuleError: the page cannot be read, or something in it is wrong.
    """
    try:
        if path.exists() and not path.is_file():
            raise RuleError(f"{path}:1: cannot be read: it is no file")  # a pipe would keep us waiting
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise RuleError(f"{path}: cannot be read: {problem.strerror or problem}") from problem
    except UnicodeError as problem:
        raise RuleError(f"{path}:1: cannot be read: {problem}") from problem
    return _Page(path, (outlines or Outlines()).read(text)).read()


class _Page:
    """The blocks of a page, by section."""

    def __init__(self, path: Path, blocks: Sequence[Block]) -> None:
        self._path = path
        self._title, self._fence, self._summary = self._head(blocks)
        self._sections = self._split(blocks)

    def _head(self, blocks: Sequence[Block]) -> tuple[str, Block, str]:
        nothing = Block("", 0, "", "", 1)
        title, fence, summary = [*blocks[:3], nothing, nothing, nothing][:3]
        if (title.kind, title.level) != ("heading", 1):
            raise self._error(1, "a page begins with '# Title'")
        if (fence.kind, fence.info) != ("fence", "toml"):
            raise self._error(title.line, "the declaration is missing; add a ```toml fence under the title")
        if summary.kind != "paragraph":
            raise self._error(fence.line, "the summary is missing; add one sentence under the declaration")
        return title.text, fence, summary.text

    def _split(self, blocks: Sequence[Block]) -> dict[str, list[Block]]:
        sections: dict[str, list[Block]] = {}
        name = ""
        for block in blocks[2:]:
            if (block.kind, block.level) != ("heading", 2):
                sections.setdefault(name, []).append(block)
                continue
            name = block.text
            if name not in SECTIONS or name in sections:
                what = "stands twice" if name in sections else f"is not known; known are {listed(SECTIONS)}"
                raise self._error(block.line, f"section {name!r} {what}")
            sections[name] = []
        for name in REQUIRED:
            if not sections.get(name):
                raise self._error(blocks[-1].line, f"section '## {name}' is missing or empty; add it")
        return sections

    def read(self) -> Rule:
        said = read_declaration(self._path, self._fence)
        if self._path.stem != said.id:
            raise self._error(self._fence.line, f"the page of {said.id!r} must be named {said.id}.md")
        return Rule(
            id=said.id,
            title=self._title,
            status=said.status,
            since=said.since,
            concern=said.concern,
            confidence=said.confidence,
            when=said.when,
            pair=said.pair,
            summary=self._summary,
            why=self._prose("Why"),
            comment=self._template("Comment", said),
            checklist=self._checklist(said),
            not_when=self._prose("Not when"),
            bad=self._bad(said.id),
            good=self._good(),
            litmus=read_litmus(self._path, self._sections.get("Litmus", []), said.id),
            suggestion=self._template("Suggest", said),
            suggested_code="\n".join(each.text for each in self._sections["Suggest"] if each.kind == "fence"),
            references=tuple(each.text for each in self._sections["References"]),
            path=self._path,
        )

    def _prose(self, name: str) -> str:
        return "\n\n".join(block.text for block in self._sections[name])

    def _template(self, name: str, said: Declaration) -> Template:
        """Paragraphs are said one after the other; a numbered list is one of alternatives."""
        paragraphs: list[Paragraph] = []
        choice: list[str] = []
        for block in [*self._sections[name], Block("end", 0, "", "", 0)]:
            if block.kind == "number":
                choice.append(block.text)
            elif choice:
                paragraphs.append(read_choice(choice))
                choice = []
            if block.kind == "paragraph":
                paragraphs.append(read_paragraph(block.text))
            self._check_slots(block, said)
        if not paragraphs:
            raise self._error(self._sections[name][0].line, f"{name} needs a paragraph of text")
        return Template(tuple(paragraphs))

    def _checklist(self, said: Declaration) -> Template:
        items = []
        for block in self._sections["Checklist"]:
            if block.kind != "bullet" or not block.text.startswith(_CHECKBOX):
                raise self._error(block.line, "write each item of the checklist as '- [ ] …'")
            self._check_slots(block, said)
            items.append(read_choice([block.text.removeprefix(_CHECKBOX)]))
        return Template(tuple(items))

    def _check_slots(self, block: Block, said: Declaration) -> None:
        if block.kind == "fence":
            return
        for slot in sorted(Template((read_choice([block.text]),)).slots - said.form.slots):
            raise self._error(block.line, unknown_slot(slot, said.form))
        if stray_brace(block.text):
            raise self._error(block.line, "a brace that belongs to no slot; take it out")

    def _bad(self, rule: str) -> tuple[Example, ...]:
        examples = read_examples(self._path, self._sections["Bad"])
        for example in examples:
            marks = {m.rule for patch in example.patches for block in patch.blocks for m in block.marks}
            if rule not in marks:
                first = next((block for patch in example.patches for block in patch.blocks), None)
                raise self._error(first.line if first else 1, f"no line here is marked '//~ {rule}'; mark it")
        if not examples:
            raise self._error(self._sections["Bad"][0].line, "Bad has no example; add a ```diff fence")
        return examples

    def _good(self) -> tuple[Example, ...]:
        examples = read_examples(self._path, self._sections["Good"])
        for block in (block for each in examples for patch in each.patches for block in patch.blocks):
            if block.marks:
                raise self._error(block.line + block.marks[0].row, "a good example has no mark; take it off")
        return examples

    def _error(self, line: int, what: str) -> RuleError:
        return Spot(self._path, line).error(what)
