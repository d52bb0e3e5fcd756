import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from msgspec.structs import replace

from reviewbot.publishers import json as publisher
from tests.publishers.factory import finding, report, series
from tests.publishers.test_clean import ANYTHING

GOLDEN = Path(__file__).parent / "golden"

FINDING_KEYS = (
    "rule concern confidence field patch file line side function message checklist accesses suggest"
)
FINDING_KEYS += " witness fingerprint shown hidden_reason"
ACCESS_KEYS = "kind marking file line function held rcu patch"


def test_the_whole_report(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "report.json", publisher.render(series(), report()))


def test_the_keys_of_the_schema_come_first_and_in_order() -> None:
    whole = json.loads(publisher.render(series(), report()))
    assert list(whole)[:5] == ["schema", "series", "findings", "hidden", "unread"]
    assert list(whole["series"])[:4] == ["subject", "version", "base", "patches"]
    assert list(whole["series"]["patches"][0]) == ["index", "subject", "message_id", "commit"]
    one = whole["findings"][0]
    assert " ".join(one).startswith(FINDING_KEYS)
    assert " ".join(one["accesses"][0]).startswith(ACCESS_KEYS)
    assert one["field"] == {"struct": "demo", "name": "ready"}
    assert one["suggest"] == {"write": "smp_store_release", "read": "smp_load_acquire"}


def test_hidden_findings_are_there_with_their_reason() -> None:
    whole = json.loads(publisher.render(series(), report()))
    assert [(one["shown"], one["hidden_reason"]) for one in whole["findings"]] == [
        (True, None),
        (True, None),
        (False, "pre-existing"),
    ]
    assert whole["hidden"] == {"pre-existing": 1}


def test_a_mail_without_an_id_has_none() -> None:
    first = series().patches[0]
    assert first.envelope
    bare = replace(first, envelope=replace(first.envelope, message_id=""))
    whole = json.loads(publisher.render(replace(series(), patches=(bare,)), report()))
    assert whole["series"]["patches"][0]["message_id"] is None


@given(ANYTHING)
def test_any_text_makes_plain_ascii_that_parses_everywhere(text: str) -> None:
    one = replace(finding(), message=text, line_text=text)
    out = publisher.render(replace(series(), subject=text), report(one))
    assert out.isascii()
    assert out.replace("\n", "").isprintable()
    subject = json.loads(out)["series"]["subject"]
    assert subject.encode().decode() == subject
