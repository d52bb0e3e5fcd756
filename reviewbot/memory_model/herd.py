"""A second opinion: what herd7 says of a test in the same model, where it is on PATH.

herd7 runs in a temporary folder that holds the model's files, the test, and a configuration that names those
files and nothing else of what the model's own one may ask for (viewers, folders). See herdtools7's manual
for the options and the form of the output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from reviewbot.errors import HerdError
from reviewbot.memory_model.check import Outcomes
from reviewbot.memory_model.outcome import state_text

PROGRAM = "herd7"
SECONDS = 60.0
"""For one test."""
_CONFIGURATION = "linux-kernel.cfg"
_DEFAULT = {"macros": "linux-kernel.def", "bell": "linux-kernel.bell", "model": "linux-kernel.cat"}
_KEPT = (*_DEFAULT, "variant")
_SUFFIXES = frozenset({".cat", ".bell", ".def", ".cfg"})
_OBSERVATION = re.compile(r"^Observation .* (Always|Sometimes|Never) (\d+) (\d+)$", re.MULTILINE)
_FLAG = re.compile(r"^Flag (\S.*?)\s*$", re.MULTILINE)

State = frozenset[tuple[str, str]]
"""What has which value at the end."""


class Heard(msgspec.Struct, frozen=True):
    """What herd7 says.

    Attributes:
        word: Always, Sometimes or Never.
        holding: Executions in which the proposition holds.
        others: Executions in which it does not.
        states: The final states.
        flags: What the model warns of.
        is_whole: Whether herd7 looked at everything: no loop went round too often.
    """

    word: str
    holding: int
    others: int
    states: frozenset[State]
    flags: frozenset[str]
    is_whole: bool


class Herd:
    """herd7 with a model."""

    def __init__(self, files: Mapping[str, str], seconds: float | None = None) -> None:
        """Takes a model.

        Args:
            files: The texts of its files by their names.
            seconds: How long one test may take (default: `SECONDS`).

        Raises:
            HerdError: herd7 is not on PATH.
        """
        self._program = program()
        self._files = {**files, _CONFIGURATION: _configuration(files)}
        self._seconds = SECONDS if seconds is None else seconds

    def ask(self, test: str) -> Heard:
        """What it says of the text of a test.

        Raises:
            HerdError: it took too long, or gave no verdict.
        """
        import tempfile  # noqa: PLC0415 - slow to import, and only who asks herd7 needs it

        with tempfile.TemporaryDirectory(prefix="reviewbot-herd-") as name:
            folder = Path(name)
            for file, text in (*self._files.items(), ("test.litmus", test)):
                (folder / file).write_text(text, encoding="utf-8", errors="surrogateescape")
            return heard(self._run(folder))

    def _run(self, folder: Path) -> str:
        import subprocess  # noqa: PLC0415 - as above

        words = (self._program, "-conf", _CONFIGURATION, "test.litmus")
        try:
            done = subprocess.run(
                words,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise HerdError(f"{PROGRAM} took more than {self._seconds:g} seconds") from None
        except OSError as error:
            raise HerdError(f"{PROGRAM} cannot be run: {error.strerror or error}") from error
        out = done.stdout.decode("utf-8", "replace")
        if done.returncode or not _OBSERVATION.search(out):
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise HerdError(
                f"{PROGRAM} gives no verdict: {said[-1] if said else f'exit status {done.returncode}'}"
            )
        return out


def program() -> str:
    """The path of herd7.

    Raises:
        HerdError: it is not on PATH.
    """
    import shutil  # noqa: PLC0415 - slow to import, and only who asks herd7 needs it

    found = shutil.which(PROGRAM)
    if found is None:
        raise HerdError(f"{PROGRAM} is not on PATH; install herdtools7 (opam install herdtools7)")
    return str(Path(found).absolute())


def model_files(folder: Path) -> dict[str, str]:
    """The files of a model in a folder."""
    return {
        path.name: path.read_text(encoding="utf-8", errors="surrogateescape")
        for path in sorted(folder.iterdir())
        if path.suffix in _SUFFIXES and path.is_file()
    }


def heard(output: str) -> Heard:
    """Reads what herd7 printed of one test.

    Raises:
        HerdError: there is no verdict in it.
    """
    found = _OBSERVATION.search(output)
    if found is None:
        raise HerdError(f"{PROGRAM} gives no verdict")
    lines = output.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("States ")), len(lines))
    count = int(lines[start].split()[1]) if start < len(lines) else 0
    states = frozenset(_state(line) for line in lines[start + 1 : start + 1 + count])
    return Heard(
        found[1],
        int(found[2]),
        int(found[3]),
        states,
        frozenset(_FLAG.findall(output)),
        not any(line.startswith("Loop ") for line in lines),
    )


def differences(result: Outcomes, said: Heard) -> Iterator[str]:
    """Where herd7 and we do not agree, in words that follow "herd7 "; only what both looked at to the end."""
    if said.word != result.word:
        yield f"says {said.word}, not {result.word}"
    if (said.holding, said.others) != (result.holding, result.others):
        yield f"counts {said.holding} and {said.others} executions, not {result.holding} and {result.others}"
    ours = {_state(state_text(state)): state_text(state) for state, _ in result.states}
    if extra := said.states - ours.keys():
        yield f"has the state {min(map(_shown, extra))}"
    if missing := ours.keys() - said.states:
        yield f"has not the state {min(ours[each] for each in missing)}"
    for flag in sorted(said.flags ^ set(result.flags)):
        yield f"warns of {flag}" if flag in said.flags else f"does not warn of {flag}"


def _state(line: str) -> State:
    """A state, however it is spelt: ``x`` and ``[x]``, in any order."""
    parts = (part.partition("=") for part in line.split(";") if part.strip())
    return frozenset((place.strip().strip("[]"), value.strip().lstrip("&")) for place, _, value in parts)


def _shown(state: State) -> str:
    return " ".join(f"{place}={value};" for place, value in sorted(state))


def _configuration(files: Mapping[str, str]) -> str:
    """Of the model's own configuration what says which files it has."""
    lines = [line.split() for line in files.get(_CONFIGURATION, "").splitlines()]
    named = {words[0]: " ".join(words[1:]) for words in lines if words and words[0] in _KEPT}
    there = {key: name for key, name in _DEFAULT.items() if name in files}
    return "".join(f"{key} {value}\n" for key, value in {**there, **named}.items())
