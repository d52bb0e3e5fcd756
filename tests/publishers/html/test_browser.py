"""The page in a real browser: clicks, keys, what is remembered, print, hostile input, accessibility."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from reviewbot.findings import Hidden
from reviewbot.publishers import html
from tests.publishers.factory import finding, question, report, series
from tests.publishers.html.browser import Browser, browser
from tests.publishers.html.pages import HOSTILE, hostile_report, hostile_series, larch, large

pytestmark = pytest.mark.browser

FIRST, SECOND, HIDDEN = finding().fingerprint, question().fingerprint, "feedfacefeedface"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def page(window: Browser, folder: Path) -> Path:
    """The report of the factory, shown in a wide window, with nothing remembered."""
    path = folder / "report.html"
    if not path.exists():
        path.write_text(html.render(series(), report()), encoding="ascii")
    window.size(1400)
    window.scheme("light")
    window.open(path)
    window.run("try { localStorage.clear() } catch {}")
    window.complaints()
    window.open(path)
    return path


def shown(window: Browser, selector: str) -> list[str]:
    return [each.get_attribute("id") for each in window.all(selector) if each.is_displayed()]


def test_it_runs_under_its_own_policy(window: Browser, page: Path) -> None:
    assert window.one(".controls").is_displayed()
    assert window.run("return getComputedStyle(document.querySelector('.file')).borderTopStyle") == "solid"
    assert window.run("return document.querySelector('article svg') === null")
    assert window.complaints() == []
    # what it does not allow is refused: the policy is in force
    window.run("const a = document.createElement('img'); a.src = 'data:,'; document.body.append(a)")
    assert any("Content Security Policy" in each for each in window.complaints())


def test_comments_are_gone_through_by_n_and_p(window: Browser, page: Path) -> None:
    window.press("n")
    assert window.here() == FIRST
    assert window.run("return location.hash") == f"#{FIRST}"
    window.press("n")
    assert window.here() == SECOND
    window.press("n")
    assert window.here() == SECOND, "there is none after the last"
    window.press("p")
    assert window.here() == FIRST
    assert window.one("li[data-now] a").get_attribute("href").endswith(f"#{FIRST}")


def test_patches_are_gone_through_by_j_and_k(window: Browser, page: Path) -> None:
    window.press("j")
    assert window.here() == "patch-1"
    window.press("j")
    assert window.here() == "patch-2"
    window.press("k")
    assert window.here() == "patch-1"
    window.press("n", "j")
    assert window.here() == "patch-2", "on from the comment in patch 1"


def test_help_opens_and_closes(window: Browser, page: Path) -> None:
    window.press("?")
    assert window.one("#help").is_displayed()
    window.press("n")
    assert window.one("#help").is_displayed()
    window.press("\ue00c")
    assert not window.one("#help").is_displayed()
    window.click("#ask")
    window.click("#close")
    assert not window.one("#help").is_displayed()


def test_keys_can_be_switched_off(window: Browser, page: Path) -> None:
    window.press("?")
    window.click("#keys")
    window.click("#close")
    window.press("n")
    assert window.here() != FIRST
    window.open(page)
    window.press("n")
    assert window.here() != FIRST, "it is remembered"


def test_a_key_of_the_browser_is_left_alone(window: Browser, page: Path) -> None:
    from selenium.webdriver import ActionChains  # noqa: PLC0415

    ActionChains(window.driver).key_down("\ue009").send_keys("n").key_up("\ue009").perform()
    assert window.here() != FIRST
    window.one("select").send_keys("n")
    assert window.here() != FIRST


def test_filters_leave_what_was_chosen(window: Browser, page: Path) -> None:
    assert window.one(".found").text == "2 of 2 comments"
    window.click("select[data-filter=concern] option[value=marking]")
    assert shown(window, "main article") == [SECOND]
    assert window.one(".found").text == "1 of 2 comments"
    assert [each.text for each in window.all("li[data-for]") if each.is_displayed()] == ["demo.size marking"]
    window.run("document.activeElement.blur()")
    window.press("n")
    assert window.here() == SECOND
    window.click("select[data-filter=rule] option[value=flag-publishes-data]")
    assert shown(window, "main article") == []
    assert not any(each.is_displayed() for each in window.all(".file .talk"))
    for key in ("concern", "rule"):
        window.click(f"select[data-filter={key}] option[value='']")
    assert shown(window, "main article") == [FIRST, SECOND]


def test_what_is_hidden_is_shown_on_demand_with_its_reason(window: Browser, page: Path) -> None:
    assert HIDDEN not in shown(window, "article")
    window.click("input[data-reason=pre-existing]")
    assert HIDDEN in shown(window, "article")
    assert "both ends older than this series (1)" in window.one("#unshown").text
    window.press("n", "n", "n")
    assert window.here() == HIDDEN
    window.click("input[data-reason=pre-existing]")
    assert HIDDEN not in shown(window, "article")


def test_boxes_are_remembered(window: Browser, page: Path) -> None:
    window.click(f"[id='{FIRST}'] .done")
    window.click(f"[id='{FIRST}'] .checklist li:nth-child(2) label")
    assert window.one(f"[id='{FIRST}'] .done").text == "(1 of 2 done)"
    window.open(page)
    boxes = window.all(f"[id='{FIRST}'] .checklist input")
    assert [box.is_selected() for box in boxes] == [False, True]
    window.click(f"[id='{FIRST}'] .done")
    window.click(f"[id='{FIRST}'] .checklist li:nth-child(2) label")
    window.open(page)
    assert window.run("return localStorage.length") == 0


def test_it_works_where_nothing_can_be_remembered(window: Browser, page: Path) -> None:
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no') }})"
    with window.before_every_page(refuse):
        window.open(page)
        window.click(f"[id='{FIRST}'] .done")
        window.click(f"[id='{FIRST}'] .checklist label")
        assert window.one(f"[id='{FIRST}'] .done").text == "(1 of 2 done)"
        window.press("n", "s")
        assert window.complaints() == []


def test_what_is_remembered_may_be_anything(window: Browser, page: Path) -> None:
    for text in ("[", '{"a": 1}', "null", '[1, {"x": 2}]'):
        window.run("localStorage.setItem('reviewbot:' + arguments[0], arguments[1])", FIRST, text)
        window.open(page)
        assert window.one(".controls").is_displayed()
        assert window.complaints() == []


def in_view(window: Browser, name: str) -> bool:
    script = "const r = document.getElementById(arguments[0]).getBoundingClientRect();"
    return bool(window.run(f"{script} return r.top >= 0 && r.top < innerHeight && r.height > 0", name))


@pytest.mark.parametrize("name", [FIRST, SECOND, HIDDEN, "patch-2", "line-2-1-93"])
def test_links_from_elsewhere_find_their_place(window: Browser, page: Path, name: str) -> None:
    window.open(page, f"#{name}")
    assert in_view(window, name)
    assert window.run("return document.querySelector(':target').id") == name
    window.open(page, "#%22%3E%3Cimg")
    window.open(page, "#%zz")
    assert window.complaints() == []


def test_a_link_to_a_comment_that_is_filtered_away_shows_it(window: Browser, page: Path) -> None:
    window.click("select[data-filter=concern] option[value=marking]")
    window.run("location.hash = arguments[0]", FIRST)
    window.run("return new Promise((done) => setTimeout(done, 50))")
    assert FIRST in shown(window, "article")


def test_side_by_side_and_back(window: Browser, page: Path) -> None:
    before = window.run("return document.querySelector('main').innerText")
    window.click("#split")
    rows = window.all("table.halves tr.same, table.halves tr:not(.hunk)")
    assert {len(row.find_elements("css selector", "td")) for row in rows[:9]} == {6}
    assert shown(window, "main article") == [FIRST, SECOND]
    window.open(page)
    assert window.one("#split").get_attribute("aria-pressed") == "true"
    window.open(page, "#line-1-2-47")
    assert in_view(window, "line-1-2-47")
    window.press("s")
    assert not window.all("table.halves")
    assert window.run("return document.querySelector('main').innerText") == before


def test_on_paper_all_is_open_and_nothing_is_to_be_clicked(window: Browser, page: Path) -> None:
    window.press("s")
    assert window.printed().startswith(b"%PDF")
    assert window.one("#split").get_attribute("aria-pressed") == "true", "as it was before"
    assert not any(each.get_attribute("open") for each in window.all("article details"))
    window.tell("Emulation.setEmulatedMedia", media="print")
    window.run("dispatchEvent(new Event('beforeprint'))")
    try:
        assert not window.all("details:not([open])")
        assert not window.all("table.halves")
        assert not window.one(".controls").is_displayed()
        assert window.one(f"[id='{HIDDEN}']").is_displayed()
        assert window.one(f"[id='{FIRST}'] .checklist").is_displayed()
    finally:
        window.run("dispatchEvent(new Event('afterprint'))")
        window.tell("Emulation.setEmulatedMedia", media="")


def test_nothing_hostile_runs(window: Browser, folder: Path) -> None:
    window.size(1400)
    for number, text in enumerate(HOSTILE):
        path = folder / f"hostile-{number}.html"
        path.write_text(html.render(hostile_series(text), hostile_report(text)), encoding="ascii")
        window.open(path)
        window.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        window.press("n", "j", "s")
        for choice in window.all("select option:last-child"):
            choice.click()
        window.click(".checklist label")
        assert window.run("return window.hacked") is None
        assert window.run("return document.querySelectorAll('img, iframe, [onload], [onerror]').length") == 0
        assert window.complaints() == [], text
        assert window.one(".controls").is_displayed()


def test_a_large_report_can_be_used(window: Browser, folder: Path) -> None:
    path = folder / "large.html"
    path.write_text(html.render(*large(findings=200, lines=15_000)), encoding="ascii")
    window.size(1400)
    window.open(path)
    window.press("n", "n", "n")
    third = window.here()
    assert third == window.all("article")[2].get_attribute("id")
    assert in_view(window, third)
    window.click("select[data-filter=concern] option[value=marking]")
    assert window.one(".found").text == "100 of 200 comments"
    window.click("details.folded > summary")
    window.press("s")
    assert window.complaints() == []


@pytest.fixture(scope="module")
def pages(folder: Path) -> list[Path]:
    """The example, with a picture, and the factory's report, with much that is hidden."""
    example, other = folder / "larch.html", folder / "hidden.html"
    example.write_text(html.render(*larch()), encoding="ascii")
    all_hidden = [replace(question(), hidden=kind, fingerprint=f"{kind.value}") for kind in Hidden]
    other.write_text(html.render(series(), report(finding(), question(), *all_hidden)), encoding="ascii")
    return [example, other]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 400])
def test_axe_finds_nothing(window: Browser, pages: list[Path], scheme: str, width: int) -> None:
    window.size(width)
    window.scheme(scheme)
    for path in pages:
        window.open(path)
        assert window.faults() == []
        window.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        window.press("s")
        assert window.faults() == []
        window.press("s", "?")
        assert window.faults() == []
        assert window.run("return document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_the_picture_is_drawn(window: Browser, pages: list[Path]) -> None:
    window.size(1400)
    window.scheme("light")
    window.open(pages[0])
    window.click("article:has(svg) details:has(svg) > summary")
    drawn = window.one("article svg")
    assert drawn.is_displayed()
    assert drawn.size["width"] > 200
    page = window.run("return getComputedStyle(document.querySelector('svg rect.page')).fill")
    window.scheme("dark")
    assert window.run("return getComputedStyle(document.querySelector('svg rect.page')).fill") != page
    assert window.complaints() == []
