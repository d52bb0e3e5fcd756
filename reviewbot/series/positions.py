"""Where in a patch's diff a line of a file stands; what reply drafts and forges ask for."""

from typing import NamedTuple

from reviewbot.series.model import FileDiff, Patch, Series, Status


class DiffPosition(NamedTuple):
    """A line of a patch: the file diff, the hunk's index in it, the line's index in `hunk.lines`."""

    file: FileDiff
    hunk: int
    line: int


def position(series: Series, patch: int, path: str, line: int) -> DiffPosition | None:
    """The place of line `line` of `path`, counted after patch `patch`; None if its diff does not show it.

    `path` may be the file's name then or at the tip.
    """
    found = patch_of(series, patch)
    if found is None:
        return None
    return position_in(found, path, line) or position_in(found, name_after(series, patch, path), line)


def name_after(series: Series, patch: int, path: str) -> str:
    """The name that the file `path` of the tip has after patch `patch`, before later ones rename it."""
    for later in sorted(series.patches, key=lambda entry: entry.index, reverse=True):
        if later.index <= patch:
            break
        renames = (file for file in later.files if file.status is Status.RENAMED and file.after_path == path)
        path = next((file.before_path for file in renames if file.before_path), path)
    return path


def position_in(patch: Patch, path: str, line: int) -> DiffPosition | None:
    """As `position`, in one patch."""
    for file in patch.files:
        if file.after_path != path:
            continue
        for index, hunk in enumerate(file.hunks):
            if not hunk.after_start <= line < hunk.after_start + hunk.after_count:
                continue
            numbers = [shown.after for shown in hunk.numbered()]
            shown = [number for number, text in enumerate(hunk.lines) if text[:1] != "\\"]
            return DiffPosition(file, index, shown[numbers.index(line)])
    return None


def patch_of(series: Series, index: int) -> Patch | None:
    """The patch of that index."""
    return next((patch for patch in series.patches if patch.index == index), None)
