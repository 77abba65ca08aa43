"""What waits on earlier versions of a rule file, and how it compares with another one.

Runs and planned communications stay on the version of the rule file that they began with. `outlook` tells where they
wait and whether that node is the same in the file compared; `gateway.settling` moves them there, or ends them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from rules.loader import Project, load_rulebook
from rules.marks import read_what_can_be_read
from storage.transaction import Transaction
from storage.values import Row

NOT_KEPT = "the text of that version is not kept"

Keys = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at one node on one version of the rule file: so many ``runs``, and ``planned`` communications.

    ``rules`` and ``since`` are that version's content hash and when it was first loaded (UTC, None where it is not
    kept). In the file compared, the node is gone (``vanishes``) or differs in the keys ``changes``. ``lost`` says why
    that version can be loaded no longer ("": it can): the campaign does not run until what waits there is settled.
    """

    node: str
    rules: str
    runs: int
    planned: int
    since: datetime | None = None
    vanishes: bool = False
    changes: tuple[str, ...] = ()
    lost: str = ""

    @property
    def is_same(self) -> bool:
        """Whether it may as well wait on where it is."""
        return not (self.vanishes or self.changes or self.lost)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a rule file: when it was first loaded, the keys of each node by its full name, and why it can be
    loaded no longer ("": it can)."""

    since: datetime | None
    nodes: Mapping[str, Keys]
    lost: str


def outlook(t: Transaction, campaign: str, text: str | bytes, project: Project) -> tuple[Waiting, ...]:
    """What waits in the campaign, whose file is ``text``: in the order of that file, what vanishes last. ``project`` is
    what rule files may count on today."""
    runs, planned = t.runs.counts(campaign), t.communications.planned(campaign)
    places = dict.fromkeys((*runs, *planned))
    hashes = dict.fromkeys(rules for _, rules in places)
    versions = {rules: _version(t.campaigns.version(rules), project) for rules in hashes}
    wanted = dict(nodes_of(text))
    found = [
        _compared(Waiting(*place, runs.get(place, 0), planned.get(place, 0)), versions[place[1]], wanted)
        for place in places
    ]
    order = {name: number for number, name in enumerate(wanted)}
    return tuple(sorted(found, key=lambda w: (order.get(w.node, len(order)), w.node, str(w.since))))


def _version(row: Row | None, project: Project) -> Version:
    lost = why_lost(row, project)
    return Version(row["loaded_at"], dict(nodes_of(row["text"])), lost) if row else Version(None, {}, lost)


def why_lost(row: Row | None, project: Project) -> str:
    """Why this version of a rule file (its row, None where it is not kept) can be loaded no longer; "" where it can."""
    if row is None:
        return NOT_KEPT
    found = load_rulebook(row["text"], row["file"], project).diagnostics
    return next((one.message for one in found if one.level == "error"), "")


def _compared(waiting: Waiting, version: Version, wanted: Mapping[str, Keys]) -> Waiting:
    """The same with what the file compared makes of it."""
    before, after = version.nodes.get(waiting.node, {}), wanted.get(waiting.node)
    changes = _changes(before, after) if after is not None and version.nodes else ()
    return replace(waiting, since=version.since, vanishes=after is None, changes=changes, lost=version.lost)


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
