"""A series laid over its base, patch by patch, keeping for every line where it came from."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from reviewbot.series.apply import Change, Entry, Text, applied, has_words, rebuilt, text_from
from reviewbot.series.diff import merged
from reviewbot.series.model import FileDiff, Patch, Series, Status
from reviewbot.series.sections import section_of
from reviewbot.series.sparse import Segment, SparseFile, SparseLine
from reviewbot.series.view import FileView, Fragment, Origin, older_lines

Read = Callable[[str], bytes | None]
"""Gives the text of a path at the base; None where there is no such file."""
ThreeWay = Callable[[Patch, Mapping[str, bytes]], Mapping[str, bytes] | None]
"""Merges a patch into the texts of the files it changes; None where it conflicts."""


class RemovedLine(NamedTuple):
    """A line that a patch removes; `line` counts in the file before that patch."""

    patch: int
    line: int
    text: str


class _File(msgspec.Struct):
    """What is known of one file; `text` while it is known whole, else `pieces`."""

    base_path: str | None
    base: bytes | None = None
    text: Text | None = None
    pieces: SparseFile | None = None
    history: list[tuple[int, FileDiff]] = msgspec.field(default_factory=list)
    removed: list[bytes] = msgspec.field(default_factory=list)
    """Older lines that the series removed."""
    is_deleted: bool = False


class SeriesTree:
    """The files that a series touches, before and after it.

    With `read` each file diff is applied to the text at the base; where it does not fit,
    `three_way` may merge it; where that fails too, or without `read`, the file is known by
    its hunks alone, and `notes` says so. `applied` names the patches that applied in full.
    """

    def __init__(self, series: Series, read: Read | None = None, three_way: ThreeWay | None = None) -> None:
        self._read = read
        self._three_way = three_way if read is not None else None
        self._files: dict[str, _File] = {}
        self._gone: dict[str, _File] = {}
        self._notes: list[str] = []
        self._unapplied: list[int] = []
        self._clashes: set[int] = set()
        self.applied: tuple[int, ...] = tuple(patch.index for patch in series.patches if self._lay(patch))
        self._moved = self._moved_lines()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was reviewed from its diff alone: a line for all patches that do not apply, and others."""
        if not self._unapplied:
            return tuple(self._notes)
        first, *more = self._unapplied
        note = f"patch {first} does not apply: reviewed from its diff alone"
        if more:
            numbers = f"{', '.join(map(str, self._unapplied[:-1]))} and {more[-1]}"
            hint = "--base names the commit that they apply to"
            note = f"patches {numbers} do not apply: reviewed from their diffs alone ({hint})"
        return (*self._notes, note)

    def paths(self) -> tuple[str, ...]:
        """The C files touched, by their name at the tip (or the last they had), sorted."""
        return tuple(path for path in self.all_paths() if path.endswith((".c", ".h")))

    def all_paths(self) -> tuple[str, ...]:
        """All files touched; see `paths`."""
        return tuple(sorted({**self._gone, **self._files}))

    def tip(self, path: str) -> FileView | None:
        """The file after the series; None where there is none or nothing of it is known."""
        file = self._files.get(path)
        if file is None or file.is_deleted:
            return None
        if file.text is not None:
            return FileView(path, (self._whole(path, file.text),), complete=True)
        segments = file.pieces.segments if file.pieces else []
        found = tuple(self._fragment(path, segment) for segment in segments if segment.live())
        return FileView(path, found, complete=False) if found else None

    def base(self, path: str) -> FileView | None:
        """The file before the series, by its name before or after; None where there was none."""
        file = self._files.get(path) or self._gone.get(path)
        if file is None or file.base_path is None:
            return None
        if file.base is not None:
            origins = older_lines(len(text_from(file.base).lines))
            return FileView(file.base_path, (Fragment(file.base, origins),), complete=True)
        segments = file.pieces.segments if file.pieces else []
        found = tuple(_older_fragment(segment) for segment in segments if segment.older())
        return FileView(file.base_path, found, complete=False) if found else None

    def removed(self, path: str) -> tuple[RemovedLine, ...]:
        """The lines that the series' patches remove from a file, patch by patch."""
        file = self._files.get(path) or self._gone.get(path)
        return tuple(
            RemovedLine(index, line.before, line.text)
            for index, diff in (file.history if file else ())
            for hunk in diff.hunks
            for line in hunk.numbered()
            if line.after is None and line.before is not None
        )

    def _whole(self, path: str, text: Text) -> Fragment:
        origins = list(older_lines(len(text.lines)))
        for at, entry in enumerate(text.lines):
            if entry.patch is not None:
                origins[at] = self._origin(path, entry, at + 1)
        return Fragment(text.content(), tuple(origins))

    def _fragment(self, path: str, segment: Segment) -> Fragment:
        live = segment.live()
        origins = tuple(self._origin(path, line, segment.start + number) for number, line in enumerate(live))
        return _shown(live, origins, segment.section)

    def _origin(self, path: str, line: Entry | SparseLine, number: int) -> Origin:
        if line.patch is None:
            return Origin(None, number)
        return Origin(line.patch, line.line, (path, line.patch, line.line) in self._moved)

    def _lay(self, patch: Patch) -> bool:
        """Lays one patch over the files; whether all of it applied."""
        files = merged(patch.files)
        self._enter(files)
        failed = [diff for diff in files if not self._apply(diff, patch.index)]
        failed = self._merge(patch, failed)
        for diff in failed:
            self._show(diff, patch.index)
        if failed and self._read is not None:
            self._unapplied.append(patch.index)
        return self._read is not None and not failed and patch.index not in self._clashes

    def _enter(self, files: tuple[FileDiff, ...]) -> None:
        """Makes the files of a patch known by their names after it; all of them as they were before it."""
        renames = {diff.before_path: diff.path for diff in files if diff.status is Status.RENAMED}
        entered = {diff.path: self._entered(diff, renames) for diff in files}
        for before, after in renames.items():
            if before is not None and before != after:
                self._files.pop(before, None)
                self._gone[before] = entered[after]
        self._files |= entered

    def _entered(self, diff: FileDiff, renames: Mapping[str | None, str]) -> _File:
        known = diff.path if diff.before_path is None else diff.before_path
        if diff.status is Status.ADDED:
            is_free = known not in self._files or known in renames
            return _File(None) if is_free else self._files[known]
        file = self._files.get(known) or self._opened(known)
        if diff.status is not Status.COPIED:
            return file
        return _File(None, text=file.text, pieces=None if file.text else SparseFile())

    def _opened(self, path: str) -> _File:
        content = self._read(path) if self._read is not None else None
        if content is None:
            return _File(path, pieces=SparseFile())
        return _File(path, content, text_from(content))

    def _apply(self, diff: FileDiff, index: int) -> bool:
        """Applies a file diff to a file known whole; nothing is known of a binary one."""
        file = self._files[diff.path]
        if diff.is_binary:
            file.text, file.base, file.pieces = None, None, SparseFile()
            return True
        if diff.status is Status.ADDED:
            return self._create(file, diff, index)
        if file.text is None or file.is_deleted:
            return False
        change = applied(file.text, diff.hunks, index)
        if change is not None:
            self._keep(file, diff, index, change)
        return change is not None

    def _create(self, file: _File, diff: FileDiff, index: int) -> bool:
        """A new file is known whole from its diff; one that was there already makes a note."""
        was_there = file.text is not None and not file.is_deleted
        if was_there or (self._read and not file.history and self._read(diff.path) is not None):
            self._notes.append(
                f"patch {index} adds {diff.path}, which was there already: read from its diff alone"
            )
            self._clashes.add(index)
        change = applied(Text(()), diff.hunks, index)
        if change is None:
            return False
        self._keep(file, diff, index, change)
        file.pieces = None
        return True

    def _keep(self, file: _File, diff: FileDiff, index: int, change: Change) -> None:
        file.text = change.text
        file.removed += [entry.text for entry in change.removed if entry.patch is None]
        file.history.append((index, diff))
        file.is_deleted = diff.status is Status.DELETED

    def _merge(self, patch: Patch, failed: list[FileDiff]) -> list[FileDiff]:
        """Has the diffs that did not apply merged, where there is somebody to do it; the rest is returned."""
        texts = {diff.before_path or diff.path: self._files[diff.path].text for diff in failed}
        known = {path: text.content() for path, text in texts.items() if text is not None}
        if self._three_way is None or not failed or len(known) != len(failed):
            return failed
        results = self._three_way(replace(patch, files=tuple(failed)), known)
        if results is None:
            return failed
        for diff in failed:
            file = self._files[diff.path]
            before = file.text or Text(())
            change = rebuilt(before, results.get(diff.path, b""), diff.hunks, patch.index)
            self._keep(file, diff, patch.index, change)
        return []

    def _show(self, diff: FileDiff, index: int) -> None:
        """Lays a diff that did not apply over the pieces of its file, which is no longer known whole."""
        file = self._files[diff.path]
        if file.pieces is None or file.text is not None:
            file.text, file.base, file.removed = None, None, []
            file.pieces = SparseFile()
            for earlier, shown in file.history:
                file.removed += [line.text for line in file.pieces.add(shown.hunks, earlier)]
        file.removed += [line.text for line in file.pieces.add(diff.hunks, index)]
        file.history.append((index, diff))
        file.is_deleted = diff.status is Status.DELETED

    def _moved_lines(self) -> set[tuple[str, int, int]]:
        """The added lines whose text, but for white space, was removed too; each removal serves once."""
        files = {id(file): file for file in (*self._gone.values(), *self._files.values())}
        texts = (_folded(text) for file in files.values() for text in file.removed)
        left = Counter(text for text in texts if has_words(text))
        moved: set[tuple[str, int, int]] = set()
        for index, path, line, text in sorted(self._added(left.keys())):
            if left[text] > 0:
                left[text] -= 1
                moved.add((path, index, line))
        return moved

    def _added(self, texts: Collection[bytes]) -> Iterator[tuple[int, str, int, bytes]]:
        """The lines that patches added and whose folded text is one of `texts`."""
        for path, file in self._files.items() if texts else ():
            for line in _tip_lines(file):
                if line.patch is not None and (text := _folded(line.text)) in texts:
                    yield line.patch, path, line.line, text


def _tip_lines(file: _File) -> Iterable[Entry | SparseLine]:
    if file.text is not None:
        return file.text.lines
    return (line for segment in (file.pieces.segments if file.pieces else ()) for line in segment.live())


def _folded(text: bytes) -> bytes:
    return b"".join(text.split())


def _older_fragment(segment: Segment) -> Fragment:
    older = segment.older()
    return _shown(older, tuple(Origin(None, line.line) for line in older), segment.section)


def _shown(lines: list[SparseLine], origins: tuple[Origin, ...], heading: str) -> Fragment:
    texts = [line.text for line in lines]
    return Fragment(b"".join(text + b"\n" for text in texts), origins, section_of(heading, texts))
