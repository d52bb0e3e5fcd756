"""Facts of small C texts as compact lines, so that tests read as tables."""

from reviewbot.series.view import FileView, Fragment
from reviewbot.syntax.facts import FileFacts
from reviewbot.syntax.model import Access, Assign, Call, Event, Function, Return, Scope, Value, ValueKind


def facts(text: str | bytes, path: str = "a.c") -> FileFacts:
    data = text.encode() if isinstance(text, str) else text
    return FileFacts(FileView(path, (Fragment(data, ()),), True))


def pieces(*fragments: tuple[str | None, str]) -> FileFacts:
    made = tuple(Fragment(text.encode(), (), section) for section, text in fragments)
    return FileFacts(FileView("a.c", made, False))


def events(body: str, name: str = "f", head: str = "int f(struct dev *d, struct dev *e, int n)") -> list[str]:
    """The events of a function with this body, in order of evaluation, one line each."""
    found = facts(f"{head}\n{{\n{body}\n}}\n").function(name)
    assert found is not None
    return [event(one) for one in found.events]


def graph(function: Function) -> list[str]:
    """Blocks with their events and edges: `0: READ plain d->a ; d->a ? 1 : 2`."""
    lines = []
    for number, block in enumerate(function.blocks):
        inside = ", ".join(event(function.events[index]) for index in block.events)
        edges = " ".join(
            f"->{edge.target}"
            if edge.test is None
            else f"[{function.tests[edge.test].text}{'' if edge.taken else ' not'}]->{edge.target}"
            for edge in block.edges
        )
        mark = "loop " if block.is_loop_head else ""
        lines.append(f"{number}: {mark}{inside} {edges}".replace("  ", " ").strip())
    return lines


def event(one: Event) -> str:
    match one:
        case Access():
            return access(one)
        case Call():
            called = one.function or f"(*{one.pointer.text if one.pointer else '?'})"
            result = f" -> {one.result}" if one.result else ""
            tested = " tested" if one.tested else ""
            return f"CALL {called}({', '.join(value(v) for v in one.arguments)}){result}{tested}"
        case Assign():
            return f"SET {one.variable} = {value(one.value)}"
        case Scope():
            return f"{'OPEN' if one.opens else 'CLOSE'} {one.class_name}({one.argument})"
        case Return():
            return f"RETURN {value(one.value)}" if one.value else "RETURN"


def access(one: Access) -> str:
    parts = [one.kind.name, one.marking.value, one.path.text]
    if one.value:
        parts.append(f"= {value(one.value)}")
    if one.arguments:
        parts.append(f"({', '.join(one.arguments)})")
    if one.result:
        parts.append(f"-> {one.result}")
    if one.tested:
        parts.append("tested")
    return " ".join(parts)


def value(one: Value) -> str:
    if one.kind is ValueKind.VARIABLE:
        return one.name
    return f"{one.kind.value}:{one.text}"
