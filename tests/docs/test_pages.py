"""What the documentation says is so: links, commands, transcripts, tables."""

import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from reviewbot import __version__
from reviewbot.cli import cli
from reviewbot.rulebook.catalogue import rules_table
from reviewbot.rulebook.rulebook import load_rules
from reviewbot.rulebook.schema import fact_forms
from tests.docs.pages import PAGES, ROOT, anchors, commands, links, name, tokens, transcripts

README = ROOT / "README.md"
COMMANDS = ROOT / "docs/commands.md"
RULES = ROOT / "docs/rules.md"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


def test_every_page_is_reached_from_the_readme() -> None:
    reached, fresh = {README}, [README]
    while fresh:
        page = fresh.pop()
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target in PAGES and target not in reached:
                reached.add(target)
                fresh.append(target)
    assert sorted(map(name, set(PAGES) - reached)) == ["CHANGELOG.md"]


SHOWN = [(page, command) for page in PAGES for command in commands(page)]


@pytest.mark.parametrize(("page", "command"), SHOWN, ids=[command for _, command in SHOWN])
def test_commands_can_be_typed(page: Path, command: str) -> None:
    words = [word for word in shlex.split(command)[1:] if word != "|"]
    current: click.Command = cli
    while isinstance(current, click.Group):
        assert words[0] in current.commands, command
        current = current.commands[words.pop(0)]
    assert current.make_context(current.name, words).params


def test_pages_show_commands() -> None:
    assert len(SHOWN) > 10


TOLD = [(page, command, output) for page in PAGES for command, output in transcripts(page)]


@pytest.mark.parametrize(("page", "command", "output"), TOLD, ids=[command for _, command, _ in TOLD])
def test_output_is_what_the_page_shows(
    page: Path, command: str, output: str, golden: Callable[[Path, str], None]
) -> None:
    code = "from reviewbot.cli import main; main()"
    words = shlex.split(command)[1:]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, cwd=ROOT
    )
    text = page.read_text(encoding="utf-8")
    shown = textwrap.indent(output.rstrip("\n"), "    ")
    assert shown in text, "write it indented by four, under its command"
    golden(page, text.replace(shown, textwrap.indent(done.stdout.rstrip("\n"), "    ")))


def test_readme_shows_the_example_first() -> None:
    assert next(command for _, command, _ in TOLD) == "reviewbot review examples/larch.mbox"
    blocks = [token.content for token in tokens(README) if token.type == "fence"]
    assert "pip install -q . && .venv/bin/reviewbot review examples/larch.mbox" in blocks[0]
    assert "pip install -q '.[test]' && .venv/bin/pytest" in blocks[1]


def every_command(
    command: click.Command = cli, path: str = "reviewbot"
) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from every_command(each, f"{path} {each.name}")


def sections(page: Path) -> dict[str, str]:
    parts = page.read_text(encoding="utf-8").split("\n## ")
    return {part.partition("\n")[0]: part for part in parts[1:]}


ALL = list(every_command())


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_command_is_documented(path: str, command: click.Command) -> None:
    assert command.help, "it has help"
    section = sections(COMMANDS)[path]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} has help"
            for word in parameter.opts:
                assert f"`{word}" in section, f"docs/commands.md, {path}: {word} is missing"


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_no_option_is_made_up(path: str, command: click.Command) -> None:
    known = {"--help", "-h"} | {word for parameter in command.params for word in parameter.opts}
    cells = [line.split("|")[1] for line in sections(COMMANDS)[path].splitlines() if line.startswith("| `-")]
    named = {word.split()[0] for cell in cells for word in cell.split("`")[1::2]}
    assert named <= known
    assert set(sections(COMMANDS)) == {path for path, _ in ALL}


def test_tables_of_rules_and_facts(golden: Callable[[Path, str], None]) -> None:
    text = RULES.read_text(encoding="utf-8")
    text = _filled(text, "rules", _rules())
    golden(RULES, _filled(text, "facts", _facts()))


def _filled(text: str, what: str, lines: list[str]) -> str:
    start, end = f"<!-- {what}: written by pytest --bless -->\n", f"<!-- end of {what} -->"
    before, _, rest = text.partition(start)
    _, found, after = rest.partition(end)
    assert found, f"no place for the {what}"
    return before + start + "".join(f"{line}\n" for line in ["", *lines, ""]) + end + after


def _rules() -> list[str]:
    rows = [
        f"| [{id_}](../rules/{id_}.md) | {concern} | {status} | {title} |"
        for id_, concern, status, title in rules_table(load_rules())
    ]
    return ["| rule | concern | status | asks about |", "| --- | --- | --- | --- |", *rows]


def _facts() -> list[str]:
    rows = []
    for fact, form in sorted(fact_forms().items()):
        choices = [f"`{key}`" for key in form.choices]
        slots = [f"`{slot}`" for slot in sorted(form.slots)]
        rows.append(f"| `{fact}` | {', '.join(choices)} | {', '.join(slots)} |")
    return ["| fact | attributes for `[when]` | slots |", "| --- | --- | --- |", *rows]


def test_libraries_have_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    at_run_time = [extra for name, extra in extras.items() if name not in ("test", "dev", "browser", "b4")]
    more = [each for extra in at_run_time for each in extra]
    wanted = {each.partition(">")[0] for each in [*project["dependencies"], *more]}
    record = (ROOT / "docs/decisions/0001-libraries.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in record.splitlines() if line.startswith("| ")]
    assert set(rows[2:]) == wanted


def test_version_is_in_the_changelog() -> None:
    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
