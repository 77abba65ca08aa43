"""What ids stand for: an operator knows nodes and channels, not the ids of what came of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.effects import WAIT_TIMER
from storage.transaction import Transaction
from storage.values import Row

SUBJECTS = ("communication", "subject", "message")  # parts of payloads and effects that hold ids


@dataclass(frozen=True)
class Known:
    """The communications and messages that something is about, by id, and the nodes at which paths wait or waited."""

    communications: Mapping[str, Row] = field(default_factory=dict)
    messages: Mapping[str, Row] = field(default_factory=dict)
    runs: Mapping[str, str] = field(default_factory=dict)

    def communication(self, id: str) -> str:
        row = self.communications.get(id)
        return f"the communication of {row['node']}" if row else f"the communication {id}"

    def subject(self, id: str) -> str:
        """A communication, or a path that waits."""
        return f"the path at {self.runs[id]}" if id in self.runs else self.communication(id)

    def waits(self, subject: str, name: str) -> str:
        """What a timer's subject is."""
        if name != WAIT_TIMER:
            return self.communication(subject)
        return f"the path at {self.runs[subject]}" if subject in self.runs else "a path"

    def message(self, id: str) -> str:
        """A message of ours: whose it is."""
        row = self.messages.get(id)
        if row is None:
            return f"the message {id}"
        of = f" of {self.communication(row['communication'])}" if row["communication"] else ""
        return f"the message {id}{of}"


def known_in(t: Transaction, payloads: Iterable[Mapping[str, Any]], logs: Iterable[Mapping[str, Any]]) -> Known:
    """What these events and parts of decisions name."""
    parts = list(logs)
    named = [*payloads, *(effect for part in parts for effect in part.get("effects", ()))]
    ids = {str(one[name]) for one in named for name in SUBJECTS if isinstance(one.get(name), str) and one[name]}
    ids |= {inner["id"] for one in named if isinstance(inner := one.get("communication"), Mapping)}
    messages = t.messages.by_ids(ids)
    talks = t.communications.by_ids(ids | {row["communication"] for row in messages.values()})
    return Known(talks, messages, dict(runs_in(parts)))


def runs_in(parts: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The nodes of paths that these parts of decisions let wait, or go on."""
    for part in parts:
        for run in part.get("given", {}).get("scene", {}).get("runs", ()):
            yield run["id"], run["node"]
        for fact in part.get("facts", ()):
            if fact.get("run"):
                yield fact["run"], fact["activations"][0]["trigger"]
        for effect in part.get("effects", ()):
            if effect["effect"] == "KeepRun":
                yield effect["run"]["id"], effect["run"]["node"]
