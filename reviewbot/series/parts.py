"""A series too large to be looked at as a whole, in parts that memory holds.

The analysis keeps some 100 bytes for each byte of dense code. Ordinary series are one part.
"""

import posixpath
from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from reviewbot.series.model import FileDiff, Series, Unread

MOST_AT_ONCE = 2_000_000
"""Characters of C, context included, that are looked at together; a series of less is not divided."""
LARGEST_FILE = 4_000_000
"""A file with more than this in its hunks is a generated table; the largest source of Linux has 1.1 MB."""


class Parts(msgspec.Struct, frozen=True):
    """The parts of a series, each a series of all its patches with some of their files."""

    series: tuple[Series, ...]
    unread: tuple[Unread, ...] = ()
    """The files that no part has."""


def divided(series: Series) -> Parts:
    """The series in parts: files of one folder together where they fit, in the order of paths."""
    sizes = _sizes(series)
    if sum(sizes.values()) <= MOST_AT_ONCE:
        return Parts((series,))
    names = _first_names(series)
    wholes: dict[str, int] = {}
    for path, size in sizes.items():
        wholes[names[path]] = wholes.get(names[path], 0) + size
    left_out = {name for name, size in wholes.items() if size > LARGEST_FILE}
    unread = tuple(
        Unread(name, None, f"{wholes[name] / 1e6:.0f} MB in one file: too large to be looked at")
        for name in sorted(left_out)
    )
    kept = {name: size for name, size in wholes.items() if name not in left_out}
    groups = [{path for path in names if names[path] in group} for group in _groups(kept)]
    return Parts(tuple(_part(series, group) for group in groups) or (_part(series, set()),), unread)


def _sizes(series: Series) -> dict[str, int]:
    """The characters in the hunks of each C file."""
    sizes: dict[str, int] = {}
    for file in _files(series):
        if file.path.endswith((".c", ".h")):
            sizes[file.path] = sizes.get(file.path, 0) + sum(
                len(line) for hunk in file.hunks for line in hunk.lines
            )
    return sizes


def _files(series: Series) -> Iterator[FileDiff]:
    for patch in series.patches:
        yield from patch.files


def _first_names(series: Series) -> dict[str, str]:
    """Each path with the first name that its file had, so that renamed files stay together."""
    names: dict[str, str] = {}
    for file in _files(series):
        before = file.before_path or file.path
        names.setdefault(before, before)
        names.setdefault(file.path, names[before])
    return names


def _groups(sizes: Mapping[str, int]) -> Iterator[set[str]]:
    """The files in groups of `MOST_AT_ONCE` or less; only a larger file has a group of its own."""
    group: set[str] = set()
    filled = 0
    for files in _by_folder(sizes):
        if filled and filled + sum(sizes[path] for path in files) > MOST_AT_ONCE:
            yield group
            group, filled = set(), 0
        for path in files:
            if filled and filled + sizes[path] > MOST_AT_ONCE:
                yield group
                group, filled = set(), 0
            group.add(path)
            filled += sizes[path]
    if group:
        yield group


def _by_folder(paths: Mapping[str, int]) -> Iterator[list[str]]:
    folders: dict[str, list[str]] = {}
    for path in sorted(paths):
        folders.setdefault(posixpath.dirname(path), []).append(path)
    for folder in sorted(folders):
        yield folders[folder]


def _part(series: Series, paths: set[str]) -> Series:
    patches = tuple(
        replace(patch, files=tuple(file for file in patch.files if file.path in paths))
        for patch in series.patches
    )
    return replace(series, patches=patches)
