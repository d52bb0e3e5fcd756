"""The repository that a series lives in or applies to.

The user's repository is asked only which commit a name stands for. All else runs in a shadow
of it (see shadow.py), so that nothing in a repository that may come from anybody has a say.
"""

import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from reviewbot.errors import SourceError, TreeError
from reviewbot.sources.git_folder import git_folders
from reviewbot.sources.shadow import Command, Shadow, tree_entries

_DIFF_OPTIONS = (
    "--full-index",
    "-p",
    "-M",
    "-C",
    "--root",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--unified=3",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--indent-heuristic",
    "--submodule=short",
)
_PLAIN = {"LANGUAGE": "C", "LC_ALL": "C"}
"""Git's words are read: no translations."""
_FOLDER_MODE = b"40000"
_FILE_MODES = (b"100644", b"100755", b"100664")


class _Git:
    """Runs git in one folder; see `shadow.Door`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder if os.access(folder, os.X_OK) else None

    def run(self, command: Command, environment: Mapping[str, str], given: BinaryIO) -> tuple[int, bytes]:
        """Status and output; what git says on stderr is kept from the user's terminal."""
        process = self.start(command, environment, given)
        out, _ = process.communicate()
        return process.returncode, out

    def start(
        self, command: Command, environment: Mapping[str, str], given: BinaryIO | None
    ) -> "subprocess.Popen[bytes]":
        """A running git, with pipes; without `given` its input is a pipe too.

        Raises:
            TreeError: there is no git.
        """
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE if given is None else given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env={**os.environ, **_PLAIN, **environment},
            )
        except FileNotFoundError:
            raise TreeError("git is not on PATH; install it, or give --no-tree") from None


class Repository:
    """A repository, read through a shadow of it. Use as a context manager, or `close()` it.

    Commits are given as full ids, as `resolve` returns them; paths are relative to the root
    of the tree and are never taken for options or patterns.
    """

    def __init__(self, git_dir: Path, objects: Path, user: _Git) -> None:
        self.git_dir = git_dir
        self._objects = objects
        self._user = user
        self._trees: dict[tuple[str, str], Mapping[bytes, tuple[bytes, str]]] = {}
        self._is_lacking = False

    @classmethod
    def open(cls, path: Path) -> "Repository":
        """The repository that `path` is in: a worktree (linked ones too), a bare one, a .git folder.

        Raises:
            TreeError: there is none, or git refuses to read it.
        """
        git_dir, common = git_folders(path)
        return cls(git_dir, common / "objects", _Git(git_dir))

    def __enter__(self) -> "Repository":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends git's processes and removes the shadow."""
        if "shadow" in self.__dict__:
            self.shadow.close()
            del self.shadow

    def resolve(self, revision: str) -> str:
        """The full id of the commit that `revision` names.

        Raises:
            SourceError: there is no such commit.
        """
        found = self._resolved(revision)
        if found is None:
            message = f"unknown revision {revision!r}; name a commit, a branch or a tag of this repository"
            raise SourceError(message)
        return found

    def knows(self, revision: str) -> bool:
        """Whether `revision` names a commit here."""
        return self._resolved(revision) is not None

    def _resolved(self, revision: str) -> str | None:
        if not revision or revision.startswith("-") or any(char in revision for char in "\0\n"):
            return None
        asked = f"{revision}^{{commit}}"
        status, out = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", asked)
        return out.decode("ascii", "replace").strip() if status == 0 else None

    @cached_property
    def _shallow(self) -> bytes:
        """The commits that a shallow clone begins with, a line each; empty where it is whole."""
        try:
            return (self._objects.parent / "shallow").read_bytes()
        except OSError:
            return b""

    def begins_with(self, commit: str) -> bool:
        """Whether this is a shallow clone whose history begins with a commit: it has no parent here."""
        return commit.encode("ascii", "replace") in self._shallow.split()

    @cached_property
    def shadow(self) -> Shadow:
        """The shadow repository, made when first needed.

        Raises:
            TreeError: git cannot read the repository.
        """
        status, out = self._ask("rev-parse", "--show-object-format")
        if status != 0:
            message = f"{self.git_dir}: git cannot read this repository; see `git status` there"
            raise TreeError(message)
        return Shadow(self._objects, out.decode("ascii", "replace").strip(), self._shallow, _Git)

    def _ask(self, *arguments: str) -> tuple[int, bytes]:
        """Asks the user's own repository; only for rev-parse, which runs nothing of its config."""
        command: Command = [
            "git",
            f"--git-dir={self.git_dir}",
            "-c",
            "core.fsmonitor=false",
            *arguments,
        ]
        environment = {
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_COMMON_DIR": str(self._objects.parent),
            "GIT_OBJECT_DIRECTORY": str(self._objects),
            "GIT_NAMESPACE": "",
        }
        with Path(os.devnull).open("rb") as nothing:
            return self._user.run(command, environment, nothing)

    def read(self, commit: str, path: str) -> bytes | None:
        """The text of a file; None for what is no file there (absent, symlink, submodule, folder)."""
        found = self._entry(commit, path)
        content = None if found is None else self.read_blob(found)
        self._is_lacking |= found is not None and content is None
        return content

    def tree_id(self, commit: str) -> str | None:
        """The id of the root tree of a commit, which names all that `read` can give; None if not known."""
        found = self.shadow.object(f"{commit}^{{tree}}")
        return found[1] if found is not None and found[0] == b"tree" else None

    def lacks_objects(self) -> bool:
        """Whether something that was asked for is in the tree and yet not here: the clone is partial."""
        empty = [key for key, entries in self._trees.items() if not entries]
        return self._is_lacking or any(self._names_folder(*key) for key in empty)

    def _names_folder(self, commit: str, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        mode, _ = self._tree(commit, folder).get(name.encode("utf-8", "surrogateescape"), (b"", ""))
        return bool(path) and mode == _FOLDER_MODE

    def blob(self, commit: str, path: str) -> str | None:
        """The full blob id of a file; None where `read` gives None."""
        return self._entry(commit, path)

    def read_blob(self, blob: str) -> bytes | None:
        """The content of a blob by its id, which may be abbreviated; None if it is not known."""
        found = self.shadow.object(blob)
        return found[2] if found is not None and found[0] == b"blob" else None

    def read_blobs(self, blobs: Sequence[str]) -> Iterator[bytes | None]:
        """The contents of blobs by their full ids, in order: quicker than one by one."""
        for content in self.shadow.blobs(blobs):
            self._is_lacking |= content is None
            yield content

    def listing(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the files right in a folder, in git's order; none where it is no folder."""
        prefix = f"{folder}/" if folder else ""
        return tuple(
            prefix + name.decode("utf-8", "surrogateescape")
            for name, (mode, _) in self._tree(commit, folder).items()
            if mode in _FILE_MODES
        )

    def _entry(self, commit: str, path: str) -> str | None:
        folder, _, name = path.rpartition("/")
        raw = name.encode("utf-8", "surrogateescape")
        mode, blob = self._tree(commit, folder).get(raw, (b"", ""))
        return blob if mode in _FILE_MODES else None

    def _tree(self, commit: str, folder: str) -> Mapping[bytes, tuple[bytes, str]]:
        key = (commit, folder)
        if key not in self._trees:
            found = self.shadow.object(f"{commit}:{folder}")
            width = len(commit) // 2
            self._trees[key] = dict(tree_entries(found[2], width)) if found and found[0] == b"tree" else {}
        return self._trees[key]

    def run(self, *arguments: str, given: bytes | None = None) -> bytes:
        """The output of a git command in the shadow.

        Raises:
            TreeError: the command failed.
        """
        return self.shadow.run(arguments, given)

    def stream(self, *arguments: str, given: bytes = b"") -> Iterator[bytes]:
        """The output of a git command in the shadow, line by line."""
        return self.shadow.stream(arguments, given)

    def diffs(self, commits: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Each commit with its diff against its first parent, in one process."""
        wanted = tuple(commits)
        heads = {f"{commit}\n".encode(): commit for commit in wanted}
        lines = self.stream("diff-tree", "--stdin", *_DIFF_OPTIONS, given=b"".join(heads))
        current, text = None, bytearray()
        for line in lines:
            if line in heads:
                if current is not None:
                    yield current, bytes(text)
                current, text = heads[line], bytearray()
            else:
                text += line
        if current is not None:
            yield current, bytes(text)

    def plain_diff(self, commit: str) -> bytes:
        """What `git diff COMMIT~1 COMMIT` prints where nobody has set anything.

        Raises:
            TreeError: there is no such commit, or it has no parent.
        """
        options = ("--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/")
        return self.run("diff", *options, f"{commit}~1", commit, "--")

    def commit(self, commit: str) -> bytes:
        """The commit object: its headers, an empty line, its message."""
        found = self.shadow.object(commit)
        if found is None or found[0] != b"commit":
            message = f"commit {commit} cannot be read; is the clone complete?"
            raise TreeError(message)
        return found[2]

    def grep(
        self, words: Iterable[str], commit: str, pathspecs: Iterable[str] = ("*.c", "*.h")
    ) -> tuple[str, ...]:
        """The files at `commit` that hold any of `words` as a whole word, sorted."""
        patterns = _patterns(words)
        if not patterns:
            return ()
        out = self.shadow.grep(("-l", "-z"), patterns, commit, tuple(pathspecs))
        names = (entry.partition(b":")[2] for entry in out.split(b"\0") if entry)
        return tuple(sorted(name.decode("utf-8", "surrogateescape") for name in names))

    def occurrences(
        self, words: Iterable[str], commit: str, pathspecs: Iterable[str] = ("*.c", "*.h")
    ) -> dict[str, dict[str, int]]:
        """For each of `words` the files at `commit` that hold it as a whole word, sorted, and how often."""
        found: dict[str, dict[str, int]] = {word: {} for word in words}
        patterns = _patterns(found)
        if not patterns:
            return found
        out = self.shadow.grep(("-o", "-z"), patterns, commit, tuple(pathspecs))
        for line, count in Counter(out.split(b"\n")).items():
            name, _, word = line.partition(b"\0")
            paths = found.get(word.decode("utf-8", "surrogateescape"))
            if paths is not None:
                paths[name.partition(b":")[2].decode("utf-8", "surrogateescape")] = count
        return {word: dict(sorted(paths.items())) for word, paths in found.items()}


def _patterns(words: Iterable[str]) -> bytes:
    """The words as git grep reads them from a file, one a line."""
    raw = (word.encode("utf-8", "surrogateescape") for word in words)
    return b"".join(word + b"\n" for word in raw if word and not set(word) & {0, 10, 13})
