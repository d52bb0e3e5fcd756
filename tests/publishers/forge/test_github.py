"""The bot against a GitHub of our own: reruns, replies, rebases, limits and faults, over real HTTP."""

import re
from collections.abc import Iterator
from contextlib import suppress

import msgspec
import pytest
from msgspec.structs import replace

from reviewbot.errors import ForgeError
from reviewbot.findings import Concern, Report
from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.github_requests import Target
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.plan import INLINE, Manners
from reviewbot.publishers.forge.rounds import Outcome, publish
from reviewbot.publishers.forge.wire import Purpose
from reviewbot.series.model import Series
from tests.publishers import factory
from tests.publishers.factory import modified
from tests.publishers.forge.cases import PULL, many, moved, report
from tests.publishers.forge.fake_github import (
    BOT,
    HEAD,
    NEXT,
    RESET,
    TOKEN,
    Comment,
    FakeGitHub,
    Thread,
    served,
)

pytest.importorskip("github", reason="PyGithub is not installed")

from reviewbot.publishers.forge.github import GitHub, PyGithubWire

NOW = 1_700_000_000.0


class Bench(msgspec.Struct):
    """A fake, its address, and the bot before it."""

    fake: FakeGitHub
    address: str
    slept: list[float]

    def run(
        self,
        series: Series | None = None,
        found: Report | None = None,
        manners: Manners | None = None,
        head: str = HEAD,
        token: str = TOKEN,
    ) -> Outcome:
        self.fake.log.clear()
        self.slept.clear()
        patience = Patience(PyGithubWire(token, self.address, pause=0), self.slept.append, lambda: NOW)
        target = Target(self.fake.repository, self.fake.number, head)
        manners = manners or Manners()
        forge = GitHub(target, patience, has_checks=manners.has_checks)
        return publish(forge, series or factory.series(), found or report(), manners)

    def thread(self, fingerprint: str = factory.finding().fingerprint) -> Thread:
        """The one thread of a finding."""
        keys = {id(thread): marker.read(thread.comments[0].body) for thread in self.fake.threads}
        found = [each for each in self.fake.threads if (key := keys[id(each)]) and key.key == fingerprint]
        assert len(found) == 1, found
        return found[0]

    @property
    def summaries(self) -> list[Comment]:
        return [each for each in self.fake.comments if "reviewbot:v1 summary" in each.body]


@pytest.fixture
def bench() -> Iterator[Bench]:
    fake = FakeGitHub()
    fake.shows(PULL)
    with served(fake.serve) as address:
        yield Bench(fake, address, [])


def keys(fake: FakeGitHub) -> list[str]:
    return sorted(found.key for thread in fake.threads if (found := marker.read(thread.comments[0].body)))


def test_first_run_comments_sums_up_and_judges(bench: Bench) -> None:
    bench.run()
    assert [(thread.path, thread.line) for thread in bench.fake.threads] == [
        (factory.CORE, 47),
        (factory.CORE, 209),
    ]
    assert len(bench.summaries) == 1
    (check,) = bench.fake.checks
    assert (check["conclusion"], check["head_sha"], check["status"]) == ("neutral", HEAD, "completed")
    assert len(bench.fake.reviews) == 1
    assert len(bench.fake.writes) == 3
    assert len(bench.fake.log) == 6


def test_rerun_with_nothing_new_sends_no_writing_request(bench: Bench) -> None:
    bench.run()
    bench.run()
    assert bench.fake.writes == []
    assert len(bench.fake.log) == 3


def test_nothing_found_on_a_clean_request_says_nothing_but_a_check(bench: Bench) -> None:
    bench.run(found=Report(()))
    assert (bench.fake.threads, bench.fake.comments) == ([], [])
    assert bench.fake.checks[0]["conclusion"] == "success"
    bench.run(found=Report(()))
    assert bench.fake.writes == []


def test_new_words_are_written_into_the_old_comment(bench: Bench) -> None:
    bench.run()
    bench.run(found=report(replace(factory.finding(), message="Which lock is it?"), factory.question()))
    assert [logged.method for logged in bench.fake.writes] == ["PATCH"]
    assert "Which lock is it?" in bench.thread().comments[0].body


def test_repaired_finding_says_so_and_is_resolved(bench: Bench) -> None:
    bench.run()
    bench.run(found=report(factory.question()))
    assert bench.thread().is_resolved
    assert "**Not asked any more.**" in bench.thread().comments[0].body
    assert not bench.thread(factory.question().fingerprint).is_resolved
    bench.run(found=report(factory.question()))
    assert bench.fake.writes == []


def test_finding_that_comes_back_is_asked_in_its_old_thread(bench: Bench) -> None:
    bench.run()
    bench.run(found=report(factory.question()))
    bench.run()
    assert not bench.thread().is_resolved
    assert "Not asked any more" not in bench.thread().comments[0].body


def test_what_people_resolved_stays_resolved(bench: Bench) -> None:
    bench.run()
    bench.thread().is_resolved = True
    bench.run(found=report(replace(factory.finding(), message="Other words?"), factory.question()))
    assert bench.thread().is_resolved
    assert "Other words?" not in bench.thread().comments[0].body
    assert bench.fake.writes == []


@pytest.mark.parametrize("found", [Report(()), report(replace(factory.finding(), message="Other words?"))])
def test_thread_with_a_reply_is_never_touched(bench: Bench, found: Report) -> None:
    bench.run(found=report(factory.finding()))
    bench.fake.reply(bench.thread(), "ravi", "It is under RTNL.")
    before = bench.thread().comments[0].body
    bench.run(found=found)
    bench.fake.push(NEXT, modified(factory.CORE))
    bench.run(found=found, head=NEXT)
    assert bench.thread().comments[0].body == before
    assert not bench.thread().is_resolved


@pytest.mark.parametrize(
    ("permission", "is_silent"), [("write", True), ("admin", True), ("read", False), ("", False)]
)
def test_allow_counts_from_those_who_may_write(bench: Bench, permission: str, is_silent: bool) -> None:
    bench.run()
    bench.fake.permissions = {"lukasz": permission} if permission else {}
    bench.fake.reply(bench.thread(), "lukasz", "Thanks.\n\nreviewbot: allow RTNL is held by all callers")
    outcome = bench.run()
    assert outcome.plan.tally.silenced == int(is_silent)
    assert ("1 question on" in bench.summaries[0].body) is is_silent
    bench.fake.push(NEXT, PULL)
    bench.run(head=NEXT)
    assert len(bench.fake.threads) == 2, "for good"


def test_allow_without_a_reason_or_in_a_quote_does_not_count(bench: Bench) -> None:
    bench.run()
    bench.fake.permissions = {"lukasz": "admin"}
    bench.fake.reply(bench.thread(), "lukasz", "reviewbot: allow\n> reviewbot: allow what he said")
    assert bench.run().plan.tally.silenced == 0


def test_allow_by_number_below_the_request(bench: Bench) -> None:
    series, found, _ = many(3)
    bench.fake.shows()
    bench.run(series, found)
    assert bench.fake.threads == []
    bench.fake.permissions = {"lukasz": "admin", "mallory": "read"}
    bench.fake.comments.append(Comment(1, "lukasz", f"reviewbot: allow {1:016x}: only at probe"))
    bench.fake.comments.append(Comment(2, "mallory", f"reviewbot: allow {2:016x}: me too"))
    assert bench.run(series, found).plan.silenced == (f"{1:016x}",)


def test_foreign_marker_is_no_comment_of_ours(bench: Bench) -> None:
    fake = bench.fake
    body = marker.stamped(factory.finding().fingerprint, "All is well.")
    fake.threads.append(Thread("PRRT_x", factory.CORE, 47, "", [Comment(9, "mallory", body)]))
    fake.comments.append(Comment(10, "mallory", marker.stamped(marker.SUMMARY, "All is well.")))
    bench.run()
    assert len(fake.threads) == 3
    assert fake.comments[0].body.endswith("All is well.")


def test_rebase_moves_comments_rather_than_repeating_them(bench: Bench) -> None:
    bench.run(found=report(factory.finding()))
    series, found, pull = moved()
    bench.fake.push(NEXT, pull)
    assert bench.thread().line is None, "outdated"
    bench.run(series, found, head=NEXT)
    assert bench.thread().line == 67
    assert [logged.method for logged in bench.fake.writes] == [
        "POST",
        "DELETE",
        "POST",
    ]  # the last: the check
    bench.run(series, found, head=NEXT)
    assert bench.fake.writes == []


def test_comment_that_the_forge_moved_itself_stays(bench: Bench) -> None:
    bench.run(found=report(factory.finding()))
    id_ = bench.thread().id
    by = 5
    hunk = replace(factory.SETUP, before_start=45, after_start=45)
    series = replace(factory.series(), patches=(factory.patch(1, "one", modified(factory.CORE, hunk)),))
    bench.fake.push(NEXT, modified(factory.CORE, hunk))
    found = factory.finding()
    found = replace(found, place=replace(found.place, line=47 + by))
    bench.run(series, Report((found,)), head=NEXT)
    assert (bench.thread().id, bench.thread().line) == (id_, 52)


def test_at_most_30_inline_and_the_rest_in_the_summary(bench: Bench) -> None:
    series, found, file = many(1000)
    bench.fake.shows(file)
    bench.run(series, found)
    assert len(bench.fake.threads) == INLINE
    assert len(bench.fake.writes) == 3
    assert len(bench.fake.log) == 6
    body = bench.summaries[0].body
    assert "1000 questions" in body
    assert re.search(r"and \d+ more, which `reviewbot review` shows", body)
    assert all("**lifetime**" in thread.comments[0].body for thread in bench.fake.threads), (
        "the gravest first"
    )
    bench.run(series, found)
    assert bench.fake.writes == []


def test_room_that_is_free_again_is_used(bench: Bench) -> None:
    series, found, file = many(40)
    bench.fake.shows(file)
    bench.run(series, found)
    first = keys(bench.fake)
    left = Report(tuple(each for each in found.findings if each.fingerprint not in first[:4]))
    bench.run(series, left)
    assert len(bench.fake.threads) == INLINE + 4
    assert sum(not thread.is_resolved for thread in bench.fake.threads) == INLINE


def test_pages_of_threads_comments_and_files(bench: Bench) -> None:
    series, found, file = many(25)
    bench.fake.shows(file)
    bench.fake.files = [
        {"filename": f"f{n}.c", "patch": "@@ -1 +1 @@\n-a\n+b"} for n in range(250)
    ] + bench.fake.files
    bench.fake.page = 4
    bench.fake.comments = [Comment(number, "ravi", "hm") for number in range(30)]
    bench.run(series, found)
    assert len(bench.fake.threads) == 25
    bench.run(series, found)
    assert bench.fake.writes == []


def test_check_fails_only_where_that_was_asked_for(bench: Bench) -> None:
    bench.run(manners=Manners(Concern.LIFETIME))
    assert bench.fake.checks[-1]["conclusion"] == "neutral"
    bench.run(manners=Manners(Concern.ORDERING))
    assert bench.fake.checks[-1]["conclusion"] == "failure"
    assert len(bench.fake.checks) == 1


def test_line_that_is_refused_goes_into_the_summary(bench: Bench) -> None:
    series, found, file = many(5)
    bench.fake.shows(file)
    bench.fake.fits = lambda comment: comment["line"] != 3  # type: ignore[method-assign]
    bench.run(series, found)
    assert sorted(thread.line or 0 for thread in bench.fake.threads) == [1, 2, 4, 5]
    assert f"{3:016x}" in bench.summaries[0].body
    assert len(bench.summaries) == 1


def test_closed_request_and_newer_head_are_left_alone(bench: Bench) -> None:
    bench.fake.state = "MERGED"
    assert bench.run().moved_on == "the request is closed"
    bench.fake.state, bench.fake.head = "OPEN", NEXT
    assert "bbbbbbbbbbbb by now" in bench.run().moved_on
    assert bench.fake.writes == []


# faults

LIMITS = [
    (429, {"Retry-After": "7"}, "slow down", 7.0),
    (403, {"Retry-After": "9"}, "secondary", 9.0),
    (
        403,
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 30)},
        "API rate limit exceeded",
        31.0,
    ),
    (403, {}, "You have exceeded a secondary rate limit", 60.0),
]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(
    "what", ["GET .*files", "POST .*reviews", "POST .*/issues/", "POST .*check-runs", "graphql"]
)
def test_limits_are_waited_for(
    bench: Bench, what: str, limit: tuple[int, dict[str, str], str, float]
) -> None:
    status, headers, message, pause = limit
    bench.fake.fault(what, status, headers=headers, message=message)
    bench.run()
    assert bench.slept == [pause]
    assert (len(bench.fake.threads), len(bench.summaries), len(bench.fake.checks)) == (2, 1, 1)


def test_limit_of_graphql_is_told_in_a_200(bench: Bench) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 8)}
    body = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    bench.fake.fault("graphql", 200, headers=headers, body=body)
    bench.run()
    assert bench.slept == [9.0]
    assert len(bench.fake.threads) == 2


@pytest.mark.parametrize("what", ["graphql", "GET .*files", "POST .*reviews", "POST .*/issues/"])
def test_answer_that_is_cut_off_is_no_answer(bench: Bench, what: str) -> None:
    bench.fake.fault(what, 200, body=b'{"id": 1', is_done=True)
    bench.run()
    assert bench.slept == [1.0]
    assert (len(bench.fake.threads), len(bench.summaries)) == (2, 1)


def test_limit_that_lasts_too_long_ends_the_run(bench: Bench) -> None:
    bench.fake.fault("POST .*reviews", 429, headers={"Retry-After": "3600"})
    with pytest.raises(ForgeError, match="longer than a run may wait"):
        bench.run()
    assert bench.slept == []


WRITES = [
    "POST .*reviews",
    "POST .*/issues/",
    "POST .*check-runs",
    "PATCH .*pulls/comments",
    "mutation",
    "DELETE",
]
FAULTS = [(status, done) for status in (RESET, 500, 502, 503) for done in (False, True)]


@pytest.mark.parametrize(("status", "is_done"), FAULTS)
@pytest.mark.parametrize("what", WRITES)
def test_fault_in_a_run_leaves_no_duplicate(bench: Bench, what: str, status: int, is_done: bool) -> None:
    bench.run()
    series, found, pull = moved()
    bench.fake.push(NEXT, pull)
    bench.fake.fault(what, status, is_done=is_done)
    bench.run(series, found, head=NEXT)  # one comment moves, one is gone, summary and check change
    assert_settled(bench, series, found)


@pytest.mark.parametrize("stop", range(8))
@pytest.mark.parametrize("is_done", [False, True])
def test_run_that_stops_anywhere_leaves_no_duplicate_after_the_next(
    bench: Bench, stop: int, is_done: bool
) -> None:
    bench.run()
    series, found, pull = moved()
    bench.fake.push(NEXT, pull)
    bench.fake.fault("POST|PATCH|DELETE", 401, skip=stop, times=1, is_done=is_done)
    with suppress(ForgeError):
        bench.run(series, found, head=NEXT)
    bench.fake.faults.clear()
    bench.run(series, found, head=NEXT)
    assert_settled(bench, series, found)


def assert_settled(bench: Bench, series: Series, found: Report) -> None:
    assert keys(bench.fake) == [factory.finding().fingerprint, factory.question().fingerprint]
    assert bench.thread().line == 67
    assert bench.thread(factory.question().fingerprint).is_resolved
    assert len(bench.summaries) == 1
    assert len([check for check in bench.fake.checks if check["head_sha"] == NEXT]) == 1
    bench.run(series, found, head=NEXT)
    assert bench.fake.writes == []


def test_server_that_stays_down_ends_the_run(bench: Bench) -> None:
    bench.fake.fault(".", 502, times=99)
    with pytest.raises(ForgeError, match="502"):
        bench.run()
    assert bench.slept == [1.0, 2.0, 4.0, 8.0]


def test_twice_there_is_cleared_up(bench: Bench) -> None:
    bench.run(found=report(factory.finding()))
    first = bench.thread()
    copy = Comment(bench.fake.new_id(), BOT, first.comments[0].body, HEAD)
    bench.fake.threads.append(Thread("PRRT_two", first.path, first.line, first.text, [copy]))
    bench.fake.comments.append(Comment(bench.fake.new_id(), BOT, bench.summaries[0].body))
    bench.run(found=report(factory.finding()))
    assert bench.thread().id == first.id
    assert len(bench.summaries) == 1


def test_wrong_token_is_told_and_not_shown(bench: Bench) -> None:
    with pytest.raises(ForgeError, match="does not know the token") as error:
        bench.run(token=f"{TOKEN}x")
    assert TOKEN not in str(error.value)


def test_no_such_request(bench: Bench) -> None:
    bench.fake.number = 8
    target = Target("larch/linux", 7, HEAD)
    with pytest.raises(ForgeError, match="not there"):
        GitHub(target, Patience(PyGithubWire(TOKEN, bench.address, pause=0))).read()


def test_without_permission_what_is_denied_is_named(bench: Bench) -> None:
    bench.fake.denied = {"/pulls/", "/issues/", "check-runs", "resolve"}
    outcome = bench.run()
    assert set(outcome.denied) == {Purpose.COMMENT, Purpose.SUMMARY, Purpose.CHECK}
    assert len(bench.fake.writes) == 3, "each is tried once"
    assert outcome.written.total() == 0


def test_without_permission_to_resolve_the_comment_says_it(bench: Bench) -> None:
    bench.run()
    bench.fake.denied = {"resolve"}
    outcome = bench.run(found=report(factory.question()))
    assert "**Not asked any more.**" in bench.thread().comments[0].body
    assert set(outcome.denied) == {Purpose.RESOLVE}
    assert len(bench.summaries) == 1
    bench.fake.can_resolve = False  # what GitHub says of such a token
    bench.run(found=report(factory.question()))
    assert bench.fake.writes == []


@pytest.mark.parametrize(
    "address", ["http://forge.example/api", "ftp://127.0.0.1", "https://me:secret@forge.example"]
)
def test_token_goes_nowhere_in_the_clear(address: str) -> None:
    with pytest.raises(ForgeError, match="GITHUB_API_URL") as error:
        PyGithubWire(TOKEN, address)
    assert "secret" not in str(error.value)
    assert TOKEN not in str(error.value)


def test_answer_may_lack_anything(bench: Bench) -> None:
    fake = bench.fake
    fake.comments.append(Comment(3, "", "a ghost"))
    fake.files.append({"filename": "large.c"})
    fake.files.append({"filename": "gone.c", "status": "removed", "patch": "@@ -1 +0,0 @@\n-a"})
    fake.files.append({"filename": "odd.c", "patch": "@@ nonsense\n+x"})
    bench.run()
    assert len(fake.threads) == 2
