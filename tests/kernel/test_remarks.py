"""The words by which remarks are known."""

import pytest

from reviewbot.errors import VocabularyError
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.kernel.vocabulary.read import parse_table
from reviewbot.kernel.vocabulary.remarks import read_remark_words

TABLE = """
concerns:
  - {concern: race, names: 'lockdep_\\w+', cures: [lock], ills: [race]}
denials: no not
reasons: [because]
"""


@pytest.mark.parametrize(
    ("text", "concerns"),
    [
        ("needs smp_store_release()", {"ordering"}),
        ("READ_ONCE() please", {"marking"}),
        ("is this racy?", {"race"}),
        ("this is a use-after-free", {"lifetime"}),
        ("this is a use\nafter free", {"lifetime"}),
        ("no race here", set()),
        ("I do not think that they race.", set()),
        ("Why does this not race with close()?", {"race"}),
        ("not locked", {"race"}),
        ("Not nice. It may race.", {"race"}),
        ("traces and block and clock", set()),
        ("a braced, terraced embrace", set()),
        ("", set()),
    ],
)
def test_what_a_text_speaks_of(text: str, concerns: set[str]) -> None:
    assert vocabulary().remarks.spoken_of(text) == concerns


def test_reasons_and_promises() -> None:
    words = vocabulary().remarks
    assert words.gives_reason("Nobody else\nhas it yet.")
    assert not words.gives_reason("Will do in v3, thanks.")


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("concern: race", "concern: rice", r"concerns\[0\]\.concern: unknown word 'rice'"),
        ("lockdep_\\w+", "(", r"concerns\[0\]\.names"),
        ("denials", "denial", "denial"),
        ("ills: [race]", "ills: race", r"ills: a list"),
    ],
)
def test_a_wrong_table_is_refused(old: str, new: str, error: str) -> None:
    assert read_remark_words(parse_table("remarks", TABLE)).spoken_of("a race") == {"race"}
    with pytest.raises(VocabularyError, match=error):
        read_remark_words(parse_table("remarks", TABLE.replace(old, new)))
