"""The tree that the bundled example applies to, and git with a fixed author and clock."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/larch.mbox"

CODE = """\
// SPDX-License-Identifier: GPL-2.0
/*
 * Driver of a data logger.
 */
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "larch.h"

#define LARCH_DATA	0x10
#define LARCH_STATUS	0x80

static ssize_t larch_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct larch *l = file->private_data;
	u32 value = readl(l->regs + LARCH_DATA);

	if (count < sizeof(value))
		return -EINVAL;
	if (copy_to_user(buf, &value, sizeof(value)))
		return -EFAULT;

	return sizeof(value);
}

static const struct file_operations larch_fops = {
	.owner = THIS_MODULE,
	.open = larch_open,
	.read = larch_read,
};

int larch_start(struct larch *l)
{
	mutex_init(&l->config_lock);

	return larch_register(l, &larch_fops);
}
"""
HEADER = """\
/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LARCH_H
#define LARCH_H

struct larch {
	struct device *dev;
	void __iomem *regs;
	struct mutex config_lock;	/* serialises changes of the setup */
};

#endif
"""
DATE = "2025-03-05T12:00:00+0000"
_IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "Morgan Maintainer"),
        ("EMAIL", "morgan@example.org"),
        ("DATE", DATE),
    )
}


def environment() -> dict[str, str]:
    """That of this process, with a fixed author and clock for git."""
    return os.environ | _IDENTITY


def git(folder: Path, *arguments: str, given: bytes | None = None, env: dict[str, str] | None = None) -> str:
    env = env or environment()
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=given, capture_output=True, check=True, env=env
    )
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def make_tree(folder: Path) -> Path:
    """A repository on `main` that the example applies to."""
    (folder / "drivers/misc").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for key, value in (("user.name", "Morgan Maintainer"), ("user.email", "morgan@example.org")):
        git(folder, "config", key, value)
    (folder / "drivers/misc/larch.c").write_text(CODE, encoding="utf-8")
    (folder / "drivers/misc/larch.h").write_text(HEADER, encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Linux")
    return folder


def mails(mbox: bytes) -> list[bytes]:
    """The messages of an mbox as `git format-patch` writes it."""
    return [each.partition(b"\n")[2] for each in re.split(rb"(?m)^(?=From [0-9a-f]{40} )", mbox)[1:]]


def apply(tree: Path, mbox: bytes, env: dict[str, str] | None = None) -> None:
    """The patches of an mbox as commits on top of where the tree stands."""
    line = b"From " + b"0" * 40 + b" Mon Sep 17 00:00:00 2001\n"
    patches = [line + each for each in mails(mbox) if b"\ndiff --git " in each]
    git(tree, "am", "-q", "--keep-cr", given=b"".join(patches), env=env)


def track(tree: Path, first: str, count: int) -> str:
    """A tracking commit on top, as b4 makes one, made without b4; its id."""
    data = {
        "series": {"first-patch-commit": first, "change-id": "larch"},
        "patches": [{"header-info": {"msgid": f"{number}@example.org"}} for number in range(1, count + 1)],
    }
    keep(tree, data)
    return git(tree, "rev-parse", "HEAD")


def keep(tree: Path, data: object, *options: str, text: str = "larch\n\nWords of a stranger.") -> None:
    """Commit tracking data."""
    message = f"{text}\n\n--- b4-review-tracking ---\n# For b4 alone.\n{json.dumps(data, indent=2)}"
    git(tree, "commit", "-q", "--allow-empty", *options, "-F", "-", given=message.encode())


def make_program(folder: Path) -> Path:
    """A `reviewbot` to call by its path, as b4 does."""
    program = folder / "reviewbot"
    code = "from reviewbot.cli import main; main()"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}\n", encoding="utf-8"
    )
    program.chmod(0o755)
    return program
