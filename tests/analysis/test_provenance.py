"""Where an object came from: found where readers are, or made here."""

import pytest

from reviewbot.analysis.held import Holding
from reviewbot.analysis.provenance import Found, Provenance
from reviewbot.syntax.model import Access, Kind
from tests.analysis.series import analysis

FUNCTION = """
void wren_fill(struct wren *w)
{{
	struct zone *zone;

	{body}
	zone->map = NULL;
}}
"""


def found(text: str) -> Found | None:
    """How the object of the first store to `map` was found."""
    result = analysis(text)
    holding: Holding = result.holding
    provenance = Provenance(result.program, result.objects, holding)
    for study in result.program.mentioning("map"):
        for index, access in study.accesses():
            if (
                isinstance(access, Access)
                and access.kind is Kind.WRITE
                and access.path.members[-1:] == ("map",)
            ):
                return provenance.found(study, index, access.path.root)
    raise AssertionError("no store to map")


@pytest.mark.parametrize(
    ("load", "by", "flavour", "domain"),
    [
        ("zone = rcu_dereference(w->zone);", "rcu_dereference()", "rcu", ""),
        ("zone = srcu_dereference(w->zone, &w->srcu);", "srcu_dereference()", "srcu", "&w->srcu"),
        (
            "zone = srcu_dereference_check(w->zone, &w->srcu, lockdep_is_held(&w->lock));",
            "srcu_dereference_check()",
            "srcu",
            "&w->srcu",
        ),
        ("zone = rtnl_dereference(w->zone);", "rtnl_dereference()", "rcu", ""),
        ("list_for_each_entry_rcu(zone, &w->zones, node)", "list_for_each_entry_rcu()", "rcu", ""),
    ],
)
def test_found(load: str, by: str, flavour: str, domain: str) -> None:
    result = found(FUNCTION.format(body=load))
    assert result is not None
    assert (result.by, result.flavour, result.domain) == (by, flavour, domain)
    assert result.publisher == "wren_fill"


def test_lock_that_the_accessor_names() -> None:
    load = "zone = rcu_dereference_protected(w->zone, lockdep_is_held(&w->lock));"
    result = found(FUNCTION.format(body=load))
    assert result is not None
    assert (result.is_updater, result.lock) == (True, "w->lock")


@pytest.mark.parametrize("load", ["zone = kzalloc(8, GFP_KERNEL);", "zone = w->zone;", "zone = NULL;"])
def test_not_found(load: str) -> None:
    assert found(FUNCTION.format(body=load)) is None


def test_found_by_the_caller() -> None:
    text = """
static void wren_fill(struct zone *zone)
{
	zone->map = NULL;
}

void wren_enable(struct wren *w)
{
	mutex_lock(&w->lock);
	wren_fill(rcu_dereference_protected(w->zone, 1));
	mutex_unlock(&w->lock);
}
"""
    given = text.replace(
        "\twren_fill(rcu_dereference_protected(w->zone, 1));", "\t{LOAD}\n\twren_fill(zone);"
    )
    result = found(given.replace("{LOAD}", "struct zone *zone = rcu_dereference(w->zone);"))
    assert result is not None
    assert (result.by, result.lock, result.publisher) == ("rcu_dereference()", "w->lock", "wren_enable")
