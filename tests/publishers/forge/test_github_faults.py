"""The bot against a GitHub that limits, fails, denies and answers oddly, over real HTTP."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from reviewbot.errors import ForgeError
from reviewbot.findings import Report
from reviewbot.publishers.forge.github import GitHub, PyGithubWire
from reviewbot.publishers.forge.github_requests import Target
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.wire import Purpose
from reviewbot.series.model import Series
from tests.publishers import factory
from tests.publishers.forge.cases import moved, report
from tests.publishers.forge.fake_github import BOT, HEAD, NEXT, RESET, TOKEN, Comment, Thread
from tests.publishers.forge.github_bench import NOW, Bench, at_bench, keys


@pytest.fixture
def bench() -> Iterator[Bench]:
    with at_bench() as found:
        yield found


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
