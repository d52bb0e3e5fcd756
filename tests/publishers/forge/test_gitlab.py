"""The bot against a GitLab of our own, over real HTTP: the manners are those of GitHub."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from reviewbot.errors import ForgeError
from reviewbot.findings import Report
from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.gitlab_requests import Target
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.plan import INLINE, Manners
from reviewbot.publishers.forge.rounds import Outcome, publish
from reviewbot.publishers.forge.wire import Purpose
from reviewbot.series.model import Series
from tests.publishers import factory
from tests.publishers.factory import modified
from tests.publishers.forge.cases import PULL, many, moved, report
from tests.publishers.forge.fake_github import HEAD, NEXT, RESET, served
from tests.publishers.forge.fake_gitlab import API, TOKEN, FakeGitLab

pytest.importorskip("requests", reason="requests is not installed")

from reviewbot.publishers.forge.gitlab import GitLab, gitlab_wire


class Bench(msgspec.Struct):
    """A fake, its address, and the bot before it."""

    fake: FakeGitLab
    address: str
    slept: list[float]

    def run(
        self, series: Series | None = None, found: Report | None = None, head: str = HEAD, token: str = TOKEN
    ) -> Outcome:
        self.fake.log.clear()
        self.slept.clear()
        patience = Patience(gitlab_wire(token, self.address + API), self.slept.append)
        forge = GitLab(Target("larch/linux", 7, head), patience)
        manners = Manners(has_checks=False)
        return publish(forge, series or factory.series(), found or report(), manners)

    def thread(self, fingerprint: str = factory.finding().fingerprint) -> dict[str, Any]:
        """The one discussion of a finding."""
        found = [
            each
            for each in self.fake.threads
            if (known := marker.read(each["notes"][0]["body"])) and known.key == fingerprint
        ]
        assert len(found) == 1, found
        return found[0]


@pytest.fixture
def bench() -> Iterator[Bench]:
    fake = FakeGitLab()
    fake.shows(PULL)
    with served(fake.serve) as address:
        yield Bench(fake, address, [])


def test_first_run_and_a_second_with_nothing_new(bench: Bench) -> None:
    bench.run()
    positions = [each["notes"][0]["position"] for each in bench.fake.threads]
    assert [each["new_line"] for each in positions] == [47, 209]
    assert ["old_line" in each for each in positions] == [False, True], "both for a line that is only shown"
    assert len(bench.fake.summaries) == 1
    assert (len(bench.fake.writes), len(bench.fake.log)) == (3, 7)
    bench.run()
    assert bench.fake.writes == []
    assert len(bench.fake.log) == 4


def test_repaired_resolved_and_asked_again(bench: Bench) -> None:
    bench.run()
    bench.run(found=report(factory.question()))
    assert bench.thread()["notes"][0]["resolved"]
    assert "Not asked any more" in bench.thread()["notes"][0]["body"]
    bench.run(found=report(factory.question()))
    assert bench.fake.writes == []
    bench.run()
    assert not bench.thread()["notes"][0]["resolved"]


def test_reply_keeps_a_thread_from_being_touched(bench: Bench) -> None:
    bench.run(found=report(factory.finding()))
    before = bench.thread()["notes"][0]["body"]
    bench.fake.reply(bench.thread(), 9, "It is under RTNL.")
    bench.fake.push(NEXT, modified(factory.CORE))
    bench.run(found=Report(()), head=NEXT)
    assert bench.thread()["notes"][0]["body"] == before
    assert not bench.thread()["notes"][0]["resolved"]


@pytest.mark.parametrize(("level", "is_silent"), [(40, True), (30, True), (20, False), (0, False)])
def test_allow_counts_from_developers(bench: Bench, level: int, is_silent: bool) -> None:
    bench.run()
    bench.fake.levels = {9: level}
    bench.fake.reply(bench.thread(), 9, "reviewbot: allow RTNL is held")
    assert bench.run().plan.tally.silenced == int(is_silent)


def test_rebase_moves_and_line_that_gitlab_carried_over_stays(bench: Bench) -> None:
    bench.run(found=report(factory.finding()))
    id_ = bench.thread()["id"]
    hunk = replace(factory.SETUP, before_start=45, after_start=45)
    series = replace(factory.series(), patches=(factory.patch(1, "one", modified(factory.CORE, hunk)),))
    bench.fake.push(NEXT, modified(factory.CORE, hunk))
    found = replace(factory.finding(), place=replace(factory.finding().place, line=52))
    bench.run(series, Report((found,)), head=NEXT)
    assert (bench.thread()["id"], len(bench.thread()["notes"])) == (id_, 2)
    series, later, pull = moved()
    bench.fake.push("d" * 40, pull)
    bench.run(series, later, head="d" * 40)
    assert bench.thread()["notes"][0]["position"]["new_line"] == 67
    assert bench.thread()["id"] != id_


def test_at_most_30_and_the_rest_in_the_summary(bench: Bench) -> None:
    series, found, file = many(1000)
    bench.fake.shows(file)
    bench.run(series, found)
    assert len(bench.fake.threads) == INLINE
    assert len(bench.fake.writes) == INLINE + 1
    bench.run(series, found)
    assert bench.fake.writes == []


def test_line_that_is_refused_goes_into_the_summary(bench: Bench) -> None:
    bench.fake.diffs[0]["diff"] += "\n@@ -5000,1 +5000,1 @@\n x"
    broken = bench.fake.right
    bench.fake.right = lambda path: {n: text for n, text in broken(path).items() if n != 47}  # type: ignore[method-assign]
    bench.run()
    assert len(bench.fake.threads) == 1
    assert factory.finding().fingerprint in bench.fake.summaries[0]


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("status", [RESET, 500, 502])
@pytest.mark.parametrize("what", ["POST .*discussions", "POST .*notes", "PUT", "DELETE"])
def test_fault_leaves_no_duplicate(bench: Bench, what: str, status: int, is_done: bool) -> None:
    bench.fake.fault(what, status, is_done=is_done)
    bench.run()
    series, found, pull = moved()
    bench.fake.push(NEXT, pull)
    bench.run(series, found, head=NEXT)
    assert bench.thread()["notes"][0]["position"]["new_line"] == 67
    assert bench.thread(factory.question().fingerprint)["notes"][0]["resolved"]
    assert len(bench.fake.summaries) == 1
    bench.run(series, found, head=NEXT)
    assert bench.fake.writes == []


def test_limit_is_waited_for(bench: Bench) -> None:
    bench.fake.fault("POST .*discussions", 429, headers={"Retry-After": "6"})
    bench.run()
    assert bench.slept == [6.0]
    assert len(bench.fake.threads) == 2


def test_denied_and_unknown(bench: Bench) -> None:
    bench.fake.is_denied = True
    assert set(bench.run().denied) == {Purpose.COMMENT, Purpose.SUMMARY}
    with pytest.raises(ForgeError, match="does not know the token") as error:
        bench.run(token=f"{TOKEN}x")
    assert TOKEN not in str(error.value)


def test_redirect_is_not_followed(bench: Bench) -> None:
    bench.fake.fault("GET", 302, headers={"Location": "http://127.0.0.1:1/elsewhere"})
    with pytest.raises(ForgeError, match="has moved"):
        bench.run()
    assert len(bench.fake.log) == 1


def test_closed_and_newer_are_left_alone(bench: Bench) -> None:
    bench.fake.state = "merged"
    assert bench.run().moved_on == "the request is closed"
    bench.fake.state, bench.fake.head = "opened", NEXT
    assert "by now" in bench.run().moved_on
