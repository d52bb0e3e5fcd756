import pytest

from reviewbot.series.subject import read_subject


@pytest.mark.parametrize(
    ("text", "counts", "revision", "prefix", "subject"),
    [
        ("[PATCH] lamp: fix", (None, None), 1, "PATCH", "lamp: fix"),
        ("[PATCH v2 3/7] lamp: fix", (3, 7), 2, "PATCH v2", "lamp: fix"),
        ("[PATCH net-next v3 02/12 RESEND] lamp: fix", (2, 12), 3, "PATCH net-next v3 RESEND", "lamp: fix"),
        ("[RFC PATCH 0/2] lamp: fix", (0, 2), 1, "RFC PATCH", "lamp: fix"),
        ("[PATCHv4 01/10] lamp: fix", (1, 10), 4, "PATCHv4", "lamp: fix"),
        ("[PATCH V2] lamp: fix", (None, None), 2, "PATCH V2", "lamp: fix"),
        ("[PATCH -next,v2 1/2] lamp: fix", (1, 2), 2, "PATCH -next v2", "lamp: fix"),
        ("[linux-lamp] [PATCH 1/2] lamp: fix", (1, 2), 1, "linux-lamp PATCH", "lamp: fix"),
        ("[PATCH AUTOSEL 6.1 4/5] lamp: fix", (4, 5), 1, "PATCH AUTOSEL 6.1", "lamp: fix"),
        ("[PATCH v6.1 4/5] lamp: fix", (4, 5), 1, "PATCH v6.1", "lamp: fix"),
        ("[PATCH][next] lamp: fix", (None, None), 1, "PATCH next", "lamp: fix"),
        ("[lampbot?] WARNING in flame", (None, None), 1, "", "[lampbot?] WARNING in flame"),
        ("lamp: fix", (None, None), 1, "", "lamp: fix"),
        ("[PATCH 3/2]", (3, 2), 1, "PATCH", "[PATCH 3/2]"),
    ],
)
def test_subjects_are_taken_apart(
    text: str, counts: tuple[int | None, int | None], revision: int, prefix: str, subject: str
) -> None:
    label = read_subject(text)
    assert ((label.index, label.total), label.revision) == (counts, revision)
    assert (label.prefix, label.subject, label.is_reply) == (prefix, subject, False)


@pytest.mark.parametrize(
    "text",
    [
        "Re: [PATCH 1/2] lamp",
        "RE: re: [PATCH] x",
        "[EXT] Re: [PATCH v2] x",
        "AW: [PATCH] x",
        "Re[2]: [PATCH] x",
        "回复: [PATCH] x",
    ],
)
def test_an_answer_is_never_a_patch(text: str) -> None:
    assert read_subject(text).is_reply


def test_the_order_of_the_words_does_not_split_a_series() -> None:
    assert read_subject("[PATCH RFC v2 1/2] a").group == read_subject("[RFC v2 PATCH 2/2] b").group
