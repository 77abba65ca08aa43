"""In which order the places of a row stand, so that few arrows cross."""

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

from gateway.drawing.layout.rows import Grid

SWEEPS = 12  # down and up again; after a few nothing changes any more
MANY, FEWER = 20_000, 4  # sweeps where there are so many places
SWAPPED = 400  # places up to which neighbours are swapped one by one: beyond it takes too long

Rows = list[list[int]]


def ordered(grid: Grid) -> Rows:
    """The places of each row from left to right."""
    best = rows = _first(grid)
    fewest = crossings(grid, rows)
    for sweep in range(SWEEPS if len(grid.sizes) < MANY else FEWER):
        if not fewest:
            break
        rows = _swept(grid, rows, downwards=sweep % 2 == 0)
        if len(grid.sizes) <= SWAPPED:
            _swap(grid, rows)
        number = crossings(grid, rows)
        if number < fewest:
            best, fewest = [list(row) for row in rows], number
    return best


def crossings(grid: Grid, rows: Rows) -> int:
    """How often arrows cross."""
    return sum(_between(grid, upper, lower) for upper, lower in pairwise(rows))


def _first(grid: Grid) -> Rows:
    """As the places are met going down from each box in its order: what belongs together begins together."""
    rows: Rows = [[] for _ in range(max(grid.row, default=-1) + 1)]
    met: set[int] = set()
    for root in sorted(range(grid.boxes), key=lambda box: (grid.row[box], box)):
        stack = [root]
        while stack:
            place = stack.pop()
            if place not in met:
                met.add(place)
                rows[grid.row[place]].append(place)
                stack += reversed(grid.down[place])
    return rows


def _swept(grid: Grid, rows: Rows, *, downwards: bool) -> Rows:
    """Each row in the order of where the row before it is joined to it, on average."""
    rows = [list(row) for row in rows]
    joined = grid.up if downwards else grid.down
    at: dict[int, int] = {}
    for row in rows if downwards else reversed(rows):
        means = {place: _mean([at[one] for one in joined[place]], i) for i, place in enumerate(row)}
        row.sort(key=means.__getitem__)
        at |= {place: number for number, place in enumerate(row)}
    return rows


def _mean(places: Sequence[int], otherwise: int) -> float:
    return sum(places) / len(places) if places else otherwise


def _swap(grid: Grid, rows: Rows) -> None:
    """Swap neighbours as long as fewer arrows cross then."""
    at = {place: number for row in rows for number, place in enumerate(row)}
    better = True
    while better:
        better = False
        for row in rows:
            for left in range(len(row) - 1):
                a, b = row[left], row[left + 1]
                if _crossed(grid, at, a, b) > _crossed(grid, at, b, a):
                    row[left], row[left + 1], at[a], at[b], better = b, a, left + 1, left, True


def _crossed(grid: Grid, at: dict[int, int], left: int, right: int) -> int:
    """How often the arrows of two neighbours cross one another if they stand so."""
    pairs = ((grid.up[left], grid.up[right]), (grid.down[left], grid.down[right]))
    return sum(at[one] > at[other] for ours, theirs in pairs for one in ours for other in theirs)


def _between(grid: Grid, upper: Sequence[int], lower: Sequence[int]) -> int:
    at = {place: number for number, place in enumerate(lower)}
    seen: list[int] = []
    number = 0
    for place in upper:
        ends = [at[one] for one in grid.down[place]]
        number += sum(len(seen) - bisect_right(seen, end) for end in ends)
        for end in ends:
            insort(seen, end)
    return number
