"""The bot against a GitHub of our own: reruns, replies, rebases and the room there is, over real HTTP."""

import re
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from reviewbot.findings import Concern, Report
from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.plan import INLINE, Manners
from tests.publishers import factory
from tests.publishers.factory import modified
from tests.publishers.forge.cases import PULL, many, moved, report
from tests.publishers.forge.fake_github import HEAD, NEXT, Comment, Thread
from tests.publishers.forge.github_bench import Bench, at_bench, keys


@pytest.fixture
def bench() -> Iterator[Bench]:
    with at_bench() as found:
        yield found


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
