"""A series of many rules, a tree it applies to, and runs in processes of their own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from tests.seed.fixture import git
from tests.suppressors import changes, objects, uses
from tests.suppressors.series import Case, mailbox

FORMATS = ("terminal", "json", "html", "sarif", "rdjson", "gitlab-codequality")

RUN = """
import contextlib, sys
from reviewbot.cli import main

def run(*words):
    sys.argv = ["reviewbot", *words]
    try:
        main()
    except SystemExit as end:
        assert not end.code, (words, end.code)

out, story, formats, *asked = sys.argv[1:]
for name in formats.split():
    more = ("-v", "--litmus", f"{out}/litmus") if name == "terminal" else ()
    run("review", "--pedantic", "--preview", "--format", name, "--output", f"{out}/{name}", *more, *asked)
with open(f"{out}/story", "w") as file, contextlib.redirect_stdout(file):
    run("story", story, *asked)
"""


class Job(msgspec.Struct, frozen=True):
    """What a process is asked for; `out` is the folder that it writes to."""

    out: Path
    asked: tuple[str, ...]
    seed: int
    cache: Path | None = None
    story: str = "dab_0.rate"
    formats: Sequence[str] = msgspec.field(default=FORMATS)

    def start(self) -> "subprocess.Popen[bytes]":
        self.out.mkdir(parents=True)
        asked = self.asked if self.cache else ("--no-cache", *self.asked)
        words = [str(self.out), self.story, " ".join(self.formats), *asked]
        environment = {**os.environ, "PYTHONHASHSEED": str(self.seed)}
        if self.cache:
            environment["XDG_CACHE_HOME"] = str(self.cache)
        return subprocess.Popen([sys.executable, "-c", RUN, *words], env=environment, stderr=subprocess.PIPE)

    def written(self) -> dict[str, bytes]:
        """All that was written, by name."""
        files = sorted(path for path in self.out.rglob("*") if path.is_file())
        return {str(path.relative_to(self.out)): path.read_bytes() for path in files}


def done(*jobs: Job) -> list[dict[str, bytes]]:
    """What the jobs write, all of them running at once."""
    running = [job.start() for job in jobs]
    for process in running:
        _, complaint = process.communicate(timeout=300)
        assert process.returncode == 0, complaint.decode()[-2000:]
    return [job.written() for job in jobs]


def _of_its_own(number: int, case: Case) -> str:
    """The first patch of a case without its suppressor, in a folder and with names of its own."""
    text = re.sub(r"\bheron", f"dab_{number}", case.loud.strip("\n")).replace("nest", f"nest_{number}")
    subject, _, rest = text.removeprefix("*** ").partition("\n*** ")[0].partition("\n")
    is_placed = rest.startswith("=== ")
    return f"*** {subject}\n" + (rest if is_placed else f"=== drivers/dab_{number}/dab.c\n{rest}") + "\n"


def series() -> bytes:
    """Patches that rules of all families ask about, each adding files, as an mbox."""
    cases = (case for case in (*objects.CASES, *uses.CASES, *changes.CASES) if "\n " not in case.loud)
    return mailbox("".join(_of_its_own(number, case) for number, case in enumerate(cases)))


def messages(mbox: bytes) -> list[bytes]:
    """The messages of an mbox, each as a file of its own would have it."""
    return [b"From " + part for part in re.split(rb"^From (?=0123)", mbox, flags=re.MULTILINE) if part]


def written(folder: Path, parts: Iterable[bytes], names: Iterable[str]) -> Path:
    """A folder of patch files."""
    folder.mkdir(parents=True)
    for name, part in zip(names, parts, strict=True):
        (folder / name).write_bytes(part)
    return folder


def tree(folder: Path) -> Path:
    """A small tree that the series applies to: some headers, and readers of the first struct."""
    folder.mkdir()
    (folder / "drivers/dab_0").mkdir(parents=True)
    for number in range(6):
        text = f"u32 dab_peek_{number}(struct dab_0 *d)\n{{\n\treturn READ_ONCE(d->rate) + {number};\n}}\n"
        (folder / f"drivers/dab_0/peek{number}.c").write_text(text)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    who = ("-c", "user.name=Robin Example", "-c", "user.email=robin@example.org")
    git(folder, *who, "commit", "-q", "-m", "a small tree")
    return folder
