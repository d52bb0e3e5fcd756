"""The examples and litmus tests of a rule page."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from reviewbot.rulebook.declaration import Spot
from reviewbot.rulebook.outline import Block
from reviewbot.rulebook.rule import DiffBlock, Example, ExamplePatch, Litmus, Mark

MARK = "//~"
RESULTS = ("Always", "Sometimes", "Never")


def read_examples(path: Path, blocks: Sequence[Block]) -> tuple[Example, ...]:
    """The examples of a Bad or Good section.

    A paragraph begins an example and is its caption; `### Patch 1/2: subject` begins a
    patch of it; every diff is one hunk of one file.
    """
    examples: list[Example] = []
    for block in blocks:
        if block.kind == "paragraph" or (not examples and block.kind != "heading"):
            examples.append(Example(block.text if block.kind == "paragraph" else "", ()))
        if block.kind == "heading":
            _begin_patch(path, block, examples)
        elif block.kind == "fence":
            patches = examples[-1].patches or (ExamplePatch("", ()),)
            diff = _read_diff(path, block)
            last = ExamplePatch(patches[-1].subject, (*patches[-1].blocks, diff))
            examples[-1] = Example(examples[-1].caption, (*patches[:-1], last))
    return tuple(example for example in examples if example.patches)


def _begin_patch(path: Path, block: Block, examples: list[Example]) -> None:
    word, _, subject = block.text.partition(": ")
    number, _, total = word.removeprefix("Patch ").partition("/")
    if not (word.startswith("Patch ") and number.isdigit() and total.isdigit() and subject):
        raise Spot(path, block.line).error("write this heading as '### Patch 1/2: subject'")
    if number == "1" and (not examples or examples[-1].patches):
        examples.append(Example("", ()))
    if not examples or len(examples[-1].patches) != int(number) - 1:
        raise Spot(path, block.line).error(f"patch {number} is out of order; number them from 1")
    examples[-1] = Example(examples[-1].caption, (*examples[-1].patches, ExamplePatch(subject, ())))


def _read_diff(path: Path, block: Block) -> DiffBlock:
    word, _, target = block.info.partition(" ")
    if word != "diff" or not target or target.startswith("/") or ".." in target.split("/"):
        raise Spot(path, block.line - 1).error("examples are fences of '```diff path/in/the/tree.c'")
    lines, marks = [], []
    for row, text in enumerate(block.text.removesuffix("\n").split("\n")):
        if text[:1] not in ("", " ", "+", "-"):
            raise Spot(path, block.line + row).error("a diff line begins with ' ', '+' or '-'")
        code, found, ids = text.partition(MARK)
        marks += [Mark(each, row) for each in ids.split()]
        lines.append((code.rstrip() if found else code) or " ")
    return DiffBlock(target.strip(), tuple(lines), tuple(marks), block.line)


def read_litmus(path: Path, blocks: Sequence[Block], rule: str) -> tuple[Litmus, ...]:
    """The litmus tests of a page: `ID-bad` and `ID-good`, each with the verdict it names."""
    tests = tuple(_litmus_tests(path, blocks))
    if blocks and sorted(test.name for test in tests) != [f"{rule}-bad", f"{rule}-good"]:
        raise Spot(path, blocks[0].line).error(f"Litmus needs the two tests {rule}-bad and {rule}-good")
    return tests


def _litmus_tests(path: Path, blocks: Sequence[Block]) -> Iterator[Litmus]:
    for block in (each for each in blocks if each.kind == "fence"):
        head = [line.strip() for line in block.text.split("\n")[:2]]
        result = head[-1].removeprefix("(* Result: ").removesuffix(" *)")
        if block.info != "litmus" or not head[0].startswith("C ") or result not in RESULTS:
            raise Spot(path, block.line).error("a litmus test begins with 'C NAME' and '(* Result: Never *)'")
        yield Litmus(head[0].removeprefix("C ").strip(), result, block.text)
