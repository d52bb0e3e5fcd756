"""What herd brings along for every model: the small definitions as cat, the rest as functions on nodes.

The names and meanings are those of herd7's standard library, since models rely on them.
"""

from __future__ import annotations

from functools import cache

from reviewbot.memory_model.cat.lexer import Source
from reviewbot.memory_model.cat.parser import parse
from reviewbot.memory_model.cat.terms import Statement

_ALWAYS = """
let emptyset = domain 0
let po-loc = po & loc
let rfe = rf & ext
let rfi = rf & int
let co0 = (IW * (W \\ IW) | (W \\ FW) * FW) & loc
let toid set = [set]
let fencerel set = (po ; [set]) ; po
let nodetour(direct, one, two) = direct \\ (one ; two)
let singlestep r = nodetour(r, r, r)
"""

_COHERENCE = """
let before-in-co =
  let writes = [W] ; po-loc ; [W]
  and seen-earlier = rf ; ([R] ; po-loc ; [W])
  and seen-later = (([W] ; po-loc ; [R]) ; rf^-1) \\ id
  and seen-in-turn = (rf ; ([R] ; po-loc ; [R]) ; rf^-1) \\ id
  in co0 | writes | seen-earlier | seen-later | seen-in-turn
with co from generate_cos(before-in-co)
let coi = co & int
let coe = co \\ coi
let fr = (rf^-1 ; co) \\ id
let fri = fr & int
let fre = fr \\ fri
"""

NATIVE_FILES = {
    "stdlib.cat": "",
    "cross.cat": "",
    "cos.cat": _COHERENCE,
    "cos-opt.cat": _COHERENCE,
}
"""Files that a model may include without having them."""


@cache
def always() -> tuple[Statement, ...]:
    """What stands before every model."""
    return parse(Source("library", _ALWAYS)).statements


@cache
def native(file: str) -> tuple[Statement, ...]:
    """The statements that stand for an included file of herd's."""
    return parse(Source(file, NATIVE_FILES[file])).statements
