"""Three-way application: `git apply --3way` with an index and an object store of our own."""

from collections.abc import Callable, Mapping

from reviewbot.series.diff import rendered
from reviewbot.series.model import Patch, Status
from reviewbot.sources.git import Repository


def three_way(repository: Repository) -> Callable[[Patch, Mapping[str, bytes]], Mapping[str, bytes] | None]:
    """For `SeriesTree`: merges a patch into texts, with the blobs that its index lines name.

    All of it happens in the shadow of the repository: neither worktree, index, refs nor
    objects of the user's are written.
    """

    def merge(patch: Patch, texts: Mapping[str, bytes]) -> Mapping[str, bytes] | None:
        return _merged(repository, patch, texts)

    return merge


def _merged(repository: Repository, patch: Patch, texts: Mapping[str, bytes]) -> Mapping[str, bytes] | None:
    shadow = repository.shadow
    if any("\n" in path or "\0" in path for path in texts):
        return None
    shadow.run(("read-tree", "--empty"))
    entries = bytearray()
    for path, content in texts.items():
        blob = shadow.run(("hash-object", "-w", "--stdin", "--no-filters"), content).strip()
        entries += b"100644 " + blob + b"\t" + path.encode("utf-8", "surrogateescape") + b"\0"
    shadow.run(("update-index", "-z", "--index-info"), bytes(entries))
    diff = "".join(map(rendered, patch.files)).encode("utf-8", "surrogateescape")
    status, _ = shadow.attempt(("apply", "--cached", "--3way", "--whitespace=nowarn", "-"), diff)
    return _contents(repository, patch) if status == 0 else None


def _contents(repository: Repository, patch: Patch) -> Mapping[str, bytes] | None:
    """The texts of the patch's files in the shadow's index."""
    listed = repository.shadow.run(("ls-files", "--stage", "-z")).split(b"\0")
    blobs: dict[bytes, str] = {}
    for entry in filter(None, listed):
        words, _, path = entry.partition(b"\t")
        blobs[path] = words.split()[1].decode("ascii")
    found: dict[str, bytes] = {}
    for file in patch.files:
        if file.status is Status.DELETED:
            continue
        blob = blobs.get(file.path.encode("utf-8", "surrogateescape"))
        content = repository.read_blob(blob) if blob else None
        if content is None:
            return None
        found[file.path] = content
    return found
