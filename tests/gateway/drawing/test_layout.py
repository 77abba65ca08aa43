"""The layout: whatever the graph, nothing covers anything, and arrows begin and end at their boxes."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings

from gateway.drawing.layout import Layout, Link, Point, Size, lay_out
from gateway.drawing.layout.ordering import crossings, ordered
from gateway.drawing.layout.placing import Block, rising
from gateway.drawing.layout.rows import BOX_STEP, grid_of, rows_of
from tests.gateway.drawing.graphs import graphs

STEPS = 8  # points of a curve that are looked at
BOX = Size(100, 40)


class Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Area") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, at: tuple[float, float]) -> bool:
        return self.left < at[0] < self.right and self.top < at[1] < self.bottom


def area(at: Point, size: Size) -> Area:
    return Area(at.x - size.width // 2, at.y - size.height // 2, at.x + size.width // 2, at.y + size.height // 2)


def boxes_of(sizes: list[Size], laid: Layout) -> list[Area]:
    return [area(at, size) for at, size in zip(laid.boxes, sizes, strict=True)]


def labels_of(links: list[Link], laid: Layout) -> dict[int, Area]:
    found = ((i, link, at) for i, (link, at) in enumerate(zip(links, laid.labels, strict=True)))
    return {i: area(at, link.label) for i, link, at in found if link.label.width}


def points_of(route: tuple[Point, ...]) -> Iterator[tuple[float, float]]:
    """Points of an arrow as it is drawn, but for its two ends."""
    for number, (a, b) in enumerate(pairwise(route)):
        for step in range(1 if number == 0 else 0, STEPS):
            t = step / STEPS
            bend = 3 * t**2 - 2 * t**3  # a Bézier curve whose ends are upright
            y = 1.5 * t * (1 - t) ** 2 * (a.y + b.y) + 1.5 * t**2 * (1 - t) * (a.y + b.y)
            curve = (a.x + (b.x - a.x) * bend, a.y * (1 - t) ** 3 + y + b.y * t**3)
            yield curve if number % 2 else (a.x, a.y + (b.y - a.y) * t)


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_no_box_and_no_label_covers_another(graph: tuple[list[Size], list[Link]]) -> None:
    sizes, links = graph
    laid = lay_out(sizes, links)
    areas = [*boxes_of(sizes, laid), *labels_of(links, laid).values()]
    assert not [pair for pair in combinations(areas, 2) if pair[0].overlaps(pair[1])]


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_no_arrow_goes_through_a_box_or_the_label_of_another(graph: tuple[list[Size], list[Link]]) -> None:
    sizes, links = graph
    laid = lay_out(sizes, links)
    boxes, labels = boxes_of(sizes, laid), labels_of(links, laid)
    for number, (link, route) in enumerate(zip(links, laid.routes, strict=True)):
        if link.source != link.target:
            others = [*boxes, *(label for other, label in labels.items() if other != number)]
            assert not [at for at in points_of(route) for one in others if one.holds(at)]


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_an_arrow_leads_from_the_border_of_its_box_to_that_of_the_other(graph: tuple[list[Size], list[Link]]) -> None:
    sizes, links = graph
    laid = lay_out(sizes, links)
    boxes = boxes_of(sizes, laid)
    for link, route in zip(links, laid.routes, strict=True):
        for box, at in ((boxes[link.source], route[0]), (boxes[link.target], route[-1])):
            assert box.left <= at.x <= box.right
            assert box.top <= at.y <= box.bottom
            assert at.x in box or at.y in box


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_all_of_it_is_within_its_size_and_the_same_each_time(graph: tuple[list[Size], list[Link]]) -> None:
    sizes, links = graph
    laid = lay_out(sizes, links)
    assert laid == lay_out(sizes, links)
    page = Area(-1, -1, laid.size.width + 1, laid.size.height + 1)
    points = [at for route in laid.routes for at in route]
    points += [Point(int(x), int(y)) for x1, y1, x2, y2 in boxes_of(sizes, laid) for x, y in ((x1, y1), (x2, y2))]
    assert all(page.left <= at.x <= page.right and page.top <= at.y <= page.bottom for at in points)


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_the_order_crosses_no_more_arrows_than_the_one_it_began_with(graph: tuple[list[Size], list[Link]]) -> None:
    sizes, links = graph
    grid = grid_of(sizes, [link for link in links if link.source != link.target])
    rows = ordered(grid)
    assert sorted(place for row in rows for place in row) == list(range(len(grid.sizes)))
    assert all(grid.row[place] == number for number, row in enumerate(rows) for place in row)


def test_a_tree_is_drawn_without_crossings() -> None:
    links = [Link(0, 3), Link(0, 1), Link(1, 4), Link(3, 2), Link(3, 6), Link(1, 5)]
    grid = grid_of([BOX] * 7, links)
    assert crossings(grid, ordered(grid)) == 0


def test_what_leads_to_a_box_stands_above_it_but_for_what_leads_back() -> None:
    laid = lay_out([BOX] * 3, [Link(0, 1), Link(1, 2), Link(2, 0)])
    assert [at.y for at in laid.boxes] == sorted(at.y for at in laid.boxes)
    assert laid.routes[2][0].y > laid.routes[2][-1].y


def test_a_box_is_as_low_as_it_may_be_where_it_leads_to_more_than_leads_to_it() -> None:
    assert rows_of(4, [(0, 1), (1, 2), (3, 2)]) == [0, BOX_STEP, 2 * BOX_STEP, BOX_STEP]


def test_a_circle_has_no_rows() -> None:
    with pytest.raises(ValueError, match="circle"):
        rows_of(2, [(0, 1), (1, 0)])


def test_an_arrow_through_many_rows_is_straight_where_there_is_room() -> None:
    chain = [Link(number, number + 1) for number in range(5)]
    laid = lay_out([BOX] * 6, [*chain, Link(0, 5)])
    assert len({at.x for at in laid.routes[5][2:-2]}) == 1


def test_parts_that_nothing_joins_stand_side_by_side() -> None:
    laid = lay_out([BOX] * 4, [Link(0, 2), Link(1, 3)])
    assert laid.boxes[0].y == laid.boxes[1].y
    assert laid.boxes[1].x - laid.boxes[0].x > BOX.width


@pytest.mark.parametrize(
    ("wishes", "kept"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
        ([3.0, 1.0], [2.0, 2.0]),
        ([1.0, 5.0, 3.0, 6.0], [1.0, 4.0, 4.0, 6.0]),
        ([], []),
    ],
)
def test_wishes_that_contradict_one_another_are_met_halfway(wishes: list[float], kept: list[float]) -> None:
    assert rising([Block(wish, 1.0, 1) for wish in wishes]) == kept
