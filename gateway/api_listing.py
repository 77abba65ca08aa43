"""A page of participants as JSON."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.api_problems import Problem
from gateway.ids import is_id
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import Row

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
COMMUNICATION_KEYS = ("id", "flow", "node", "agent", "channel", "status", "reason", "at", "talk")


def moment(time: datetime | None) -> str | None:
    """A time as RFC 3339, UTC."""
    return time.isoformat().replace("+00:00", "Z") if time else None


async def listing(storage: Storage, campaign: str, query: Mapping[str, str]) -> dict[str, Any]:
    """``limit`` participants after the cursor ``after``, by id; ``next`` is the next cursor, or null at the end."""
    limit, after = _limit(query.get("limit", str(DEFAULT_LIMIT))), _cursor(query.get("after", ""))
    return await storage.read(lambda t: _page(t, campaign, after, limit))


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) <= MAX_LIMIT):
        raise Problem(422, "query", f"limit must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _cursor(text: str) -> str:
    if text and not is_id(text):
        raise Problem(422, "query", "after must be the cursor that the page before gave as next")
    return text


def _page(t: Transaction, campaign: str, after: str, limit: int) -> dict[str, Any]:
    rows = t.people.participants_of(campaign, after, limit)
    ids = [row["customer"] for row in rows]
    customers, identifiers = t.people.customers(ids), t.people.identifiers(ids)
    talks: dict[str, list[Row]] = defaultdict(list)
    for communication in t.communications.of_participants([row["id"] for row in rows]):
        talks[communication["participant"]].append(communication)
    participants = [
        _participant(row, customers[row["customer"]], identifiers.get(row["customer"], {}), talks[row["id"]])
        for row in rows
    ]
    return {"participants": participants, "next": rows[-1]["id"] if len(rows) == limit else None}


def _participant(row: Row, customer: Row, identifiers: Mapping[str, str], talks: Sequence[Row]) -> dict[str, Any]:
    return {
        "participant": row["id"],
        "customer": row["customer"],
        "identifiers": dict(identifiers),
        "fields": {**customer["fields"], **row["fields"]},
        "entered": row["entered"],
        "outcome": row["outcome"],
        "communications": [_communication(talk) for talk in talks],
        "created_at": moment(row["created_at"]),
        "updated_at": moment(row["updated_at"]),
    }


def _communication(row: Row) -> dict[str, Any]:
    shown = {key: row[key] for key in COMMUNICATION_KEYS}
    return shown | {"at": moment(row["at"])}
