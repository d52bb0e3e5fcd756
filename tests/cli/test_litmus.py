"""`reviewbot litmus`: herd's words, Result headers, exit statuses, clean output."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Run
from tests.memory_model.texts import BOXES, FENCED_BOXES, MAIL, ORDERED_MAIL, PLAIN

HERD = """\
Test mail-and-note Allowed
States 4
1:r0=0; 1:r1=0;
1:r0=0; 1:r1=1;
1:r0=1; 1:r1=0;
1:r0=1; 1:r1=1;
Ok
Witnesses
Positive: 1 Negative: 3
Condition exists (1:r0=1 /\\ 1:r1=0)
Observation mail-and-note Sometimes 1 3
"""


CYCLE = """
propagation: P0 R right=0 -fr-> P1 W right=1 -mb-> P1 R left=0 -fr-> P0 W
  left=1 -mb-> P0 R right=0
"""


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "mail.litmus"
    path.write_text(MAIL)
    return path


def test_words_of_herd(run: Run, mail: Path) -> None:
    done = run("litmus", mail.name)
    assert (done.status, done.text, done.err) == (0, HERD, "")


def test_standard_input(run: Run) -> None:
    assert run("litmus", "-", stdin=MAIL.encode()).text == HERD


def test_forbidden_and_required(run: Run, mail: Path) -> None:
    mail.write_text(MAIL.replace("exists (", "~exists ("))
    text = run("litmus", mail.name).text
    assert "Test mail-and-note Forbidden\n" in text
    assert "\nNo\nWitnesses\nPositive: 3 Negative: 1\n" in text
    assert "Observation mail-and-note Sometimes 1 3\n" in text
    mail.write_text(MAIL.replace("exists (", "forall ("))
    text = run("litmus", mail.name).text
    assert "Test mail-and-note Required\n" in text
    assert "\nNo\nWitnesses\nPositive: 1 Negative: 3\n" in text


def test_flag(run: Run, mail: Path) -> None:
    mail.write_text(PLAIN.replace("smp_wmb();", ""))
    assert "\nFlag data-race\nCondition exists" in run("litmus", mail.name).text


def test_folder_and_summary(run: Run, tmp_path: Path) -> None:
    for name, text in (("a", MAIL), ("b", ORDERED_MAIL), ("c", BOXES)):
        (tmp_path / f"{name}.litmus").write_text(text)
    done = run("litmus", ".")
    assert done.status == 0
    assert done.text.endswith("\n3 tests: 2 as their Result says, 1 without a Result\n")
    assert [line for line in done.text.splitlines() if line.startswith("Observation")] == [
        "Observation mail-and-note Sometimes 1 3",
        "Observation ordered-mail Never 0 3",
        "Observation boxes Sometimes 1 3",
    ]


def test_mismatch(run: Run, mail: Path) -> None:
    mail.write_text(MAIL.replace("Sometimes", "Never"))
    done = run("litmus", mail.name)
    assert done.status == 1
    assert done.text.endswith("\nMISMATCH mail-and-note: its Result says Never\n")


def test_result_that_is_not_known(run: Run, mail: Path) -> None:
    spin = ORDERED_MAIL.replace("r0 = smp_load_acquire(note);", "while (smp_load_acquire(note) == 0) r0 = 1;")
    mail.write_text(spin)
    done = run("litmus", mail.name, "--explain")
    assert done.status == 1
    assert "Unknown ordered-mail: P1: the loop in line 22 goes round more than 2 times" in done.text
    assert "Observation ordered-mail Unknown 0 " in done.text
    assert "\nOPEN ordered-mail: its Result says Never, which is not known\n" in done.text
    assert "\nUnknown: P1: the loop" in done.text


def test_deadlock(run: Run, mail: Path) -> None:
    text = """C stuck

(* Result: DEADLOCK *)

{}

P0(spinlock_t *s) { spin_lock(s); spin_lock(s); }

exists (true)
"""
    mail.write_text(text)
    assert run("litmus", mail.name).status == 0
    mail.write_text(text.replace(" spin_lock(s); }", " }"))
    assert run("litmus", mail.name).status == 1


def test_bad_files_do_not_stop_the_others(run: Run, mail: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.litmus").write_text(MAIL.replace("int r0;", "int r0"))
    (tmp_path / "empty").mkdir()
    done = run("litmus", "bad.litmus", "gone.litmus", "empty", mail.name)
    assert done.status == 2
    assert done.text.startswith(HERD)
    assert done.text.endswith("\n4 tests: 1 as their Result says, 3 cannot be read\n")
    assert done.err.splitlines() == [
        "reviewbot: bad.litmus:20:2: expected ';', not 'int'",
        "reviewbot: cannot read gone.litmus: No such file or directory",
        "reviewbot: empty: no *.litmus file in this folder",
    ]


def test_wrong_call_names_the_file(run: Run, mail: Path) -> None:
    mail.write_text(MAIL.replace("WRITE_ONCE(*note, 1)", "write_twice(note, 1)"))
    assert run("litmus", mail.name).complaint == (
        "reviewbot: mail.litmus:14:2: the memory model does not know write_twice()"
    )


def test_wrong_model(run: Run, mail: Path) -> None:
    assert "linux-kernel.cat" in run("litmus", "--model", ".", mail.name).complaint
    assert "Missing argument" in run("litmus").complaint


def test_explained(run: Run, mail: Path) -> None:
    text = run("litmus", "--explain", mail.name).text
    assert "\nIt may happen like this:\n\nP0 " in text
    assert "P1 R note=1 reads from P0 W note=1\n" in text
    mail.write_text(FENCED_BOXES)
    text = run("litmus", "--explain", mail.name).text
    assert "\nForbidden by propagation:\n" in text
    assert text.endswith(CYCLE)
    mail.write_text(MAIL.replace("1:r1=0", "1:r1=7"))
    assert "No choice of values comes to this outcome." in run("litmus", "--explain", mail.name).text


def test_hostile_names(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\n.litmus"
    path.write_bytes(
        MAIL.replace("C mail-and-note", "C mail\x1b[2J\u202e\udcff").encode(errors="surrogateescape")
    )
    done = run("litmus", ".", "--explain")
    assert done.status == 0
    assert "Test mail\\x1b[2J\\u202e\\xff Allowed" in done.text
    path.write_text("C \x1b\n{\x1b")
    assert "\x1b" not in run("litmus", ".").complaint


def test_nothing_of_the_review_is_imported(mail: Path) -> None:
    code = (
        "import sys; from reviewbot.cli import cli\n"
        f"try: cli(['litmus', {str(mail)!r}])\n"
        "except SystemExit: pass\n"
        "print(*sorted(name.partition('.')[0] for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "reviewbot" in loaded
    assert not loaded & {"git", "unidiff", "tree_sitter", "yaml", "rich", "markdown_it", "email", "json"}
