"""In which row each box stands, and the places that arrows have in the rows that they cross."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

BOX_STEP = 2  # rows from one box to the next: the one between is for labels


class Size(NamedTuple):
    """In pixels."""

    width: int
    height: int


class Link(NamedTuple):
    """An arrow from one box to another, by their numbers, with the size of its label (nothing: none)."""

    source: int
    target: int
    label: Size = Size(0, 0)


@dataclass(slots=True)
class Grid:
    """Places in rows: the boxes by their numbers, and after them those of the arrows.

    ``chains`` are, for each arrow, its places from the upper box to the lower one, both included; ``labelled`` the
    place of its label in it. ``down`` and ``up`` are the places that each one is joined to in the next row.
    """

    sizes: list[Size]
    row: list[int]
    boxes: int
    chains: list[list[int]] = field(default_factory=list)
    labelled: list[int] = field(default_factory=list)
    down: list[list[int]] = field(default_factory=list)
    up: list[list[int]] = field(default_factory=list)

    def add(self, size: Size, row: int) -> int:
        """A place of an arrow in that row."""
        self.sizes.append(size)
        self.row.append(row)
        return len(self.sizes) - 1


def grid_of(sizes: Sequence[Size], links: Sequence[Link]) -> Grid:
    """The boxes in rows, and a chain for each link; no link may lead from a box to itself."""
    pairs = [(link.source, link.target) for link in links]
    turned = back_links(len(sizes), pairs)
    falling = [(b, a) if number in turned else (a, b) for number, (a, b) in enumerate(pairs)]
    grid = Grid(list(sizes), rows_of(len(sizes), falling), len(sizes))
    for link, (upper, lower) in zip(links, falling, strict=True):
        _add_chain(grid, upper, lower, link)
    grid.down, grid.up = [[] for _ in grid.sizes], [[] for _ in grid.sizes]
    for chain in grid.chains:
        for above, below in pairwise(chain):
            grid.down[above].append(below)
            grid.up[below].append(above)
    return grid


def _add_chain(grid: Grid, upper: int, lower: int, link: Link) -> None:
    """The label stands right under where the arrow begins: there one asks which way is which."""
    rows = range(grid.row[upper] + 1, grid.row[lower])
    labelled = rows[0] if upper == link.source else rows[-1]
    places = [grid.add(link.label if row == labelled else Size(0, 0), row) for row in rows]
    grid.chains.append([upper, *places, lower])
    grid.labelled.append(places[0] if labelled == rows[0] else places[-1])


def back_links(boxes: int, pairs: Sequence[tuple[int, int]]) -> set[int]:
    """The numbers of links that lead back to where their paths came from, looked for from the boxes that nothing leads
    to, in their order: without these there is no circle."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(boxes)]
    for number, (source, target) in enumerate(pairs):
        out[source].append((number, target))
    led = {target for _, target in pairs}
    back: set[int] = set()
    state = [0] * boxes  # 1: on the path that is walked, 2: done
    for root in sorted(range(boxes), key=lambda box: (box in led, box)):
        _walk(root, out, state, back)
    return back


def _walk(root: int, out: Sequence[Sequence[tuple[int, int]]], state: list[int], back: set[int]) -> None:
    if state[root]:
        return
    state[root] = 1
    path = [(root, iter(out[root]))]
    while path:
        box, rest = path[-1]
        step = next(rest, None)
        if step is None:
            state[box] = 2
            path.pop()
        elif state[step[1]] == 1:
            back.add(step[0])
        elif not state[step[1]]:
            state[step[1]] = 1
            path.append((step[1], iter(out[step[1]])))


def rows_of(boxes: int, falling: Sequence[tuple[int, int]]) -> list[int]:
    """Each box under all that lead to it; then those that lead to more than lead to them as low as they may stand, so
    that arrows are short. Raises `ValueError` where the links form a circle."""
    out: list[list[int]] = [[] for _ in range(boxes)]
    led: list[list[int]] = [[] for _ in range(boxes)]
    for upper, lower in falling:
        out[upper].append(lower)
        led[lower].append(upper)
    order = _topological(out, led)
    row = [0] * boxes
    for box in order:
        row[box] = max((row[one] + BOX_STEP for one in led[box]), default=0)
    for box in reversed(order):
        if len(out[box]) > len(led[box]):
            row[box] = min(row[one] for one in out[box]) - BOX_STEP
    return row


def _topological(out: Sequence[Sequence[int]], led: Sequence[Sequence[int]]) -> list[int]:
    waits = [len(above) for above in led]
    order = [box for box, number in enumerate(waits) if not number]
    for box in order:
        for below in out[box]:
            waits[below] -= 1
            if not waits[below]:
                order.append(below)
    if len(order) < len(out):
        raise ValueError("the links form a circle")
    return order
