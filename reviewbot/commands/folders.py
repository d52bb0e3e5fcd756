"""Where reviewbot keeps files of its own; that there is no such place is never an error."""

import os
from collections.abc import Mapping
from pathlib import Path

from reviewbot.cache import Cache


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The user's cache folder for reviewbot, perhaps not there yet; None without a home."""
    return _folder(environment, "XDG_CACHE_HOME", ".cache")


def state_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The user's state folder for reviewbot (reports of bugs); None without a home."""
    return _folder(environment, "XDG_STATE_HOME", ".local/state")


def facts_path() -> Path | None:
    """The file of the cache of facts, perhaps not there yet; None without a home."""
    folder = cache_folder()
    return folder / "facts.db" if folder else None


def facts(is_unwanted: bool = False) -> Cache:
    """The cache of facts, opened; one that knows nothing where it is not wanted or has no place."""
    return Cache(None if is_unwanted else facts_path())


def mail_folder() -> Path | None:
    """The folder in which answers of mail archives are kept for a while; None without a home."""
    folder = cache_folder()
    return folder / "mail" if folder else None


def _folder(environment: Mapping[str, str], variable: str, below_home: str) -> Path | None:
    # the XDG base directory specification: a relative path is to be ignored
    for named in (environment.get(variable, ""), _joined(environment.get("HOME", ""), below_home)):
        if named and Path(named).is_absolute():
            return Path(named) / "reviewbot"
    return None


def _joined(home: str, below: str) -> str:
    return f"{home}/{below}" if home else ""
