"""A headless Chromium for the tests of the page; skipped, with the reason, where there is none.

REVIEWBOT_CHROMIUM and REVIEWBOT_CHROMEDRIVER name the programs where they are not on the path.
"""

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)

# read before a test seals the environment
_NAMED = {name: os.environ.get(f"REVIEWBOT_{name.upper()}") for name in ("chromium", "chromedriver")}
AXE = os.environ.get("REVIEWBOT_AXE")


def _program(name: str) -> str:
    path = _NAMED[name] or shutil.which(name)
    if not path:
        pytest.skip(f"no {name} here (Debian: chromium, chromium-driver)")
    return path


class Browser:
    """A window onto one page at a time."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, page: Path, fragment: str = "") -> None:
        """Show a page anew, also where only the fragment differs."""
        self.driver.get("about:blank")
        self.driver.get(page.as_uri() + fragment)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements("css selector", selector)

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def click(self, selector: str) -> None:
        """A real click, where a person would find it."""
        found = self.one(selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()

    def press(self, *keys: str) -> None:
        """Real key strokes to whatever has the focus."""
        from selenium.webdriver import ActionChains  # noqa: PLC0415

        ActionChains(self.driver).send_keys(*keys).perform()

    def here(self) -> str:
        """The id of what has the focus."""
        return str(self.run("return document.activeElement.id"))

    def tell(self, command: str, **arguments: Any) -> Any:
        """A command of the devtools."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def size(self, width: int, height: int = 900) -> None:
        self.tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def scheme(self, name: str) -> None:
        self.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def printed(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self.tell("Page.printToPDF")["data"])

    def complaints(self) -> list[str]:
        """What stands in the console since the last look; the policy's refusals are among it."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    @contextmanager
    def before_every_page(self, script: str) -> Iterator[None]:
        """Runs a script before any of a page."""
        known = self.tell("Page.addScriptToEvaluateOnNewDocument", source=script)
        try:
            yield
        finally:
            self.tell("Page.removeScriptToEvaluateOnNewDocument", identifier=known["identifier"])

    def faults(self) -> list[str]:
        """What axe finds, a line each."""
        if not AXE:
            pytest.skip("REVIEWBOT_AXE does not name axe.min.js of the npm package axe-core")
        if not self.run("return 'axe' in window"):
            self.run(Path(AXE).read_text(encoding="utf-8"))
        done = "const done = arguments[arguments.length - 1];"
        found = self.driver.execute_async_script(
            done
            + "axe.run(document).then((r) => done(r.violations), (e) => done([{id: String(e), nodes: []}]))"
        )
        return [f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:3]]}" for each in found]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A fresh browser, with a profile folder of its own."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    from selenium.common.exceptions import WebDriverException  # noqa: PLC0415
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415

    options = webdriver.ChromeOptions()
    options.binary_location = _program("chromium")
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        driver = webdriver.Chrome(options=options, service=Service(_program("chromedriver")))
    except WebDriverException as error:
        pytest.skip(f"chromium does not start here: {error.msg}")
    try:
        driver.set_script_timeout(120)
        yield Browser(driver)
    finally:
        driver.quit()
