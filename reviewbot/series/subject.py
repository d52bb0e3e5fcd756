"""What a subject says: `[PATCH net-next v3 02/12 RESEND] net: add x` and its many spellings."""

import re

import msgspec

_ANSWER = r"(?:re|aw|sv|vs|wg|antw|odp|fwd?|回复|答复|回覆|转发)(?:\[\d+\])?\s*[:：]"
_REPLY = re.compile(rf"\s*(?:\[(?![^\]]*patch)[^\]]*\]\s*)*{_ANSWER}", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*((?:\[[^\]\[]*\]\s*:?\s*)+)")
_WORD = re.compile(r"[^\s,;:\[\]]+")
_COUNT = re.compile(r"(?:patch|rfc)?(\d{1,4})/(\d{1,4})", re.IGNORECASE)
_REVISION = re.compile(r"(patch(?:set|es)?|rfc)?[-_]?v\.?(\d{1,3})(?:\.\d{1,2})?", re.IGNORECASE)
_RELEASE = re.compile(r"v\d\.\d{1,2}(?:\.\S+)?", re.IGNORECASE)
_MARK = re.compile(r"patch|rfc|resend|resent", re.IGNORECASE)


class Label(msgspec.Struct, frozen=True):
    """A subject taken apart.

    `index` and `total` are None where the subject counts nothing; `prefix` holds the words of
    the brackets without the count; `is_patch_prefix` tells whether they announce a patch.
    """

    subject: str
    prefix: str = ""
    index: int | None = None
    total: int | None = None
    revision: int = 1
    is_reply: bool = False
    is_patch_prefix: bool = False

    @property
    def group(self) -> str:
        """The prefix in the form that all patches of one series share."""
        return " ".join(sorted(self.prefix.lower().split()))


def read_subject(text: str) -> Label:
    """Takes a decoded subject apart; nothing is raised."""
    text = " ".join(text.split())
    if _REPLY.match(text):
        return Label(text, is_reply=True)
    brackets = _BRACKETS.match(text)
    if brackets is None:
        return Label(text)
    words = _WORD.findall(brackets[1])
    kept, counts, revision = _sorted_words(words)
    is_mark = any(_MARK.search(word) for word in words)
    if not is_mark and counts is None and revision is None:
        return Label(text)
    subject = text[brackets.end() :].strip() or text
    index, total = counts or (None, None)
    return Label(subject, " ".join(kept), index, total, revision or 1, False, is_mark)


def _sorted_words(words: list[str]) -> tuple[list[str], tuple[int, int] | None, int | None]:
    """The words that stay in the prefix, n/m, and the revision."""
    kept: list[str] = []
    counts: tuple[int, int] | None = None
    revision: int | None = None
    for word in words:
        if counts is None and (match := _COUNT.fullmatch(word)):
            counts = int(match[1]), int(match[2])
            continue
        kept.append(word)
        if revision is None and not _is_release(word) and (match := _REVISION.fullmatch(word)):
            revision = int(match[2])
    return kept, counts, revision


def _is_release(word: str) -> bool:
    """Whether `v6.1` names a kernel; v2.1 of a series is rarer than stable kernels from 3 on."""
    return bool(_RELEASE.fullmatch(word)) and word[1] in "3456789"
