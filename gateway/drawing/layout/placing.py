"""How far to the right each place of a row stands: near what it is joined to, and apart from its neighbours."""

from collections.abc import Sequence
from itertools import pairwise
from math import fsum
from typing import NamedTuple

from gateway.drawing.layout.ordering import Rows
from gateway.drawing.layout.rows import Grid

GAP = 28  # pixels between the sides of neighbours
SWEEPS = 60
MOST_MOVES = 300_000  # of places in all sweeps: beyond it, sweeps are fewer, but never less than `FEWEST`
FEWEST = 12
ONE_SIDED = 10  # sweeps that look at the row before only: they bring everything near its place quickly
NO_LIMITS = (float("-inf"), float("inf"))
BEND = 8.0  # how much more a long arrow pulls to be straight than a box to stand over another


def placed(grid: Grid, rows: Rows) -> list[float]:
    """The middle of each place, from the left."""
    x = [0.0] * len(grid.sizes)
    for row in rows:
        for place, middle in zip(row, _packed(grid, row), strict=True):
            x[place] = middle
    for sweep in range(max(FEWEST, min(SWEEPS, MOST_MOVES // max(1, len(x))))):
        downwards = sweep % 2 == 0
        for row in rows if downwards else reversed(rows):
            sides = [grid.up if downwards else grid.down] if sweep < ONE_SIDED else [grid.up, grid.down]
            _settle(grid, row, x, sides)
    _straighten(grid, rows, x)
    left = min((x[place] - grid.sizes[place].width / 2 for place in range(len(x))), default=0.0)
    return [middle - left for middle in x]


def _straighten(grid: Grid, rows: Rows, x: list[float]) -> None:
    """Let arrows through several rows go straight as far as their neighbours leave room, the longest first."""
    at = {place: (row, number) for row in rows for number, place in enumerate(row)}
    for chain in sorted(grid.chains, key=len, reverse=True):
        run: list[int] = []
        low, high = NO_LIMITS
        for place in chain[1:-1]:
            left, right = _room(grid, x, *at[place])
            if max(low, left) > min(high, right):
                _align(x, run, low, high)
                run, (low, high) = [], NO_LIMITS
            run.append(place)
            low, high = max(low, left), min(high, right)
        _align(x, run, low, high)


def _room(grid: Grid, x: Sequence[float], row: Sequence[int], number: int) -> tuple[float, float]:
    """From where to where the place may be moved between its neighbours."""
    low, high = NO_LIMITS
    if number > 0:
        low = x[row[number - 1]] + _apart(grid, row[number - 1], row[number])
    if number + 1 < len(row):
        high = x[row[number + 1]] - _apart(grid, row[number], row[number + 1])
    return low, high


def _align(x: list[float], run: Sequence[int], low: float, high: float) -> None:
    if run:
        middle = min(max(fsum(x[place] for place in run) / len(run), low), high)
        for place in run:
            x[place] = middle


def _packed(grid: Grid, row: Sequence[int]) -> list[float]:
    middles = [0.0]
    for left, right in pairwise(row):
        middles.append(middles[-1] + _apart(grid, left, right))
    return middles[: len(row)]


def _apart(grid: Grid, left: int, right: int) -> float:
    """What the middles of two neighbours must be apart."""
    return (grid.sizes[left].width + grid.sizes[right].width) / 2 + GAP


def _settle(grid: Grid, row: Sequence[int], x: list[float], sides: Sequence[Sequence[Sequence[int]]]) -> None:
    """Bring a row as near to what its places are joined to as their order allows."""
    before = _packed(grid, row)
    wishes = []
    for place, offset in zip(row, before, strict=True):
        pulls = [(x[one], _pull(grid, place, one)) for side in sides for one in side[place]]
        weight = fsum(pull for _, pull in pulls)
        wish = fsum(at * pull for at, pull in pulls) / weight if pulls else x[place]
        wishes.append(Block(wish - offset, weight or 0.01, 1))
    for place, offset, shift in zip(row, before, rising(wishes), strict=True):
        x[place] = offset + shift


def _pull(grid: Grid, place: int, other: int) -> float:
    """A box pulls once, shared by its arrows; between places of one arrow it is for that to be straight."""
    bends = (place >= grid.boxes) + (other >= grid.boxes)
    return BEND if bends == 2 else 1.0


class Block(NamedTuple):
    """Neighbours that stand close together: their wish for where, its weight, and how many they are."""

    wish: float
    weight: float
    number: int

    def joined(self, other: "Block") -> "Block":
        weight = self.weight + other.weight
        return Block((self.wish * self.weight + other.wish * other.weight) / weight, weight, self.number + other.number)


def rising(wishes: Sequence[Block]) -> list[float]:
    """The numbers that never fall from one to the next and are nearest to the wishes (least squares, by weight): those
    that contradict one another are pooled (the pool adjacent violators algorithm)."""
    blocks: list[Block] = []
    for wish in wishes:
        blocks.append(wish)
        while len(blocks) > 1 and blocks[-2].wish > blocks[-1].wish:
            last = blocks.pop()
            blocks[-1] = blocks[-1].joined(last)
    return [block.wish for block in blocks for _ in range(block.number)]
