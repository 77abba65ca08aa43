"""How somebody stands in a campaign, as scenarios and people look at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.transaction import Transaction
from storage.values import Row


@dataclass(frozen=True)
class Standing:
    """Of one participant: ``fields`` (the customer's, too), the status of the last communication of each node (without
    its flow), the nodes where paths wait, and the outcome, "" where it is not over. All None of it for ``nobody``."""

    fields: Mapping[str, object] = field(default_factory=dict)
    talks: Mapping[str, str] = field(default_factory=dict)
    waits: tuple[str, ...] = ()
    outcome: str = ""
    nobody: bool = False

    def as_text(self) -> dict[str, str]:
        """All of it by name, as scenarios write it: ``waits at`` and ``outcome`` beside fields and nodes."""
        fields = {name: as_text(value) for name, value in self.fields.items()}
        return {**fields, **self.talks, "waits at": ", ".join(self.waits), "outcome": self.outcome}


def standing_of(t: Transaction, campaign: str, customer: str) -> Standing:
    """How the customer of this id ("": nobody) stands in the campaign."""
    found = [row for row in t.people.participants([customer]) if row["campaign"] == campaign] if customer else []
    if not found:
        return Standing(nobody=True)
    own = t.people.customers([customer])[customer]["fields"]
    talks = {short(row["node"]): str(row["status"]) for row in t.communications.of_participants([found[0]["id"]])}
    runs = [row for row in t.runs.of_customers([customer]) if row["campaign"] == campaign]
    waits = tuple(sorted(short(row["node"]) for row in runs))
    return Standing({**own, **found[0]["fields"]}, talks, waits, str(found[0]["outcome"]))


def customer_of(t: Transaction, identifiers: Mapping[str, str]) -> str:
    """The id of the customer who has one of these identifiers; "" where nobody has."""
    known = t.people.by_identifiers(list(identifiers.items()))
    return next(iter(known.values()), "")


def short(node: str) -> str:
    """A node's name without its flow."""
    return node.partition(".")[2]


def as_text(value: object) -> str:
    """A value as scenarios write it: unset is "", true and false are words."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def history(t: Transaction, after: int, page: int) -> list[Row]:
    """All decisions so far of events with a greater number than ``after``, in order."""
    rows: list[Row] = []
    while found := t.decisions.history(rows[-1]["event"] if rows else after, page):
        rows += found
    return rows
