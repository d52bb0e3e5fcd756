"""Facts made up for tests: every attribute filled in, each to be changed by name."""

from enum import Enum

from msgspec.structs import fields

from reviewbot.analysis.facts import Confidence, Fact, Field, Place, SharedAccess
from reviewbot.rulebook.rule import Rule
from reviewbot.syntax.model import Kind, Marking

FIELD = Field("demo", "ready")
PLACE = Place("drivers/misc/demo.c", 12, 1, "demo_start")


def access(place: Place = PLACE, marking: Marking = Marking.PLAIN, field: Field = FIELD) -> SharedAccess:
    return SharedAccess(field, place, Kind.WRITE, marking, "d->ready", "d->ready = true;", is_new=True)


def fact(rule: Rule, **changes: object) -> Fact:
    """A fact that the rule selects, unless the changes say otherwise."""
    values: dict[str, object] = {each.name: _value(each.name, each.type) for each in fields(rule.when.type)}
    for name, wanted in rule.when.attributes:
        kind = type(values[name])
        values[name] = kind(wanted[0]) if issubclass(kind, Enum) else wanted[0]
    place = changes.get("place", PLACE)
    assert isinstance(place, Place)
    values |= {"field": FIELD, "place": place, "accesses": (access(place),), "unseen": (), "reason": None}
    return rule.when.type(**{**values, **changes})  # type: ignore[arg-type]


def _value(name: str, kind: object) -> object:
    if kind is bool:
        return False
    if kind is int:
        return 2
    if kind is Confidence:
        return Confidence.HIGH
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    return name if kind is str else None
