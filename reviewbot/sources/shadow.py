"""A shadow of a repository: a temporary one with an empty worktree that borrows its objects.

No config, hook, filter, merge driver, attribute or replace ref of the user's repository has a
part in what runs here, and nothing is ever written to the user's side: new objects, the index
and all else stay in the temporary folder.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from reviewbot.errors import TreeError

_ATTRIBUTES = "*.c diff=cpp\n*.h diff=cpp\n"
"""Function names after @@ as the kernel's own .gitattributes asks for them."""
_SCRIPTED = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_DIFF_OPTS": "",
    "GIT_EXTERNAL_DIFF": "",
    "GIT_NAMESPACE": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LITERAL_PATHSPECS": "0",
    "GIT_GLOB_PATHSPECS": "0",
    "GIT_NOGLOB_PATHSPECS": "0",
    "GIT_ICASE_PATHSPECS": "0",
}
_AT_ONCE = 50
"""Objects asked for before the first is read: their names fit in a pipe."""

Command = list[str]


class Door(Protocol):
    """Runs git in one folder."""

    def run(self, command: Command, environment: Mapping[str, str], given: BinaryIO) -> tuple[int, bytes]:
        """Status and output."""

    def start(self, command: Command, environment: Mapping[str, str], given: BinaryIO | None) -> Any:
        """A process with binary `stdin` and `stdout`, and `wait()`."""


def tree_entries(data: bytes, width: int) -> Iterator[tuple[bytes, tuple[bytes, str]]]:
    """The entries of a tree object: name, mode and id."""
    position = 0
    while position < len(data):
        blank = data.index(b" ", position)
        end = data.index(b"\0", blank)
        identity = data[end + 1 : end + 1 + width]
        yield data[blank + 1 : end], (data[position:blank], identity.hex())
        position = end + 1 + width


class Shadow:
    """A temporary repository with an empty worktree that borrows the objects of another."""

    def __init__(
        self, objects: Path, object_format: str, shallow: bytes, door: Callable[[Path], Door]
    ) -> None:
        from tempfile import TemporaryDirectory  # noqa: PLC0415 - slow to import, and not needed to read mail

        self._folder = TemporaryDirectory(prefix="reviewbot-")
        root = Path(self._folder.name)
        git_dir = root / "git"
        for part in ("objects/info", "refs", "info"):
            (git_dir / part).mkdir(parents=True)
        (root / "worktree").mkdir()
        (git_dir / "HEAD").write_text("ref: refs/heads/shadow\n", "ascii")
        (git_dir / "config").write_text(_config(object_format), "ascii")
        (git_dir / "info/attributes").write_text(_ATTRIBUTES, "ascii")
        (git_dir / "objects/info/alternates").write_bytes(_alternate(objects))
        if shallow:
            (git_dir / "shallow").write_bytes(shallow)
        self.root = root
        self.environment = _SCRIPTED | {
            "GIT_DIR": str(git_dir),
            "GIT_COMMON_DIR": str(git_dir),
            "GIT_WORK_TREE": str(root / "worktree"),
            "GIT_OBJECT_DIRECTORY": str(git_dir / "objects"),
            "GIT_INDEX_FILE": str(git_dir / "index"),
            "HOME": str(root),
            "XDG_CONFIG_HOME": str(root),
        }
        self._git = door(root / "worktree")
        self._reader: Any = None

    def _scratch(self) -> Any:
        """A file without a name, for what a command reads."""
        from tempfile import TemporaryFile  # noqa: PLC0415 - as above

        return TemporaryFile(dir=self.root)

    def close(self) -> None:
        """Ends the reader and removes the folder."""
        if self._reader is not None:
            self._reader.stdin.close()
            self._reader.wait()
            self._reader.stdout.close()
            self._reader = None
        self._folder.cleanup()

    def object(self, name: str) -> tuple[bytes, str, bytes] | None:
        """Kind, full id and content of an object, from one lasting `git cat-file --batch`."""
        if "\n" in name or "\0" in name or not name:
            return None
        self._ask([name])
        return self._answer()

    def blobs(self, ids: Sequence[str]) -> Iterator[bytes | None]:
        """The contents of blobs by their full ids, in order; None for one that is not there."""
        for start in range(0, len(ids), _AT_ONCE):
            chunk = ids[start : start + _AT_ONCE]
            self._ask(chunk)
            for found in [self._answer() for _ in chunk]:
                yield found[2] if found is not None and found[0] == b"blob" else None

    def _ask(self, names: Sequence[str]) -> None:
        if self._reader is None:
            self._reader = self._git.start(["git", "cat-file", "--batch"], self.environment, None)
        asked = "".join(f"{name}\n" for name in names)
        self._reader.stdin.write(asked.encode("utf-8", "surrogateescape"))
        self._reader.stdin.flush()

    def _answer(self) -> tuple[bytes, str, bytes] | None:
        words = self._reader.stdout.readline().split()
        if len(words) != 3 or not words[2].isdigit() or words[1] not in (b"blob", b"tree", b"commit", b"tag"):
            return None
        content = self._reader.stdout.read(int(words[2]))
        self._reader.stdout.read(1)
        return words[1], words[0].decode("ascii"), content

    def stream(self, arguments: tuple[str, ...], given: bytes) -> Iterator[bytes]:
        """The lines that a command prints."""
        with self._scratch() as standard_input:
            standard_input.write(given)
            standard_input.seek(0)
            process = self._git.start(["git", "--no-pager", *arguments], self.environment, standard_input)
            try:
                with process.stdout:
                    yield from process.stdout
            finally:
                status = process.wait()
            if status != 0:
                message = (
                    f"git {arguments[0]} failed in {self.environment['GIT_DIR']}; is the clone complete?"
                )
                raise TreeError(message)

    def attempt(self, arguments: tuple[str, ...], given: bytes | None = None) -> tuple[int, bytes]:
        """Status and output of a command."""
        with self._scratch() as standard_input:
            standard_input.write(given or b"")
            standard_input.seek(0)
            return self._git.run(["git", "--no-pager", *arguments], self.environment, standard_input)

    def run(self, arguments: tuple[str, ...], given: bytes | None = None) -> bytes:
        """The output of a command that must succeed."""
        status, out = self.attempt(arguments, given)
        if status != 0:
            message = f"git {arguments[0]} failed in {self.environment['GIT_DIR']}; is the clone complete?"
            raise TreeError(message)
        return out

    def grep(
        self, options: tuple[str, ...], patterns: bytes, commit: str, pathspecs: tuple[str, ...]
    ) -> bytes:
        """Git grep for whole words; finding nothing is no failure."""
        arguments = (
            "grep",
            "-I",
            "-F",
            "-w",
            "--no-color",
            "--full-name",
            *options,
            "-f",
            "-",
            commit,
            "--",
            *pathspecs,
        )
        return self.attempt(arguments, patterns)[1]


def _config(object_format: str) -> str:
    version, extension = "0", ""
    if object_format != "sha1":
        version, extension = "1", f"[extensions]\n\tobjectFormat = {object_format}\n"
    return (
        f"[core]\n\trepositoryformatversion = {version}\n\tbare = false\n\thooksPath = /dev/null\n{extension}"
    )


def _alternate(objects: Path) -> bytes:
    """The line of objects/info/alternates, quoted as git reads it."""
    raw = str(objects).encode("utf-8", "surrogateescape")
    if raw[:1] not in (b'"', b"#") and b"\n" not in raw:
        return raw + b"\n"
    return b'"' + b"".join(b"\\%03o" % byte for byte in raw) + b'"\n'
