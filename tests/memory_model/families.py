"""Lines of critical cycles, family by family; see `cycles`."""

from collections.abc import Iterator
from itertools import product

_ORDERS = ("", "_relaxed", "_acquire", "_release")
_HANDED = ("unlock.lock", "unlock.lock2", "unlock.lock.aul", "unlock.lock2.aul", "unlock.aul", "lock.aul")
_ANY = ("po", "barrier", "rmb", "wmb", "mb", "gp", "sgp", "rcu", "held", "lock", "lock.asl", "asl")
_SRCU = ("sunlock.asru", "sunlock", "slock.asru", "srcu", "runlock.rlock")
_ANY_MORE = (*_ANY, *_HANDED, *_SRCU)
"""What may stand between two accesses of any kind."""


def _between(first: str, second: str, edges: tuple[str, ...]) -> list[str]:
    return [f"{first} {edge} {second}" for edge in edges]


PARTS = {
    "WW": [
        *_between("W", "W", _ANY_MORE),
        *("W po Wr", "W before.wmb W", "Wr po W", "Wm po W"),
        *("W po inc", "W before inc", "inc after W", "inc wmb W"),
        *("inc po W", "inc before W", "W after inc", "W wmb inc", "xchg_acquire po W", "xchg_relaxed wmb W"),
        *(f"W po xchg{order}" for order in _ORDERS),
        *(f"fetch_add{order} po W" for order in _ORDERS),
    ],
    "WR": [
        *_between("W", "R", _ANY_MORE),
        *("W po Ra", "Wr po R", "Wr po Ra", "Wm po R"),
        *("W po Rf", "W mb Rf", "inc after R", "inc po R", "inc mb R"),
        *(f"W po cmpxchg{order}" for order in _ORDERS),
        *(f"xchg{order} po R" for order in _ORDERS),
        *("W before fetch_add_relaxed", "add_return_relaxed after R", "W before.po R", "W after R"),
    ],
    "RR": [
        *_between("R", "R", _ANY_MORE),
        *("Ra po R", "R addr R", "Rd addr R", "R ctrl R"),
        *("R ctrl.rmb R", "R po Ra", "Rf rmb R", "Rf po R", "R rmb Rf"),
        *("R data W rfi R addr R", "R data Wp rfi Rp addr R", "inc rmb R"),
        *("inc mb R", "inc after R", "inc po R"),
        *("fetch_add_relaxed rmb R", "fetch_add_acquire po R", "R rmb xchg_relaxed", "R addr xchg_relaxed"),
    ],
    "RW": [
        *_between("R", "W", _ANY_MORE),
        *("Ra po W", "R po Wr", "R addr W", "R data W"),
        *("R ctrl W", "R ctrl.rmb W", "Rf ctrl W", "Rf po W", "Rf po Wr"),
        *("R data W rfi R data W", "R data Wp rfi Rp data W"),
        *("R data Wp rfi Rp ctrl W", "R ctrl Wp rfi Rp data W"),
        *("R addr R data W", "R addr Wp wmb W", "R addr Rp wmb W"),
        *("R addr W wmb W", "R ctrl Wp wmb W", "R data Wp rfi Rp addr W"),
        *("R data xchg_relaxed", "R data inc", "R ctrl inc"),
        *("R po inc", "R before inc", "R po xchg_release", "R addr inc"),
        *("inc wmb W", "inc po W", "inc after W"),
        *("fetch_add_relaxed data W", "fetch_add_relaxed ctrl W", "xchg_relaxed wmb W"),
        *("fetch_add_acquire po W", "add_return_release po W"),
        *("R po add_return", "R fri W wmb W", "R mb W coi W po W"),
    ],
}  # fmt: skip
"""What a thread does between the edges across, by the kinds of its first and last access."""

_GOOD = {"WW": "W wmb W", "WR": "W mb R", "RR": "R rmb R", "RW": "R po Wr", "W": "W"}

SHAPES = {
    "MP": "WW rfe RR fre",
    "SB": "WR fre WR fre",
    "LB": "RW rfe RW rfe",
    "S": "WW rfe RW coe",
    "R": "WW coe WR fre",
    "2+2W": "WW coe WW coe",
    "WRC": "W rfe RW rfe RR fre",
    "ISA2": "WW rfe RW rfe RR fre",
    "RWC": "W rfe RR fre WR fre",
    "IRIW": "W rfe RR fre W rfe RR fre",
    "W+RWC": "WW rfe RR fre WR fre",
    "Z6.3": "WW coe WR fre WR fre",
}
"""The cycles that have names in the literature, as kinds of threads."""

_FEW = ("ISA2", "W+RWC", "RWC", "Z6.3")
_EVERY = {"MP", "SB", "LB", "S", "R", "2+2W", "WRC", "IRIW"}


def one_thread_varied() -> Iterator[str]:
    """Each shape with one thread as it comes, the others as they should be, and with nothing else ordered."""
    for name, shape in SHAPES.items():
        kinds, across = shape.split()[::2], shape.split()[1::2]
        places = range(1) if len(set(kinds) - {"W"}) == 1 else range(len(kinds))
        for place in places if "W" not in kinds or name != "IRIW" else range(1, 2):
            step = 1 if name in _EVERY else 5
            for part in PARTS.get(kinds[place], ())[::step]:
                chosen = [_GOOD[kind] for kind in kinds]
                chosen[place] = part
                yield _joined(chosen, across)
        for part in ("po", "mb"):
            yield _joined([f"{kind[0]} {part} {kind[1]}" if kind != "W" else kind for kind in kinds], across)


def _joined(parts: list[str], across: list[str]) -> str:
    return " ".join(f"{part} {edge}" for part, edge in zip(parts, across, strict=True))


_GRACE = {
    "G": "gp",
    "R": "rcu",
    "P": "sgp",
    "S": "srcu",
    "Q": "sgp2",
    "T": "srcu2",
    "M": "mb",
    "N": "po",
    "H": "held",
    "D": "data",
}
_RINGS = (
    *("GG", "GR", "RR", "SP", "SS", "PP", "SQ", "GS", "RP"),
    *("GN", "PN", "RN", "SM", "RM", "HR", "HG", "HH", "HP"),
    *("GGR", "GRR", "PPS", "PSS", "GRM", "GRN", "GNR", "PSN"),
    *("PNS", "PSM", "GMR", "PMS", "PQS", "PTS", "GPR", "GPS", "RGS"),
    *("GRGR", "GGRR", "GRRR", "PPSS", "PSPS", "PSSS", "GPSR"),
    *("GPRS", "GSPR", "GRPS", "PGRS", "PQTS", "PQST", "PTQS"),
    *("GMMR", "PMMS", "GGGR", "HHG", "NPSG", "NGRP"),
)  # fmt: skip
_LONG = ("GDRD", "GMRM", "GPSRPS", "PSGRQT", "GMMRMM")
"""What only several of one kind in a row can show."""
_STYLES = {"lb": ("R {} W", "rfe"), "sb": ("W {} R", "fre"), "2w": ("W {} W", "coe")}


def rings() -> Iterator[str]:
    """As many grace periods and readers as letters, in a ring, each thread one of them."""
    for style, letters in product(_STYLES, _RINGS):
        if (
            len(letters) < 4
            or style == "lb"
            or (style == "sb" and letters in ("GRGR", "GGRR", "PSPS", "GPSR"))
        ):
            part, across = _STYLES[style]
            yield _joined([part.format(_GRACE[each]) for each in letters], [across] * len(letters))
    for letters in _LONG:
        part, across = _STYLES["sb" if "M" in letters else "lb"]
        yield _joined([part.format(_GRACE[each]) for each in letters], [across] * len(letters))
    yield from (
        "R rcu R fre W gp W rfe",
        "R rcu R fre W po W rfe",
        "R rcu Rp fre Wp gp W rfe",
        "R rcu W coe W gp W rfe",
        "R srcu R fre W sgp W rfe",
        "R srcu R fre W sgp2 W rfe",
        "R rcu.srcu R fre W gp W rfe",
        "R rcu.srcu R fre W sgp W rfe",
        "R rcu R fre W gp.sgp W rfe R srcu W rfe",
        "R rcu W rfe R rcu W rfe R gp.gp W rfe",
        "R srcu W rfe R srcu W rfe R sgp.sgp W rfe",
        "R rcu.rcu W rfe R gp W rfe",
        "R runlock.rlock W rfe R gp W rfe",
        "R rlock.runlock W rfe R gp W rfe",
        "R slock.sunlock W rfe R sgp W rfe",
        "W rcu R fre W po Wr rfe Ra po W rfe R gp R fre",
        "W srcu R fre W po Wr rfe Ra po W rfe R sgp R fre",
        "W rcu R fre W mb R fre W gp R fre",
        "W srcu R fre W mb R fre W sgp R fre",
    )


_PAYLOADS = {
    "Wp {} W rfe": (
        "po",
        "wmb",
        "mb",
        "barrier",
        "rmb",
        "gp",
        "rcu",
        "unlock.lock",
        "lock.asl",
        "asl",
        "sunlock.asru",
    ),
    "Wp {} Wr rfe": ("po",),
    "Wp {} inc rfe": ("po", "before", "wmb"),
    "Wp {} xchg_release rfe": ("po",),
    "Wp {} xchg rfe": ("po",),
    "Wp {} Wp rfe": ("po", "wmb"),
    "Rp {} W rfe": ("po", "wmb", "mb", "rmb", "ctrl", "data", "gp"),
    "Rp {} Wr rfe": ("po",),
    "Rp {} inc rfe": ("before",),
    "W {} Wp rfe": ("wmb", "po"),
    "R {} Wp wmb W rfe": ("addr", "ctrl", "po"),
}
_TAKERS = {
    "R {} Rp": ("ctrl.rmb", "ctrl", "rmb", "ctrl.mb", "po", "addr", "ctrl.wmb", "ctrl.gp", "ctrl.barrier"),
    "Ra {} Rp": ("ctrl", "po"),
    "inc {} Rp": ("rmb", "after", "mb"),
    "fetch_add_relaxed {} Rp": ("ctrl.rmb", "ctrl"),
    "xchg_acquire {} Rp": ("ctrl",),
    "Rp {} Rp": ("rmb", "ctrl.rmb"),
    "Rp {} R": ("ctrl.rmb", "rmb"),
    "R {} Wp": ("ctrl", "ctrl.rmb", "ctrl.mb", "addr", "data", "po", "ctrl.wmb"),
    "Ra {} Wp": ("ctrl", "po"),
    "Rp {} Wp": ("ctrl", "ctrl.mb"),
    "R {} W": ("ctrl", "po"),
}
_GOOD_PAYLOADS = ("Wp wmb W rfe", "Rp po Wr rfe")
_GOOD_TAKERS = ("R ctrl.rmb Rp", "Ra ctrl Wp", "R ctrl Wp")


def plain() -> Iterator[str]:
    """Plain data behind a marked flag, published and taken in all ways, and read back before it is reused."""
    payloads = [way.format(edge) for way, edges in _PAYLOADS.items() for edge in edges]
    takers = [way.format(edge) for way, edges in _TAKERS.items() for edge in edges]
    pairs = [*product(payloads, _GOOD_TAKERS), *product(_GOOD_PAYLOADS, takers)]
    for payload, taker in dict.fromkeys(pairs):
        first, last = payload.split()[0], taker.split()[-1]
        if first.startswith("R") and last.startswith("R"):
            continue
        across = {"WW": "coe", "WR": "fre", "RW": "rfe"}[first[0] + last[0]]
        yield f"{payload} {taker} {across}"
    yield from _plain_more()


_PLAIN_SINGLE = (
    "Wp po Wr rfe fetch_add_relaxed wmb W rfe Ra ctrl Rp fre",
    "Wp po Wr rfe xchg_relaxed rfe Ra ctrl Rp fre",
    "Wp po Wr rfe xchg_relaxed rfe Ra ctrl Wp coe",
    "Wp wmb W rfe xchg_relaxed rfe R ctrl.rmb Rp fre",
    "Wp wmb W rfe inc rfe R ctrl.rmb Rp fre",
    "Wp mb R fre Wp mb R fre",
    "Wp rfe R mb R fre W mb R fre",
    "Wp gp W rfe R sgp W rfe R srcu W rfe R rcu Rp fre",
    "Wp rcu R fre W sgp W rfe R srcu W rfe R gp Rp fre",
    "Wp sgp W rfe R gp W rfe R rcu W rfe R srcu Rp fre",
    "Wp srcu R fre W gp W rfe R rcu W rfe R sgp Rp fre",
    "Wp sgp2 W rfe R gp W rfe R rcu W rfe R srcu Rp fre",
    "Wp srcu R fre W gp W rfe R rcu W rfe R sgp2 Rp fre",
    "Wp rcu R fre W gp Rp fre",
    "Wp srcu R fre W sgp Rp fre",
    "R rcu Rp fre W mb R fre W gp W rfe",
    "Rp po Wr rcu R fre W gp W rfe R mb Wp rfe",
    "W rfe R po Wr rfe Ra ctrl Rp fre",
    "W rfe R po Wr rfe Ra ctrl Wp coe",
    "Wp wmb W rfe R unlock.lock R fre",
    "Wp wmb W rfe R rmb inc coe",
    "Rp rmb R data W rfe R mb Wp rfe",
    "inc rmb R data W rfe R mb Wp rfe",
    "Rp rmb inc rfe R mb Wp rfe",
    "Wp po Wr rfe R ctrl W rfe R ctrl W coe",
    "Wp po Wr rfe R ctrl W wmb Wp coe",
    "Wp po Wr rfe R ctrl W rfe R ctrl.rmb Rp fre",
    "Wp mb R fre W mb W rfe R ctrl W rfe R ctrl.mb Wp coe",
    "Wp wmb W rfe R ctrl.sgp Rp fre",
    "Rp sgp W rfe R ctrl Wp rfe",
    "Wp rcu R fre W gp W rfe R mb Wp coe",
    "Wp rcu R fre W gp W rfe R ctrl.rmb Rp fre",
    "Rp mb W rcu R fre W gp W rfe R mb Wp rfe",
    "Rp mb R fre W mb W rfe R mb Wp rfe",
    "Wp po Wr rfe R po Wr rfe R po Wr rfe Ra ctrl Rp fre",
    "Wp wmb W rfe Rp mb R rmb Rp fre",
    "Wp wmb W rfe R mb W rfe R data W rfe R ctrl.rmb Rp fre",
    "W mb Rp fre W mb Rp fre",
    "Wp mb Rp fre Wp mb Rp fre",
    "Wp gp W rfe R rcu Rp fre",
    "Wp sgp W rfe R srcu Rp fre",
    "Rp rcu R fre W gp Wp rfe",
    "Rp srcu R fre W sgp Wp rfe",
    "Wp rcu R fre W gp Wp coe",
    "Rp rcu W rfe R gp.ctrl Wp rfe",
    "Wp wmb W coe W mb Rp fre",
    "Wp mb W coe W mb Rp fre",
    "Wp mb W coe W mb Wp coe",
    "Wp mb R fre W mb Rp fre",
    "Wp mb R fre W mb Wp coe",
    "Rp mb R fre W mb Wp rfe",
)
"""Lines with plain accesses that no product makes."""


def _plain_more() -> Iterator[str]:
    for section in ("held", "rcu", "srcu"):
        yield f"Wp {section} W rfe R {section} Rp fre"
        yield f"Wp {section} Wp rfe Rp {section} Rp fre"
        yield f"Wp {section} Wp coe Wp {section} Rp fre"
        yield f"Rp {section} Wp rfe Rp {section} Wp rfe"
    for first, middle, last in product(
        ("wmb", "mb"), ("R po Wr", "Ra po W", "R mb W", "R po W"), ("ctrl.rmb Rp", "ctrl Wp")
    ):
        across = "fre" if last.endswith("Rp") else "coe"
        yield f"Wp {first} W rfe {middle} rfe R {last} {across}"
    yield from _PLAIN_SINGLE


_CHAINS = (
    "W rfe R mb W rfe R addr R fre",
    "W rfe R addr R fre W po Wr rfe R addr R fre",
    "W rfe R mb R fre W rfe R mb R fre",
    "W rfe R mb R fre W rfe R rmb R fre",
    "W wmb W coe W wmb W rfe R rmb R fre",
    "W wmb W rfe R data W coe W mb R fre",
    "W mb W rfe R data W coe W mb R fre",
    "W mb R fre W wmb W rfe R data W coe",
    "W mb R fre W mb R fre W mb R fre",
    "R data W rfe R data W rfe R data W rfe",
    "R ctrl W rfe R addr W rfe R po W rfe",
    "W unlock.lock W rfe R unlock.lock R fre",
    "W unlock.lock2 W rfe R unlock.lock2 R fre",
    "R unlock.lock W rfe R unlock.lock W rfe",
    "W unlock.lock R fre W unlock.lock R fre",
    "W held R fre W held R fre",
    "W held W coe W held W coe",
    "W held R fre W held W rfe R held R fre",
    "W po Wr rfe Ra po R fre",
    "W wmb W rfe R ctrl W wmb R fre",
    "R barrier.lock W rfe R po Wr rfe",
    "R barrier.lock R fre W wmb W rfe",
    "W po inc after R fre W mb R fre",
    "W before inc po R fre W mb R fre",
    "W before Rf fre W mb R fre",
    "W wmb W rfe R data Wp rfi Ra po R fre",
    "W rfe Rp po Wr rfe R rmb R fre",
    "W rfe Rp mb R fre W mb R fre",
    "R rcu Rp fre W gp W rfe",
    "W wmb W rfe R ctrl W rfi Ra po R fre",
    "W wmb W rfe R po Wr rfi Ra po R fre",
    "W wmb W rfe R data W rfi Ra po R fre",
    "R rcu Wp rfe R gp W rfe",
    "W mb R fre W mb Wp rfe R mb R fre",
    "W mb R fre W mb Wp rfe Rp mb R fre",
    "W mb Rp fre Wp mb W rfe R mb R fre",
    "Rp rcu W rfe R gp W rfe",
    "Rp mb W rfe R mb W rfe",
    "Wp mb W rfe R mb Rp fre",
    "W po Wr rfe Ra fri W wmb W rfe R rmb R fre",
)
"""Chains through several threads that no product makes."""


def sequences() -> Iterator[str]:
    """Releases carried on by atomic operations, and other chains through three or four threads."""
    for atomic in (
        "xchg_relaxed",
        "inc",
        "fetch_add_relaxed",
        "cmpxchg_relaxed",
        "xchg_acquire",
        "add_return",
    ):
        for first, last in product(
            ("W po Wr", "W wmb W", "W mb W", "W po W"), ("Ra po R", "R rmb R", "R po W")
        ):
            across = "coe" if last.endswith("W") else "fre"
            yield f"{first} rfe {atomic} rfe {last} {across}"
    for atomic in ("xchg_relaxed", "inc"):
        yield f"W po Wr coe {atomic} rfe Ra po R fre"
        yield f"W po Wr rfe {atomic} rfe {atomic} rfe Ra po R fre"
        yield f"W po Wr rfe {atomic} wmb W rfe Ra po R fre"
        yield f"W po Wr rfe {atomic} po W rfe Ra po R fre"
    for first, middle in product(
        ("held", "po", "wmb", "unlock.lock"), ("held", "unlock.lock", "unlock.lock2", "lock")
    ):
        yield f"W {first} W rfe R {middle} W rfe R mb R fre"
        yield f"W {first} W rfe R {middle} W rfe R rmb R fre"
    yield from _CHAINS


def lines() -> tuple[str, ...]:
    """All lines, each once."""
    every = (*one_thread_varied(), *rings(), *plain(), *sequences())
    return tuple(dict.fromkeys(every))
