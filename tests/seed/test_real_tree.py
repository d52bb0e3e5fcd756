"""The real tree: the form in which lazy rmaps went into mainline, reviewed as the patch that adds it.

What the patch adds is cut out of the tree at run time; of the kernel nothing is kept here.
"""

import io
import re
from functools import cache
from pathlib import Path

import msgspec
import pytest

from reviewbot.findings import Finding
from reviewbot.pipeline import read_series, review
from reviewbot.sources.git import Repository
from tests.seed.fixture import NOON, Files, git
from tests.seed.reviews import functions, shown

pytestmark = pytest.mark.tree

HOST, HELPERS, MMU, TRACK = (
    "arch/x86/include/asm/kvm_host.h",
    "arch/x86/kvm/mmu.h",
    "arch/x86/kvm/mmu/mmu.c",
    "arch/x86/kvm/mmu/page_track.c",
)
FLAG = "kvm->arch.shadow_root_allocated"
RELEASE = f"smp_store_release(&{FLAG}, true);"
ACQUIRE = f"smp_load_acquire(&{FLAG})"
CUTS = (
    (HOST, r"^\tbool shadow_root_allocated;\n", ""),
    (HELPERS, r"^static inline bool kvm_shadow_root_allocated\(.*?^}\n\n", ""),
    (HELPERS, r" \|\| kvm_shadow_root_allocated\(kvm\)", ""),
    (MMU, r"^static int mmu_first_shadow_root_alloc\(.*?^}\n\n", ""),
    (MMU, r"^\tr = mmu_first_shadow_root_alloc\(.*?return r;\n\n", ""),
    (TRACK, r"\n\s*kvm_shadow_root_allocated\(kvm\) \|\|", ""),
)
"""What the patch brings in: file, what to cut out, what is left in its place."""

READERS = ["kvm_memslots_have_rmaps", "kvm_page_track_write_tracking_enabled"]
WRITER = "mmu_first_shadow_root_alloc"


class Cut(msgspec.Struct, frozen=True):
    """A repository of our own that borrows the tree's objects; `base` lacks what the patch adds."""

    folder: Path
    base: str
    files: tuple[tuple[str, str], ...]
    """The files of the patch as the tree has them."""

    @cache  # noqa: B019 - one object for the module
    def review(self, *edits: tuple[str, str, str]) -> list[Finding]:
        """What is asked of the patch when some text of it is another one: (path, old, new)."""
        files = dict(self.files)
        for path, old, new in edits:
            assert files[path].count(old) == 1, f"{path} has no single {old!r}"
            files[path] = files[path].replace(old, new)
        tip = commit(self.folder, files, self.base, "KVM: x86/mmu: Remember the first shadow root")
        with Repository.open(self.folder) as opened:
            series = read_series((f"{self.base}..{tip}",), opened, None, io.BytesIO())
            return shown(review(series, opened))


def commit(folder: Path, files: Files, parent: str | None, subject: str) -> str:
    """A commit with some files changed, made by git fast-import."""
    message = f"{subject}\n".encode()
    lines = [f"commit refs/heads/made\nmark :1\ncommitter Robin Example <robin@example.org> {NOON} +0000\n"]
    lines += [f"data {len(message)}\n{subject}\n", f"from {parent}\n"]
    parts = [part.encode() for part in lines]
    for path, text in files.items():
        raw = text.encode()
        parts.append(f"M 100644 inline {path}\ndata {len(raw)}\n".encode() + raw + b"\n")
    git(folder, "fast-import", "--quiet", "--force", given=b"".join(parts) + b"done\n")
    return git(folder, "rev-parse", "refs/heads/made").decode().strip()


@pytest.fixture
def cut(kernel_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Cut:
    """The tree of REVIEWBOT_TREE, its objects borrowed; it is only read."""
    return cut_out(kernel_tree, tmp_path_factory.getbasetemp() / "cut")


@cache
def cut_out(tree: Path, folder: Path) -> Cut:
    objects = git(tree, "rev-parse", "--path-format=absolute", "--git-path", "objects").decode().strip()
    head = git(tree, "rev-parse", "HEAD").decode().strip()
    folder.mkdir()
    git(folder, "init", "-q", "--bare")
    (folder / "objects/info/alternates").write_text(f"{objects}\n")
    files = {path: git(tree, "show", f"{head}:{path}").decode() for path in (HOST, HELPERS, MMU, TRACK)}
    without = dict(files)
    for path, pattern, rest in CUTS:
        without[path], count = re.subn(pattern, rest, without[path], flags=re.DOTALL | re.MULTILINE)
        assert count == 1, f"{path} has another form: {pattern}"
    base = commit(folder, without, head, "x86: Before the first shadow root")
    return Cut(folder, base, tuple(files.items()))


PLAIN_STORE = (MMU, RELEASE, f"{FLAG} = true;")
PLAIN_LOAD = (HELPERS, ACQUIRE, FLAG)


def test_the_mainline_form_draws_no_comment(cut: Cut) -> None:
    """Check, lock, recheck, allocate, release; and every reader behind the acquire."""
    assert [f"{each.rule}: {each.line_text}" for each in cut.review()] == []


@pytest.mark.parametrize(
    ("edits", "rule", "write", "read"),
    [
        ((PLAIN_STORE,), "one-sided-pair", "plain", "acquire"),
        ((PLAIN_LOAD,), "one-sided-pair", "release", "plain"),
        ((PLAIN_STORE, PLAIN_LOAD), "flag-publishes-data", "plain", "plain"),
    ],
    ids=["plain-store", "plain-load", "plain-both"],
)
def test_made_plain_it_draws_one_that_names_writer_readers_and_payload(
    cut: Cut, edits: tuple[tuple[str, str, str], ...], rule: str, write: str, read: str
) -> None:
    """One comment, whichever side is plain, and all that is needed to answer it."""
    findings = cut.review(*edits)
    assert [each.rule for each in findings] == [rule]
    finding = findings[0]
    assert (finding.field.struct, finding.field.name) == ("kvm_arch", "shadow_root_allocated")
    assert functions(finding, writes=True) == [WRITER]
    assert functions(finding) == READERS
    assert [access.marking.value for access in finding.accesses] == [write, read, read]
    said = f"{finding.place.function}(): {finding.message} {finding.suggestion.text}"
    assert "slot->arch.rmap[i]" in said
    assert f"{WRITER}()" in said
    assert all(f"{name}()" in said for name in READERS)
    assert finding.suggestion.write == "smp_store_release"
    assert finding.suggestion.read == "smp_load_acquire"
