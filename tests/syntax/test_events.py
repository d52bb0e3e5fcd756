"""What one statement does, as events in the order of evaluation."""

import pytest

from tests.syntax.dump import events, facts

ACCESSES = [
    ("n = d->link->flag;",
     ["READ plain d->link", "READ plain d->link->flag -> n", "SET n = load:d->link->flag"]),
    ("d->box.lid = n;", ["WRITE plain d->box.lid = n"]),
    ("n = d->slots[1][n];",
     ["READ plain d->slots[1]", "READ plain d->slots[1][n] -> n", "SET n = load:d->slots[1][n]"]),
    ("d->on = e->on;", ["READ plain e->on", "WRITE plain d->on = load:e->on"]),
    ("*d = *e;", ["COPY plain *e", "COPY plain *d = load:*e"]),
    ("d->count += n;", ["RMW plain d->count = other:d->count += n"]),
    ("d->count++;", ["RMW plain d->count = other:d->count++"]),
    ("total = 1;", ["WRITE plain total = constant:1"]),
    ("n = MAX_UNITS;", ["SET n = constant:MAX_UNITS"]),
    ("n = *(volatile int *)&d->v;", ["READ volatile d->v -> n", "SET n = load:*(volatile int *)&d->v"]),
    ("n = sizeof(d->a) + sizeof d->b;", ["SET n = constant:sizeof(d->a) + sizeof d->b"]),
    ("e = (struct dev *)NULL;", ["SET e = null:NULL"]),
    ("(*d->fn)(n);", ["READ plain d->fn", "CALL (*d->fn)(n)"]),
    ("d->ops->run(d, 1);",
     ["READ plain d->ops", "READ plain d->ops->run", "CALL (*d->ops->run)(d, constant:1)"]),
    ("((struct cfg *)d->priv)->m = 1;",
     ["READ plain d->priv", "WRITE plain ((struct cfg *)d->priv)->m = constant:1"]),
    ("n = ({ int q = d->a; q; });", ["READ plain d->a -> q", "SET q = load:d->a", "SET n = q"]),
    ("e->x = n ? d->a : d->b;",
     ["READ plain d->a", "READ plain d->b", "WRITE plain e->x = other:n ? d->a : d->b"]),
    ("return f(d, e, d->a);", ["READ plain d->a", "CALL f(d, e, load:d->a)", "RETURN call:f(d, e, d->a)"]),
    ("e = make(d);", ["CALL make(d) -> e", "SET e = call:make(d)"]),
    ("e = list_first_entry(&d->l, struct dev, node);",
     ["ADDRESS plain d->l",
      "CALL list_first_entry(address:&d->l, other:struct dev, other:node) -> e",
      "SET e = call:list_first_entry(&d->l, struct dev, node)"]),
    ("kfree_rcu(e, rcu);", ["CALL kfree_rcu(e, other:rcu)"]),
    ("n = current->mm->x;",
     ["READ plain current->mm", "READ plain current->mm->x -> n", "SET n = load:current->mm->x"]),
    ("n = current->pid;", ["READ plain current->pid -> n", "SET n = load:current->pid"]),
]  # fmt: skip

ACCESSORS = [
    ("n = READ_ONCE(d->a->b);",
     ["READ plain d->a", "READ once d->a->b -> n", "SET n = load:READ_ONCE(d->a->b)"]),
    ("WRITE_ONCE(d->a, n + 1);", ["WRITE once d->a = other:n + 1"]),
    ("smp_store_release(&d->up, true);", ["WRITE release d->up = constant:true"]),
    ("smp_load_acquire(&d->up);", ["READ acquire d->up"]),
    ("smp_store_mb(d->up, 1);", ["WRITE full d->up = constant:1"]),
    ("rcu_assign_pointer(d->cfg, e->next);", ["READ plain e->next", "WRITE rcu d->cfg = load:e->next"]),
    ("RCU_INIT_POINTER(d->cfg, NULL);", ["WRITE rcu-init d->cfg = null:NULL"]),
    ("e = rcu_replace_pointer(d->cfg, NULL, n);",
     ["RMW rcu d->cfg = null:NULL (n) -> e", "SET e = load:rcu_replace_pointer(d->cfg, NULL, n)"]),
    ("e = srcu_dereference(d->cfg, &d->srcu);",
     ["READ rcu d->cfg (&d->srcu) -> e", "SET e = load:srcu_dereference(d->cfg, &d->srcu)"]),
    ("e = rcu_dereference_protected(d->cfg, lockdep_is_held(&d->m));",
     ["READ rcu-protected d->cfg (lockdep_is_held(&d->m)) -> e",
      "SET e = load:rcu_dereference_protected(d->cfg, lockdep_is_held(&d->m))"]),
    ("e = wiphy_dereference(d->wiphy, d->cfg);",
     ["READ rcu-protected d->cfg (d->wiphy) -> e",
      "SET e = load:wiphy_dereference(d->wiphy, d->cfg)"]),
    ("n = !!rcu_access_pointer(d->cfg);",
     ["READ rcu-access d->cfg", "SET n = other:!!rcu_access_pointer(d->cfg)"]),
    ("atomic_add(2, &d->refs);", ["RMW relaxed d->refs = constant:2"]),
    ("atomic_set_release(&d->refs, 2);", ["WRITE release d->refs = constant:2"]),
    ("atomic_long_fetch_or_acquire(1, &d->refs);", ["RMW acquire d->refs = constant:1"]),
    ("refcount_inc(&d->users);", ["RMW relaxed d->users"]),
    ("set_bit(3, &d->bits);", ["RMW relaxed d->bits (3)"]),
    ("__set_bit(3, d->map);", ["RMW plain-bitop d->map (3)"]),
    ("clear_bit_unlock(3, &d->bits);", ["RMW release d->bits (3)"]),
    ("cmpxchg(&d->owner, 0, n);", ["RMW full d->owner = n (0)"]),
    ("n = data_race(d->stat);", ["READ data-race d->stat -> n", "SET n = load:d->stat"]),
    ("this_cpu_inc(d->pcpu->n);", ["READ plain d->pcpu", "RMW percpu d->pcpu->n"]),
    ("n = per_cpu_ptr(d->pcpu, n)->hits;",
     ["READ percpu d->pcpu (n)", "READ plain per_cpu_ptr(d->pcpu, n)->hits -> n",
      "SET n = load:per_cpu_ptr(d->pcpu, n)->hits"]),
    ("memcpy(&d->box, e->buf, n);",
     ["READ plain e->buf", "COPY plain *e->buf", "COPY plain d->box = load:e->buf",
      "CALL memcpy(address:&d->box, load:e->buf, n)"]),
    ("mutex_lock(&d->lock);", ["ADDRESS plain d->lock", "CALL mutex_lock(address:&d->lock)"]),
    ("kref_put(&d->ref, f);", ["RMW full d->ref (f)", "CALL kref_put(address:&d->ref, address:f)"]),
    ("smp_cond_load_acquire(&d->up, VAL);", ["READ acquire d->up (VAL) tested"]),
    ("wait_event(d->wq, READ_ONCE(d->up));",
     ["READ plain d->wq", "READ once d->up tested", "CALL wait_event(load:d->wq, load:READ_ONCE(d->up))"]),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "expected"), [*ACCESSES, *ACCESSORS])
def test_statement(statement: str, expected: list[str]) -> None:
    found = events(statement)
    # address of a function is no access, so kref_put()'s callback adds none
    assert [line for line in found if line != "ADDRESS plain f"] == expected


@pytest.mark.parametrize(
    ("expression", "root", "type_"),
    [
        ("d->a", "d", "struct dev"),
        ("((struct cfg *)e)->a", "e", "struct cfg"),
        ("container_of(d, struct box, m)->a", "container_of", "struct box"),
        ("list_first_entry(&d->l, struct box, m)->a", "list_first_entry", "struct box"),
        ("rcu_dereference(d->cfg)->a", "d", "struct dev"),
        ("table.a", "table", "struct row"),
    ],
)
def test_root_type(expression: str, root: str, type_: str) -> None:
    found = facts(
        f"static struct row table;\nint f(struct dev *d, void *e)\n{{\n\treturn {expression};\n}}\n"
    )
    function = found.function("f")
    assert function is not None
    path = next(
        e.path for e in reversed(function.events) if hasattr(e, "path") and e.path.members[-1:] == ("a",)
    )
    assert path.root == root
    assert path.root_type is not None
    assert path.root_type.name == type_


def test_line_of_an_access_is_that_of_its_first_token() -> None:
    found = facts("int f(struct dev *d)\n{\n\tWRITE_ONCE(\n\t\td->a,\n\t\td\n\t\t->b);\n}\n").function("f")
    assert found is not None
    assert [(type(e).__name__, e.line) for e in found.events] == [("Access", 5), ("Access", 4)]
