"""A picture as the text of a Mermaid flowchart (mermaid.js.org/syntax/flowchart.html), which wikis and pull requests
show as a diagram.

Ids are made of names, behind a letter, for some names are words of Mermaid (`end`, `style`). In labels everything but
letters, digits and a few harmless signs is written as its number (`#34;`): Mermaid looks for its own signs within
quotes, too, and takes whatever begins with two percent signs and a brace for an instruction, wherever it stands.
"""

import re
from collections.abc import Iterable, Iterator

from gateway.drawing.picture import Arrow, Box, Panel, Picture, Shape
from gateway.intake import printable

FORMS: dict[Shape, tuple[str, str]] = {
    Shape.TRIGGER: ("([", "])"),
    Shape.CONDITION: ("{{", "}}"),
    Shape.TALK: ("[/", "/]"),
    Shape.WAIT: ("(", ")"),
    Shape.JUMP: ("[[", "]]"),
    Shape.ACTION: ("[", "]"),
    Shape.FINISH: ("(((", ")))"),
}
END = "(( ))"
UNSAFE = re.compile(r"[^\w ,.()=/]|^\d+(?=\.)")
BREAK = "<br/>"


def mermaid(picture: Picture) -> str:
    """The text, one statement on each line; the same for the same picture."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    title = ", ".join(part for part in (picture.title, picture.note) if part)
    yield from ("---", f'title: "{_plain(title)}"', "---", "flowchart TB")
    for panel in picture.panels:
        yield f'    subgraph {_id("f", panel.flow)}["{_escaped(panel.flow)}"]'
        yield from (f"        {line}" for line in ("direction TB", *_panel(panel)))
        yield "    end"
    yield from (f"    {_arrow(jump)}" for jump in picture.jumps)


def _panel(panel: Panel) -> Iterator[str]:
    yield from map(_box, panel.boxes)
    yield from map(_arrow, panel.arrows)


def _box(box: Box) -> str:
    if box.shape is Shape.END:
        return f"{_id('n', box.key)}{END}"
    before, after = FORMS[box.shape]
    said = BREAK.join(_escaped(line) for line in _told(box))
    return f'{_id("n", box.key)}{before}"{said}"{after}'


def _told(box: Box) -> Iterable[str]:
    return (line for line in (box.title, *box.lines, box.count) if line)


def _arrow(arrow: Arrow) -> str:
    line = "-.->" if arrow.dashed else "-->"
    label = f'|"{_escaped(arrow.label)}"|' if arrow.label else ""
    return f"{_id('n', arrow.source)} {line}{label} {_id('n', arrow.target)}"


def _id(kind: str, key: str) -> str:
    """An id that no other key has, of letters, digits and `_`: a point becomes `_`, and a `_` of a name two of them."""
    return f"{kind}_{key.replace('_', '__').replace('.', '_')}"


def _escaped(text: str) -> str:
    apart = printable(text).replace("$$", "$ $")  # a formula would begin there, however it is written
    return UNSAFE.sub(lambda found: "".join(f"#{ord(sign)};" for sign in found[0]), apart)


def _plain(text: str) -> str:
    """For a text in YAML: nothing in it that could end it or be an instruction."""
    return re.sub(r"[^\w ,.:()=/-]", "?", printable(text))
