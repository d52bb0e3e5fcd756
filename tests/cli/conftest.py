"""Runs the command line as a program does, and makes small repositories to run it in."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from reviewbot.cli import main

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "larch.mbox"

BEFORE = """\
#include <linux/fs.h>

struct larch {
	struct mutex lock;
	int width;
	bool ready;
};

static ssize_t larch_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct larch *l = file->private_data;

	return put_user(1, buf);
}

static const struct file_operations larch_fops = {
	.read = larch_read,
};
"""
AFTER = (
    BEFORE.replace(
        "\treturn put_user(1, buf);\n",
        "\tif (!l->ready)\n\t\treturn -EAGAIN;\n\n\treturn put_user(l->width, buf);\n",
    )
    .replace(
        "static const struct",
        """\
static long larch_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct larch *l = file->private_data;

	mutex_lock(&l->lock);
	l->width = arg;
	l->ready = true;
	mutex_unlock(&l->lock);

	return 0;
}

static const struct""",
        1,
    )
    .replace("\t.read = larch_read,\n", "\t.read = larch_read,\n\t.unlocked_ioctl = larch_ioctl,\n")
)


class Ran(msgspec.Struct, frozen=True):
    """How a run ended."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def complaint(self) -> str:
        """The one line on stderr that a run with wrong input ends with."""
        assert self.status == 2, self
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("reviewbot: ")
        assert self.err.isascii() or self.err.strip().isprintable()
        assert "\x1b" not in self.err
        return self.err.strip()


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("review", "x.mbox", cwd=..., stdin=b"")`; stands in an empty folder unless told."""

    def start(*arguments: str, cwd: Path | None = None, stdin: bytes = b"") -> Ran:
        out, err = io.BytesIO(), io.BytesIO()
        with monkeypatch.context() as patch:
            patch.chdir(cwd or tmp_path)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
            patch.setattr(sys, "stdout", io.TextIOWrapper(out, "utf-8"))
            patch.setattr(
                sys, "stderr", io.TextIOWrapper(err, "utf-8", "backslashreplace", write_through=True)
            )
            with pytest.raises(SystemExit) as ended:
                main(list(arguments))
            sys.stdout.flush()
            return Ran(int(ended.value.code or 0), out.getvalue(), err.getvalue().decode())

    return start


def start_program(*arguments: str) -> "subprocess.Popen[bytes]":
    """The same in a process of its own, for what only a process can show."""
    # a shell starts what runs in the background with interrupts ignored, and children inherit that
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.path.insert(0, {str(ROOT)!r}); from reviewbot.cli import main; main()"
    )
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdin=pipe, stdout=pipe, stderr=pipe)


def git(folder: Path, *arguments: str) -> str:
    """Git with a fixed author and clock."""
    settings = (
        "user.name=Robin Example",
        "user.email=robin@example.org",
        "init.defaultBranch=main",
        "gc.auto=0",
    )
    options = [word for setting in settings for word in ("-c", setting)]
    done = subprocess.run(
        ["git", *options, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env=None,
    )
    return done.stdout


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """A repository with a driver on `main`, and on `topic` a commit that deserves a comment."""
    folder = tmp_path / "kernel"
    (folder / "drivers/misc").mkdir(parents=True)
    file = folder / "drivers/misc/larch.c"
    git(folder, "init", "-q")
    file.write_text(BEFORE)
    (folder / "MAINTAINERS").write_text("Larch\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Linux")
    git(folder, "checkout", "-q", "-b", "topic")
    file.write_text(AFTER)
    git(folder, "commit", "-q", "-a", "-m", "larch: Let user space set the width")
    return folder
