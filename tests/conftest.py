"""What every test shares: a sealed environment, and golden files that `--bless` rewrites."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# a slow machine is no reason to fail, and the same examples come every time;
# `pytest --hypothesis-profile=roam` tries others
settings.register_profile("roam", deadline=None)
settings.register_profile("calm", deadline=None, derandomize=True)
settings.load_profile("calm")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="write the golden files anew; look at the diff")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--bless") and os.environ.get("CI"):
        raise pytest.UsageError("--bless is for people who look at the diff; not in CI")


@pytest.fixture(autouse=True)
def sealed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the home, the configuration or the clock zone of who runs it."""
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_", "REVIEWBOT_"))]:
        if name not in ("REVIEWBOT_TREE", "REVIEWBOT_OLD_TREE"):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "dumb")


@pytest.fixture
def kernel_tree() -> Path:
    """The source of Linux 6.12 under git; for tests marked `tree`, which are skipped without it."""
    named = os.environ.get("REVIEWBOT_TREE")
    if not named:
        pytest.skip("REVIEWBOT_TREE does not name a kernel tree under git")
    return Path(named)


@pytest.fixture
def old_kernel_tree() -> Path:
    """The source of Linux 6.1, of which only tools/memory-model and Documentation are read."""
    named = os.environ.get("REVIEWBOT_OLD_TREE")
    if not named:
        pytest.skip("REVIEWBOT_OLD_TREE does not name a tree of Linux 6.1")
    return Path(named)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """`golden(path, text)` compares text with a golden file, or writes it with --bless."""

    def compare(path: Path, text: str) -> None:
        __tracebackhide__ = True
        if request.config.getoption("--bless"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        assert path.is_file(), f"no golden file {path.name}: run pytest --bless and look at it"
        with path.open(encoding="utf-8", newline="") as file:
            assert text == file.read(), f"{path.name} differs: run pytest --bless if that is meant"

    return compare
