"""Small repositories for tests, made by git itself with fixed names and dates."""

import hashlib
import os
import subprocess
from pathlib import Path

WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "Ada Lamp"),
        ("EMAIL", "ada@example.org"),
        ("DATE", "2026-03-02T10:00:00+0100"),
    )
}


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    """What git prints in that folder, under a name and a date of our own."""
    command = ["git", "-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | WHO, input=given, capture_output=True, check=True
    )
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def commit(folder: Path, message: str, files: dict[str, str | None]) -> str:
    """Commits files (None removes one); gives the commit's id."""
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8", newline="")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def new_repository(folder: Path, *options: str) -> Path:
    """An empty repository."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", *options)
    return folder


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    """Mode and hash of every file below a folder, and the names of its folders."""
    found: dict[str, tuple[int, str]] = {}
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (path.lstat().st_mode, hashlib.sha256(data).hexdigest())
    return found
