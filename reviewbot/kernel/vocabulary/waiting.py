"""Waiting and waking, sequence counters, and sinks that only tell people."""

from collections.abc import Mapping

import msgspec

from reviewbot.kernel.vocabulary.read import Section, Table, compiled


class Wait(msgspec.Struct, frozen=True):
    """A call that waits; `condition` is the argument evaluated again and again, or None."""

    condition: int | None


class Waiting(msgspec.Struct, frozen=True):
    """The tables of waiting, by function name. A name may stand in several of them."""

    waits: Mapping[str, Wait]
    wakes: frozenset[str]
    sleeper_probes: Mapping[str, bool]
    """name -> whether the probe has a full barrier in it."""
    busy: frozenset[str]
    state_with_mb: frozenset[str]
    state_without_mb: frozenset[str]
    stops: frozenset[str]
    completions: Mapping[str, str]
    """name -> init, reset, signal or wait."""
    seqcounts: Mapping[str, str]
    """name -> read_begin, read_retry, write_begin or write_end."""
    seqcount_types: frozenset[str]
    self_synchronised_types: frozenset[str]
    """Types whose own functions order and exclude; spelt without the word struct."""

    def wait(self, name: str) -> Wait | None:
        """The wait that `name` is."""
        return self.waits.get(name)

    def is_wake(self, name: str) -> bool:
        """Whether `name` wakes a waiter."""
        return name in self.wakes

    def completion(self, name: str) -> str | None:
        """What `name` does to a completion."""
        return self.completions.get(name)

    def seqcount(self, name: str) -> str | None:
        """What `name` does to a sequence counter."""
        return self.seqcounts.get(name)


class Diagnostics(msgspec.Struct, frozen=True):
    """Sinks and names by which a value only informs people (suppressor S10)."""

    sinks: Mapping[str, str]
    """name -> kind: log, warn, seq_file, sysfs, text, netlink, trace."""
    families: tuple[tuple[str, str], ...]
    """(kind, regular expression of names)."""
    exceptions: frozenset[str]
    member_regex: str
    statistics_types: frozenset[str]

    def diagnostic(self, name: str) -> str | None:
        """The kind of sink that a call of `name` is: log, warn, seq_file and so on."""
        found = self.sinks.get(name)
        if found is not None or name in self.exceptions:
            return found
        return next((kind for kind, regex in self.families if compiled(regex).fullmatch(name)), None)

    def is_statistic(self, member: str) -> bool:
        """Whether a member's name sounds like a counter: a hint, no more."""
        return compiled(self.member_regex).fullmatch(member) is not None


def read_waiting(top: Section) -> Waiting:
    """The tables of `waiting.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    waits: Table[Wait] = Table()
    for row in top.rows("wait"):
        waits.add(row.path, row.names("fn"), Wait(row.number("condition")))
    with_mb = frozenset(top.names("probe_with_mb"))
    probes: Table[bool] = Table()
    for name in top.names("sleeper_probe"):
        probes.add("waiting.sleeper_probe", (name,), name in with_mb)
    waiting = Waiting(
        waits=waits.frozen(),
        wakes=frozenset(top.names("wake")),
        sleeper_probes=probes.frozen(),
        busy=frozenset(top.names("busy")),
        state_with_mb=frozenset(top.names("state_with_mb")),
        state_without_mb=frozenset(top.names("state_without_mb")),
        stops=frozenset(top.names("stop")),
        completions=top.section("completion").groups(),
        seqcounts=top.section("seqcount").groups(),
        seqcount_types=frozenset(top.names("seqcount_types")),
        self_synchronised_types=frozenset(top.names("self_synchronised_types")),
    )
    top.close()
    return waiting


def read_diagnostics(top: Section) -> Diagnostics:
    """The tables of `diagnostics.yaml`.

    Raises:
        VocabularyError: A key, a word or a name is wrong; the text names the key.
    """
    statistics, sinks = top.section("statistics"), top.section("diagnostics")
    families = sinks.section("families")
    diagnostics = Diagnostics(
        sinks=sinks.section("names").groups(),
        families=tuple((kind, families.text(kind)) for kind in families.left()),
        exceptions=frozenset(sinks.names("not_diagnostic")),
        member_regex=statistics.text("member_regex"),
        statistics_types=frozenset(statistics.names("types")),
    )
    for section in (statistics, sinks, top):
        section.close()
    return diagnostics
