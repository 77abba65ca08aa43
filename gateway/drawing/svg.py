"""A picture as SVG 1.1: one file that any browser shows, without scripts, links or fonts of its own."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from gateway.drawing.layout import Layout, Link, Point, Size, lay_out
from gateway.drawing.outlines import COLOURS, outline
from gateway.drawing.picture import Arrow, Box, Panel, Picture
from gateway.drawing.texts import (
    FONT,
    FONT_SIZE,
    LINE,
    Line,
    label_size,
    length,
    lines_in,
    safe,
    shortened,
    size_of,
    text_at,
)

MARGIN = 24
HEADING = 34
STYLE = (
    f"text{{font:{FONT_SIZE}px {FONT};fill:#222;text-anchor:middle;white-space:pre}}"
    "text.head{font-weight:bold;text-anchor:start}text.name{font-weight:bold}text.count{fill:#1a4f9c}"
    "path.way{fill:none;stroke:#555;stroke-width:1.3}path.led{stroke-dasharray:5 4}g.box{stroke-width:1.3}"
)
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#555"/></marker>'
)


def svg(picture: Picture) -> str:
    """The file as text; the same for the same picture."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    drawn = [Drawn(panel) for panel in picture.panels]
    *tops, bottom = accumulate((one.height + MARGIN for one in drawn), initial=MARGIN + HEADING)
    title = ", ".join(part for part in (picture.title, picture.note) if part)
    width = max(length(title), *(one.width for one in drawn)) + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom}" viewBox="0 0 {width} {bottom}">')
    yield f"<title>{safe(title)}</title><style>{STYLE}</style><defs>{TIP}</defs>"
    yield '<rect width="100%" height="100%" fill="#fff"/>'
    yield text_at(Point(MARGIN, MARGIN + FONT_SIZE), title, "head")
    for one, top in zip(drawn, tops, strict=True):
        yield f'<g transform="translate({MARGIN} {top})">'
        yield from one.lines()
        yield "</g>"
    yield "</svg>"


class Drawn:
    """One flow, laid out."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.texts = [lines_in(box) for box in panel.boxes]
        self.sizes = [size_of(box, lines) for box, lines in zip(panel.boxes, self.texts, strict=True)]
        number = {box.key: i for i, box in enumerate(panel.boxes)}
        links = [Link(number[one.source], number[one.target], label_size(one.label)) for one in panel.arrows]
        self.layout: Layout = lay_out(self.sizes, links)
        self.width = max(self.layout.size.width, length(panel.flow))
        self.height = self.layout.size.height + HEADING

    def lines(self) -> Iterator[str]:
        """First the arrows, then boxes and labels, which nothing covers."""
        yield text_at(Point(0, FONT_SIZE), self.panel.flow, "head")
        yield f'<g transform="translate(0 {HEADING})">'
        yield from map(_way, self.panel.arrows, self.layout.routes)
        for box, size, at, lines in zip(self.panel.boxes, self.sizes, self.layout.boxes, self.texts, strict=True):
            yield from _box(box, size, at, lines)
        for arrow, at in zip(self.panel.arrows, self.layout.labels, strict=True):
            if arrow.label:
                yield _label(arrow.label, at)
        yield "</g>"


def _box(box: Box, size: Size, at: Point, lines: Sequence[Line]) -> Iterator[str]:
    fill, border = COLOURS[box.shape]
    tip = "\n".join(safe(part) for part in (box.key, box.place, *box.lines, box.count) if part and box.title)
    title = f"<title>{tip}</title>" if tip else ""
    yield f'<g class="box" fill="{fill}" stroke="{border}">{title}{outline(box.shape, size, at)}</g>'
    first = at.y - len(lines) * LINE // 2 + FONT_SIZE
    for number, line in enumerate(lines):
        yield text_at(Point(at.x, first + number * LINE), line.text, line.style)


def _label(label: str, at: Point) -> str:
    """The label, and a ground that the arrow ends at."""
    width, height = label_size(label)
    ground = f'<rect x="{at.x - width // 2}" y="{at.y - height // 2}" width="{width}" height="{height}" fill="#fff"/>'
    return ground + text_at(Point(at.x, at.y + FONT_SIZE // 3), shortened(label), "label")


def _way(arrow: Arrow, route: Sequence[Point]) -> str:
    """Straight pieces, and between them curves that leave and arrive as the pieces go."""
    path = f"M{route[0].x} {route[0].y}L{route[1].x} {route[1].y}"
    for last, start, end in zip(route[1::2], route[2::2], route[3::2], strict=False):
        middle = (last.y + start.y) // 2
        path += f"C{last.x} {middle} {start.x} {middle} {start.x} {start.y}L{end.x} {end.y}"
    return f'<path class="{"way led" if arrow.dashed else "way"}" d="{path}" marker-end="url(#tip)"/>'
