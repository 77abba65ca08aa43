"""What one file declares and its project offers: what the pieces of the file may refer to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.book import Channel, Field
from rules.loading.shape import AgentSpec, NodeSpec
from rules.marks import Path
from rules.names import NameInfo


@dataclass(frozen=True, slots=True)
class AgentPiece:
    """An agent of the file; ``spec`` is None where too little of it could be read, ``whole`` as for a node."""

    name: str
    path: Path
    data: object
    spec: AgentSpec | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class NodePiece:
    """A node of the file. ``word`` is when, if, switch or do; ``kind`` the trigger, the action, or the word itself.

    Both are "" where they are not known. ``spec`` is what could be read, None where that is too little; from a node
    that is not ``whole`` nothing may be concluded about others.
    """

    flow: str
    name: str
    path: Path
    word: str = ""
    kind: str = ""
    spec: NodeSpec | None = None
    whole: bool = False


Flows = Mapping[str, Mapping[str, NodePiece]]


@dataclass(frozen=True, slots=True)
class Known:
    """All names of one file. A field that is declared wrongly is there as None: it exists, nothing else is known.

    ``takes`` is what flows take that can be entered from another one; ``names_in`` has all names of those flows.
    ``ill_named`` are results whose names are wrong, as expressions may speak of them nevertheless.
    ``talks_named`` collects the full names of the communicate nodes whose talks expressions name.
    """

    region: str = ""
    names: Mapping[str, NameInfo] = field(default_factory=dict)
    fields: Mapping[str, Field | None] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    agents: Mapping[str, AgentPiece] = field(default_factory=dict)
    flows: Flows = field(default_factory=dict)
    services: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    ill_named: tuple[str, ...] = ()
    talks_named: set[str] = field(default_factory=set)
    takes: Mapping[str, Mapping[str, Field | None]] = field(default_factory=dict)
    names_in: Mapping[str, Mapping[str, NameInfo]] = field(default_factory=dict)

    def names_of(self, flow: str) -> Mapping[str, NameInfo]:
        """What may be named in a flow ("": anywhere)."""
        return self.names_in.get(flow, self.names)
