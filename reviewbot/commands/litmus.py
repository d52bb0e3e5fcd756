"""`reviewbot litmus`: what the memory model says of litmus tests, in herd's words."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import msgspec

from reviewbot.commands.herd import Opinion
from reviewbot.commands.herd import compared as second_opinion
from reviewbot.commands.output import emit
from reviewbot.commands.pictures import Pictures, pictures
from reviewbot.commands.trouble import say
from reviewbot.errors import LitmusError, ReviewbotError
from reviewbot.memory_model.check import Allowed, Never, Outcomes, Unknown, Verdict, check, outcomes
from reviewbot.memory_model.draw import WIDTH, draw
from reviewbot.memory_model.herd import Herd, model_files
from reviewbot.memory_model.litmus.model import Quantifier, Test
from reviewbot.memory_model.litmus.parse import parse
from reviewbot.memory_model.litmus.scan import MAX_SIZE
from reviewbot.memory_model.litmus.write import proposition_text
from reviewbot.memory_model.model import DEFAULT_FOLDER, Model, default, load
from reviewbot.memory_model.outcome import state_text
from reviewbot.publishers import clean

_HERD_WORDS = {
    Quantifier.EXISTS: "Allowed",
    Quantifier.NOT_EXISTS: "Forbidden",
    Quantifier.FORALL: "Required",
}
_DEADLOCK = "DEADLOCK"
"""The Result of a test that no execution comes to the end of."""
_UNDER_A_TREE = Path("tools/memory-model")


class Compared(Enum):
    """How a test's `Result:` header and the model agree; the value is what the summary says."""

    SAME = "as their Result says"
    OTHER = "not as their Result says"
    OPEN = "not looked at to the end"
    NONE = "without a Result"


class Request(msgspec.Struct, frozen=True):
    """What was asked for.

    Attributes:
        files: Litmus tests, folders of them, or `-` for standard input.
        model: The folder of the memory model, or a kernel tree; None for reviewbot's own.
        is_explained: Whether to show the execution, or what forbids it.
        svg: Where to draw that: a file, or a folder for several tests.
        is_checked: Whether to ask herd7 as well.
    """

    files: tuple[Path, ...]
    model: Path | None = None
    is_explained: bool = False
    svg: Path | None = None
    is_checked: bool = False


def run(request: Request) -> int:
    """Judge each test and print what the model says of it.

    Returns:
        The exit status: 2 if a file cannot be read, else 1 if a test is not (or not known to be) as its
        Result header or herd7 says, else 0.

    Raises:
        ModelError: the memory model cannot be read.
        HerdError: herd7 is to be asked and is not there.
        ReviewbotError: pictures cannot be written.
    """
    files = tuple(_files(request.files))
    asking = _Asking(
        _model(request.model),
        request.is_explained,
        pictures(request.svg, len(files)) if request.svg is not None else None,
        _herd(request) if request.is_checked else None,
    )
    found: list[Compared] = []
    opinions: list[Opinion] = []
    bad = 0
    for path in files:
        try:
            answer = asking.answer(path)
        except ReviewbotError as error:
            say(str(error))
            bad += 1
            continue
        emit(("\n" if found else "") + clean.block(answer.text), None)
        found.append(answer.compared)
        opinions += [answer.opinion] if answer.opinion else []
    if len(found) + bad > 1:
        emit(f"\n{_summary(found, opinions, bad)}\n", None)
    if bad:
        return 2
    is_wrong = {Compared.OTHER, Compared.OPEN} & {*found} or {Opinion.OTHER, Opinion.OPEN} & {*opinions}
    return 1 if is_wrong else 0


class _Answer(NamedTuple):
    text: str
    compared: Compared
    opinion: Opinion | None


class _Asking(msgspec.Struct, frozen=True):
    """What is done with each test."""

    model: Model
    is_explained: bool
    pictures: Pictures | None
    herd: Herd | None

    def answer(self, path: Path) -> _Answer:
        """All that is printed of one test; its picture is drawn.

        Raises:
            ReviewbotError: it cannot be read or judged, or the picture not be written.
        """
        source = _text(path)
        test = parse(source, str(path))
        result = outcomes(test, self.model)
        compared = compare(test, result)
        lines = [*_report(result), *_compared(test, compared)]
        opinion = None
        if self.herd is not None:
            opinion, said = second_opinion(source, result, self.herd)
            lines += said
        text = "\n".join((*lines, ""))
        if self.is_explained or self.pictures is not None:
            text += self._shown(test, path)
        return _Answer(text, compared, opinion)

    def _shown(self, test: Test, path: Path) -> str:
        """The explanation, if it is wanted; the picture goes to its file."""
        verdict = check(test, self.model)
        if self.pictures is not None and (why := self.pictures.draw(path, verdict, self.model)):
            say(f"{path}: {why}")
        return _explained(verdict, self.model) if self.is_explained else ""


def compare(test: Test, result: Outcomes) -> Compared:
    """How the Result header stands to what was found; some answers hold though not all was looked at."""
    if test.result is None:
        return Compared.NONE
    is_settled = result.unknown is None or result.word == "Sometimes"
    if not is_settled:
        return Compared.OPEN
    if test.result == _DEADLOCK:
        return Compared.OTHER if result.states else Compared.SAME
    return Compared.SAME if test.result == result.word else Compared.OTHER


def _model(folder: Path | None) -> Model:
    return default() if folder is None else load(_model_folder(folder))


def _model_folder(named: Path) -> Path:
    inner = named / _UNDER_A_TREE
    return inner if inner.is_dir() else named


def _herd(request: Request) -> Herd:
    return Herd(model_files(_model_folder(request.model) if request.model else DEFAULT_FOLDER))


def _files(named: tuple[Path, ...]) -> Iterator[Path]:
    """The files, and those of the folders in order of their names.

    A folder without a test is told as an error of its own, so that a wrong path does not pass.
    """
    for path in named:
        if path.is_dir():
            yield from sorted(path.rglob("*.litmus")) or [path]
        else:
            yield path


def _text(path: Path) -> str:
    if path.is_dir():
        raise LitmusError(f"{path}: no *.litmus file in this folder")
    try:
        if str(path) == "-":
            return sys.stdin.read(MAX_SIZE + 1)
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        raise LitmusError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise LitmusError(f"{path}: not UTF-8") from error


def _report(result: Outcomes) -> Iterator[str]:
    """As herd prints it, but for the time and the hash."""
    test = result.test
    quantifier = test.condition.quantifier
    yield f"Test {test.name} {_HERD_WORDS[quantifier]}"
    yield f"States {len(result.states)}"
    yield from (state_text(state) for state, _ in result.states)
    if result.unknown is None:
        yield "Ok" if result.is_ok else "No"
    yield "Witnesses"
    counts = (result.holding, result.others)
    positive, negative = reversed(counts) if quantifier is Quantifier.NOT_EXISTS else counts
    yield f"Positive: {positive} Negative: {negative}"
    yield from (f"Flag {flag}" for flag in result.flags)
    yield f"Condition {quantifier} ({proposition_text(test.condition.proposition)})"
    word = result.word
    if result.unknown is not None:
        yield f"Unknown {test.name}: {result.unknown}; what is told is not all"
        word = word if word == "Sometimes" else "Unknown"
    yield f"Observation {test.name} {word} {result.holding} {result.others}"


def _compared(test: Test, compared: Compared) -> Iterator[str]:
    if compared is Compared.OTHER:
        yield f"MISMATCH {test.name}: its Result says {test.result}"
    elif compared is Compared.OPEN:
        yield f"OPEN {test.name}: its Result says {test.result}, which is not known"


def _explained(verdict: Verdict, model: Model) -> str:
    """The execution that shows the outcome, or the one that the model refuses, and why."""
    if isinstance(verdict, Unknown):
        return f"\nUnknown: {verdict.limit}\n"
    if isinstance(verdict, Allowed):
        return f"\nIt may happen like this:\n\n{draw(verdict.witness)}"
    return _forbidden(verdict, model)


def _forbidden(verdict: Never, model: Model) -> str:
    if verdict.witness is None:
        return "\nNo choice of values comes to this outcome.\n"
    from reviewbot.memory_model.why import explain  # noqa: PLC0415 - only who asks why has to wait for it

    reason = str(explain(model, verdict.witness.execution))
    cycle = textwrap.fill(reason, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    reasons = " and ".join(verdict.reasons)
    return f"\nForbidden by {reasons}:\n\n{draw(verdict.witness)}\n{cycle}\n"


def _summary(found: list[Compared], opinions: list[Opinion], bad: int) -> str:
    counts: list[tuple[int, str]] = [(found.count(each), each.value) for each in Compared]
    counts.append((bad, "cannot be read"))
    counts += [(opinions.count(each), each.value) for each in Opinion]
    parts = ", ".join(f"{count} {words}" for count, words in counts if count)
    return f"{len(found) + bad} tests: {parts}"
