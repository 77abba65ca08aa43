"""Circles in a graph."""

from collections import deque
from collections.abc import Iterator

from rules.lint.ground import Graph


def tangles(graph: Graph) -> list[list[str]]:
    """The groups of nodes in which each leads to each, nodes in the graph's order; a node alone only with a way back
    to itself. Tarjan's algorithm, without recursion."""
    order = {name: number for number, name in enumerate(graph)}
    found = [sorted(group, key=order.__getitem__) for group in _groups(graph)]
    return sorted((g for g in found if len(g) > 1 or g[0] in graph[g[0]]), key=lambda group: order[group[0]])


def _groups(graph: Graph) -> Iterator[list[str]]:
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: dict[str, None] = {}
    for start in graph:
        if start in index:
            continue
        stack = [(start, iter(graph[start]))]
        index[start] = low[start] = len(index)
        open_[start] = None
        while stack:
            name, ways = stack[-1]
            way = next(ways, None)
            if way is None:
                stack.pop()
                yield from _closed(name, index, low, open_)
                if stack:
                    low[stack[-1][0]] = min(low[stack[-1][0]], low[name])
            elif way not in index:
                index[way] = low[way] = len(index)
                open_[way] = None
                stack.append((way, iter(graph[way])))
            elif way in open_:
                low[name] = min(low[name], index[way])


def _closed(name: str, index: dict[str, int], low: dict[str, int], open_: dict[str, None]) -> Iterator[list[str]]:
    """The group that ``name`` began, if all of it has been seen."""
    if low[name] != index[name]:
        return
    group: list[str] = []
    while not group or group[-1] != name:
        group.append(open_.popitem()[0])
    yield group


def circle(graph: Graph, group: list[str]) -> list[str]:
    """A shortest way from the group's first node back to it, both ends included."""
    start, within = group[0], set(group)
    came: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for way in graph[name]:
            if way == start:
                return [*_back(came, start, name), start]
            if way in within and way not in came:
                came[way] = name
                waiting.append(way)
    return [start]


def _back(came: dict[str, str], start: str, name: str) -> list[str]:
    path = [name]
    while path[-1] != start:
        path.append(came[path[-1]])
    return path[::-1]
