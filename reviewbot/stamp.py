"""A digest of what decides an answer beside its input: a kept one is used only where it would be made."""

import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from reviewbot import __version__

_PARSERS = ("tree_sitter", "tree_sitter_c")
_ENDINGS = frozenset({".py", ".yaml", ".scm"})


@cache
def stamp(*names: str) -> bytes:
    """Of our code and tables in these folders and modules of the package, of Python, and of the parser."""
    made = hashlib.blake2b(f"{__version__}\n{sys.version}\n".encode(), digest_size=20)
    for name in names:
        made.update(_digest(name))
    for folder in _parsers():
        for path in sorted(folder.glob("*.so")):
            known = path.stat()
            made.update(f"{path.name} {known.st_size} {known.st_mtime_ns}\n".encode())
    return made.digest()


@cache
def _digest(name: str) -> bytes:
    """Of what is in a folder or module of the package."""
    made = hashlib.blake2b(digest_size=20)
    root = Path(__file__).resolve().parent
    for path in _files(root / name):
        made.update(f"{path.relative_to(root)}\n".encode())
        made.update(path.read_bytes())
    return made.digest()


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(one for one in path.rglob("*.*") if one.suffix in _ENDINGS)


def _parsers() -> Iterator[Path]:
    """Where the parser and its grammar are; they are not imported for this."""
    for name in _PARSERS:
        found = find_spec(name)
        if found is not None and found.origin is not None:
            yield Path(found.origin).parent
