"""Parked events as an operator sees them, and those that are set aside in the spool: what they are about and why they
were put aside, and nothing personal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from rules.fields import IDENTIFIER_KINDS
from storage.database import Storage
from storage.spool_file import SpooledEvent
from storage.spool_visit import SpoolVisit
from storage.transaction import Transaction
from storage.values import LANE, About, Row

IN_SPOOL = "s"  # before the number of an event in the spool
SET_ASIDE = "set aside in the spool"
PAGE = 500  # events told at once
PLAIN = frozenset(  # parts of a payload that hold words and ids of ours, or of the provider
    {
        "addressed",
        "call",
        "campaign",
        "channel",
        "consent",
        "customer",
        "due",
        "held",
        "hops",
        "message",
        "moves",
        "name",
        "participant",
        "provider_id",
        "reason",
        "skipped",
        "source",
        "status",
        "subject",
        "upload",
    }
)
NAMED = frozenset({"fields"})  # parts whose keys are declared names


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """One of them. ``tries`` is how often it was tried; ``customer`` and ``participant`` are ids, "" where unknown.

    ``number`` is that in the inbox; of an event that is set aside in the spool its number there, after an "s".
    """

    number: int | str
    kind: str
    campaign: str
    customer: str
    participant: str
    received_at: datetime
    tries: int
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which are meant; "" and None: any. ``reason`` is a part of it."""

    campaign: str = ""
    kind: str = ""
    since: datetime | None = None
    reason: str = ""

    def fits(self, event: ParkedEvent) -> bool:
        """Whether it is meant."""
        of_kind = self.kind in ("", event.kind) and (self.since is None or event.received_at >= self.since)
        return of_kind and self.campaign in ("", event.campaign) and self.reason in event.reason


def parked_events(storage: Storage, wanted: Wanted) -> Iterator[ParkedEvent]:
    """All that are meant, oldest first, read page by page."""
    last = 0
    while rows := _page(storage, wanted, last):
        last = rows[-1]["id"]
        yield from _told_of(storage, rows, wanted)


def set_aside_events(storage: Storage, spool: SpoolVisit, wanted: Wanted) -> Iterator[ParkedEvent]:
    """All that are meant of what is set aside in the spool, oldest first."""
    rest = spool.set_aside()
    while rows := [spooled_row(one) for one in islice(rest, PAGE)]:
        yield from _told_of(storage, rows, wanted)


def _page(storage: Storage, wanted: Wanted, after: int) -> list[Row]:
    with storage.reading() as t:
        return t.parked.after(after, kind=wanted.kind, since=wanted.since)


def _told_of(storage: Storage, rows: Sequence[Row], wanted: Wanted) -> list[ParkedEvent]:
    with storage.reading() as t:
        return [event for event in told(t, rows) if wanted.fits(event)]


def spooled_row(one: SpooledEvent) -> Row:
    """As it would be in the inbox, but for its number."""
    event = one.event
    return {
        "id": f"{IN_SPOOL}{one.seq}",
        "key": event.key,
        "kind": event.kind,
        "lane": _lane(event.about),
        "payload": event.payload,
        "attempts": 0,
        "error": f"{SET_ASIDE}: {one.error}",
        "received_at": event.received_at,
        "state": SET_ASIDE,
    }


def _lane(about: About) -> str:
    return about.value if about.kind == LANE else f"{about.kind}:{about.value}"


def told(t: Transaction, rows: Sequence[Row]) -> list[ParkedEvent]:
    """These rows as they are told. A receipt is about whom its message is about."""
    messages = t.messages.by_ids({str(row["payload"]["message"]) for row in rows if row["payload"].get("message")})
    named = {(kind, value) for row in rows for kind, _, value in [row["lane"].partition(":")]}
    owners = t.people.by_identifiers({pair for pair in named if pair[0] in IDENTIFIER_KINDS})
    return [_told(row, messages.get(str(row["payload"].get("message", "")), {}), owners) for row in rows]


def _told(row: Row, message: Mapping[str, Any], owners: Mapping[tuple[str, str], str]) -> ParkedEvent:
    payload = {**{name: message.get(name, "") for name in ("campaign", "customer")}, **row["payload"]}
    kind, colon, value = row["lane"].partition(":")
    of_lane = owners.get((kind, value), "") if colon else row["lane"]
    return ParkedEvent(
        number=row["id"],
        kind=row["kind"],
        campaign=str(payload["campaign"]),
        customer=str(payload["customer"] or of_lane),
        participant=str(payload.get("participant", "")),
        received_at=row["received_at"],
        tries=row["attempts"] + 1,
        reason=row["error"],
    )


def masked(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with what people wrote, their addresses and their data told by its size only."""
    return {name: _masked_part(name, value) for name, value in payload.items()}


def _masked_part(name: str, value: Any) -> Any:
    if name in NAMED and isinstance(value, Mapping):
        return {key: size_of(part) for key, part in value.items()}
    return value if name in PLAIN else size_of(value)


def size_of(value: Any) -> Any:
    """How large a value is; what is nothing at all is told as it is."""
    match value:
        case None | "" | bool():
            return value
        case str():
            return f"({len(value)} characters)"
        case Mapping() | list():
            return f"({len(value)} parts)"
        case _:
            return "(a number)"
