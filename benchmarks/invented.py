"""A series of seven patches made up on a real kernel tree when it is needed.

Nothing of the kernel is kept: its files are read from the tree's own git, our lines go in
between theirs, and git formats the patches, all in a temporary repository that borrows the
tree's objects. The tree itself is only read. Same tree, same series.
"""

import os
import re
import subprocess
from pathlib import Path

HEADER = "arch/x86/include/asm/kvm_host.h"
FILES = (
    "arch/x86/kvm/mmu/mmu.c",
    "virt/kvm/kvm_main.c",
    "arch/x86/kvm/mmu/tdp_mmu.c",
    "arch/x86/kvm/svm/svm.c",
    "arch/x86/kvm/x86.c",
    "arch/x86/kvm/lapic.c",
    "arch/x86/kvm/vmx/vmx.c",
)
"""Of 1,800 to 13,000 lines in Linux 6.12; each patch changes two of them, and the header."""

_STRUCT = re.compile(r"^struct kvm_arch \{\n", re.MULTILINE)
_STATEMENT = re.compile(r"^\t[a-z]\w+\([^\n;{}]*\);\n(?=\t\S)", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:static |int |void |bool )[^\n;=]*\([^;{}]*\)\n\{\n", re.MULTILINE)
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A U Thor"), ("EMAIL", "author@example.org"), ("DATE", "1700000000 +0000"))
}

_BLOCK = """\
struct ledger_{n} {{
	spinlock_t lock;
	unsigned long total;
	bool is_open;
	struct rcu_head rcu;
}};

static int ledger_{n}_open(struct kvm *kvm)
{{
	struct ledger_{n} *ledger;

	ledger = kzalloc(sizeof(*ledger), GFP_KERNEL_ACCOUNT);
	if (!ledger)
		return -ENOMEM;

	spin_lock_init(&ledger->lock);
	ledger->total = {n};
	kvm->arch.ledger_{n} = ledger;
	smp_wmb();
	kvm->arch.ledger_open_{n} = true;
	return 0;
}}

static unsigned long ledger_{n}_total(struct kvm *kvm)
{{
	struct ledger_{n} *ledger = kvm->arch.ledger_{n};
	unsigned long total = 0;

	if (!kvm->arch.ledger_open_{n})
		return 0;

	spin_lock(&ledger->lock);
	if (ledger->is_open)
		total = ledger->total;
	spin_unlock(&ledger->lock);
	return total;
}}

static void ledger_{n}_close(struct kvm *kvm)
{{
	struct ledger_{n} *ledger = kvm->arch.ledger_{n};

	kvm->arch.ledger_open_{n} = false;
	WRITE_ONCE(kvm->arch.ledger_{n}, NULL);
	kfree_rcu(ledger, rcu);
}}

"""


class _Shadow:
    """A bare repository that borrows the objects of another one."""

    def __init__(self, tree: Path, folder: Path) -> None:
        objects = _output(["git", "-C", str(tree), "rev-parse", "--git-path", "objects"]).strip()
        self._environment = os.environ | _IDENTITY | {
            "GIT_DIR": str(folder / "git"),
            "GIT_INDEX_FILE": str(folder / "index"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((tree / objects).resolve()),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
        }  # fmt: skip
        self.run("init", "--quiet", "--bare")
        self.head = _output(["git", "-C", str(tree), "rev-parse", "HEAD"]).strip()
        self.run("read-tree", self.head)

    def run(self, *arguments: str, given: str = "") -> str:
        return _output(["git", *arguments], given, self._environment)

    def text(self, path: str) -> str:
        return self.run("cat-file", "blob", f"{self.head}:{path}")

    def commit(self, texts: dict[str, str], subject: str, parent: str) -> str:
        for path, text in sorted(texts.items()):
            blob = self.run("hash-object", "-w", "--stdin", given=text).strip()
            self.run("update-index", "--cacheinfo", f"100644,{blob},{path}")
        tree = self.run("write-tree").strip()
        message = f"{subject}\n\nMade up to measure with.\n\nSigned-off-by: A U Thor <author@example.org>\n"
        return self.run("commit-tree", tree, "-p", parent, given=message).strip()


def _output(command: list[str], given: str = "", environment: dict[str, str] | None = None) -> str:
    raw = given.encode("utf-8", "surrogateescape")
    done = subprocess.run(command, input=raw, capture_output=True, check=True, env=environment)
    return done.stdout.decode("utf-8", "surrogateescape")


def make_series(tree: Path, folder: Path) -> tuple[Path, tuple[Path, ...]]:
    """The mailbox and the patch files of a series on the HEAD of `tree`, written to `folder`."""
    return _made(tree, folder, 1)


def make_rounds(tree: Path, folder: Path, rounds: int) -> Path:
    """The mailbox of a series that goes over the seven files so many times, a patch for each."""
    folder.mkdir()
    return _made(tree, folder, rounds)[0]


def make_fields(tree: Path, folder: Path, count: int) -> Path:
    """The mailbox of a series of one patch, with `count` times two new fields and their functions."""
    folder.mkdir()
    shadow = _Shadow(tree, folder)
    texts = {path: shadow.text(path) for path in (HEADER, FILES[0])}
    for number in range(1, count + 1):
        texts[HEADER] = _with_members(texts[HEADER], number)
        texts[FILES[0]] = _with_block(texts[FILES[0]], number)
    return _sent(shadow, shadow.commit(texts, "KVM: ledgers", shadow.head), folder)[0]


def _made(tree: Path, folder: Path, rounds: int) -> tuple[Path, tuple[Path, ...]]:
    shadow = _Shadow(tree, folder)
    texts = {path: shadow.text(path) for path in (HEADER, *FILES)}
    tip = shadow.head
    for number in range(1, 7 * rounds + 1):
        changed = (HEADER, FILES[(number - 1) % len(FILES)], FILES[number % len(FILES)])
        texts[HEADER] = _with_members(texts[HEADER], number)
        texts[changed[1]] = _with_block(_with_calls(texts[changed[1]], number, 12), number)
        texts[changed[2]] = _with_calls(texts[changed[2]], number, 5)
        tip = shadow.commit({path: texts[path] for path in changed}, f"KVM: ledger, part {number}", tip)
    return _sent(shadow, tip, folder)


def _sent(shadow: _Shadow, tip: str, folder: Path) -> tuple[Path, tuple[Path, ...]]:
    """The commits above the tree's HEAD as git formats them: the mailbox, and the files of the patches."""
    out = ("--output-directory", str(folder / "patches"))
    options = ("--quiet", "--cover-letter", "--base", shadow.head)
    shadow.run("format-patch", *options, *out, f"{shadow.head}..{tip}")
    files = tuple(sorted((folder / "patches").glob("*.patch")))
    mailbox = folder / "series.mbox"
    mailbox.write_bytes(b"".join(file.read_bytes() for file in files))
    return mailbox, files[1:]


def _with_members(text: str, number: int) -> str:
    lines = f"\tstruct ledger_{number} *ledger_{number};\n\tbool ledger_open_{number};\n"
    return _STRUCT.sub(lambda match: match.group() + lines, text, count=1)


def _with_block(text: str, number: int) -> str:
    """The text with our functions above the one in its middle."""
    starts = [match.start() for match in _FUNCTION.finditer(text)]
    middle = text.rindex("\n\n", 0, starts[len(starts) // 2]) + 2
    return text[:middle] + _BLOCK.format(n=number) + text[middle:]


def _with_calls(text: str, number: int, count: int) -> str:
    """The text with `count` statements of ours behind calls, spread over the file."""
    ends = [match.end() for match in _STATEMENT.finditer(text)]
    chosen = {ends[(index * 2 + 1) * len(ends) // (count * 2)] for index in range(count)}
    out, last = [], 0
    for end in sorted(chosen):
        out += [text[last:end], f"\tWRITE_ONCE(ledger_count_{number}, ledger_count_{number} + 1);\n"]
        last = end
    return "".join([*out, text[last:]])
