"""What waits on earlier versions of a rule file, and how it compares with another one.

Runs and planned communications stay on the version of the rule file that they began with. `outlook` tells where they
wait and whether that node is the same in the file compared; `gateway.settling` moves them there, or ends them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from rules.book import Rulebook
from rules.marks import read_what_can_be_read
from storage.transaction import Transaction
from storage.values import Row

NOT_KEPT = "all of it, as the text of that version is not kept"

Keys = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at one node on one version of the rule file: so many ``runs``, and ``planned`` communications.

    ``rules`` and ``since`` are that version's content hash and when it was first loaded (UTC, None where it is not
    kept). In the file compared, the node is gone (``vanishes``) or differs in the keys ``changes``.
    """

    node: str
    rules: str
    runs: int
    planned: int
    since: datetime | None = None
    vanishes: bool = False
    changes: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        return not self.vanishes and not self.changes


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a rule file: when it was first loaded, and the keys of each node by its full name."""

    since: datetime | None
    nodes: Mapping[str, Keys] | None


def outlook(t: Transaction, book: Rulebook, text: str | bytes) -> tuple[Waiting, ...]:
    """What waits in the campaign of ``book``, whose file is ``text``: in the order of that file, what vanishes last."""
    runs, planned = t.runs.counts(book.campaign), t.communications.planned(book.campaign)
    places = dict.fromkeys((*runs, *planned))
    versions = {rules: _version(t.campaigns.version(rules)) for rules in dict.fromkeys(rules for _, rules in places)}
    wanted = dict(nodes_of(text))
    found = [
        _compared(Waiting(*place, runs.get(place, 0), planned.get(place, 0)), versions[place[1]], wanted)
        for place in places
    ]
    order = {name: number for number, name in enumerate(wanted)}
    return tuple(sorted(found, key=lambda w: (order.get(w.node, len(order)), w.node, str(w.since))))


def _version(row: Row | None) -> Version:
    return Version(row["loaded_at"], dict(nodes_of(row["text"]))) if row else Version(None, None)


def _compared(waiting: Waiting, version: Version, wanted: Mapping[str, Keys]) -> Waiting:
    """The same with what the file compared makes of it."""
    node, nodes = waiting.node, version.nodes
    after = wanted.get(node)
    changes: tuple[str, ...] = ()
    if after is not None:
        changes = _changes(nodes.get(node, {}), after) if nodes is not None else (NOT_KEPT,)
    return replace(waiting, since=version.since, vanishes=after is None, changes=changes)


def _changes(before: Keys, after: Keys) -> tuple[str, ...]:
    missing = object()
    return tuple(key for key in {**before, **after} if before.get(key, missing) != after.get(key, missing))


def nodes_of(text: str | bytes) -> Iterator[tuple[str, Keys]]:
    """The keys of each node of a rule file, by its full name; of a node with an agent, what the agent is made of is one
    key more."""
    data = _mapping(read_what_can_be_read(text))
    agents = _mapping(data.get("agents"))
    for flow, nodes in _mapping(data.get("flows")).items():
        for name, keys in _mapping(nodes).items():
            agent = _mapping(keys).get("agent")
            made_of = {f"agents.{agent}": agents[agent]} if isinstance(agent, str) and agent in agents else {}
            yield f"{flow}.{name}", {**_mapping(keys), **made_of}


def _mapping(value: object) -> Keys:
    return value if isinstance(value, dict) else {}
