"""A witness as a picture in SVG: a column a thread, drawn by hand, so that nothing else is needed for it.

The text stands alone or inside a page: it has no ids, no scripts and loads nothing, and its styles reach
nothing outside of it. Names come from hostile code, so all text is escaped and what cannot be seen is shown
as an escape. The colours are those of Okabe and Ito ("Color Universal Design", 2008), darkened or lightened
until text can be read in them; dashes and heads of arrows say the same without colour.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from xml.sax.saxutils import escape

from reviewbot.memory_model.draw import edge_end
from reviewbot.memory_model.events import Event, EventKind
from reviewbot.memory_model.labels import CHAR, Area, Point
from reviewbot.memory_model.layout import BIG_CHAR, LINE, Layout, Route, lay, statement_lines
from reviewbot.memory_model.picture import Box, Picture, Style, is_of_memory, picture, visible
from reviewbot.memory_model.strokes import HEAD, back, chevron, diamond, number, stroke
from reviewbot.memory_model.why import Reason
from reviewbot.memory_model.witness import Witness

_MARGIN = 16
_LEAST_WIDTH = 440
"""Of the whole, so that the words below have room."""
_NAMES = {
    EventKind.LOCK_READ: "lock",
    EventKind.UNLOCK: "unlock",
    EventKind.LOCK_FAILED: "trylock failed:",
    EventKind.SEEN_LOCKED: "is locked:",
    EventKind.SEEN_UNLOCKED: "is free:",
}
_WRITES = (EventKind.WRITE, EventKind.LOCK_WRITE, EventKind.UNLOCK)
_WORDS = {
    Style.READS: "rf: is read by",
    Style.MISSES: "fr: misses",
    Style.OVERWRITES: "co: is overwritten by",
    Style.DEPENDS: "dependency",
    Style.ORDERED: "order that is kept",
}
_DASHES = {Style.MISSES: "7 4", Style.OVERWRITES: "2 4", Style.DEPENDS: "9 3 2 3"}
_COLOURS = {
    "page": ("fill", "#ffffff", "#16191d"),
    "text": ("fill", "#1a1a1a", "#e9e9e9"),
    "faint": ("fill", "#4d4d4d", "#b8b8b8"),
    "read": ("fill", "#ffffff", "#16191d"),
    "write": ("fill", "#e4e4e4", "#3a3f46"),
    "frame": ("stroke", "#4d4d4d", "#b8b8b8"),
    "band": ("stroke", "#f0dc5a", "#5d5310"),
    "po": ("stroke", "#8a8a8a", "#7d848c"),
    Style.READS: ("stroke", "#00694c", "#35c79f"),
    Style.MISSES: ("stroke", "#b34700", "#ff9a52"),
    Style.OVERWRITES: ("stroke", "#00619b", "#6dbcf2"),
    Style.DEPENDS: ("stroke", "#8c3a70", "#e6a2cb"),
    Style.ORDERED: ("stroke", "#1a1a1a", "#e9e9e9"),
}
"""What is painted, in the light and in the dark."""


def svg(witness: Witness, reason: Reason | None = None) -> str:
    """Draw an execution.

    Args:
        witness: What happens, or what the model forbids.
        reason: Why it is forbidden; its cycle is then marked. Without one, marked is what goes back in time.

    Returns:
        An SVG element and a line end, the same bytes for the same witness.
    """
    shown = picture(witness, reason)
    return "\n".join(_Drawing(shown, lay(shown)).lines()) + "\n"


class _Drawing:
    def __init__(self, shown: Picture, layout: Layout) -> None:
        self._shown = shown
        self._layout = layout
        self._width = max(_LEAST_WIDTH, layout.width + 2 * _MARGIN)
        self._room = int((self._width - 2 * _MARGIN) / CHAR)
        verdict = textwrap.wrap(shown.verdict, self._room, max_lines=3, placeholder="…")
        self._verdict = verdict
        self._top = 34 + LINE * len(verdict)

    def lines(self) -> Iterator[str]:
        """The whole, a line an element."""
        below = list(self._below(self._top + self._layout.height + 8))
        height = max((y for y, _ in below), default=self._top + self._layout.height) + 14
        width, tall = number(self._width), number(height)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="reviewbot-witness" role="img" width="{width}"'
            f' height="{tall}" viewBox="0 0 {width} {tall}" style="max-width:100%;height:auto">'
        )
        yield f"<title>{escape(self._shown.title)}: {escape(self._shown.verdict)}</title>"
        yield f"<desc>{escape(' '.join(_described(self._shown)))}</desc>"
        yield f"<style>{_style()}</style>"
        yield f'<rect class="page" width="{width}" height="{tall}"/>'
        yield from self._above()
        left = round((self._width - self._layout.width) / 2, 1)
        yield f'<g transform="translate({number(left)} {number(self._top)})">'
        yield from self._grid()
        yield "</g>"
        yield from (line for _, line in below)
        yield "</svg>"

    def _above(self) -> Iterator[str]:
        title = _clipped(self._shown.title, int((self._width - 2 * _MARGIN) / 8.6))
        yield f'<text class="text name" x="{_MARGIN}" y="24">{escape(title)}</text>'
        for row, line in enumerate(self._verdict):
            yield f'<text class="text" x="{_MARGIN}" y="{42 + LINE * row}">{escape(line)}</text>'

    def _grid(self) -> Iterator[str]:
        layout = self._layout
        for thread, x in enumerate(layout.columns):
            yield f'<text class="text name mid" x="{number(x)}" y="16">P{thread}</text>'
        yield from self._bands()
        for start, end in layout.steps:
            yield f'<path class="po" d="{stroke((start, end))}"/>'
            yield f'<path class="po" d="{chevron(start, end, 5)}"/>'
        for route in reversed(layout.routes):
            yield from _arc(route)
        for box, area in zip(self._shown.boxes, layout.boxes, strict=True):
            yield from _box(box, area)
        for route in layout.routes:
            yield from _label(route)

    def _bands(self) -> Iterator[str]:
        """What a highlighter would leave under the marked arcs and around their boxes."""
        marked = [route for route in self._layout.routes if route.arc.is_marked]
        for each in sorted({end for route in marked for end in (route.arc.source, route.arc.target)}):
            area = self._layout.boxes[each]
            round_ = ' rx="6"'
            yield f'<rect class="band around" {_at(area)}{round_}/>'
        for route in marked:
            yield f'<path class="band" d="{stroke(route.points)}"/>'

    def _below(self, y: float) -> Iterator[tuple[float, str]]:
        """The legend and the note: lines with their height."""
        x: float = _MARGIN
        y += 12
        for style, is_marked, words in self._legend():
            width = 44 + len(words) * CHAR + 18
            if x > _MARGIN and x + width > self._width:
                x, y = _MARGIN, y + 20
            yield y, _sample(style, is_marked, Point(x, y))
            yield y, f'<text class="faint" x="{number(x + 44)}" y="{number(y + 4)}">{words}</text>'
            x += width
        y += 6
        for line in textwrap.wrap(self._shown.note, self._room, break_on_hyphens=False):
            y += LINE + 1
            yield y, f'<text class="text" x="{_MARGIN}" y="{number(y)}">{escape(line)}</text>'

    def _legend(self) -> Iterator[tuple[Style | None, bool, str]]:
        arcs = self._shown.arcs
        styles = {arc.style for arc in arcs}
        yield from ((style, False, _WORDS[style]) for style in Style if style in styles)
        if self._layout.steps:
            yield None, False, "program order"
        if any(arc.is_marked for arc in arcs):
            is_cycle = self._shown.verdict.startswith("forbidden")
            yield None, True, "the cycle" if is_cycle else "goes back in time"


def _described(shown: Picture) -> Iterator[str]:
    """For those who hear it."""
    for thread in range(shown.threads):
        said = [box for box in shown.boxes if box.thread == thread]
        yield f"P{thread}: " + "; ".join(" ".join((box.statement, _head(box))).strip() for box in said) + "."
    for arc in shown.arcs:
        ends = [_end(shown.boxes[number]) for number in (arc.source, arc.target)]
        yield f"{ends[0]} -{arc.label}-> {ends[1]}."
    if shown.note:
        yield f"{shown.note}."


def _end(box: Box) -> str:
    accesses = [event for event in box.events if event.location is not None]
    return edge_end(accesses[0]) if accesses else f"P{box.thread} {box.statement}"


def _style() -> str:
    """The styles; print is always in light colours."""
    own = (
        "text{font:11px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}",
        ".name{font-size:14px;font-weight:bold}",
        ".big{font-size:12px;font-weight:bold}",
        ".mid{text-anchor:middle}",
        "path{fill:none;stroke-width:1.6}",
        ".po{stroke-width:1.2}",
        ".strong{stroke-width:2.8}",
        ".label{font-weight:bold}",
        ".band{fill:none;stroke-width:11;stroke-linejoin:round}",
        ".around{stroke-width:9}",
        ".frame{stroke-width:1.2}",
        ".fence{stroke-dasharray:3 2}",
        *(f".{style}{{stroke-dasharray:{dash}}}" for style, dash in _DASHES.items()),
        ".head{stroke-dasharray:none}",
    )
    light = [_rule(name, kind, colour) for name, (kind, colour, _) in _COLOURS.items()]
    dark = [_rule(name, kind, colour) for name, (kind, _, colour) in _COLOURS.items()]
    scoped = "".join(f".reviewbot-witness {rule}" for rule in (*light, *own, *_filled(light)))
    in_dark = "".join(f".reviewbot-witness {rule}" for rule in (*dark, *_filled(dark)))
    return f"{scoped}@media screen and (prefers-color-scheme:dark){{{in_dark}}}"


def _rule(name: str, kind: str, colour: str) -> str:
    return f".{name}{{{kind}:{colour}}}"


def _filled(rules: list[str]) -> list[str]:
    """For what is filled with the colour of a line: heads of arrows, labels."""
    sort = [rule for rule in rules if rule.startswith(tuple(f".{style}{{" for style in Style))]
    return [rule.replace("{stroke:", "-fill{fill:") for rule in sort]


def _arc(route: Route) -> Iterator[str]:
    strong = " strong" if route.arc.is_marked else ""
    yield f'<path class="{route.arc.style}{strong}" d="{stroke(_tailored(route))}"/>'
    yield _tip(route.arc.style, strong, *route.points[-2:])


def _tailored(route: Route) -> tuple[Point, ...]:
    """The way up to where the arrow's head begins."""
    before, tip = route.points[-2:]
    return (*route.points[:-1], back(before, tip, 2 if route.arc.style is Style.DEPENDS else HEAD - 1))


def _tip(style: Style, strong: str, before: Point, tip: Point) -> str:
    """Full, but hollow for what is missed, a diamond for what is overwritten, open for dependencies."""
    size = HEAD + (2 if strong else 0)
    if style is Style.OVERWRITES:
        return f'<path class="{style} head {style}-fill" d="{diamond(before, tip, size)}"/>'
    if style is Style.DEPENDS:
        return f'<path class="{style} head{strong}" d="{chevron(before, tip, size)}"/>'
    fill = "page" if style is Style.MISSES else f"{style}-fill"
    return f'<path class="{style} head {fill}" d="{chevron(before, tip, size)}Z"/>'


def _sample(style: Style | None, is_marked: bool, at: Point) -> str:
    """A line of the legend."""
    end = Point(at.x + 34, at.y)
    if is_marked:
        return f'<path class="band" d="{stroke((at, end))}"/>'
    if style is None:
        return f'<path class="po" d="{stroke((at, end))}"/><path class="po" d="{chevron(at, end, 5)}"/>'
    short = back(at, end, HEAD - 1)
    return f'<path class="{style}" d="{stroke((at, short))}"/>{_tip(style, "", at, end)}'


def _label(route: Route) -> Iterator[str]:
    area, is_turned = route.label
    x, y = area.x + area.width / 2, area.y + area.height / 2
    turn = f' transform="rotate(-90 {number(x)} {number(y)})"' if is_turned else ""
    shift = 4
    yield f'<rect class="page" {_at(area)}/>'
    yield (
        f'<text class="{route.arc.style}-fill label mid" x="{number(x)}" y="{number(y + shift)}"{turn}>'
        f"{escape(route.arc.label)}</text>"
    )


def _box(box: Box, area: Area) -> Iterator[str]:
    kind = "write" if any(event.kind in _WRITES for event in box.events) else "read"
    look = f'class="frame {kind} fence" rx="10"' if box.is_fence else f'class="frame {kind}" rx="3"'
    head = _head(box)
    told = f"{box.statement or 'at the start'}: {head}" if head else box.statement
    yield f"<g><title>{escape(told)}</title><rect {look} {_at(area)}/>"
    x = number(area.x + area.width / 2)
    lines = statement_lines(box, area.width)
    y = area.y + (area.height - LINE * (len(lines) + bool(head))) / 2 + 11.5
    if head:
        short = _short_head(box, int((area.width - 8) / BIG_CHAR))
        yield f'<text class="text big mid" x="{x}" y="{number(y)}">{escape(short)}</text>'
        y += LINE
    for line in lines:
        yield f'<text class="faint mid" x="{x}" y="{number(y)}">{escape(line)}</text>'
        y += LINE
    yield "</g>"


def _head(box: Box, most: int = 1000) -> str:
    """What a statement did: ``R x=0 W x=1``, names cut to so many characters."""
    return visible(" ".join(_done(event, most) for event in box.events if _is_told(event)))


def _is_told(event: Event) -> bool:
    return event.kind not in (EventKind.FENCE, EventKind.LOCK_WRITE)


def _done(event: Event, most: int) -> str:
    name = _clipped(event.location or "", most)
    if is_of_memory(event):
        return f"{event.kind} {name}={_clipped(str(event.value), most)}"
    return f"{_NAMES.get(event.kind) or event.tag or event.kind} {name}"


def _short_head(box: Box, room: int) -> str:
    """The same in so many characters; names give way before what is done to them."""
    for most in (1000, *range(40, 2, -1)):
        head = _head(box, most)
        if len(head) <= room:
            return head
    return _clipped(_head(box, 3), room)


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _at(area: Area) -> str:
    return " ".join(f'{name}="{number(value)}"' for name, value in zip(Area._fields, area, strict=True))
