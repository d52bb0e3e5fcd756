"""`reviewbot explain`, `rules list`, `rules new`, `rules test`, and what click gives."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from reviewbot import __version__
from tests.cli.conftest import EXAMPLE, ROOT, Run

PAGES = ROOT / "rules"


def test_version(run: Run) -> None:
    assert run("--version").text == f"reviewbot {__version__}\n"


def test_version_imports_nothing_heavy() -> None:
    code = (
        "import sys; from reviewbot.cli import cli\n"
        "try: cli(['--version'])\n"
        "except SystemExit: pass\n"
        "print(*sorted(name.partition('.')[0] for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert "click" in loaded
    assert not loaded & {"git", "unidiff", "tree_sitter", "yaml", "rich", "markdown_it", "email", "json"}


def test_completion(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_REVIEWBOT_COMPLETE", "bash_source")
    done = run()
    assert done.status == 0
    assert "complete" in done.text


@pytest.mark.parametrize("group", [(), ("bot",), ("b4",), ("rules",), ("cache",)], ids=" ".join)
def test_lists_of_commands_are_not_cut_short(run: Run, group: tuple[str, ...]) -> None:
    text = run(*group, "--help").text
    assert "Commands:" in text
    assert "..." not in text.partition("Commands:")[2]


def test_explain(run: Run) -> None:
    done = run("explain", "lone-flag")
    assert done.status == 0
    assert "reviewbot: allow lone-flag:" in done.text
    assert "did you mean lone-flag?" in run("explain", "lone-flags").complaint


def test_page_from_a_stranger(run: Run, tmp_path: Path) -> None:
    text = (PAGES / "lone-flag.md").read_text()
    text = text.replace("# Flag accessed", "# Flag \x1b[31m accessed").replace("lone-flag", "odd-flag")
    (tmp_path / "odd-flag.md").write_text(text)
    for arguments in (("explain", "odd-flag"), ("rules", "list")):
        done = run(*arguments, "--rules", "odd-flag.md")
        assert done.status == 0
        assert "\\x1b[31m" in done.text
        assert b"\x1b" not in done.out
    assert "\x1b" not in run("rules", "test", "odd-flag.md").text


def test_list_names_every_page(run: Run) -> None:
    named = [line.split()[0] for line in run("rules", "list").text.splitlines()]
    assert sorted(named) == sorted(page.stem for page in PAGES.glob("*.md"))


def test_new_page_is_kept_and_can_be_explained(run: Run, tmp_path: Path) -> None:
    assert run("rules", "new", "my-rule").status == 0
    assert "there already" in run("rules", "new", "my-rule").complaint
    assert "small letters" in run("rules", "new", "../My Rule").complaint
    assert run("rules", "new", "other", "--folder", "gone").complaint
    assert run("explain", "my-rule", "--rules", "my-rule.md").status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["my-rule.md"]


def test_new_page_stands_its_tests_as_it_is(run: Run) -> None:
    assert run("rules", "new", "my-rule").status == 0
    done = run("rules", "test", "my-rule.md")
    assert done.text == "ok  my-rule\n"
    assert done.status == 0


def test_page_whose_examples_hold(run: Run) -> None:
    done = run("rules", "test", str(PAGES / "plain-publication.md"))
    assert done.text == "ok  plain-publication\n"
    assert done.status == 0


def test_page_whose_examples_do_not_hold(run: Run, tmp_path: Path) -> None:
    text = (PAGES / "plain-publication.md").read_text()
    page = tmp_path / "plain-publication.md"
    moved = text.splitlines()
    at = next(number for number, line in enumerate(moved) if "//~" in line)
    moved[at] = moved[at].replace(" //~ plain-publication", "")
    moved[at + 1] += " //~ plain-publication"
    page.write_text("\n".join(moved) + "\n")
    done = run("rules", "test", str(page))
    assert done.status == 1
    assert "nothing asks there" in done.text
    assert "is not marked so" in done.text


def test_page_that_is_not_there(run: Run) -> None:
    done = run("rules", "test", "absent.md")
    assert (done.status, done.text) == (2, "")
    assert "absent.md: no such page or folder; see 'reviewbot rules list'" in done.complaint
    other = run("review", "--rules", "absent.md", str(EXAMPLE))
    assert other.status == 2
    assert "absent.md: cannot be read: No such file or directory" in other.complaint


def test_page_with_a_mistake(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.md").write_text("# Title\n\n```toml\nid = 3\n```\n")
    done = run("rules", "test", "wrong.md")
    assert done.status == 1
    assert "wrong.md:" in done.text
    (tmp_path / "empty").mkdir()
    assert "no rule page" in run("rules", "test", "empty").complaint


def test_module_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reviewbot", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == f"reviewbot {__version__}\n"


def test_interrupt_while_the_program_begins_leaves_no_traceback(tmp_path: Path) -> None:
    """The first import of the command line is where it comes."""
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; from reviewbot.start import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -signal.SIGINT
    assert done.stderr == b""


def test_the_command_begins_where_interrupts_are_quiet() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"reviewbot": "reviewbot.start:main"}
    done = subprocess.run(
        [sys.executable, "-c", "from reviewbot.start import main; main()"],
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    assert b"Usage: reviewbot" in done.stdout + done.stderr
