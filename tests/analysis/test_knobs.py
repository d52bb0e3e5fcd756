"""Sysctls and module parameters: stores that users make, with no lock."""

import pytest

from reviewbot.analysis.facts import MixedMarking
from tests.analysis.series import facts

SYSCTL = """
struct wren_conf {
	int eggs;
	int nest;
};

static struct wren_conf wren_defaults;

static struct ctl_table wren_table[] = {
	{
		.procname = "eggs",
		.data = &wren_defaults.eggs,
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec,
	},
};

int wren_count(struct wren_conf *conf)
{
	return READ_ONCE(conf->eggs);
}

int wren_room(struct wren_conf *conf)
{
	return 8 - conf->eggs;
}
"""

PARAMETER = """
static unsigned int wren_limit = 8;
module_param(wren_limit, uint, 0644);

unsigned int wren_left(struct wren *w)
{
	return READ_ONCE(wren_limit) - w->eggs;
}

bool wren_full(struct wren *w)
{
	return w->eggs == wren_limit;
}
"""


def test_a_plain_read_of_a_sysctl_that_others_mark() -> None:
    (fact,) = facts(SYSCTL, MixedMarking)
    assert (str(fact.field), fact.wanted, fact.place.function) == (
        "wren_conf.eggs",
        "READ_ONCE()",
        "wren_room",
    )
    assert fact.writer == "proc_dointvec()"


def test_a_plain_read_of_a_parameter_that_others_mark() -> None:
    (fact,) = facts(PARAMETER, MixedMarking)
    assert (str(fact.field), fact.place.function, fact.writer) == ("wren_limit", "wren_full", "param_set()")


SILENT = {
    "nobody marks it": (SYSCTL, "READ_ONCE(conf->eggs)", "conf->eggs"),
    "another row": (SYSCTL, "&wren_defaults.eggs", "&wren_defaults.nest"),
    "a handler of its own": (SYSCTL, "proc_dointvec", "wren_set_eggs"),
    "nobody sets it later": (PARAMETER, "0644", "0444"),
}


@pytest.mark.parametrize(("text", "old", "new"), SILENT.values(), ids=SILENT.keys())
def test_silent(text: str, old: str, new: str) -> None:
    assert old in text
    assert facts(text.replace(old, new), MixedMarking) == []
