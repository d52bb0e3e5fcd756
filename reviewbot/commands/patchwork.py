"""`reviewbot bot patchwork`: a check on each patch of a series."""

import json
import os
import sys
from pathlib import Path

import msgspec

from reviewbot.commands.output import Progress, emit
from reviewbot.commands.place import Wish
from reviewbot.commands.review import Request, reviewed
from reviewbot.commands.trouble import say
from reviewbot.errors import ForgeError
from reviewbot.findings import Concern
from reviewbot.publishers.forge.address import check_address
from reviewbot.publishers.forge.annotations import quiet
from reviewbot.publishers.forge.patchwork import Patchwork, Verdict, verdicts
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.requests_wire import RequestsWire
from reviewbot.publishers.forge.summary import counted


class Checking(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    sources: tuple[str, ...]
    wish: Wish
    address: str
    project: str | None = None
    target_url: str | None = None
    dry_run: bool = False
    fail_on: str | None = None
    rules: Path | None = None
    verbose: bool = False
    quiet: bool = False


def run(checking: Checking) -> int:
    """Set the checks; the exit status.

    Raises:
        ReviewbotError: the review cannot be made, or Patchwork not be asked.
    """
    check_address(checking.address, "--address", "PATCHWORK_TOKEN")
    request = Request(sources=checking.sources, wish=checking.wish, rules=checking.rules)
    with Progress(sys.stderr, checking.verbose, checking.quiet) as progress:
        done = reviewed(request, progress)
        progress("talking to Patchwork")
        fail_on = Concern[checking.fail_on.upper()] if checking.fail_on else None
        made = verdicts(done.series, done.report, fail_on)
        if not made:
            raise ForgeError("Patchwork knows patches by their Message-ID: review mails, not commits")
        _send(checking, made)
    return int(any(verdict.state == "fail" for verdict in made))


def _send(checking: Checking, made: tuple[Verdict, ...]) -> None:
    token = os.environ.get("PATCHWORK_TOKEN", "")
    if not token and not checking.dry_run:
        raise ForgeError("set PATCHWORK_TOKEN to a token of a maintainer of the project, or give --dry-run")
    wire = RequestsWire(checking.address, {"Authorization": f"Token {token}"} if token else {})
    patchwork = Patchwork(Patience(wire), checking.project, checking.target_url)
    if checking.dry_run:
        emit("".join(_shown(patchwork, verdict) for verdict in made) or "Nothing to send.\n", None)
        return
    sent = [patchwork.send(verdict) for verdict in made]
    missing = sum(not each.found for each in sent)
    text = counted(sum(each.changes for each in sent), "change")
    if not checking.quiet:
        say(f"{counted(len(made), 'verdict')}, {text}" + (f", {missing} not in Patchwork" if missing else ""))


def _shown(patchwork: Patchwork, verdict: Verdict) -> str:
    _, requests = patchwork.plan(verdict)
    return "".join(
        quiet(f"{each.method} {each.path}\n{json.dumps(each.body, indent=2)}\n") for each in requests
    )
