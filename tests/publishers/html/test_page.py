import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.findings import Report
from reviewbot.publishers import html
from reviewbot.series.model import Series
from tests.docs.pages import ROOT
from tests.publishers.factory import finding, hidden, question, report, series
from tests.publishers.html.pages import HOSTILE, Page, hostile_report, hostile_series, larch
from tests.publishers.test_clean import ANYTHING, is_harmless

GOLDEN = Path(__file__).parents[1] / "golden"

# what the template and the drawing have; nothing of the input adds to it
TAGS = frozenset(
    """html head meta title style body a header h1 h2 h3 h4 h5 p ul ol li b bdi details summary pre div nav
    span code form label select option fieldset legend input button kbd main section table colgroup col tbody
    tr td article dl dt dd caption thead th br dialog script svg desc rect path text g""".split()  # noqa: SIM905
)
ATTRIBUTES = frozenset(
    """lang charset http-equiv content name class href dir aria-label open data-for autocomplete hidden
    data-filter value type data-reason role id aria-pressed tabindex aria-labelledby colspan data-rule
    data-concern data-confidence data-all data-item scope aria-hidden data-group checked xmlns width height
    viewbox d x y rx transform""".split()  # noqa: SIM905
)


def both() -> tuple[Series, Report]:
    return series(), report()


@pytest.mark.parametrize("reviewed", [both, larch])
def test_the_policy_names_what_is_in_the_page_and_nothing_else(
    reviewed: Callable[[], tuple[Series, Report]],
) -> None:
    page = Page(html.render(*reviewed()))
    policy = next(each["content"] for _, each in page.tags if "http-equiv" in each)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in policy
    for kind in ("style", "script"):
        wanted = [hashlib.sha256(text.encode()).digest() for text in page.raw[kind]]
        assert rules[f"{kind}-src"].split() == [f"'sha256-{base64.b64encode(d).decode()}'" for d in wanted]


@pytest.mark.parametrize("reviewed", [both, larch])
def test_nothing_is_loaded_from_anywhere(reviewed: Callable[[], tuple[Series, Report]]) -> None:
    page = Page(html.render(*reviewed()))
    assert {tag for tag, _ in page.tags} <= TAGS
    assert {key for _, key, _ in page.attributes()} <= ATTRIBUTES
    assert {value for _, key, value in page.attributes() if "//" in value} == (
        {"http://www.w3.org/2000/svg"} if "svg" in {tag for tag, _ in page.tags} else set()
    )
    assert not re.search(r"url\(|@import|//[a-z]", "".join(page.raw["style"]))
    assert "fetch(" not in page.raw["script"][0]
    assert "innerHTML" not in page.raw["script"][0]


@pytest.mark.parametrize("reviewed", [both, larch])
def test_links_lead_somewhere(reviewed: Callable[[], tuple[Series, Report]]) -> None:
    page = Page(html.render(*reviewed()))
    names = page.values("id")
    assert len(names) == len(set(names))
    assert {*page.values("aria-labelledby"), *page.values("data-for")} <= set(names)
    assert {link.removeprefix("#") for link in page.values("href")} <= set(names)


def test_the_bundled_example(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "larch.html", html.render(*larch()))


def test_the_whole_review(golden: Callable[[Path, str], None]) -> None:
    # the script and the styles are in the other one
    text = re.sub(r"(<(style|script)>).*?(?=</\2>)", r"\1", html.render(*both()), flags=re.DOTALL)
    golden(GOLDEN / "report.html", re.sub(r"'sha256-[^;]*", "...", text.replace("&#39;", "'")))


def test_the_same_bytes_in_every_run(tmp_path: Path) -> None:
    code = "from reviewbot.cli import main; main()"
    command = [sys.executable, "-c", code, "review", "-q", "--format", "html", "examples/larch.mbox"]
    printed = [
        subprocess.run(
            command,
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "HOME": str(tmp_path)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1] == html.render(*larch()).encode("ascii")
    file = tmp_path / "out.html"
    subprocess.run([*command, "--output", str(file)], check=True, cwd=ROOT)
    assert file.read_bytes() == printed[0]


def test_only_who_wants_it_loads_the_template_library() -> None:
    program = (
        "import sys; from reviewbot.commands import review\n"
        "import reviewbot.publishers.terminal, reviewbot.publishers.sarif\n"
        "print('jinja2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def shape(page: Page) -> list[str]:
    """The tags, but for what follows from the text itself."""
    return [tag for tag, _ in page.tags if tag not in ("code",)]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    page = Page(html.render(hostile_series(text), hostile_report(text)))
    assert shape(page) == shape(Page(html.render(hostile_series("x"), hostile_report("x"))))
    assert {key for _, key, _ in page.attributes()} <= ATTRIBUTES


@settings(max_examples=40)
@given(ANYTHING.filter(str.strip))
def test_whatever_is_sent_adds_no_markup(text: str) -> None:
    out = html.render(hostile_series(text), hostile_report(text))
    assert is_harmless(out, "\n\t")
    assert out.isascii()
    page = Page(out)
    assert {tag for tag, _ in page.tags} <= TAGS
    assert {key for _, key, _ in page.attributes()} <= ATTRIBUTES
    assert is_harmless("".join(page.texts), "\n\t")
    assert all(is_harmless(value) for _, _, value in page.attributes())


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["aa", "aa-2", "aa-2-2", "no id", ""]), max_size=8))
def test_names_of_comments_are_their_fingerprints(fingerprints: list[str]) -> None:
    made = [replace(finding(), fingerprint=each) for each in fingerprints]
    page = Page(html.render(series(), report(*made))) if made else Page("")
    names = [each["id"] for tag, each in page.tags if tag == "article"]
    assert len(set(names)) == len(names) == len(made)
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", name) for name in names)
    if "aa" in fingerprints:
        assert "aa" in names


def test_what_is_said_of_a_comment() -> None:
    text = "".join(Page(html.render(*larch())).texts)
    for expected in (
        "smp_store_release() in larch_calibrate(), smp_load_acquire() in the check in larch_read().",
        "as posted: larch_read() may see calibrated set and scale as before; with the pair: never",
        "Who touches larch.calibrated: 2 accesses",
        "Litmus tests: as posted Sometimes, as suggested Never",
        "too little evidence (1)",
        "judged by the",
    ):
        assert expected in text


def test_a_comment_near_its_line_says_which_is_meant() -> None:
    far = replace(question(), place=replace(question().place, line=1), line_text="not in the diff")
    text = "".join(Page(html.render(series(), report(far))).texts)
    assert "This is about not in the diff in demo_next(), drivers/net/demo/core.c." in text


def test_a_story_links_to_lines_that_the_page_shows() -> None:
    page = Page(html.render(*both()))
    assert {"#line-1-2-47", "#line-2-1-93"} <= set(page.values("href"))


def test_hidden_findings_stand_apart_with_their_reason() -> None:
    page = Page(html.render(*both()))
    assert page.values("data-group") == page.values("data-reason") == ["pre-existing"]
    assert hidden().fingerprint in page.values("id")


def test_filters_are_there_only_where_they_tell_comments_apart() -> None:
    assert Page(html.render(*both())).values("data-filter") == ["rule", "concern", "confidence"]
    assert Page(html.render(series(), report(finding()))).values("data-filter") == []


def test_nothing_to_say() -> None:
    text = "".join(Page(html.render(series(), replace(report(hidden()), notes=(), unread=()))).texts)
    assert "No comments." in text
    empty = replace(series(), patches=(), subject="", prefix="")
    assert "No comments." in "".join(Page(html.render(empty, Report(()))).texts)
