"""Code that is not the kernel's own work: tools, samples and tests (suppressor S24).

What is asked there is asked with low confidence: nobody's machine runs it under load.
"""

import re
from typing import TypeVar

from msgspec.structs import replace

from reviewbot.analysis.facts import Confidence, Fact

AnyFact = TypeVar("AnyFact", bound=Fact)

_BESIDE = re.compile(
    r"^(?:tools|samples|scripts|usr|Documentation)/|^lib/(?:test_|tests/)"
    r"|(?:^|/)(?:selftests?|kunit)/|[_-](?:kunit|kunit_test|test|tests|selftest)\.[ch]$"
)


def is_beside(path: str) -> bool:
    """Whether a file is not part of what runs in production, by its path."""
    return _BESIDE.search(path) is not None


def lowered(fact: AnyFact) -> AnyFact:
    """The fact, with low confidence where it stands in such a file; so too what is left of it."""
    if not is_beside(fact.place.path):
        return fact
    left = lowered(fact.left) if fact.left is not None else None
    return replace(fact, confidence=Confidence.LOW, left=left)
