"""`--check-with-herd`, with a stand-in for herd7 on PATH: what it is given, and what is made of its word."""

import re
import stat
import sys
from pathlib import Path

import pytest

from reviewbot.memory_model.model import DEFAULT_FOLDER
from tests.cli.conftest import EXAMPLE, Run, git
from tests.memory_model.texts import MAIL, PLAIN

SAID = """\
Test mail-and-note Allowed
States 4
1:r0=0; 1:r1=0;
1:r1=1; 1:r0=0;
1:r0=1; 1:r1=0;
1:r0=1; 1:r1=1;
Ok
Witnesses
Positive: 1 Negative: 3
Condition exists (1:r0=1 /\\ 1:r1=0)
Observation mail-and-note Sometimes 1 3
Time mail-and-note 0.01
Hash=0123456789abcdef0123456789abcdef
"""
SAME = "Same mail-and-note: herd7 agrees\n"


class Herd:
    """A program named herd7 that notes how it is called and prints what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.says(SAID)

    def says(self, text: str, status: int = 0, seconds: float = 0, error: str = "") -> None:
        self._write(
            f"import time; time.sleep({seconds})\nprint({text!r}, end='')\n"
            f"print({error!r}, file=sys.stderr)\nsys.exit({status})\n"
        )

    def echoes_results(self) -> None:
        """Says of each test what its Result header does."""
        self._write(
            "import re\n"
            "word = re.search('Result: (\\\\w+)', Path('test.litmus').read_text())[1]\n"
            "print(f'Observation x {word} 1 1')\n"
        )

    def _write(self, body: str) -> None:
        script = self.folder / "herd7"
        script.write_text(
            f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
            f"with open({str(self.folder / 'calls')!r}, 'a') as calls:\n"
            "    print(*sys.argv[1:], Path.cwd(), *sorted(p.name for p in Path().iterdir()), file=calls)\n"
            f"Path({str(self.folder / 'cfg')!r}).write_text(Path('linux-kernel.cfg').read_text())\n" + body
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)

    @property
    def calls(self) -> list[list[str]]:
        return [line.split() for line in (self.folder / "calls").read_text().splitlines()]

    @property
    def configuration(self) -> list[str]:
        return (self.folder / "cfg").read_text().splitlines()


@pytest.fixture
def herd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Herd:
    made = Herd(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(made.folder), prepend=":")
    return made


@pytest.fixture
def mail(tmp_path: Path) -> str:
    (tmp_path / "mail.litmus").write_text(MAIL)
    return "mail.litmus"


def test_agreement(run: Run, herd: Herd, mail: str) -> None:
    done = run("litmus", "--check-with-herd", mail)
    assert (done.status, done.err) == (0, "")
    assert done.text.endswith(f"Observation mail-and-note Sometimes 1 3\n{SAME}")
    [call] = herd.calls
    assert call[:3] == ["-conf", "linux-kernel.cfg", "test.litmus"]
    assert not Path(call[3]).exists(), "its folder is gone again"
    assert {"test.litmus", "linux-kernel.cfg", "ordering.cat", "events.cat", "kernel-functions.def"} <= {
        *call[4:]
    }
    assert herd.configuration == ["macros kernel-functions.def", "bell events.cat", "model ordering.cat"]


def test_other_spellings_of_a_state(run: Run, herd: Herd, mail: str, tmp_path: Path) -> None:
    (tmp_path / mail).write_text(MAIL.replace("exists (", "locations [mail;]\nexists ("))
    herd.says(re.sub(r"^(1:r.*)$", r"[mail]=1; \1", SAID, flags=re.MULTILINE))
    assert run("litmus", "--check-with-herd", mail).text.endswith(SAME)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("Sometimes 1 3", "Never 0 3"),
            ["says Never, not Sometimes", "counts 0 and 3 executions, not 1 and 3"],
        ),
        (("States 4\n1:r0=0; 1:r1=0;", "States 3"), ["has not the state 1:r0=0; 1:r1=0;"]),
        (
            ("1:r0=1; 1:r1=1;", "1:r0=1; 1:r1=2;"),
            ["has the state 1:r0=1; 1:r1=2;", "has not the state 1:r0=1; 1:r1=1;"],
        ),
        (("Condition", "Flag data-race\nCondition"), ["warns of data-race"]),
    ],
)
def test_differences(run: Run, herd: Herd, mail: str, change: tuple[str, str], words: list[str]) -> None:
    before, after = change
    assert before in SAID
    herd.says(SAID.replace(before, after))
    done = run("litmus", "--check-with-herd", mail)
    assert done.status == 1
    told = [line for line in done.text.splitlines() if line.startswith("DIFFERENT ")]
    assert told == [f"DIFFERENT mail-and-note: herd7 {each}" for each in words]


def test_missing_flag(run: Run, herd: Herd, mail: str, tmp_path: Path) -> None:
    (tmp_path / mail).write_text(PLAIN.replace("smp_wmb();", ""))
    assert "herd7 does not warn of data-race\n" in run("litmus", "--check-with-herd", mail).text


def test_no_answer(run: Run, herd: Herd, mail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    herd.says("", status=2, error="Warning: x\nFile test.litmus: \x1b[31mno")
    done = run("litmus", "--check-with-herd", mail)
    assert done.status == 1
    assert done.text.endswith(
        "NOT COMPARED mail-and-note: herd7 gives no verdict: File test.litmus: \\x1b[31mno\n"
    )
    herd.says(SAID.replace("\nOk\n", "\nLoop Ok\n"))
    assert "a loop goes round more often" in run("litmus", "--check-with-herd", mail).text
    monkeypatch.setattr("reviewbot.memory_model.herd.SECONDS", 0.2)
    herd.says(SAID, seconds=20)
    assert "herd7 took more than 0.2 seconds" in run("litmus", "--check-with-herd", mail).text


def test_summary(run: Run, herd: Herd, mail: str, tmp_path: Path) -> None:
    (tmp_path / "plain.litmus").write_text(PLAIN)
    done = run("litmus", "--check-with-herd", ".")
    assert done.status == 1
    assert done.text.endswith("1 as herd7 has them, 1 not as herd7 has them\n")


def test_own_model_without_what_it_asks_for(run: Run, herd: Herd, mail: str, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "linux-kernel.cfg").write_text("model all.cat\nview gv\ngraph columns\nvariant lkmmv1\n")
    (model / "all.cat").write_text('"all"\ninclude "cos-opt.cat"\nacyclic po-loc | rf | fr | co as sc\n')
    (model / "linux-kernel.def").write_text(
        "READ_ONCE(X) __load{once}(X)\nWRITE_ONCE(X,V) { __store{once}(X,V); }\n"
    )
    assert run("litmus", "--check-with-herd", "--model", "model", mail).text.endswith(SAME)
    assert herd.configuration == ["macros linux-kernel.def", "model all.cat", "variant lkmmv1"]


def test_not_there(run: Run, mail: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    words = "reviewbot: herd7 is not on PATH; install herdtools7 (opam install herdtools7)"
    done = run("litmus", "--check-with-herd", mail)
    assert (done.complaint, done.text) == (words, "")
    done = run("review", "--no-tree", "--check-with-herd", str(EXAMPLE))
    assert (done.complaint, done.text) == (words, "")


def test_review(run: Run, herd: Herd) -> None:
    plain = run("review", "--no-tree", str(EXAMPLE)).text
    herd.echoes_results()
    done = run("review", "--no-tree", "--check-with-herd", str(EXAMPLE))
    assert (done.status, done.err) == (0, "")
    assert "herd7 agrees on 4 of 4 tests of the comments" in done.text
    assert set(plain.splitlines()) <= set(done.text.splitlines())
    assert len(herd.calls) == 4


def test_review_where_herd_does_not_agree(run: Run, herd: Herd) -> None:
    herd.says("Observation x Never 0 3\n")
    text = " ".join(run("review", "--no-tree", "--check-with-herd", str(EXAMPLE)).text.split())
    assert (
        "herd7 does not agree (flag-publishes-data, calibrated, as posted): it says Never, not Sometimes"
        in text
    )
    assert "herd7 agrees on 2 of 4 tests of the comments" in text
    herd.says("", status=1)
    text = " ".join(run("review", "--no-tree", "--check-with-herd", str(EXAMPLE)).text.split())
    assert (
        "not compared (plain-publication, log, as suggested): herd7 gives no verdict: exit status 1" in text
    )


def test_review_on_a_tree_takes_its_model(run: Run, herd: Herd, kernel: Path) -> None:
    model = kernel / "tools/memory-model"
    model.mkdir(parents=True)
    for path in DEFAULT_FOLDER.iterdir():
        (model / path.name).write_text(path.read_text())
    (model / "ordering.cat").write_text((model / "ordering.cat").read_text() + "\n(* of the tree *)\n")
    git(kernel, "checkout", "-q", "main")
    git(kernel, "add", "-A")
    git(kernel, "commit", "-q", "-m", "A model")
    git(kernel, "checkout", "-q", "topic")
    git(kernel, "rebase", "-q", "main")
    herd.echoes_results()
    done = run("review", "--check-with-herd", "main..topic", cwd=kernel)
    assert "herd7 agrees on 2 of 2 tests" in done.text
    assert {"ordering.cat", "events.cat", "spinlocks.cat", "races.cat"} <= {*herd.calls[0]}
