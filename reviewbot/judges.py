"""Which memory model a review is judged by: the tree's own where it has one, else reviewbot's."""

import re
from collections.abc import Callable

from reviewbot.errors import ModelError
from reviewbot.memory_model.model import Model, default, load_from
from reviewbot.sources.git import Repository

FOLDER = "tools/memory-model"

_NAME = re.compile(r"[\w.+-]+")
"""A file right in that folder; a model that includes others is not read."""


class Judge:
    """The model for the proofs of one review, read when the first one is made."""

    def __init__(self, repository: Repository | None, base: str | None) -> None:
        self._repository = repository
        self._base = base
        self._model: Model | None = None
        self.files: dict[str, str] = {}
        """The files of the model of the tree, by name; empty where it is reviewbot's own."""
        self.note = ""
        """Why the tree's own model is not used although it has one; empty else."""

    def __call__(self) -> Model:
        """The model."""
        if self._model is None:
            self._model = self._of_tree() or default()
        return self._model

    @property
    def name(self) -> str | None:
        """What the model calls itself; None where nothing was judged."""
        return self._model.name if self._model else None

    def _of_tree(self) -> Model | None:
        repository, base = self._repository, self._base
        if repository is None or base is None:
            return None
        files: dict[str, str] = {}
        read = _reader(repository, base, files)
        if read("linux-kernel.cfg") is None and read("linux-kernel.cat") is None:
            return None
        try:
            model = load_from(read, f"{base[:12]}:{FOLDER}")
        except ModelError as error:
            self.note = f"judged by reviewbot's own memory model, for that of the tree is not read: {error}"
            return None
        self.files = files
        return model


def _reader(repository: Repository, base: str, files: dict[str, str]) -> Callable[[str], str | None]:
    """Reads files of the model, and notes each in `files`."""

    def read(name: str) -> str | None:
        text = repository.read(base, f"{FOLDER}/{name}") if _NAME.fullmatch(name) else None
        if text is not None:
            files[name] = text.decode("utf-8", "replace")
        return files.get(name)

    return read
