"""`reviewbot litmus --svg`: what happens, or what is forbidden, as pictures in files."""

from pathlib import Path

import msgspec

from reviewbot.commands.output import check_target, emit
from reviewbot.errors import ReviewbotError
from reviewbot.memory_model.check import Allowed, Unknown, Verdict
from reviewbot.memory_model.model import Model

_SUFFIX = ".svg"


class Pictures(msgspec.Struct):
    """Where the pictures of a run go: one to a file, or each to a file of its own in a folder."""

    target: Path
    is_folder: bool
    written: list[Path] = msgspec.field(default_factory=list)

    def draw(self, source: Path, verdict: Verdict, model: Model) -> str:
        """Write the picture of a test.

        Args:
            source: The file of the test, whose name the picture gets in a folder.
            verdict: What the model says of the test.
            model: Which model does.

        Returns:
            Why there is none; "" if it was written.

        Raises:
            ReviewbotError: the file cannot be written.
        """
        if isinstance(verdict, Unknown):
            return f"no picture: unknown: {verdict.limit}"
        if verdict.witness is None:
            return "no picture: no choice of values comes to this outcome"
        from reviewbot.memory_model.svg import svg  # noqa: PLC0415 - only who wants pictures waits for it
        from reviewbot.memory_model.why import explain  # noqa: PLC0415 - as above

        is_allowed = isinstance(verdict, Allowed)
        reason = None if is_allowed else explain(model, verdict.witness.execution)
        path = self._path(source)
        emit(svg(verdict.witness, reason), path)
        self.written.append(path)
        return ""

    def _path(self, source: Path) -> Path:
        if not self.is_folder:
            return self.target
        stem = "stdin" if str(source) == "-" else source.stem
        path, number = self.target / f"{stem}{_SUFFIX}", 1
        while path in self.written:  # tests of one name in two folders
            number += 1
            path = self.target / f"{stem}-{number}{_SUFFIX}"
        return path


def pictures(target: Path, count: int) -> Pictures:
    """Make ready to draw.

    Args:
        target: A file, or a folder; for several tests it is a folder, made if need be.
        count: How many tests there are.

    Raises:
        ReviewbotError: several pictures are to go to one file, or nothing can be written there.
    """
    is_folder = target.is_dir() or count > 1
    if not is_folder:
        check_target(target)
        return Pictures(target, is_folder=False)
    if not target.is_dir() and (target.exists() or target.suffix.lower() == _SUFFIX):
        raise ReviewbotError(f"{count} pictures do not go to one file {target}; name a folder")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReviewbotError(f"cannot write pictures to {target}: {error.strerror or error}") from error
    return Pictures(target, is_folder=True)
