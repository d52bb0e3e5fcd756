"""A GitHub of our own with the bot before it, for tests over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from reviewbot.findings import Report
from reviewbot.publishers.forge import marker
from reviewbot.publishers.forge.github_requests import Target
from reviewbot.publishers.forge.patience import Patience
from reviewbot.publishers.forge.plan import Manners
from reviewbot.publishers.forge.rounds import Outcome, publish
from reviewbot.series.model import Series
from tests.publishers import factory
from tests.publishers.forge.cases import PULL, report
from tests.publishers.forge.fake_github import HEAD, TOKEN, Comment, FakeGitHub, Thread, served

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


@contextmanager
def at_bench() -> Iterator[Bench]:
    """A fake that shows one pull request, while it is served."""
    fake = FakeGitHub()
    fake.shows(PULL)
    with served(fake.serve) as address:
        yield Bench(fake, address, [])


def keys(fake: FakeGitHub) -> list[str]:
    """The findings that the threads are about."""
    return sorted(found.key for thread in fake.threads if (found := marker.read(thread.comments[0].body)))
