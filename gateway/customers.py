"""People's data: find whose it is, give it out as JSON, erase it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.batch import canceled_row
from gateway.identity import IDENTIFIERS, Pair
from gateway.ids import is_id
from gateway.incoming import UNREAD
from gateway.withholding import withheld
from rules.fields import FieldError, normalise_identifier
from rules.statuses import CommunicationStatus, MessageStatus, message_rank
from storage.erasing import ERASED
from storage.spool_file import SpooledEvent
from storage.spool_visit import SpoolVisit
from storage.traces import INBOX, WRITTEN_TO, Person, Sighting
from storage.transaction import Transaction
from storage.values import NewEvent, Row

SPOOL = "spool"  # stands beside the tables
FORMAT = "pointsman.customer/1"
FAILED = MessageStatus.FAILED
NO_WORD = "erased before it was known whether it was sent"


class NotOne(Exception):
    """It can't be said whom the operator means; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: how many ``rows`` there were of each table, how many messages were ``withdrawn``, and how
    many were given up (``in_doubt``) of which nobody knows whether they were sent."""

    rows: Mapping[str, int]
    withdrawn: int
    in_doubt: int


def person_named(t: Transaction, who: str) -> Person:
    """Whom ``who`` means: a customer's id, or an identifier, alone or as ``kind:value``.

    Of an address that no customer has, it is whoever wrote from it. Raises `NotOne` where several customers may be
    meant, or nothing is an address.
    """
    if is_id(who) and (customer := t.traces.customer(who)):
        return customer
    pairs = list(identifiers_in(who))
    owners = t.people.by_identifiers(pairs)
    if len(set(owners.values())) > 1:
        kinds = " and ".join(f"the {kind} of customer {owner}" for (kind, _), owner in sorted(owners.items()))
        raise NotOne(f'"{who}" is {kinds}: name the customer by id')
    for owner in owners.values():
        if customer := t.traces.customer(owner):
            return customer
    if not any(kind in WRITTEN_TO for kind, _ in pairs):
        raise NotOne(f'no customer has "{who}", and it is no address that a message may have come from')
    return t.traces.stranger(pairs)


def identifiers_in(who: str) -> Iterator[Pair]:
    """Each identifier (kind, value) that this may be, in the form that is compared."""
    kind, colon, value = who.partition(":")
    given = [(kind, value)] if colon and kind in IDENTIFIERS else [(kind, who) for kind in IDENTIFIERS]
    for kind, raw in given:
        with suppress(FieldError):
            yield kind, normalise_identifier(kind, raw)


def is_anything(rows: Mapping[str, Sequence[Row] | int]) -> bool:
    """Whether anything at all is kept."""
    return any(rows.values())


def in_spool(t: Transaction, spool: SpoolVisit, person: Person) -> dict[int, SpooledEvent]:
    """What is in the spool of this person, waiting or set aside, by its numbers there."""
    numbers: list[int] = []
    for page in spool.abouts():
        theirs = t.traces.theirs(person, set(page.values()))
        numbers += [number for number, about in page.items() if about in theirs]
    return spool.these(numbers)


def dossier(t: Transaction, person: Person, spooled: Iterable[SpooledEvent], now: datetime) -> dict[str, Any]:
    """Everything about this person, table by table, and what is ``spooled``, as JSON; it was looked up ``now``. Of what
    a provider sent whole, what lets others act for us is told by its size."""
    rows = t.traces.rows(person)
    rows[SPOOL] = [{"seq": one.seq, "error": one.error, **as_row(one.event)} for one in spooled]
    tables = {table: [as_json(row) for row in of_table] for table, of_table in rows.items()}
    return {"format": FORMAT, "written_at": now.isoformat(), "customer": person.customer or None, "tables": tables}


def as_row(event: NewEvent) -> Row:
    return {**event._asdict(), "about": event.about._asdict()}


def as_json(row: Row) -> Row:
    shown = row | {"payload": withheld(row["payload"])} if row.get("kind") == UNREAD else row
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in shown.items()}


def erase(
    t: Transaction, seen: Sighting, now: datetime, *, forget_opt_outs: bool, spooled: Collection[SpooledEvent] = ()
) -> Erased:
    """Erase whom was seen; ``t`` must be alone (`Storage.alone`). No rule hears of it.

    What is owed is withdrawn; what is being sent, or may have been, is given up: it is never sent again, and what
    becomes of it is noted without a word of it. Events that wait are dropped, and open talks canceled. Of those that
    wait in the spool the keys are kept, as of all others: they may be removed there, and are not heard again.
    """
    keys = t.inbox.keep([one.event._replace(payload={}) for one in spooled if not one.error])
    owed = t.erasing.withdraw(seen)
    rows = t.erasing.erase(seen, now, canceled=str(CommunicationStatus.CANCELED), forget_opt_outs=forget_opt_outs)
    queued = [message for message, state in owed.items() if state == "queued"]
    in_doubt = [message for message, state in owed.items() if state != "queued"]
    t.messages.save_status([canceled_row(message, now, ERASED) for message in queued])
    t.messages.save_status([doubtful_row(message, now) for message in in_doubt])
    counted = {**rows, INBOX.name: rows[INBOX.name] - len(keys) + keys.count(None), SPOOL: len(spooled)}
    return Erased(counted, len(queued), len(in_doubt))


def doubtful_row(message: str, now: datetime) -> Row:
    rank = message_rank(FAILED)
    return {"id": message, "status": str(FAILED), "rank": rank, "error": NO_WORD, "updated_at": now}
