"""Builds scenarios from the code: who stores and loads what, and the outcome to be excluded.

Locks that only one thread takes are left out, and read-side sections that nobody waits for: they
order nothing for the others.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from reviewbot.analysis.facts import SharedAccess
from reviewbot.analysis.scenario import Act, Doing, Outcome, Scenario, Shape, Thread
from reviewbot.analysis.stories import Seen
from reviewbot.analysis.threads import Point, Threads, point, read, word, write
from reviewbot.syntax.model import Marking

FOLLOW = Act(Doing.READ, register="r1", through="r0", guard="r0", text="    follow it")
"""A reader uses the object whose address it loaded."""


class Scenarios:
    """The scenarios of one program."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    def of(self, access: SharedAccess | None, points: Sequence[Point]) -> Thread:
        """One thread, for scenarios of a shape of their own."""
        return self._threads.of(access, points)

    def late(self, publish: Point, store: Seen, load: Seen, path: str) -> Scenario:
        """The object published first, and then completed; a reader finds it in between.

        `path` is how readers come by the object, for the name of the variable.
        """
        name, slot = _names(store.access.field.name, path)
        late = replace(write(store, name), is_field=False)
        given = replace(publish.act, name=slot, value=f"&{name}", is_field=True)
        found = replace(_dereference(slot), text="found", is_field=True)
        use = Act(Doing.READ, "", load.access.marking, register="r1", through="r0", guard="r0")
        threads = (
            self._threads.of(store.access, (replace(publish, act=given), point(store, late))),
            self._threads.of(
                load.access, (Point(found), point(load, replace(use, text=load.access.line_text)))
            ),
        )
        return assembled(Shape.LATE, threads, (Outcome(1, "r0", f"&{name}"), Outcome(1, "r1", "0")))

    def reclaim(self, updater: Thread | None, reader: Thread | None, slot: str, flavour: str) -> Scenario:
        """The object is taken away and freed (a store of 2 into it) while a reader is at it.

        Both threads call the object `object` and the pointer to it `slot`; a side that is not at hand
        is taken to do all that it should.
        """
        bad = (Outcome(1, "r0", "&object"), Outcome(1, "r1", "2"))
        threads = (updater or _updater(slot, flavour), reader or _reader(slot, flavour))
        return assembled(Shape.RECLAIM, threads, bad, ((slot, "&object"),))

    def message(self, data: str, writer: tuple[Point, Seen], reader: tuple[Seen, Point]) -> Scenario:
        """Data, then the field; the field, then the data where the field was seen set."""
        (fill, store), (load, use) = writer, reader
        name, flag = _names(data, store.access.field.name)
        threads = (
            self._threads.of(store.access, (_named(fill, name), point(store, write(store, flag)))),
            self._threads.of(
                load.access,
                (point(load, read(load, flag, "r0")), _guarded(_named(use, name), "r0", "r1")),
            ),
        )
        return assembled(Shape.MESSAGE, threads, (Outcome(1, "r0", "1"), Outcome(1, "r1", "0")))

    def pointer(self, fill: Point, store: Seen, load: Seen | None, use: int | None = None) -> Scenario:
        """An object filled in, then its address stored; the address loaded, then followed.

        Where no reader is at hand, one that does all that a reader can is taken. With `use`, an event of
        the reader, the locks held there count; without one the address is followed at once.
        """
        item, slot = _names("object", store.access.field.name)
        stored = point(store, replace(write(store, slot), value=f"&{item}"))
        loaded = point(load, read(load, slot, "r0")) if load else Point(_dereference(slot))
        follow = Point(FOLLOW) if load is None or use is None else Point(FOLLOW, load.study, use)
        threads = (
            self._threads.of(store.access, (_named(fill, item), stored)),
            self._threads.of(load.access if load else None, (loaded, follow)),
        )
        return assembled(Shape.POINTER, threads, (Outcome(1, "r0", f"&{item}"), Outcome(1, "r1", "0")))

    def linked(self, change: tuple[SharedAccess, Point], walk: tuple[SharedAccess, Point]) -> Scenario:
        """An entry filled in, then linked into a list; the list walked, and the entry used."""
        (writer, store), (reader, load) = change, walk
        item, link = _names("entry", store.act.name)
        fill = Point(Act(Doing.WRITE, item, value="1", text=f"fill {writer.text}"))
        stored = replace(store, act=replace(store.act, name=link, value=f"&{item}"))
        loaded = replace(load, act=replace(load.act, name=link, register="r0"))
        threads = (
            self._threads.of(writer, (fill, stored)),
            self._threads.of(reader, (loaded, Point(replace(FOLLOW, text="    follow the link")))),
        )
        return assembled(Shape.POINTER, threads, (Outcome(1, "r0", f"&{item}"), Outcome(1, "r1", "0")))

    def nested(self, fill: Point, store: Seen, load: Seen | None, outer: tuple[str, str]) -> Scenario:
        """The same where the pointer is a member of an object that readers have found already.

        `outer` is that object, and what readers find it with.
        """
        container, finder = outer
        item, slot, root = _names("object", store.access.field.name, container)
        found = Act(Doing.READ, root, Marking.RCU, register="r2")
        stored = replace(write(store, slot), value=f"&{item}", through="r2", guard="r2")
        loaded = read(load, slot, "r0") if load else _dereference(slot, Marking.PLAIN)
        loaded = replace(loaded, through="r2", guard="r2", text="")
        follow = replace(FOLLOW, text=f"use {store.access.text}")
        publish = Act(Doing.WRITE, root, Marking.RCU, value=f"&{slot}", text="rcu_assign_pointer()")
        threads = (
            Thread(f"publisher of {container}", (publish,)),
            self._threads.of(
                load.access if load else None,
                (
                    Point(replace(found, text=finder)),
                    point(load, loaded) if load else Point(loaded),
                    Point(follow),
                ),
            ),
            self._threads.of(store.access, (Point(found), _named(fill, item), point(store, stored))),
        )
        return assembled(Shape.POINTER, threads, (Outcome(1, "r0", f"&{item}"), Outcome(1, "r1", "0")))

    def crossed(self, first: tuple[Seen, Seen], second: tuple[Seen, Seen]) -> Scenario:
        """Each thread stores its own field and then loads the other's."""
        one, two = _names(first[0].access.field.name, first[1].access.field.name)
        threads = tuple(
            self._threads.of(
                store.access,
                (point(store, write(store, mine)), point(load, read(load, other, "r0"))),
            )
            for (store, load), mine, other in ((first, one, two), (second, two, one))
        )
        return assembled(Shape.CROSSED, threads, (Outcome(0, "r0", "0"), Outcome(1, "r0", "0")))

    def race(self, writer: Seen, other: Seen) -> Scenario:
        """One store, and one other access of the same field."""
        (name,) = _names(writer.access.field.name)
        act = write(other, name, "2") if other.access.is_write else read(other, name, "r0")
        threads = (
            self._threads.of(writer.access, (point(writer, write(writer, name)),)),
            self._threads.of(other.access, (point(other, act),)),
        )
        return assembled(Shape.RACE, threads)


def take_away(slot: str, marking: Marking, text: str) -> Act:
    """The store after which no new reader finds the object."""
    return Act(Doing.WRITE, slot, marking, value="0", is_field=True, text=text)


def free(text: str) -> Act:
    """The object is somebody else's from here on."""
    return Act(Doing.WRITE, "object", value="2", text=text)


def _updater(slot: str, flavour: str) -> Thread:
    wait = Act(Doing.WAIT, flavour, text="wait for the readers")
    return Thread("updater", (take_away(slot, Marking.RCU, "take it away"), wait, free("free it")))


def _reader(slot: str, flavour: str) -> Thread:
    begin = Act(Doing.ENTER, flavour, text="enter the read side")
    return Thread("a reader", (begin, _dereference(slot), FOLLOW, Act(Doing.LEAVE, flavour)))


def _dereference(name: str, marking: Marking = Marking.RCU) -> Act:
    return Act(Doing.READ, name, marking, register="r0", is_field=True, text="rcu_dereference()")


def assembled(
    shape: Shape,
    threads: Iterable[Thread],
    bad: tuple[Outcome, ...] = (),
    initial: tuple[tuple[str, str], ...] = (),
) -> Scenario:
    """A scenario without what orders nothing in it: locks of one thread, sections nobody waits for."""
    made = tuple(threads)
    shared = _shared_locks(made)
    is_waited = shape is Shape.RECLAIM or any(
        act.doing is Doing.WAIT for thread in made for act in thread.acts
    )
    kept = tuple(
        replace(thread, acts=tuple(act for act in thread.acts if _matters(act, shared, is_waited)))
        for thread in made
    )
    return Scenario(shape, kept, bad, initial)


def _matters(act: Act, shared: frozenset[str], is_waited: bool) -> bool:
    if act.doing in (Doing.LOCK, Doing.UNLOCK):
        return act.name in shared
    return is_waited if act.doing in (Doing.ENTER, Doing.LEAVE) else True


def _shared_locks(threads: Sequence[Thread]) -> frozenset[str]:
    taken = [{act.name for act in thread.acts if act.doing is Doing.LOCK} for thread in threads]
    return frozenset(name for names in taken for name in names if sum(name in each for each in taken) > 1)


def _named(spot: Point, name: str) -> Point:
    return replace(spot, act=replace(spot.act, name=name))


def _guarded(spot: Point, guard: str, register: str) -> Point:
    return replace(spot, act=replace(spot.act, guard=guard, register=register))


def _names(*texts: str) -> tuple[str, ...]:
    """Names for variables of a litmus test, each its own: the last member of what the code says."""
    found: list[str] = []
    for text in texts:
        name = word(text)
        while name in found:
            name += "_"
        found.append(name)
    return tuple(found)
