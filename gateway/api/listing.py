"""Participants with all that belongs to them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.api.answers import Moment
from gateway.api.endpoints import Told
from storage.transaction import Transaction
from storage.values import Row

COMMUNICATION_KEYS = ("id", "flow", "node", "agent", "channel", "status", "reason", "at", "talk")


class Talk(Told):
    """A communication of a participant: ``at`` is when it is or was to begin, ``talk`` how far it is."""

    id: str
    flow: str
    node: str
    agent: str
    channel: str
    status: str
    reason: str
    at: Moment
    talk: dict[str, Any]


class Participant(Told):
    """A customer's place in a campaign."""

    participant: str
    campaign: str
    customer: str
    identifiers: dict[str, str]
    fields: dict[str, Any]
    entered: bool
    outcome: str
    communications: list[Talk]
    created_at: Moment
    updated_at: Moment


class Participants(Told):
    """A page of them; ``next`` is the cursor of the next one, null at the end."""

    participants: list[Participant]
    next: str | None


def participants_in_full(t: Transaction, rows: Sequence[Row]) -> list[Participant]:
    """These participants with what belongs to them, in three queries."""
    ids = [row["customer"] for row in rows]
    customers, identifiers = t.people.customers(ids), t.people.identifiers(ids)
    talks: dict[str, list[Row]] = defaultdict(list)
    for communication in t.communications.of_participants([row["id"] for row in rows], COMMUNICATION_KEYS):
        talks[communication["participant"]].append(communication)
    return [
        _participant(row, customers[row["customer"]], identifiers.get(row["customer"], {}), talks[row["id"]])
        for row in rows
    ]


def _participant(row: Row, customer: Row, identifiers: Mapping[str, str], talks: Sequence[Row]) -> Participant:
    return Participant(
        participant=row["id"],
        campaign=row["campaign"],
        customer=row["customer"],
        identifiers=dict(sorted(identifiers.items())),  # as the database has no order, and the ETag needs one
        fields={**customer["fields"], **row["fields"]},
        entered=row["entered"],
        outcome=row["outcome"],
        communications=[Talk(**{key: talk[key] for key in COMMUNICATION_KEYS}) for talk in talks],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
