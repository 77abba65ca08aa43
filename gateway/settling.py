"""Settle what waits at nodes of earlier versions: it moves to nodes of the rule file in force, or ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.hints import did_you_mean
from gateway.ids import new_id
from gateway.planning import Waiting
from gateway.rulebooks import store
from rules.actions.communicate import Communicate
from rules.book import Node, Rulebook, TriggerNode
from storage.transaction import Transaction
from storage.values import About, NewEvent

CHUNK = 500  # participants for whom an event is left in one transaction
ENDS = ""  # in moves: what waits there ends


class CannotSettle(Exception):
    """Nothing was done; the message says what stands in the way."""


def moves_for(
    book: Rulebook, waiting: Sequence[Waiting], wanted: Sequence[tuple[str, str]], *, end: bool = False, only: str = ""
) -> dict[str, str]:
    """By the full name of each node to be settled, the node of ``book`` that takes what waits there, or `ENDS`.

    ``wanted`` are the moves asked for; with ``end``, whatever is left that changes or vanishes ends, at the node
    ``only`` where one is named. Raises `CannotSettle`.
    """
    moves: dict[str, str] = {}
    for old, new in wanted:
        if old in moves:
            raise CannotSettle(f"{old} is to be moved twice")
        _check_old(old, waiting)
        _check_new(new, book, [w for w in waiting if w.node == old])
        moves[old] = new
    if only:
        _check_old(only, waiting)
    if end:
        left = (w.node for w in waiting if not w.is_same and w.node not in moves and only in ("", w.node))
        moves |= dict.fromkeys(left, ENDS)
    return moves


def _check_old(old: str, waiting: Sequence[Waiting]) -> None:
    nodes = dict.fromkeys(w.node for w in waiting)
    if old not in nodes:
        hint = did_you_mean(old, nodes) or (f"; something waits at: {', '.join(nodes)}" if nodes else "")
        raise CannotSettle(f"nothing waits at {old or 'a node without a name'}{hint}")


def _check_new(new: str, book: Rulebook, moved: Sequence[Waiting]) -> None:
    node = node_named(book, new)
    if node is None:
        known = (n.full_name for flow in book.flows.values() for n in flow.nodes.values())
        raise CannotSettle(f'there is no node "{new}" in {book.file}{did_you_mean(new, known)}')
    if any(w.runs for w in moved) and isinstance(node, TriggerNode):
        raise CannotSettle(f"{new} is a trigger: no run can go on there; name the node after it")
    if any(w.planned for w in moved) and not isinstance(node, Communicate):
        raise CannotSettle(f"{new} is no communicate node: a planned communication cannot move there")


def node_named(book: Rulebook, name: str) -> Node | None:
    """The node with this full name, or None."""
    flow, _, node = name.partition(".")
    return book.flows[flow].nodes.get(node) if flow in book.flows else None


@dataclass
class Settling:
    """Puts the rule file in force and leaves an event for every participant concerned.

    Its steps are `begin` and then `leave` until that returns False, each one transaction; all of it may be done again,
    for what is settled waits no longer, and under the same ``key`` nobody is left an event twice. ``left`` counts the
    participants. The events are decided once the gateway has read the file, too.
    """

    book: Rulebook
    text: bytes
    moves: Mapping[str, str]
    now: datetime
    key: str = field(default_factory=new_id)
    left: int = 0
    after: str = ""

    def begin(self, t: Transaction) -> None:
        """The file's version is kept, and the campaign's from here on."""
        row = t.campaigns.get(self.book.campaign)
        if row is None or row["rules"] != self.book.hash:
            store(t, [self.book], {self.book.file: self.text}, self.now)

    def leave(self, t: Transaction) -> bool:
        """Leave an event for the next participants; False where there are no more."""
        where = (self.book.campaign, tuple(self.moves), self.after, CHUNK)
        found = {*t.runs.customers_at(*where), *t.communications.customers_planned(*where)}
        customers = sorted(found)[:CHUNK]
        t.inbox.keep([self._event(customer) for customer in customers])
        self.left += len(customers)
        self.after = customers[-1] if customers else self.after
        return len(customers) == CHUNK

    def _event(self, customer: str) -> NewEvent:
        payload = {"customer": customer, "campaign": self.book.campaign, "moves": dict(self.moves)}
        key = f"settled:{self.book.campaign}:{customer}:{self.key}"
        return NewEvent(key, "settled", About("customer", customer), payload, self.now)
