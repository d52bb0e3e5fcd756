"""Random small programs, as a strategy of hypothesis: litmus tests that ask for everything at their end."""

from hypothesis import strategies as st

from tests.memory_model.designed import Designed, text

_NAMES = st.sampled_from("xy")
_VALUES = st.integers(1, 2)
_FENCES = st.sampled_from(
    ["smp_mb();", "smp_rmb();", "smp_wmb();", "barrier();", "synchronize_rcu();", "smp_mb__after_atomic();"]
)
_WRITES = (
    "WRITE_ONCE(*{name}, {value});",
    "smp_store_release({name}, {value});",
    "*{name} = {value};",
    "atomic_inc({name});",
)
_READS = (
    *("{r} = READ_ONCE(*{name});", "{r} = smp_load_acquire({name});", "{r} = *{name};"),
    *("{r} = xchg{order}({name}, {value});", "{r} = cmpxchg{order}({name}, 0, {value});"),
    "{r} = atomic_fetch_add{order}(1, {name});",
)
_ORDERS = st.sampled_from(["", "_relaxed", "_acquire", "_release"])
_SECTIONS = (
    "rcu_read_lock(); {} rcu_read_unlock();",
    "spin_lock(l); {} spin_unlock(l);",
    "i9 = srcu_read_lock(s); {} srcu_read_unlock(s, i9);",
)
"""What goes round a thread."""


def _marked(forms: tuple[str, ...]) -> tuple[str, ...]:
    """Of forms of reads or writes those that are no plain accesses."""
    return tuple(form for form in forms if "*{name} =" not in form and "= *{name}" not in form)


@st.composite
def threads(draw: st.DrawFn, most: int, barriers: bool = False) -> str:
    """At most so many statements of a thread.

    With `barriers` all accesses are marked, with a full barrier between each two: it orders no plain ones.
    """
    reads, writes = (_marked(_READS), _marked(_WRITES)) if barriers else (_READS, _WRITES)
    found: list[str] = []
    registers = 0
    count = draw(st.integers(1, most))
    for number in range(count):
        if number and (barriers or draw(st.booleans())):
            found.append("smp_mb();" if barriers else draw(_FENCES))
        read = f"r{registers}"
        if draw(st.booleans()):
            form = draw(st.sampled_from(reads))
            found.append(form.format(r=read, name=draw(_NAMES), value=draw(_VALUES), order=draw(_ORDERS)))
            registers += 1
            continue
        form = draw(st.sampled_from(writes))
        value, last = str(draw(_VALUES)), f"r{registers - 1}"
        way = draw(st.sampled_from(("", "data", "ctrl"))) if registers else ""
        if way == "data":
            value = f"{last} + 1" if draw(st.booleans()) else f"({last} & 0) + {value}"
        written = form.format(name=draw(_NAMES), value=value)
        found.append(f"if ({last} == {draw(_VALUES)}) {{ {written} }}" if way == "ctrl" else written)
    body = " ".join(found)
    return body if barriers or draw(st.integers(0, 3)) else draw(st.sampled_from(_SECTIONS)).format(body)


@st.composite
def programs(draw: st.DrawFn, barriers: bool = False) -> str:
    """A litmus text of two threads, or three short ones."""
    count = draw(st.integers(2, 3))
    bodies = tuple(draw(threads(5 - count, barriers)) for _ in range(count))
    asked = [f"{i}:r{n}=0" for i, body in enumerate(bodies) for n in range(3) if f"r{n} =" in body]
    asked += [f"{name}=0" for name in "xy" if any(f"{name}" in body for body in bodies)]
    return text("random", Designed(bodies, " /\\ ".join(asked)))
