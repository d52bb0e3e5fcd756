"""The fixture series: a driver of our own invention, and the patches that make its arrays lazy.

`dunlin` keeps zones that SRCU readers find, and hangs arrays of references on each. The base
lies in `base/`, the patches are headerless diffs: those of v2 in `v2/`, what v3 and v4 do
otherwise in `later/`. A variant is the same series with one replacement more in one of its patches.
"""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec.structs import replace

HERE = Path(__file__).parent
FOLDER = "drivers/block/dunlin"
HEADER, MAP, ZONES, DEBUG = (f"{FOLDER}/{name}" for name in ("dunlin.h", "map.c", "zones.c", "debug.c"))
PREFIX = "block: dunlin: "

Files = dict[str, str]


class Edit(msgspec.Struct, frozen=True):
    """Replaces `old`, which stands `times` times in the file, by `new`."""

    path: str
    old: str
    new: str
    times: int = 1

    def apply(self, files: Files) -> None:
        found = files[self.path].count(self.old)
        assert found == self.times, f"{self.path} has this {found} times, not {self.times}:\n{self.old}"
        files[self.path] = files[self.path].replace(self.old, self.new)


class Step(msgspec.Struct, frozen=True):
    """A patch: its message and its edits."""

    subject: str
    body: str
    edits: tuple[Edit, ...]

    def rebased(self, path: str, old: str, new: str) -> "Step":
        """The patch over a file in which an earlier one wrote `new` instead of `old`."""
        edits = (
            replace(edit, old=edit.old.replace(old, new), new=edit.new.replace(old, new))
            if edit.path == path
            else edit
            for edit in self.edits
        )
        return replace(self, edits=tuple(edits))


class Thread(msgspec.Struct, frozen=True):
    """A series as it could be sent: patches over the base, numbered from 1."""

    revision: int
    steps: tuple[Step, ...]

    def vary(self, patch: int, path: str, old: str, new: str, times: int = 1) -> "Thread":
        """The series where patch n replaces one more text of a file, as it is after that patch."""
        step = self.steps[patch - 1]
        varied = replace(step, edits=(*step.edits, Edit(path, old, new, times)))
        later = (each.rebased(path, old, new) for each in self.steps[patch:])
        return replace(self, steps=(*self.steps[: patch - 1], varied, *later))

    def renamed(self, old: str, new: str) -> "Thread":
        """The series with another name for something of its own."""
        changed = []
        for step in self.steps:
            edits = step.edits
            for path in {edit.path for edit in edits}:
                edits = replace(step, edits=edits).rebased(path, old, new).edits
            changed.append(replace(step, edits=edits))
        return replace(self, steps=tuple(changed))

    def only(self, *patches: int) -> "Thread":
        """A series of some of the patches; they are numbered anew."""
        return replace(self, steps=tuple(self.steps[n - 1] for n in patches))

    def trees(self) -> list[Files]:
        """The files before the first patch and after each."""
        found = [base()]
        for step in self.steps:
            files = dict(found[-1])
            for edit in step.edits:
                edit.apply(files)
            found.append(files)
        return found

    def line(self, text: str, path: str, patch: int) -> int:
        """The number of the one line that holds `text` in a file after patch n."""
        lines = self.trees()[patch][path].split("\n")
        found = [number for number, line in enumerate(lines, 1) if text in line]
        assert len(found) == 1, f"{text!r} is on lines {found} of {path}"
        return found[0]


def base() -> Files:
    """The driver before any patch."""
    return {f"{FOLDER}/{path.name}": path.read_text() for path in sorted((HERE / "base").iterdir())}


def read_step(path: Path) -> Step:
    """A patch written as message, `--- PATH` and hunks that begin with `@@` and have no numbers."""
    message, *parts = re.split(r"^--- (.+)\n@@\n", path.read_text(), flags=re.MULTILINE)
    subject, _, body = message.partition("\n")
    edits = [
        read_hunk(target, hunk)
        for target, text in zip(parts[::2], parts[1::2], strict=True)
        for hunk in text.split("@@\n")
    ]
    return Step(subject, body.strip(), tuple(edits))


def read_hunk(path: str, hunk: str) -> Edit:
    lines = hunk.splitlines(keepends=True)
    assert all(line[0] in " +-" for line in lines), hunk
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    return Edit(path, before, after)


def steps(folder: str) -> tuple[Step, ...]:
    """The patches of a folder."""
    return tuple(read_step(path) for path in sorted((HERE / folder).iterdir()))


V2 = Thread(2, steps("v2"))
"""As first sent: the flag is plain, and so are the arrays that it announces."""

_GATE, _SRCU, _LAZY = steps("later")
V3 = Thread(3, (*V2.steps[2:6], _GATE, _SRCU, _LAZY))
"""A flag with release and acquire, and RCU protection of the arrays besides."""

V4 = Thread(4, (*V2.steps[2:6], _GATE, _LAZY))
"""The flag alone, set last, and every reader behind a helper that acquires it."""


# --- as git knows it -------------------------------------------------------------------------

IDENTITY = "Robin Example <robin@example.org>"
NOON = 1741082400
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_COMMITTER_NAME": "Robin Example",
    "GIT_COMMITTER_EMAIL": "robin@example.org",
    "GIT_COMMITTER_DATE": f"{NOON} +0000",
    "LC_ALL": "C",
    "TZ": "UTC",
}


def git(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """What a git command says in a folder; nobody's configuration has a say."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **ENVIRONMENT}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=given, env=environment, check=True, stdout=subprocess.PIPE
    )
    return done.stdout


def make_repository(thread: Thread, folder: Path) -> str:
    """A repository with the base and a commit for each patch on its HEAD; gives the range."""
    git(folder, "init", "-q", "--initial-branch=main")
    git(folder, "fast-import", "--quiet", given=b"".join(stream(thread)))
    git(folder, "reset", "-q", "--hard")
    return f"HEAD~{len(thread.steps)}..HEAD"


def stream(thread: Thread) -> Iterable[bytes]:
    """The series for git fast-import."""
    first = Step("block: Begin", "", ())
    for number, (step, files) in enumerate(zip((first, *thread.steps), thread.trees(), strict=True)):
        prefix = PREFIX if number else ""
        message = f"{prefix}{step.subject}\n\n{step.body}\n\nSigned-off-by: {IDENTITY}\n".encode()
        who = f"{IDENTITY} {NOON + 60 * number} +0000\n"
        yield f"commit refs/heads/main\nauthor {who}committer {who}data {len(message)}\n".encode() + message
        for path, text in files.items():
            raw = text.encode()
            yield f"M 100644 inline {path}\ndata {len(raw)}\n".encode() + raw + b"\n"


def format_patch(folder: Path, thread: Thread, *options: str) -> bytes:
    """What git format-patch says of the whole series."""
    revised = ("-v", str(thread.revision)) if thread.revision > 1 else ()
    return git(folder, "format-patch", "--thread", *revised, *options, f"HEAD~{len(thread.steps)}..HEAD")
