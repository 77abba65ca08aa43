"""Graphs of any kind: with circles, an arrow from a box to itself, several between two boxes, and parts apart."""

from hypothesis import strategies as st

from gateway.drawing.layout import Link, Size

MOST = 14

BOXES = st.builds(Size, st.integers(14, 300), st.integers(14, 90))
LABELS = st.one_of(st.just(Size(0, 0)), st.builds(Size, st.integers(5, 200), st.just(16)))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Size], list[Link]]:
    """The sizes of boxes, and arrows between them."""
    boxes = draw(st.lists(BOXES, min_size=1, max_size=MOST))
    ends = st.integers(0, len(boxes) - 1)
    links = draw(st.lists(st.builds(Link, ends, ends, LABELS), max_size=2 * MOST))
    loops = {link.source: link for link in links if link.source == link.target}
    return boxes, [*loops.values(), *(link for link in links if link.source != link.target)]
