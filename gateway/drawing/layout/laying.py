"""A layout: where each box, arrow and label is, in pixels from the upper left corner."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from gateway.drawing.layout.ordering import Rows, ordered
from gateway.drawing.layout.placing import GAP, placed
from gateway.drawing.layout.rows import Grid, Link, Size, grid_of

V = TypeVar("V")

ROW_GAP = 20  # pixels between two rows, at least
TIP = 8  # of them are for the tips of arrows, which arrive straight
SLOPE = 12  # pixels that an arrow goes aside for one more between the rows
MAX_GAP = 48
PORT = 18  # pixels between two arrows at one side of a box
LOOP = 26  # pixels that an arrow from a box to itself goes aside


class Point(NamedTuple):
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Layout:
    """``boxes`` and ``labels`` are the middles, by number. ``routes`` go along with the arrows: at the points of even
    number a straight piece down (or up) begins, and ends at the next, from which a curve leads on."""

    size: Size
    boxes: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    labels: tuple[Point, ...]


def lay_out(sizes: Sequence[Size], links: Sequence[Link]) -> Layout:
    """Lay out boxes of these sizes; at most one of the links leads from a box to itself.

    What is not joined stands side by side, in the order of its first boxes.
    """
    boxes: dict[int, Point] = {}
    routes: dict[int, tuple[Point, ...]] = {}
    labels: dict[int, Point] = {}
    right = bottom = 0
    for part in parts_of(len(sizes), links):
        laid = _lay_out_part(sizes, links, part)
        shift = right + 2 * GAP if right else 0
        boxes |= zip(part.boxes, (_aside(at, shift) for at in laid.boxes), strict=True)
        labels |= zip(part.links, (_aside(at, shift) for at in laid.labels), strict=True)
        routes |= zip(part.links, (tuple(_aside(at, shift) for at in route) for route in laid.routes), strict=True)
        right, bottom = shift + laid.size.width, max(bottom, laid.size.height)
    return Layout(Size(right, bottom), _in_order(boxes), _in_order(routes), _in_order(labels))


def _in_order(found: dict[int, V]) -> tuple[V, ...]:
    return tuple(found[number] for number in sorted(found))


def _aside(at: Point, shift: int) -> Point:
    return Point(at.x + shift, at.y)


class Part(NamedTuple):
    """Boxes and links that hang together, by number."""

    boxes: list[int]
    links: list[int]


def parts_of(boxes: int, links: Sequence[Link]) -> list[Part]:
    """The graph in parts that no link joins."""
    first = list(range(boxes))

    def root(box: int) -> int:
        while first[box] != box:
            box = first[box]
        return box

    for link in links:
        one, other = sorted((root(link.source), root(link.target)))
        first[other] = one
    parts: dict[int, Part] = defaultdict(lambda: Part([], []))
    for box in range(boxes):
        parts[root(box)].boxes.append(box)
    for number, link in enumerate(links):
        parts[root(link.source)].links.append(number)
    return list(parts.values())


def _lay_out_part(sizes: Sequence[Size], links: Sequence[Link], part: Part) -> Layout:
    number = {box: i for i, box in enumerate(part.boxes)}
    own = [Link(number[links[i].source], number[links[i].target], links[i].label) for i in part.links]
    bare = [sizes[box] for box in part.boxes]
    grid = grid_of(_with_loops(bare, own), [link for link in own if not is_loop(link)])
    rows = ordered(grid)
    return Placement(grid, rows, [round(x) for x in placed(grid, rows)], bare).layout(own)


def is_loop(link: Link) -> bool:
    return link.source == link.target


def _with_loops(sizes: Sequence[Size], links: Iterable[Link]) -> list[Size]:
    """The sizes, with room on both sides for arrows from a box to itself: the box stays in the middle."""
    wide = list(sizes)
    for link in filter(is_loop, links):
        needed = sizes[link.source].width + 2 * (LOOP + link.label.width)
        wide[link.source] = Size(max(needed, wide[link.source].width), wide[link.source].height)
    return wide


class Placement:
    """A grid whose places have got their middles ``x``; ``sizes`` are those of the boxes alone."""

    def __init__(self, grid: Grid, rows: Rows, x: Sequence[int], sizes: Sequence[Size]) -> None:
        self.grid, self.x, self.sizes = grid, x, sizes
        self.top: list[int] = []
        self.bottom: list[int] = []
        self._stack(rows)
        self._chains = iter(zip(grid.chains, self._ports(up=False), self._ports(up=True), grid.labelled, strict=True))

    def layout(self, links: Sequence[Link]) -> Layout:
        """Of the links that the grid was made of, and loops."""
        drawn = [self._loop(link) if is_loop(link) else self._route(link) for link in links]
        width = max(x + size.width // 2 + 1 for x, size in zip(self.x, self.grid.sizes, strict=True))
        boxes = tuple(self._middle(box) for box in range(self.grid.boxes))
        size = Size(width, self.bottom[-1])
        return Layout(size, boxes, tuple(route for route, _ in drawn), tuple(label for _, label in drawn))

    def _stack(self, rows: Rows) -> None:
        """Rows as high as what is highest in them; where arrows go far aside, with more space between."""
        y = 0
        for row in rows:
            self.top.append(y)
            self.bottom.append(y + max((self.grid.sizes[place].height for place in row), default=0))
            aside = max((abs(self.x[a] - self.x[b]) for a in row for b in self.grid.down[a]), default=0)
            y = self.bottom[-1] + min(MAX_GAP, ROW_GAP + aside // SLOPE)

    def _middle(self, place: int) -> Point:
        row = self.grid.row[place]
        return Point(self.x[place], (self.top[row] + self.bottom[row]) // 2)

    def _ports(self, *, up: bool) -> list[int]:
        """For each chain where it meets the upper side of its lower box, or the lower side of its upper one: side by
        side, in the order of where they come from."""
        at: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, chain in enumerate(self.grid.chains):
            box, neighbour = (chain[-1], chain[-2]) if up else (chain[0], chain[1])
            at[box].append((self.x[neighbour], number))
        ports = {}
        for box, joined in at.items():
            step = min(PORT, self.sizes[box].width // (2 * len(joined)))
            for i, (_, number) in enumerate(sorted(joined)):
                ports[number] = self.x[box] + (2 * i - len(joined) + 1) * step // 2
        return [ports[number] for number in range(len(self.grid.chains))]

    def _route(self, link: Link) -> tuple[tuple[Point, ...], Point]:
        chain, leaves, arrives, labelled = next(self._chains)
        upper, *between, lower = chain
        route = [Point(leaves, self._edge(upper, 1)), Point(leaves, self.bottom[self.grid.row[upper]] + TIP)]
        for place in between:
            row = self.grid.row[place]
            route += [Point(self.x[place], self.top[row]), Point(self.x[place], self.bottom[row])]
        route += [Point(arrives, self.top[self.grid.row[lower]] - TIP), Point(arrives, self._edge(lower, -1))]
        return tuple(route if upper == link.source else reversed(route)), self._middle(labelled)

    def _edge(self, box: int, side: int) -> int:
        return self._middle(box).y + side * (self.sizes[box].height // 2)

    def _loop(self, link: Link) -> tuple[tuple[Point, ...], Point]:
        """Out of the right side, and into it again above."""
        middle, size = self._middle(link.source), self.sizes[link.source]
        x, up = middle.x + size.width // 2, size.height // 4
        out, back = Point(x, middle.y + up), Point(x, middle.y - up)
        aside = (Point(x + LOOP, out.y), Point(x + LOOP, back.y))
        return (out, *aside, back), Point(x + LOOP + link.label.width // 2, middle.y)
