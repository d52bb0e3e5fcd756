"""Against Debian's public-inbox: a real archive on loopback, of messages made here."""

import io
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import msgspec
import pytest

pytest.importorskip("liblore")

from reviewbot.errors import SourceError
from reviewbot.series.model import Series
from reviewbot.sources.archive import Archive
from reviewbot.sources.mbox import read_stream
from reviewbot.sources.read import read_series
from tests.cli.conftest import Run, run  # noqa: F401 - a fixture
from tests.discussion.mails import EXAMPLE, next_revision, patch_id, reply
from tests.series.mails import DIFF, mail
from tests.sources.test_read import counted

PROGRAMS = ("public-inbox-init", "public-inbox-mda", "public-inbox-httpd")
LIST = "lantern@example.org"
MISSING = [program for program in PROGRAMS if not shutil.which(program)]
pytestmark = [
    pytest.mark.archive,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (package public-inbox)"),
]
CHANGE = "change-id: 20250101-bellows-abcdef012345"


def mails() -> list[bytes]:
    """Three revisions in threads of their own, an answer, a renamed series, and talk without a patch."""
    answer = mail(
        "Re: [PATCH v2 1/3] lantern: part 1",
        "> +\tf->fuel = 3;\n\nMarked?\n",
        "r@example.org",
        "2.1@example.org",
    )
    renamed = [
        mail(f"[PATCH{mark}] {subject}", f"Leak.\n---\n{CHANGE}\n\n{DIFF}", name)
        for mark, subject, name in (
            ("", "bellows: leak less", "b1@example.org"),
            (" v2", "bellows: do not leak at all", "b2@example.org"),
        )
    ]
    talk = mail("weather", "Rain.\n", "talk/with+signs=@example.org")
    return [*counted(1), *counted(2), answer, *counted(3), *renamed, talk, *larch()]


def larch() -> list[bytes]:
    """The bundled example, an answer to it, and a second revision that repairs one of two."""
    repaired = next_revision(
        ("+\tl->calibrated = true;", "+\tsmp_store_release(&l->calibrated, true);"),
        ("+\tif (l->calibrated)", "+\tif (smp_load_acquire(&l->calibrated))"),
    )
    sent = [
        each.data for data in (EXAMPLE.read_bytes(), repaired) for each in read_stream(io.BytesIO(data), "")
    ]
    asked = reply("> +\tl->log = log;\n\nNo rcu_assign_pointer()?", patch_id(3), message_id="l@example.com")
    return [*sent, asked]


class Place(msgspec.Struct, frozen=True):
    """Where the archive is."""

    base: str

    def read(self, name: str, revision: int | None = None) -> Series:
        return read_series((name,), None, revision, io.BytesIO(), Archive(self.base))


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("inbox")
    config = folder / "config"
    environment = {**os.environ, "HOME": str(folder), "PI_CONFIG": str(config), "ORIGINAL_RECIPIENT": LIST}
    port = free_port()
    base = f"http://127.0.0.1:{port}/lantern"

    def start(*command: str, given: bytes = b"") -> None:
        subprocess.run(command, env=environment, input=given, check=True, capture_output=True, timeout=60)

    start("public-inbox-init", "-V2", "lantern", str(folder / "lantern"), base, LIST)
    start("git", "config", "-f", str(config), "publicinboxmda.spamcheck", "none")
    for entry in mails():
        start("public-inbox-mda", "--no-precheck", given=b"To: " + LIST.encode() + b"\n" + entry)
    command = ["public-inbox-httpd", "-W0", "-l", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as httpd:
        try:
            wait_for(port)
            yield Place(base)
        finally:
            httpd.terminate()


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("public-inbox-httpd does not start")


@pytest.mark.parametrize("name", ["<1.2@example.org>", "1.2@example.org", "{base}/1.2@example.org/T/#u"])
def test_the_newest_revision_is_found_in_its_own_thread(inbox: Place, name: str) -> None:
    series = inbox.read(name.format(base=inbox.base))
    assert (series.revision, len(series.patches)) == (3, 3)
    assert series.cover is not None
    assert series.cover.body == "Three."
    assert sorted(series.skipped) == [f"revision {n} not reviewed: lantern: three" for n in (1, 2)]


def test_an_older_revision_on_demand_has_its_replies(inbox: Place) -> None:
    series = inbox.read("<1.2@example.org>", revision=2)
    assert [reply.envelope.message_id for reply in series.replies] == ["r@example.org"]
    with pytest.raises(SourceError, match="found v1, v2, v3"):
        inbox.read("<1.2@example.org>", revision=9)


def test_a_reply_names_the_series_it_answers(inbox: Place) -> None:
    assert inbox.read("<r@example.org>", revision=2).subject == "lantern: three"


def test_a_renamed_series_is_found_by_its_change_id(inbox: Place) -> None:
    series = inbox.read("<b1@example.org>")
    assert (series.subject, series.revision) == ("bellows: do not leak at all", 2)


def test_what_is_no_series_is_told(inbox: Place) -> None:
    with pytest.raises(SourceError, match=r"no patch is in its thread"):
        inbox.read("<talk/with+signs=@example.org>")
    with pytest.raises(SourceError, match=r"has no message <nothing@example\.org>"):
        inbox.read("<nothing@example.org>")


def test_without_the_list_in_the_address_the_archive_finds_it(inbox: Place) -> None:
    assert inbox.read(f"{inbox.base}-moved/2.1@example.org/").revision == 2
    series = inbox.read(f"{inbox.base.removesuffix('/lantern')}/2.1@example.org/")
    assert series.revision == 2
    assert "newer ones in other threads are not seen" in series.skipped[-1]


def test_the_whole_way(inbox: Place, run: Run) -> None:  # noqa: F811 - the fixture
    first = run("review", "--revision", "1", f"{inbox.base}/{patch_id(0)}/")
    asked = "larch.c:66 plain-publication: raised by Ravi Reader in <l@example.com>"
    assert asked in " ".join(first.text.split())
    newest = run("review", "--archive", inbox.base, f"<{patch_id(2)}>")
    assert newest.text.startswith("[PATCH v2 0/3] larch:")
    told = " ".join(newest.text.split())
    assert "Since v1: repaired drivers/misc/larch.c:38 flag-publishes-data" in told
    assert f"open drivers/misc/{asked}" in told
    assert newest.err == ""
