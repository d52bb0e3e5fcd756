"""Which request a CI job is about: what the forge put into the environment, overruled by options."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from reviewbot.errors import ForgeError

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Named(msgspec.Struct, frozen=True):
    """What the command line says; None where it does not."""

    repository: str | None = None
    number: int | None = None
    base: str | None = None
    head: str | None = None
    start: str | None = None
    tip: str | None = None
    """The commit before the SOURCE, and its newest: base and head where nothing else tells."""


class Event(msgspec.Struct, frozen=True):
    """A pull or merge request. `base` is empty where nothing tells; `repository` is a path or an id."""

    repository: str
    number: int
    base: str
    head: str

    @property
    def commits(self) -> str:
        """The range of the request, as a source of `review`.

        Raises:
            ForgeError: its base is not known.
        """
        if not self.base:
            raise ForgeError("which commits? name a SOURCE, or give --base-commit")
        return f"{self.base}..{self.head}"


def github_event(named: Named, environment: Mapping[str, str]) -> Event:
    """The pull request of a workflow: GITHUB_EVENT_PATH, GITHUB_REPOSITORY, GITHUB_SHA.

    Raises:
        ForgeError: something is missing or malformed; the text names the option.
    """
    payload = _payload(environment.get("GITHUB_EVENT_PATH", ""))
    request = _within(payload, "pull_request")
    repository = named.repository or environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository) or set(repository.rpartition("/")[2]) <= {"."}:
        raise ForgeError("which repository? give --repository OWNER/NAME, or set GITHUB_REPOSITORY")
    # GITHUB_SHA is a merge made by GitHub where the event has a pull request
    head = named.head or _text(_within(request, "head"), "sha") or environment.get("GITHUB_SHA")
    base = named.base or _text(_within(request, "base"), "sha") or named.start or ""
    return Event(
        repository, _number(named.number or request.get("number")), base, _commit(head or named.tip or "")
    )


def gitlab_event(named: Named, environment: Mapping[str, str]) -> Event:
    """The merge request of a pipeline: CI_PROJECT_ID, CI_MERGE_REQUEST_IID and their kind.

    Raises:
        ForgeError: something is missing or malformed; the text names the option.
    """
    project = named.repository or environment.get("CI_PROJECT_ID", "")
    if not re.fullmatch(r"\d{1,18}|[\w.-]+(?:/[\w.-]+)+", project, re.ASCII):
        raise ForgeError("which project? give --project ID or GROUP/NAME, or set CI_PROJECT_ID")
    found = environment.get("CI_MERGE_REQUEST_IID", "")
    number = named.number or (int(found) if re.fullmatch(r"[0-9]{1,9}", found) else None)
    # CI_COMMIT_SHA is a merge made by GitLab in pipelines of merged results
    head = (
        named.head
        or environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")
        or environment.get("CI_COMMIT_SHA")
        or named.tip
        or ""
    )
    base = named.base or environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or named.start or ""
    return Event(project, _number(number), base, _commit(head))


def _payload(path: str) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        payload = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ForgeError("cannot read the event that GITHUB_EVENT_PATH names") from None
    return payload if isinstance(payload, dict) else {}


def _within(mapping: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = mapping.get(name)
    return found if isinstance(found, dict) else {}


def _text(mapping: Mapping[str, Any], name: str) -> str:
    found = mapping.get(name)
    return found if isinstance(found, str) and _COMMIT.fullmatch(found) else ""


def _number(found: object) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ForgeError("which request? give --number, or run where an event names one")
    return found


def _commit(found: str) -> str:
    if not _COMMIT.fullmatch(found):
        raise ForgeError(
            "which commit? give --head-commit with all 40 digits, or run where an event names one"
        )
    return found
