"""Texts in an SVG: how much room they take, and what of them is shown."""

from html import escape
from textwrap import wrap
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from gateway.drawing.layout import Point, Size
from gateway.drawing.picture import Box, Shape
from gateway.intake import printable

FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"
FONT_SIZE = 12
CHARACTER = 7.3  # pixels, of the widest of these fonts: no text is wider than it is taken for
LINE = 16
PAD = 10
SLANT = 10  # pixels that the sides of some boxes lean
END_SIZE = 14
LONGEST = 40  # characters of a line in a box, and of a label
MOST = 4  # lines of what a node says; all of it is in what a browser shows where one points at the box
CUT = "…"


class Line(NamedTuple):
    """One line in a box, and its class of style: name, said or count."""

    text: str
    style: str


def lines_in(box: Box) -> tuple[Line, ...]:
    """What stands in a box."""
    said = [part for line in box.lines for part in wrap(printable(line), LONGEST)]
    if len(said) > MOST:
        said = [*said[: MOST - 1], f"{said[MOST - 1][: LONGEST - 1]}{CUT}"]
    parts = {"name": wrap(printable(box.title), LONGEST), "said": said, "count": wrap(box.count, LONGEST)}
    return tuple(Line(text, style) for style, texts in parts.items() for text in texts)


def size_of(box: Box, lines: tuple[Line, ...]) -> Size:
    """How large a box with these lines in it is."""
    if box.shape is Shape.END:
        return Size(END_SIZE, END_SIZE)
    widest = max((length(line.text) for line in lines), default=0)
    return Size(widest + 2 * (PAD + SLANT), len(lines) * LINE + PAD)


def label_size(label: str) -> Size:
    """How large the label of an arrow is."""
    return Size(length(shortened(label)) + 4, LINE) if label else Size(0, 0)


def shortened(text: str) -> str:
    """The text on one line of at most `LONGEST` characters."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}{CUT}"


def length(text: str) -> int:
    """How long a line is, in pixels; wide signs, as those of Chinese, take two places."""
    places = sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)
    return int(places * CHARACTER) + 1


def text_at(at: Point, text: str, style: str) -> str:
    """A line of text whose base line goes through that point."""
    return f'<text class="{style}" x="{at.x}" y="{at.y}">{safe(text)}</text>'


def safe(text: str) -> str:
    """Nothing in it that XML would take for more than text, or not take at all."""
    return escape(printable(text))
