"""Facts and the paths that they began: every trigger that was considered, every node that was walked, and why so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.explain import facts
from gateway.explain.ear import Heard, told, unheard
from gateway.explain.values import (
    ConsideredFact,
    ConsideredTrigger,
    EvaluatedExpression,
    WalkedNode,
    WalkedPath,
)
from gateway.explain.writing import written
from gateway.told_logs import fact_told
from rules.book import IfNode, Node, Rulebook, TriggerNode
from rules.facts import Fact
from rules.kinds import kind_of
from rules.runs import node_named
from rules.silent import why_not
from rules.ways import Way, ways_taken

Stored = Mapping[str, Any]
WAITS = "waits"


@dataclass(frozen=True)
class Walks:
    """Tells the facts of one campaign's part of a decision. ``books`` are the versions that it may have been walked
    with, by content hash; ``rules`` is the one in force then. ``heard`` is what each visit evaluated, in order, where
    that could be heard once more; else the values are told that were kept."""

    rules: str
    books: Mapping[str, Rulebook]
    heard: Iterator[Sequence[Heard]] | None = None

    def facts(self, stored: Sequence[Stored]) -> tuple[ConsideredFact, ...]:
        """The facts as the log has them, in its order."""
        return tuple(map(self._fact, stored))

    def _fact(self, considered: Stored) -> ConsideredFact:
        book = self.books.get(considered.get("rules") or self.rules)
        activations: Sequence[Stored] = considered.get("activations", ())
        resumed = bool(considered.get("run"))
        fired = {one["trigger"] for one in activations}
        return ConsideredFact(
            fact=facts.in_words(considered["fact"]),
            resumed=resumed,
            triggers=() if resumed or book is None else triggers_of(book, considered["fact"], fired),
            paths=tuple(self._path(book, one) for one in activations),
        )

    def _path(self, book: Rulebook | None, activation: Stored) -> WalkedPath:
        steps = tuple(self._step(book, visit) for visit in activation["visits"])
        return WalkedPath(begins=activation["trigger"], steps=steps)

    def _step(self, book: Rulebook | None, visit: Stored) -> WalkedNode:
        heard = next(self.heard, ()) if self.heard is not None else ()
        saw = {} if self.heard is not None else visit.get("saw", {})
        node = node_named(book, visit["node"]) if book else None
        return WalkedNode(
            node=visit["node"],
            kind=kind_of(node) if node else "",
            place=place_of(visit["position"]),
            result=visit.get("result", ""),
            lines=lines_of(node, heard) or names_of(saw),
            way=way_of(node, visit, heard),
            next=visit.get("next", ""),
        )


def triggers_of(book: Rulebook, stored: Stored, fired: set[str]) -> tuple[ConsideredTrigger, ...]:
    """Every trigger of the fact's kind, in file order."""
    fact = fact_told(stored)
    return tuple(_trigger(node, fact, node.full_name in fired) for node in book.triggers_by_kind[fact.trigger])


def place_of(position: Stored) -> str:
    """File and line."""
    return f"{position['file']}:{position['line']}"


def lines_of(node: Node | None, heard: Sequence[Heard]) -> tuple[EvaluatedExpression, ...]:
    """What was evaluated; of a condition also the lines at which nobody needed to look."""
    looked = [told(one) for one in heard]
    rest = node.lines[len(looked) :] if isinstance(node, IfNode) and looked else ()
    return (*looked, *map(unheard, rest))


def names_of(saw: Stored) -> tuple[EvaluatedExpression, ...]:
    """The names whose values were kept."""
    return tuple(EvaluatedExpression(source=name, value=written(value)) for name, value in saw.items())


def way_of(node: Node | None, visit: Stored, heard: Sequence[Heard]) -> str:
    """The edge that was taken; "" where there is none."""
    if node is None:
        return ""
    ways = ways_taken(node, visit.get("next", ""), visit.get("saw", {}), visit.get("result", ""))
    if len(ways) > 1 and isinstance(node, IfNode) and heard:
        return _branch(node, heard)
    return " or ".join(map(_edge, ways))


def _edge(way: Way) -> str:
    return way.edge if way.target or way.edge != "end" else ""


def _branch(node: IfNode, heard: Sequence[Heard]) -> str:
    """Of a condition both of whose branches lead to one place, the one that was taken."""
    decisive = node.how != "all"
    decided = any((one.value is True) is decisive for one in heard)
    return "match" if decided is (node.how == "any") else "else"


def _trigger(node: TriggerNode, fact: Fact, fired: bool) -> ConsideredTrigger:
    place = f"{node.position.file}:{node.position.line}"
    refused = None if fired else why_not(node, fact)
    if refused is None:
        return ConsideredTrigger(node=node.full_name, place=place, fired=fired)
    return ConsideredTrigger(
        node=node.full_name,
        place=place,
        fired=False,
        narrowing=refused.narrowing,
        wanted=refused.wanted,
        saw=refused.saw,
    )
