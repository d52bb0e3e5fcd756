"""How flow goes through a function: blocks, tests and edges."""

import pytest

from reviewbot.syntax.model import Sense
from tests.syntax.dump import facts, graph

GRAPHS = {
    "short circuit": (
        "if (d->a && !d->b) n = 1; n = 2;",
        [
            "0: READ plain d->a tested [d->a]->4 [d->a not]->3",
            "1: SET n = constant:2",
            "2: SET n = constant:1 ->1",
            "3: ->1",
            "4: READ plain d->b tested [d->b]->3 [d->b not]->2",
        ],
    ),
    "looks through likely and WARN_ON": (
        "if (likely(!WARN_ON_ONCE(d->a == NULL))) n = 1;",
        ["0: READ plain d->a tested [d->a == NULL]->2 [d->a == NULL not]->3",
         "1:", "2: SET n = constant:1 ->1", "3: ->1"],
    ),
    "assignment in a condition": (
        "if ((e = next(d))) n = 1;",
        ["0: CALL next(d) -> e tested, SET e = call:next(d) [e = next(d)]->2 [e = next(d) not]->3",
         "1:", "2: SET n = constant:1 ->1", "3: ->1"],
    ),
    "loop": (
        "while (d->a) { if (n) break; n++; }",
        [
            "0: ->1",
            "1: loop READ plain d->a tested [d->a]->2 [d->a not]->3",
            "2: [n]->5 [n not]->6",
            "3:",
            "4: SET n = other:n++ ->1",
            "5: ->3",
            "6: ->4",
        ],
    ),
    "busy wait": ("while (!d->a) ;", ["0: ->1", "1: loop READ plain d->a tested [d->a]->3 [d->a not]->2",
     "2: ->1", "3:"]),
    "loop macro": (
        "list_for_each_entry_rcu(e, &d->list, node) n++;",
        [
            "0: ->1",
            "1: loop ADDRESS plain d->list, "
            "CALL list_for_each_entry_rcu(e, address:&d->list, other:node) tested, "
            "SET e = call:list_for_each_entry_rcu(e, &d->list, node) ->2 ->3",
            "2: SET n = other:n++ ->1",
            "3:",
        ],
    ),
    "goto unwinding": (
        "if (n) goto out; d->a = 1;\nout:\n\tput(d); return n;",
        [
            "0: [n]->2 [n not]->3",
            "1: WRITE plain d->a = constant:1 ->4",
            "2: ->4",
            "3: ->1",
            "4: CALL put(d), RETURN n",
        ],
    ),
    "switch falls through": (
        "switch (d->s) { case UP: n = 1; fallthrough; case DOWN: n = 2; break; default: return 0; }",
        [
            "0: READ plain d->s tested [UP]->2 [UP not]->5",
            "1:",
            "2: SET n = constant:1 ->3",
            "3: SET n = constant:2 ->1",
            "4: RETURN null:0",
            "5: [DOWN]->3 [DOWN not]->6",
            "6: ->4",
        ],
    ),
    "guards end with their block": (
        "guard(mutex)(&d->lock); for (;;) { guard(rcu)(); if (n) break; }",
        [
            "0: ADDRESS plain d->lock, OPEN mutex(&d->lock) ->1",
            "1: loop ->2",
            "2: OPEN rcu() [n]->6 [n not]->7",
            "3: CLOSE mutex(&d->lock)",
            "4: ->1",
            "5: CLOSE rcu() ->4",
            "6: CLOSE rcu() ->3",
            "7: ->5",
        ],
    ),
    "goto closes the guards it leaves": (
        "{ guard(rcu)(); if (n) goto out; }\nout:\n\treturn n;",
        ["0: OPEN rcu() [n]->2 [n not]->3", "1: CLOSE rcu() ->4",
         "2: CLOSE rcu() ->4", "3: ->1", "4: RETURN n"],
    ),
    "scoped_guard": (
        "scoped_guard(spinlock, &d->l) d->a = 1; d->b = 1;",
        ["0: ADDRESS plain d->l, OPEN spinlock(&d->l), WRITE plain d->a = constant:1, "
         "CLOSE spinlock(&d->l) ->1",
         "1: WRITE plain d->b = constant:1"],
    ),
    "freed at the end of the block": (
        "struct dev *x __free(kfree) = make(); if (!x) return 0; n = 1;",
        [
            "0: CALL make() -> x, SET x = call:make(), OPEN kfree(x) [x]->3 [x not]->2",
            "1: SET n = constant:1, CLOSE kfree(x)",
            "2: CLOSE kfree(x), RETURN null:0",
            "3: ->1",
        ],
    ),
    "either branch of #if": (
        "n = 0;\n#ifdef A\nd->a = 1;\n#else\nd->b = 1;\n#endif\nreturn n;",
        ["0: SET n = null:0 ->2 ->3", "1: RETURN n", "2: WRITE plain d->a = constant:1 ->1",
         "3: WRITE plain d->b = constant:1 ->1"],
    ),
    "first branch of #if where they are no whole statements": (
        "#ifdef A\nif (d->a)\n#else\nif (d->b)\n#endif\n\tn = 1;",
        ["0: READ plain d->a tested [d->a]->2 [d->a not]->3", "1:", "2: SET n = constant:1 ->1", "3: ->1"],
    ),
    "#ifdef behind a label": (
        "if (n) goto out;\nout:\n#ifdef A\n\td->a = 1;\n#endif\n\treturn n;",
        ["0: [n]->2 [n not]->3", "1: ->4", "2: ->4", "3: ->1", "4: WRITE plain d->a = constant:1, RETURN n"],
    ),
    "do while": (
        "do { d->a = n; } while (n);",
        ["0: ->1", "1: loop WRITE plain d->a = n ->2", "2: [n]->1 [n not]->3", "3:"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_graph(name: str) -> None:
    body, expected = GRAPHS[name]
    function = facts(f"int f(struct dev *d, struct dev *e, int n)\n{{\n{body}\n}}\n").function("f")
    assert function is not None
    assert graph(function) == expected


@pytest.mark.parametrize(
    ("condition", "sense", "against", "operand"),
    [
        ("d->a == UP", Sense.EQUAL, "UP", "d->a"),
        ("UP != d->a", Sense.EQUAL, "UP", "d->a"),
        ("d->a == 0", Sense.NONZERO, "", "d->a"),
        ("d->a > 3", Sense.OTHER, "3", "d->a"),
        ("d->a & MASK", Sense.OTHER, "MASK", "d->a"),
        ("d->a == n", Sense.OTHER, "", "d->a == n"),
        ("ready(d)", Sense.NONZERO, "", "ready(d)"),
        ("n", Sense.NONZERO, "", "n"),
    ],
)
def test_sense(condition: str, sense: Sense, against: str, operand: str) -> None:
    function = facts(f"int f(struct dev *d, int n)\n{{\n\tif ({condition})\n\t\treturn 1;\n}}\n").function(
        "f"
    )
    assert function is not None
    (test,) = function.tests
    assert (test.sense, test.against, test.operand.text, test.line) == (sense, against, operand, 3)
