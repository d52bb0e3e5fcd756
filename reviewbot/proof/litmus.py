"""A scenario as the text of a litmus test, in the C that the tools of the memory model read."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from reviewbot.analysis.scenario import Act, Doing, Scenario, Thread
from reviewbot.syntax.model import Marking

_RESERVED = frozenset(
    """auto break case char const continue default do double else enum exists extern filter final float for
    forall goto if int locations long register return short signed sizeof static struct switch typedef union
    unsigned void volatile while with""".split()  # noqa: SIM905  (a list of words is read as words)
)

_FENCES = (
    "smp_mb",
    "smp_rmb",
    "smp_wmb",
    "barrier",
    "smp_mb__before_atomic",
    "smp_mb__after_atomic",
    "smp_mb__after_spinlock",
    "smp_mb__after_unlock_lock",
)
"""Those that the .def files of all models at hand know; any other is taken for a full one."""

_ORDERS = {
    Doing.LOCK: "spin_lock({0});",
    Doing.UNLOCK: "spin_unlock({0});",
    Doing.ENTER: "rcu_read_lock();",
    Doing.LEAVE: "rcu_read_unlock();",
    Doing.WAIT: "synchronize_rcu();",
}
_SRCU = {
    Doing.ENTER: "index = srcu_read_lock({0});",
    Doing.LEAVE: "srcu_read_unlock({0}, index);",
    Doing.WAIT: "synchronize_srcu({0});",
}

_LOADS = {
    Marking.ONCE: "READ_ONCE(*{0})",
    Marking.ACQUIRE: "smp_load_acquire({0})",
    Marking.RCU: "rcu_dereference(*{0})",
    Marking.RCU_ACCESS: "READ_ONCE(*{0})",
    Marking.VOLATILE: "READ_ONCE(*{0})",
    Marking.RELAXED: "READ_ONCE(*{0})",
    Marking.FULL: "smp_load_acquire({0})",
}
_STORES = {
    Marking.ONCE: "WRITE_ONCE(*{0}, {1})",
    Marking.RELEASE: "smp_store_release({0}, {1})",
    Marking.RCU: "rcu_assign_pointer(*{0}, {1})",
    Marking.RCU_INIT: "WRITE_ONCE(*{0}, {1})",
    Marking.VOLATILE: "WRITE_ONCE(*{0}, {1})",
    Marking.RELAXED: "WRITE_ONCE(*{0}, {1})",
    Marking.FULL: "smp_store_mb(*{0}, {1})",
}
_EXCHANGES = {
    Marking.FULL: "xchg",
    Marking.ACQUIRE: "xchg_acquire",
    Marking.RELEASE: "xchg_release",
    Marking.RCU: "xchg",
}


class Written(msgspec.Struct, frozen=True):
    """A test's text, ending in a newline, and which act of which thread each of its lines is of."""

    text: str
    acts: Mapping[int, tuple[int, Act]]
    """By line, from 1."""


def litmus(scenario: Scenario, name: str, result: str = "") -> Written:
    """The test of a scenario, with the names of the code.

    Args:
        scenario: What to write.
        name: Of the test; a rule's id and a word.
        result: For its `Result:` header; none where empty.
    """
    return _Writer(scenario, _identifiers(scenario)).written(name, result)


def canonical(scenario: Scenario) -> Written:
    """The test of a scenario with names by order of appearance: scenarios of one form have one text."""
    names = {name: f"v{number}" for number, name in enumerate(_identifiers(scenario))}
    return _Writer(scenario, names).written("canonical")


class _Writer:
    def __init__(self, scenario: Scenario, names: dict[str, str]) -> None:
        self._scenario = scenario
        self._names = names
        self._lines: list[str] = []
        self._acts: dict[int, tuple[int, Act]] = {}
        acts = [act for thread in scenario.threads for act in thread.acts]
        self._pointees = {act.name: act.value[1:] for act in acts if act.value.startswith("&")}
        self._pointees |= {name: value[1:] for name, value in scenario.initial if value.startswith("&")}

    def written(self, name: str, result: str = "") -> Written:
        header = [f"(* Result: {result} *)", ""] if result else []
        self._lines += [f"C {name}", "", *header, *self._initial(), ""]
        for number, thread in enumerate(self._scenario.threads):
            self._thread(number, thread)
        self._lines += [self._exists(), ""]
        return Written("\n".join(self._lines), self._acts)

    def _initial(self) -> list[str]:
        values = [
            f"\t{self._names[variable]}={self._plain(value)};" for variable, value in self._scenario.initial
        ]
        return ["{", *values, "}"]

    def _plain(self, value: str) -> str:
        return self._names[value[1:]] if value.startswith("&") else value

    def _thread(self, number: int, thread: Thread) -> None:
        self._lines += [f"P{number}({', '.join(self._parameters(thread))})", "{"]
        registers = [f"\t{line}" for line in self._registers(thread)]
        self._lines += [*registers, ""] if registers else []
        for guard, acts in itertools.groupby(thread.acts, key=lambda act: act.guard):
            self._lines += [f"\tif ({guard}) {{"] if guard else []
            for act in acts:
                self._lines.append(("\t\t" if guard else "\t") + self._statement(act))
                self._acts[len(self._lines)] = (number, act)
            self._lines += ["\t}"] if guard else []
        self._lines += ["}", ""]

    def _parameters(self, thread: Thread) -> Iterator[str]:
        kinds: dict[str, str] = {}
        for act in thread.acts:
            if act.doing in (Doing.LOCK, Doing.UNLOCK):
                kinds[act.name] = "spinlock_t *"
            elif act.doing in (Doing.ENTER, Doing.LEAVE, Doing.WAIT):
                kinds |= {act.name: "struct srcu_struct *"} if act.name == "srcu" else {}
            elif act.doing is not Doing.FENCE and not act.through:
                kinds[act.name] = f"int {self._stars(act.name)}*"
            if act.value.startswith("&"):
                kinds.setdefault(act.value[1:], f"int {self._stars(act.value[1:])}*")
        yield from (f"{kind}{self._names[name]}" for name, kind in kinds.items())

    def _stars(self, name: str) -> str:
        """One for each pointer that a variable is away from a number."""
        return "*" + self._stars(self._pointees[name]) if name in self._pointees else ""

    def _registers(self, thread: Thread) -> Iterator[str]:
        for act in thread.acts:
            if act.register:
                yield f"int {self._stars(act.name)}{act.register};"
        if any(act.doing is Doing.ENTER and act.name == "srcu" for act in thread.acts):
            yield "int index;"

    def _statement(self, act: Act) -> str:
        where = act.through or self._names.get(act.name, act.name)
        value = self._plain(act.value)
        if act.doing is Doing.WRITE:
            return _STORES.get(act.marking, "*{0} = {1}").format(where, value) + ";"
        if act.doing is Doing.READ:
            return f"{act.register} = {_LOADS.get(act.marking, '*{0}').format(where)};"
        if act.doing is Doing.EXCHANGE:
            return _exchange(act, where, value)
        return _order(act, where)

    def _exists(self) -> str:
        bad = [f"{each.thread}:{each.register}={self._plain(each.value)}" for each in self._scenario.bad]
        both = " /\\ ".join(bad or [self._seen()])
        return f"exists ({both})"

    def _seen(self) -> str:
        """What to ask of a bare race: that the reader saw the store; of two stores, that the first lasts."""
        for number, thread in enumerate(self._scenario.threads):
            for act in thread.acts:
                if act.register:
                    return f"{number}:{act.register}=1"
        acts = (act for thread in self._scenario.threads for act in thread.acts)
        return next(f"{self._names[act.name]}={act.value}" for act in acts if act.is_field)


def _order(act: Act, where: str) -> str:
    """A fence, a lock, a section or a grace period."""
    if act.doing is Doing.FENCE:
        return f"{act.name if act.name in _FENCES else 'smp_mb'}();"
    form = _SRCU if act.name == "srcu" else _ORDERS
    return form.get(act.doing, _ORDERS[act.doing]).format(where)


def _exchange(act: Act, where: str, value: str) -> str:
    if act.marking is Marking.RELAXED and not act.register:
        return f"atomic_inc({where});"
    result = f"{act.register} = " if act.register else ""
    return f"{result}{_EXCHANGES.get(act.marking, 'xchg_relaxed')}({where}, {value});"


def _identifiers(scenario: Scenario) -> dict[str, str]:
    """A C identifier of its own for every variable and lock, as near to its name as can be."""
    found: dict[str, str] = {}
    for act in (act for thread in scenario.threads for act in thread.acts):
        names: Sequence[str] = [] if act.doing is Doing.FENCE or act.through else [act.name]
        for name in (*names, *([act.value[1:]] if act.value.startswith("&") else [])):
            if name and name not in found:
                found[name] = _free(name.rpartition(".")[2], found.values())
    return found


def _free(name: str, taken: Iterable[str]) -> str:
    letters = "".join(c for c in name if c.isascii() and (c.isalnum() or c == "_"))[:40]
    is_plain = letters[:1].isalpha() and letters not in _RESERVED and not letters[1:].isdigit()
    word = letters if is_plain else f"v_{letters}"
    while word in taken:
        word += "_"
    return word
