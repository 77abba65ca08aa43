"""Whatever rule files say, a picture shows it as text: nothing gets out of an SVG's or of Mermaid's quotes."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.drawing.mermaid import mermaid
from gateway.drawing.picture import Arrow, Box, Panel, Picture, Shape
from gateway.drawing.svg import svg
from gateway.drawing.texts import LONGEST, length, lines_in
from gateway.intake import printable

EVIL = (
    "</text><script>alert(1)</script>",
    '"]; click n_f_a "javascript:alert(1)"',
    "%%{init: {'securityLevel': 'loose'}}%%",
    "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    "#quot; &amp; &#60;",
    "`**code**`",
    "\x00\x1b[31m\ud800\ufffe\u202e",
    "---\nflowchart LR\nend",
    "1. one",
    "$$x$$",
)
TEXTS = st.one_of(st.sampled_from(EVIL), st.text(max_size=120))
STATEMENT = re.compile(
    r'flowchart TB|---|title: "[\w ,.:()=/?-]*"|direction TB|end|subgraph f_\w+\["[^"]*"\]'
    r'|n_\w+(\(\[|\{\{|\[/|\(|\[\[|\[|\(\(\()"(?P<said>[^"]*)"(\]\)|\}\}|/\]|\)|\]\]|\]|\)\)\))'
    r'|n_\w+\(\( \)\)|n_\w+ (-->|-\.->)(\|"(?P<label>[^"]*)"\|)? n_\w+'
)
HARMLESS = re.compile(r"(?:[\w ,.()=/]|#\d+;|<br/>)*")


def picture(title: str, line: str, label: str) -> Picture:
    shapes = [shape for shape in Shape if shape is not Shape.END]
    boxes = [Box(f"f.{shape}", shape, title, (line,), "1,234 passed", "a.yaml:3") for shape in shapes]
    ends = (Box("f.trigger.0", Shape.END),)
    arrows = (Arrow("f.trigger", "f.talk", label), Arrow("f.talk", "f.wait", label, dashed=True))
    return Picture(title, (Panel("f", (*boxes, *ends), (*arrows, Arrow("f.trigger", "f.trigger.0", label))),))


def shown(text: str) -> str:
    """What Mermaid shows of an escaped text."""
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


@given(TEXTS, TEXTS, TEXTS)
@settings(deadline=None, max_examples=60)
def test_an_svg_holds_only_the_elements_that_we_draw_and_the_texts_as_they_are(
    title: str, line: str, label: str
) -> None:
    root = ElementTree.fromstring(svg(picture(title, line, label)))  # noqa: S314 - it is ours, which is what is tested
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "title", "style", "defs", "marker", "path", "rect", "circle", "polygon", "g", "text"}
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    if label and len(label) <= LONGEST and label == label.strip():
        assert printable(label).replace("\r", "\n") in texts
    assert all(attribute in ATTRIBUTES for element in root.iter() for attribute in element.attrib)


ATTRIBUTES = {
    *("width", "height", "viewBox", "id", "refX", "refY", "markerWidth", "markerHeight", "orient", "d", "fill"),
    *("transform", "class", "x", "y", "rx", "points", "cx", "cy", "r", "stroke", "marker-end"),
}


@given(TEXTS, TEXTS, TEXTS)
@settings(deadline=None, max_examples=60)
def test_mermaid_text_holds_only_our_statements_and_the_texts_as_they_are(title: str, line: str, label: str) -> None:
    found = [STATEMENT.fullmatch(one.strip()) for one in mermaid(picture(title, line, label)).splitlines()]
    assert all(found)
    said = [one[name] for one in found for name in ("said", "label") if one and one[name] is not None]
    assert all(HARMLESS.fullmatch(text) for text in said)
    if label:
        first = next(shown(one["label"]) for one in found if one and one["label"])
        assert first == printable(label).replace("$$", "$ $")


@pytest.mark.parametrize(("one", "other"), [(("a_b", "c"), ("a", "b_c")), (("a", "b_"), ("a", "b"))])
def test_no_two_nodes_have_the_same_id(one: tuple[str, str], other: tuple[str, str]) -> None:
    boxes = tuple(Box(".".join(names), Shape.ACTION, "x") for names in (one, other))
    lines = mermaid(Picture("t", (Panel("f", (*boxes, Box(f"{boxes[1].key}.0", Shape.END)), ()),))).splitlines()
    ids = [found[0] for line in lines if (found := re.match(r"n_\w+", line.strip()))]
    assert len(set(ids)) == 3


def test_a_long_text_is_shown_in_part_and_told_whole_where_one_points_at_it() -> None:
    box = Box("f.long", Shape.ACTION, "long", ("word " * 100,))
    assert [len(line.text) <= LONGEST for line in lines_in(box)] == [True] * 5
    assert lines_in(box)[-1].text.endswith("…")
    assert ("word " * 100).strip() in svg(Picture("t", (Panel("f", (box,), ()),)))


def test_wide_signs_take_two_places_and_marks_above_letters_none() -> None:
    assert length("漢字") == length("abcd")
    assert length("e\u0301") == length("e")
