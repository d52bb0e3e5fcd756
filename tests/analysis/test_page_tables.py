"""Stores of page-table entries."""

import pytest

from reviewbot.analysis.facts import MixedMarking
from reviewbot.kernel.vocabulary import vocabulary
from tests.analysis.series import facts

STORE = """
static inline void wren_set_pmd(pmd_t *entry, pmd_t pmd)
{
	*entry = pmd;
}
"""


@pytest.mark.parametrize("kind", sorted(vocabulary().memory.walked_entries))
def test_a_plain_store_of_an_entry(kind: str) -> None:
    (fact,) = facts(STORE.replace("pmd_t", kind), MixedMarking)
    assert (fact.target, fact.wanted, fact.writer) == ("*entry", "WRITE_ONCE()", "wren_set_pmd()")
    assert fact.locks == "with no lock here and no lock in the walks"


SILENT = {
    "marked": ("*entry = pmd;", "WRITE_ONCE(*entry, pmd);"),
    "where a pointer to an entry is to be put": ("pmd_t *entry", "pmd_t **entry"),
    "another type": ("pmd_t *entry", "u64 *entry"),
    "a table that is being built": ("wren_set_pmd", "wren_init_pmd"),
    "at start-up": ("static inline void", "static void __init"),
    "a value of the caller": ("*entry = pmd;", "pmd_t *copy = &pmd;\n\n\t*copy = *entry;"),
}


@pytest.mark.parametrize("change", SILENT.values(), ids=SILENT.keys())
def test_silent(change: tuple[str, str]) -> None:
    assert change[0] in STORE
    assert facts(STORE.replace(*change), MixedMarking) == []
