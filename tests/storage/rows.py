"""Rows with everything a test does not care about filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from storage.database import Storage
from storage.inbox_or_spool import InboxOrSpool
from storage.transaction import Transaction
from storage.values import About, NewEvent, Row

FACT = {"trigger": "incoming_session", "keyword": "HI", "changed": []}
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def event(key: str, about: About | None = None, kind: str = "message", **payload: Any) -> NewEvent:
    return NewEvent(key, kind, about or About("lane", "someone"), payload, NOON)


async def drain_all(both: InboxOrSpool) -> None:
    """Move all that waits in the spool."""
    while both.spooled:
        await both.drain()


def customer(id: str = "c1", **other: Any) -> Row:
    return {"id": id, "lane": f"lane-{id}", "fields": {}, "version": 1, "created_at": NOON, "erased_at": None} | other


def participant(id: str = "p1", customer: str = "c1", campaign: str = "spring", **other: Any) -> Row:
    times = {"created_at": NOON, "updated_at": NOON}
    return {"id": id, "campaign": campaign, "customer": customer, "version": 1} | times | other


def communication(id: str, participant: str = "p1", customer: str = "c1", **other: Any) -> Row:
    return {
        "id": id,
        "campaign": "spring",
        "participant": participant,
        "customer": customer,
        "flow": "remind",
        "node": "remind.send",
        "agent": "collector",
        "channel": "sms",
        "address": "+4915100001",
        "rules": "hash",
        "status": "planned",
        "is_open": True,
        "at": NOON,
        "version": 1,
        "created_at": NOON,
        "updated_at": NOON,
    } | other


def message(id: str, address: str = "+4915100001", **other: Any) -> Row:
    told = {"channel": "sms", "direction": "out", "address": address, "text": f"text of {id}"}
    return {"id": id, "created_at": NOON, "updated_at": NOON} | told | other


def owe(transaction: Transaction, *messages: Row, at: datetime = NOON) -> None:
    """The messages exist and are owed from ``at`` on."""
    transaction.messages.add(messages)
    owed = [{"message": row["id"], "channel": row["channel"], "address": row["address"]} for row in messages]
    transaction.outbox.owe([row | {"next_at": at} for row in owed])


def timer(subject: str, name: str = "reply", due: datetime = NOON, **other: Any) -> Row:
    known = {"lane": "lane-c1", "customer": "c1", "campaign": "spring", "held": False, "event": 0}
    return {"subject": subject, "name": name, "due": due} | known | other


def run(id: str, customer: str = "c1", **other: Any) -> Row:
    place = {"campaign": "spring", "participant": "p1", "customer": customer, "node": "remind.pause", "rules": "hash"}
    kept = {"fact": FACT, "message": None, "due": NOON, "call": "", "version": 1, "created_at": NOON}
    return {"id": id, **place, **kept} | other


def upload(id: str = "u1", total: int = 3) -> Row:
    return {"id": id, "campaign": "spring", "file": "people.csv", "total": total, "started_at": NOON}


def kept(storage: Storage) -> list[str]:
    """The keys of what waits in the inbox, in its order."""
    with storage.reading() as transaction:
        return [row.key for row in transaction.inbox.waiting(100)]
