"""The pictures of the documentation are what the commands beside them draw."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, tokens

IMAGES = ROOT / "docs/images"
SIDES = ("posted", "suggested")


def reviewbot(*words: str) -> None:
    code = "from reviewbot.cli import main; main()"
    subprocess.run([sys.executable, "-c", code, *words], capture_output=True, check=True, cwd=ROOT)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the pictures of the example's tests."""
    folder = tmp_path_factory.mktemp("pictures")
    reviewbot("review", "examples/larch.mbox", "--litmus", str(folder / "tests"))
    reviewbot("litmus", "--svg", str(folder / "pictures"), str(folder / "tests"))
    return folder / "pictures"


@pytest.mark.parametrize("side", SIDES)
def test_picture_is_what_the_command_draws(
    drawn: Path, side: str, golden: Callable[[Path, str], None]
) -> None:
    [path] = drawn.glob(f"flag-publishes-data-calibrated-*-{side}.svg")
    golden(IMAGES / f"larch-{side}.svg", path.read_text(encoding="utf-8"))


def test_every_picture_is_there_and_shown_with_words() -> None:
    shown = set()
    for page in PAGES:
        images = [child for token in tokens(page) for child in token.children or [] if child.type == "image"]
        for image in images:
            assert re.search(r"\w \w", image.content), "a picture has words for those who do not see it"
            shown.add((page.parent / str(image.attrs["src"])).resolve())
    assert shown == set(IMAGES.iterdir())
    assert {path.name for path in shown} >= {"report.png", *(f"larch-{side}.svg" for side in SIDES)}
